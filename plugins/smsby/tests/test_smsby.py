"""Through `polycast.connect`: which bytes leave, and what comes of those that come back."""

from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import (
    Action,
    Broadcast,
    Client,
    Message,
    Personalisation,
    Recipient,
    SettingsError,
    State,
    Unsupported,
)
from polycast.testing import CannedWire
from polycast_smsby import Options

HELLO = Message("+375291234567", text="Hello")
UUID = "cc9c8043-8caf-11ef-b035-9e8f47954dec"
TAKEN = {"uuid": UUID, "success": "OK"}
NEW_YEAR = datetime(2099, 12, 31, 20, 59, 59, tzinfo=UTC)

# Settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": ""},
        {"token": "t", "alphaname_id": "VasheImya"},
        {"token": "t", "alphaname_id": -1},
        {"token": "t", "timezone": "Minsk"},
        {"token": "t", "timezone": "../etc/passwd"},
        {"token": "t", "tokn": "t"},
        {"token": "t", "base_url": "app.sms.by"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    """Connecting refuses them in a sentence, before any request."""
    with pytest.raises(SettingsError, match=r"\.$"):
        polycast.connect("smsby", **settings)


def test_the_name_to_send_from_is_a_setting(wire: CannedWire) -> None:
    """The system's own where nothing is set; from the environment it comes as text."""
    for settings, sent in (
        ({}, "0"),
        ({"alphaname_id": 7}, "7"),
        ({"alphaname_id": "1363"}, "1363"),
    ):
        client = wire.attach(polycast.connect("smsby", token="t", **settings))
        wire.answer(json={"sms_id": 1, "status": "NEW"}).answer(json=TAKEN)
        client.send(HELLO)
        client.send_bulk(Broadcast(text="Hello", recipients=["+375291234567"]))
        assert wire.sent[-2].form["alphaname_id"] == [sent]
        assert wire.sent[-1].json["messages"][0]["alphaname_id"] == sent


def test_the_address_is_a_setting(wire: CannedWire) -> None:
    """base_url stands in place of everything up to the method."""
    client = wire.attach(polycast.connect("smsby", token="t", base_url="http://127.0.0.1:9/v1/"))
    wire.answer(json={"sms_id": 1})
    client.send(HELLO)
    assert wire.sent[0].url == "http://127.0.0.1:9/v1/sendQuickSMS"


def test_features_are_told_without_a_connection(smsby: Client) -> None:
    """What sms.by can do is declared; each claim is proved in these tests."""
    features = smsby.features
    assert (features.channels, features.schemes) == (("sms", "viber"), ("tel",))
    assert (features.bulk_limit, features.personalisation) == (None, Personalisation.TEXTS)
    offered = (features.scheduling, features.sender, features.callbacks, features.receives)
    assert offered == (True, True, True, True)
    refused = (features.ttl, features.media, features.lookup, features.actions)
    assert refused == (False, False, False, frozenset())


# One message


def test_a_message_leaves_as_a_form(smsby: Client, wire: CannedWire) -> None:
    """The bytes of the simplest message, whole; the token is among them and not in the URL."""
    wire.answer(json={"sms_id": 2197871, "status": "NEW", "parts": 1})
    receipt = smsby.send(Message("+375291234567", text="Ваш столик готов & ждёт"))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://app.sms.by/api/v1/sendQuickSMS")
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.form == {
        "token": ["t0ken"],
        "message": ["Ваш столик готов & ждёт"],
        "phone": ["375291234567"],
        "alphaname_id": ["123"],
    }
    assert (receipt.id, receipt.state, receipt.detail) == ("sms:2197871", State.QUEUED, "NEW")
    assert receipt.to == "+375291234567"
    raw: Any = receipt.raw
    assert raw.parts == 1


@pytest.mark.parametrize(
    ("answer", "id_", "state", "words"),
    [
        ({"sms_id": 2204968, "status": "NEW"}, "sms:2204968", State.QUEUED, "NEW"),
        ({"sms_id": "2204968", "status": "NEW", "balance": "2.8", "currency": "BYN"},
         "sms:2204968", State.QUEUED, "NEW"),
        ({"sms_id": 1, "status": "ok", "parts": 1, "len": 21}, "sms:1", State.QUEUED, "ok"),
        ({"sms_id": 1}, "sms:1", State.QUEUED, None),
        ({"sms_id": 1, "status": "SENT"}, "sms:1", State.SENT, "SENT"),
        ({"sms_id": 1, "status": "ЖДЁТ"}, "sms:1", State.UNKNOWN, "ЖДЁТ"),
        ({"sms_id": 1, "status": "NEW", "error": None}, "sms:1", State.QUEUED, "NEW"),
        ([{"sms_id": 2197871, "status": "NEW"}], "sms:2197871", State.QUEUED, "NEW"),
        ({"sms_id": 1, "status": "NEW", "parts": None}, "sms:1", State.QUEUED, "NEW"),
        ({"sms_id": 1, "status": None, "parts": {}}, "sms:1", State.QUEUED, None),
        ({"sms_id": "1", "status": "NEW", "parts": "two"}, "sms:1", State.QUEUED, "NEW"),
    ],
)  # fmt: skip
def test_every_shape_of_the_reply_is_read(
    smsby: Client,
    wire: CannedWire,
    answer: object,
    id_: str,
    state: State,
    words: str | None,
) -> None:
    """With and without parts and balance, the number as a number or a string, an odd word.

    A list of one is how the provider's own samples read it. What cannot be read costs itself
    alone: the id is there, so it is a receipt.
    """
    wire.answer(json=answer)
    receipt = smsby.send(HELLO)
    assert (receipt.id, receipt.state, receipt.detail) == (id_, state, words)


@pytest.mark.parametrize("answer", [{"sms_id": ""}, {"sms_id": "no"}, {"sms_id": -1}])
def test_a_reply_that_names_no_message_is_no_receipt(
    smsby: Client, wire: CannedWire, answer: dict[str, Any]
) -> None:
    """Nobody could ask about such a message; the answer is kept."""
    wire.answer(json=answer)
    with pytest.raises(polycast.OutcomeUnknown, match="names no message") as caught:
        smsby.send(HELLO)
    assert caught.value.raw is not None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"channels": ("sms",)}, {"forwarding_message": ["0"]}),
        ({"options": Options(forwarding_message=False)}, {"forwarding_message": ["0"]}),
        (
            {"channels": ("sms", "viber"), "options": Options(vibername_id=9)},
            {"forwarding_message": ["1"], "vibername_id": ["9"]},
        ),
        (
            {"options": Options(forwarding_message=True, forwarding_time=5, vibername_id=9)},
            {"forwarding_message": ["1"], "forwarding_time": ["5"], "vibername_id": ["9"]},
        ),
        (
            {
                "channels": ("sms", "viber"),
                "options": Options(forwarding_message=True, forwarding_time=60, vibername_id=9),
            },
            {"forwarding_message": ["1"], "forwarding_time": ["60"], "vibername_id": ["9"]},
        ),
        ({"sender": "1363"}, {"alphaname_id": ["1363"]}),
        ({"sender": "0"}, {"alphaname_id": ["0"]}),
        ({"options": Options(alphaname_id=1363)}, {"alphaname_id": ["1363"]}),
        ({"options": Options(alphaname_id=7), "sender": "7"}, {"alphaname_id": ["7"]}),
    ],
)
def test_what_a_message_can_say_beyond_its_text(
    smsby: Client, wire: CannedWire, fields: dict[str, Any], told: dict[str, list[str]]
) -> None:
    """Channels in order are forwarding to Viber; a sender is the number of a name."""
    wire.answer(json={"sms_id": 1, "status": "NEW"})
    smsby.send(Message("+375291234567", text="Hello", **fields))
    plain = {
        "token": ["t0ken"], "message": ["Hello"], "phone": ["375291234567"],
        "alphaname_id": ["123"],
    }  # fmt: skip
    assert wire.sent[0].form == plain | told


