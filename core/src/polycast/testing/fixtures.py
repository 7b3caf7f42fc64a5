"""Fixtures for pytest; there wherever Polycast is installed, once a test asks for them."""

from collections.abc import Iterator

import pytest

from polycast.testing.canned import CannedWire

__all__ = ["wire"]


@pytest.fixture
def wire() -> Iterator[CannedWire]:
    """A wire that answers from a list; every answer laid out must have been asked for."""
    canned = CannedWire()
    yield canned
    canned.assert_used_up()
