"""A Mozes client over a wire that answers from a list."""

from collections.abc import Callable
from typing import Any, Protocol

import polycast
import pytest
from polycast import Client
from polycast.testing import CannedWire

#: Connects to project 456442 with these settings changed.
Connect = Callable[..., Client]


class Told(Protocol):
    """Makes an answer of Mozes's around a response."""

    def __call__(
        self, response: object = ..., *, code: object = 0, name: str = "OK", text: str = "OK"
    ) -> dict[str, Any]: ...


@pytest.fixture
def told() -> Told:
    """An answer as Mozes tells it; an empty list where there is nothing to tell."""

    def make(
        response: object = (), *, code: object = 0, name: str = "OK", text: str = "OK"
    ) -> dict[str, Any]:
        status = {"code": code, "name": name, "description": text}
        return {"status": status, "response": response}

    return make


@pytest.fixture
def connect(wire: CannedWire) -> Connect:
    """Makes clients over that wire."""

    def make(**changes: object) -> Client:
        settings: dict[str, Any] = {
            "api_key": "KEY-SENTINEL",
            "shared_secret": "SECRET-SENTINEL",
            "project_id": 456442,
        }
        return wire.attach(polycast.connect("mozes", **{**settings, **changes}))

    return make


@pytest.fixture
def client(connect: Connect) -> Client:
    """A client of project 456442."""
    return connect()
