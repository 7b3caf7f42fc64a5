"""What becomes of broadcasts: how far they come on the clock, whom they reach, what they refuse."""

from typing import Any

import pytest
import requests
from polycast.sandbox import ManualClock

#: What the platform puts around a message to the subscribers of the project Trattoria.
AROUND = "Trattoria: " + " Reply STOP to end."


def test_a_broadcast_is_completed_on_the_clock(api: Any, clock: ManualClock) -> None:
    """Incomplete and without an end while messages leave one by one, then completed for good."""
    users = [api.user(f"1212555{number}") for number in range(4001, 4041)]
    client_id = api.broadcast(*users)
    seen = []
    for seconds in (0, 2, 1, 100):
        clock.advance(seconds)
        told = api.told(client_id)
        seen.append((told["delivered"], told["delivered_ts"], len(api.sandbox.inbox)))
        assert (told["recipient_count"], told["created_ts"]) == ("40", "2026-01-01T00:00:00Z")
    assert seen == [
        (0, None, 0),
        (0, None, 1),
        (1, "2026-01-01T00:00:02Z", 21),
        (1, "2026-01-01T00:00:02Z", 40),
    ]


def test_completed_does_not_mean_delivered(api: Any, clock: ManualClock) -> None:
    """Numbers that end in 1111 and 2222 never arrive, and the server says nothing of it."""
    users = [api.user(f"1212555{ending}") for ending in ("4001", "1111")]
    client_id = api.broadcast(*users)
    clock.advance(100)
    assert (api.told(client_id)["delivered"], api.told(client_id)["recipient_count"]) == (1, "2")
    assert [message.to for message in api.sandbox.inbox] == ["12125554001"]
    assert [message.to for message in api.sandbox.accepted] == ["12125554001", "12125551111"]


def test_a_phone_that_is_off_holds_a_broadcast_up(api: Any, clock: ManualClock) -> None:
    """With a number that ends in 2222 a broadcast is completed once that one is given up."""
    client_id = api.broadcast(api.user("12125552222"), api.user("12125554001"))
    clock.advance(6)
    assert (api.told(client_id)["delivered"], len(api.sandbox.inbox)) == (0, 1)
    clock.advance(1)
    assert (api.told(client_id)["delivered"], len(api.sandbox.inbox)) == (1, 1)


@pytest.mark.parametrize(
    "path", ["broadcast/send_sms_to_user", "broadcast/send_sms_to_users", "list"]
)
def test_a_lost_reply_was_carried_out(api: Any, clock: ManualClock, path: str) -> None:
    """A number that ends in 3333 gets its message while the client hears nothing."""
    user = api.user("12125553333")
    body = {"project_id": 456442, "message": "Hello", "mozes_id": user, "mozes_ids": [user]}
    if path == "list":
        path = "broadcast/send_sms_to_broadcast_list"
        created = api.ok("broadcast_list/create", {"project_id": 456442, "name": "One"})
        api.ok("broadcast_list/insert_users", body | created)
        body |= created
    with pytest.raises(requests.ConnectionError):
        api.ask(path, body)
    clock.advance(10)
    assert [message.to for message in api.sandbox.inbox] == ["12125553333"]


def test_the_inbox_shows_what_was_written(api: Any, clock: ManualClock) -> None:
    """The message as it was, the project's name as its sender, and the broadcast's client id."""
    client_id = api.broadcast(api.user("12125554001"), message='Žluťoučký "kůň" 😀')
    clock.advance(10)
    (message,) = api.sandbox.inbox
    assert (message.text, message.sender) == ('Žluťoučký "kůň" 😀', "Trattoria")
    assert message.id == client_id


def test_nobody_gets_a_broadcast_twice(api: Any) -> None:
    """A user who is named twice, as number and as text, gets one message."""
    api.broadcast(1483228, 3838234, "1483228")
    assert [message.to for message in api.sandbox.accepted] == ["12125550102", "12125550103"]


