"""Text lists as programs save them: marks, encodings, delimiters, titles, and what is no list."""

import bz2
import csv
import gzip
import io
import lzma
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Recipient, UsageError, read_recipients
from polycast.recipients import BadRow

ONE, TWO = "+380961234501", "+380961234502"
LIST = f"to;name\r\n{ONE};Олена\r\n"


def names(content: str | bytes, **options: str) -> list[tuple[str, str]]:
    """Return the address and the name of everybody on a list."""
    data = content.encode() if isinstance(content, str) else content
    found = read_recipients(io.BytesIO(data), **options)  # type: ignore[arg-type]
    return [(each.to, each.variables.get("name", "")) for each in found]


class TestEncodings:
    @pytest.mark.parametrize(
        "codec",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
    )
    def test_what_shows_itself(self, codec: str) -> None:
        """A byte order mark tells the encoding; UTF-16 shows itself without one."""
        assert names(LIST.encode(codec)) == [(ONE, "Олена")]

    @pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    def test_a_mark_in_any_order(self, codec: str) -> None:
        """A mark is read in either order of its bytes."""
        assert names(("\ufeff" + LIST).encode(codec)) == [(ONE, "Олена")]

    @pytest.mark.parametrize("codec", ["windows-1251", "cp866", "koi8-r", "mac-cyrillic"])
    def test_what_is_named(self, codec: str) -> None:
        """Encodings of one byte are named, and the sentence says how."""
        assert names(LIST.encode(codec), encoding=codec) == [(ONE, "Олена")]
        with pytest.raises(UsageError, match="or give encoding='windows-1251'"):
            names(LIST.encode(codec))

    def test_marks_twice(self) -> None:
        """A mark that was written twice, and one before a quote, are no part of the header."""
        assert names("\ufeff\ufeff" + LIST) == [(ONE, "Олена")]
        assert names(f'\ufeff"to","name"\n"{ONE}","Olena"\n') == [(ONE, "Olena")]
        assert names(f'\ufeff{{"to": "{ONE}", "name": "Olena"}}\n') == [(ONE, "Olena")]
        assert names(f"\ufeff{ONE}\n") == [(ONE, "")]

    @pytest.mark.parametrize("named", ["utf-16", "utf-16-le"])
    def test_a_mark_that_agrees(self, named: str) -> None:
        """The encoding may be named beside its mark."""
        assert names(LIST.encode("utf-16"), encoding=named) == [(ONE, "Олена")]

    def test_a_mark_that_does_not_agree(self) -> None:
        """A mark goes before what is named, and a contradiction is refused."""
        with pytest.raises(UsageError, match=r"mark of UTF-8: it is not cp1251\. Leave out encod"):
            names(LIST.encode("utf-8-sig"), encoding="cp1251")


class TestDelimiters:
    @pytest.mark.parametrize(
        "first",
        ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "\ufeffsep=;\r\n", "sep=;;\r\n", "sep=|\n"],
    )
    def test_the_line_of_excel(self, first: str) -> None:
        """`sep=` is no row: the header below it is row 1, as Excel counts."""
        assert names(first + LIST) == [(ONE, "Олена")]
        found = read_recipients(io.StringIO(first + LIST + "12;x\r\n"))
        (bad,) = found.check().examples
        assert (bad.row, bad.line) == (3, 4)

    def test_any_delimiter_in_the_line_of_excel(self) -> None:
        """It may name a delimiter that the header would not tell."""
        assert names("sep=^\r\na;to^name\r\nx^y\r\n".replace("a;to", "to").replace("x", ONE)) == [
            (ONE, "y")
        ]

    def test_quoted_line_breaks(self) -> None:
        """Semicolons and line breaks within quotes are text, and rows keep their numbers."""
        rows = f'to;name;note\r\n{ONE};"Olena\r\nK";"a;b\r\n\r\nc"\r\n12;x;y\r\n'
        good, bad = read_recipients(io.StringIO(rows, newline="")).rows()
        assert isinstance(good, Recipient)
        assert dict(good.variables) == {"name": "Olena\nK", "note": "a;b\n\nc"}
        assert isinstance(bad, BadRow)
        assert (bad.row, bad.line) == (3, 6)

    def test_commas_in_names(self) -> None:
        """Rows that are as wide as the header tell where commas are no delimiters."""
        rows = f"Phone, mobile;name\n{ONE};Kovalenko, Olena\n{TWO};Kovalenko, Andrii\n"
        assert names(rows) == [(ONE, "Kovalenko, Olena"), (TWO, "Kovalenko, Andrii")]

    @given(
        st.lists(
            st.lists(
                st.text(st.sampled_from("aЖ ,;\t|\"'\n=@"), max_size=8), min_size=2, max_size=2
            ),
            min_size=1,
            max_size=4,
        ),
        st.sampled_from(",;\t|"),
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    )
    def test_what_python_writes(
        self, table: list[list[str]], delimiter: str, quoting: int, codec: str
    ) -> None:
        """Python's own `csv` writes what is read here, whatever the values hold."""
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow(["to", "name", "note"])
        for place, row in enumerate(table):
            writer.writerow([f"+38096123450{place}", *row])
        found = read_recipients(io.BytesIO(file.getvalue().encode(codec)))
        assert [[*each.variables.values()] for each in found] == [
            [cell.strip() for cell in row] for row in table
        ]


