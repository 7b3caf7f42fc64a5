"""The fake server against sms.by's page: one SMS, mailings, and what becomes of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from polycast.sandbox import ManualClock
from polycast_smsby.sandbox.state import parts_of

PHONE = "375293332211"
BULK = {"message_type": "bulk", "text": "message text 2", "delivery_list": [PHONE]}
#: The page's own request, its quotes and commas made JSON.
SAMPLE = (
    {
        "alphaname_id": "123",
        "name": "рассылка 1",
        "message_type": "personal",
        "schedule_time": "2024-12-31T23:59:59",
        "delivery_list": [
            {"phone": "375299999999", "text": "personal message 1"},
            {"phone": "375298888888", "text": "personal message 2"},
        ],
    },
    {
        "alphaname_id": "234",
        "name": "рассылка 2",
        "message_type": "bulk",
        "text": "message text 2",
        "schedule_time": "2024-12-31T23:59:59",
        "delivery_list": ["375297777777", "375295555555"],
    },
)


# One SMS.


def test_one_sms_is_answered_as_in_the_sample(api: Any) -> None:
    """A form with a sender is answered with a number, NEW and the parts, as on the page."""
    answer = api.quick(alphaname_id="1363")
    assert answer == {"sms_id": 2197871, "status": "NEW", "parts": 1}
    assert api.sandbox.requests[0].problems == ()
    (accepted,) = api.sandbox.accepted
    assert (accepted.to, accepted.text, accepted.sender) == (PHONE, "Hello", "VasheImya")


@pytest.mark.parametrize("chosen", [{}, {"alphaname_id": "0"}])
def test_without_a_sender_it_is_the_providers_own(api: Any, chosen: dict[str, str]) -> None:
    """No sender, and the sender 0, are the name of the provider itself."""
    api.quick(**chosen)
    assert api.sandbox.accepted[0].sender == "SMS.by"


@pytest.mark.parametrize(
    ("ending", "course"),
    [
        ("2211", ["NEW", "SENT", "DELIVERED", "DELIVERED"]),
        ("1111", ["NEW", "SENT", "SENT", "UNDELIVERED"]),
        ("2222", ["NEW", "SENT", "SENT", "SENT"]),
    ],
)
def test_an_sms_moves_through_its_states(
    api: Any, clock: ManualClock, ending: str, course: list[str]
) -> None:
    """How a number ends decides its way; the moments are seconds, 0 until they come."""
    number = api.quick(f"37529333{ending}")["sms_id"]
    seen = []
    for _ in course:
        check = api.ask("checkSMS", sms_id=number)
        seen.append(check["status"])
        assert (check["sent"] > 0) == (check["status"] != "NEW")
        assert (check["delivered"] > 0) == (check["status"] == "DELIVERED")
        clock.advance(1)
    assert seen == course
    clock.advance(1e6)
    assert api.ask("checkSMS", sms_id=number)["status"] == course[-1]
    assert len(api.sandbox.inbox) == (course[-1] == "DELIVERED")


def test_the_moments_are_those_of_the_clock(api: Any, clock: ManualClock) -> None:
    """Sent a second and delivered two seconds after it was taken on, in seconds since 1970."""
    number = api.quick()["sms_id"]
    began = int(clock.now().timestamp())
    clock.advance(5)
    assert api.ask("checkSMS", sms_id=number) == {
        "sent": began + 1,
        "delivered": began + 2,
        "status": "DELIVERED",
    }


@pytest.mark.parametrize(("given", "minutes"), [({}, 60), ({"forwarding_time": 5}, 5)])
@pytest.mark.parametrize("ending", ["1111", "2222"])
def test_an_sms_that_is_not_delivered_goes_to_viber(
    api: Any, clock: ManualClock, ending: str, given: dict[str, int], minutes: int
) -> None:
    """After the minutes asked for, or 60, it arrives over Viber; its state as SMS stays."""
    number = api.quick(f"37529333{ending}", forwarding_message=1, vibername_id=77, **given)
    clock.advance(minutes * 60 - 1)
    before = api.ask("checkSMS", sms_id=number["sms_id"])
    assert api.sandbox.inbox == []
    clock.advance(1)
    assert [message.to for message in api.sandbox.inbox] == [f"37529333{ending}"]
    assert api.ask("checkSMS", sms_id=number["sms_id"]) == before


def test_an_sms_that_is_delivered_does_not_go_to_viber(api: Any, clock: ManualClock) -> None:
    """Forwarding is for what is not delivered in time: nobody reads it twice."""
    api.quick(forwarding_message=1, vibername_id=77)
    clock.advance(7200)
    assert len(api.sandbox.inbox) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"forwarding_message": 1},
        {"forwarding_message": 1, "vibername_id": 78},
        {"forwarding_message": 1, "vibername_id": 77, "forwarding_time": 4},
        {"forwarding_message": 1, "vibername_id": 77, "forwarding_time": 61},
        {"forwarding_message": 2},
    ],
)
def test_forwarding_has_its_rules(api: Any, form: dict[str, int]) -> None:
    """It needs a Viber sender of the account, and 5 to 60 minutes."""
    assert "error" in api.quick(**form)
    assert api.sandbox.requests[0].status == 400
    assert api.sandbox.accepted == []


def test_a_lost_reply_was_carried_out(api: Any) -> None:
    """A number that ends in 3333 gets its SMS while the client hears nothing."""
    with pytest.raises(requests.ConnectionError):
        api.quick("375293333333")
    assert [message.to for message in api.sandbox.accepted] == ["375293333333"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 459, 3),
        ("a" * 628, 4),
        ("a" * 1530, 10),
        ("a" * 1531, None),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 670, 10),
        ("я" * 671, None),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("\n" * 81, 2),
        ("€" * 81, 2),
        ("~" * 160, 1),
    ],
)
def test_parts_are_counted_as_the_vendor_does(text: str, parts: int | None) -> None:
    """The vendor's own limits, doubles included, and ten parts at most."""
    assert parts_of(text) == parts


