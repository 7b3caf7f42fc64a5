"""What an account is set up with, and what a subclass can put right."""

from collections.abc import Callable

import polycast
import pytest
from polycast import (
    Action,
    Broadcast,
    Client,
    SettingsError,
)
from polycast.testing import CannedWire
from polycast_ogangi import Ogangi, Settings
from polycast_ogangi.recipients import Entry

#: Connects to workspace 8 with these settings changed.
Connect = Callable[..., Client]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user_name": "a/b"}, "user_name is part of every address"),
        ({"public_key": "a/b"}, "public_key is part of every address"),
        ({"shortcode": ""}, "shortcode is part of every address"),
        ({"shortcode": 434}, "shortcode: a string in quotes is needed"),
        ({"instance_id": "eight"}, "instance_id: a whole number is needed"),
        ({"timezone": "Mars/Olympus"}, "timezone is an IANA name"),
        ({"timezone": "../etc"}, "timezone is an IANA name"),
        ({"signature_encoding": "octal"}, "one of 'hex', 'base64', 'base64url' is needed"),
        ({"dialect": "tabs"}, "one of 'csv', 'legacy-semicolon' is needed"),
    ],
)
def test_settings_are_checked(connect: Connect, changes: dict[str, object], sentence: str) -> None:
    """A setting that cannot work is refused when connecting, without repeating it."""
    with pytest.raises(SettingsError, match=sentence):
        connect(**changes)


def test_base_url_keeps_its_path(wire: CannedWire, connect: Connect) -> None:
    """An address with a path of its own is taken as it is."""
    client = connect(base_url="http://customer.ogangi.com/mmc/")
    wire.answer(200, "<status>OK</status>")
    client.control("broadcast:1542", Action.PAUSE)
    assert wire.sent[0].url.startswith(
        "http://customer.ogangi.com/mmc/rest/api/suspendBroadcast/8/1542/"
    )


@pytest.mark.parametrize("encoding", ["base64", "base64url"])
def test_signature_stays_one_segment(wire: CannedWire, connect: Connect, encoding: str) -> None:
    """A signature with slashes, pluses and equal signs is escaped whole."""
    client = connect(signature_encoding=encoding)
    for number in range(20):
        wire.answer(200, "<status>OK</status>")
        client.control(f"broadcast:{number}", Action.PAUSE)
        assert wire.sent[-1].path.count("/") == 8
        assert len(wire.sent[-1].segments[-1]) == 44


def test_what_is_assumed_can_be_replaced(wire: CannedWire) -> None:
    """A subclass can sign in another way, and write another JSON."""

    class Corrected(Ogangi):
        def sign(self, values: object) -> str:
            return "signed"

        def write_recipients(self, entries: object) -> str:
            assert isinstance(entries, list)
            assert isinstance(entries[0], Entry)
            return "corrected"

    provider = Corrected(
        Settings(
            instance_id=8,
            user_name="peter",
            public_key=polycast.Secret("PUBLIC"),
            private_key=polycast.Secret("PRIVATE"),
            shortcode="0434",
        )
    )
    client = wire.attach(Client("ogangi", provider))
    wire.answer(200, "<status>OK</status><result><broadcast><id>1</id></broadcast></result>")
    client.send_bulk(Broadcast(text="Hi", recipients=["+380961111111"]))
    assert wire.sent[0].segments[-1] == "signed"
    assert wire.sent[0].form == {"to": ["corrected"]}
