"""What Hyber tells of campaigns and of single messages, through a connected client."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import (
    Client,
    InvalidResponse,
    State,
)
from polycast.testing import CannedWire

Connect = Callable[..., Client]


def test_one_bad_row_costs_that_row(hyber: Client, wire: CannedWire) -> None:
    """In 50,000 rows three cannot be read: each is UNKNOWN with what it was, the rest is told."""
    row = {"phone_number": "380961111111", "accepted": True, "status": 2, "substatus": 23}
    rows: list[object] = [{**row, "message_id": str(number)} for number in range(50_000)]
    rows[7] = {"message_id": "seven", "extra_id": "x", "number": 380967777777, "status": "two"}
    rows[8] = None
    rows[9] = {"message_id": 9, "phone_number": [], "extra_id": ""}
    wire.answer(json={"messages": rows})
    status = hyber.status("job:1")
    assert status.counts == {State.DELIVERED: 49_997, State.UNKNOWN: 3}
    assert (status.state, status.is_final, status.expected) == (State.DELIVERED, True, 50_000)
    reports = list(status.reports)
    assert len(reports) == 50_000
    assert [(r.to, r.id, r.reference) for r in reports[7:10]] == [
        (None, "message:seven", "x"),
        (None, None, None),
        (None, "message:9", None),
    ]
    assert reports[7].raw.unread == {"status": "two"}  # type: ignore[attr-defined]
    assert reports[8].raw is None
    assert reports[9].raw.unread == {"phone_number": []}  # type: ignore[attr-defined]
    assert "cannot be read" in (reports[8].detail or "")


def test_a_new_code_is_unknown_with_its_words(hyber: Client, wire: CannedWire) -> None:
    """A number that nobody knows keeps the message, and so the whole, UNKNOWN."""
    wire.answer(
        json={"messages": [{"message_id": "1", "error_code": 990, "error_text": "Moon phase"}]}
    )
    status = hyber.status("job:1")
    (report,) = status.reports
    assert (status.state, status.is_final) == (State.UNKNOWN, False)
    assert (report.state, report.code, report.detail) == (State.UNKNOWN, 990, "Moon phase")


def test_a_campaign_without_messages(hyber: Client, wire: CannedWire) -> None:
    """Of a campaign that lists nobody nothing is known; an answer without a list is none."""
    wire.answer(json={"messages": []}).answer(json={})
    assert hyber.status("job:1").state is State.UNKNOWN
    with pytest.raises(InvalidResponse, match="names no messages") as caught:
        hyber.status("job:1")
    assert caught.value.safe_to_retry


ADVANCED = {
    "reports": [
        {
            "time": 1477417199000,
            "phone_number": 380961111111,
            "message_id": "9f60",
            "extra_id": "AD-6640-7006",
            "last_partner": "viber",
            "status": 3,
            "substatus": 35,
            "hyber_status": 35015,
            "status_text": "Viber expired",
        },
        {
            "time": 1477417294667,
            "phone_number": 380961111111,
            "message_id": "9f60",
            "extra_id": "AD-6640-7006",
            "last_partner": "sms",
            "status": 2,
            "substatus": 23,
            "hyber_status": 23011,
            "status_text": "SMS delivered",
            "total_sms_parts": 1,
            "delivered_sms_parts": 1,
        },
    ],
    "started": True,
    "processing": False,
    "delivered_via": "sms",
    "clicks": 2,
    "channels": [{"channel": "viber", "ttl": 60}, {"channel": "sms", "ttl": 300}],
}


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("message:9f60", "/42/api/dr/9f60/advanced"),
        ("extra:AD/6640 7006", "/42/api/dr/external/AD%2F6640%207006/advanced"),
    ],
)
def test_one_message_is_asked_about(hyber: Client, wire: CannedWire, id: str, path: str) -> None:
    """Expired on Viber and delivered as SMS is delivered; the channels' reports are in raw."""
    wire.answer(json=ADVANCED)
    status = hyber.status(id)
    assert (wire.sent[0].method, wire.sent[0].url) == ("GET", f"https://dr-v2.hyber.im{path}")
    assert (status.id, status.state, status.detail) == (id, State.DELIVERED, "SMS delivered")
    (report,) = status.reports
    assert (report.to, report.channel, report.code) == ("+380961111111", "sms", 23011)
    assert (report.id, report.reference) == ("message:9f60", "AD-6640-7006")
    assert report.at == datetime(2016, 10, 25, 17, 41, 34, 667000, tzinfo=UTC)
    raw: Any = status.raw
    assert [(each.channel, each.ttl) for each in raw.channels] == [("viber", 60), ("sms", 300)]
    assert raw.reports[0].status_text == "Viber expired"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("get_report_simple", "/42/api/dr/1/simple"),
        ("get_report_simple_by_extra_id", "/42/api/dr/external/1/simple"),
        ("get_report_advanced", "/42/api/dr/1/advanced"),
        ("get_report_advanced_by_extra_id", "/42/api/dr/external/1/advanced"),
    ],
)
def test_every_report_can_be_asked_for(
    hyber: Client, wire: CannedWire, call: str, path: str
) -> None:
    """The generated client asks for short and for detailed reports, by either id."""
    wire.answer(json={"status": 2})
    assert getattr(hyber.api, call)("42", "1").status == 2
    assert wire.sent[0].path == path
