"""An Ogangi client over a wire that answers from a list."""

from collections.abc import Callable
from typing import Any

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire

#: Connects to workspace 8 with these settings changed.
Connect = Callable[..., Client]


@pytest.fixture
def connect(wire: CannedWire) -> Connect:
    """Makes clients over that wire."""

    def make(**changes: object) -> Client:
        settings: dict[str, Any] = {
            "instance_id": 8,
            "user_name": "peter",
            "public_key": "PUBLIC-SENTINEL",
            "private_key": "PRIVATE-SENTINEL",
            "shortcode": "0434",
        }
        return wire.attach(polycast.connect("ogangi", **{**settings, **changes}))

    return make


@pytest.fixture
def client(connect: Connect) -> Client:
    """A client of workspace 8."""
    return connect()
