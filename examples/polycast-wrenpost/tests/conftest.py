"""Wrenpost over a wire that answers from a list."""

from typing import Any

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire

from polycast_wrenpost.sandbox import WrenpostSandbox


@pytest.fixture
def canned() -> CannedWire:
    """A wire that answers from a list."""
    return CannedWire()


@pytest.fixture
def wrenpost(canned: CannedWire) -> Client:
    """A client over that wire."""
    settings: dict[str, Any] = WrenpostSandbox.settings()
    return canned.attach(polycast.connect("wrenpost", **settings))
