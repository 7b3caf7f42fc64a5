"""What belongs to a process is not shared with a child that it forks."""

import os
import threading
from types import TracebackType
from weakref import WeakSet

__all__ = ["ProcessLock"]


class ProcessLock:
    """A lock that a forked child finds free, whatever thread of its parent held it then.

    What it guards must be whole at any instant: the child goes on with it as it is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.release()

    def renew(self) -> None:
        """Be free: the thread that held it is not in this process."""
        self._lock = threading.Lock()


_locks: WeakSet[ProcessLock] = WeakSet()


def _renew_all() -> None:
    for lock in list(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
