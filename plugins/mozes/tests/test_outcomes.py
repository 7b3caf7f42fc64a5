"""Answers that cannot be read, replies that are lost, and look-ups that fail."""

from collections.abc import Callable

import pytest
from polycast import (
    AuthenticationFailed,
    Broadcast,
    Client,
    InvalidResponse,
    Message,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    State,
)
from polycast.testing import CannedWire

from .calls import CHANGES, READS, SENDS, SENT, Call, caught
from .conftest import Connect, Told

# Answers that cannot be read

UNREADABLE: dict[str, str] = {
    "html": "<html><head><title>Log in</title></head></html>",
    "empty": "",
    "cut off": '{"status": {"code": 0, "name": "OK", "description": "OK"}, "respo',
    "no envelope": '{"client_id": "a1"}',
    "null": "null",
    "list": "[]",
}
#: What cannot be the answer to a send, though it says OK.
NOT_SENT: dict[str, str] = {
    **UNREADABLE,
    "nothing": '{"status": {"code": 0}, "response": []}',
    "null response": '{"status": {"code": 0}, "response": null}',
    "no response": '{"status": {"code": 0}}',
    "no id": '{"status": {"code": 0}, "response": {}}',
    "a blank id": '{"status": {"code": 0}, "response": {"client_id": " "}}',
    "true for an id": '{"status": {"code": 0}, "response": {"client_id": true}}',
    "two answers": '{"status": {"code": 0}, "response": [{"client_id": "a1"}, {"client_id": "b"}]}',
}
#: What is one all the same: the id can be read.
SENT_ANYHOW: dict[str, str] = {
    "no code": '{"status": {"name": "OK"}, "response": {"client_id": "7"}}',
    "true for a code": '{"status": {"code": true}, "response": {"client_id": "7"}}',
    "a number for an id": '{"status": {"code": 0}, "response": {"client_id": 7}}',
    "a list of one": '[{"status": [{"code": 0}], "response": [{"client_id": "7"}]}]',
    "odd words": '{"status": {"code": 0, "name": 5}, "response": {"client_id": "7"}}',
}


@pytest.mark.parametrize("body", NOT_SENT.values(), ids=NOT_SENT)
@pytest.mark.parametrize("call", SENDS.values(), ids=SENDS)
def test_unreadable_answer_to_a_send(
    wire: CannedWire, client: Client, call: Call, body: str
) -> None:
    """A 2xx that is not what the page describes leaves the outcome unknown; nothing is repeated."""
    wire.answer(200, body)
    assert type(caught(lambda: call(client))) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", SENT_ANYHOW.values(), ids=SENT_ANYHOW)
def test_an_answer_with_an_id_is_a_receipt(wire: CannedWire, client: Client, body: str) -> None:
    """Nothing but a missing id makes the answer to a send unreadable."""
    wire.answer(200, body)
    assert client.send(Message("contact:1", text="Hi")).id == "7"


@pytest.mark.parametrize("call", SENDS.values(), ids=SENDS)
def test_a_refusal_that_names_what_it_took_on(
    wire: CannedWire, client: Client, told: Told, call: Call
) -> None:
    """An answer that refuses and names a broadcast says neither: nobody is rejected, or sent to."""
    wire.answer(json={**told(code=11003, name="USER_BLOCKED"), "response": SENT})
    assert type(caught(lambda: call(client))) is OutcomeUnknown
    assert len(wire.sent) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
def test_unreadable_answer_to_a_change(
    wire: CannedWire, client: Client, call: Call, body: str
) -> None:
    """The same to any other change."""
    wire.answer(200, body)
    assert type(caught(lambda: call(client))) is OutcomeUnknown


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_unreadable_answer_to_a_question(
    wire: CannedWire, client: Client, call: Call, body: str
) -> None:
    """The same to a question is an invalid answer, after which nothing is sent."""
    wire.answer(200, body)
    assert type(caught(lambda: call(client))) is InvalidResponse
    assert len(wire.sent) == 1


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
def test_ok_under_a_refusing_http_status(
    wire: CannedWire, client: Client, told: Told, call: Call
) -> None:
    """A body that says OK under an HTTP status that does not leaves the outcome unknown."""
    wire.answer(500, json=told(SENT))
    assert type(caught(lambda: call(client))) is OutcomeUnknown
    assert len(wire.sent) == 1


