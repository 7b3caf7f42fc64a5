"""Asking TextIt whether a broadcast arrived whose reply was lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Message, OutcomeUnknown, Recipient
from polycast.sandbox import LoseReply, Refuse, Truncate
from polycast.testing import CannedWire
from polycast.testing.worlds import World, worlds
from polycast_textit import Options
from polycast_textit.sandbox import TextItSandbox

JOE = "contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"
SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)

Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def here() -> Iterator[World[TextItSandbox]]:
    """A client and its server."""
    with worlds(TextItSandbox) as make:
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
    here: World[TextItSandbox], fault: LoseReply | Truncate, broadcast: Broadcast
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


def test_a_message_with_a_file_is_found(here: World[TextItSandbox], tmp_path: Path) -> None:
    """What was attached is known by how much of it there is."""
    picture = tmp_path / "menu.png"
    picture.write_bytes(b"\x89PNG")
    message = Message("+250788123123", text="The menu", media=[picture])
    since = here.clock.now()
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)

    assert here.client.lookup(message, since) is not None
    assert here.client.lookup(Message("+250788123123", text="The menu"), since) is None


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
    here: World[TextItSandbox], message: Message
) -> None:
    """A lost message is found as the broadcast that it was, and one that was never made is not."""
    since = here.clock.now()
    here.server.faults.add(Refuse(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)
    here.client.send_bulk(Broadcast(text="Hello", recipients=["+250788123124", "+250788123125"]))
    assert here.client.lookup(message, since) is None

    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)
    found = here.client.lookup(message, since)
    assert found is not None
    assert [receipt.to for receipt in found.receipts] == [message.to]


def test_batches_that_say_the_same_are_told_apart_by_their_people(
    here: World[TextItSandbox],
) -> None:
    """Of many broadcasts of one text, each is found by its recipients; a lost one is not there."""
    batches = [
        Broadcast(
            text="Hi", recipients=[f"+25078812{n:02}{m:02}" for m in range(1, 6)], name=f"{n}"
        )
        for n in range(4)
    ]
    since = here.clock.now()
    ids = [here.client.send_bulk(batch).id for batch in batches[:3]]
    found = [here.client.lookup(batch, since) for batch in batches]
    assert [each and each.id for each in found] == [*ids, None]


def test_what_did_not_arrive_is_none(here: World[TextItSandbox]) -> None:
    """A request that was dropped before it was read left no broadcast, others or not."""
    since = here.clock.now()
    here.client.send(Message("+250788123124", text="Hello"))
    here.client.send(Message("+250788123123", text="Hello!"))
    message = Message("+250788123123", text="Hello")
    here.server.faults.add(Refuse(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send(message)

    assert here.client.lookup(message, since) is None


def test_all_pages_are_looked_through(here: World[TextItSandbox]) -> None:
    """One that lies behind 300 later ones is found."""
    message = Message("+250788123123", text="Hello")
    since = here.clock.now()
    here.client.send(message)
    for number in range(300):
        here.client.send(Message("+250788123123", text=f"Number {number}"))

    assert here.client.lookup(message, since) is not None


@pytest.fixture
def ask(wire: CannedWire, told: Tell) -> Callable[..., object]:
    """Ask about one message, given the broadcasts that TextIt lists."""
    client = wire.attach(polycast.connect("textit", token="t"))

    def ask(*listed: dict[str, Any]) -> object:
        wire.answer(json={"next": None, "previous": None, "results": [told(**e) for e in listed]})
        return client.lookup(Message("+250788123123", text="Hello"), SINCE)

    return ask


@pytest.mark.parametrize(
    ("listed", "words", "candidates"),
    [
        ([{}, {"id": 1235}], "2 broadcasts that say the same", {"1234", "1235"}),
        ([{"urns": None}, {"id": 7, "text": "Ho"}], "anonymous workspace", {"1234"}),
        ([{"created_on": "2026-01-02T16:59:59Z"}], "before the moment", {"1234"}),
        ([{"created_on": ...}], "a moment it does not tell", {"1234"}),
        ([{"urns": None}, {"urns": 5}], "anonymous workspace", {"1234"}),
        ([{"urns": 5}], "cannot be read", {"1234"}),
        ([{}, {"id": ...}], "2 broadcasts that say the same", None),
    ],
    ids=["two", "anonymous", "older", "no time", "one unreadable", "all unreadable", "no id"],
)
def test_what_cannot_be_told_is_said(
    ask: Callable[..., object],
    listed: list[dict[str, Any]],
    words: str,
    candidates: set[str] | None,
) -> None:
    """Where the list fits more than one story, nothing is claimed, and what it may be is named."""
    with pytest.raises(OutcomeUnknown, match=words) as told:
        ask(*listed)
    assert told.value.candidates == (None if candidates is None else frozenset(candidates))


@pytest.mark.parametrize(
    "other",
    [
        {"urns": ["tel:+250788123124"]},
        {"urns": []},
        {"text": {"eng": "Hello!"}},
        {"text": {"eng": "Hello", "spa": "Hola"}},
        {"text": "Hi"},
        {"contacts": [{"uuid": "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "name": None}]},
        {"groups": [{"uuid": "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "name": "All"}]},
        {"attachments": {"eng": ["image/png:https://x.example/a.png"]}},
    ],
)
def test_another_broadcast_is_not_taken_for_it(
    ask: Callable[..., object], other: dict[str, Any]
) -> None:
    """One that differs in anything is somebody else's; a language that was not named is not."""
    assert ask(other) is None


def test_the_question_reaches_back_as_far_as_clocks_may_differ(
    ask: Callable[..., object], wire: CannedWire
) -> None:
    """Five minutes before the moment are listed too, so that a slow clock hides nothing."""
    assert ask({}) is not None

    asked = datetime.fromisoformat(wire.sent[0].query["after"][0])
    assert asked == SINCE - timedelta(minutes=5)


def test_a_row_that_cannot_be_read_may_be_the_one(ask: Callable[..., object]) -> None:
    """Beside an unreadable row nobody can say that it did not arrive."""
    with pytest.raises(OutcomeUnknown, match=r"cannot be read \(its urns\)"):
        ask({"urns": 5}, {"text": "Hi"})
    assert ask({"urns": 5}, {}) is not None
