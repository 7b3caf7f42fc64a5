"""Asking TextIt whether a broadcast arrived whose reply was lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any

import attrs
import polycast
import pytest
from polycast import Broadcast, Message, OutcomeUnknown, Recipient
from polycast.sandbox import LoseReply, Refuse, Truncate
from polycast.testing import CannedWire
from polycast.testing.environments import Environment, environments
from polycast_textit import Options
from polycast_textit.sandbox import TextItSandbox

JOE = "contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)

Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def here() -> Iterator[Environment[TextItSandbox]]:
    """A client and its server."""
    with environments(TextItSandbox) as make:
        yield make()


@pytest.mark.parametrize("fault", [LoseReply(), LoseReply(reset=True), Truncate()])
@pytest.mark.parametrize(
    "broadcast",
    [
        Broadcast(text="Hello ", recipients=["+250788123123", "telegram:12345", JOE]),
        Broadcast(text="{name}", recipients=[Recipient("+250788123123", {"name": "{Jo}"})]),
        Broadcast(
            text="Hello",
            recipients=["+250788123123"],
            options=Options(base_language="eng", translations={"spa": "Hola"}),
        ),
    ],
    ids=["kinds of address", "literal braces", "translations"],
)
def test_what_arrived_is_found(
    here: Environment[TextItSandbox], fault: LoseReply | Truncate, broadcast: Broadcast
) -> None:
    """A broadcast whose reply was lost is found as the one there is, and not sent again."""
    since = here.clock.now()
    here.server.faults.add(fault, operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send_bulk(broadcast)

    found = here.client.lookup(broadcast, since)

    assert found is not None
    recipients = tuple(broadcast.recipients)
    assert [receipt.to for receipt in found.receipts] == [each.to for each in recipients]
    assert here.client.status(str(found.id)).id == found.id
    assert [entry.operation for entry in here.server.requests].count("create_broadcast") == 1


def test_a_message_with_a_file_is_found(here: Environment[TextItSandbox], tmp_path: Path) -> None:
    """What was attached is known by how much of it there is."""
    picture = tmp_path / "menu.png"
    picture.write_bytes(b"\x89PNG")
    message = Message("+250788123123", text="The menu", media=[picture])
    since = here.clock.now()
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)

    assert here.client.lookup(message, since) is not None
    with pytest.raises(OutcomeUnknown, match="with the same text"):
        here.client.lookup(Message("+250788123123", text="The menu"), since)
    assert here.client.lookup(Message("+250788123123", media=[picture]), since) is None


MESSAGES = {
    "plain": Message("+250788123123", text=" Hello\n{name} {{x}} "),
    "to a contact": Message(JOE, text="Hello"),
    "by another scheme": Message("telegram:12345", text="Hello"),
    "translations": Message(
        "+250788123123",
        text="Hello",
        options=Options(base_language="eng", translations={"spa": "Hola {name}"}),
    ),
    "translations alone": Message(
        "+250788123123", options=Options(translations={"eng": "Hello", "spa": "Hola"})
    ),
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_asked_about_as_it_was_sent(
    here: Environment[TextItSandbox], message: Message
) -> None:
    """A lost message is found as the broadcast that it was, and one that was never made is not."""
    since = here.clock.now()
    here.server.faults.add(Refuse(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)
    here.client.send_bulk(Broadcast(text="Hi", recipients=["+250788123124", "+250788123125"]))
    assert here.client.lookup(message, since) is None

    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)
    found = here.client.lookup(message, since)
    assert found is not None
    assert [receipt.to for receipt in found.receipts] == [message.to]


def test_batches_that_say_the_same_are_told_apart_by_their_people(
    here: Environment[TextItSandbox],
) -> None:
    """Of many broadcasts of one text, each is found by its recipients; a lost one may be any."""
    batches = [
        Broadcast(
            text="Hi", recipients=[f"+25078812{n:02}{m:02}" for m in range(1, 6)], name=f"{n}"
        )
        for n in range(4)
    ]
    since = here.clock.now()
    ids = [here.client.send_bulk(batch).id for batch in batches[:3]]
    found = [here.client.lookup(batch, since) for batch in batches[:3]]
    assert [each and each.id for each in found] == ids
    with pytest.raises(OutcomeUnknown, match="to others as far as that can be compared") as told:
        here.client.lookup(batches[3], since)
    # Who knows that each of these is another knows that the last one is not there.
    assert told.value.candidates == frozenset(map(str, ids))


@pytest.mark.parametrize(
    "recipients",
    [
        ["+250788123123", "+4407712345678"],
        ["+3800961111111"],
        ["+3750291234567"],
        ["tel:250788123123", "twitter:@Bobby", "ext:a%20b", "ext: a "],
        ["mailto:Joe@Example.COM", "bsuid:br.1A2b", "twitterid:1#@Bob"],
        ["group:customers", "contact:09D23A05-47FE-11E4-BFE9-B8F6B119E9AB"],
        ["group:04A4752B-0F49-480E-AE60-3A3F2BEA485C"],
        ["+250788123123", "tel:+250 788 123 123", "group:Customers", "group:CUSTOMERS"],
    ],
)
def test_an_address_is_found_in_the_form_it_is_stored_in(
    here: Environment[TextItSandbox], recipients: list[str]
) -> None:
    """The server lists other spellings than were sent: it is found, and never sent again."""
    broadcast = Broadcast(text=" Hello ", recipients=recipients)
    since = here.clock.now()
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send_bulk(broadcast)
    found = here.client.lookup(broadcast, since)
    assert found is not None
    assert here.server.workspace.broadcasts[0].uuid.hex == str(found.id).replace("-", "")


@pytest.mark.parametrize("to", ["tel:0788123123", "contact:tel:+250788123123"])
def test_an_address_that_cannot_be_compared_leaves_doubt(
    here: Environment[TextItSandbox], to: str
) -> None:
    """A number without its country, a contact by its URN: only the server knows who that is."""
    message = Message(to, text="Hello")
    since = here.clock.now()
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)
    with pytest.raises(OutcomeUnknown) as told:
        here.client.lookup(message, since)
    (made,) = here.server.workspace.broadcasts
    assert told.value.candidates == frozenset([str(made.uuid)])


def test_a_group_that_was_renamed_leaves_doubt(here: Environment[TextItSandbox]) -> None:
    """It was named, and is listed under another name."""
    since = here.clock.now()
    message = Message("group:Customers", text="Hello")
    here.client.send(message)
    (made,) = here.server.workspace.broadcasts
    here.server.workspace.broadcasts[0] = attrs.evolve(
        made, groups=(attrs.evolve(made.groups[0], name="Guests"),)
    )
    with pytest.raises(OutcomeUnknown):
        here.client.lookup(message, since)


@pytest.mark.parametrize("listing", [{"shuffled": True}, {"page_size": 1}])
def test_the_order_and_the_size_of_pages_say_nothing(
    here: Environment[TextItSandbox], listing: dict[str, Any]
) -> None:
    """It is found wherever it is listed."""
    for name, value in listing.items():
        setattr(here.server.listing, name, value)
    since = here.clock.now()
    batch = Broadcast(text="Hi", recipients=[f"+2507881230{n:02}" for n in range(1, 20)])
    id = here.client.send_bulk(batch).id
    for text in ("Ho", "Ha", "He"):
        here.client.send(Message("+250788123123", text=text))
    found = here.client.lookup(batch, since)
    assert found is not None
    assert found.id == id


@pytest.mark.parametrize("ahead", [3600, -3600, 86400])
def test_our_clock_may_be_wrong(here: Environment[TextItSandbox], ahead: float) -> None:
    """The `Date` of answers tells by how much: nothing is missed, and nothing older is taken."""
    client = here.connect()

    def ours() -> datetime:
        return here.clock.now() + timedelta(seconds=ahead)

    client.api.transport.clock = lambda: ours().timestamp()
    message = Message("+250788123123", text="Hello")
    client.send(message)
    here.clock.advance(2 * 3600)
    since = ours()
    assert client.lookup(message, since) is None
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        client.send(message)
    here.clock.advance(60)
    for asking in (client, here.connect()):
        asking.api.transport.clock = client.api.transport.clock
        found = asking.lookup(message, since)
        assert found is not None
        assert found.id == str(here.server.workspace.broadcasts[-1].uuid)


def test_what_did_not_arrive_is_none(here: Environment[TextItSandbox]) -> None:
    """A request that was dropped before it was read left no broadcast, others or not."""
    since = here.clock.now()
    here.client.send(Message("+250788123123", text="Hello!"))
    message = Message("+250788123123", text="Hello")
    here.server.faults.add(Refuse(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)

    assert here.client.lookup(message, since) is None


def test_all_pages_are_looked_through(here: Environment[TextItSandbox]) -> None:
    """One that lies behind 300 later ones is found."""
    message = Message("+250788123123", text="Hello")
    since = here.clock.now()
    here.client.send(message)
    for number in range(300):
        here.client.send(Message("+250788123123", text=f"Number {number}"))

    assert here.client.lookup(message, since) is not None


Ask = Callable[..., Any]


@pytest.fixture
def ask(wire: CannedWire, told: Tell) -> Ask:
    """Ask about a request, given the broadcasts that TextIt lists."""
    client = wire.attach(polycast.connect("textit", token="t"))

    def ask(
        *listed: dict[str, Any], about: Message | Broadcast | None = None, dated: bool = True
    ) -> Any:
        headers = {"Date": formatdate(usegmt=True)} if dated else {}
        rows = [told(**{"id": 1234 + n, **each}) for n, each in enumerate(listed)]
        for _ in range(1 if dated else 2):
            wire.answer(json={"next": None, "previous": None, "results": rows}, headers=headers)
        return client.lookup(about or Message("+250788123123", text="Hello"), SINCE)

    return ask


@pytest.mark.parametrize(
    ("listed", "words", "candidates"),
    [
        ([{}, {"id": 1235}], "2 broadcasts that say the same", {"1234", "1235"}),
        ([{"urns": None}, {"id": 7, "text": "Ho"}], "anonymous workspace", {"1234"}),
        ([{"created_on": "2026-01-02T16:59:50Z"}], "before the moment", {"1234"}),
        ([{"created_on": ...}], "a moment it does not tell", {"1234"}),
        ([{"urns": None}, 5], "anonymous workspace", None),
        ([5], "cannot be read", None),
        ([{}, {"id": ...}], "2 broadcasts that say the same", None),
        # It may be ours, in words or to people that are told otherwise than they were sent.
        ([{"urns": ["tel:+250788123124"]}], "with the same text", {"1234"}),
        ([{"urns": []}], "with the same text", {"1234"}),
        ([{"urns": ["tel:+250788123123", "tel:+250788123124"]}], "with the same text", {"1234"}),
        ([{"contacts": [{"uuid": JOE[8:], "name": None}]}], "with the same text", {"1234"}),
        ([{"groups": [{"uuid": JOE[8:], "name": "All"}]}], "with the same text", {"1234"}),
        ([{"text": {"eng": "Hello", "spa": "Hola"}}], "with the same text", {"1234"}),
        ([{"text": {"eng": "hello\u00a0"}}], "with the same text", {"1234"}),
        ([{"text": ...}], "with the same text", {"1234"}),
        ([{"attachments": {"eng": ["image/png:https://x/a.png"]}}], "same text", {"1234"}),
        ([{"quick_replies": {"eng": [{"text": "Yes"}]}}], "with the same text", {"1234"}),
        ([{"groups": ...}], "with the same text", {"1234"}),
        ([{"contacts": None}], "with the same text", {"1234"}),
        ([{"text": None}], "with the same text", {"1234"}),
        ([{"text": 5, "urns": []}], "with the same text", {"1234"}),
        ([{"attachments": 5}], "with the same text", {"1234"}),
        ([{"created_on": "soon"}], "a moment it does not tell", {"1234"}),
        ([{"urns": ["tel:+250788123124"]}, {"text": "Ho"}], "lists 1 with", {"1234"}),
        ([{"urns": []}, {"urns": []}], "lists 2 with", {"1234", "1235"}),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_what_cannot_be_told_is_said(
    wire: CannedWire,
    told: Tell,
    listed: list[Any],
    words: str,
    candidates: set[str] | None,
    dated: bool,
) -> None:
    """Where the list fits more than one story, nothing is claimed, and what it may be is named."""
    client = wire.attach(polycast.connect("textit", token="t"))
    rows = [told(**each) if isinstance(each, dict) else each for each in listed]
    for number, row in enumerate(rows):
        if isinstance(row, dict) and row.get("id") == 1234:
            row["id"] += number
    headers = {"Date": formatdate(usegmt=True)} if dated else {}
    for _ in range(1 if dated else 2):
        wire.answer(json={"next": None, "previous": None, "results": rows}, headers=headers)
    with pytest.raises(OutcomeUnknown, match=words) as caught:
        client.lookup(Message("+250788123123", text="Hello"), SINCE)
    assert caught.value.candidates == (None if candidates is None else frozenset(candidates))


def test_one_id_of_two_broadcasts_hides_neither(ask: Ask) -> None:
    """Of two that differ and are listed under one id, the one that is asked about is found."""
    found = ask({"id": 7, "urns": ["tel:+250788000000"]}, {"id": 7})
    assert found is not None
    assert found.id == "7"


@pytest.mark.parametrize(
    "other", [{"text": {"eng": "Hello!"}}, {"text": "Hi"}, {"text": {"eng": None}}, {"text": {}}]
)
@pytest.mark.parametrize("dated", [True, False])
def test_another_text_is_another_broadcast(ask: Ask, other: dict[str, Any], dated: bool) -> None:
    """One that says something else to the same person is not it: that is proof."""
    assert ask(other, dated=dated) is None


@pytest.mark.parametrize(
    ("about", "listed"),
    [
        (
            Message("group:Customers", text="Hello"),
            {"urns": [], "groups": [{"uuid": JOE[8:], "name": "customers"}]},
        ),
        (
            Broadcast(text="Hello", recipients=["group:Customers", f"group:{JOE[8:]}"]),
            {
                "urns": [],
                "groups": [
                    {"uuid": JOE[8:], "name": None},
                    {"uuid": "04a4752b-0f49-480e-ae60-3a3f2bea485c", "name": "Customers"},
                ],
            },
        ),
        (
            Message("+250788123123", options=Options(attachments=["b97f69f7"])),
            {"text": {"eng": None}, "attachments": {"eng": ["image/png:https://x/a.png"]}},
        ),
        (
            Message("+250788123123", text="Hello", options=Options(quick_replies=[" Yes "])),
            {"quick_replies": {"eng": [{"text": "Yes", "type": "text"}]}},
        ),
    ],
    ids=["group", "groups", "attachments", "buttons"],
)
def test_what_is_listed_in_other_terms_is_found(
    ask: Ask, about: Message | Broadcast, listed: dict[str, Any]
) -> None:
    """A group by its name, a file by its address, a button with its type."""
    assert ask(listed, about=about) is not None


@pytest.mark.parametrize(
    ("about", "listed"),
    [
        (
            Message("group:Customers", text="Hello"),
            {"urns": [], "groups": [{"uuid": JOE[8:], "name": "Others"}]},
        ),
        (
            Message("group:Customers", text="Hello"),
            {
                "urns": [],
                "groups": [
                    {"uuid": JOE[8:], "name": "Others"},
                    {"uuid": "04a4752b-0f49-480e-ae60-3a3f2bea485c", "name": "Customers"},
                ],
            },
        ),
        (
            Broadcast(text="Hello", recipients=["group:Customers", "group:Others"]),
            {"urns": [], "groups": [{"uuid": JOE[8:], "name": "Customers"}]},
        ),
        (
            Message("+250788123123", text="Hello", options=Options(attachments=["b97f69f7"])),
            {},
        ),
        (Message("+250788123123", text="Hello", options=Options(quick_replies=["Yes"])), {}),
        (
            Message("+250788123124", options=Options(attachments=["b97f69f7"])),
            {"text": {"eng": None}, "attachments": {"eng": ["image/png:https://x/a.png"]}},
        ),
    ],
    ids=["other group", "more groups", "fewer groups", "no file", "no buttons", "no text"],
)
def test_what_is_not_quite_the_same_leaves_doubt(
    ask: Ask, about: Message | Broadcast, listed: dict[str, Any]
) -> None:
    """It shares the text, or has none as ours: it is neither claimed nor ruled out."""
    with pytest.raises(OutcomeUnknown):
        ask(listed, about=about)


def test_a_broadcast_with_a_text_is_none_without(ask: Ask) -> None:
    """A file alone is not what somebody said in words, with as many files."""
    about = Message("+250788123123", options=Options(attachments=["b97f69f7"]))
    assert ask({"attachments": {"eng": ["image/png:https://x/a.png"]}}, about=about) is None


def test_the_question_reaches_back_as_far_as_clocks_may_differ(ask: Ask, wire: CannedWire) -> None:
    """Five minutes before the moment are listed too, so that a slow clock hides nothing."""
    assert ask({}) is not None

    asked = datetime.fromisoformat(wire.sent[0].query["after"][0])
    assert asked == SINCE - timedelta(minutes=5)


def test_what_is_not_compared_need_not_be_readable(ask: Ask) -> None:
    """A status that is no word says nothing of what was sent to whom."""
    assert ask({"status": 5, "progress": None}) is not None


def test_without_a_date_everything_is_looked_through(ask: Ask, wire: CannedWire) -> None:
    """Where nobody knows how late it is there, only the whole list proves anything."""
    assert ask({"text": "Hi"}, dated=False) is None
    assert [list(each.query) for each in wire.sent] == [["after"], []]


def test_a_row_that_cannot_be_read_may_be_the_one(wire: CannedWire, told: Tell) -> None:
    """Beside an unreadable row nobody can say that it did not arrive; another may be it."""
    client = wire.attach(polycast.connect("textit", token="t"))
    date = {"Date": formatdate(usegmt=True)}
    message = Message("+250788123123", text="Hello")
    wire.answer(json={"next": None, "results": [5, told(text="Hi")]}, headers=date)
    with pytest.raises(OutcomeUnknown, match="cannot be read"):
        client.lookup(message, SINCE)
    wire.answer(json={"next": None, "results": [5, told()]}, headers=date)
    assert client.lookup(message, SINCE) is not None


def test_a_page_that_moved_on_shows_nothing_twice(wire: CannedWire, told: Tell) -> None:
    """What a new broadcast pushed from one page to the next is one broadcast."""
    client = wire.attach(polycast.connect("textit", token="t"))
    date = {"Date": formatdate(usegmt=True)}
    more = "https://textit.com/api/v2/broadcasts.json?cursor=abc"
    wire.answer(json={"next": more, "results": [told(text="Hi", id=1235), told()]}, headers=date)
    wire.answer(json={"next": None, "results": [told()]}, headers=date)
    found = client.lookup(Message("+250788123123", text="Hello"), SINCE)
    assert found is not None
    assert found.id == "1234"