# Lost replies


@pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES)
def test_a_lost_reply_to_a_change(wire: CannedWire, client: Client, call: Call) -> None:
    """A change whose reply is lost is never repeated."""
    wire.lose()
    error = caught(lambda: call(client))
    assert type(error) is OutcomeUnknown
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_lost_reply_to_a_question(connect: Connect, call: Call) -> None:
    """A question is asked again, up to five times; then the provider was not available."""
    wire = CannedWire()
    client = wire.attach(connect())
    for _ in range(5):
        wire.lose()
    error = caught(lambda: call(client))
    assert type(error) is ProviderUnavailable
    assert error.safe_to_retry
    assert len(wire.sent) == 5


def test_a_lost_lookup_is_asked_again_and_a_lost_send_is_not(
    wire: CannedWire, client: Client, told: Told
) -> None:
    """In one and the same call, what only asks is repeated, and what sends is not."""
    wire.lose().answer(502, "").answer(json=told({"mozes_id": "7"})).lose()
    error = caught(lambda: client.send(Message("+13105551234", text="Hi")))
    assert type(error) is OutcomeUnknown
    assert [sent.path.rpartition("/")[2] for sent in wire.sent] == [
        *("lookup", "lookup", "lookup", "send_sms_to_user"),
    ]


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (lambda wire, told: wire.answer(401, ""), AuthenticationFailed),
        (
            lambda wire, told: wire.answer(json=told(code=10001, name="INVALID_API_KEY")),
            AuthenticationFailed,
        ),
        (lambda wire, told: wire.answer(500, ""), ProviderUnavailable),
        (lambda wire, told: wire.answer(404, "<html></html>"), NotFound),
        (lambda wire, told: wire.answer(429, "", headers={"Retry-After": "3600"}), RateLimited),
        (
            lambda wire, told: wire.answer(
                429, json=told(code=99999), headers={"Retry-After": "3600"}
            ),
            RateLimited,
        ),
    ],
)
def test_a_lookup_that_fails_for_all_refuses_nobody(
    wire: CannedWire,
    client: Client,
    told: Told,
    fail: Callable[[CannedWire, Told], CannedWire],
    kind: type[ProviderError],
) -> None:
    """What is not about one number ends the broadcast before it is sent: it can be sent again."""
    wire.answer(json=told({"mozes_id": "7"}))
    fail(wire, told)
    recipients = ["+13105551111", "+13105552222", "+13105553333"]
    error = caught(lambda: client.send_bulk(Broadcast(text="Hi", recipients=recipients)))
    assert type(error) is kind
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("code", "name"), [(10000, "INTERNAL_ERROR"), (99999, "ERROR"), ("E42", "ERROR")]
)
def test_an_unknown_code_to_a_lookup_refuses_nobody(
    wire: CannedWire, client: Client, told: Told, code: object, name: str
) -> None:
    """Nobody knows what it is about, so nobody is refused for it; nothing was sent."""
    wire.answer(json=told(code=code, name=name))
    error = caught(lambda: client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111"])))
    assert type(error) is ProviderError
    assert (error.carried_out, error.safe_to_retry) == (False, True)
    assert len(wire.sent) == 1


def test_a_code_of_users_is_about_the_number(wire: CannedWire, client: Client, told: Told) -> None:
    """A code that is not published, and begins like those of users, costs that number alone."""
    wire.answer(json=told(code=11999, name="USER_ODD")).answer(json=told({"mozes_id": "7"}))
    wire.answer(json=told(SENT))
    sent = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111", "+13105552222"]))
    assert [(r.state, r.detail) for r in sent.receipts] == [
        (State.REJECTED, "USER_ODD: OK"), (State.QUEUED, None),
    ]  # fmt: skip


def test_a_send_that_never_left_is_repeated(wire: CannedWire, client: Client, told: Told) -> None:
    """A send is tried again when no connection was made."""
    wire.refuse_connection().answer(json=told(SENT))
    assert client.send(Message("contact:1", text="Hi")).state is State.QUEUED