def test_a_message_for_later_is_a_mailing_to_one(smsby: Client, wire: CannedWire) -> None:
    """The quick call has no place for a time; the mailing's receipt is of the other kind."""
    wire.answer(json=TAKEN)
    receipt = smsby.send(Message("+375291234567", text="Салют!", send_at=NEW_YEAR))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://app.sms.by/api/v1/sendBulkSms")
    assert sent.json == {
        "token": "t0ken",
        "callback_url": "",
        "messages": [
            {
                "alphaname_id": "123",
                "name": "Polycast",
                "message_type": "bulk",
                "text": "Салют!",
                "schedule_time": "2099-12-31T23:59:59",
                "delivery_list": ["375291234567"],
            }
        ],
    }
    assert (receipt.id, receipt.state, receipt.detail) == (f"bulk:{UUID}", State.SCHEDULED, "OK")


def test_a_message_with_a_callback_is_a_mailing_to_one(smsby: Client, wire: CannedWire) -> None:
    """The other thing that sendQuickSMS has no place for; a time that is past is no schedule."""
    wire.answer(json=TAKEN).answer(json=TAKEN)
    url = "https://example.org/hooks/s3cret"
    assert smsby.send(
        Message("+375291234567", text="Hi", callback_url=url, channels=("sms",))
    ).state is State.QUEUED  # fmt: skip
    assert wire.sent[0].json["callback_url"] == url
    past = datetime(2020, 1, 1, tzinfo=UTC)
    assert smsby.send(Message("+375291234567", text="Hi", send_at=past)).state is State.QUEUED
    assert wire.sent[1].json["messages"][0]["schedule_time"] == "2020-01-01T03:00:00"


