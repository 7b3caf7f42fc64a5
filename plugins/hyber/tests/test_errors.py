"""What Hyber says no with, and what is never shown."""

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable

import pytest
from polycast import (
    AuthenticationFailed,
    Broadcast,
    Client,
    Conflict,
    InsufficientFunds,
    Message,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    State,
)
from polycast.testing import CannedWire
from polycast_hyber import Options
from polycast_hyber.response import CODES, STATUSES, SUBSTATUSES

HELLO = Broadcast(text="Hi", recipients=["+380961111111"])

SENDS: dict[str, Callable[[Client], object]] = {
    "send_message": lambda hyber: hyber.send(Message("+380961111111", text="Hi")),
    "send_broadcast": lambda hyber: hyber.send_bulk(HELLO),
    "send_batch_sync": lambda hyber: hyber.send_bulk(
        Broadcast(recipients=[Recipient("+380961111111", text="Hi")], options=Options(sync=True))
    ),
}
READS: dict[str, Callable[[Client], object]] = {
    "get_campaign_status": lambda hyber: hyber.status("job:1"),
    "get_report_advanced": lambda hyber: hyber.status("message:1"),
    "get_report_advanced_by_extra_id": lambda hyber: hyber.status("extra:1"),
}
CALLS = {**SENDS, **READS}


def caught(call: Callable[[Client], object], hyber: Client) -> PolycastError:
    """The error that a call raises."""
    with pytest.raises(PolycastError) as info:
        call(hyber)
    return info.value


# Refusals


@pytest.mark.parametrize("code", [36024, 1154])
@pytest.mark.parametrize("http_status", [200, 400, 404, 500])
@pytest.mark.parametrize("call", CALLS)
def test_a_code_of_the_page(
    hyber: Client, wire: CannedWire, call: str, http_status: int, code: int
) -> None:
    """A body with a known code is a refusal at any HTTP status, with its words."""
    wire.answer(http_status, json={"error_code": code, "error_text": "Phone number incorrect"})
    error = caught(CALLS[call], hyber)
    assert type(error) is Rejected
    assert (error.code, error.detail) == (code, "Phone number incorrect")
    assert (error.provider, error.operation, error.http_status) == ("hyber", call, http_status)
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("code", [99, 0, "E-99", 3602, 360240])
@pytest.mark.parametrize("call", CALLS)
def test_a_code_that_nobody_knows(
    hyber: Client, wire: CannedWire, call: str, code: int | str
) -> None:
    """With 200 it says no, and not whether anything was carried out: that is unknown of a send."""
    wire.answer(200, json={"error_code": code, "error_text": " "})
    error = caught(CALLS[call], hyber)
    assert type(error) is ProviderError
    assert (error.code, error.detail) == (code, json.dumps({"error_code": code, "error_text": " "}))
    assert error.safe_to_retry is (call in READS)
    assert error.carried_out is (False if call in READS else None)
    assert len(wire.sent) == 1


def test_a_code_that_is_told_as_a_string(hyber: Client, wire: CannedWire) -> None:
    """It is the same code."""
    wire.answer(200, json={"error_code": "36024", "error_text": "Phone number incorrect"})
    error = caught(SENDS["send_message"], hyber)
    assert (type(error), getattr(error, "code", None)) == (Rejected, 36024)


@pytest.mark.parametrize("code", [None, 0, ""])
def test_no_error_beside_an_id_is_none(hyber: Client, wire: CannedWire, code: object) -> None:
    """A code that says "no error" costs nobody their receipt."""
    wire.answer(200, json={"message_id": "m", "error_code": code, "error_text": None})
    assert hyber.send(Message("+380961111111", text="Hi")).id == "message:m"


KINDS: dict[int, type[ProviderError]] = {
    400: Rejected,
    401: AuthenticationFailed,
    402: InsufficientFunds,
    403: AuthenticationFailed,
    404: NotFound,
    409: Conflict,
    422: Rejected,
    429: RateLimited,
    500: ProviderUnavailable,
    503: ProviderUnavailable,
}


