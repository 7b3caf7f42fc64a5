"""Ogangi's vocabularies in our words: each word of the pages, old and new."""

import pytest
from polycast import Client, State
from polycast.testing import CannedWire
from polycast_ogangi._client import models as m
from polycast_ogangi.response import (
    BROADCAST_NUMBERS,
    BROADCAST_STATES,
    MESSAGE_STATES,
    broadcast_state,
    message_state,
)

MESSAGE_WORDS = {
    State.QUEUED: ["PENDING", "QUEUE"],
    State.SENDING: ["SENDING", "BUFFRED", "CARRIER GATEWAY ERROR", "DEQUEUED", "INCOMPLETE"],
    State.SENT: [
        "SENT",
        "SENT_TO_CARRIER",
        "DELIVERED_TO_CARRIER",
        "DELIVERED TO CARRIER",
        "SENT_TO_DEVICE",
        "ACCEPTD",
        "ENROUTE",
    ],
    State.DELIVERED: ["DELIVERED_TO_DEVICE", "DELIVRD"],
    State.READ: ["READ"],
    State.EXPIRED: ["EXPIRED", "EXHAUSTED"],
    State.FAILED: [
        "UNREACHABLE",
        "UNDELIVERED",
        "UNDELIV",
        "NOT_SENT",
        "INTERNAL ERROR",
        "BOUNCED",
        "COMPLAINED",
    ],
    State.REJECTED: [
        "BAD_FROM",
        "BAD_TO",
        "BAD_ENCODING",
        "BAD_TIMEZONE",
        "BAD_CARRIER/FROM",
        "BAD ADDRESS",
        "INVALID ROUTING",
        "INVALID_ROUTING",
        "INVALID TEMPLATE ID",
        "INVALID TEMPLATE PARAMETERS",
        "INVALID TEMPLATE TYPE",
        "TEMPLATE NOT SUPPORTED",
        "REJECTD",
        "NOT_ENOUGH_FUNDS",
        "UNSUPPORTED_ATTACHMENT_TYPE",
        "EXCEEDS_SIZE_OF_ATTACHMENTS",
        "CODE_NOT_ALLOWED",
        "BLACKLISTED",
        "SEGMENTS_EXCEEDED",
    ],
    State.CANCELLED: ["DELETED"],
    State.UNKNOWN: ["UNKNOWN", "SOMETHING_NEW", ""],
}


@pytest.mark.parametrize(
    ("word", "state"), [(word, state) for state, words in MESSAGE_WORDS.items() for word in words]
)
def test_message_states(word: str, state: State) -> None:
    """Each word of the pages has its meaning, in either spelling and whatever the case."""
    spellings = [word, word.lower(), f" {word}\n", word.replace("_", " "), word.replace(" ", "_")]
    spellings += [word.replace("_", "-"), word.replace(" ", "-")]
    assert {message_state(spelling) for spelling in spellings} == {state}


@pytest.mark.parametrize(
    ("number", "state", "name"),
    [
        ("1", State.SENDING, "STATUS_SENDING"),
        ("2", State.SENT, "STATUS_DONE"),
        ("3", State.PAUSED, "STATUS_SUSPENDED"),
        ("4", State.CANCELLED, "STATUS_ABORTED"),
        ("5", State.PAUSED, "STATUS_FORCED_SUSPENDED"),
        ("6", State.UNKNOWN, "6"),
    ],
)
def test_broadcast_numbers(number: str, state: State, name: str) -> None:
    """A number means what "Broadcast Types and Status" says, and is shown under its name there."""
    assert broadcast_state(m.Broadcast(id=1, status=f" {number} ")) == (state, name)


def test_every_number_has_a_state() -> None:
    """No name in the table of numbers lacks a state."""
    names = {name.removeprefix("STATUS_") for name in BROADCAST_NUMBERS.values()}
    assert names <= BROADCAST_STATES.keys()


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("SCHEDULED", State.SCHEDULED),
        ("FINISHED", State.SENT),
        ("SENDING", State.SENDING),
        ("DONE", State.SENT),
        ("SUSPENDED", State.PAUSED),
        ("ABORTED", State.CANCELLED),
        ("FORCED_SUSPENDED", State.PAUSED),
        ("Forced suspended", State.PAUSED),
        ("RESTING", State.UNKNOWN),
    ],
)
def test_broadcast_texts(text: str, state: State) -> None:
    """A text means the same with and without `STATUS_`, and is kept as it was written."""
    for written in (text, f"STATUS_{text}"):
        broadcast = m.Broadcast(id=1, status_description=written)
        assert broadcast_state(broadcast) == (state, written)


def test_number_before_text() -> None:
    """The number counts where both are told, unless only the text is known."""
    both = m.Broadcast(id=1, status="2", status_description="SENDING")
    assert broadcast_state(both) == (State.SENT, "STATUS_DONE")
    new = m.Broadcast(id=1, status="17", status_description="SENDING")
    assert broadcast_state(new) == (State.SENDING, "SENDING")


def test_no_status_at_all() -> None:
    """A broadcast that tells nothing is UNKNOWN without a word."""
    assert broadcast_state(m.Broadcast(id=1, status="", status_description=" ")) == (
        State.UNKNOWN,
        None,
    )


def ok(result: str) -> str:
    """An answer of Ogangi's."""
    return f"<input>x</input><status>OK</status><result>{result}</result>"


@pytest.mark.parametrize(
    ("word", "state"), [(word, state) for state, words in MESSAGE_WORDS.items() for word in words]
)
def test_message_states_through_the_client(
    wire: CannedWire, client: Client, word: str, state: State
) -> None:
    """Each word has its meaning in a status, and is kept there; a new one is UNKNOWN."""
    wire.answer(200, ok(f"<message><id>1</id><to>380961</to><status>{word}</status></message>"))
    status = client.status("message:1")
    assert (status.state, status.detail) == (state, word or None)
    assert [report.detail for report in status.reports] == [word or None]


@pytest.mark.parametrize("number", [*BROADCAST_NUMBERS, "6", "0", "x"])
def test_broadcast_numbers_through_the_client(
    wire: CannedWire, client: Client, number: str
) -> None:
    """Each number has its meaning in a status, under its name; a new one is UNKNOWN and kept."""
    wire.answer(200, ok(f"<broadcast><id>1</id><status>{number}</status></broadcast>"))
    status = client.status("broadcast:1")
    name = BROADCAST_NUMBERS.get(number)
    wanted = State.UNKNOWN if name is None else BROADCAST_STATES[name.removeprefix("STATUS_")]
    assert (status.state, status.detail) == (wanted, name or number)


def test_every_word_of_the_tables_is_tried() -> None:
    """The words above are the whole table, so that none is there unproved."""
    tried = {word.replace(" ", "_") for words in MESSAGE_WORDS.values() for word in words}
    assert tried >= MESSAGE_STATES.keys()
