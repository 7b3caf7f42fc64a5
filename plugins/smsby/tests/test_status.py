"""How far a message, a call of mailings, or a created message has come."""

from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import Client, InvalidResponse, NotFound, State, UsageError
from polycast.testing import CannedWire

SENT_AT = datetime(2021, 3, 18, 10, 53, tzinfo=UTC)

# sms: one message, by checkSMS


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ({"sms_id": 1, "sent": 1616064780}, State.SENT, None),
        ({"sms_id": 1, "delivered": 1616064780}, State.DELIVERED, None),
        ({"sent": 1616064780, "delivered": 0, "status": "SENT"}, State.SENT, "SENT"),
        ({"sent": 1616064780, "delivered": 1616064790, "status": "DELIVERED"},
         State.DELIVERED, "DELIVERED"),
        ({"sent": 0, "delivered": 0, "status": "NEW"}, State.QUEUED, "NEW"),
        ({"sent": 1616064780, "delivered": 0, "status": "UNDELIVERED"},
         State.FAILED, "UNDELIVERED"),
        ({"sent": 0, "delivered": 0, "status": "FAILED"}, State.FAILED, "FAILED"),
        ({"sent": "1616064780", "delivered": "0"}, State.SENT, None),
        ({"sent": 0, "delivered": 0}, State.UNKNOWN, None),
        ({"sms_id": 1}, State.UNKNOWN, None),
        ({"sent": 1616064780, "delivered": 0, "status": "ЛЕТИТ"}, State.UNKNOWN, "ЛЕТИТ"),
        ({"sent": 0, "status": "OK"}, State.UNKNOWN, "OK"),
    ],
)  # fmt: skip
def test_every_shape_of_a_check_is_read(
    smsby: Client, wire: CannedWire, answer: dict[str, Any], state: State, words: str | None
) -> None:
    """The word decides; without one the two moments do, of which 0 is none."""
    wire.answer(json=answer)
    status = smsby.status("sms:2204968")
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("GET", "/api/v1/checkSMS")
    assert sent.query == {"sms_id": ["2204968"], "token": ["t0ken"]}
    assert (status.id, status.state, status.detail) == ("sms:2204968", state, words)
    assert status.counts == {state: 1}
    (report,) = status.reports
    assert (report.id, report.state, report.detail) == ("sms:2204968", state, words)


def test_the_moments_of_a_check_are_instants(smsby: Client, wire: CannedWire) -> None:
    """Seconds since 1970 have no time zone to be mistaken in."""
    wire.answer(json={"sent": 1616064780, "delivered": 1616064785, "status": "DELIVERED"})
    status = smsby.status("sms:1")
    assert status.started_at == SENT_AT
    assert status.finished_at == SENT_AT.replace(second=5)
    (report,) = status.reports
    assert report.at == status.finished_at
    wire.answer(json={"sent": 1616064780, "delivered": 0, "status": "SENT"})
    status = smsby.status("sms:1")
    assert (status.started_at, status.finished_at) == (SENT_AT, None)
    assert not status.is_final


def test_an_id_that_cannot_be_one_is_not_asked_for(smsby: Client, wire: CannedWire) -> None:
    """It is refused before any request."""
    with pytest.raises(UsageError, match="'2204968' is not an id of smsby's"):
        smsby.status("2204968")
    assert wire.sent == []


def test_an_id_that_nobody_knows(smsby: Client, wire: CannedWire) -> None:
    """sms.by says so with a 200, and with a 404."""
    for status in (200, 404, 500):
        wire.answer(status, json={"error": "not found"})
        with pytest.raises(NotFound):
            smsby.status("sms:1")


# bulk: one call of sendBulkSms, by statusBulkSms

ROWS = [
    {"phone": 375291111111, "status": "delivered", "sms_id": 17},
    {"phone": "375292222222", "status": "SENT", "d_sent": "2021-03-22 11:32:32"},
]


