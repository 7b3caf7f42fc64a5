"""What Mozes says no with, what is lost on the way, and what is never shown."""

import logging
import traceback
from collections.abc import Callable
from datetime import date

import pytest
from polycast import (
    AuthenticationFailed,
    Broadcast,
    Client,
    Conflict,
    InvalidAnswer,
    Message,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    State,
)
from polycast.testing import CannedWire
from polycast_mozes._client import models as m
from polycast_mozes.errors import CODES

from .conftest import Connect, Told

KEY = "KEY-SENTINEL"
SECRET = "SECRET-SENTINEL"
SENT = {"client_id": "eb1ea30eaee7d0b37c04f56960f6c6bd"}
P = 456442


def caught(call: Callable[[], object]) -> PolycastError:
    """The error that a call raises."""
    with pytest.raises(PolycastError) as info:
        call()
    return info.value


Call = Callable[[Client], object]

#: One call of each kind that sends.
SENDS: dict[str, Call] = {
    "to a user": lambda client: client.send(Message("contact:1", text="Hi")),
    "to a list": lambda client: client.send(Message("group:1", text="Hi")),
    "to users": lambda client: client.send_bulk(
        Broadcast(text="Hi", recipients=["contact:1", "contact:2"])
    ),
    "broadcast to a list": lambda client: client.send_bulk(
        Broadcast(text="Hi", recipients=["group:1"])
    ),
}
#: One call of each kind that changes something, sends or not.
CHANGES: dict[str, Call] = {
    **SENDS,
    "create_list": lambda client: client.provider.create_list("guests"),
    "add_to_list": lambda client: client.provider.add_to_list("group:1", ["contact:1"]),
    "empty_list": lambda client: client.provider.empty_list("group:1"),
    "delete_list": lambda client: client.provider.delete_list("group:1"),
    "subscribe": lambda client: client.provider.subscribe("contact:1", date(1980, 1, 2)),
    "unsubscribe": lambda client: client.provider.unsubscribe("contact:1"),
    "start_sms_flow": lambda client: client.api.start_sms_flow(
        m.FlowStart(campaign_id=1, mozes_id=1, project_id=P)
    ),
    "cast_vote": lambda client: client.api.cast_vote(
        m.Vote(campaign_id=1, project_id=P, mozes_id=1, vote_choice_id=1)
    ),
    "submit_comment": lambda client: client.api.submit_comment(
        m.Comment(campaign_id=1, project_id=P, mozes_id=1, comment="Hi")
    ),
}
#: One call of each kind that only asks.
READS: dict[str, Call] = {
    "status": lambda client: client.status("a1"),
    "lookup": lambda client: client.provider.find_user("+13105551234"),
    "lookup for a message": lambda client: client.send(Message("+13105551234", text="Hi")),
    "lookup_by_facebook_id": lambda client: client.api.lookup_user_by_facebook_id(
        m.FacebookQuery(facebook_id="1")
    ),
    "lookup_by_twitter_handle": lambda client: client.api.lookup_user_by_twitter_handle(
        m.TwitterQuery(twitter_handle="somebody")
    ),
    "get_vote_config": lambda client: client.api.get_vote_config(
        m.CampaignQuery(campaign_id=1, project_id=P)
    ),
    "get_subscribed_projects": lambda client: client.api.list_subscribed_projects(
        m.UserQuery(mozes_id=1)
    ),
}

# Return codes

to_user, to_list, to_users = SENDS["to a user"], SENDS["to a list"], SENDS["to users"]

