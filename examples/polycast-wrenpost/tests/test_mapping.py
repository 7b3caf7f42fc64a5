"""Given this message, these bytes leave; given those bytes, this receipt."""

from datetime import UTC, datetime, timedelta

import pytest
from polycast import (
    AccountBlocked,
    Action,
    Broadcast,
    Client,
    Conflict,
    Message,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    Recipient,
    Rejected,
    State,
    UsageError,
)
from polycast.testing import CannedWire

from polycast_wrenpost import Options

TO = "+48600100200"


def test_a_message_leaves_as_it_is_documented(canned: CannedWire, wrenpost: Client) -> None:
    """A form with the number, the text and the key."""
    canned.answer(200, "OK: 123\n")
    wrenpost.send(Message(TO, text="Your table is ready"))
    [sent] = canned.sent
    assert (sent.method, sent.path, sent.query) == ("POST", "/http/send", {})
    assert sent.form == {
        "to": ["48600100200"],
        "text": ["Your table is ready"],
        "key": ["sandbox-key"],
    }


def test_everything_that_can_be_said_leaves(canned: CannedWire, wrenpost: Client) -> None:
    """Seconds and minutes are rounded up: nothing is sent early, or given up early."""
    canned.answer(200, "OK: 123\n")
    wrenpost.send(
        Message(
            TO,
            text="Hi",
            sender="Tavern",
            send_at=datetime(2126, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            ttl=timedelta(seconds=90),
            options=Options(flash=True),
        )
    )
    [sent] = canned.sent
    told = {name: values[0] for name, values in sent.form.items()}
    assert (told["from"], told["ttl"], told["flash"]) == ("Tavern", "2", "1")
    assert told["at"] == str(int(datetime(2126, 1, 2, 3, 4, 6, tzinfo=UTC).timestamp()))


def test_an_answer_becomes_a_receipt(canned: CannedWire, wrenpost: Client) -> None:
    """The line's number is the id."""
    canned.answer(200, "OK: 123\n")
    receipt = wrenpost.send(Message(TO, text="Your table is ready"))
    assert (receipt.id, receipt.state, receipt.detail) == ("123", State.QUEUED, "OK: 123")


def test_each_number_is_answered_by_its_line(canned: CannedWire, wrenpost: Client) -> None:
    """One wrong number costs that number only, and keeps its words."""
    canned.answer(200, "OK: 124\nERR 105: not a number\n")
    people = [Recipient(TO, reference="a"), Recipient("+48600100201", reference="b")]
    sent = wrenpost.send_bulk(Broadcast(recipients=people, text="Hi"))
    assert canned.sent[0].form["to"] == ["48600100200,48600100201"]
    assert sent.id == "124"
    assert [(each.reference, each.id, each.state) for each in sent.receipts] == [
        ("a", "124", State.QUEUED),
        ("b", None, State.REJECTED),
    ]


def test_a_line_too_few_is_no_answer(canned: CannedWire, wrenpost: Client) -> None:
    """Nobody knows whose line is missing, so nobody knows what was sent."""
    canned.answer(200, "OK: 124\n")
    both = Broadcast(recipients=[TO, "+48600100201"], text="Hi")
    with pytest.raises(OutcomeUnknown, match="1 lines answer 2 numbers"):
        wrenpost.provider.send_bulk(both, wrenpost.provider.prepare(both))


def test_an_answer_becomes_a_status(canned: CannedWire, wrenpost: Client) -> None:
    """A line for each message, in the order asked; what is unknown costs no other."""
    canned.answer(200, "123 3 1767323045 48600100200\nERR 108: unknown id\n")
    status = wrenpost.status("123,124")
    assert canned.sent[0].query == {"id": ["123,124"], "key": ["sandbox-key"]}
    assert status.counts == {State.DELIVERED: 1, State.UNKNOWN: 1}
    first, second = status.reports
    assert (first.to, first.at) == (TO, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (second.id, second.detail) == ("124", "unknown id")


def test_one_address_is_one_number(canned: CannedWire, wrenpost: Client) -> None:
    """A comma in an address does not reach a second number."""
    with pytest.raises(UsageError, match="is not a phone number that Wrenpost takes"):
        wrenpost.send(Message("tel:48600100200,48600100201", text="Hi"))
    assert not canned.sent


@pytest.mark.parametrize(
    ("line", "kind", "safe_to_retry", "carried_out"),
    [
        ("ERR 103: a field is missing or has a wrong value", Rejected, False, False),
        ("ERR 106: the sender is not registered", AccountBlocked, False, False),
        ("ERR 109: too late to cancel", Conflict, False, False),
        ("ERR 190: the gateway failed, nothing was sent", ProviderUnavailable, True, False),
        ("ERR 777: who knows", ProviderError, False, None),
    ],
)
def test_a_line_that_refuses_is_an_error(
    canned: CannedWire,
    wrenpost: Client,
    line: str,
    kind: type[ProviderError],
    safe_to_retry: bool,
    carried_out: bool | None,
) -> None:
    """By its code, with its words kept; what became of a code of no page nobody knows."""
    for _ in range(5):
        canned.answer(200, f"{line}\n")
    with pytest.raises(ProviderError) as caught:
        wrenpost.control("123", Action.STOP)
    assert type(caught.value) is kind
    assert f"ERR {caught.value.code}: {caught.value.detail}" == line
    assert caught.value.safe_to_retry is safe_to_retry
    assert caught.value.carried_out is carried_out
