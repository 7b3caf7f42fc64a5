"""The fake server against sms.by's page: written-down messages, money, senders and refusals."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from polycast.sandbox import Error, ManualClock, Throttle

PHONE = "375293332211"
BULK = {"message_type": "bulk", "text": "x", "delivery_list": [PHONE]}
WRONG_NAME = "Wrong alphaname. Check it is correct and approved."
TOO_LONG = "Message is too long. Allowed size: 1530 chars for 10 sms (160 latin symbols /sms). "
Start = Callable[..., Any]


def written(api: Any, message: str = "Hello", **query: object) -> int:
    """Write a message down and return its number."""
    return int(api.ask("createSmsMessage", message=message, **query)["message_id"])


# Messages that are written down first.


def test_a_message_is_written_down_as_in_the_sample(api: Any) -> None:
    """The reply tells the number, the length and the sender, and that it is sent at once."""
    assert api.ask("createSmsMessage", message="Hello") == {
        "status": "ok",
        "parts": 1,
        "len": 5,
        "message_id": 2604834,
        "alphaname": "system",
        "time": 0,
    }


def test_a_message_is_sent_only_once_it_is_approved(api: Any, clock: ManualClock) -> None:
    """It is new until the moderation is over, then moderated; before, nothing is sent."""
    number = written(api, alphaname_id="123")
    status = api.ask("checkSMSMessageStatus", message_id=number)
    assert status == {"status": "new", "parts": 1, "alphaname": "BISTRO"}
    assert "error" in api.ask("sendSms", message_id=number, phone=PHONE)
    clock.advance(1)
    assert api.ask("checkSMSMessageStatus", message_id=number)["status"] == "moderated"
    answer = api.ask("sendSms", message_id=number, phone=PHONE)
    assert answer == {"sms_id": 2197871, "status": "NEW"}
    assert api.sandbox.accepted[0].sender == "Bistro"


def test_moderation_may_never_end(start: Start, clock: ManualClock) -> None:
    """Without a moderator a message stays new."""
    api = start(moderation=None)
    number = written(api)
    clock.advance(1e6)
    assert api.ask("checkSMSMessageStatus", message_id=number)["status"] == "new"


def test_the_same_message_is_not_written_down_twice(api: Any) -> None:
    """The refusal tells the number of the one there is; another sender makes another message."""
    number = written(api)
    refusal = api.ask("createSmsMessage", message="Hello")
    words = f"The same message exists with ID={number}"
    assert refusal == {"error": words, "message_id": number}
    assert written(api, alphaname_id="123") != number


@pytest.fixture
def delivered(api: Any, clock: ManualClock) -> int:
    """A message that was sent to five numbers: two delivered, one not, one lost, one new."""
    number = written(api)
    clock.advance(1)
    for ending in ("2211", "2212", "1111", "2222"):
        api.ask("sendSms", message_id=number, phone=f"37529333{ending}")
    clock.advance(3)
    api.ask("sendSms", message_id=number, phone="375293332213")
    return number


def test_the_delivery_list_is_in_lower_case(api: Any, delivered: int) -> None:
    """Phones are numbers, states in lower case, times on the clock of Minsk or null."""
    rows = api.ask("getSmsDeliveryList", message_id=delivered)["result"]
    assert rows[0] == {
        "phone": 375293332211,
        "status": "delivered",
        "d_sent": "2026-01-01 03:00:02",
    }
    states = ["delivered", "delivered", "undelivered", "sent", "new"]
    assert [row["status"] for row in rows] == states
    assert rows[-1]["d_sent"] is None


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"limit_rows": 2}, [0, 1]),
        ({"limit_offset": 2, "limit_rows": 2}, [2, 3]),
        ({"limit_offset": 4, "limit_rows": 2}, [4]),
        ({"limit_offset": 5, "limit_rows": 2}, []),
    ],
)
def test_lists_come_in_pages(
    api: Any, delivered: int, asked: dict[str, int], rows: list[int]
) -> None:
    """So many rows from so many on; a page past the end is empty."""
    whole = api.ask("getSmsDeliveryList", message_id=delivered)["result"]
    part = api.ask("getSmsDeliveryList", message_id=delivered, **asked)["result"]
    assert part == [whole[index] for index in rows]


def test_an_offset_needs_a_number_of_rows(api: Any, delivered: int) -> None:
    """limit_rows is required if limit_offset is used."""
    query = {"token": "sandbox-token", "limit_offset": 1, "message_id": delivered}
    answer = api.get("getSmsDeliveryList", params=query)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


# Money and senders.


def test_the_account_is_told_as_in_the_samples(api: Any) -> None:
    """Decimal fractions as text, senders by number, the kinds of senders with ids."""
    assert api.ask("getBalance") == {
        "status": "OK",
        "currency": "BYN",
        "result": [{"balance": "100000.00000", "viber_balance": "0.00000"}],
    }
    assert api.ask("getLimit") == {"limit": 5_000_000}
    assert api.ask("getAlphanames")["1363"] == "VasheImya"


def test_money_runs_out(start: Start) -> None:
    """Each part is paid, the limit tells for how many it lasts, and then nothing is sent."""
    api = start(balance="0.07")
    assert api.ask("getLimit") == {"limit": 3}
    assert api.quick(message="я" * 71)["parts"] == 2
    assert api.ask("getBalance")["result"][0]["balance"] == "0.03000"
    assert api.quick(message="я" * 71) == {"error": "billing error"}
    assert api.quick()["status"] == "NEW"
    assert api.bulk(BULK) == {"error": "billing error"}
    assert len(api.sandbox.accepted) == 2


def test_money_runs_out_in_the_middle_of_a_mailing(start: Start) -> None:
    """Whom it is not enough for has FAILED, which the reply does not tell."""
    api = start(balance="0.02")
    answer = api.bulk({**BULK, "delivery_list": [PHONE, "375293332212"]})
    assert [row["status"] for row in api.rows(answer["uuid"])] == ["NEW", "FAILED"]


def test_a_quota_runs_out(start: Start) -> None:
    """An account may have a number of SMS that it cannot exceed."""
    api = start(quota=1)
    api.quick()
    assert api.quick() == {"error": "limit exceeded"}
    assert api.bulk(BULK) == {"error": "limit exceeded"}


# Refusals.


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda api: api.quick("375293330000"), "incorrect phone number"),
        (lambda api: api.quick("+375293332211"), "incorrect phone number"),
        (lambda api: api.quick(message="я" * 671), TOO_LONG + "670 chars for 10 ciryllic sms"),
        (lambda api: api.bulk({**BULK, "text": "a" * 1531}), TOO_LONG),
        (lambda api: api.bulk({**BULK, "alphaname_id": "9"}), WRONG_NAME),
        (lambda api: api.ask("createSmsMessage", message="x", alphaname_id="9"), WRONG_NAME),
        (lambda api: api.ask("checkSMS", sms_id="1"), "not found"),
        (lambda api: api.tell("statusBulkSms", uuid="1"), "not found"),
        (lambda api: api.ask("checkSMSMessageStatus", message_id=1), "not found"),
        (lambda api: api.ask("sendSms", message_id=1, phone=PHONE), "not found"),
        (lambda api: api.ask("getSmsDeliveryList", message_id=1), "not found"),
    ],
)
def test_refusals_come_with_success(
    start: Start, ask: Callable[[Any], dict[str, str]], words: str
) -> None:
    """A refusal is an `error` in a 200."""
    api = start()
    assert ask(api)["error"].startswith(words)
    assert api.sandbox.requests[-1].status == 200
    assert api.sandbox.accepted == []


def test_a_wrong_sender_of_one_sms_is_told_in_russian(api: Any) -> None:
    """So is JSON where a form belongs, though it is not the sender that is wrong."""
    words = {"error": "ошибка в буквенном имени"}
    assert api.quick(alphaname_id="9") == words
    body = {"token": "sandbox-token", "phone": PHONE, "message": "x"}
    answer = api.post("sendQuickSMS", json=body)
    assert (answer.status_code, answer.json()) == (400, words)


@pytest.mark.parametrize(
    "ask",
    [
        lambda api, token: api.get("getLimit", params={"token": token} if token else {}),
        lambda api, token: api.post("sendQuickSMS", data={"token": token, "phone": PHONE}),
        lambda api, token: api.post("sendBulkSms", json={"token": token, "messages": []}),
        lambda api, token: api.post("sendBulkSms", json=[token]),
    ],
)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_strangers_are_refused(
    api: Any, ask: Callable[[Any, str], requests.Response], token: str
) -> None:
    """Without the token, or with another, it is 403 before anything else is looked at."""
    answer = ask(api, token)
    assert (answer.status_code, answer.json()) == (403, {"error": "invalid token"})


def test_the_token_may_travel_in_the_query_too(api: Any) -> None:
    """The server takes it from the query of any request."""
    form = {"phone": PHONE, "message": "x"}
    answer = api.post("sendQuickSMS", params={"token": "sandbox-token"}, data=form)
    assert answer.json()["status"] == "NEW"


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: api.get("checkSMS", params={"token": "sandbox-token"}),
        lambda api: api.get("getLimit", params={"token": "sandbox-token", "more": "1"}),
        lambda api: api.get("sendSms", params={"token": "sandbox-token", "message_id": "x"}),
        lambda api: api.post("sendQuickSMS", data={"token": "sandbox-token"}),
        lambda api: api.post("sendBulkSms", json={"token": "sandbox-token"}),
        lambda api: api.post("sendBulkSms?token=sandbox-token", data={"messages": "[]"}),
        lambda api: api.post("sendBulkSms?token=sandbox-token", data="{"),
    ],
)
def test_what_does_not_fit_the_spec_is_told_in_a_list(
    api: Any, ask: Callable[[Any], requests.Response]
) -> None:
    """A request that the independent validator does not accept is 400, its error no text."""
    answer = ask(api)
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], list)


def test_other_addresses_are_pages(api: Any) -> None:
    """Unknown methods are a web page with 404, known ones asked otherwise one with 405."""
    unknown = api.get("sendPigeon")
    assert (unknown.status_code, unknown.headers["Content-Type"][:9]) == (404, "text/html")
    assert "Страница не найдена" in unknown.text
    assert api.get("sendQuickSMS").status_code == 405


# Limits and faults.


def test_too_many_requests_are_refused(start: Start, clock: ManualClock) -> None:
    """In a minute no more than so many; a 429 with the page's words and no header."""
    api = start(requests_per_minute=1)
    api.ask("getLimit")
    answer = api.get("getLimit", params={"token": "sandbox-token"})
    assert (answer.status_code, answer.json()) == (429, {"error": "Превышен лимит запросов"})
    assert "Retry-After" not in answer.headers
    clock.advance(60)
    assert "limit" in api.ask("getLimit")


def test_a_throttle_can_name_a_time(api: Any) -> None:
    """A fault may carry the header that the page does not know."""
    api.sandbox.faults.add(Throttle(7))
    answer = api.get("getLimit")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_broken_server_answers_with_a_page(api: Any) -> None:
    """HTTP 500 and a web page, nothing that a client could read as a reply."""
    api.sandbox.faults.add(Error())
    answer = api.get("getLimit")
    assert answer.status_code == 500
    assert "<h1>Сервер недоступен</h1>" in answer.text


# The server as it was.
