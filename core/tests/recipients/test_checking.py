"""What is wrong with a list: found before anything is sent, told row by row."""

import gc
import io
import pickle
import tracemalloc
from pathlib import Path

import pytest
from polycast import Broadcast, UsageError, read_recipients
from polycast.recipients import BadRow, BadRows, Problem, Recipients, seen
from polycast.recipients.temporary import ExternalSorter

ONE, TWO, THREE = "+380961234501", "+380961234502", "+380961234503"

#: A list in which each row below the first two shows another problem.
MANY = f"""to,name,reference
{ONE},Olena,a
{TWO},"Andrii
K",b
12,Iryna,c
{ONE},Olena,a
{ONE},Petro,d
{THREE}
00380961234502,"Andrii
K",b
+380961234509,Taras,e
"""


@pytest.fixture(params=["in memory", "on disk"])
def many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Recipients:
    """The list, whose addresses are remembered in memory or in a temporary database."""
    if request.param == "on disk":
        monkeypatch.setattr(seen, "_HELD", 1)
    return read_recipients(io.StringIO(MANY), suppressed=["+380961234509", "+380961234508"])


def test_everything_at_once(many: Recipients) -> None:
    """One reading finds every problem, with the row, the line and the reason of each."""
    check = many.check()
    assert [(row.row, row.line, row.problem) for row in check.examples] == [
        (4, 5, Problem.ADDRESS),
        (5, 6, Problem.DUPLICATE),
        (6, 7, Problem.CONFLICT),
        (7, 8, Problem.SHAPE),
        (8, 9, Problem.DUPLICATE),
        (9, 11, Problem.SUPPRESSED),
    ]
    assert [str(row) for row in check.examples[1:4]] == [
        f"row 5 (line 6): {ONE!r} stands in row 2 already",
        f"row 6 (line 7): {ONE!r} stands in row 2 already, with other values",
        "row 7 (line 8): it ends before the column 'name'",
    ]
    assert (check.rows, check.good, check.bad, check.left_out) == (8, 2, 3, 6)
    assert check.counts[Problem.DUPLICATE] == 2
    assert list(check.bad_rows()) == list(check.examples)


def test_stop_is_the_default(many: Recipients) -> None:
    """With a bad row anywhere no recipient comes out, and the error tells of the defects."""
    with pytest.raises(BadRows) as caught:
        next(iter(many))
    assert str(caught.value).startswith("the list, row 4 (line 5): '12' is not an address")
    assert len(caught.value.__notes__) == 2
    assert caught.value.check.bad == 3
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_skip_goes_on(many: Recipients) -> None:
    """The others come out where the caller says so, and the check says how many do not."""
    many.bad_rows = "skip"
    assert [each.to for each in many] == [ONE, TWO]
    assert many.check().left_out == 6


def test_duplicates_and_the_suppressed_are_no_defects() -> None:
    """A list may hold a row twice and people who do not want it: both are left out, and told."""
    rows = f"to,name\n{ONE},a\n{ONE},a\n{TWO},b\n{THREE},c\n"
    found = read_recipients(io.StringIO(rows), suppressed=[TWO])
    assert [each.to for each in found] == [ONE, THREE]
    assert found.check().counts == {Problem.DUPLICATE: 1, Problem.SUPPRESSED: 1}


def test_one_pass_for_those_who_write_down_first(many: Recipients) -> None:
    """`rows` tells of each row in its place, once, whatever `bad_rows` says."""
    kinds = [row.row if isinstance(row, BadRow) else row.to for row in many.rows()]
    assert kinds == [ONE, TWO, 4, 5, 6, 7, 8, 9]


def test_one_address_twice_on_purpose() -> None:
    """Where the caller allows it, an address comes again with other values, never the same."""
    rows = f"to,time\n{ONE},9:00\n{ONE},10:00\n{ONE},9:00\n{ONE},10:00\ncontact:7,9:00\n"
    found = read_recipients(io.StringIO(rows), repeats="allow")
    assert [(each.to, each.variables["time"]) for each in found] == [
        (ONE, "9:00"),
        (ONE, "10:00"),
        ("contact:7", "9:00"),
    ]
    assert [str(row) for row in found.check().examples] == [
        f"row 4: {ONE!r} stands in row 2 already",
        f"row 5: {ONE!r} stands in row 3 already",
    ]


