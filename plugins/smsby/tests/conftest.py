"""An sms.by client over a wire that answers from a list."""

from collections.abc import Iterator

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire


@pytest.fixture
def wire() -> Iterator[CannedWire]:
    """The wire; every answer that a test lays out must have been asked for."""
    wire = CannedWire()
    yield wire
    wire.assert_used_up()


@pytest.fixture
def smsby(wire: CannedWire) -> Client:
    """A client of sms.by over that wire."""
    return wire.attach(polycast.connect("smsby", token="t0ken", alphaname_id=123))
