"""The fake server against every sample and every return code of Mozes's page."""

from typing import Any

import pytest
from polycast.sandbox import ManualClock
from polycast_mozes.sandbox.response import CODES, UNPUBLISHED

#: Each sample request and what its sample reply says; `...` where it tells something made anew.
SAMPLES: list[tuple[str, dict[str, Any], Any]] = [
    (
        "broadcast/send_sms_to_user",
        {
            "project_id": 12345,
            "mozes_id": 1283228,
            "message": "My message. Be careful about the length!",
        },
        {"client_id": ...},
    ),
    (
        "broadcast/send_sms_to_broadcast_list",
        {
            "project_id": 456442,
            "broadcast_list_id": 1483228,
            "message": "My message. Be careful about the length!",
        },
        {"client_id": ...},
    ),
    (
        "broadcast/send_sms_to_users",
        {
            "project_id": 456442,
            "mozes_ids": [1483228, 3838234, 2349059, 589834],
            "message": "My message. Be careful about the length!",
        },
        {"client_id": ...},
    ),
    (
        "broadcast_list/create",
        {"project_id": "123456", "name": "my list"},
        {"broadcast_list_id": 132141},
    ),
    (
        "broadcast_list/insert_users",
        {
            "broadcast_list_id": 455327,
            "project_id": 123456,
            "mozes_ids": [461274, 47238, 4738, 4738, 473827, 4732],
        },
        [],
    ),
    ("broadcast_list/truncate", {"broadcast_list_id": 455327, "project_id": 123456}, []),
    ("broadcast_list/delete", {"broadcast_list_id": 455327, "project_id": 123456}, []),
    (
        "project/subscribe",
        {"mozes_id": "455327", "project_id": "123456", "dob": "19801123"},
        [],
    ),
    ("project/unsubscribe", {"mozes_id": "455327", "project_id": "123456"}, []),
    ("user/lookup", {"phone": "14155551234"}, {"mozes_id": "123456"}),
]
#: The pages that call a code's short name `message`.
SAY_MESSAGE = ("broadcast/", "report/", "user/lookup")


@pytest.mark.parametrize(("path", "body", "reply"), SAMPLES)
def test_a_sample_is_answered_like_its_reply(
    api: Any, path: str, body: dict[str, Any], reply: Any
) -> None:
    """The page's request is understood, and its reply's form is kept: names, numbers as text."""
    told = api.ok(path, body)
    if isinstance(reply, dict):
        assert list(told) == list(reply)
        assert {name: told[name] for name in reply if reply[name] is not ...} == {
            name: value for name, value in reply.items() if value is not ...
        }
    elif reply is not ...:
        assert told == reply


@pytest.mark.parametrize(("path", "body", "reply"), SAMPLES)
def test_the_short_name_is_called_as_on_its_page(
    api: Any, path: str, body: dict[str, Any], reply: Any
) -> None:
    """`message` on the pages about broadcasts, look-ups and reports, `name` on the others."""
    word = "message" if path.startswith(SAY_MESSAGE) else "name"
    assert api.ask(path, body).json()["status"] == {"code": 0, word: "OK", "description": "OK"}


def test_a_status_is_told_like_the_sample(api: Any, clock: ManualClock) -> None:
    """Moments in UTC and whole seconds, the count as text, and a number for a flag."""
    client_id = api.broadcast(1483228)
    assert len(client_id) == 32
    assert int(client_id, 16)
    clock.advance(3)
    assert api.told(client_id) == {
        "created_ts": "2026-01-01T00:00:00Z",
        "delivered_ts": "2026-01-01T00:00:01Z",
        "recipient_count": "1",
        "delivered": 1,
    }


