"""Fixtures for pytest; there wherever Polycast is installed, once a test asks for them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from polycast.testing.canned import CannedWire
    from polycast.testing.outboxes import Outbox

__all__ = ["outbox", "wire"]


@pytest.fixture
def wire() -> "Iterator[CannedWire]":
    """A wire that answers from a list; every answer laid out must have been asked for."""
    # Imported here, because pytest loads this module for tests that need no network as well.
    from polycast.testing.canned import CannedWire

    canned = CannedWire()
    yield canned
    canned.assert_used_up()


@pytest.fixture
def outbox() -> "Iterator[Outbox]":
    """What a script sends under test: every `polycast.connect` leads here, and to no provider."""
    from polycast.testing import outboxes

    with outboxes.outbox() as box:
        yield box