@pytest.mark.parametrize(
    "answer",
    [
        {"result": ROWS},
        {"messages": ROWS},
        {"data": ROWS, "uuid": "u", "success": "OK"},
        {"status": "OK", "result": {"messages": ROWS}},
        {"messages": [{"name": "a", "delivery_list": ROWS[:1]}, {"delivery_list": ROWS[1:]}]},
    ],
)
def test_the_rows_of_a_call_are_found_wherever_they_are(
    smsby: Client, wire: CannedWire, answer: dict[str, Any]
) -> None:
    """sms.by does not publish this answer's form: what has a number is a row."""
    wire.answer(json=answer)
    status = smsby.status("bulk:cc9c8043-8caf")
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", "/api/v1/statusBulkSms")
    assert sent.form == {"uuid": ["cc9c8043-8caf"], "token": ["t0ken"]}
    assert (status.id, status.state) == ("bulk:cc9c8043-8caf", State.SENT)
    assert status.detail is None
    assert status.counts == {State.DELIVERED: 1, State.SENT: 1}
    first, second = status.reports
    assert (first.to, first.state, first.id) == ("+375291111111", State.DELIVERED, "sms:17")
    assert (second.to, second.state, second.id) == (
        "+375292222222", State.SENT, "bulk:cc9c8043-8caf",
    )  # fmt: skip
    assert second.at == datetime(2021, 3, 22, 8, 32, 32, tzinfo=UTC)
    assert status.raw == answer


def test_a_bad_row_of_a_call_costs_that_row_only(smsby: Client, wire: CannedWire) -> None:
    """In an answer of 50,000: it is UNKNOWN, and kept as it came."""
    bad: list[Any] = [
        None,
        "375290000000: delivered",
        {"phone": 375290000000},
        {"phone": None, "status": {"code": 7}},
        {"sms_id": [1], "status": "sent"},
        ["delivered"],
    ]
    rows: list[Any] = [
        {"phone": 375_290_000_000 + number, "status": "delivered"} for number in range(50_000)
    ]
    for place, row in enumerate(bad):
        rows.insert(place * 9_000, row)
    wire.answer(json={"result": rows})
    status = smsby.status("bulk:u")
    assert status.counts == {State.DELIVERED: 50_000, State.UNKNOWN: 5, State.SENT: 1}
    odd = [report for report in status.reports if report.state is not State.DELIVERED]
    assert [report.raw for report in odd] == bad
    assert (odd[2].to, odd[3].detail) == ("+375290000000", '{"code": 7}')


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ({}, State.UNKNOWN, None),
        ({"success": "OK"}, State.UNKNOWN, "OK"),
        ({"status": "NEW"}, State.QUEUED, "NEW"),
        ({"status": "в работе"}, State.UNKNOWN, "в работе"),
        ({"result": []}, State.UNKNOWN, None),
        ({"result": "moderated"}, State.UNKNOWN, None),
    ],
)
def test_an_answer_without_rows_is_read_as_a_whole(
    smsby: Client, wire: CannedWire, answer: dict[str, Any], state: State, words: str | None
) -> None:
    """What it does say is kept; an acknowledgement is no state."""
    wire.answer(json=answer)
    status = smsby.status("bulk:u")
    assert (status.state, status.detail, list(status.reports)) == (state, words, [])
    assert status.raw == answer


# message: a created message, by getSmsDeliveryList


def row(number: int, status: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "phone": 375_290_000_000 + number, "status": status, "d_sent": "2021-03-22 11:32:32",
    } | more  # fmt: skip


def page(start: int, size: int, status: str = "delivered") -> dict[str, Any]:
    return {"result": [row(number, status) for number in range(start, start + size)]}


def test_a_delivery_list_is_read_to_its_end(smsby: Client, wire: CannedWire) -> None:
    """A hundred rows at a time, with offset and limit both; the state is that of all."""
    wire.answer(json=page(0, 100)).answer(json=page(100, 100)).answer(json=page(200, 3, "sent"))
    status = smsby.status("message:2604834")
    assert [sent.query for sent in wire.sent] == [
        {
            "message_id": ["2604834"], "limit_offset": [offset], "limit_rows": ["100"],
            "token": ["t0ken"],
        }
        for offset in ("0", "100", "200")
    ]  # fmt: skip
    assert {(sent.method, sent.path) for sent in wire.sent} == {
        ("GET", "/api/v1/getSmsDeliveryList")
    }
    assert (status.state, status.counts) == (State.SENT, {State.DELIVERED: 200, State.SENT: 3})
    assert not status.is_final


