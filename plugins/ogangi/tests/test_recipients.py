"""Recipients as a file and as JSON."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Broadcast, Recipient, Unsupported, UsageError
from polycast.wire import File
from polycast_ogangi.options import Dialect
from polycast_ogangi.recipients import Columns, Entry, to_entries, to_file, to_json

COLUMNS = Columns(
    sender="19893653744", carrier="CarrierName", encoding="UTF-8", timezone="America/New_York"
)
SAMPLE = Entry("13056708084", "Hi {0}. Welcome to {1}", ("Matt Ford", "this test"))


def content(file: File) -> str:
    """The text of a file."""
    assert isinstance(file.content, bytes)
    return file.content.decode()


def written(entries: list[Entry], dialect: Dialect = "csv", columns: Columns = COLUMNS) -> str:
    """The text of the file of these entries."""
    return content(to_file(entries, columns, dialect))


def test_sample_row_as_csv() -> None:
    """The sample row of "Phone List Guidelines" comes out as it is printed there."""
    assert written([SAMPLE]) == (
        '"13056708084","19893653744","CarrierName","UTF-8","America/New_York",'
        '"Hi {0}. Welcome to {1}","Matt Ford","this test"'
    )


def test_sample_row_with_semicolons() -> None:
    """The sample row of the guidelines up to tag 5.3.52 comes out as it is printed there."""
    assert written([SAMPLE], "legacy-semicolon") == (
        "13056708084;19893653744;CarrierName;UTF-8;America/New_York;"
        "Hi {0}. Welcome to {1};Matt Ford;this test"
    )


def test_one_row_per_entry() -> None:
    """Rows are lines, and no empty one follows the last."""
    entries = [Entry("1", "a"), Entry("2", "b", ("x",))]
    rows = written(entries, "legacy-semicolon").split("\n")
    assert [row.split(";")[0] for row in rows] == ["1", "2"]


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_csv_carries_anything(fields: list[str]) -> None:
    """Whatever a text or parameter holds, a reader of quoted CSV gets it back."""
    row = written([Entry("1", fields[0], tuple(fields[1:]))])
    (read,) = csv.reader(io.StringIO(row, newline=""))
    assert read[5:] == fields


@pytest.mark.parametrize("mark", [";", '"', "\n", "\r", "\x0b", "\x1e", "\x85", "\u2028"])
@pytest.mark.parametrize("place", ["text", "parameter", "column"])
def test_semicolons_cannot_be_quoted(mark: str, place: str) -> None:
    """What the semicolon dialect has no way to carry is refused, wherever it is."""
    bad = f"a{mark}b"
    entry = Entry("1", bad if place == "text" else "a", (bad,) if place == "parameter" else ())
    carrier = bad if place == "column" else "c"
    columns = Columns(sender="1", carrier=carrier, encoding="UTF-8", timezone="UTC")
    with pytest.raises(Unsupported, match="semicolon dialect"):
        written([entry], "legacy-semicolon", columns)


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (";" + "x" * 39, "';" + "x" * 39 + "'"),
        (";" + "x" * 40, "';" + "x" * 36 + "...'"),
    ],
)
def test_what_cannot_be_quoted_is_shown_by_its_beginning(field: str, shown: str) -> None:
    """A field of forty characters is shown whole, a longer one by its first 37."""
    with pytest.raises(Unsupported) as caught:
        written([Entry("1", field)], "legacy-semicolon")
    assert f"which is in {shown}: " in str(caught.value)


def test_names_and_types_of_files() -> None:
    """A file is called what it is."""
    assert to_file([SAMPLE], COLUMNS, "csv").name == "recipients.csv"
    legacy = to_file([SAMPLE], COLUMNS, "legacy-semicolon")
    assert (legacy.name, legacy.media_type) == ("recipients.txt", "text/plain; charset=utf-8")


def test_file_needs_a_text() -> None:
    """A row without a text cannot be written."""
    with pytest.raises(UsageError, match="nothing to say"):
        written([Entry("1", None)])


def test_json() -> None:
    """Each recipient is an object with number, text and parameters; letters stay letters."""
    text = to_json([SAMPLE, Entry("380961111111", "Привіт"), Entry("1", None)])
    assert json.loads(text) == [
        {
            "mobileNumber": "13056708084",
            "text": "Hi {0}. Welcome to {1}",
            "params": ["Matt Ford", "this test"],
        },
        {"mobileNumber": "380961111111", "text": "Привіт", "params": []},
        {"mobileNumber": "1", "params": []},
    ]
    assert "Привіт" in text


def test_variables_become_numbers_in_order_of_appearance() -> None:
    """`{name}` is `{0}` and so on; a repeated variable is one parameter; others do not travel."""
    broadcast = Broadcast(
        text="{city}: dear {name}, {city} waits",
        recipients=[
            Recipient("+380961111111", {"name": "Іван", "city": "Київ", "age": "40"}),
            Recipient("tel:380962222222", {"city": "Lviv", "name": "Олена"}),
        ],
    )
    text = "{0}: dear {1}, {0} waits"
    assert to_entries(broadcast) == [
        Entry("380961111111", text, ("Київ", "Іван")),
        Entry("380962222222", text, ("Lviv", "Олена")),
    ]


def test_own_text_has_no_parameters() -> None:
    """A recipient's own text travels as it stands, beside the template of the others."""
    broadcast = Broadcast(
        text="Dear {name}",
        recipients=[
            Recipient("+380961111111", {"name": "A"}, text="Just {you}"),
            Recipient("+380962222222", {"name": "B"}),
        ],
    )
    assert to_entries(broadcast) == [
        Entry("380961111111", "Just {you}"),
        Entry("380962222222", "Dear {0}", ("B",)),
    ]


def test_literal_braces() -> None:
    """Literal braces travel as single ones, as long as they do not make a placeholder."""
    broadcast = Broadcast(
        text="{{ok}} {{{name}}}", recipients=[Recipient("+380961111111", {"name": "N"})]
    )
    assert to_entries(broadcast) == [Entry("380961111111", "{ok} {{0}}", ("N",))]


@pytest.mark.parametrize(
    ("text", "variables", "own"),
    [
        ("Use {{0}} here", {}, None),
        ("Dear {name}", {"name": "{1}"}, None),
        ("Dear {{{name}}}", {"name": "0"}, None),
        ("Dear {name}}}", {"name": "{12"}, None),
        (None, {}, "Use {0} here"),
    ],
)
def test_literal_placeholder_is_refused(
    text: str | None, variables: dict[str, str], own: str | None
) -> None:
    """Nobody can be sent a literal `{0}`, whether it is in the text or comes about in it."""
    broadcast = Broadcast(text=text, recipients=[Recipient("+380961111111", variables, text=own)])
    with pytest.raises(Unsupported, match=r"literal \{\d+\} \(for \+380961111111\)"):
        to_entries(broadcast)


def test_missing_variable() -> None:
    """A variable that a recipient lacks is named, even if nobody asked before."""
    broadcast = Broadcast(text="Dear {name}", recipients=["+380961111111"])
    with pytest.raises(UsageError, match=r"needs \{name\}, which the recipient lacks"):
        to_entries(broadcast)


def test_nothing_to_say() -> None:
    """A recipient without a text is refused, except where the broadcast has one already."""
    broadcast = Broadcast(recipients=["+380961111111"])
    with pytest.raises(UsageError, match=r"nothing to say to \+380961111111"):
        to_entries(broadcast)
    assert to_entries(broadcast, editing=True) == [Entry("380961111111", None)]
