"""Ogangi's dates, ids and receipts in our words."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Recipient, State, UsageError
from polycast.wire import UNSET
from polycast_ogangi._client import models as m
from polycast_ogangi.request import local_start
from polycast_ogangi.response import (
    broadcast_id,
    broadcast_number,
    match_messages,
    parse_date,
    to_receipt,
    to_status,
)

CARACAS_THEN = timezone(-timedelta(hours=4, minutes=30))
NEW_YORK = timezone(-timedelta(hours=4))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (
            "2014-12-17T00:12:13.571-04:30",
            datetime(2014, 12, 17, 0, 12, 13, 571000, CARACAS_THEN),
        ),
        ("2014-12-17T00:12:13.571-0430", datetime(2014, 12, 17, 0, 12, 13, 571000, CARACAS_THEN)),
        ("2013-09-05T15:10:14-04:00", datetime(2013, 9, 5, 15, 10, 14, 0, NEW_YORK)),
        ("2016-08-16T17:49:42.346-04:002", datetime(2016, 8, 16, 17, 49, 42, 346000, NEW_YORK)),
        ("2016-08-16T17:49:42Z", datetime(2016, 8, 16, 17, 49, 42, 0, UTC)),
        (" 2016-08-16T17:49:42Z\n", datetime(2016, 8, 16, 17, 49, 42, 0, UTC)),
        ("2016-08-16T17:49:42", None),
        ("2016-13-16T17:49:42Z", None),
        ("2016-08-16", None),
        ("soon", None),
        ("", None),
    ],
)
def test_parse_date(text: str, moment: datetime | None) -> None:
    """Dates are read with and without milliseconds, and past a broken end; else there is none."""
    found = parse_date(text)
    assert found == moment
    assert (found and found.utcoffset()) == (moment and moment.utcoffset())


def test_parse_date_without_offset() -> None:
    """A date without offset is read by the workspace's clock, where that is known."""
    kyiv = ZoneInfo("Europe/Kyiv")
    expected = datetime(2016, 8, 16, 17, 49, 42, tzinfo=kyiv)
    assert parse_date("2016-08-16T17:49:42", kyiv) == expected
    assert parse_date(UNSET, kyiv) is None


@given(st.text())
def test_parse_date_never_raises(text: str) -> None:
    """Whatever stands where a date should is a date or none."""
    parse_date(text)


CARACAS = ZoneInfo("America/Caracas")


@pytest.mark.parametrize(
    ("send_at", "local"),
    [
        (datetime(2030, 6, 1, 12, 0, tzinfo=UTC), datetime(2030, 6, 1, 8, 0)),  # noqa: DTZ001
        (datetime(2030, 6, 1, 12, 0, 1, tzinfo=UTC), datetime(2030, 6, 1, 8, 1)),  # noqa: DTZ001
        (
            datetime(2030, 12, 31, 23, 59, 59, 999999, tzinfo=CARACAS),
            datetime(2031, 1, 1, 0, 0),  # noqa: DTZ001
        ),
    ],
)
def test_local_start(send_at: datetime, local: datetime) -> None:
    """The start is on the workspace's clock, in whole minutes, never earlier than asked for."""
    assert local_start(send_at, CARACAS) == local


def test_local_start_needs_the_zone() -> None:
    """Without the workspace's zone a start is refused: nothing is quietly taken for UTC."""
    with pytest.raises(UsageError, match="set timezone"):
        local_start(datetime(2030, 6, 1, tzinfo=UTC), None)


def test_local_start_refuses_the_hour_that_comes_twice() -> None:
    """A minute that the workspace's clock shows twice cannot be said; its neighbours can."""
    kyiv = ZoneInfo("Europe/Kyiv")
    # The clocks go back on 27 October 2030 at 01:00 UTC.
    for minute in (0, 59):
        with pytest.raises(UsageError, match=r"27-10-2030 03:\d\d twice"):
            local_start(datetime(2030, 10, 27, 0, minute, tzinfo=UTC), kyiv)
        with pytest.raises(UsageError, match=r"27-10-2030 03:\d\d twice"):
            local_start(datetime(2030, 10, 27, 1, minute, tzinfo=UTC), kyiv)
    before = local_start(datetime(2030, 10, 26, 23, 59, tzinfo=UTC), kyiv)
    after = local_start(datetime(2030, 10, 27, 2, 0, tzinfo=UTC), kyiv)
    assert (before.hour, before.minute, after.hour) == (2, 59, 4)


@pytest.mark.parametrize("number", [1542, 1, -6710228708174720670])
def test_ids_come_back(number: int) -> None:
    """An id gives back the number it was made of."""
    assert broadcast_number(broadcast_id(number)) == number


@pytest.mark.parametrize(
    "wrong", ["1542", "broadcast:", "broadcast:1.5", "broadcast:٣", "broadcast:-1"]
)
def test_wrong_ids(wrong: str) -> None:
    """What is no id of a broadcast is refused in one sentence with an example."""
    with pytest.raises(UsageError, match=r"is not an id of Ogangi's, such as broadcast:1542\."):
        broadcast_number(wrong)


