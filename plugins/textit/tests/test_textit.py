"""Through `polycast.connect`: which bytes leave, and what comes of those that come back."""

import logging
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import polycast
import pytest
import requests
import urllib3
from polycast import (
    Broadcast,
    Client,
    Message,
    PolycastError,
    Recipient,
    SettingsError,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire
from polycast_textit import Options

UUID = "b97f69f7-5edf-45c7-9fda-d37066eae91d"
HELLO = Message("+250788123123", text="Hello")

# Settings


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "https://textit.com/api/v2/broadcasts.json"),
        ({"host": "app.rapidpro.io"}, "https://app.rapidpro.io/api/v2/broadcasts.json"),
        ({"host": "textit.com/"}, "https://textit.com/api/v2/broadcasts.json"),
        ({"host": "localhost:8000"}, "https://localhost:8000/api/v2/broadcasts.json"),
        ({"host": "http://a.example:8000/"}, "http://a.example:8000/api/v2/broadcasts.json"),
        ({"host": "https://a.example/rp"}, "https://a.example/rp/api/v2/broadcasts.json"),
        ({"base_url": "http://127.0.0.1:9/api/v2/"}, "http://127.0.0.1:9/api/v2/broadcasts.json"),
        (
            {"base_url": "http://127.0.0.1:9/x", "host": "http://b.example"},
            "http://127.0.0.1:9/x/broadcasts.json",
        ),
    ],
)
def test_the_host_is_a_name_or_an_address(
    wire: CannedWire, told: Any, settings: dict[str, Any], url: str
) -> None:
    """A bare host is reached over HTTPS, a whole address as it is; base_url is above both."""
    client = wire.attach(polycast.connect("textit", token="t", **settings))
    wire.answer(201, json=told())
    client.send(HELLO)
    assert wire.sent[0].url == url


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": ""},
        {"token": "line\nbreak"},
        {"token": "t", "host": ""},
        {"token": "t", "host": "two words"},
        {"token": "t", "host": "textit.com/api/v2"},
        {"token": "t", "host": "ftp://textit.com"},
        {"token": "t", "max_text_length": 0},
        {"token": "t", "tokn": "t"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    """Connecting refuses them in a sentence, before any request."""
    with pytest.raises(SettingsError, match=r"\.$"):
        polycast.connect("textit", **settings)


def test_features_are_told_without_a_connection(textit: Client) -> None:
    """What TextIt can do is declared; each claim is proved in these tests."""
    features = textit.features
    assert (features.channels, features.schemes, features.bulk_limit) == ((), ("*",), 100)
    assert (features.media, features.reports, features.actions) == (True, True, frozenset())
    refused = (features.scheduling, features.ttl, features.sender, features.callbacks)
    assert refused == (False, False, False, False)


# Sending


def test_a_message_is_a_broadcast_to_one(textit: Client, wire: CannedWire, told: Any) -> None:
    """The bytes of the simplest message, whole, with the token in its header."""
    wire.answer(201, json=told(status="pending"))
    receipt = textit.send(Message("+250788123123", text="Hëllo @contact.name"))
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", "https://textit.com/api/v2/broadcasts.json")
    assert sent.headers["Authorization"] == "Token t0ken"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.body.decode() == '{"urns":["tel:+250788123123"],"text":"Hëllo @contact.name"}'
    assert (receipt.id, receipt.state, receipt.detail) == ("1234", State.QUEUED, "pending")
    assert receipt.to == "+250788123123"


@pytest.mark.parametrize("status", [200, 201])
def test_older_and_newer_servers_confirm_differently(
    textit: Client, wire: CannedWire, told: Any, status: int
) -> None:
    """200 and 201 both mean that the broadcast was created."""
    wire.answer(status, json=told(uuid=UUID))
    assert textit.send(HELLO).id == UUID


def test_a_broadcast_answers_for_every_recipient(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """URNs, contacts and groups travel in one call; receipts come in the order given."""
    wire.answer(201, json=told(uuid=UUID, urns=None, status="queued"))
    sent = textit.send_bulk(
        Broadcast(
            text="Hello",
            name="our own label",
            recipients=[
                Recipient("group:VIP"),
                Recipient("+250788123123", reference="guest 7"),
                Recipient("contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"),
            ],
        )
    )
    assert wire.sent[0].json == {
        "urns": ["tel:+250788123123"],
        "contacts": ["09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"],
        "groups": ["VIP"],
        "text": "Hello",
    }
    assert (sent.id, sent.state) == (UUID, State.QUEUED)
    assert [(each.to, each.reference, each.id) for each in sent.receipts] == [
        ("group:VIP", None, UUID),
        ("+250788123123", "guest 7", UUID),
        ("contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", None, UUID),
    ]


def test_each_distinct_text_is_a_broadcast_of_its_own(
    textit: Client, wire: CannedWire, told: Any
) -> None:
    """TextIt has no variables of Polycast's kind, so people with one text share a call."""
    wire.answer(201, json=told(id=1)).answer(201, json=told(id=2))
    sent = textit.send_bulk(
        Broadcast(
            text="Dear {name}!",
            recipients=[
                Recipient("+250788123123", variables={"name": "Ann"}),
                Recipient("+250788123124", variables={"name": "Bob"}),
                Recipient("+250788123125", variables={"name": "Ann"}),
            ],
        ),
        workers=1,
    )
    assert [(each.json["text"], each.json["urns"]) for each in wire.sent] == [
        ("Dear Ann!", ["tel:+250788123123", "tel:+250788123125"]),
        ("Dear Bob!", ["tel:+250788123124"]),
    ]
    assert [receipt.id for receipt in sent.receipts] == ["1", "2", "1"]


def test_a_recipient_without_any_text_stops_the_whole_broadcast(
    textit: Client, wire: CannedWire
) -> None:
    """Those who have a text of their own are not sent it while another has none."""
    with pytest.raises(UsageError, match=r"Recipient 2, .*nothing to say"):
        textit.send_bulk(
            Broadcast(recipients=[Recipient("+250788123123", text="Hi"), "+250788123124"])
        )
    with pytest.raises(UsageError, match="nothing to say"):
        textit.send(Message("+250788123123"))
    assert wire.sent == []


def test_a_long_list_is_divided(textit: Client, wire: CannedWire, told: Any) -> None:
    """101 recipients are two calls of 100 and 1."""
    wire.answer(201, json=told(id=1)).answer(201, json=told(id=2))
    numbers = [f"+2507881{number:05}" for number in range(101)]
    sent = textit.send_bulk(Broadcast(text="Hello", recipients=numbers), workers=1)
    assert [len(each.json["urns"]) for each in wire.sent] == [100, 1]
    assert [batch.size for batch in sent.batches] == [100, 1]


def test_a_long_list_by_hand_through_the_hook_is_refused(textit: Client, wire: CannedWire) -> None:
    """The hook itself takes 100 of a kind: more is a sentence, and nothing leaves."""
    numbers = [f"+2507881{number:05}" for number in range(101)]
    with pytest.raises(UsageError, match="at most 100 urns in one broadcast, not 101"):
        textit.provider.prepare(Broadcast(text="Hello", recipients=numbers))
    assert wire.sent == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"channels": ("sms",)}, "does not send by 'sms'; it chooses the channel itself"),
        ({"sender": "Cafe"}, "cannot be told sender"),
        ({"ttl": timedelta(hours=1)}, "cannot be told ttl"),
        ({"send_at": datetime(2030, 1, 1, tzinfo=UTC)}, "cannot be told send_at"),
        ({"callback_url": "https://example.org"}, "cannot be told callback_url"),
        ({"media": ["https://example.org/cat.jpg"]}, "attaches only files that it holds"),
        ({"options": object()}, "give polycast_textit.Options"),
    ],
)
def test_what_textit_cannot_be_told_is_refused(
    textit: Client, wire: CannedWire, fields: dict[str, Any], words: str
) -> None:
    """Nothing is dropped in silence: the field is named, and nothing leaves."""
    with pytest.raises(Unsupported, match=words):
        textit.send(Message("+250788123123", text="Hello", **fields))
    with pytest.raises(Unsupported, match=words):
        textit.send_bulk(Broadcast(text="Hello", recipients=["+250788123123"], **fields))
    assert wire.sent == []


