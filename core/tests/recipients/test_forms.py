"""Lists in every form, and from everywhere: the same recipients come out."""

import datetime as dt
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from polycast import Recipient, UsageError, read_recipients
from polycast.recipients import Problem

EXPECTED = [
    Recipient("+380961234501", {"name": "Олена", "table": "4"}, None, "a-1"),
    Recipient("+380961234502", {"name": "Andrii\nK", "table": "12"}, "Hello", None),
]
CSV = (
    "to,name,table,reference,text\n"
    "+380961234501,Олена,4,a-1,\n"
    '+380961234502,"Andrii\nK",12,,Hello\n'
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_that_show_themselves(delimiter: str) -> None:
    """Commas, semicolons, tabs and bars are found by the header."""
    content = CSV.replace(",", delimiter).encode()
    assert list(read_recipients(io.BytesIO(content))) == EXPECTED


@pytest.mark.parametrize("delimiter", ["^", " ", "\x1f"])
def test_delimiters_that_are_named(delimiter: str) -> None:
    """Any other one is named by the caller."""
    content = CSV.replace(",", delimiter).encode()
    assert list(read_recipients(io.BytesIO(content), delimiter=delimiter)) == EXPECTED


@pytest.mark.parametrize(
    ("codec", "named"),
    [
        ("utf-8", None),
        ("utf-8", "utf-8"),
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("windows-1251", "windows-1251"),
        ("windows-1251", "cp1251"),
    ],
)
def test_encodings(codec: str, named: str | None) -> None:
    """A byte order mark tells the encoding; every other one is named by the caller."""
    assert list(read_recipients(io.BytesIO(CSV.encode(codec)), encoding=named)) == EXPECTED


def test_an_encoding_that_is_none() -> None:
    """A misspelt encoding is a sentence."""
    with pytest.raises(UsageError, match="no text encoding 'windows-125'"):
        read_recipients(io.BytesIO(CSV.encode()), encoding="windows-125")
    with pytest.raises(UsageError, match="no text encoding 'rot13'"):
        read_recipients(io.BytesIO(CSV.encode()), encoding="rot13")


def test_a_wrong_byte_deep_in_a_list() -> None:
    """A byte that is no text is told by its line and its place, however far down it stands."""
    rows = "".join(f"+380{place:09},Олена\n" for place in range(100_000, 120_000))
    good = ("to,name\n" + rows).encode()
    with pytest.raises(UsageError, match=rf"byte {len(good) + 15}, line 20002\)"):
        list(read_recipients(io.BytesIO(good + b"+380961234501,\xce\xeb\n")))


def test_json_lines() -> None:
    """Each line is an object; numbers stay as written, null is left out."""
    found = read_recipients(
        io.StringIO(
            '\n{"to": "+380961234501", "name": "Олена", "price": 12.50, "at": null}\n'
            '"+380961234502"\n'
            '{"to": 380961234503, "reference": 7}\n'
        ),
        region="UA",
    )
    assert found.columns is None
    assert list(found) == [
        Recipient("+380961234501", {"name": "Олена", "price": "12.50"}),
        Recipient("+380961234502"),
        Recipient("+380961234503", reference="7"),
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"to": "+380961234501"', "row 2: it is not JSON"),
        ('{"to": "+380961234501", "x": NaN}', "row 2: it is not JSON (NaN is no JSON value)"),
        ("[1, 2]", "row 2: it is neither an object nor an address"),
        ("true", "row 2: it is neither an object nor an address"),
        ('{"to": "+380961234501", "to": "x"}', "row 2: it has the same key twice"),
        ('{"to": "+380961234501", "x": {"y": 1}}', "row 2: 'x' is neither a string nor a number"),
        ('{"to": "+380961234501", "x": true}', "row 2: 'x' is neither a string nor a number"),
        ('{"name": "Olena"}', "row 2: has no column 'to'"),
        ('{"to": 3.80961E+11}', "row 2: '3.80961E+11' is a number that a spreadsheet has rounded"),
        ('{"to": "+380961234501", "x": "\\ud800"}', "half a character"),
        ("[" * 100_000, "row 2: it is not JSON (too deep)"),
    ],
)
def test_bad_json_lines(line: str, words: str) -> None:
    """A line that is no recipient is a bad row, and the others are read on."""
    content = f'{{"to": "+380961234502"}}\n{line}\n{{"to": "+380961234503"}}\n'.encode()
    with pytest.raises(UsageError) as caught:
        list(read_recipients(io.BytesIO(content)))
    assert words in str(caught.value)
    kept = read_recipients(io.BytesIO(content), bad_rows="skip")
    assert [each.to for each in kept] == ["+380961234502", "+380961234503"]


def test_a_plain_list() -> None:
    """One address a line needs no header, and may hold any address."""
    content = b"\n+380961234501\n  00380961234502 \r\ncontact:77\n"
    assert [each.to for each in read_recipients(io.BytesIO(content))] == [
        "+380961234501",
        "+380961234502",
        "contact:77",
    ]