def test_reading_once(many: Recipients) -> None:
    """Those who write down first get each row at once, and what is wrong at the end."""
    pages = many.pages()
    assert [found.to for _, found in next(pages)][:2] == [ONE, TWO]
    with pytest.raises(BadRows) as caught:
        next(pages)
    assert caught.value.check is many.check()


def test_a_list_that_changes_is_checked_again(tmp_path: Path) -> None:
    """A check is of the list as it was: a file that was edited since is checked again."""
    path = tmp_path / "guests.csv"
    path.write_text(f"to\n{ONE}\n")
    found = read_recipients(path)
    assert found.check().good == 1
    path.write_text(f"to\n{ONE}\n12\n")
    with pytest.raises(BadRows):
        list(found)


def test_values_are_shown_safely() -> None:
    """What a row holds cannot fill the screen, move the cursor or turn the direction."""
    found = read_recipients(io.StringIO("to\n+1\u202e2\x1b[2J" + "9" * 5000 + "\n"))
    (bad,) = found.check().examples
    assert bad.value is not None
    assert len(bad.value) <= 60
    assert (bad.value + bad.reason).isprintable()


class TestTexts:
    ROWS = f"to,name,text\n{ONE},Olena,\n{TWO},,\n{THREE},,Hello {{you}}\n"

    def problems(self, **limits: object) -> list[tuple[int, Problem, str | None]]:
        found = read_recipients(io.StringIO(self.ROWS))
        check = found.validated_for("Dear {name}!", **limits).check()  # type: ignore[arg-type]
        return [(row.row, row.problem, row.column) for row in check.examples]

    def test_missing_variables(self) -> None:
        """Nobody gets "Dear !": an empty value is missing, unless the caller takes it."""
        assert self.problems() == [(3, Problem.VARIABLE, "name")]
        assert self.problems(allow_empty=True) == []

    def test_too_long(self) -> None:
        """The text is measured filled in, and a row's own text as it stands."""
        assert self.problems(allow_empty=True, max_characters=10) == [
            (2, Problem.LENGTH, None),
            (4, Problem.LENGTH, None),
        ]
        assert self.problems(allow_empty=True, max_characters=11) == []
        assert self.problems(allow_empty=True, max_segments=1) == []

    def test_segments(self) -> None:
        """A name in Cyrillic can make one SMS three; the reason says so."""
        rows = f"to,name\n{ONE},Olena\n{TWO},Олена\n"
        text = "{name}, " + "x" * 140
        (bad,) = (
            read_recipients(io.StringIO(rows)).validated_for(text, max_segments=1).check().examples
        )
        assert bad.row == 3
        assert bad.reason == "its text takes 3 SMS (147 units of UCS-2), and 1 are allowed"

    def test_a_column_that_is_not_there(self) -> None:
        """A misspelt placeholder is one sentence about the list, not one for each row."""
        found = read_recipients(io.StringIO(f"to,name\n{ONE},Olena\n"))
        wanted = Broadcast(text="Dear {nmae}!", recipients=found)
        with pytest.raises(UsageError, match=r"needs \{nmae\}, and the list has no such column"):
            found.validated_for(wanted)

    def test_a_key_that_some_lines_lack(self) -> None:
        """In JSON Lines, each line is asked for what the text needs."""
        found = read_recipients(io.StringIO(f'{{"to": "{ONE}", "name": "O"}}\n{{"to": "{TWO}"}}\n'))
        (bad,) = found.validated_for("Dear {name}!").check().examples
        assert str(bad) == "row 2: it lacks {name}, which the text needs"


