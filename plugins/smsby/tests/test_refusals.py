"""What sms.by cannot be told is refused in a sentence, before any request."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from polycast import Broadcast, Client, Message, Recipient, Unsupported, UsageError
from polycast.testing import CannedWire
from polycast_smsby import Options

ANN = "+375291111111"
VIBER = Options(forwarding_message=True, vibername_id=9)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"forwarding_time": 4}, "minutes from 5 to 60, not 4"),
        ({"forwarding_time": 61}, "minutes from 5 to 60, not 61"),
        ({"forwarding_time": 7.5}, "whole number of minutes"),
        ({"forwarding_time": True}, "whole number of minutes"),
        ({"forwarding_time": timedelta(minutes=5)}, "whole number of minutes"),
        ({"forwarding_message": 1}, "forwarding_message is True or False, not 1"),
        ({"alphaname_id": "1363"}, "alphaname_id is a whole number, at least 0, not '1363'"),
        ({"alphaname_id": -1}, "alphaname_id is a whole number, at least 0, not -1"),
        ({"vibername_id": "Cafe"}, "vibername_id is a whole number, at least 0, not 'Cafe'"),
    ],
)
def test_options_that_mean_nothing(fields: dict[str, Any], words: str) -> None:
    """They are refused where they are made."""
    with pytest.raises(UsageError, match=words):
        Options(**fields)


def test_the_limits_of_the_page_are_allowed() -> None:
    """Five minutes and sixty are in."""
    assert [Options(forwarding_time=each).forwarding_time for each in (5, 60)] == [5, 60]


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"channels": ("viber",)}, Unsupported, "cannot be told the channels viber: it sends by"),
        ({"channels": ("viber", "sms")}, Unsupported, "cannot be told the channels viber, sms"),
        ({"channels": ("sms", "sms")}, Unsupported, "cannot be told the channels sms, sms"),
        ({"channels": ("whatsapp",)}, Unsupported, "does not send by 'whatsapp'"),
        ({"channels": ("sms", "viber")}, UsageError, r"Options\(vibername_id=...\)"),
        ({"options": Options(forwarding_message=True)}, UsageError, "number of the Viber name"),
        ({"options": Options(vibername_id=9)}, UsageError, "vibername_id belongs to forwarding"),
        (
            {"options": Options(forwarding_message=False, forwarding_time=9)},
            UsageError,
            "forwarding_time belongs to forwarding",
        ),
        ({"channels": ("sms",), "options": VIBER}, UsageError, "contradict each other"),
        (
            {"channels": ("sms", "viber"), "options": Options(forwarding_message=False)},
            UsageError,
            "contradict each other",
        ),
        ({"sender": "VasheImya"}, Unsupported, "by number, not by name such as 'VasheImya'"),
        ({"sender": "007"}, Unsupported, "knows senders by number"),
        ({"sender": "\u0667"}, Unsupported, "knows senders by number"),
        ({"sender": "7", "options": Options(alphaname_id=8)}, UsageError, "give one"),
        ({"ttl": timedelta(hours=1)}, Unsupported, "cannot be told ttl"),
        ({"media": ["https://example.org/cat.jpg"]}, Unsupported, "cannot be told media"),
        ({"media": [Path("menu.png")]}, Unsupported, "cannot be told media"),
        ({"options": object()}, Unsupported, "give polycast_smsby.Options"),
        (
            {"send_at": datetime.max.replace(tzinfo=UTC)},
            UsageError,
            "send_at is out of range",
        ),
    ],
)
def test_what_smsby_cannot_be_told(
    smsby: Client, wire: CannedWire, fields: dict[str, Any], kind: type[UsageError], words: str
) -> None:
    """Nothing is dropped in silence, in a message or in a broadcast."""
    with pytest.raises(kind, match=words):
        smsby.send(Message(ANN, text="Hello", **fields))
    with pytest.raises(kind, match=words):
        smsby.send_bulk(Broadcast(text="Hello", recipients=[ANN], **fields))
    assert wire.sent == []


@pytest.mark.parametrize(
    "fields", [{"options": VIBER}, {"channels": ("sms", "viber"), "options": VIBER}]
)
def test_only_one_message_alone_is_forwarded(
    smsby: Client, wire: CannedWire, fields: dict[str, Any]
) -> None:
    """The call for mailings, which also carries times and callbacks, has no place for it."""
    later = {"send_at": datetime(2099, 1, 1, tzinfo=UTC)}
    hook = {"callback_url": "https://example.org"}
    with pytest.raises(Unsupported, match="forwards to Viber only what it sends as one message"):
        smsby.send_bulk(Broadcast(text="Hello", recipients=[ANN], **fields))
    for more in (later, hook):
        with pytest.raises(Unsupported, match="forwards to Viber only"):
            smsby.send(Message(ANN, text="Hello", **fields, **more))
    assert wire.sent == []


@pytest.mark.parametrize("to", ["contact:17", "group:VIP", "viber:+375291111111", "tel:0291111"])
def test_addresses_that_are_no_numbers(smsby: Client, wire: CannedWire, to: str) -> None:
    """One such recipient stops the whole broadcast, and nobody is sent anything."""
    with pytest.raises(UsageError, match=r"takes? "):
        smsby.send(Message(to, text="Hello"))
    with pytest.raises(UsageError, match=r"takes? "):
        smsby.send_bulk(Broadcast(text="Hello", recipients=[ANN, to]))
    assert wire.sent == []


def test_somebody_with_nothing_to_read(smsby: Client, wire: CannedWire) -> None:
    """Options say nothing, and a template may turn out empty for one person."""
    with pytest.raises(UsageError, match=r"nothing to say to \+375291111111"):
        smsby.send(Message(ANN, options=Options()))
    with pytest.raises(UsageError, match="nothing to say to tel:375292222222"):
        smsby.send_bulk(
            Broadcast(recipients=[Recipient(ANN, text="Hi"), "tel:375292222222"], options=Options())
        )
    with pytest.raises(UsageError, match=r"tel:375292222222: it has nothing in {greeting}"):
        smsby.send_bulk(
            Broadcast(
                text="{greeting}",
                recipients=[
                    Recipient(ANN, {"greeting": "Hi"}),
                    Recipient("tel:375292222222", {"greeting": " "}),
                ],
            )
        )
    assert wire.sent == []
