"""What Mozes says no with: every return code, codes of no page, and HTTP alone."""

import pytest
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
    Rejected,
    State,
)
from polycast.testing import CannedWire
from polycast_mozes._client import models as m
from polycast_mozes.response import CODES

from .calls import CHANGES, PROJECT, READS, SENDS, SENT, Call, caught
from .conftest import Connect, Told

to_user, to_list, to_users = SENDS["to a user"], SENDS["to a list"], SENDS["to users"]


def to_one_of_users(client: Client) -> object:
    """A call that is not divided to find out which user is unknown."""
    return client.send_bulk(Broadcast(text="Hi", recipients=["contact:1"]))


#: Every return code of every page, with each call that it is listed at: code, name, call, kind.
LISTED: list[tuple[int, str, Call, type[ProviderError]]] = [
    (10004, "INVALID_MOZES_ID", to_one_of_users, Rejected),
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
            m.Subscription(mozes_id=1, project_id=PROJECT, dob="19800102")
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
    assert (error.code, error.detail) == (code, f"{name}: In other words")
    assert error.http_status == http_status
    assert not error.safe_to_retry
    assert isinstance(error.raw, str)
    assert name in error.raw
    assert len(wire.sent) == 1


@pytest.mark.parametrize("response", [{}, [], None, [{"mozes_id": "1"}], {"client_id": ""}, "?"])
def test_what_an_error_holds_beside_its_code(
    wire: CannedWire, client: Client, told: Told, response: object
) -> None:
    """The rest of an error's response may have any form."""
    wire.answer(json=told(response, code=14001, name="BROADCAST_USER_NOT_SUBSCRIBED"))
    assert type(caught(lambda: to_user(client))) is Rejected


@pytest.mark.parametrize(("name", "said"), [("TOO_LONG", "TOO_LONG: By far"), ("", "14000")])
def test_a_refusal_that_names_what_it_took_on_is_quoted(
    wire: CannedWire, client: Client, told: Told, name: str, said: str
) -> None:
    """Where a body says both, the error says what the refusal was, by its code at least."""
    text = "By far" if name else ""
    wire.answer(json=told({"client_id": "7"}, code=14000, name=name, text=text))
    error = caught(lambda: to_user(client))
    assert type(error) is OutcomeUnknown
    assert f"it refuses ({said}), and names what it took on" in str(error)
    assert len(wire.sent) == 1


def test_a_code_as_long_as_a_book_is_an_error(wire: CannedWire, client: Client) -> None:
    """Python reads no number of so many digits; nobody knows then what became of the send."""
    wire.answer(json={"status": {"code": "9" * 5_000, "name": "NEW"}, "response": {}})
    error = caught(lambda: to_user(client))
    assert type(error) is ProviderError
    assert error.carried_out is None


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
    assert (error.code, error.detail) == (14000, words)


@pytest.mark.parametrize(
    ("http_status", "code", "name", "kind"),
    [
        (200, 10001, "INVALID_API_KEY", AuthenticationFailed),
        (200, 10002, "SHARED_SECRET_MISMATCH", AuthenticationFailed),
        (200, 10003, "not authorised", AuthenticationFailed),
        (200, 10999, "INVALID_API_KEY", AuthenticationFailed),
        (200, 11000, "INVALID_API_KEY", ProviderError),
        (200, 9999, "INVALID_API_KEY", ProviderError),
        (500, 10001, "INVALID_API_KEY", ProviderUnavailable),
        (200, 10001, "KEYWORD_MISSING", ProviderError),
        (400, 10001, "INVALID_API_KEY", AuthenticationFailed),
        (200, 10000, "INTERNAL_ERROR", ProviderError),
        (200, 11000, "USER_ERROR", ProviderError),
        (200, 12999, "KEY_OF_LIST", ProviderError),
        (200, 13001, "PROJECT_ERROR", ProviderError),
        (200, 14999, "BROADCAST_ERROR", ProviderError),
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
    """A code that is not published is a typed error that keeps the code and the words.

    After a send with 200, or with a 5xx, nobody knows what became of it: it is not repeated.
    """
    wire = CannedWire()
    client = wire.attach(connect())
    for _ in range(5):
        wire.answer(http_status, json=told(code=code, name=name, text="Sorry"))
    error = caught(lambda: to_user(client))
    assert type(error) is kind
    assert (error.code, error.detail) == (code, f"{name}: Sorry")
    assert error.carried_out is (None if kind in (ProviderError, ProviderUnavailable) else False)
    assert len(wire.sent) == (5 if kind is RateLimited else 1)


def test_a_key_in_the_description_is_no_matter_of_credentials(
    wire: CannedWire, client: Client
) -> None:
    """Only a code's name says what it is about: a sentence may speak of any key."""
    text = "Duplicate key in table broadcasts"
    wire.answer(json={"status": {"code": 10000, "name": "INTERNAL_ERROR", "description": text}})
    error = caught(lambda: to_user(client))
    assert type(error) is ProviderError
    assert error.carried_out is None


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