def test_the_length_of_a_text_is_a_setting(wire: CannedWire, told: Any) -> None:
    """4096 characters unless the server takes fewer."""
    client = wire.attach(polycast.connect("textit", token="t", max_text_length="640"))
    with pytest.raises(UsageError, match="has 641 characters; textit takes 640"):
        client.send(Message("+250788123123", text="x" * 641))
    assert wire.sent == []
    wire.answer(201, json=told())
    wire.attach(polycast.connect("textit", token="t")).send(
        Message("+250788123123", text="x" * 4096)
    )


def test_half_a_character_is_refused_before_any_request(textit: Client, wire: CannedWire) -> None:
    """A lone surrogate in a translation cannot travel, and is a sentence."""
    options = Options(translations={"eng": "half \ud83d"})
    with pytest.raises(UsageError):
        textit.send(Message("+250788123123", options=options))
    assert wire.sent == []


# Secrets


def test_the_token_is_shown_nowhere(
    wire: CannedWire, told: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in reprs, errors, causes, logs or tracebacks, whatever goes wrong."""
    token = "s3ntinel-t0ken"
    caplog.set_level(logging.DEBUG)
    client = wire.attach(polycast.connect("textit", token=token))
    wire.answer(201, json=told())
    client.send(HELLO)
    assert wire.sent[0].headers["Authorization"] == f"Token {token}"
    address = f"https://user:{token}@rapidpro.example.org"
    elsewhere = polycast.connect("textit", token="t", host=address)
    shown = [repr(elsewhere.provider.settings), repr(elsewhere.api)]
    shown += [
        repr(each)
        for each in (client, client.provider, client.provider.settings, client.api, client.features)
    ]
    wire.answer(403, json={"detail": f"Invalid token {token}", token: [token]})
    wire.answer(400, f"<html><title>{token}</title></html>")
    wire.answer(200, json={"id": token})
    wire.lose(
        requests.ConnectionError(urllib3.exceptions.ProtocolError(f"Authorization: Token {token}"))
    )
    for _ in range(4):
        with pytest.raises(PolycastError) as caught:
            client.send(HELLO)
        error = caught.value
        shown += ["".join(traceback.format_exception(error)), repr(vars(error))]
    shown += [record.getMessage() for record in caplog.records]
    assert [text for text in shown if token in text] == []
    assert any("***" in text for text in shown)
