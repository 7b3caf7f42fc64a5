"""An sms.by client over a wire that answers from a list."""

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire


@pytest.fixture
def smsby(wire: CannedWire) -> Client:
    """A client of sms.by over that wire."""
    return wire.attach(polycast.connect("smsby", token="t0ken", alphaname_id=123))
