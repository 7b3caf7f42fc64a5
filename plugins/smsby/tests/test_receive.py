"""What sms.by pushes to a `callback_url`: its form is unpublished, so nothing of it is lost."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import CallbackRequest, Client, Report, State, UsageError
from polycast_smsby.reports import from_callback

UUID = "cc9c8043-8caf-11ef-b035-9e8f47954dec"
ROW = {"phone": 375291111111, "status": "delivered", "sms_id": 17}


def received(client: Client, body: object) -> list[Report]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reports = client.receive(CallbackRequest(body=content))
    return [report for report in reports if isinstance(report, Report)]


@pytest.mark.parametrize(
    "body",
    [
        ROW,
        [ROW],
        {"uuid": UUID, "result": [ROW]},
        {"uuid": UUID, "messages": [ROW]},
        {"uuid": UUID, "data": [ROW]},
        {"data": {"uuid": UUID, "result": [ROW]}},
        urlencode(ROW).encode(),
    ],
)
def test_a_row_is_understood_wherever_it_is(smsby: Client, body: object) -> None:
    """In an object, a list or a form, below any of the names that sms.by uses elsewhere."""
    (report,) = received(smsby, body)
    assert (report.to, report.state, report.id) == ("+375291111111", State.DELIVERED, "sms:17")
    assert report.detail == "delivered"


def test_rows_without_a_number_of_their_own_go_by_their_call(smsby: Client) -> None:
    """The call's id and the phone number together say whose report it is."""
    reports = received(
        smsby,
        {
            "uuid": UUID,
            "result": [
                {"phone": 375291111111, "status": "SENT", "d_sent": "2021-03-22 11:32:32"},
                {"phone": 375292222222, "status": "doubtful"},
                "375293333333",
            ],
        },
    )
    assert {report.id for report in reports} == {f"bulk:{UUID}"}
    assert [(report.to, report.state, report.detail) for report in reports] == [
        ("+375291111111", State.SENT, "SENT"),
        ("+375292222222", State.UNKNOWN, "doubtful"),
        (None, State.UNKNOWN, None),
    ]
    assert reports[0].at == datetime(2021, 3, 22, 8, 32, 32, tzinfo=UTC)
    assert reports[2].raw == "375293333333"


@pytest.mark.parametrize(
    ("body", "id_", "words", "raw"),
    [
        (json.dumps({"uuid": UUID, "success": "OK"}).encode(), f"bulk:{UUID}", "OK", ...),
        (json.dumps({"uuid": UUID, "error": "billing error"}).encode(), f"bulk:{UUID}",
         "billing error", ...),
        (json.dumps({"result": {"uuid": UUID}}).encode(), f"bulk:{UUID}", None, ...),
        (json.dumps({"uuid": 7, "status": ["a"]}).encode(), None, '["a"]', ...),
        (f"uuid={UUID}&success=OK".encode(), f"bulk:{UUID}", "OK",
         {"uuid": UUID, "success": "OK"}),
        ("Рассылка отправлена".encode(), None, None, "Рассылка отправлена"),
        (b"\xff\xfe", None, None, "\ufffd\ufffd"),
        (b"[]", None, None, []),
        (b"7", None, None, 7),
    ],
)  # fmt: skip
def test_what_has_no_rows_is_one_unknown_report(
    smsby: Client, body: bytes, id_: str | None, words: str | None, raw: Any
) -> None:
    """Whose it is and what it says, where it tells; the whole is kept as it came."""
    (report,) = received(smsby, body)
    assert (report.to, report.state, report.id) == (None, State.UNKNOWN, id_)
    assert report.detail == words
    assert report.raw == (json.loads(body) if raw is ... else raw)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_a_request_that_says_nothing_is_none_of_theirs(smsby: Client, body: bytes) -> None:
    """It is refused, rather than reported as news."""
    with pytest.raises(UsageError, match="no body"):
        smsby.receive(CallbackRequest(body=body, method="GET"))


@pytest.mark.parametrize(("depth", "found"), [(5, True), (8, True), (9, False), (900, False)])
def test_rows_are_looked_for_as_deep_as_they_may_be(smsby: Client, depth: int, found: bool) -> None:
    """Mailings with their rows need five levels; a hostile body is not followed for ever."""
    body: object = ROW
    for _ in range(depth):
        body = {"result": body}
    (report,) = received(smsby, body)
    assert (report.to is not None) is found
    assert report.raw == (ROW if found else body)


def test_a_body_nested_without_end_costs_nothing(smsby: Client) -> None:
    """Neither the stack nor an error that is not ours."""
    for body in (b'{"result":' * 90 + b"1" + b"}" * 90, b"[" * 100_000):
        (report,) = received(smsby, body)
        assert report.state is State.UNKNOWN


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["uuid", "phone", "status", "sms_id", "result", "data", "messages", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_whatever_is_pushed_makes_at_least_one_report(body: object) -> None:
    """No body is an accident, and none is passed over in silence."""
    reports = from_callback(
        CallbackRequest(body=json.dumps(body).encode()), ZoneInfo("Europe/Minsk")
    )
    assert reports
    assert all(report.raw is not None or body is None or report.to is None for report in reports)
