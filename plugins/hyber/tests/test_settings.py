"""What an account's settings do: three hosts, credentials, the clock of start times."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    Recipient,
    SettingsError,
    Unsupported,
)
from polycast.testing import CannedWire
from polycast_hyber import Hyber

Connect = Callable[..., Client]

JOE = Recipient("+380961111111", {"name": "Joe"}, reference="joe")
FUTURE = datetime(2130, 1, 1, 9, tzinfo=UTC)


def reply(hyber: Client, wire: CannedWire, **content: Any) -> Any:
    """What leaves for a message with this content."""
    wire.answer(json={"message_id": "m"})
    hyber.send(Message("+380961111111", **content))
    return wire.sent[-1].json


def test_three_hosts(connect: Connect, wire: CannedWire) -> None:
    """The site is part of each; base_url stands for all, and each can be named by itself."""

    def hosts(**settings: str) -> list[str]:
        hyber = connect(**settings)
        wire.answer(json={"message_id": "m"}).answer(json={"job_id": "j"}).answer(json={})
        hyber.send(Message("+380961111111", text="Hi"))
        hyber.send_bulk(Broadcast(text="Hi", recipients=[JOE]))
        hyber.status("message:m")
        return [each.url.rpartition("/42")[0] for each in wire.sent[-3:]]

    assert hosts() == [f"https://{name}.hyber.im" for name in ("api-v2", "proxy", "dr-v2")]
    assert hosts(site="kyiv") == [
        f"https://{name}-kyiv.hyber.im" for name in ("api-v2", "proxy", "dr-v2")
    ]
    assert hosts(base_url="http://h:1/x/") == ["http://h:1/x"] * 3
    named = {"single_url": "http://s", "campaign_url": "http://c", "report_url": "http://r"}
    assert hosts(**named, base_url="http://h") == ["http://s", "http://c", "http://r"]
    assert hosts(report_url="http://r", site="kyiv") == [
        "https://api-v2-kyiv.hyber.im",
        "https://proxy-kyiv.hyber.im",
        "http://r",
    ]


def test_credentials_outside_ascii(connect: Connect, wire: CannedWire) -> None:
    """Login and password travel as UTF-8."""
    wire.answer(json={"message_id": "m"})
    connect(login="Їжак", password="пароль €").send(Message("+380961111111", text="Hi"))
    scheme, _, encoded = wire.sent[0].headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(encoded).decode()) == ("Basic", "Їжак:пароль €")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"login": "a:b"}, "colon"),
        ({"login": " "}, "login is empty"),
        ({"client_id": ""}, "client_id is empty"),
        ({"password": ""}, "the secret is empty"),
        ({"timezone": "Kyiv"}, "IANA"),
        ({"site": "a/b"}, "site cannot be part"),
        ({"report_url": "dr.hyber.im"}, "base_url does not start with http"),
    ],
)
def test_settings_that_cannot_be(wrong: dict[str, str], words: str) -> None:
    """What cannot be part of a request is refused when connecting."""
    settings: dict[str, Any] = {"login": "l", "password": "p", "client_id": "42", **wrong}
    with pytest.raises(SettingsError, match=words):
        polycast.connect("hyber", **settings)


def test_the_clock_that_start_times_are_written_by(connect: Connect, wire: CannedWire) -> None:
    """The setting chooses the clock, never the moment."""
    body = reply(connect(timezone="Europe/Kyiv"), wire, text="Hi", send_at=FUTURE)
    assert body["start_time"] == "2130-01-01 11:00:00+02:00"


def test_it_cannot_be_controlled(hyber: Client) -> None:
    """Hyber offers no way to pause or stop what it has."""
    with pytest.raises(Unsupported, match="cannot pause"):
        hyber.control("job:1", polycast.Action.PAUSE)
    assert not Hyber.features.actions
