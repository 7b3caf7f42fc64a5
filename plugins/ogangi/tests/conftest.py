"""An Ogangi client over a wire that answers from a list."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import polycast
import pytest
from polycast import Client
from polycast.sandbox import Hosted, ManualClock, host
from polycast.testing import CannedWire, at
from polycast_ogangi.sandbox import OgangiSandbox

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


@pytest.fixture
def server() -> OgangiSandbox:
    """A server; its clock is early on 1 January 2026."""
    return OgangiSandbox(ManualClock(datetime(2026, 1, 1, 3, 59, 58, 654321, tzinfo=UTC)))


@pytest.fixture
def hosted(server: OgangiSandbox) -> Iterator[Hosted]:
    """That server on loopback; every request that it gets must fit the spec."""
    with host([server]) as where:
        yield where
    assert [request.problems for request in server.requests if request.problems] == []


@pytest.fixture
def online(server: OgangiSandbox, hosted: Hosted) -> Iterator[Client]:
    """A client of that server over real HTTP."""
    settings: dict[str, Any] = server.settings()
    with polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **settings) as client:
        client.api.transport.clock = lambda: server.clock.now().timestamp()
        yield client


@pytest.fixture(autouse=True)
def time_of_the_documents() -> Iterator[None]:
    """The samples' dates are in the future: a message for the past is refused."""
    with at(datetime(2010, 1, 1, tzinfo=UTC)):
        yield