#: Every return code of every page, with each call that it is listed at: code, name, call, kind.
LISTED: list[tuple[int, str, Call, type[ProviderError]]] = [
    (10004, "INVALID_MOZES_ID", to_users, NotFound),
    (10004, "INVALID_MOZES_ID", READS["get_subscribed_projects"], NotFound),
    (10004, "INVALID_MOZES_ID", CHANGES["start_sms_flow"], NotFound),
    (10004, "INVALID_MOZES_ID", CHANGES["cast_vote"], NotFound),
    (10004, "INVALID_MOZES_ID", CHANGES["submit_comment"], NotFound),
    (11001, "USER_INVALID_PHONE_FORMAT", READS["lookup"], Rejected),
    (11002, "USER_UNDERAGE", READS["lookup"], Rejected),
    (11002, "USER_UNDERAGE", CHANGES["subscribe"], Rejected),
    (11003, "USER_BLOCKED", READS["lookup"], Rejected),
    (11003, "USER_BLOCKED", CHANGES["subscribe"], Rejected),
    (11004, "USER_LANDLINE", READS["lookup"], Rejected),
    (12000, "BROADCAST_LIST_DUPLICATE_LIST", CHANGES["create_list"], Conflict),
    (12001, "BROADCAST_LIST_LIST_NOT_FOUND", CHANGES["add_to_list"], NotFound),
    (12002, "BROADCAST_LIST_INVALID_LIST_PROJECT", to_list, Rejected),
    (12002, "BROADCAST_LIST_INVALID_LIST_PROJECT", CHANGES["broadcast to a list"], Rejected),
    (12002, "BROADCAST_LIST_INVALID_LIST_PROJECT", CHANGES["empty_list"], Rejected),
    (12002, "BROADCAST_LIST_INVALID_LIST_PROJECT", CHANGES["delete_list"], Rejected),
    (
        13000, "PROJECT_ALREADY_SUBSCRIBED",
        lambda client: client.api.subscribe(
            m.Subscription(mozes_id=1, project_id=P, dob="19800102")
        ),
        Conflict,
    ),
    (13003, "PROJECT_INVALID_CAMPAIGN_ID", READS["get_vote_config"], NotFound),
    (13003, "PROJECT_INVALID_CAMPAIGN_ID", CHANGES["cast_vote"], NotFound),
    (13003, "PROJECT_INVALID_CAMPAIGN_ID", CHANGES["submit_comment"], NotFound),
    (14000, "BROADCAST_MESSAGE_LENGTH_EXCEEDED", to_user, Rejected),
    (14000, "BROADCAST_MESSAGE_LENGTH_EXCEEDED", to_list, Rejected),
    (14000, "BROADCAST_MESSAGE_LENGTH_EXCEEDED", to_users, Rejected),
    (14001, "BROADCAST_USER_NOT_SUBSCRIBED", to_user, Rejected),
    (14002, "BROADCAST_STATUS_NOT_FOUND", READS["status"], NotFound),
]  # fmt: skip


def test_every_code_is_proved() -> None:
    """The table above has every code that the plugin knows, and the generated client names."""
    assert {code for code, *_ in LISTED} == set(CODES)
    named = m.Status.__doc__ or ""
    assert all(f"`{code}`" in named and f"`{name}`" in named for code, name, *_ in LISTED)


@pytest.mark.parametrize("http_status", [200, 400, 401, 404, 500, 503])
@pytest.mark.parametrize(("code", "name", "call", "kind"), LISTED)
def test_return_codes(
    wire: CannedWire,
    client: Client,
    told: Told,
    http_status: int,
    code: int,
    name: str,
    call: Call,
    kind: type[ProviderError],
) -> None:
    """A code decides whatever HTTP status it comes with, keeps its words, and ends the matter."""
    wire.answer(http_status, json=told({}, code=code, name=name, text="In other words"))
    error = caught(lambda: call(client))
    assert type(error) is kind
    assert (error.code, error.words) == (code, f"{name}: In other words")
    assert error.http_status == http_status
    assert not error.safe_to_retry
    assert isinstance(error.raw, str)
    assert name in error.raw
    assert len(wire.sent) == 1


@pytest.mark.parametrize("response", [{}, [], None, [{"mozes_id": "1"}], SENT, "?"])
def test_what_an_error_holds_beside_its_code(
    wire: CannedWire, client: Client, told: Told, response: object
) -> None:
    """The shape of an error's response is nobody's business."""
    wire.answer(json=told(response, code=14001, name="BROADCAST_USER_NOT_SUBSCRIBED"))
    assert type(caught(lambda: to_user(client))) is Rejected


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"code": 14000, "message": "TOO_LONG", "description": "By far"}, "TOO_LONG: By far"),
        ({"code": 14000, "name": "TOO_LONG", "message": "?"}, "TOO_LONG"),
        ({"code": 14000, "name": "TOO_LONG", "description": "TOO_LONG"}, "TOO_LONG"),
        ({"code": 14000, "name": None, "message": "TOO_LONG", "description": None}, "TOO_LONG"),
        ({"code": 14000, "name": 7, "description": ["By far"]}, ""),
        ({"code": "14000", "name": "TOO_LONG"}, "TOO_LONG"),
        ({"code": 14000}, ""),
    ],
)
def test_words_of_an_error(
    wire: CannedWire, client: Client, status: dict[str, object], words: str
) -> None:
    """The name is called `name` or `message`, and may be missing; a code may be in quotes."""
    wire.answer(json={"status": status, "response": []})
    error = caught(lambda: to_user(client))
    assert type(error) is Rejected
    assert (error.code, error.words) == (14000, words)