def test_only_subscribers_are_reached(api: Any) -> None:
    """In a set or on a list, users who are not subscribed are passed over and not counted."""
    told = api.told(api.broadcast(1483228, 455327))
    assert told["recipient_count"] == "1"
    stranger = {"project_id": 456442, "broadcast_list_id": 1483228, "mozes_ids": [455327]}
    api.ok("broadcast_list/insert_users", stranger)
    sent = api.ok("broadcast/send_sms_to_broadcast_list", stranger | {"message": "x"})
    assert api.told(sent["client_id"])["recipient_count"] == "2"
    assert "14152730142" not in {message.to for message in api.sandbox.accepted}


def test_a_broadcast_to_nobody_is_completed(api: Any, clock: ManualClock) -> None:
    """When no one of those named is subscribed, there is nothing to wait for."""
    client_id = api.broadcast(455327)
    clock.advance(1)
    assert (api.told(client_id)["recipient_count"], api.told(client_id)["delivered"]) == ("0", 1)


@pytest.mark.parametrize("letter", ["x", "ж", "😀", "\n"])
@pytest.mark.parametrize(
    ("path", "whom"),
    [
        ("broadcast/send_sms_to_user", {"mozes_id": 1483228}),
        ("broadacst/send_sms_to_user", {"mozes_id": 1483228}),
        ("broadcast/send_sms_to_users", {"mozes_ids": [1483228]}),
        ("broadcast/send_sms_to_broadcast_list", {"broadcast_list_id": 1483228}),
    ],
)
def test_name_message_and_signature_have_160_characters(
    api: Any, path: str, whom: dict[str, Any], letter: str
) -> None:
    """Exactly 160 are sent, one more is 14000: characters are counted, whatever they are."""
    body = {"project_id": 456442, **whom}
    room = 160 - len(AROUND)
    assert api.code(path, body | {"message": letter * (room + 1)}) == 14000
    assert api.sandbox.accepted == []
    assert api.code(path, body | {"message": letter * room}) == 0
    assert {message.text for message in api.sandbox.accepted} == {letter * room}


def test_a_long_message_is_told_before_a_stranger(api: Any) -> None:
    """14000 comes before 14001, as on the page."""
    body = {"project_id": 456442, "mozes_id": 455327}
    assert api.code("broadcast/send_sms_to_user", body | {"message": "x" * 160}) == 14000
    assert api.code("broadcast/send_sms_to_user", body | {"message": "x"}) == 14001


@pytest.mark.parametrize("user", [7, "x", 990099])
def test_nobody_who_is_not_subscribed_can_be_sent_to(api: Any, user: object) -> None:
    """One user who does not exist or is blocked is 14001 too: no other code is documented."""
    body = {"project_id": 456442, "mozes_id": user, "message": "x"}
    assert api.code("broadcast/send_sms_to_user", body) == 14001


def test_one_unknown_user_spoils_a_set(api: Any) -> None:
    """10004 refuses a whole call: nobody gets anything."""
    body = {"project_id": 456442, "mozes_ids": [1483228, 7, 3838234], "message": "x"}
    assert api.code("broadcast/send_sms_to_users", body) == 10004
    assert api.sandbox.accepted == []


def test_a_status_belongs_to_its_project(api: Any) -> None:
    """A client id that is right with a project that is not is 14002; numbers may be text."""
    client_id = api.broadcast(1483228)
    for project, code in ((12345, 14002), ("456442", 0), (456442, 0)):
        body = {"project_id": project, "client_id": client_id}
        assert api.code("broadcast/get_broadcast_status", body) == code


def test_a_broadcast_may_be_large(api: Any, clock: ManualClock) -> None:
    """Nothing is said of a limit: ten thousand users fit into one call."""
    account = api.sandbox.account
    phones = [f"1{area}555{number}" for area in (312, 313) for number in range(4001, 9001)]
    users = [account.user_of_phone(phone, clock.now()).id for phone in phones]
    client_id = api.broadcast(*users)
    clock.advance(1000)
    assert (api.told(client_id)["recipient_count"], api.told(client_id)["delivered"]) == (
        "10000",
        1,
    )
    assert [message.to for message in api.sandbox.inbox] == phones