# Mailings.


def test_the_sample_request_is_accepted(api: Any) -> None:
    """The page's own request is answered with one UUID and success OK, and reaches all four."""
    answer = api.bulk(*SAMPLE)
    assert answer.keys() == {"uuid", "success"}
    assert answer["success"] == "OK"
    assert api.sandbox.requests[0].problems == ()
    assert [(m.to, m.text, m.sender) for m in api.sandbox.accepted] == [
        ("375299999999", "personal message 1", "Bistro"),
        ("375298888888", "personal message 2", "Bistro"),
        ("375297777777", "message text 2", "Bistro.by"),
        ("375295555555", "message text 2", "Bistro.by"),
    ]


def test_a_mailing_leaves_when_it_is_scheduled_in_minsk(api: Any, clock: ManualClock) -> None:
    """A time without zone is three hours ahead of UTC; until then every SMS is NEW."""
    uuid = api.bulk({**BULK, "schedule_time": "2026-01-01T04:00:00"})["uuid"]
    clock.advance(3599)
    assert [row["status"] for row in api.rows(uuid)] == ["NEW"]
    clock.advance(3)
    assert [row["status"] for row in api.rows(uuid)] == ["DELIVERED"]
    assert api.sandbox.inbox[0].at == datetime(2026, 1, 1, 1, 0, 2, tzinfo=UTC)


def test_the_state_of_mailings_is_told_number_by_number(api: Any, clock: ManualClock) -> None:
    """Every SMS of every mailing has a row: its number, whom it is for, its state and time."""
    uuid = api.bulk(BULK, {**BULK, "delivery_list": ["375293331111"]})["uuid"]
    clock.advance(3)
    sent = "2026-01-01 03:00:01"
    assert api.rows(uuid) == [
        {"sms_id": 2197871, "phone": 375293332211, "status": "DELIVERED", "d_sent": sent},
        {"sms_id": 2197872, "phone": 375293331111, "status": "UNDELIVERED", "d_sent": sent},
    ]
    assert api.ask("checkSMS", sms_id=2197872)["status"] == "UNDELIVERED"


def test_refused_numbers_are_told_by_the_state_alone(api: Any) -> None:
    """A mailing with numbers that cannot be is answered OK; those are FAILED, and cost nothing."""
    wrong = ["+375293332211", "abc", "375293330000"]
    answer = api.bulk({**BULK, "delivery_list": [PHONE, *wrong]})
    assert answer["success"] == "OK"
    rows = api.rows(answer["uuid"])
    assert [row["status"] for row in rows] == ["NEW", "FAILED", "FAILED", "FAILED"]
    assert [row["d_sent"] for row in rows] == [None] * 4
    assert [message.to for message in api.sandbox.accepted] == [PHONE]
    assert api.ask("getBalance")["result"][0]["balance"] == "99999.98000"


def test_a_text_that_is_too_long_for_one_costs_that_one(api: Any) -> None:
    """In a personal mailing each text is judged by itself."""
    letters = [{"phone": PHONE, "text": "я" * 671}, {"phone": PHONE, "text": "я"}]
    uuid = api.bulk({"message_type": "personal", "delivery_list": letters})["uuid"]
    assert [row["status"] for row in api.rows(uuid)] == ["FAILED", "NEW"]


def test_a_lost_reply_to_mailings_was_carried_out(api: Any) -> None:
    """One number that ends in 3333 is enough; all of them get theirs."""
    with pytest.raises(requests.ConnectionError):
        api.bulk({**BULK, "delivery_list": [PHONE, "375293333333"]})
    assert len(api.sandbox.accepted) == 2


@pytest.mark.parametrize(
    "mailing",
    [
        {**BULK, "text": ""},
        {"message_type": "bulk", "delivery_list": [PHONE]},
        {**BULK, "delivery_list": [{"phone": PHONE, "text": "a"}]},
        {**BULK, "message_type": "personal"},
        {**BULK, "message_type": "other"},
        {**BULK, "delivery_list": []},
        {**BULK, "schedule_time": "2026-01-01 04:00:00"},
        {**BULK, "schedule_time": "2026-01-01T04:00:00Z"},
        {**BULK, "alphaname_id": 123},
        {**BULK, "name": None},
    ],
)
def test_a_mailing_that_cannot_be_is_refused_whole(api: Any, mailing: dict[str, Any]) -> None:
    """Where one mailing contradicts itself or the page, no other is sent either."""
    assert "error" in api.bulk(BULK, mailing)
    assert api.sandbox.requests[0].status == 400
    assert api.sandbox.accepted == []


def test_callbacks_tell_the_end_once_it_has_come(
    start: Callable[..., Any], clock: ManualClock
) -> None:
    """Mailings with a callback URL have something to be posted when all their SMS are final."""
    api = start()
    uuid = api.bulk(BULK, callback_url="https://shop.example/sms")["uuid"]
    api.bulk(BULK)
    assert api.sandbox.callbacks() == []
    clock.advance(2)
    (callback,) = api.sandbox.callbacks()
    assert callback.url == "https://shop.example/sms"
    assert uuid.encode() in callback.body
    assert b'"DELIVERED"' in callback.body