def test_ids_of_messages() -> None:
    """The id of a message says why it cannot be controlled."""
    with pytest.raises(UsageError, match="cannot change it"):
        broadcast_number("message:-6710228708174720670")


def message(to: str, number: str, status: str = "SENT_TO_CARRIER") -> m.Message:
    """A message as a file is answered with."""
    return m.Message(id=number, to=to, status=status)


def test_receipt() -> None:
    """A receipt has the message's id with its kind, its state, its word, and our reference."""
    recipient = Recipient("+18133210984", reference="guest 7")
    given_ = message("18133210984", "-6710228708174720670", "NOT_ENOUGH_FUNDS")
    receipt = to_receipt(given_, recipient)
    assert receipt.id == "message:-6710228708174720670"
    assert (receipt.state, receipt.detail) == (State.REJECTED, "NOT_ENOUGH_FUNDS")
    assert (receipt.to, receipt.reference) == ("+18133210984", "guest 7")
    assert receipt.raw is given_


def test_a_message_without_an_id_has_a_receipt_without_one() -> None:
    """Its state is told; an id that names nothing is none that could be asked about."""
    receipt = to_receipt(message("18133210984", " ", "SENT"), Recipient("+18133210984"))
    assert (receipt.id, receipt.state) == (None, State.SENT)


def ids(messages: list[m.Message], *numbers: str) -> list[str | None]:
    """The ids of the receipts for recipients with these numbers."""
    return [r.id for r in match_messages(messages, [Recipient(number) for number in numbers])]


def test_matches_by_number() -> None:
    """Receipts are in the recipients' order, whatever the answer's is."""
    answered = [message("380962222222", "b"), message("+380961111111", "a")]
    assert ids(answered, "+380961111111", "tel:380962222222") == ["message:a", "message:b"]


def test_matches_one_number_in_turn() -> None:
    """Two messages to one number are told apart by their order."""
    answered = [
        message("380961111111", "a1"),
        message("380962222222", "b"),
        message("380961111111", "a2"),
    ]
    assert ids(answered, "+380961111111", "+380961111111", "+380962222222") == [
        "message:a1",
        "message:a2",
        "message:b",
    ]


def test_matches_rewritten_numbers_in_turn() -> None:
    """Numbers that Ogangi has rewritten are matched in turn when none is left over."""
    answered = [
        message("0961111111", "a"),
        message("380962222222", "b"),
        message("0963333333", "c"),
    ]
    assert ids(answered, "+380961111111", "+380962222222", "+380963333333") == [
        "message:a",
        "message:b",
        "message:c",
    ]


def test_unanswered_recipients() -> None:
    """A recipient that the answer does not name is UNKNOWN, never given somebody else's message."""
    recipients = [Recipient("+380961111111"), Recipient("+380962222222", reference="r")]
    receipts = match_messages([message("380961111111", "a")], recipients)
    assert receipts[0].id == "message:a"
    assert (receipts[1].id, receipts[1].state) == (None, State.UNKNOWN)
    assert (receipts[1].to, receipts[1].reference) == ("+380962222222", "r")
    assert receipts[1].detail == "Ogangi's answer does not name this recipient."
    assert ids([message("0961111111", "a")], "+380961111111", "+380962222222") == [None, None]


def test_status_of_a_running_broadcast() -> None:
    """Counts are what is told; a broadcast that goes on has no end."""
    broadcast = m.Broadcast(
        id=2,
        status="1",
        start_date="2013-09-05T15:10:14-04:00",
        end_date="2013-09-05T15:10:14-04:00",
        expected_messages=10,
        sent_messages=4,
    )
    status = to_status(broadcast, "broadcast:2")
    assert (status.id, status.state, status.is_final) == ("broadcast:2", State.SENDING, False)
    assert (dict(status.counts), status.expected) == ({State.SENT: 4}, 10)
    assert status.started_at == datetime(2013, 9, 5, 19, 10, 14, tzinfo=UTC)
    assert status.finished_at is None
    assert status.raw is broadcast


@pytest.mark.parametrize(
    ("number", "final"), [("1", False), ("2", True), ("3", False), ("4", True), ("5", False)]
)
def test_final_states(number: str, final: bool) -> None:
    """Done and aborted are the last that Ogangi says; suspended may be resumed."""
    assert to_status(m.Broadcast(id=2, status=number), "broadcast:2").is_final is final


def test_status_of_a_scheduled_broadcast() -> None:
    """What is scheduled has not begun; when it will is in `raw`."""
    broadcast = m.Broadcast(id=1, status_description="SCHEDULED", start_date="2030-01-01T00:00:00Z")
    status = to_status(broadcast, "broadcast:1")
    assert (status.state, status.started_at, status.is_final) == (State.SCHEDULED, None, False)
    assert (dict(status.counts), status.expected) == ({}, None)
