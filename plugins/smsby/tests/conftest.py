"""An sms.by client over a wire that answers from a list."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire, at


@pytest.fixture
def smsby(wire: CannedWire) -> Client:
    """A client of sms.by over that wire."""
    return wire.attach(polycast.connect("smsby", token="t0ken", alphaname_id=123))


@pytest.fixture(autouse=True)
def time_of_the_documents() -> Iterator[None]:
    """The samples' dates are in the future: a message for the past is refused."""
    with at(datetime(2010, 1, 1, tzinfo=UTC)):
        yield
