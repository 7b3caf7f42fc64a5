"""Processes that live on: after their ledger was away, and after a sleep past their lease."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
from polycast import Broadcast, Recipient, connect, sandbox
from polycast.campaign import BatchState, Ledger
from polycast.campaign import leases as owners
from polycast.campaign import store as stores
from polycast.campaign.leases import dead_owners
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import LedgerError
from sqlalchemy import make_url

from .conftest import Scripted, expected
from .killing import Clock, numbers
from .test_leases import ids
from .test_servers import connected

LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@contextmanager
def administering(url: str) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Yield what sends a test's database away, and what brings it back."""
    name = make_url(url).database
    with connected(url, "postgres") as own:

        def leave() -> None:
            own.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            own.execute(LEAVE, [name])

        def come_back() -> None:
            own.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

        yield leave, come_back
        come_back()


def until(true: Callable[[], Any]) -> None:
    """Wait until it is so."""
    for _ in range(6_000):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("It never came to that.")


def test_a_ledger_that_is_away_for_a_moment_costs_nothing(
    postgresql: Callable[[], str], client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Its server goes while calls are under way, and comes back: every answer is written down.

    No batch is in doubt, although this provider cannot be asked.
    """
    url = postgresql()
    with Ledger.open(url) as ledger, administering(url) as (leave, come_back):
        campaign = ledger.plan(client, broadcast)

        def away(_: Broadcast) -> None:
            leave()
            threading.Timer(2.0, come_back).start()

        provider.deeds.append(away)
        report = campaign.run(client, workers=2)

    assert report.states == {"queued": 35}
    assert provider.asked == 0
    assert provider.got() == expected(broadcast)


def test_what_a_living_process_could_not_write_down_is_settled_later(
    postgresql: Callable[[], str],
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ledger that is away for longer fails the run; later another run sends the rest.

    The batch that was in flight is not kept for ever by the process, which lives on.
    """
    monkeypatch.setattr(stores, "_PATIENCE", 0.1)
    monkeypatch.setattr(owners, "_AGAIN", 0.05)
    url = postgresql()
    watching = Store(url)
    with Ledger.open(url) as ledger, administering(url) as (leave, come_back):
        campaign = ledger.plan(client, broadcast)
        provider.deeds.append(lambda _: leave())
        with pytest.raises(LedgerError):
            campaign.run(client, workers=1)
        come_back()
        assert campaign.progress().batches[BatchState.SUBMITTING] == 1
        until(lambda: not ids(watching))

        report = campaign.run(client, in_flight_grace=0.0)
        campaign.delete()
    watching.close()

    assert report.states == {"queued": 35}
    assert provider.got() == expected(broadcast)


#: Runs a campaign as on another machine, and sleeps once, just before the first byte of a call.
SLEEPER = """
import os, signal, sys
import polycast, polycast.sandbox
from polycast.campaign import Ledger, leases

url, campaign, base_url, lease, where = sys.argv[1:]
leases.LEASE = float(lease)
leases.machine = lambda: "far away"


def sleep_once(function):
    def asleep(*args, **named):
        if slept.append(True) or len(slept) == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        return function(*args, **named)

    slept = []
    return asleep


if where == "try":
    from polycast.wire.transport import Transport
    Transport.exchange = sleep_once(Transport.exchange)
else:
    from polycast.wire import adapter
    adapter.urlsplit = sleep_once(adapter.urlsplit)

settings = {**polycast.sandbox.installed()["hyber"].settings(), "base_url": base_url}
with Ledger.open(url) as ledger, polycast.connect("hyber", **settings) as hyber:
    ledger.campaign(campaign).run(hyber, workers=1, in_flight_grace=0.0)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system stops no processes")
@pytest.mark.parametrize("where", ["try", "first byte"])
def test_who_slept_past_its_lease_sends_nothing(
    postgresql: Callable[[], str], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process sleeps between claim and first byte, another one sends its batch: sent once."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    lease = 1.5
    monkeypatch.setattr(owners, "LEASE", lease)
    url = postgresql()
    kind = sandbox.installed()["hyber"]
    people = [Recipient(number) for number in islice(numbers(), 40)]
    store = Store(url)
    with sandbox.host([kind(Clock())]) as hosted, Ledger.open(url) as ledger:
        base_url = hosted.base_url("hyber")
        settings: dict[str, Any] = {**kind.settings(), "base_url": base_url}
        with connect("hyber", **settings) as hyber:
            broadcast = Broadcast(text="Hi", recipients=people)
            campaign = ledger.plan(hyber, broadcast, batch_size=10)
            sleeper = subprocess.Popen(
                [sys.executable, "-c", SLEEPER, url, campaign.id, base_url, str(lease), where]
            )
            try:
                _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
                assert os.WIFSTOPPED(status)
                [owner] = ids(store)
                until(lambda: dead_owners(store, {owner}))

                campaign.run(hyber, in_flight_grace=0.0)
                sleeper.send_signal(signal.SIGCONT)
                assert sleeper.wait(120) == 0
            finally:
                sleeper.kill()
        got = Counter(message.to for message in hosted.sandboxes["hyber"].accepted)
        report = campaign.report()
    store.close()

    assert set(got.values()) == {1}
    assert len(got) == len(people)
    assert report.progress.recipients[BatchState.ACCEPTED] == len(people)