class TestAboveTheHeader:
    @pytest.mark.parametrize(
        "title",
        [
            "Guests of Friday\n\n",
            "Guests; of Friday;;\nExported 2030-01-31 10:00;;;\n2030-01-31;\n",
            "\n\n;;\n  \n",
            '"Guests\nof Friday";\n',
        ],
    )
    def test_titles(self, title: str) -> None:
        """Titles, dates and empty rows above the header are passed over, and counted."""
        content = f"{title}Phone;name\n{ONE};Olena\n12;x\n"
        assert names(content, bad_rows="skip") == [(ONE, "Olena")]
        (bad,) = read_recipients(io.StringIO(content)).check().examples
        assert bad.line == content.count("\n")

    def test_numbers_above_it(self) -> None:
        """Below a phone number nothing is a header."""
        first, second, third = read_recipients(io.StringIO(f"{ONE}\nPhone\n{TWO}\n")).rows()
        assert isinstance(first, Recipient)
        assert isinstance(second, BadRow)
        assert isinstance(third, Recipient)
        with pytest.raises(UsageError, match="Write the names in a row above it"):
            read_recipients(io.StringIO(f"{ONE},Olena\nPhone,name\n"))


class TestValues:
    @pytest.mark.parametrize("blank", [" ", "\t", "\u00a0", "\u2003", "\u200b", "\r\n", " \u2060"])
    def test_blanks_around_them(self, blank: str) -> None:
        """Blanks around a value are no part of it: nobody gets them, and rows stay the same."""
        rows = f'to,name\n{ONE},"{blank}Olena{blank}"\n{ONE},Olena\n'
        found = read_recipients(io.StringIO(rows, newline=""))
        assert [each.variables["name"] for each in found] == ["Olena"]
        (bad,) = found.check().examples
        assert bad.problem == "duplicate"

    @pytest.mark.parametrize("column", ["to", "name"])
    @pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x96"])
    def test_control_characters(self, column: str, character: str) -> None:
        """What no text has makes the row bad, wherever it stands."""
        values = {"to": ONE, "name": "Olena"}
        values[column] += character
        (bad,) = read_recipients(io.StringIO(f"to,name\n{','.join(values.values())}\n")).rows()
        assert isinstance(bad, BadRow)
        assert f"{column!r} holds the control character {character!r}" in bad.reason

    def test_what_a_spreadsheet_leaves_in_text(self) -> None:
        """Errors of formulas are found in CSV, too; `="..."` is its text."""
        rows = f'to,name\n{ONE},#N/A\n"=""{TWO}""","=""007"""\n+380961234503,#1\n'
        first, second, third = read_recipients(io.StringIO(rows)).rows()
        assert isinstance(first, BadRow)
        assert first.reason == "'name' is the error #N/A"
        assert isinstance(second, Recipient)
        assert (second.to, second.variables["name"]) == (TWO, "007")
        assert isinstance(third, Recipient)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(LIST.encode(), mtime=0), "is compressed (gzip): unpack it first"),
        (bz2.compress(LIST.encode()), "is compressed (bzip2): unpack it first"),
        (lzma.compress(LIST.encode()), "is compressed (xz): unpack it first"),
        (b"%PDF-1.7", "is a PDF: save the list as XLSX or CSV"),
        (b"\r\n<HTML><table><tr><td>to", "is HTML or XML, whatever its name"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "is HTML or XML, whatever its name"),
        (b'[\n{"to": "+380961234501"}]', "is a JSON array: write one object a line"),
        (b"to,name,name\n", "has two columns named 'name': rename one"),
        (b"", "is empty: its first row names the columns, one of them 'to'"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"sep=;\r\n", "is empty"),
        (b"to;name\r\n", "has a header, and no recipients below it"),
    ],
    ids=range(13),
)
def test_what_is_no_list(content: bytes, words: str) -> None:
    """What cannot be read is named, with what to do."""
    with pytest.raises(UsageError) as caught:
        list(read_recipients(io.BytesIO(content)))
    assert words in str(caught.value)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is a sentence."""
    with pytest.raises(UsageError, match="cannot be read: "):
        read_recipients(tmp_path)
