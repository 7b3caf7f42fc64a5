"""The document that sms.by publishes: each of its examples, and the test that proves it.

The examples stand here as the page prints them. Its requests are written in JavaScript rather
than JSON: single quotes, and commas before closing brackets. No server could read them, so they
are mended before they are compared. The page gives no example of a request to `sendQuickSMS` and
to `getSmsDeliveryList`, but lists their parameters.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    NotFound,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Rejected,
    State,
)
from polycast.testing import CannedWire
from polycast_smsby import Options
from polycast_smsby._client import models as m
from polycast_smsby.response import WORDS

NUMBERS = """
'delivery_list': [
    '375297777777',
    '375295555555',
 ]
"""

TEXTS = """
'delivery_list': [
    {
       'phone': '375299999999',
       'text': 'personal message 1'
    },
"""

REQUEST = """
{
 'token': 'eyJpdiI6IjJzOFlFcXBmOUZEcGJlYzlzeFJValE9PSIsInZhbHV...',
 'callback_url': '',
 'messages': [
    { 
       'alphaname_id': '123',
       'name': 'рассылка 1',
       'message_type': 'personal',
       'schedule_time': '2024-12-31T23:59:59',
       'delivery_list': [
         {
             'phone': '375299999999',
             'text': 'personal message 1'
          },
          { 
            'phone': '375298888888',
            'text': 'personal message 2' 
         } 
      ] 
   }, 
   {
       'alphaname_id': '234',
       'name': 'рассылка 2',
       'message_type': 'bulk',
       'text': 'message text 2',
       'schedule_time': '2024-12-31T23:59:59', 
       'delivery_list': [
         '375297777777', 
         '375295555555', 
       ]
    }
 ]
}
"""  # noqa: W291

BULK_RESPONSE = """
{
  "uuid": "cc9c8043-8caf-11ef-b035-9e8f47954dec",
  "success": "OK"
}
"""

QUICK_RESPONSE = """
{
  "sms_id": 2197871,
  "status": "NEW",
  "parts": 1
}
"""

DELIVERY_RESPONSE = """
{
  "result": [
    {
      "phone": 375293332211,
      "status": "delivered",
      "d_sent": "2021-03-22 11:32:32"
    },
    {
      "phone": 375293332212,
      "status": "sent",
      "d_sent": "2021-03-22 11:32:32"
    }
  ]
}
"""

#: Every example of the page, by where it stands there, and the test that proves it.
EXAMPLES = {
    "Bulk sms, delivery_list of numbers": "test_the_list_of_numbers_is_written",
    "Bulk sms, delivery_list of texts": "test_the_list_of_texts_is_written",
    "Bulk sms, the request": "test_the_request_is_written",
    "Bulk sms, each of its mailings": "test_the_mailings_are_written_from_broadcasts",
    "Bulk sms, the response": "test_the_response_to_mailings_is_read",
    "Bulk sms, the codes": "test_the_codes_are_errors",
    "One message, the parameters": "test_the_parameters_of_one_message_are_written",
    "One message, the response": "test_the_response_to_one_message_is_read",
    "One message, the codes": "test_the_codes_are_errors",
    "Delivery, the parameters": "test_the_parameters_of_a_delivery_list_are_written",
    "Delivery, the response": "test_the_delivery_list_is_read",
    "Delivery, the codes": "test_the_codes_are_errors",
}

TOKEN = "eyJpdiI6IjJzOFlFcXBmOUZEcGJlYzlzeFJValE9PSIsInZhbHV..."
NEW_YEAR = datetime(2024, 12, 31, 23, 59, 59, tzinfo=ZoneInfo("Europe/Minsk"))


def mended(example: str) -> Any:
    """Read an example of the page as it was meant."""
    example = example.strip().replace("'", '"').rstrip(",")
    if not example.startswith("{"):
        # A property alone; the second such example breaks off inside its list.
        example = "{" + example + ("}" if example.endswith("]") else "]}")
    return json.loads(re.sub(r",(\s*[\]}])", r"\1", example))


@pytest.fixture
def account(wire: CannedWire) -> Client:
    """A client of the page's account."""
    return wire.attach(polycast.connect("smsby", token=TOKEN, alphaname_id=234))


def test_every_example_is_proved() -> None:
    """The table names tests that are there."""
    assert all(callable(globals().get(test)) for test in EXAMPLES.values())


def test_the_list_of_numbers_is_written(account: Client, wire: CannedWire) -> None:
    """One text for all: numbers alone."""
    wire.answer(body=BULK_RESPONSE)
    account.send_bulk(Broadcast(text="Hello", recipients=["+375297777777", "+375295555555"]))
    (mailing,) = wire.sent[0].json["messages"]
    assert {"delivery_list": mailing["delivery_list"]} == mended(NUMBERS)


def test_the_list_of_texts_is_written(account: Client, wire: CannedWire) -> None:
    """A text for each: numbers with texts."""
    wire.answer(body=BULK_RESPONSE)
    account.send_bulk(
        Broadcast(
            text="personal message {n}",
            recipients=[Recipient("+375299999999", {"n": 1}), Recipient("+375298888888", {"n": 2})],
        )
    )
    (mailing,) = wire.sent[0].json["messages"]
    assert mailing["message_type"] == "personal"
    assert mailing["delivery_list"][:1] == mended(TEXTS)["delivery_list"]


def test_the_request_is_written(account: Client, wire: CannedWire) -> None:
    """All of it, in one call, through the generated client; the token is its first property."""
    wire.answer(body=BULK_RESPONSE)
    clock = datetime(2024, 12, 31, 23, 59, 59)  # noqa: DTZ001 - travels without a zone
    account.api.send_bulk_sms(
        m.BulkSms(
            callback_url="",
            messages=[
                m.Mailing(
                    alphaname_id="123",
                    name="рассылка 1",
                    message_type="personal",
                    schedule_time=clock,
                    delivery_list=[
                        m.PersonalMessage(phone="375299999999", text="personal message 1"),
                        m.PersonalMessage(phone="375298888888", text="personal message 2"),
                    ],
                ),
                m.Mailing(
                    alphaname_id="234",
                    name="рассылка 2",
                    message_type="bulk",
                    text="message text 2",
                    schedule_time=clock,
                    delivery_list=["375297777777", "375295555555"],
                ),
            ],
        )
    )
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://app.sms.by/api/v1/sendBulkSms")
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.json == mended(REQUEST)
    assert list(sent.json) == list(mended(REQUEST))


def test_the_mailings_are_written_from_broadcasts(account: Client, wire: CannedWire) -> None:
    """A broadcast has one name, so the page's two mailings are two broadcasts of ours."""
    wire.answer(body=BULK_RESPONSE).answer(body=BULK_RESPONSE)
    account.send_bulk(
        Broadcast(
            name="рассылка 1",
            sender="123",
            send_at=NEW_YEAR,
            recipients=[
                Recipient("+375299999999", text="personal message 1"),
                Recipient("+375298888888", text="personal message 2"),
            ],
        )
    )
    account.send_bulk(
        Broadcast(
            name="рассылка 2",
            text="message text 2",
            send_at=NEW_YEAR,
            recipients=["+375297777777", "+375295555555"],
        )
    )
    sent = [each.json for each in wire.sent]
    assert [each["messages"][0] for each in sent] == mended(REQUEST)["messages"]
    assert [len(each["messages"]) for each in sent] == [1, 1]
    assert {(each["token"], each["callback_url"]) for each in sent} == {(TOKEN, "")}


def test_the_response_to_mailings_is_read(account: Client, wire: CannedWire) -> None:
    """The UUID is that of the call, with all of its mailings."""
    wire.answer(body=BULK_RESPONSE)
    sent = account.send_bulk(Broadcast(text="Hello", recipients=["+375297777777"]))
    assert (sent.id, sent.state) == ("bulk:cc9c8043-8caf-11ef-b035-9e8f47954dec", State.QUEUED)
    assert (sent.receipts[0].id, sent.receipts[0].detail) == (sent.id, "OK")


def test_the_parameters_of_one_message_are_written(account: Client, wire: CannedWire) -> None:
    """Each by its name, all in the form: the page says query, where the token would be logged."""
    wire.answer(body=QUICK_RESPONSE)
    options = Options(forwarding_message=True, forwarding_time=30, vibername_id=55)
    account.send(Message("+375291234567", text="Сообщение", options=options))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://app.sms.by/api/v1/sendQuickSMS")
    assert sent.form == {
        "token": [TOKEN],
        "message": ["Сообщение"],
        "phone": ["375291234567"],
        "alphaname_id": ["234"],
        "forwarding_message": ["1"],
        "forwarding_time": ["30"],
        "vibername_id": ["55"],
    }


def test_the_response_to_one_message_is_read(account: Client, wire: CannedWire) -> None:
    """NEW is queued."""
    wire.answer(body=QUICK_RESPONSE)
    receipt = account.send(Message("+375291234567", text="Hello"))
    assert (receipt.id, receipt.state, receipt.detail) == ("sms:2197871", State.QUEUED, "NEW")
    raw: Any = receipt.raw
    assert (raw.sms_id, raw.status, raw.parts) == (2197871, "NEW", 1)


def test_the_parameters_of_a_delivery_list_are_written(account: Client, wire: CannedWire) -> None:
    """`limit_offset` never goes without `limit_rows`, which it needs."""
    wire.answer(body=DELIVERY_RESPONSE)
    account.status("message:2564327")
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("GET", "/api/v1/getSmsDeliveryList")
    assert {name: values[0] for name, values in sent.query.items()} == {
        "token": TOKEN,
        "message_id": "2564327",
        "limit_offset": "0",
        "limit_rows": "100",
    }


def test_the_delivery_list_is_read(account: Client, wire: CannedWire) -> None:
    """Numbers become addresses, words states, and the clock's face a moment in Minsk."""
    wire.answer(body=DELIVERY_RESPONSE).answer(body=DELIVERY_RESPONSE)
    status = account.status("message:2564327")
    assert (status.state, status.counts) == (State.SENT, {State.DELIVERED: 1, State.SENT: 1})
    delivered, sent = status.reports
    assert (delivered.to, delivered.state, delivered.detail) == (
        "+375293332211", State.DELIVERED, "delivered",
    )  # fmt: skip
    # The page tells when it was sent, and not when it was delivered.
    assert delivered.at is None
    assert (sent.to, sent.state, sent.detail) == ("+375293332212", State.SENT, "sent")
    assert sent.at == datetime(2021, 3, 22, 8, 32, 32, tzinfo=UTC)
    raw: Any = delivered.raw
    assert (raw.phone, raw.d_sent) == (375293332211, "2021-03-22 11:32:32")


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (400, "Некорректный запрос", Rejected),
        (404, "Страница не найдена", NotFound),
        (429, "Превышен лимит запросов", RateLimited),
        (500, "Сервер недоступен", ProviderUnavailable),
    ],
)
@pytest.mark.parametrize("operation", ["sendBulkSms", "sendQuickSMS", "getSmsDeliveryList"])
@pytest.mark.parametrize("with_words", [True, False])
def test_the_codes_are_errors(
    account: Client,
    wire: CannedWire,
    operation: str,
    code: int,
    words: str,
    kind: type[ProviderError],
    with_words: bool,
) -> None:
    """Each code of the page, with its words in the body and without."""
    assert WORDS[words.casefold()] is kind
    calls: dict[str, Any] = {
        "sendBulkSms": lambda: account.send_bulk(
            Broadcast(text="Hello", recipients=["+375297777777"])
        ),
        "sendQuickSMS": lambda: account.send(Message("+375291234567", text="Hello")),
        "getSmsDeliveryList": lambda: account.status("message:1"),
    }
    for _ in range(5 if code == 429 else 1):
        wire.answer(code, json={"error": words} if with_words else {})
    with pytest.raises(ProviderError) as caught:
        calls[operation]()
    assert (type(caught.value), caught.value.http_status) == (kind, code)
    assert (caught.value.detail == words) is with_words