class TestWarnings:
    """What is no defect, and may be meant otherwise, is said in the check."""

    @pytest.mark.parametrize("text", ["Dear {{name}}", "Dear {{ name }}", "{name}, {{{{name}}}}"])
    @pytest.mark.parametrize(
        "rows", [f"to,name\n{ONE},Olena\n", f'{{"to": "{ONE}", "name": "Olena"}}\n']
    )
    def test_double_braces(self, text: str, rows: str) -> None:
        """Braces that stay in the text, around the name of a column, are seldom meant."""
        (warning,) = read_recipients(io.StringIO(rows)).validated_for(text).check().warnings
        assert warning.startswith("The text has 'name' in double braces")

    @pytest.mark.parametrize("text", ["Dear {name}", "{{code}} for {name}", "{{}}", None])
    def test_what_is_meant(self, text: str | None) -> None:
        """Braces around what is no column are an author's own."""
        found = read_recipients(io.StringIO(f"to,name\n{ONE},Olena\n")).validated_for(text)
        assert found.check().warnings == ()

    def test_braces_in_the_texts_of_the_list(self) -> None:
        """A row's own text is sent as it stands, also where it names a column."""
        rows = f"to,name,text\n{ONE},Olena,Hi {{you}}\n{TWO},Andrii,Dear {{name}}\n"
        (warning,) = read_recipients(io.StringIO(rows)).check().warnings
        assert warning.startswith("The text of row 3 has {name}, which stays in it")


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            *("To", "TO", "Phone", "phone number", "Mobile", "MSISDN", "Телефон", "tel.", "Тел."),
            *("Номер", "Контактный телефон", "Téléphone", "Number", "GSM", "N° de téléphone"),
            *(
                "Te\u0301le\u0301phone",
                "Мобильный",
                "тел. моб.",
                "Номер телефона клиента",
                "Phone *",
            ),
            *("№ телефона", "Мобільний телефон", "Нумар тэлефона", "Celular", "Número de teléfono"),
            *("Handynummer", "Telefonnr.", "Numer telefonu", "Cep telefonu", "Nimero ya telefoni"),
            *(
                "\ufeffPhone",
                "Phone\u200b",
                '"Phone\nnumber"',
                "  PHONE_NUMBER ",
                "WhatsApp number",
            ),
        ],
    )
    def test_one_that_can_be_meant(self, header: str) -> None:
        """A column of addresses is known by what people call it, if there is only one."""
        found = read_recipients(io.StringIO(f"{header},name\n{ONE},Olena\n"))
        assert [(each.to, dict(each.variables)) for each in found] == [(ONE, {"name": "Olena"})]
        assert found.columns is not None
        assert [*found.columns] == ["to", "name"]

    @pytest.mark.parametrize("header", ["Order number", "Phone model", "Телефон менеджера", "No."])
    def test_one_that_cannot_be_meant(self, header: str) -> None:
        """A name with a word that is not known is not taken for a column of phone numbers."""
        with pytest.raises(UsageError, match=r"no column 'to'.*Say which one holds the addresses"):
            read_recipients(io.StringIO(f"{header},name\n{ONE},Olena\n"))

    @pytest.mark.parametrize("other", ["Number", "Номер", "Recipient"])
    def test_the_surer_one(self, other: str) -> None:
        """Beside a phone, a number is another number, and a recipient has a name."""
        (found,) = read_recipients(io.StringIO(f"{other},Телефон\n7,{ONE}\n"))
        assert (found.to, dict(found.variables)) == (ONE, {other: "7"})

    @pytest.mark.parametrize("header", ["Phone,Mobile", "to,To"])
    def test_two_that_can_be_meant(self, header: str) -> None:
        """Two such columns are never chosen from; the sentence says how to."""
        first, second = header.split(",")
        with pytest.raises(UsageError, match=rf"'{first}' and '{second}', and each may be 'to'"):
            read_recipients(io.StringIO(f"{header}\n{ONE},{TWO}\n"))
        found = read_recipients(io.StringIO(f"{header}\n{ONE},{TWO}\n"), columns={"to": second})
        assert [each.to for each in found] == [TWO]

    def test_to_goes_before_its_synonyms(self) -> None:
        """Beside `to`, a column "phone" is a variable like any other."""
        (found,) = read_recipients(io.StringIO(f"phone,to\n555,{ONE}\n"))
        assert (found.to, dict(found.variables)) == (ONE, {"phone": "555"})

    def test_renaming(self) -> None:
        """A column whose name cannot be a placeholder is given one that can."""
        rows = io.StringIO(f"Phone,First name,Id\n{ONE},Olena,7\n")
        (found,) = read_recipients(rows, columns={"name": "First name", "reference": "Id"})
        assert (dict(found.variables), found.reference) == ({"name": "Olena"}, "7")

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({"to": "Nr"}, "has no column 'Nr'; it has 'to', 'name'"),
            ({"to": "to", "x": "to"}, "column 'to' is named twice"),
            ({"to": "name", "name": "to"}, None),
        ],
    )
    def test_what_the_caller_names(self, columns: dict[str, str], words: str | None) -> None:
        """A column that was named must be there, and be named once."""
        rows = io.StringIO(f"to,name\nOlena,{ONE}\n")
        if words is None:
            assert [each.to for each in read_recipients(rows, columns=columns)] == [ONE]
            return
        with pytest.raises(UsageError, match=words):
            read_recipients(rows, columns=columns)


