"""What TextIt refuses, what is tried again, and what is never sent twice."""

import json
from typing import Any

import polycast
import pytest
import requests
from polycast import (
    AuthenticationFailed,
    Broadcast,
    Client,
    Conflict,
    Message,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    UsageError,
)
from polycast.testing import CannedWire

HELLO = Message("+250788123123", text="Hello")

# Refusals


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"urns": {"0": ["Invalid URN: foo:bar."]}}, Rejected, "urns[0]: Invalid URN"),
        (400, {"text": {"base": ["Not an allowed code."]}}, Rejected, "text.base: Not an allowed"),
        (400, {"non_field_errors": ["Flagged."]}, Rejected, "(HTTP 400): Flagged."),
        (400, ["Msg1", "Msg2"], Rejected, "Msg1; Msg2"),
        (400, "XYZ", Rejected, "(HTTP 400): XYZ"),
        (400, "<html><title>Bad Request</title></html>", Rejected, "an HTML page titled 'Bad"),
        (401, {"detail": "Invalid token"}, AuthenticationFailed, "Invalid token"),
        (403, {"detail": "Invalid token"}, AuthenticationFailed, "Invalid token"),
        (404, {"detail": "Not found."}, NotFound, "Not found."),
        (409, {"detail": "Workspace has reached limit."}, Conflict, "has reached limit."),
        (413, {"detail": "Too long."}, Rejected, "Too long."),
        (500, "Server Error. Notified.", ProviderUnavailable, "Server Error. Notified."),
        (502, "<html><title>Bad Gateway</title></html>", ProviderUnavailable, "'Bad Gateway'"),
    ],
)
def test_every_refusal_is_an_error_of_its_kind_with_textits_words(
    textit: Client,
    wire: CannedWire,
    status: int,
    body: object,
    kind: type[ProviderError],
    words: str,
) -> None:
    """A POST that was refused is made once, and the error is TextIt's own sentence."""
    wire.answer(status, body if isinstance(body, str) else json.dumps(body))
    with pytest.raises(kind) as caught:
        textit.send(HELLO)
    assert words in str(caught.value)
    assert (caught.value.http_status, caught.value.operation) == (status, "create_broadcast")
    assert not caught.value.safe_to_retry
    assert len(wire.sent) == 1


def test_a_moved_server_says_where_to(textit: Client, wire: CannedWire) -> None:
    """A redirect is not followed, for it would carry the token away."""
    wire.answer(301, headers={"Location": "https://textit.example/api/v2/broadcasts.json"})
    with pytest.raises(
        ProviderUnavailable, match=r"redirects to https://textit\.example.*base_url"
    ):
        textit.send(HELLO)
    assert len(wire.sent) == 1


# Trying again


def test_a_throttled_send_is_repeated_when_textit_says(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """429 means that nothing was accepted: the same bytes leave again, after the time asked."""
    throttled = {"detail": "Request was throttled. Expected available in 7 seconds."}
    wire.answer(429, json=throttled, headers={"Retry-After": "7"}).answer(201, json=told())
    assert textit.send(HELLO).id == "1234"
    assert wire.pauses == [7.0]
    assert wire.sent[0].body == wire.sent[1].body


def test_a_throttled_send_without_a_time_backs_off(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """The header is missing when TextIt does not know: from a second up, at random."""
    for _ in range(4):
        wire.answer(429, json={"detail": "Request was throttled."})
    wire.answer(201, json=told())
    textit.send(HELLO)
    assert len(wire.pauses) == 4
    for pause, most in zip(wire.pauses, (1, 2, 4, 8), strict=True):
        assert 0 <= pause <= most


def test_a_throttle_that_stays_is_said_in_the_end(textit: Client, wire: CannedWire) -> None:
    """After five tries, or when asked to wait for long, the error names the time."""
    for _ in range(5):
        wire.answer(429, json={"detail": "Request was throttled."})
    with pytest.raises(RateLimited, match=r"Request was throttled\."):
        textit.send(HELLO)
    wire.answer(429, json={"detail": "Request was throttled."}, headers={"Retry-After": "1800"})
    with pytest.raises(RateLimited, match="asks to wait 1800 s") as caught:
        textit.send(HELLO)
    assert caught.value.safe_to_retry
    assert len(wire.sent) == 6


def test_a_lost_reply_is_never_repeated(textit: Client, wire: CannedWire) -> None:
    """The broadcast may be on its way: the error says so, and one request was made."""
    for lost in (None, requests.ReadTimeout("slow")):
        wire.lose(lost)
        with pytest.raises(OutcomeUnknown, match="Nobody knows whether textit") as caught:
            textit.send(HELLO)
        assert not caught.value.safe_to_retry
    assert len(wire.sent) == 2


def test_what_never_left_is_repeated(textit: Client, wire: CannedWire, told: Any) -> None:
    """Where no connection was made nothing was accepted."""
    wire.refuse_connection().answer(201, json=told())
    assert textit.send(HELLO).id == "1234"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><title>Sign in</title></html>",
        '{"id": 1234, "urns": [',
        "[]",
        '{"status": "queued"}',
        '{"urns":[],"contacts":[],"groups":[],"text":{},"created_on":"2026-01-02T17:28:12Z"}',
    ],
)
def test_a_confirmation_that_is_none_leaves_doubt(
    textit: Client, wire: CannedWire, body: str
) -> None:
    """A 201 that is not a broadcast, or one without an id, is nobody's receipt."""
    wire.answer(201, body)
    with pytest.raises(OutcomeUnknown):
        textit.send(HELLO)
    assert len(wire.sent) == 1