@pytest.mark.parametrize(
    ("http_status", "code", "name", "kind"),
    [
        (200, 10001, "INVALID_API_KEY", AuthenticationFailed),
        (200, 10002, "SHARED_SECRET_MISMATCH", AuthenticationFailed),
        (200, 10003, "not authorised", AuthenticationFailed),
        (400, 10001, "INVALID_API_KEY", AuthenticationFailed),
        (200, 10000, "INTERNAL_ERROR", ProviderError),
        (200, 11000, "USER_ERROR", Rejected),
        (200, 12999, "KEY_OF_LIST", Rejected),
        (200, 13001, "PROJECT_ERROR", Rejected),
        (200, 14999, "BROADCAST_ERROR", Rejected),
        (200, 1, "ERROR", ProviderError),
        (200, -1, "ERROR", ProviderError),
        (200, 99999, "ERROR", ProviderError),
        (200, "E42", "ERROR", ProviderError),
        (400, 99999, "ERROR", Rejected),
        (401, 99999, "ERROR", AuthenticationFailed),
        (403, 99999, "ERROR", AuthenticationFailed),
        (404, 99999, "ERROR", NotFound),
        (429, 99999, "ERROR", RateLimited),
        (500, 99999, "ERROR", ProviderUnavailable),
        (500, 13001, "ERROR", ProviderUnavailable),
    ],
)
def test_codes_of_no_page(
    connect: Connect, told: Told, http_status: int, code: int, name: str, kind: type[ProviderError]
) -> None:
    """A code that is not published is a typed error that keeps the code and the words."""
    wire = CannedWire()
    client = wire.attach(connect())
    for _ in range(5):
        wire.answer(http_status, json=told(code=code, name=name, text="Sorry"))
    error = caught(lambda: to_user(client))
    assert type(error) is kind
    assert (error.code, error.words) == (code, f"{name}: Sorry")
    assert len(wire.sent) == (5 if kind is RateLimited else 1)


def test_an_unknown_code_to_a_question(wire: CannedWire, client: Client, told: Told) -> None:
    """A question that was refused for nobody knows what may be asked again."""
    wire.answer(json=told(code=99999, name="ERROR"))
    error = caught(lambda: client.status("a1"))
    assert type(error) is ProviderError
    assert error.safe_to_retry


# HTTP alone


