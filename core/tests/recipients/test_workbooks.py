"""Workbooks as spreadsheet programs have them, written by libraries that are not our reader's."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from polycast import Recipient, UsageError, read_recipients
from polycast.recipients import BadRow, Problem, Recipients

xlsxwriter = pytest.importorskip("xlsxwriter")
xlwt = pytest.importorskip("xlwt")

ONE, TWO, THREE = "+380961234501", "+380961234502", "+380961234503"


def xlsx(fill: Callable[[Any], None]) -> io.BytesIO:
    """Return a workbook that XlsxWriter writes."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    fill(book)
    book.close()
    file.seek(0)
    return file


def xls(fill: Callable[[Any], None]) -> io.BytesIO:
    """Return a workbook of the old kind that xlwt writes."""
    file = io.BytesIO()
    book = xlwt.Workbook()
    fill(book.add_sheet("Guests"))
    book.save(file)
    file.seek(0)
    return file


def told(people: Recipients) -> list[object]:
    """Return each row: what its variables are, or why it is bad."""
    return [
        row.reason if isinstance(row, BadRow) else [*row.variables.values()]
        for row in people.rows()
    ]


class TestValues:
    CELLS = (
        (dt.time(20, 0), "hh:mm", "20:00:00"),
        (dt.time(8, 5, 59), "hh:mm:ss", "08:05:59"),
        (dt.time(0, 0), "hh:mm", "00:00:00"),
        (dt.date(2030, 1, 31), "dd.mm.yyyy", "2030-01-31"),
        (dt.datetime(2030, 1, 31, 19, 30), "dd.mm.yyyy hh:mm", "2030-01-31 19:30:00"),  # noqa: DTZ001
        (1.5, "[h]:mm", "36:00:00"),
        (0.1 + 0.2, "General", "0.3"),
        (12.5, '0.00 "EUR"', "12.5"),
        (1e20, "General", "1e+20"),
        (5, "General", "5"),
    )

    @pytest.mark.parametrize(("value", "style", "text"), CELLS)
    def test_xlsx(self, value: object, style: str, text: str) -> None:
        """Times, dates, lengths of time and numbers are what the cell says, to the second."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["to", "value"])
            sheet.write(1, 0, ONE)
            cell_style = book.add_format({"num_format": style})
            if isinstance(value, dt.date | dt.time):
                sheet.write_datetime(1, 1, value, cell_style)
            else:
                sheet.write(1, 1, value, cell_style)

        assert told(read_recipients(xlsx(fill))) == [[text]]

    @pytest.mark.parametrize(("value", "style", "text"), CELLS)
    def test_xls(self, value: object, style: str, text: str) -> None:
        """The same holds for workbooks of the old kind."""

        def fill(sheet: Any) -> None:
            for place, name in enumerate(("to", "value")):
                sheet.write(0, place, name)
            sheet.write(1, 0, ONE)
            sheet.write(1, 1, value, xlwt.easyxf(num_format_str=style))

        assert told(read_recipients(xls(fill))) == [[text]]

    @pytest.mark.parametrize(
        ("stored", "text"),
        [
            (b"Come at 8_x000D_\nor 9", "Come at 8\nor 9"),
            (b"Come at 8_x000D_", "Come at 8"),
            (b"a_x000a_b", "a\nb"),
            (b"_x_x000_", "_x_x000_"),
        ],
    )
    def test_escapes_of_xlsx(self, stored: bytes, text: str) -> None:
        """What XLSX escapes is read as what it stands for."""

        def fill(book: Any) -> None:
            book.add_worksheet().write_column(0, 0, ["name", "VALUE"])
            book.worksheets()[0].write_column(0, 1, ["to", ONE])

        written, read = xlsx(fill), io.BytesIO()
        with zipfile.ZipFile(written) as before, zipfile.ZipFile(read, "w") as after:
            for name in before.namelist():
                after.writestr(name, before.read(name).replace(b"VALUE", stored))
        read.seek(0)
        assert told(read_recipients(read)) == [[text]]

    def test_blanks_and_errors(self) -> None:
        """Blanks around a value are no part of it; the error of a formula makes the row bad."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write_column(0, 0, ["to", ONE, f" {TWO}\u00a0", THREE])
            sheet.write_column(0, 1, ["  name ", " Olena  ", "\u200bAndrii\u00a0\n"])
            sheet.write_formula(3, 1, "=NA()", None, "#N/A")

        found = read_recipients(xlsx(fill))
        assert told(found) == [["Olena"], ["Andrii"], "'name' is the error #N/A"]
        assert [*(found.columns or {})] == ["to", "name"]

    def test_formulas(self) -> None:
        """A formula's value is read; one without a value is no empty cell."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write_column(0, 0, ["to", ONE])
            sheet.write(0, 1, "name")
            sheet.write_formula(1, 1, '="Ole"&"na"', None, "Olena")

        assert told(read_recipients(xlsx(fill))) == [["Olena"]]
        book = openpyxl.Workbook()
        for row in (["to", "name"], [ONE, '="Ole"&"na"'], ['="+38"&"0961234502"', "Andrii"]):
            book.worksheets[0].append(row)
        file = io.BytesIO()
        book.save(file)
        file.seek(0)
        first, second = told(read_recipients(file))
        assert str(first).startswith("'name' is a formula without its value: open the workbook")
        assert str(second).startswith("'to' is a formula without its value")

    @pytest.mark.parametrize("style", ["General", "0", '"+"0', "0.00E+00", "@"])
    def test_numbers_of_phones(self, style: str) -> None:
        """A phone number that is a number has lost its plus sign, whatever its format shows."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write(0, 0, "Тел.")
            sheet.write_number(1, 0, 375291112233, book.add_format({"num_format": style}))
            sheet.write_number(2, 0, 3.80961e11)

        good, bad = read_recipients(xlsx(fill)).rows()
        assert isinstance(good, Recipient)
        assert good.to == "+375291112233"
        assert isinstance(bad, BadRow)
        assert "ends in zeros" in bad.reason


