"""Leases: which process owns a batch, and whether it is still alive.

On one machine this is exact: a process that has ended owns nothing, and a living one keeps its
batches however long it is silent. A process on another machine is judged by its heartbeat in the
ledger, by the clock of the ledger's server where it has one. A process that could not renew its
lease for half of that time sends nothing until it has: by then another may have its batches.
"""

import os
import platform
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Float, Row, cast, exists, extract, func, select

from polycast.campaign import schema
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.errors import ClaimExpired, LedgerError

__all__ = ["LEASE", "Lease", "awake", "dead_owners", "has_ended", "machine", "this_process"]

#: Seconds of silence after which a process on another machine is taken for dead. Far longer than
#: any request takes.
LEASE = 300.0
#: Seconds between two tries to remove the row of a process whose ledger was away.
_AGAIN = 1.0
#: Seconds of silence after which a process on another machine is given up.
_GONE = 24 * 3600.0


def machine() -> str:
    """Name the machine, its run and the process namespace: where a process id means anything."""
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115 - it leads to no path
    return " ".join(parts)


def process(pid: int) -> str | None:
    """Name a process of this machine, so that a later one of the same id has another name.

    Returns:
        None when there is no such process, or only its remains.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    else:
        fields = text.rpartition(")")[2].split()
        # The state, and the moment it started: proc(5), fields 3 and 22.
        return None if fields[0] in "ZX" else f"{pid} {fields[19]}"
    return _without_proc(pid)


def this_process() -> str:
    """Name this process, as `process` does where it can."""
    return process(os.getpid()) or str(os.getpid())


def has_ended(name: str) -> bool:
    """Return whether a process of this machine has ended, by the name that it had."""
    pid, _, _ = name.partition(" ")
    return process(int(pid)) != name


def _without_proc(pid: int) -> str | None:
    if os.name != "posix":
        # Asking about a process by signal 0 would end it there.
        return str(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return str(pid)


_SERVER_TIME: Any = select(cast(extract("epoch", func.clock_timestamp()), Float))


class Lease:
    """This process as the owner of batches, for as long as the block lasts."""

    def __init__(self, store: Store) -> None:
        self.id = secrets.token_hex(16)
        self._store = store
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="polycast-heartbeat", daemon=True)
        self._renewed = awake()
        self._removal = schema.owners.delete().where(schema.owners.c.id == self.id)

    def __enter__(self) -> Self:
        """Sign the ledger; that it can be written to is proven before anything is sent."""
        asked = awake()
        with self._store.write() as connection:
            _remove_gone(connection)
            self._sign(connection)
        self._renewed = asked
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        try:
            with self._store.write() as connection:
                connection.execute(self._removal)
        except LedgerError:
            # The process may live on: what it could not settle would be its own for ever.
            threading.Thread(
                target=self._remove_later, name="polycast-heartbeat", daemon=True
            ).start()
            if error is None:
                raise

    def check(self) -> None:
        """Refuse to send, where another process may have taken this one for dead.

        Raises:
            ClaimExpired: the lease was not renewed for half of its time.
        """
        silent = awake() - self._renewed
        if silent > LEASE / 2:
            raise ClaimExpired(
                f"Nothing was sent: this process could not renew its lease for {silent:.0f} s, "
                "because it slept or the ledger was away."
            )

    def renew(self) -> None:
        """Write down that this process lives.

        Raises:
            LedgerError: it could not be written down.
        """
        asked = awake()
        with self._store.write() as connection:
            there = connection.execute(
                schema.owners.update()
                .where(schema.owners.c.id == self.id)
                .values(heartbeat=_now(connection))
            )
            if not there.rowcount:
                # It slept for so long that another process removed it.
                self._sign(connection)
        self._renewed = asked

    def _remove_later(self) -> None:
        pause = _AGAIN
        while True:
            time.sleep(pause)
            try:
                with self._store.write() as connection:
                    # The ledger may be closed by now: no connection is left behind in its pool.
                    connection.detach()
                    connection.execute(self._removal)
            except LedgerError:
                pause = min(2 * pause, LEASE / 10)
            else:
                return

    def _sign(self, connection: Connection) -> None:
        connection.execute(
            schema.owners.insert().values(
                id=self.id,
                machine=machine(),
                process=this_process(),
                heartbeat=_now(connection),
            )
        )

    def _beat(self) -> None:
        while not self._over.wait(LEASE / 10):
            try:
                self.renew()
            except LedgerError:
                # Whoever submits next will meet the same error, and say so.
                continue


def dead_owners(store: Store, ids: set[str]) -> set[str]:
    """Return those of these owners that do not live any more."""
    here = machine()
    with store.read() as connection:
        now = _now(connection)
        known = {
            row.id: row
            for row in connection.execute(
                select(schema.owners).where(schema.owners.c.id.in_(sorted(ids)))
            )
        }
    return {each for each in ids if each not in known or _is_dead(known[each], here, now)}


def _remove_gone(connection: Connection) -> None:
    """Remove the owners that will never own anything again, and own nothing any more."""
    here, now = machine(), _now(connection)
    gone = [
        each.id
        for each in connection.execute(select(schema.owners))
        if _is_dead(each, here, now) and (each.machine == here or now - each.heartbeat > _GONE)
    ]
    if gone:
        batches = schema.batches.c
        connection.execute(
            schema.owners.delete().where(
                schema.owners.c.id.in_(gone),
                ~exists().where(
                    batches.owner == schema.owners.c.id, batches.state == BatchState.SUBMITTING
                ),
            )
        )


def _is_dead(owner: Row[Any], here: str, now: float) -> bool:
    if owner.machine == here:
        return has_ended(str(owner.process))
    heartbeat: float = owner.heartbeat
    return now - heartbeat > LEASE


def awake() -> float:
    """Return seconds by a clock that goes on while the machine sleeps, and cannot be set."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _now(connection: Connection) -> float:
    """Return the moment by the clock that all owners share: the server's, if there is one."""
    if connection.dialect.name == "sqlite":
        return time.time()
    return float(connection.scalar(_SERVER_TIME) or 0.0)