@pytest.mark.parametrize(
    ("http_status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (403, AuthenticationFailed),
        (404, NotFound),
        (302, ProviderUnavailable),
        (500, ProviderUnavailable),
        (502, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("body", ["<html><title>No</title></html>", "", '{"status": "no"}', "[]"])
def test_what_is_no_envelope(
    wire: CannedWire, client: Client, http_status: int, body: str, kind: type[ProviderError]
) -> None:
    """Without Mozes's own words the HTTP status decides, and a send is not repeated."""
    wire.answer(http_status, body)
    error = caught(lambda: to_user(client))
    assert type(error) is kind
    assert not error.safe_to_retry
    assert len(wire.sent) == 1


def test_being_told_to_wait(wire: CannedWire, client: Client, told: Told) -> None:
    """A send that was refused for its rate is repeated when it is time, and goes out once."""
    wire.answer(429, "", headers={"Retry-After": "7"}).answer(json=told(SENT))
    assert client.send(Message("contact:1", text="Hi")).state is State.QUEUED
    assert wire.pauses == [7]


# Answers that cannot be read

UNREADABLE: dict[str, str] = {
    "html": "<html><head><title>Log in</title></head></html>",
    "empty": "",
    "cut off": '{"status": {"code": 0, "name": "OK", "description": "OK"}, "respo',
    "no envelope": '{"client_id": "a1"}',
    "no code": '{"status": {"name": "OK"}, "response": {"client_id": "a1"}}',
    "true for a code": '{"status": {"code": true}, "response": {"client_id": "a1"}}',
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
    "a number for an id": '{"status": {"code": 0}, "response": {"client_id": 7}}',
    "a list": '{"status": {"code": 0}, "response": [{"client_id": "a1"}]}',
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
    assert type(caught(lambda: call(client))) is InvalidAnswer
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


def test_an_unknown_code_to_a_lookup_is_about_the_number(
    wire: CannedWire, client: Client, told: Told
) -> None:
    """A code that nobody knows is still Mozes's word on this number, and on no other."""
    wire.answer(json=told(code=99999, name="USER_ODD")).answer(json=told({"mozes_id": "7"}))
    wire.answer(json=told(SENT))
    sent = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111", "+13105552222"]))
    assert [(r.state, r.words) for r in sent.receipts] == [
        (State.REJECTED, "USER_ODD: OK"), (State.QUEUED, None),
    ]  # fmt: skip


def test_a_send_that_never_left_is_repeated(wire: CannedWire, client: Client, told: Told) -> None:
    """A send is tried again when no connection was made."""
    wire.refuse_connection().answer(json=told(SENT))
    assert client.send(Message("contact:1", text="Hi")).state is State.QUEUED


# Secrets

NAMED = ("client_id", "mozes_id", "delivered")


def shown(error: BaseException) -> str:
    """Everything that an error shows of itself: its traceback, its causes, its attributes."""
    text = "".join(traceback.TracebackException.from_exception(error).format())
    return text + repr(error) + repr(vars(error)) + str(getattr(error, "raw", ""))


@pytest.mark.parametrize("secret", [KEY, SECRET])
@pytest.mark.parametrize("call", [to_user, READS["status"], READS["lookup"]])
@pytest.mark.parametrize(
    "fail",
    [
        lambda wire, told, secret: wire.lose(),
        lambda wire, told, secret: wire.refuse_connection(),
        lambda wire, told, secret: wire.answer(200, f"<html><title>{secret}</title></html>"),
        lambda wire, told, secret: wire.answer(500, f"not for {secret}"),
        lambda wire, told, secret: wire.answer(json=told(code=10001, name="KEY", text=secret)),
        lambda wire, told, secret: wire.answer(json=told(code=secret, name=secret, text=secret)),
        lambda wire, told, secret: wire.answer(json=told({each: [secret] for each in NAMED})),
        lambda wire, told, secret: wire.answer(
            json=told({"client_id": "", "mozes_id": "", "delivered": None}, text=secret)
        ),
        lambda wire, told, secret: wire.answer(302, "", headers={"Location": f"/{secret}"}),
    ],
)
def test_errors_show_no_secret(
    connect: Connect,
    told: Told,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[CannedWire, Told, str], CannedWire],
    call: Call,
    secret: str,
) -> None:
    """Neither header's secret is in an error, its causes, its raw answer or the log."""
    caplog.set_level(logging.DEBUG)
    wire = CannedWire()
    client = wire.attach(connect())
    for _ in range(5):
        fail(wire, told, secret)
    text = shown(caught(lambda: call(client))) + caplog.text
    assert (wire.sent[0].headers["X-API-Key"], wire.sent[0].headers["X-API-Shared-Secret"]) == (
        KEY, SECRET,
    )  # fmt: skip
    for each in (KEY, SECRET):
        assert each not in text


def test_refused_recipients_show_no_secret(wire: CannedWire, client: Client, told: Told) -> None:
    """What a receipt keeps of a refusal has no secret either."""
    wire.answer(json=told(code=11003, name="USER_BLOCKED", text=f"for {KEY} and {SECRET}"))
    (receipt,) = client.send_bulk(Broadcast(text="Hi", recipients=["+13105551111"])).receipts
    assert receipt.words == "USER_BLOCKED: for *** and ***"
    assert KEY not in f"{receipt} {receipt.raw}"
    assert SECRET not in f"{receipt} {receipt.raw}"


def test_nothing_shows_secrets(wire: CannedWire, client: Client, told: Told) -> None:
    """Neither the client, nor the provider, its settings or its credentials print a secret."""
    wire.answer(json=told({"delivered": 0}))
    status = client.status("a1")
    transport = client.api.transport
    things = (client, client.provider, client.provider.settings, client.api, transport, status)
    text = "".join(map(repr, things)) + repr(transport.auth) + str(client.provider.settings)
    assert KEY not in text
    assert SECRET not in text