def test_dates_that_are_none() -> None:
    """A number with the format of a date that is no date makes its row bad."""

    def fill(sheet: Any) -> None:
        for place, value in enumerate(("to", ONE)):
            sheet.write(place, 0, value)
        sheet.write(0, 1, "on")
        sheet.write(1, 1, 1e10, xlwt.easyxf(num_format_str="dd.mm.yyyy"))

    assert told(read_recipients(xls(fill))) == ["'on' is the error #VALUE!"]


def test_a_damaged_one_of_the_old_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """What the reader of a format says of damage does not get into the output."""

    def fill(sheet: Any) -> None:
        sheet.write(0, 0, "to")
        sheet.write(1, 0, ONE)

    damaged = xls(fill).getvalue()[:-1]
    assert [each.to for each in read_recipients(io.BytesIO(damaged))] == [ONE]
    assert capsys.readouterr() == ("", "")


def hide_in_xlsx(book: Any) -> None:
    sheet = book.add_worksheet()
    sheet.write_column(0, 0, ["to", ONE, TWO, THREE])
    sheet.set_row(2, None, None, {"hidden": True})


def hide_in_xls(sheet: Any) -> None:
    for place, value in enumerate(["to", ONE, TWO, THREE]):
        sheet.write(place, 0, value)
    sheet.row(2).hidden = True