@pytest.mark.parametrize("body", [{"error_code": 99, "error_text": "No"}, {"error_text": "No"}])
@pytest.mark.parametrize("http_status", KINDS)
def test_an_unknown_code_is_judged_by_the_http_status(
    hyber: Client, wire: CannedWire, http_status: int, body: dict[str, object]
) -> None:
    """What the code does not say, the HTTP status does."""
    wire.answer(http_status, json=body, headers={"Retry-After": "3600"})
    error = caught(SENDS["send_message"], hyber)
    assert type(error) is KINDS[http_status]
    assert isinstance(error, ProviderError)
    assert (error.code, error.detail) == (body.get("error_code"), "No")
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", ["Forbidden", "<html><title>Forbidden</title></html>", "[]", ""])
def test_a_body_that_is_not_hybers(hyber: Client, wire: CannedWire, body: str) -> None:
    """Somebody before Hyber may answer: a firewall, a proxy."""
    wire.answer(403, body)
    assert type(caught(SENDS["send_message"], hyber)) is AuthenticationFailed


def test_a_server_error_after_a_send_is_not_repeated(hyber: Client, wire: CannedWire) -> None:
    """It may have been carried out; a read is asked again, and so is what was throttled."""
    wire.answer(500, json={"error_code": 99, "error_text": "Oops"})
    error = caught(SENDS["send_broadcast"], hyber)
    assert type(error) is ProviderUnavailable
    assert not error.safe_to_retry
    wire.answer(503, "").answer(200, json={"messages": []})
    hyber.status("job:1")
    wire.answer(429, "", headers={"Retry-After": "2"}).answer(200, json={"message_id": "m"})
    hyber.send(Message("+380961111111", text="Hi"))
    assert wire.pauses[-1] == 2
    assert len(wire.sent) == 5


@pytest.mark.parametrize(
    ("call", "taken"),
    [
        ("send_broadcast", {"job_id": "j"}),
        ("send_broadcast", {"messages": [{"accepted": True}]}),
        ("send_message", {"message_id": "m"}),
    ],
)
def test_a_refusal_that_names_what_it_took_on(
    hyber: Client, wire: CannedWire, call: str, taken: dict[str, object]
) -> None:
    """A body that says both says neither."""
    wire.answer(json={**taken, "error_code": 99, "error_text": "Partly"})
    error = caught(SENDS[call], hyber)
    assert type(error) is OutcomeUnknown
    assert "Partly" in str(error)


@pytest.mark.parametrize("status", [400, 429, 503])
@pytest.mark.parametrize(
    ("call", "taken"),
    [
        ("send_broadcast", {"job_id": "j"}),
        ("send_batch_sync", {"messages": [{"accepted": True, "message_id": "m"}]}),
        ("send_message", {"message_id": "m"}),
    ],
)
def test_a_status_that_refuses_what_the_body_names(
    hyber: Client, wire: CannedWire, call: str, taken: dict[str, object], status: int
) -> None:
    """What may have been taken is not sent again, though the status asks to come back."""
    wire.answer(status, json=taken, headers={"Retry-After": "1"})
    assert type(caught(SENDS[call], hyber)) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("call", "taken"), [("send_broadcast", {"job_id": "  "}), ("send_message", {"message_id": " "})]
)
def test_an_id_of_blanks_is_none(
    hyber: Client, wire: CannedWire, call: str, taken: dict[str, object]
) -> None:
    """It names nothing that could be asked about: no receipt is made of it."""
    wire.answer(json=taken)
    assert type(caught(SENDS[call], hyber)) is OutcomeUnknown


# The tables, through the whole client


