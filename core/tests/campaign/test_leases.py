"""Processes that have batches, and what the ledger keeps of those that have ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from polycast import Broadcast
from polycast.campaign import BatchState, Ledger, schema
from polycast.campaign import leases as owners
from polycast.campaign.batch_builder import Claim
from polycast.campaign.batches import claim
from polycast.campaign.leases import Lease, dead_owners
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import LedgerError
from sqlalchemy import select

from .conftest import Scripted

_o = schema.owners.c


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


def ids(store: Store) -> set[str]:
    """Who is written down as an owner."""
    with store.read() as connection:
        return set(connection.scalars(select(_o.id)))


def sign(store: Store, id: str, *, silent: float = 0.0, machine: str | None = None) -> None:
    """Sign as a process that has ended since, on this machine or another."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    with store.write() as connection:
        connection.execute(
            schema.owners.insert().values(
                id=id,
                machine=machine or owners.machine(),
                process=f"{ended.pid} 1",
                heartbeat=time.time() - silent,
            )
        )


def test_who_has_ended_is_removed(store: Store) -> None:
    """A process that was killed is struck off by the next one that runs a campaign."""
    sign(store, "killed")

    with Lease(store) as me:
        assert ids(store) == {me.id}
    assert not ids(store)


@pytest.mark.parametrize(("silent", "stays"), [(3600.0, True), (90_000.0, False)])
def test_who_is_far_away_may_wake_up(store: Store, silent: float, stays: bool) -> None:
    """A process of another machine that is silent is only struck off after a day."""
    sign(store, "far", silent=silent, machine="far away")

    with Lease(store):
        assert ("far" in ids(store)) is stays


def test_who_still_owns_a_batch_stays(
    url: str, store: Store, client: Client, broadcast: Broadcast
) -> None:
    """What a dead process had in flight keeps its owner until somebody runs that campaign."""
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(client, broadcast)
        sign(store, "killed")
        with store.write() as connection:
            claim(connection, campaign.builder(client.features), "killed", lambda _: 0.0)

        with Lease(store):
            assert "killed" in ids(store)

        campaign.run(client, in_flight_grace=0.0)
        with Lease(store) as me:
            assert ids(store) == {me.id}


def test_who_was_struck_off_signs_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that slept for days, and is alive, is an owner again at its next heartbeat."""
    monkeypatch.setattr(owners, "LEASE", 0.1)
    with Lease(store) as me:
        with store.write() as connection:
            connection.execute(schema.owners.delete())
        for _ in range(1_000):
            if ids(store):
                break
            time.sleep(0.01)

        assert ids(store) == {me.id}


def test_nothing_is_sent_again_that_can_still_be_asked_about(
    url: str, store: Store, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """The word to send again is for what nobody can tell: not for what is asked about later.

    While another process has batches in flight the provider is not asked, and nothing repeated.
    """
    batches = schema.batches
    with Ledger.open(url) as ledger, Lease(store) as other:
        campaign = ledger.plan(client, broadcast)
        script = campaign.builder(client.features)
        with store.write() as connection:
            lost = claim(connection, script, other.id, lambda _: 0.0)
            claim(connection, script, other.id, lambda _: 0.0)
            connection.execute(
                batches.update().where(batches.c.number == 1).values(state=BatchState.IN_DOUBT)
            )
        assert isinstance(lost, Claim)
        provider.take(lost.broadcast)

        report = campaign.run(client, in_flight_grace=0, resend_in_doubt=True)

        assert report.in_doubt == 10
        assert max(provider.got().values()) == 1


@pytest.mark.parametrize(("silent", "dead"), [(0.0, False), (200.0, False), (400.0, True)])
def test_who_was_heard_of_lately_lives(store: Store, silent: float, dead: bool) -> None:
    """A process on another machine is taken for dead after five minutes of silence, not before."""
    sign(store, "far", silent=silent, machine="far away")

    assert dead_owners(store, {"far"}) == ({"far"} if dead else set())


def test_a_heartbeat_is_ones_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lives is heard of again and again; who is silent stays silent beside them."""
    monkeypatch.setattr(owners, "LEASE", 0.1)
    sign(store, "far", silent=1_000.0, machine="far away")

    def heard() -> dict[str, float]:
        with store.read() as connection:
            return {row.id: row.heartbeat for row in connection.execute(select(schema.owners))}

    with Lease(store) as me:
        first = heard()
        for _ in range(1_000):
            if heard()[me.id] > first[me.id]:
                break
            time.sleep(0.01)
        last = heard()

    assert last[me.id] > first[me.id]
    assert last["far"] == first["far"]


def test_who_starts_strikes_off_nobody_who_lives(store: Store) -> None:
    """A process that waits, with nothing in flight, stays an owner when others start and clean."""
    sign(store, "killed")
    sign(store, "far", machine="far away")

    with Lease(store) as first:
        sign(store, "killed as well")
        with Lease(store) as second:
            assert ids(store) == {first.id, second.id, "far"}


def test_a_later_process_of_the_same_id_is_another() -> None:
    """A process is known by the moment it began, too: ids are used again."""
    child = subprocess.Popen(["sleep", "60"])
    try:
        mine, its = owners.process(os.getpid()), owners.process(child.pid)
        assert mine is not None
        assert its is not None
        assert mine.split()[1] != its.split()[1]
    finally:
        child.kill()
        child.wait()


def test_a_process_is_asked_about_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no /proc tells of processes, one that lives is found, and lives on."""
    monkeypatch.setattr(owners, "Path", lambda path: Path("/nowhere", path.strip("/")))
    child = subprocess.Popen(["sleep", "60"])

    assert owners.process(child.pid) == str(child.pid)

    child.terminate()
    assert child.wait() == -signal.SIGTERM
    assert owners.process(child.pid) is None


def test_a_machine_that_was_started_again_is_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The id of a process means nothing after a restart of its machine."""
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(
        owners, "Path", lambda path: boot if path.endswith("boot_id") else Path(path)
    )
    boot.write_text("first\n")
    before = owners.machine()
    boot.write_text("second\n")

    assert owners.machine() != before


WAITS_FOR_EVER = """
import sys, threading
from polycast.campaign.leases import Lease
from polycast.campaign.store import Store

inside = threading.Event()

def run():
    with Lease(Store(sys.argv[1])):
        inside.set()
        threading.Event().wait()

threading.Thread(target=run, daemon=True).start()
inside.wait()
"""


def test_a_heartbeat_keeps_no_process_alive(store: Store, url: str) -> None:
    """A program that runs a campaign in a daemon thread may end all the same."""
    subprocess.run([sys.executable, "-c", WAITS_FOR_EVER, url], check=True, timeout=600)

    [left] = ids(store)
    assert dead_owners(store, {left}) == {left}


def test_a_ledger_that_broke_is_told_of_at_the_end(store: Store) -> None:
    """The end of a run fails where the ledger does; an error of the run itself comes first."""

    def break_it() -> None:
        with store.write() as connection:
            schema.owners.drop(connection)

    def fail() -> None:
        with Lease(store):
            break_it()
            raise ZeroDivisionError

    with Lease(store) as me:
        assert ids(store) == {me.id}
    with pytest.raises(ZeroDivisionError):
        fail()
    with store.write() as connection:
        schema.owners.create(connection)
    with pytest.raises(LedgerError), Lease(store):
        break_it()