# Before the first call


def test_no_batch_leaves_when_a_later_one_cannot(textit: Client, wire: CannedWire) -> None:
    """A text that is too long for TextIt is found before the broadcast beside it is created."""
    long = Recipient("+250788123124", text="x" * 4097)

    with pytest.raises(UsageError, match="4097 characters"):
        textit.send_bulk(Broadcast(text="Hello", recipients=[Recipient("+250788123123"), long]))

    assert wire.sent == []


def test_a_broadcast_that_is_told_in_few_words_was_created(
    textit: Client, wire: CannedWire
) -> None:
    """An answer with an id and nothing else is a receipt, not an unknown outcome."""
    wire.answer(201, '{"id": 7}')

    assert textit.send(HELLO).id == "7"


@pytest.mark.parametrize(
    "field",
    [
        "urns",
        "contacts",
        "groups",
        "text",
        "attachments",
        "quick_replies",
        "base_language",
        "status",
        "progress",
        "created_on",
        "id",
    ],
)
@pytest.mark.parametrize("value", [None, 7, "x", [None], {"eng": 7}])
def test_a_field_that_cannot_be_read_costs_no_receipt(
    textit: Client, wire: CannedWire, told: Any, field: str, value: object
) -> None:
    """The id is in the reply, so the broadcast was created: whatever else is said beside it."""
    wire.answer(201, json=told(uuid="b97f69f7-5edf-45c7-9fda-d37066eae91d", **{field: value}))

    sent = textit.send_bulk(Broadcast(text="Hello", recipients=["+250788123123"]))

    assert sent.id == "b97f69f7-5edf-45c7-9fda-d37066eae91d"
    assert [receipt.state.is_final for receipt in sent.receipts] == [False]


@pytest.mark.parametrize("id", [{"uuid": None}, {"uuid": []}, {"id": "1234", "uuid": None}])
def test_one_readable_id_is_enough(
    textit: Client, wire: CannedWire, told: Any, id: dict[str, object]
) -> None:
    """Where the UUID cannot be read, the number is the id; a number may come as a text."""
    wire.answer(201, json=told(**id))

    assert textit.send(HELLO).id == "1234"


def test_a_broadcast_in_a_list_of_one_was_created(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """Nothing else can be meant."""
    wire.answer(201, json=[told()])

    assert textit.send(HELLO).id == "1234"


def test_a_token_that_is_echoed_is_masked(wire: CannedWire, told: Any) -> None:
    """Also in fields that are decoded, of receipts and of unknown outcomes."""
    token = "s3ntinel-t0ken"
    textit = wire.attach(polycast.connect("textit", token=token))
    wire.answer(201, json=told(text={"eng": token}, status=token))
    sent = textit.send_bulk(Broadcast(text="Hello", recipients=["+250788123123"]))
    assert token not in repr((sent, sent.raw, sent.receipts[0].raw, sent.receipts[0].detail))
    wire.answer(201, json=told(id=..., text={"eng": token}))
    with pytest.raises(OutcomeUnknown) as caught:
        textit.send(HELLO)
    assert token not in repr(caught.value.raw)