TABLES = [
    *(({"error_code": code, "error_text": "x"}, state) for code, state in CODES.items()),
    *(({"hyber_status": code, "status_text": "x"}, state) for code, state in CODES.items()),
    *(({"substatus": number}, state) for number, state in SUBSTATUSES.items()),
    *(({"status": number}, state) for number, state in STATUSES.items()),
    # A number that is not in the table goes by its first digits.
    ({"substatus": 10}, State.SENDING),
    ({"substatus": 39}, State.FAILED),
    ({"substatus": 40}, State.UNKNOWN),
    ({"error_code": 23999}, State.DELIVERED),
    ({"error_code": 39999}, State.FAILED),
    ({"error_code": 230000}, State.UNKNOWN),
    ({"accepted": False}, State.REJECTED),
    ({"accepted": True}, State.QUEUED),
    ({"processed": True}, State.UNKNOWN),
    ({"status": 5}, State.UNKNOWN),
]


@pytest.mark.parametrize(("row", "state"), TABLES, ids=[str(row) for row, _ in TABLES])
def test_a_row_of_a_campaign(
    hyber: Client, wire: CannedWire, row: dict[str, object], state: State
) -> None:
    """Every number of the page has its state in a campaign's status, and keeps its own code."""
    wire.answer(json={"messages": [{**row, "message_id": "1"}]})
    status = hyber.status("job:1")
    (report,) = status.reports
    assert (status.state, status.counts, report.state) == (state, {state: 1}, state)
    numbers = ("error_code", "hyber_status", "substatus", "status")
    assert report.code == next((row[name] for name in numbers if name in row), None)


@pytest.mark.parametrize(("row", "state"), TABLES, ids=[str(row) for row, _ in TABLES])
def test_a_report_of_a_message(
    hyber: Client, wire: CannedWire, row: dict[str, object], state: State
) -> None:
    """The same holds for the report of one message: its error code is no refusal to tell."""
    wire.answer(json={"reports": [{**row, "message_id": "1", "last_partner": "sms"}]})
    expected = {State.QUEUED: State.SENDING}.get(state, state)
    assert hyber.status("message:1").state is expected


# Secrets

PASSWORD = "PASSWORD-SENTINEL"
ENCODED = b64encode(f"reception:{PASSWORD}".encode()).decode()


def shown(error: BaseException) -> str:
    """Everything that an error shows, its causes included."""
    parts = traceback.format_exception(error)
    while True:
        parts += [repr(error), str(vars(error))]
        following = error.__cause__ or error.__context__
        if following is None:
            return "\n".join(parts)
        error = following


def test_the_password_is_never_shown(
    hyber: Client, wire: CannedWire, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in errors whatever the answer echoes, not in causes, logs, or any repr."""
    caplog.set_level(logging.DEBUG)
    echo = f"{PASSWORD} and Basic {ENCODED}"
    texts = [repr(hyber.provider.settings), repr(hyber), repr(hyber.api), repr(hyber.provider)]
    for status, body in [
        (200, {"error_code": 36024, "error_text": echo}),
        (401, {"error_code": echo, "error_text": echo}),
        (500, {"whatever": echo}),
        (200, {"messages": echo}),
        (200, {"message_id": "", "error_text": echo}),
    ]:
        for call in ("send_message", "get_campaign_status"):
            wire.answer(status, json=body)
            try:
                CALLS[call](hyber)
            except PolycastError as error:
                texts.append(shown(error))
    wire.lose(ConnectionError(echo))
    texts.append(shown(caught(SENDS["send_message"], hyber)))
    everything = "\n".join([*texts, caplog.text])
    assert PASSWORD not in everything
    assert ENCODED not in everything
    assert "***" in everything


def test_the_password_travels_in_its_header_alone(hyber: Client, wire: CannedWire) -> None:
    """Not in the address, and not in the body."""
    wire.answer(json={"message_id": "m"})
    hyber.send(Message("+380961111111", text="Hi"))
    (sent,) = wire.sent
    assert sent.headers["Authorization"] == f"Basic {ENCODED}"
    assert PASSWORD not in sent.url + sent.body.decode()
