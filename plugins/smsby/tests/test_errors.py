"""Every error of sms.by's pages, as the typed error that it means, through the whole client."""

import re
from typing import Any

import polycast
import pytest
from polycast import (
    AccountBlocked,
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
    Rejected,
)
from polycast.testing import CannedWire
from polycast_smsby.response import WORDS, words_of

HELLO = Message("+375291234567", text="Hello")
MANY = Broadcast(text="Hello", recipients=["+375291234567"])

#: Every error in words, as the pages and the integrations quote it, and what it means.
QUOTED: list[tuple[str, type[ProviderError]]] = [
    ("The same message exists with ID=3", Conflict),
    ("Wrong alphaname. Check it is correct and approved.", AccountBlocked),
    ("alphaname is error", AccountBlocked),
    ("ошибка в буквенном имени", AccountBlocked),
    (
        "Message is too long. Allowed size: 1530 chars for 10 sms (160 latin symbols /sms). "
        "670 chars for 10 ciryllic sms, …",
        Rejected,
    ),
    ("incorrect phone number", Rejected),
    ("billing error", InsufficientFunds),
    ("limit exceeded", AccountBlocked),
    ("limit excided", AccountBlocked),
    ("access denied", AccountBlocked),
    ("invalid token", AuthenticationFailed),
    ("token is invalid", AuthenticationFailed),
    ("not found", NotFound),
    ("len value must be beetwen 1 and 16", Rejected),
    ("undefined error", ProviderError),
    ("Превышен лимит запросов", RateLimited),
    ("Некорректный запрос", Rejected),
    ("Страница не найдена", NotFound),
    ("Сервер недоступен", ProviderUnavailable),
]


def test_every_known_error_is_quoted_here() -> None:
    """No row of the table goes unproved."""
    quoted = [words.casefold().removesuffix(".") for words, _ in QUOTED]
    assert [known for known in WORDS if not any(re.fullmatch(known, each) for each in quoted)] == []


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize(("words", "kind"), QUOTED)
def test_an_error_in_words_means_the_same_with_every_status(
    smsby: Client, wire: CannedWire, status: int, words: str, kind: type[ProviderError]
) -> None:
    """sms.by answers a refusal with 200, 400, 403 or 500: the words decide, and are kept.

    A refusal for the rate with a 5xx is none: the message may have been sent, and is not sent
    again.
    """
    if kind is RateLimited:
        kind = ProviderUnavailable if status == 500 else RateLimited
    # What is refused for its rate was not accepted, so it is tried again, five times in all.
    for _ in range(5 if kind is RateLimited else 1):
        wire.answer(status, json={"error": words})
    with pytest.raises(ProviderError) as caught:
        smsby.send(HELLO)
    assert type(caught.value) is kind
    assert caught.value.detail == words
    assert caught.value.http_status == status
    assert caught.value.safe_to_retry is (kind is RateLimited)
    refused = kind not in (ProviderError, ProviderUnavailable)
    assert caught.value.carried_out is (False if refused else None)


@pytest.mark.parametrize(
    "words",
    [
        "Time limit exceeded",
        "limit exceeded while waiting for the operator",
        "token is invalid or the message was sent already",
        "route not found",
        "internal: billing error log is full",
        "xincorrect phone number",
    ],
)
@pytest.mark.parametrize("call", ["send", "send_bulk"])
def test_words_are_compared_whole(smsby: Client, wire: CannedWire, words: str, call: str) -> None:
    """Words that hold a known sentence are other words: nobody knows what became of the send.

    It is sent once, with HTTP 500 and inside a 200.
    """
    wire.answer(500, json={"error": words}).answer(200, json={"error": words})
    for kind in (ProviderUnavailable, ProviderError):
        with pytest.raises(ProviderError) as caught:
            calls(smsby)[call]()
        assert type(caught.value) is kind
        assert (caught.value.carried_out, caught.value.safe_to_retry) == (None, False)
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, NotFound),
        (421, Rejected),
        (429, RateLimited),
        (500, ProviderUnavailable),
        (502, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", ["", "<html><title>Ошибка</title></html>", "{}"])
def test_every_documented_status_without_words(
    smsby: Client, wire: CannedWire, status: int, kind: type[ProviderError], body: str
) -> None:
    """A page of HTML, or nothing, beside a status: the status decides."""
    for _ in range(5 if kind is RateLimited else 1):
        wire.answer(status, body)
    with pytest.raises(ProviderError) as caught:
        smsby.send_bulk(MANY)
    assert type(caught.value) is kind
    assert "<" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, ProviderError),
        (400, Rejected),
        (403, AuthenticationFailed),
        (404, NotFound),
        (421, Rejected),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