def test_a_schedule_is_on_the_clock_of_the_account(wire: CannedWire) -> None:
    """The setting says whose clock it is."""
    client = wire.attach(polycast.connect("smsby", token="t", timezone="UTC"))
    wire.answer(json=TAKEN)
    client.send(Message("+375291234567", text="Hi", send_at=NEW_YEAR))
    assert wire.sent[0].json["messages"][0]["schedule_time"] == "2099-12-31T20:59:59"


# Broadcasts


def mailings(client: Client, wire: CannedWire, **fields: Any) -> list[dict[str, Any]]:
    wire.answer(json=TAKEN)
    client.send_bulk(Broadcast(**fields))
    sent: list[dict[str, Any]] = wire.sent[-1].json["messages"]
    return sent


ANN, BOB, EVE = "+375291111111", "+375292222222", "+375293333333"


def test_one_text_for_all_is_a_bulk_mailing(smsby: Client, wire: CannedWire) -> None:
    """Numbers as strings, without the plus sign."""
    (sent,) = mailings(smsby, wire, text="Hi, {{all}}", recipients=[ANN, BOB], name="Friday")
    assert sent == {
        "alphaname_id": "123",
        "name": "Friday",
        "message_type": "bulk",
        "text": "Hi, {all}",
        "delivery_list": ["375291111111", "375292222222"],
    }


@pytest.mark.parametrize(
    "recipients",
    [
        [Recipient(ANN, {"name": "Ann"}), Recipient(BOB, {"name": "Bob"})],
        [Recipient(ANN, text="Dear Ann"), Recipient(BOB, text="Dear Bob")],
        [Recipient(ANN, {"name": "Ann"}), Recipient(BOB, {"name": "?"}, text="Dear Bob")],
    ],
)
def test_a_text_for_each_is_a_personal_mailing(
    smsby: Client, wire: CannedWire, recipients: list[Recipient]
) -> None:
    """Filled in from variables, or written for each; the order is kept."""
    (sent,) = mailings(smsby, wire, text="Dear {name}", recipients=recipients)
    assert sent == {
        "alphaname_id": "123",
        "name": "Polycast",
        "message_type": "personal",
        "delivery_list": [
            {"phone": "375291111111", "text": "Dear Ann"},
            {"phone": "375292222222", "text": "Dear Bob"},
        ],
    }


def test_own_texts_and_a_common_one_are_two_mailings_of_one_call(
    smsby: Client, wire: CannedWire
) -> None:
    """Who has no text of their own shares the bulk mailing."""
    sent = mailings(
        smsby,
        wire,
        text="Come at 7",
        recipients=[ANN, Recipient(BOB, text="Come at 8"), EVE],
        send_at=NEW_YEAR,
        name="Friday",
        sender="234",
    )
    assert len(wire.sent) == 1
    assert [(each["message_type"], each.get("text"), each["delivery_list"]) for each in sent] == [
        ("bulk", "Come at 7", ["375291111111", "375293333333"]),
        ("personal", None, [{"phone": "375292222222", "text": "Come at 8"}]),
    ]
    assert {(each["name"], each["schedule_time"], each["alphaname_id"]) for each in sent} == {
        ("Friday", "2099-12-31T23:59:59", "234")
    }


