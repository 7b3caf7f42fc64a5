"""Lists on the command line: the options that say how they are read, and the bad rows to mend."""

import csv
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest

ONE, TWO, THREE = "+380961234501", "+380961234502", "+380961234503"


def sent_to(memory: ModuleType) -> list[tuple[str, str | None]]:
    """Return the address and the text of everybody that the provider was told of."""
    return [
        (each.to, broadcast.text_for(each))
        for broadcast in memory.sent
        for each in broadcast.recipients
    ]


def workbook(path: Path, **sheets: list[list[Any]]) -> openpyxl.Workbook:
    """Write a workbook of some sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


class TestOptions:
    @pytest.mark.parametrize("codec", ["windows-1251", "cp866", "koi8-r", "utf-16-le"])
    def test_encoding_and_delimiter(
        self, run: Any, memory: ModuleType, home: Path, codec: str
    ) -> None:
        """A list in any encoding, with any delimiter, is read when both are named."""
        (home / "guests.csv").write_bytes(f"to^name\n{ONE}^Олена\n".encode(codec))
        result = run(
            *("broadcast", "memory", "guests.csv", "--text", "Вітаю, {name}"),
            *("--encoding", codec, "--delimiter", "^"),
        )
        assert result.exit_code == 0, result.stderr
        assert sent_to(memory) == [(ONE, "Вітаю, Олена")]

    def test_tabs(self, run: Any, memory: ModuleType) -> None:
        """A tab is hard to type: it has a name."""
        result = run(
            *("broadcast", "memory", "-", "--text", "Hi", "--delimiter", "tab"),
            stdin=f"a,b\tto\n1\t{ONE}\n",
        )
        assert result.exit_code == 0, result.stderr
        assert sent_to(memory) == [(ONE, "Hi")]

    def test_sheet_and_columns(self, run: Any, memory: ModuleType, home: Path) -> None:
        """One of several sheets, and columns with names that no placeholder can have."""
        rows = [["Phone", "Mobile", "First Name"], ["12", ONE, "Olena"]]
        workbook(home / "guests.xlsx", Guests=rows, Staff=[["Phone"], [THREE]])
        result = run(
            *("broadcast", "memory", "guests.xlsx", "--text", "Dear {name}", "--sheet", "guests"),
            *("--column", "to=Mobile", "--column", "name=First Name"),
        )
        assert result.exit_code == 0, result.stderr
        assert sent_to(memory) == [(ONE, "Dear Olena")]

    @pytest.mark.parametrize(("choice", "expected"), [("skip", [ONE]), ("send", [ONE, TWO])])
    def test_hidden_rows(
        self, run: Any, memory: ModuleType, home: Path, choice: str, expected: list[str]
    ) -> None:
        """Rows that a filter hides stop the list until somebody says what happens to them."""
        book = workbook(home / "guests.xlsx", Guests=[["to"], [ONE], [TWO]])
        book["Guests"].row_dimensions[3].hidden = True
        book.save(home / "guests.xlsx")
        args = ("broadcast", "memory", "guests.xlsx", "--text", "Hi")
        for more in ((), ("--dry-run",)):
            result = run(*args, *more)
            assert result.exit_code == 2
            assert "hidden in the workbook" in result.stdout + result.stderr
        assert memory.sent == []
        result = run(*args, "--hidden-rows", choice)
        assert result.exit_code == 0, result.stderr
        assert [to for to, _ in sent_to(memory)] == expected

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("--column", "Mobile"), "write it as to=Mobile"),
            (("--column", "to=A", "--column", "to=B"), "--column names 'to' twice"),
            (("--column", "to=to", "--column", "x=to"), "The column 'to' is named twice"),
            (("--column", "to=Nr"), "has no column 'Nr'; it has 'to'"),
            (("--encoding", "windows-125"), "There is no text encoding 'windows-125'"),
            (("--delimiter", "::"), "The delimiter is one character"),
            (("--sheet", "Guests"), "is no workbook"),
            (("--hidden-rows", "no"), "--hidden-rows"),
        ],
    )
    def test_wrong_ones(
        self, run: Any, memory: ModuleType, options: tuple[str, ...], words: str
    ) -> None:
        """An option that does not fit the list ends it with a sentence before anything is sent."""
        result = run(*("broadcast", "memory", "-", "--text", "Hi"), *options, stdin=f"to\n{ONE}\n")
        assert result.exit_code == 2
        assert words in result.stderr
        assert memory.sent == []


class TestAdvice:
    """A sentence on the command line advises options of the command line."""

    @pytest.mark.parametrize(
        ("content", "advice"),
        [
            (f"to,name\n{ONE},Олена\n".encode("windows-1251"), "--encoding windows-1251"),
            (b"to\n0961234501\n", "--region UA"),
            (f"Phone,Mobile\n{ONE},{TWO}\n".encode(), "--column to=Phone"),
            (f"Phone 1,Phone 2\n{ONE},{TWO}\n".encode(), "--column 'to=Phone 1'"),
            (f"Nr,name\n{ONE},Olena\n".encode(), "--column to=COLUMN"),
            (f"to,First Name\n{ONE},Olena\n".encode(), "--column name=COLUMN"),
        ],
    )
    def test_of_text(self, run: Any, content: bytes, advice: str) -> None:
        """What helps is named as it is typed, and never as an argument of a function."""
        result = run("broadcast", "memory", "-", "--text", "Dear {name}", stdin=content)
        if "{name}" in result.stderr and "name=COLUMN" not in advice:
            result = run("broadcast", "memory", "-", "--text", "Hi", stdin=content)
        assert result.exit_code == 2
        assert advice in result.stderr
        assert not any(f"{name}=" in result.stderr for name in ("encoding", "region", "columns"))

    def test_of_workbooks(self, run: Any, home: Path) -> None:
        """The sheets are named in the option that chooses one."""
        workbook(home / "guests.xlsx", One=[["to"], [ONE]], **{"Number 2": [["to"], [TWO]]})
        result = run("broadcast", "memory", "guests.xlsx", "--text", "Hi")
        assert "has several sheets, 'One', 'Number 2': say which, e.g. --sheet One" in result.stderr

    def test_of_a_suppression_list(self, run: Any, home: Path) -> None:
        """A suppression list has no options, and none is advised."""
        (home / "never.csv").write_bytes(f"to,name\n{TWO},Олена\n".encode("cp1251"))
        args = ("broadcast", "memory", "-", "--text", "Hi", "--suppress", "never.csv")
        result = run(*args, stdin=f"to\n{ONE}\n")
        assert result.exit_code == 2
        assert result.stderr.endswith("line 2): save the list in UTF-8.\n")


class TestBadRows:
    def mend(self, path: Path, codec: str, wrong: str, right: str) -> None:
        """Correct a file as an editor does."""
        path.write_bytes(path.read_bytes().decode(codec).replace(wrong, right).encode(codec))

    @pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "cp866"])
    def test_mended_and_sent(self, run: Any, memory: ModuleType, home: Path, codec: str) -> None:
        """Bad rows are written whole, as they came; mended, the same command sends them."""
        rows = [
            *("Мобильный;Имя;Стол", f'{ONE};"Олена;\r\nИлья";4', "12;Андрей;5"),
            *(f"{TWO};Денис;6", f"{TWO};Денис;6", "0;Никто"),
        ]
        (home / "guests.csv").write_bytes("\r\n".join(rows).encode(codec))
        named = () if codec.startswith("utf") else ("--encoding", codec)

        def send(file: str) -> Any:
            return run(
                *("broadcast", "memory", file, "--text", "{name}, {Стол}", *named),
                *("--column", "name=Имя", "--skip-bad-rows", "--bad-rows", f"bad-{file}"),
            )

        assert send("guests.csv").exit_code == 0
        bad = home / "bad-guests.csv"
        header, first, second = bad.read_bytes().decode(codec).splitlines()
        assert header == "polycast_reason;Мобильный;Имя;Стол"
        assert "row 3: '12' is not an address" in first
        assert first.endswith(";12;Андрей;5")
        assert second.endswith(";0;Никто")
        assert "it ends before the column 'Стол'" in second
        self.mend(bad, codec, ";12;", f";{THREE};")
        memory.sent.clear()
        assert send("bad-guests.csv").exit_code == 0
        assert sent_to(memory) == [(THREE, "Андрей, 5")]
        again = (home / "bad-bad-guests.csv").read_bytes().decode(codec)
        assert again.count("polycast_reason") == 1
        assert ";0;Никто" in again

    def test_the_line_of_excel_stays(self, run: Any, home: Path) -> None:
        """`sep=;` is written before the bad rows, too: Excel needs it."""
        args = ("broadcast", "memory", "-", "--text", "Hi", "--bad-rows", "bad.csv")
        run(*args, stdin=f"sep=;\r\nto;name\r\n{ONE};Olena\r\n12;Andrii\r\n")
        lines = Path("bad.csv").read_text().splitlines()
        assert lines[:2] == ["sep=;", "polycast_reason;to;name"]
        assert len(lines) == 3

    def test_json_lines(self, run: Any, memory: ModuleType) -> None:
        """A line of JSON keeps its own text; one that is no JSON can be mended, too."""
        lines = [f'{{"to": "{ONE}"}}', '{"to": "12", "price": 12.50}', '{"to": 5', "{}"]
        args = ("broadcast", "memory", "-", "--text", "Hi", "--skip-bad-rows", "--bad-rows", "b")
        assert run(*args, stdin="\n".join(lines)).exit_code == 0
        first, second, third = Path("b").read_text().splitlines()
        assert first.startswith('{"polycast_reason": "row 2: \'12\' is not an address')
        assert first.endswith('", "to": "12", "price": 12.50}')
        assert second.endswith('", "to": 5')
        assert third.startswith('{"polycast_reason": "row 4: has no column')
        memory.sent.clear()
        mended = Path("b").read_text().replace('"12"', f'"{TWO}"')
        assert run(*args, stdin=mended).exit_code == 0
        assert sent_to(memory) == [(TWO, "Hi")]
        assert Path("b").read_text().splitlines()[1].count('"polycast_reason":') == 1

    def test_a_plain_list(self, run: Any, memory: ModuleType) -> None:
        """A list of numbers gets a header, and room for the reasons."""
        args = ("broadcast", "memory", "-", "--text", "Hi", "--skip-bad-rows", "--bad-rows", "b")
        assert run(*args, stdin=f"{ONE}\n1234567\n").exit_code == 0
        header, row = Path("b").read_text().splitlines()
        assert header == "polycast_reason\tto"
        assert row.endswith("\t1234567")
        memory.sent.clear()
        assert run(*args, stdin=Path("b").read_text().replace("1234567", TWO)).exit_code == 0
        assert sent_to(memory) == [(TWO, "Hi")]

    def test_a_workbook_as_a_workbook(self, run: Any, memory: ModuleType, home: Path) -> None:
        """With a name in .xlsx they are a workbook, whose cells are all text."""
        rows = [["to", "n"], [ONE, "x"], ["3.80961E+11", "a\r\nb"], ["0012", "=1"]]
        workbook(home / "guests.xlsx", Guests=rows)
        args = ("--text", "Hi", "--sheet", "Guests", "--skip-bad-rows", "--bad-rows", "bad.xlsx")
        assert run("broadcast", "memory", "guests.xlsx", *args).exit_code == 0
        book = openpyxl.load_workbook("bad.xlsx")
        (sheet,) = book.worksheets
        assert sheet.title == "Guests"
        written = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert [row[1:] for row in written] == [
            ["to", "n"],
            ["3.80961E+11", "a_x000D_\nb"],  # as Excel writes it
            ["0012", "#UNCOMPUTED"],
        ]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
        sheet["B2"] = TWO
        book.save("bad.xlsx")
        memory.sent.clear()
        again = args[:-1]
        assert run("broadcast", "memory", "bad.xlsx", *again, "worse.xlsx").exit_code == 0
        assert sent_to(memory) == [(TWO, "Hi")]

    def test_a_workbook_as_csv(self, run: Any, home: Path) -> None:
        """With any other name they are CSV that a spreadsheet program opens."""
        workbook(home / "guests.xlsx", Guests=[["to", "name"], ["12", "Олена"]])
        run("broadcast", "memory", "guests.xlsx", "--text", "Hi", "--bad-rows", "bad.csv")
        with Path("bad.csv").open(encoding="utf-8-sig", newline="") as file:
            header, row = csv.reader(file)
        assert (header, row[1:]) == (["polycast_reason", "to", "name"], ["12", "Олена"])
        assert Path("bad.csv").read_bytes().startswith(b"\xef\xbb\xbf")

    @pytest.mark.parametrize("target", ["guests.csv", "./guests.csv", "."])
    def test_where_they_cannot_be_written(
        self, run: Any, memory: ModuleType, home: Path, target: str
    ) -> None:
        """The list itself is never written over; a folder is no file."""
        content = f"to\n{ONE}\n12\n"
        (home / "guests.csv").write_text(content)
        args = ("broadcast", "memory", "guests.csv", "--text", "Hi", "--skip-bad-rows")
        result = run(*args, "--bad-rows", target)
        assert result.exit_code == 2
        assert (home / "guests.csv").read_text() == content
        assert memory.sent == []


class TestCheck:
    LIST = f"Мобильный,name\n{ONE},Olena\n12,Andrii\n{TWO},\n"

    def test_a_good_list(self, run: Any, memory: ModuleType, home: Path) -> None:
        """Without any profile it shows how the list is read, and what each would get."""
        (home / "polycast.toml").unlink(missing_ok=True)
        result = run("check", "-", "--text", "Dear {name}", stdin=f"Phone;name\n{ONE};Olena\n")
        assert result.exit_code == 0
        facts = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[1:4])
        assert facts == {
            "list": "standard input",
            "addresses": "column 'Phone'",
            "variables": "name",
        }
        assert "Dear Olena" in result.stdout
        assert result.stderr == ""
        assert memory.sent == []

    def test_bad_rows(self, run: Any, home: Path) -> None:
        """Each defect is shown with its row and reason, and written to be mended."""
        args = ("check", "-", "--text", "Dear {name}")
        result = run(*args, "--bad-rows", "bad.csv", stdin=self.LIST)
        assert result.exit_code == 2
        assert "'12' is not an address" in result.stdout
        assert "it has nothing in {name}" in result.stdout
        assert "Nothing would be sent, because of 2 bad rows" in result.stderr
        assert len(Path("bad.csv").read_text(encoding="utf-8").splitlines()) == 3
        told = json.loads(run(*args, "--json", stdin=self.LIST).stdout)
        assert told["columns"] == {"to": "Мобильный", "name": "name"}
        assert (told["rows"], told["recipients"], told["stopped"]) == (3, 1, True)
        assert [each["row"] for each in told["bad_rows"]] == [3, 4]
        assert [each["text"] for each in told["messages"]] == ["Dear Olena"]

    def test_with_a_profile(self, run: Any, memory: ModuleType) -> None:
        """With a profile it is what the dry run of a broadcast shows."""
        options = ("--text", "Dear {name}", "--json")
        checked = run("check", "-", "--profile", "memory", *options, stdin=self.LIST)
        dry = run("broadcast", "memory", "-", "--dry-run", *options, stdin=self.LIST)
        assert checked.stdout == dry.stdout
        assert (checked.exit_code, memory.sent) == (dry.exit_code, [])

    @pytest.mark.parametrize("command", [("check", "-"), ("broadcast", "memory", "-", "--dry-run")])
    @pytest.mark.parametrize(
        ("rows", "reason"), [("12,a\n13,b", "is not an address"), (f"{ONE},", "has nothing in")]
    )
    def test_a_list_without_a_good_row(
        self, run: Any, memory: ModuleType, command: tuple[str, ...], rows: str, reason: str
    ) -> None:
        """Where every row is bad, the reasons are those that the real run gives."""
        content = f"to,name\n{rows}\n"
        real = run("broadcast", "memory", "-", "--text", "Dear {name}", stdin=content)
        shown = run(*command, "--text", "Dear {name}", "--json", stdin=content)
        assert real.exit_code == shown.exit_code == 2
        told = json.loads(shown.stdout)
        assert told["recipients"] == 0
        for each in told["bad_rows"]:
            assert reason in each["reason"]
            assert f"row {each['row']}: {each['reason']}" in real.stderr
        table = run(*command, "--text", "Dear {name}", stdin=content)
        assert table.exit_code == 2
        assert reason in table.stdout
        assert "none of" in table.stderr
        assert memory.sent == []

    @pytest.mark.parametrize(
        "command",
        [("check", "-"), ("broadcast", "memory", "-", "--dry-run"), ("broadcast", "memory", "-")],
    )
    def test_braces_that_stay(self, run: Any, command: tuple[str, ...]) -> None:
        """Double braces around the name of a column are told before anything is sent."""
        rows = f"to,name\n{ONE},Olena\n"
        result = run(*command, "--text", "Dear {{name}}", stdin=rows)
        assert result.exit_code == 0
        assert "Warning: The text has 'name' in double braces" in result.stderr
        result = run(*command, "--text", "Hi {{name}}", "--json", stdin=rows)
        told = json.loads(result.stdout).get("warnings") or [
            json.loads(result.stderr.splitlines()[0])["warning"]
        ]
        assert "in double braces" in told[0]
        assert run(*command, "--text", "Dear {name}", stdin=rows).stderr.count("Warning") == 0

    @pytest.mark.parametrize("content", ["", "\n\n", "to,name\n", "\ufeff"])
    def test_nobody(self, run: Any, content: str) -> None:
        """An empty file, and a header without rows, are said and exit with 2."""
        result = run("check", "-", stdin=content)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: standard input ")