class TestSuppression:
    @pytest.mark.parametrize(
        "listed",
        [
            [ONE, "00380961234502"],
            {ONE, TWO},
            io.BytesIO(f"{ONE}\n{TWO}\n".encode()),
            io.BytesIO(f"Phone;since\n{ONE};2030\n{TWO};2031\n{TWO};2032\n".encode()),
            io.BytesIO(f'{{"to": "{ONE}"}}\n"{TWO}"\n'.encode()),
        ],
    )
    def test_in_any_form(self, listed: object) -> None:
        """A suppression list has the forms of any list, and its numbers are normalised too."""
        rows = io.StringIO(f"to\n{ONE}\n0038 096 123 45 02\n{THREE}\n")
        found = read_recipients(rows, suppressed=listed)  # type: ignore[arg-type]
        assert [each.to for each in found] == [THREE]

    @pytest.mark.parametrize("listed", [["12"], io.BytesIO(f"to\n{ONE}\n12\n".encode())])
    def test_must_be_right(self, listed: object) -> None:
        """An entry that cannot be read is an error: it is somebody who must not be sent to."""
        with pytest.raises(UsageError, match="'12' is not an address"):
            read_recipients(io.StringIO(f"to\n{ONE}\n"), suppressed=listed)  # type: ignore[arg-type]


def test_nobody_left() -> None:
    """A list of which nobody is left is an error, not an empty broadcast."""
    found = read_recipients(io.StringIO(f"to\n{ONE}\n{TWO}\n"), suppressed=[ONE, TWO])
    with pytest.raises(UsageError, match="has 2 rows, and none can be sent to"):
        list(found)


def test_settings_that_are_none() -> None:
    """Misspelt arguments are sentences."""
    with pytest.raises(UsageError, match="bad_rows is 'stop' or 'skip'"):
        read_recipients(io.StringIO(), bad_rows="ignore")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="repeats is 'refuse' or 'allow'"):
        read_recipients(io.StringIO(), repeats="drop")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="delimiter is one character"):
        read_recipients(io.StringIO(), delimiter="::")


def test_memory_is_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the recipients, and ten times the bad rows, take no more memory to read."""
    monkeypatch.setattr(seen, "_HELD", 1000)

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("to,name\n")
            for place in range(rows):
                # Each tenth row repeats the one before.
                file.write(f"+38067{(place - (place % 10 == 9)) * 7919 % 10**7:07},Olena\n")
        found = read_recipients(path, bad_rows="skip")
        gc.collect()
        tracemalloc.start()
        try:
            assert sum(1 for _ in found) == rows * 9 // 10
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2_000)  # what is imported on the way
    assert peak(30_000) < 1.2 * peak(3_000)


def test_a_full_disk() -> None:
    """If what is kept of a long list finds no room on the disk, the sentence says so."""
    disk = ExternalSorter()
    disk._database._connection.execute("PRAGMA max_page_count = 4")
    with pytest.raises(UsageError, match="temporary folder cannot keep the recipients"):
        disk.add((b"%d" % place, place, b"") for place in range(10_000))
