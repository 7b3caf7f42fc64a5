"""A TextIt client over a wire that answers from a list."""

from typing import Any, Protocol

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire


class Told(Protocol):
    """Makes a broadcast as TextIt tells it."""

    def __call__(self, **changes: object) -> dict[str, Any]: ...


@pytest.fixture
def told() -> Told:
    """A broadcast as TextIt tells it, with what a test changes; `...` leaves a field out."""

    def make(**changes: object) -> dict[str, Any]:
        broadcast: dict[str, Any] = {
            "id": 1234,
            "urns": ["tel:+250788123123"],
            "contacts": [],
            "groups": [],
            "text": {"eng": "Hello"},
            "attachments": {"eng": []},
            "base_language": "eng",
            "status": "queued",
            "created_on": "2026-01-02T17:28:12.123456Z",
            **changes,
        }
        return {name: value for name, value in broadcast.items() if value is not ...}

    return make


@pytest.fixture
def textit(wire: CannedWire) -> Client:
    """A client of TextIt over that wire."""
    return wire.attach(polycast.connect("textit", token="t0ken"))
