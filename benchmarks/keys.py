"""One TextIt send with a key kept in a ledger, against the same send without."""

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import polycast
from polycast import Message
from polycast.campaign import Ledger
from polycast.client import Client

from benchmarks.campaign_server import serving
from benchmarks.rounds import Comparison, compare
from benchmarks.server import BROADCAST

__all__ = ["run"]

#: The URL of an empty database, to measure a ledger in PostgreSQL as well.
POSTGRESQL: Final = "POLYCAST_BENCHMARK_POSTGRESQL"
MESSAGE: Final = Message("+250788123123", text="Your table is ready")
_LATENCY: Final = 0.05


def run(*, rounds: int) -> list[Comparison]:
    """Measure with a provider that takes 50 ms, and with one that answers at once."""
    return [
        _compare("One send to a provider that takes 50 ms", _LATENCY, 1.3, rounds),
        _compare("One send over loopback alone", 0.0, None, rounds),
    ]


def _compare(title: str, latency: float, target: float | None, rounds: int) -> Comparison:
    with (
        serving(BROADCAST, status="201 Created", seconds=latency) as address,
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        client = stack.enter_context(
            polycast.connect("textit", token="d4a8e4ee06a1", base_url=f"{address}/api/v2")
        )
        contenders: dict[str, Callable[[], object]] = {
            "client.send": lambda: client.send(MESSAGE),
        }
        ledgers = {"SQLite": str(Path(folder, "ledger.sqlite"))}
        if POSTGRESQL in os.environ:
            ledgers["PostgreSQL"] = os.environ[POSTGRESQL]
        for name, url in ledgers.items():
            ledger = stack.enter_context(Ledger.open(url))
            contenders |= _with_ledger(name, ledger, client, prefix=f"{latency} {os.getpid()}")
        seconds = compare(contenders, calls=40, rounds=rounds)
    return Comparison(title, "client.send", "ledger.send(key=)", target, seconds)


def _with_ledger(
    name: str, ledger: Ledger, client: Client, *, prefix: str
) -> Mapping[str, Callable[[], object]]:
    numbers = count()
    send = partial(ledger.send, client, MESSAGE)
    return {
        f"ledger.send(key=), {name}": lambda: send(key=f"{prefix} {next(numbers)}"),
        f"ledger.send, no key, {name}": send,
        f"the same key again, {name}": lambda: send(key=f"{prefix} same"),
    }
