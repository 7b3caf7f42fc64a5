"""Mozes's words and ours, without a network."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Broadcast, Message, Recipient, State, Unsupported, UsageError
from polycast.wire import UNSET
from polycast_mozes._client import models as m
from polycast_mozes.request import to_list, to_number, to_person, to_request, to_stored_list
from polycast_mozes.response import DELIVERED, to_status

# Addresses


@pytest.mark.parametrize(
    ("to", "person"),
    [
        ("+13105551234", "13105551234"),
        ("tel:+13105551234", "13105551234"),
        ("tel:13105551234", "13105551234"),
        ("contact:1283228", 1283228),
        ("contact:1", 1),
        ("contact:999999999999999999", 999999999999999999),
    ],
)
def test_persons(to: str, person: int | str) -> None:
    """A phone number travels as eleven digits, a Mozes ID as the number it is."""
    assert to_person(Recipient(to)) == person


@pytest.mark.parametrize(
    "to",
    [
        "+380961111111",
        "+1310555123",
        "+131055512345",
        "tel:3105551234",
        "tel:+1-310-555-1234",
        "tel:+1310555\u0661\u0662\u0663\u0664",
        "contact:0",
        "contact:007",
        "contact:-5",
        "contact:1283228.0",
        "contact: 1283228",
        "contact:1283228\n",
        "contact:\u0661\u0662\u0663",
        "contact:1000000000000000000",
        "contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab",
        "twitter:somebody",
        "group:1483228",
    ],
)
def test_who_is_no_person(to: str) -> None:
    """What is no phone of the United States and no Mozes ID is refused by its name."""
    with pytest.raises(UsageError) as caught:
        to_person(Recipient(to))
    assert to in str(caught.value) or repr(to) in str(caught.value)


@given(st.integers(min_value=1, max_value=10**18 - 1))
def test_every_id_survives_the_way(number: int) -> None:
    """Each ID is read as the number that it was written as, in quotes or not."""
    assert to_person(Recipient(f"contact:{number}")) == number
    assert to_stored_list(f"group:{number}") == number
    assert to_number(number) == to_number(str(number)) == number


@pytest.mark.parametrize("value", ["", "abc", "12 ", "1.5", "-1", 0, -1, "0"])
def test_what_is_no_number(value: int | str) -> None:
    """An answer's ID that is no number is none."""
    assert to_number(value) is None


@pytest.mark.parametrize("group", ["group:", "group:x", "contact:1483228", "1483228", "group:01"])
def test_what_is_no_list(group: str) -> None:
    """Only `group:` and a number is a stored list."""
    with pytest.raises(UsageError, match="is not a broadcast list"):
        to_stored_list(group)


def recipients(*addresses: str) -> tuple[Recipient, ...]:
    """Recipients with these addresses."""
    return tuple(Recipient(to) for to in addresses)


def test_a_list_stands_alone() -> None:
    """One list is a list; persons are none."""
    assert to_list(recipients("group:1483228")) == 1483228
    assert to_list(recipients("contact:1", "+13105551234")) is None


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        (["group:1", "group:2"], "goes to several broadcast lists"),
        (["group:1", "group:1"], "goes to several broadcast lists"),
        (["group:1", "contact:2"], "goes to lists and persons"),
        (["+13105551234", "contact:2", "group:1"], "goes to lists and persons"),
    ],
)
def test_a_mixture_is_refused(addresses: list[str], words: str) -> None:
    """What would take several calls is refused in a sentence that says how to ask instead."""
    with pytest.raises(Unsupported, match=words) as caught:
        to_list(recipients(*addresses))
    assert "Make one broadcast for each list, and one for all persons." in str(caught.value)


# Texts


@pytest.mark.parametrize("text", ["x" * 160, "ї" * 160, "🎉" * 160])
def test_texts_up_to_160_characters(text: str) -> None:
    """Characters are counted, not bytes or halves of characters; the rest is Mozes's to judge."""
    assert to_request(Message("contact:1", text=text)).text == text


