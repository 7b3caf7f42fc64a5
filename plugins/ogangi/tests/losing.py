"""Replies of Ogangi that are lost on purpose, and the time after."""

from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import Broadcast, Client, Message, OutcomeUnknown, Recipient
from polycast.sandbox import LoseReply, ManualClock, Truncate
from polycast_ogangi.sandbox import OgangiSandbox

__all__ = ["GUESTS", "LATER", "LOST", "SINCE", "STRANGERS", "go_on", "lose", "ok", "sends"]

GUESTS = [
    Recipient("+380961234567", {"name": 'Іван "Ваня"'}, reference="guest 1"),
    Recipient("+380962345678", {"name": "Олена"}),
]
#: Others, who would read the same.
STRANGERS = [
    Recipient("+380973456789", {"name": 'Іван "Ваня"'}),
    Recipient("+380974567891", {"name": "Олена"}),
]
LATER = datetime(2026, 1, 3, 15, 30, 20, tzinfo=UTC)
#: Before what a canned wire tells.
SINCE = datetime(2026, 1, 2, 17, 0, tzinfo=UTC)
LOST = [LoseReply(), LoseReply(reset=True), Truncate()]


def lose(client: Client, server: OgangiSandbox, request: Message | Broadcast, fault: Any) -> None:
    """Send it, and get no reply."""
    server.faults.add(fault)
    with pytest.raises(OutcomeUnknown):
        client.send(request) if isinstance(request, Message) else client.send_bulk(request)


def sends(server: OgangiSandbox) -> int:
    """How many requests to send something there were."""
    return [entry.method for entry in server.requests].count("POST")


def go_on(server: OgangiSandbox, start: datetime | None = None) -> None:
    """Let the time pass in which a broadcast that starts then sends its messages."""
    assert isinstance(server.clock, ManualClock)
    now = server.clock.now()
    # Ogangi starts at full minutes.
    server.clock.advance((max(start or now, now) - now).total_seconds() + 61)


def ok(result: str = "") -> str:
    """An answer with this result."""
    inner = f"<result>{result}</result>" if result else ""
    return f"<input>x</input><status>OK</status><description>Completed</description>{inner}"