def test_reports_are_fetched_page_by_page_when_read(smsby: Client, wire: CannedWire) -> None:
    """Each reading asks anew, and no further than it goes."""
    wire.answer(json=page(0, 100)).answer(json=page(100, 0))
    reports = smsby.status("message:1").reports
    assert len(wire.sent) == 2
    wire.answer(json=page(0, 100))
    found = iter(reports)
    assert next(found).to == "+375290000000"
    assert len(wire.sent) == 3
    wire.answer(json=page(100, 1, "sent"))
    *_, last = found
    assert (last.to, last.state) == ("+375290000100", State.SENT)
    assert len(wire.sent) == 4


@pytest.mark.parametrize("size", [0, 1, 99, 101, 250])
def test_the_last_page_is_one_that_is_not_full(smsby: Client, wire: CannedWire, size: int) -> None:
    """A server that passes the limit over tells everything at once."""
    wire.answer(json=page(0, size))
    if size == 0:
        wire.answer(json={"status": "moderated"})
    assert sum(smsby.status("message:1").counts.values()) == size


@pytest.mark.parametrize("bad", [row(1), None, {"phone": 1, "status": 7}])
def test_pages_that_repeat_themselves_end(smsby: Client, wire: CannedWire, bad: object) -> None:
    """A server that passes the offset over makes an error, and no loop."""
    same = {"result": [*page(0, 99)["result"], bad]}
    wire.answer(json=same).answer(json=same)
    with pytest.raises(InvalidResponse, match="repeat themselves"):
        smsby.status("message:1")


def test_a_bad_row_of_a_delivery_list_costs_that_row_only(smsby: Client, wire: CannedWire) -> None:
    """It is UNKNOWN, with whatever of it can be read, and kept as it came."""
    bad = [
        None,
        {"phone": 375291234567},
        {"status": "delivered"},
        {"phone": 375291234567, "status": None, "d_sent": "2021-03-22 11:32:32"},
        row(3, "delivered", d_sent=5),
    ]
    wire.answer(json={"result": [row(1), *bad, row(2, "sent", d_sent=None)]})
    status = smsby.status("message:1")
    assert status.counts == {State.DELIVERED: 3, State.UNKNOWN: 3, State.SENT: 1}
    wire.answer(json={"result": [row(1), *bad, row(2, "sent", d_sent="")]})
    reports = list(status.reports)
    assert [report.to for report in reports] == [
        "+375290000001", None, "+375291234567", None, "+375291234567", "+375290000003",
        "+375290000002",
    ]  # fmt: skip
    assert reports[1].raw is None
    assert reports[4].raw.unread == {"status": None}  # type: ignore[attr-defined]
    assert reports[-1].at is None


@pytest.mark.parametrize(
    ("word", "state"),
    [("new", State.QUEUED), ("moderated", State.QUEUED), ("отклонено", State.UNKNOWN)],
)
def test_a_message_that_was_sent_to_nobody_yet(
    smsby: Client, wire: CannedWire, word: str, state: State
) -> None:
    """Its delivery list is empty: whether it is approved says another call."""
    wire.answer(json={"result": []})
    wire.answer(json={"status": word, "parts": 1, "alphaname": "SYSTEM"})
    status = smsby.status("message:2604834")
    assert wire.sent[1].path == "/api/v1/checkSMSMessageStatus"
    assert wire.sent[1].query == {"message_id": ["2604834"], "token": ["t0ken"]}
    assert (status.state, status.detail, list(status.reports)) == (state, word, [])


@pytest.mark.parametrize("empty", [True, False])
def test_a_message_that_nobody_knows(smsby: Client, wire: CannedWire, empty: bool) -> None:
    """sms.by may answer with an error, or with an empty list, which is no answer yet."""
    if empty:
        wire.answer(json={"result": []})
    wire.answer(json={"error": "not found"})
    with pytest.raises(NotFound):
        smsby.status("message:1")