def test_a_form_that_is_named() -> None:
    """The caller's word goes before what the content shows."""
    content = b"group:to\ncontact:77\n"
    assert [each.to for each in read_recipients(io.BytesIO(content), form="lines")] == [
        "group:to",
        "contact:77",
    ]
    with pytest.raises(UsageError, match="no column 'to'"):
        read_recipients(io.BytesIO(content), form="csv")
    with pytest.raises(UsageError, match="form is one of 'csv', 'lines'"):
        read_recipients(io.BytesIO(content), form="ods")  # type: ignore[arg-type]


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_xlsx(tmp_path: Path) -> None:
    """A workbook's numbers come out whole, and its dates as ISO 8601 has them."""
    path = workbook(
        tmp_path / "guests.xlsx",
        Guests=[
            ["to", "name", "price", "on", "paid", None],
            [380961234501, "Олена", 12.5, dt.date(2030, 1, 31), True],
            [],
            [380961234502.0, "Andrii", 12.0, dt.datetime(2030, 1, 31, 9, 30), None],  # noqa: DTZ001
            ["+380961234503", None, 1e20, None, None],
        ],
        Notes=[],
    )
    assert list(read_recipients(path, region="UA")) == [
        Recipient(
            "+380961234501", {"name": "Олена", "price": "12.5", "on": "2030-01-31", "paid": "TRUE"}
        ),
        Recipient(
            "+380961234502",
            {"name": "Andrii", "price": "12", "on": "2030-01-31 09:30:00", "paid": ""},
        ),
        Recipient("+380961234503", {"name": "", "price": "1e+20", "on": "", "paid": ""}),
    ]


def test_bad_cells_of_xlsx(tmp_path: Path) -> None:
    """Rows are counted as the spreadsheet counts them; a failed formula makes a row bad."""
    path = workbook(
        tmp_path / "guests.xlsx",
        Guests=[["to", "name"], [], ["+380961234501", "#N/A"], [3.80961e30, "x"], [None, "y"]],
    )
    check = read_recipients(path, region="UA").check()
    assert [(row.row, row.line, row.reason) for row in check.examples] == [
        (3, None, "'name' is the error #N/A"),
        (4, None, "'3.80961e+30' is a number that a spreadsheet has rounded: its last digits "
         "are lost; format the column as text and fill it in again"),
        (5, None, "it has no address"),
    ]  # fmt: skip


def test_sheets(tmp_path: Path) -> None:
    """Of several filled sheets the caller names one; nothing is chosen silently."""
    rows = [["to"], ["+380961234501"]]
    path = workbook(tmp_path / "guests.xlsx", One=rows, Two=rows)
    with pytest.raises(UsageError, match="several sheets, 'One', 'Two': say which, "):
        read_recipients(path)
    with pytest.raises(UsageError, match="no sheet 'Three'; it has 'One', 'Two'"):
        read_recipients(path, sheet="Three")
    assert [each.to for each in read_recipients(path, sheet="Two")] == ["+380961234501"]
    with pytest.raises(UsageError, match="is no workbook"):
        read_recipients(io.BytesIO(CSV.encode()), sheet="One")


@pytest.mark.parametrize("content", [b"PK\x03\x04 nothing", b"\xd0\xcf\x11\xe0 nothing"])
def test_damaged_workbooks(content: bytes) -> None:
    """What only begins like a workbook is a sentence."""
    with pytest.raises(UsageError, match="cannot be read as XLS"):
        read_recipients(io.BytesIO(content))


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where openpyxl is not installed, the sentence says how to install it."""
    path = workbook(tmp_path / "guests.xlsx", One=[["to"], ["+380961234501"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UsageError, match=r"pip install 'polycast\[excel\]'"):
        read_recipients(path)


def test_read_again_and_at_the_same_time() -> None:
    """A list that came as a stream is read as often as is wanted, also side by side."""
    found = read_recipients(io.BytesIO(CSV.encode()))
    assert list(zip(found, found, strict=True)) == [(each, each) for each in EXPECTED]


def test_a_pipe(tmp_path: Path) -> None:
    """What is not a regular file is read to its end, once."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(CSV,))
    writer.start()
    found = read_recipients(path)
    writer.join()
    assert list(found) == list(found) == EXPECTED


def test_xls() -> None:
    """
    A workbook of the old kind is read as a new one is. (Numbers, a truth value, a date, an
    empty row and an empty second sheet are in guests.xls, which xlwt wrote.)
    """
    found = read_recipients(Path(__file__).with_name("guests.xls"), region="UA", bad_rows="skip")
    assert list(found) == [
        Recipient(
            "+380961234501", {"name": "Олена", "price": "12.5", "on": "2030-01-31", "paid": "TRUE"}
        ),
        Recipient("+380961234502", {"name": "Andrii", "price": "12", "on": "", "paid": "FALSE"}),
    ]
    (bad,) = found.check().examples
    assert (bad.row, bad.problem) == (5, Problem.ADDRESS)
