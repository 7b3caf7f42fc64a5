"""A ledger that was opened before a fork, and what the child does with it."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from polycast import Broadcast, Limiter, Recipient
from polycast.campaign import Ledger
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.wrappers import SuppressionList

from .conftest import FEATURES, Scripted

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    # A process with threads forks here on purpose.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

HELLO = Broadcast(text="Hi", recipients=[Recipient(f"+1212555{n:04}") for n in range(25)])


def forked(work: Callable[[], None]) -> int:
    """Do something in a forked child; return how it ended, 0 for well, 14 for never."""
    child = os.fork()
    if not child:
        try:
            # SIGALRM ends what would hang.
            signal.alarm(60)
            work()
        except BaseException:  # noqa: BLE001 - told by how it ends
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run(ledger: Ledger, campaign: str) -> None:
    """Send a campaign, and see that all of it was sent."""
    provider = Scripted(FEATURES)
    report = ledger.campaign(campaign).run(Client("scripted", provider), workers=2)
    assert report.states == {"queued": 25}
    assert sum(provider.got().values()) == 25


def test_a_child_runs_a_campaign_of_its_parents_ledger(ledger: Ledger) -> None:
    """Opened and used before the fork, the ledger works in children and in the parent at once."""
    client = Client("scripted", Scripted(FEATURES))
    first, second, third = (ledger.plan(client, HELLO).id for _ in range(3))

    children = [multiprocessing.get_context("fork").Process(target=run, args=(ledger, each))
                for each in (first, second)]  # fmt: skip
    for child in children:
        child.start()
    run(ledger, third)
    for child in children:
        child.join(120)

    assert [child.exitcode for child in children] == [0, 0]
    for id in (first, second, third):
        assert ledger.campaign(id).report().states == {"queued": 25}


def run_by_url(url: str, campaign: str) -> None:
    """What a process that was not forked from this one does."""
    with Ledger.open(url) as ledger:
        run(ledger, campaign)


def test_a_process_of_a_fork_server_opens_it_by_its_url(url: str) -> None:
    """While the parent has the ledger open, a process of a fork server works on it as well."""
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(Client("scripted", Scripted(FEATURES)), HELLO)
        child = multiprocessing.get_context("forkserver").Process(
            target=run_by_url, args=(url, campaign.id)
        )
        child.start()
        child.join(120)

        assert child.exitcode == 0
        assert campaign.report().states == {"queued": 25}


def test_a_ledger_is_not_pickled(ledger: Ledger) -> None:
    """Its URL may hold a password: a pickle says in a sentence what to do instead."""
    with pytest.raises(TypeError, match="Open it by its URL"):
        pickle.dumps(ledger)


def test_a_fork_in_the_middle_of_transactions_hangs_nobody(url: str) -> None:
    """Threads that write all the time do not keep a child from writing, again and again."""
    with Ledger.open(url) as ledger:
        client = Client("scripted", Scripted(FEATURES))
        campaign = ledger.plan(client, HELLO)
        over = threading.Event()

        def write() -> None:
            store = ledger._store
            while not over.wait(0.005):
                with store.write() as connection:
                    connection.exec_driver_sql("SELECT 1")

        def plan() -> None:
            ledger.plan(client, HELLO)

        threads = [threading.Thread(target=write) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            ends = [forked(lambda: run(ledger, campaign.id))]
            ends += [forked(plan) for _ in range(3)]
        finally:
            over.set()
            for thread in threads:
                thread.join()

        assert ends == [0] * 4
        assert len(list(ledger.campaigns())) == 4
        assert campaign.report().states == {"queued": 25}


def test_the_child_opens_connections_of_its_own(tmp_path: Path) -> None:
    """No open file of the parent's database is left in the child, which SQLite must not share."""
    path = tmp_path / "ledger.sqlite"

    def opened() -> int:
        names = [str(each.resolve()) for each in Path("/proc/self/fd").iterdir()]
        return sum(name.startswith(str(path)) for name in names)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("this system has no /proc")
    store = Store(path)
    assert opened()

    def look() -> None:
        assert opened() == 0
        with store.write() as connection:
            connection.exec_driver_sql("SELECT 1")

    assert forked(look) == 0
    store.close()


@pytest.mark.parametrize("kind", ["limiter", "suppression list"])
def test_a_lock_that_was_held_is_free_in_the_child(kind: str) -> None:
    """A thread of the parent that was inside a limiter or a list keeps no child waiting."""
    limiter, listed = Limiter("5/s"), SuppressionList(addresses=["+12125550000"])
    lock = limiter._lock if kind == "limiter" else listed._lock
    inside, over = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            inside.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(60)

    def use() -> None:
        assert limiter.delay(1) == 0.0
        assert listed.suppression_reason("+12125550000")

    ended = forked(use)
    over.set()
    thread.join()
    assert ended == 0
