"""Lists of recipients from CSV, as it is written in the wild."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Recipient, UsageError, read_recipients


def read(content: str | bytes) -> list[Recipient]:
    """Read a list that lies in memory."""
    data = content.encode() if isinstance(content, str) else content
    return list(read_recipients(io.BytesIO(data)))


def refusal(content: str | bytes) -> UsageError:
    """Return the error that reading a list raises."""
    with pytest.raises(UsageError) as caught:
        read(content)
    return caught.value


class TestWhatAListSays:
    def test_columns(self) -> None:
        """`to`, `text` and `reference` are fields; every other column is a variable."""
        assert read(
            "name,to,reference,text,table\nOlena,+380961234501,a-1,Hello you,4\n"
            "Andrii,contact:77,,,12\n"
        ) == [
            Recipient(
                "+380961234501",
                variables={"name": "Olena", "table": "4"},
                text="Hello you",
                reference="a-1",
            ),
            Recipient("contact:77", variables={"name": "Andrii", "table": "12"}),
        ]

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_separators(self, delimiter: str, newline: str) -> None:
        """The header tells the separator; any kind of line end will do."""
        rows = [["to", "name"], ["+380961234501", "Olena"], ["+380961234502", "Andrii"]]
        content = newline.join(delimiter.join(row) for row in rows)
        assert [(each.to, each.variables["name"]) for each in read(content)] == [
            ("+380961234501", "Olena"),
            ("+380961234502", "Andrii"),
        ]

    @pytest.mark.parametrize(
        ("content", "variables"),
        [
            ('to;"name, first"\n+380961234501;Olena, dear', {"name, first": "Olena, dear"}),
            ('"a;b";to\n1,2,3;+380961234501', {"a;b": "1,2,3"}),
            ('"a;b;c;d",to\n1,+380961234501', {"a;b;c;d": "1"}),
            ("to\ta,b;c\n+380961234501\tx", {"a,b;c": "x"}),
        ],
    )
    def test_misleading_separators(self, content: str, variables: dict[str, str]) -> None:
        """Commas and semicolons inside names and values do not mislead it."""
        (recipient,) = read(content)
        assert recipient.to == "+380961234501"
        assert dict(recipient.variables) == variables

    def test_one_column(self) -> None:
        """A list of bare numbers needs no separator at all."""
        assert [each.to for each in read("to\n+380961234501\n+380961234502")] == [
            "+380961234501",
            "+380961234502",
        ]

    def test_quoting(self) -> None:
        """A quoted value holds separators, line breaks and doubled quotes."""
        (recipient,) = read('to, name, note\n+380961234501, "Kovalenko, ""Andrii""", "two\nlines"')
        assert dict(recipient.variables) == {"name": 'Kovalenko, "Andrii"', "note": "two\nlines"}

    @pytest.mark.parametrize("content", ["\ufeffto,name\n+380961234501,Олена\n"])
    def test_byte_order_mark(self, content: str) -> None:
        """What Excel writes before the first column's name is no part of it."""
        assert read(content)[0].variables["name"] == "Олена"
        assert next(iter(read_recipients(io.StringIO(content)))).to == "+380961234501"

    def test_empty_rows_and_cells(self) -> None:
        """Empty rows are passed over; columns without a name may stand empty."""
        found = read("\n\nto,name,\n\n+380961234501,,\n,,\n+380961234502,Iryna,,,\n\n")
        assert [(each.to, each.variables["name"]) for each in found] == [
            ("+380961234501", ""),
            ("+380961234502", "Iryna"),
        ]

    def test_from_a_path_and_standard_input(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A path may be a string or a `Path`; `-` is standard input."""
        path = tmp_path / "guests.csv"
        path.write_text("to\n+380961234501\n")
        expected = [Recipient("+380961234501")]
        assert list(read_recipients(path)) == expected
        assert list(read_recipients(str(path))) == expected
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
        assert list(read_recipients("-")) == expected

    @given(
        st.lists(
            st.lists(
                st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20),
                min_size=3,
                max_size=3,
            ),
            min_size=1,
            max_size=5,
        ),
        st.sampled_from(",;\t"),
    )
    def test_every_text_survives(self, table: list[list[str]], delimiter: str) -> None:
        """Any text that is quoted comes back, whatever it holds, without blanks around it."""

        def quoted(cell: str) -> str:
            return '"' + cell.replace('"', '""') + '"'

        content = delimiter.join(["to", "a", "b", "c"]) + "\r\n"
        for place, row in enumerate(table):
            content += delimiter.join([f"+38096123450{place}", *map(quoted, row)]) + "\r\n"
        blanks = "\u200b\u2060\ufeff"
        assert [[*each.variables.values()] for each in read(content)] == [
            [cell.strip().strip(blanks).strip() for cell in row] for row in table
        ]


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "is empty"),
            ("\n \n", "is empty"),
            ("to,name\n", "no recipients below"),
            ("whom,name\n+380961234501,Olena\n", "has no column 'to'"),
            ("Whom,name\n+380961234501,Olena\n", "reads 'Whom', 'name'"),
            ("+380961234501,Olena\n", "reads '+380961234501', 'Olena'"),
            ("to,name,name\n+380961234501,a,b\n", "two columns named 'name'"),
            ("to\n0961234501\n", "row 2: '0961234501' is not an address"),
            ("to\n3.80961E+11\n", "row 2: '3.80961E+11' is a number that a spreadsheet"),
            ("to,name\n\n+380961234501\n", "row 3: it ends before the column 'name'"),
            ("to,name\n+380961234501,Kovalenko, Andrii\n", "row 2: it has 3 values for 2 columns"),
            ("to,\n+380961234501,Olena\n", "row 2: it has a value in a column without a name"),
            ('to,name\n+380961234501,"Olena\n+380961234502,Andrii\n', "row 2: it cannot be read"),
            ('to,name\n+380961234501,"Olena" K\n', "row 2: it cannot be read"),
            (
                "to,name\n+380961234501,Олена\n".encode("cp1251"),
                "is not UTF-8 text (byte 23, line 2)",
            ),
            (b"\x89PNG\xff\xfe", "is not UTF-8 text (byte 1, line 1)"),
        ],
    )
    def test_sentences(self, content: str | bytes, words: str) -> None:
        """Each defect is one sentence that names the list, the row and the reason."""
        assert words in str(refusal(content))
        assert str(refusal(content)).startswith("the list")

    def test_a_long_header_is_cut(self) -> None:
        """A file that is something else altogether does not fill the screen."""
        assert len(str(refusal('{"recipients": ["' + "x" * 10_000 + '"]}'))) < 400

    def test_the_file_is_named(self, tmp_path: Path) -> None:
        """The sentence names the file as it was given."""
        path = tmp_path / "guests.csv"
        path.write_text("to\n12\n")
        for source in (path, str(path), path.open("rb")):
            with pytest.raises(UsageError, match=r"guests\.csv, row 2: '12' is not an address"):
                list(read_recipients(source))
            if hasattr(source, "close"):
                source.close()

    def test_every_bad_row_is_told_at_once(self) -> None:
        """One error tells of all bad rows, so that a list is put right in one go."""
        rows = ["+380961234501", *["12"] * 12, "+380961234502"]
        error = refusal("to\n" + "\n".join(rows))
        assert "row 3:" in str(error)
        assert len(error.__notes__) == 10
        assert "row 4:" in error.__notes__[0]
        assert error.__notes__[-1] == "2 more rows are wrong."

    @pytest.mark.parametrize("name", ["nowhere.csv", "."])
    def test_what_cannot_be_read(self, name: str) -> None:
        """A missing file and a folder are sentences, not tracebacks."""
        with pytest.raises(UsageError, match="cannot be read: "):
            read_recipients(name)