def test_unknown_words_go_by_the_status_and_are_kept(
    smsby: Client, wire: CannedWire, status: int, kind: type[ProviderError]
) -> None:
    """Where the status says nothing either, it is an error of no special kind."""
    wire.answer(status, json={"error": "звёзды не сошлись", "code": 17})
    with pytest.raises(ProviderError, match="звёзды не сошлись") as caught:
        smsby.send(HELLO)
    assert type(caught.value) is kind
    assert '"code": 17' in str(caught.value.raw)
    assert not caught.value.safe_to_retry


@pytest.mark.parametrize("status", [200, 400, 429, 500])
@pytest.mark.parametrize("told", [{"error": "billing error"}, {"error": "Превышен лимит запросов"}])
@pytest.mark.parametrize("call", ["send", "send_bulk"])
def test_a_refusal_that_names_what_it_took_on(
    smsby: Client, wire: CannedWire, call: str, status: int, told: dict[str, str]
) -> None:
    """A body that says both says neither: nobody knows, and it is sent once."""
    wire.answer(status, json={**told, "sms_id": 5, "uuid": "cc9c8043", "success": "OK"})
    with pytest.raises(OutcomeUnknown, match=rf"\({told['error']}\), and names what it took on"):
        calls(smsby)[call]()
    assert len(wire.sent) == 1


@pytest.mark.parametrize("told", [{"sms_id": " "}, {"uuid": ""}, {"sms_id": None}, {"sms_id": []}])
def test_a_refusal_beside_an_id_that_is_none(
    smsby: Client, wire: CannedWire, told: dict[str, object]
) -> None:
    """Blanks name nothing that was taken on: the refusal stands."""
    wire.answer(200, json={"error": "billing error", **told})
    with pytest.raises(InsufficientFunds):
        smsby.send(HELLO)


@pytest.mark.parametrize("call", ["send", "send_bulk"])
def test_a_status_that_refuses_what_the_body_names(
    smsby: Client, wire: CannedWire, call: str
) -> None:
    """A 429 over the answer to a message that was taken is not tried again."""
    wire.answer(429, json={"sms_id": 5, "uuid": "cc9c8043", "success": "OK"})
    with pytest.raises(OutcomeUnknown, match="names what it took on"):
        calls(smsby)[call]()
    assert len(wire.sent) == 1


def test_a_conflict_tells_which_message_is_the_same(smsby: Client, wire: CannedWire) -> None:
    """The id of the message that exists is in the words and in the answer itself."""
    wire.answer(json={"error": "The same message exists with ID=3", "message_id": 3})
    with pytest.raises(Conflict, match="ID=3") as caught:
        smsby.send(HELLO)
    assert '"message_id": 3' in str(caught.value.raw)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "access denied"}, "access denied"),
        ({"status": "error", "message": "Превышен лимит запросов"}, "Превышен лимит запросов"),
        ({"status": "ERROR", "message": ["a", "b"]}, '["a", "b"]'),
        ({"error": True, "message": "billing error"}, "billing error"),
        ({"error": {"text": "ошибка", "code": 3}}, '{"text": "ошибка", "code": 3}'),
        ({"error": 403}, "403"),
        ({"error": ["not found"]}, '["not found"]'),
    ],
)
def test_every_shape_of_an_error_has_its_words(body: object, words: str) -> None:
    """The value may be of any kind, the whole in a list of one; nothing of it is lost."""
    assert words_of(body) == words


@pytest.mark.parametrize(
    "body",
    [
        None, "error", 7, [], [{"error": "a"}], {},
        {"error": None, "sms_id": 1}, {"error": "", "sms_id": 1}, {"error": False},
        {"status": "NEW", "sms_id": 1}, {"status": "error"}, {"message": "text"},
    ],
)  # fmt: skip
def test_a_body_without_words_is_no_error(body: object) -> None:
    """An empty `error` beside an answer does not make it one."""
    assert words_of(body) is None