class TestWhatIsHidden:
    @pytest.mark.parametrize("file", [xlsx(hide_in_xlsx), xls(hide_in_xls)])
    def test_rows(self, file: io.BytesIO) -> None:
        """Whether a hidden row is sent to is never guessed; both choices are told."""

        def read(**options: Any) -> Recipients:
            file.seek(0)
            return read_recipients(file, **options)

        with pytest.raises(UsageError, match=r"row 3: it is hidden in the workbook.*='skip'"):
            list(read())
        skipped = read(hidden_rows="skip")
        assert [each.to for each in skipped] == [ONE, THREE]
        assert skipped.check().counts == {Problem.HIDDEN: 1}
        sent = read(hidden_rows="send")
        assert [each.to for each in sent] == [ONE, TWO, THREE]
        assert sent.check().warnings == ("1 row is hidden in the workbook, and sent to.",)

    def test_rows_that_a_filter_hides(self) -> None:
        """A filter hides rows as anybody does."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write_column(0, 0, ["to", ONE, TWO, THREE])
            sheet.write_column(0, 1, ["paid", "yes", "no", "yes"])
            sheet.autofilter(0, 0, 3, 1)
            sheet.filter_column(1, "paid == yes")
            sheet.set_row(2, None, None, {"hidden": True})

        found = read_recipients(xlsx(fill), hidden_rows="skip")
        assert [each.to for each in found] == [ONE, THREE]

    def test_sheets(self) -> None:
        """A hidden sheet is not chosen, but may be named; titles have no case."""

        def fill(book: Any) -> None:
            for title, address in (("Guests", ONE), ("Archive", TWO)):
                book.add_worksheet(title).write_column(0, 0, ["to", address])
            book.worksheets()[1].hide()

        assert [each.to for each in read_recipients(xlsx(fill))] == [ONE]
        assert [each.to for each in read_recipients(xlsx(fill), sheet="archive")] == [TWO]

        def fill_hidden_alone(book: Any) -> None:
            book.add_worksheet("Empty")
            book.add_worksheet("Archive").write_column(0, 0, ["to", TWO])
            book.worksheets()[1].hide()

        with pytest.raises(UsageError, match="only hidden sheets, 'Archive': say which, "):
            read_recipients(xlsx(fill_hidden_alone))

    def test_columns(self) -> None:
        """Hidden columns are read as the others are."""

        def fill(book: Any) -> None:
            book.add_worksheet().write_row(0, 0, ["to", "name"])
            book.worksheets()[0].write_row(1, 0, [ONE, "Olena"])
            book.worksheets()[0].set_column(1, 1, None, None, {"hidden": True})

        assert told(read_recipients(xlsx(fill))) == [["Olena"]]

    def test_a_suppression_list(self) -> None:
        """Who is in a hidden row of a suppression list is not sent to, either."""
        rows = io.StringIO(f"to\n{ONE}\n{TWO}\n+380961234504\n")
        found = read_recipients(rows, suppressed=xlsx(hide_in_xlsx))
        assert [each.to for each in found] == ["+380961234504"]


class TestLayout:
    def test_a_title_above_the_header(self) -> None:
        """Titles, merged or not, and empty rows and columns before the table are passed over."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.merge_range("A1:D1", "Guests of Friday")
            sheet.write(1, 0, dt.date(2030, 1, 31).isoformat())
            sheet.write_row(3, 1, ["Phone", "name"])
            sheet.write_row(4, 1, [ONE, "Olena"])
            sheet.write_row(5, 1, ["12", "Andrii"])

        found = read_recipients(xlsx(fill))
        assert told(found)[0] == ["Olena"]
        (bad,) = found.check().examples
        assert bad.row == 6

    def test_merged_cells(self) -> None:
        """Of merged cells only the first has the value: the others' rows have no address."""

        def fill(book: Any) -> None:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["to", "name"])
            sheet.merge_range("A2:A3", ONE)
            sheet.write_column(1, 1, ["Olena", "Andrii"])

        assert told(read_recipients(xlsx(fill))) == [["Olena"], "it has no address"]

    def test_nobody(self) -> None:
        """An empty workbook, and a header alone, are sentences."""
        with pytest.raises(UsageError, match="is empty: its first row names the columns"):
            read_recipients(xlsx(lambda book: book.add_worksheet()))
        alone = xlsx(lambda book: book.add_worksheet().write(0, 0, "to"))
        with pytest.raises(UsageError, match="has a header, and no recipients below it"):
            list(read_recipients(alone))


def archive(**files: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in files.items():
            written.writestr(name.replace("__", "/"), content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            archive(**{"content.xml": "<x/>"}),
            "OpenDocument (ODS)",
        ),
        (archive(**{"[Content_Types].xml": "<x/>", "xl__workbook.bin": ""}), "format XLSB"),
        (archive(**{"Index__Document.iwa": ""}), "format Numbers"),
        (archive(**{"guests.csv": "to\n"}), "is a ZIP archive, and no workbook: unpack it first"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "is protected by a password",
        ),
    ],
)
def test_what_only_looks_like_a_workbook(content: bytes, words: str) -> None:
    """Formats that are not read are named, with what to do."""
    with pytest.raises(UsageError) as caught:
        read_recipients(io.BytesIO(content))
    assert words in str(caught.value)
