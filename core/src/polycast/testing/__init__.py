"""What tests of providers, and of scripts that use them, are made with.

The contract of providers, `ProviderContract` and what is filled in there, needs the extra
`polycast[testing]`. Every name is imported when it is first used: pytest loads this package
wherever Polycast is installed, also for tests that have nothing to do with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polycast.testing.canned import CannedWire, Sent
    from polycast.testing.contract import (
        WORD,
        ProviderContract,
        Pushed,
        Refusal,
        Unfilled,
        Vocabulary,
    )
    from polycast.testing.gateway import InMemoryGateway, SentMessage
    from polycast.testing.memory import Memory
    from polycast.testing.moments import at
    from polycast.testing.outboxes import Outbox, outbox

__all__ = [
    "WORD",
    "CannedWire",
    "InMemoryGateway",
    "Memory",
    "Outbox",
    "ProviderContract",
    "Pushed",
    "Refusal",
    "Sent",
    "SentMessage",
    "Unfilled",
    "Vocabulary",
    "at",
    "outbox",
]

#: Which room each name is in.
_ROOMS = {
    "WORD": "contract",
    "CannedWire": "canned",
    "Memory": "memory",
    "Outbox": "outboxes",
    "InMemoryGateway": "gateway",
    "SentMessage": "gateway",
    "ProviderContract": "contract",
    "Pushed": "contract",
    "Refusal": "contract",
    "Sent": "canned",
    "Unfilled": "contract",
    "Vocabulary": "contract",
    "at": "moments",
    "outbox": "outboxes",
}


def __getattr__(name: str) -> object:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"polycast.testing.{room}"), name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"polycast.testing.{name} needs {error.name}: install polycast[testing].",
            name=error.name,
        ) from error