@pytest.mark.parametrize(
    ("text", "recipients"),
    [
        ("Dear {name}", [Recipient(ANN, {"name": "guest"}), Recipient(BOB, {"name": "guest"})]),
        (None, [Recipient(ANN, text="Dear guest"), Recipient(BOB, text="Dear guest")]),
        ("Dear guest", [ANN, Recipient(BOB, text="Dear guest")]),
        ("Dear {name}", [Recipient(ANN, {"name": "guest"}), Recipient(BOB, text="Dear guest")]),
    ],
)
def test_texts_that_turn_out_the_same_are_a_bulk_mailing(
    smsby: Client, wire: CannedWire, text: str | None, recipients: list[Recipient]
) -> None:
    """However they came about."""
    (sent,) = mailings(smsby, wire, text=text, recipients=recipients)
    assert (sent["message_type"], sent["text"]) == ("bulk", "Dear guest")
    assert sent["delivery_list"] == ["375291111111", "375292222222"]


def test_a_broadcast_answers_for_every_recipient(smsby: Client, wire: CannedWire) -> None:
    """The reply says nothing of single numbers: each is queued, known by the call."""
    wire.answer(json=TAKEN)
    sent = smsby.send_bulk(
        Broadcast(text="Hi", recipients=[Recipient(ANN, reference="guest 7"), "tel:375292222222"])
    )
    assert (sent.id, sent.state) == (f"bulk:{UUID}", State.QUEUED)
    assert [(each.to, each.reference, each.id) for each in sent.receipts] == [
        (ANN, "guest 7", f"bulk:{UUID}"),
        ("tel:375292222222", None, f"bulk:{UUID}"),
    ]
    assert {(each.state, each.detail) for each in sent.receipts} == {(State.QUEUED, "OK")}
    (batch,) = sent.batches
    assert (batch.id, batch.size) == (f"bulk:{UUID}", 2)


def test_a_broadcast_for_later_is_scheduled(smsby: Client, wire: CannedWire) -> None:
    """Until a status says otherwise."""
    wire.answer(json={"uuid": UUID})
    sent = smsby.send_bulk(Broadcast(text="Hi", recipients=[ANN], send_at=NEW_YEAR))
    assert (sent.state, sent.receipts[0].state) == (State.SCHEDULED, State.SCHEDULED)
    assert sent.receipts[0].detail is None


def test_a_call_in_a_list_of_one_is_a_receipt(smsby: Client, wire: CannedWire) -> None:
    """The provider's own samples read other replies so."""
    wire.answer(json=[{"uuid": "cc9c8043", "success": "OK"}])
    sent = smsby.send_bulk(Broadcast(text="Hi", recipients=[ANN]))
    assert (sent.id, sent.state) == ("bulk:cc9c8043", State.QUEUED)


@pytest.mark.parametrize("uuid", ["", " ", "a b"])
def test_a_reply_that_names_no_call_is_no_receipt(
    smsby: Client, wire: CannedWire, uuid: str
) -> None:
    """Nobody could ask about it."""
    wire.answer(json={"uuid": uuid, "success": "OK"})
    with pytest.raises(polycast.OutcomeUnknown, match="names no call"):
        smsby.send_bulk(Broadcast(text="Hi", recipients=[ANN]))


def test_a_large_broadcast_is_one_call(smsby: Client, wire: CannedWire) -> None:
    """sms.by states no limit, so 50,000 recipients with texts of their own travel together."""
    recipients = [Recipient(f"+3752{number:08}", {"n": number}) for number in range(50_000)]
    (sent,) = mailings(smsby, wire, text="No. {n}", recipients=recipients)
    assert len(wire.sent) == 1
    assert sent["delivery_list"][49_999] == {"phone": "375200049999", "text": "No. 49999"}
    assert len(sent["delivery_list"]) == 50_000


def test_control_is_refused_in_one_sentence(smsby: Client, wire: CannedWire) -> None:
    """sms.by neither pauses nor stops anything."""
    for action in Action:
        with pytest.raises(Unsupported) as caught:
            smsby.control(f"bulk:{UUID}", action)
        assert str(caught.value) == f"smsby cannot {action}; it offers no actions on broadcasts."
    assert wire.sent == []