def calls(client: Client) -> dict[str, Any]:
    return {
        "send": lambda: client.send(HELLO),
        "send_bulk": lambda: client.send_bulk(MANY),
        "sms": lambda: client.status("sms:1"),
        "bulk": lambda: client.status("bulk:x"),
        "message": lambda: client.status("message:1"),
        "balance": lambda: client.provider.balance(),
        "limit": lambda: client.provider.limit(),
        "alphanames": lambda: client.provider.alphanames(),
    }


@pytest.mark.parametrize(
    "call", ["send", "send_bulk", "sms", "bulk", "message", "balance", "limit", "alphanames"]
)
@pytest.mark.parametrize("body", [{"error": "invalid token"}, [{"error": "invalid token"}]])
def test_an_error_inside_a_200_is_one_in_every_call(
    smsby: Client, wire: CannedWire, call: str, body: object
) -> None:
    """Nothing of it is taken for an answer, also where it stands in a list of one."""
    wire.answer(200, json=body)
    with pytest.raises(AuthenticationFailed, match="invalid token"):
        calls(smsby)[call]()


@pytest.mark.parametrize("call", ["sms", "bulk", "message", "balance", "limit", "alphanames"])
def test_reads_are_safe_to_repeat(smsby: Client, wire: CannedWire, call: str) -> None:
    """They only ask: a busy server is asked again, and an odd error may be."""
    wire.answer(503).lose().answer(429, headers={"Retry-After": "3"})
    wire.answer(500, json={"error": "undefined error"})
    with pytest.raises(ProviderError, match="undefined error") as caught:
        calls(smsby)[call]()
    assert caught.value.safe_to_retry
    assert wire.pauses[2] == 3


@pytest.mark.parametrize("call", ["send", "send_bulk"])
def test_a_lost_reply_is_never_repeated(smsby: Client, wire: CannedWire, call: str) -> None:
    """Nobody knows then; the one request stands."""
    wire.lose()
    with pytest.raises(OutcomeUnknown) as caught:
        calls(smsby)[call]()
    assert not caught.value.safe_to_retry
    assert len(wire.sent) == 1


@pytest.mark.parametrize("call", ["send", "send_bulk"])
@pytest.mark.parametrize(
    "body", ["", "<html>maintenance</html>", "[]", "{}", '{"status":"OK"}', '{"sms_id":22', "null"]
)
def test_a_success_in_the_wrong_form_is_no_success(
    smsby: Client, wire: CannedWire, call: str, body: str
) -> None:
    """A 200 to a send that names no id: the message may be on its way, and nobody knows."""
    wire.answer(200, body)
    with pytest.raises(OutcomeUnknown):
        calls(smsby)[call]()
    assert len(wire.sent) == 1


@pytest.mark.parametrize("call", ["send", "send_bulk"])
def test_a_connection_that_was_never_made_is_tried_again(
    smsby: Client, wire: CannedWire, call: str
) -> None:
    """Nothing can have been accepted then."""
    wire.refuse_connection().answer(json={"sms_id": 1, "status": "NEW", "uuid": "u"})
    calls(smsby)[call]()
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("call", "status", "body"),
    [
        ("sms", 200, "<html><title>Вход</title></html>"),
        ("bulk", 200, "<html><title>Вход</title></html>"),
        ("message", 200, '{"result": "none"}'),
        ("balance", 200, "[]"),
        ("limit", 200, "{}"),
    ],
)
def test_an_odd_answer_to_a_question_is_a_sentence(
    smsby: Client, wire: CannedWire, call: str, status: int, body: str
) -> None:
    """It is told as such, and asking again is safe."""
    wire.answer(status, body)
    with pytest.raises(polycast.InvalidResponse) as caught:
        calls(smsby)[call]()
    assert caught.value.safe_to_retry


def test_errors_of_all_kinds_are_ours(smsby: Client, wire: CannedWire) -> None:
    """A hostile body costs a typed error and nothing else."""
    wire.answer(400, "[" * 100_000)
    with pytest.raises(PolycastError):
        smsby.send(HELLO)