MESSAGE = {"project_id": 456442, "message": "Hello"}
LISTED = {"project_id": 456442, "broadcast_list_id": 455327}
SUBSCRIBED = {"mozes_id": 1283228, "project_id": 456442, "dob": "19801123"}
VOTE = {"campaign_id": 97483, "project_id": 78945, "mozes_id": 123456, "vote_choice_id": 1234}
#: Every code that an operation's page lists, and a request that is answered with it.
LISTED_CODES: list[tuple[int, str, dict[str, Any]]] = [
    (14000, "broadcast/send_sms_to_user", MESSAGE | {"mozes_id": 1483228, "message": "x" * 160}),
    (14001, "broadcast/send_sms_to_user", MESSAGE | {"mozes_id": 455327}),
    (12002, "broadcast/send_sms_to_broadcast_list", MESSAGE | LISTED),
    (
        14000,
        "broadcast/send_sms_to_broadcast_list",
        {"project_id": 456442, "broadcast_list_id": 1483228, "message": "x" * 160},
    ),
    (10004, "broadcast/send_sms_to_users", MESSAGE | {"mozes_ids": [1483228, 7]}),
    (
        14000,
        "broadcast/send_sms_to_users",
        MESSAGE | {"mozes_ids": [1483228], "message": "x" * 160},
    ),
    (14002, "broadcast/get_broadcast_status", {"project_id": 456442, "client_id": "0" * 32}),
    (12000, "broadcast_list/create", {"project_id": 456442, "name": "Regulars"}),
    (12002, "broadcast_list/delete", LISTED),
    (12002, "broadcast_list/truncate", LISTED),
    (12001, "broadcast_list/insert_users", LISTED | {"mozes_ids": [1483228]}),
    (11002, "project/subscribe", SUBSCRIBED | {"mozes_id": 455327, "dob": "20200101"}),
    (11003, "project/subscribe", SUBSCRIBED | {"mozes_id": 990099}),
    (13000, "project/subscribe", SUBSCRIBED),
    (11001, "user/lookup", {"phone": "380961111111"}),
    (11003, "user/lookup", {"phone": "12125550000"}),
    (11004, "user/lookup", {"phone": "18005550199"}),
]


@pytest.mark.parametrize(("code", "path", "body"), LISTED_CODES)
def test_every_listed_code_can_be_had(api: Any, code: int, path: str, body: dict[str, Any]) -> None:
    """The envelope has the code, its name and words; nothing was sent, and the spec allows it."""
    answer = api.ask(path, body)
    status = answer.json()["status"]
    name = status["message" if path.startswith(SAY_MESSAGE) else "name"]
    assert (answer.status_code, status["code"], name) == (200, code, CODES[code][0])
    assert status["description"] == CODES[code][1]
    assert answer.json()["response"] == []
    assert api.sandbox.requests[-1].problems == ()
    assert api.sandbox.accepted == []


def test_an_underage_phone_stays_blocked(api: Any) -> None:
    """11002 of a look-up: after a subscription was refused for it, the number is flagged."""
    user = api.user("14152730177")
    assert (
        api.code("project/subscribe", SUBSCRIBED | {"mozes_id": user, "dob": "20130102"}) == 11002
    )
    assert api.code("user/lookup", {"phone": "14152730177"}) == 11002
    assert api.code("project/subscribe", SUBSCRIBED | {"mozes_id": user}) == 11002


def test_no_code_is_left_out() -> None:
    """Every published code is in the table above, but for 13003: campaigns are no part of it."""
    assert {code for code, _, _ in LISTED_CODES} == CODES.keys() - {0, 13003}
    assert not CODES.keys() & UNPUBLISHED.keys()


@pytest.mark.parametrize(
    ("code", "path", "body"),
    [
        (10003, "broadcast/send_sms_to_users", {"mozes_ids": [1483228], "message": "x"}),
        (14001, "broadcast/send_sms_to_user", {"mozes_id": 1483228, "message": "x"}),
        (12002, "broadcast/send_sms_to_broadcast_list", {"broadcast_list_id": 1, "message": "x"}),
        (14002, "broadcast/get_broadcast_status", {"client_id": "x"}),
        (10003, "broadcast_list/create", {"name": "x"}),
        (10003, "project/subscribe", {"mozes_id": 1483228, "dob": "19801123"}),
        (10003, "project/unsubscribe", {"mozes_id": 1483228}),
    ],
)
def test_an_unknown_project_is_told(api: Any, code: int, path: str, body: dict[str, Any]) -> None:
    """By a published code where one says just that, else by one of ours."""
    for project in (7, "7", "x", "²", "9" * 5000):
        assert api.code(path, body | {"project_id": project}) == code


@pytest.mark.parametrize(("path", "body", "reply"), SAMPLES)
def test_what_is_missing_is_told(api: Any, path: str, body: dict[str, Any], reply: Any) -> None:
    """A request without something it needs, or of another kind, is refused in words."""
    for name in body.keys() - {"account_id", "channel_id", "date"}:
        for wrong in (
            {key: value for key, value in body.items() if key != name},
            body | {name: {}},
        ):
            status = api.ask(path, wrong).json()["status"]
            assert status["code"] == 10001
            assert name in status["description"]
    assert api.code(path, []) == 10001
    assert api.sandbox.accepted == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("broadcast/send_sms_to_users", MESSAGE | {"mozes_ids": []}),
        ("project/subscribe", SUBSCRIBED | {"dob": "19800231"}),
        ("project/subscribe", SUBSCRIBED | {"dob": "1980-11-23"}),
    ],
)
def test_what_means_nothing_is_told(api: Any, path: str, body: dict[str, Any]) -> None:
    """Nobody to send to, days that are none, a choice that there is not."""
    assert api.code(path, body) == 10001