def test_a_text_that_is_too_long() -> None:
    """With 161 characters no project's name is short enough."""
    with pytest.raises(UsageError, match="has 161 characters: Mozes takes 160"):
        to_request(Broadcast(recipients=["contact:1"], text="x" * 161))


def test_no_text() -> None:
    """Nothing to say is refused, whoever asks."""
    with pytest.raises(UsageError, match="There is nothing to say"):
        to_request(Broadcast(recipients=["contact:1"]))


# Statuses


def status(**fields: Any) -> m.BroadcastStatus:
    """A status with these fields."""
    return m.BroadcastStatus(**fields)


@pytest.mark.parametrize(
    ("delivered", "state", "words"),
    [
        (1, State.SENT, "completed"),
        ("1", State.SENT, "completed"),
        (True, State.SENT, "completed"),
        ("true", State.SENT, "completed"),
        (0, State.SENDING, "incomplete"),
        ("0", State.SENDING, "incomplete"),
        (False, State.SENDING, "incomplete"),
        (" FALSE ", State.SENDING, "incomplete"),
        (2, State.UNKNOWN, "2"),
        (-1, State.UNKNOWN, "-1"),
        ("yes", State.UNKNOWN, "yes"),
        (UNSET, State.UNKNOWN, None),
    ],
)
def test_states(delivered: int | str, state: State, words: str | None) -> None:
    """Completed is sent, never delivered, and the end; a value of no page is kept as it is."""
    told = to_status(status(delivered=delivered), "a1")
    assert (told.state, told.detail) == (state, words)
    assert told.is_final is (state is State.SENT)


def test_no_state_claims_a_handset() -> None:
    """Nothing that Mozes says means that a message is on a handset."""
    assert {state for state, _ in DELIVERED.values()} == {State.SENT, State.SENDING}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("1", 1),
        (1, 1),
        ("0", 0),
        (" 12 ", 12),
        ("many", None),
        ("", None),
        (-1, None),
        ("1e3", None),
    ],
)
def test_counts(told: int | str, expected: int | None) -> None:
    """A count may be in quotes; what is none leaves the rest of the status as it is."""
    completed = to_status(status(recipient_count=told, delivered=1), "a1")
    assert completed.expected == expected
    assert dict(completed.counts) == ({} if expected is None else {State.SENT: expected})
    under_way = to_status(status(recipient_count=told, delivered=0), "a1")
    assert (under_way.expected, dict(under_way.counts)) == (expected, {})


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2012-06-13T12:01:55Z", datetime(2012, 6, 13, 12, 1, 55, tzinfo=UTC)),
        ("2012-06-13T08:01:55-04:00", datetime(2012, 6, 13, 12, 1, 55, tzinfo=UTC)),
        ("", None),
        (None, None),
        (0, None),
        (UNSET, None),
        ("0000-00-00T00:00:00Z", None),
        ("2012-06-13T12:01:55", None),
        ("soon", None),
    ],
)
def test_when_it_was_completed(told: str | int | None, moment: datetime | None) -> None:
    """A moment is one in UTC; whatever stands for none is none."""
    assert to_status(status(delivered_ts=told, delivered=1), "a1").finished_at == moment


@pytest.mark.parametrize("told", ["", "soon", None, UNSET])
def test_a_beginning_that_is_no_moment_costs_nothing_else(told: str | None) -> None:
    """A status without a readable beginning still says how far the broadcast has come."""
    read = to_status(status(created_ts=told, delivered=1), "a1")
    assert (read.started_at, read.state) == (None, State.SENT)


def test_what_is_under_way_has_no_end() -> None:
    """A time beside an incomplete broadcast is not its end."""
    told = status(
        created_ts="2012-06-13T12:01:52Z",
        delivered_ts="2012-06-13T12:01:55Z",
        delivered=0,
    )
    assert to_status(told, "a1").finished_at is None
    assert to_status(told, "a1").started_at == datetime(2012, 6, 13, 12, 1, 52, tzinfo=UTC)
    assert to_status(told, "a1").raw is told
