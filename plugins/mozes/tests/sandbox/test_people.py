"""Phone numbers, subscriptions and lists of the fake server."""

from typing import Any

import pytest
from polycast.sandbox import ManualClock

GROWN_UP = {"project_id": 456442, "dob": "19801123"}


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("14155551234", 0),
        ("12125554001", 0),
        ("14152730177", 0),
        ("+14155551234", 11001),
        ("4155551234", 11001),
        ("24155551234", 11001),
        ("141555512345", 11001),
        ("1415555123", 11001),
        ("1-415-555-1234", 11001),
        ("1415555123x", 11001),
        ("1415555123٤", 11001),
        ("14155551234\n", 11001),
        ("", 11001),
        ("380961111111", 11001),
        ("18005551234", 11004),
        ("18885551234", 11004),
        ("18085551234", 0),
        ("12125550000", 11003),
        ("14152730000", 11003),
    ],
)
def test_phones_are_eleven_digits_of_a_mobile(api: Any, phone: str, code: int) -> None:
    """No plus before the 1; toll-free numbers are landlines; what ends in 0000 is blocked."""
    assert api.code("user/lookup", {"phone": phone}) == code


def test_a_phone_has_one_user(api: Any) -> None:
    """A look-up makes a user once, and finds the same one ever after; others are others."""
    first = api.user("12125554001")
    assert api.user("12125554001") == first
    assert api.user("12125554002") != first
    assert api.user("12125550102") == 1483228


def test_who_is_subscribed_shows_in_the_number(api: Any) -> None:
    """Numbers with the exchange 555 subscribed before; others have to be subscribed first."""
    body = {"project_id": 456442, "message": "x"}
    friend, stranger = api.user("14155554001"), api.user("14152734001")
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": friend}) == 0
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": stranger}) == 14001
    api.ok("project/subscribe", GROWN_UP | {"mozes_id": stranger})
    assert api.code("broadcast/send_sms_to_user", body | {"mozes_id": stranger}) == 0
    assert api.code("project/subscribe", GROWN_UP | {"mozes_id": friend}) == 13000


def test_who_leaves_is_not_sent_to(api: Any) -> None:
    """After unsubscribing it is 14001 again, until the user comes back; leaving twice is fine."""
    user = {"project_id": 456442, "mozes_id": 1483228}
    for _ in range(2):
        api.ok("project/unsubscribe", user)
        assert api.code("broadcast/send_sms_to_user", user | {"message": "x"}) == 14001
    assert api.code("project/unsubscribe", user | {"mozes_id": 7}) == 10004
    api.ok("project/subscribe", user | GROWN_UP)
    assert api.code("broadcast/send_sms_to_user", user | {"message": "x"}) == 0


@pytest.mark.parametrize(
    ("born", "code"),
    [("20130101", 0), ("20130102", 11002), ("20121231", 0), ("20260101", 11002), ("19000101", 0)],
)
def test_subscribers_are_thirteen(api: Any, born: str, code: int) -> None:
    """From the thirteenth birthday on, which is today for the first of them."""
    body = {"project_id": 456442, "mozes_id": 455327, "dob": born}
    assert api.code("project/subscribe", body) == code


# Lists.


def test_a_list_reaches_whom_it_holds(api: Any) -> None:
    """Filled in two calls, emptied, filled again: each time a broadcast reaches who is on it."""
    body = api.ok("broadcast_list/create", {"project_id": 456442, "name": "Friday"})
    body["project_id"] = 456442
    counts = []
    for ids in ([1483228], [3838234, 1483228], None, ["589834"]):
        if ids is None:
            api.ok("broadcast_list/truncate", body)
        else:
            api.ok("broadcast_list/insert_users", body | {"mozes_ids": ids})
        sent = api.ok("broadcast/send_sms_to_broadcast_list", body | {"message": "x"})
        counts.append(api.told(sent["client_id"])["recipient_count"])
    assert counts == ["1", "2", "0", "1"]
    assert api.sandbox.accepted[-1].to == "12125550105"


def test_a_sent_broadcast_keeps_its_users(api: Any, clock: ManualClock) -> None:
    """Emptying and deleting the list afterwards change nothing for who was on it."""
    body = {"project_id": 456442, "broadcast_list_id": 1483228}
    api.ok("broadcast/send_sms_to_broadcast_list", body | {"message": "x"})
    api.ok("broadcast_list/truncate", body)
    api.ok("broadcast_list/delete", body)
    clock.advance(10)
    assert len(api.sandbox.inbox) == 2


def test_a_deleted_list_is_gone(api: Any) -> None:
    """Each operation says so with its own code, and the name is free again."""
    body = {"project_id": 456442, "broadcast_list_id": 1483228}
    api.ok("broadcast_list/delete", body)
    assert api.code("broadcast_list/delete", body) == 12002
    assert api.code("broadcast_list/truncate", body) == 12002
    assert api.code("broadcast_list/insert_users", body | {"mozes_ids": []}) == 12001
    assert api.code("broadcast/send_sms_to_broadcast_list", body | {"message": "x"}) == 12002
    again = api.ok("broadcast_list/create", {"project_id": 456442, "name": "Regulars"})
    assert again["broadcast_list_id"] != 1483228


def test_names_are_unique_within_a_project(api: Any) -> None:
    """The same name in another project, and another name in the same one, are free."""
    for project, name, code in ((456442, "Regulars", 12000), (12345, "Regulars", 0)):
        assert api.code("broadcast_list/create", {"project_id": project, "name": name}) == code
    assert api.code("broadcast_list/create", {"project_id": 456442, "name": "regulars"}) == 0


def test_an_unknown_user_keeps_everybody_off_a_list(api: Any) -> None:
    """10004, which the page lists elsewhere, and nobody was put on the list."""
    body = {"project_id": 123456, "broadcast_list_id": 455327, "mozes_ids": [1483228, 7]}
    assert api.code("broadcast_list/insert_users", body) == 10004
    assert api.sandbox.account.lists[455327].members == {}
