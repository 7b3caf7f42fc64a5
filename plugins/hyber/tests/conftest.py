"""A Hyber client over a wire that answers from a list."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire, at

#: Connects as client 42 with these settings changed.
Connect = Callable[..., Client]


@pytest.fixture
def connect(wire: CannedWire) -> Connect:
    """Makes clients over that wire."""

    def make(**changes: object) -> Client:
        settings: dict[str, Any] = {
            "login": "reception",
            "password": "PASSWORD-SENTINEL",
            "client_id": "42",
            "sms_sender": "GMSU",
        }
        return wire.attach(polycast.connect("hyber", **{**settings, **changes}))

    return make


@pytest.fixture
def hyber(connect: Connect) -> Client:
    """A client over that wire."""
    return connect()


@pytest.fixture(autouse=True)
def time_of_the_documents() -> Iterator[None]:
    """The samples' dates are in the future: a message for the past is refused."""
    with at(datetime(2010, 1, 1, tzinfo=UTC)):
        yield
