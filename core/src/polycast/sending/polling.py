"""Asking again and again how far something has come."""

import time
from collections.abc import Callable, Iterable, Iterator

from polycast.errors import UsageError, WaitTimeout
from polycast.model.messages import Status
from polycast.model.validators import check_seconds

__all__ = ["wait", "watch"]


def watch(ask: Callable[[], Status], *, timeout: float | None, interval: float) -> Iterator[Status]:
    """Yield the status now, and again after each interval, up to the final one.

    Args:
        ask: asks for it.
        timeout: seconds to go on for; None to go on until the state is final.
        interval: seconds between two questions.
    """
    check_seconds("interval", interval)
    if not interval:
        raise UsageError("interval must be more than 0 seconds.")
    if timeout is not None:
        check_seconds("timeout", timeout)
    give_up = None if timeout is None else time.monotonic() + timeout
    while True:
        status = ask()
        yield status
        if status.is_final:
            return
        pause = interval
        if give_up is not None:
            left = give_up - time.monotonic()
            if left <= 0:
                return
            pause = min(interval, left)
        time.sleep(pause)


def wait(id: str, seen: Iterable[Status], timeout: float) -> Status:
    """Return the last status, which has to be final.

    Args:
        id: what was asked about.
        seen: what is told of it, until the time is over.
        timeout: the seconds that this takes at most, for the error.

    Raises:
        WaitTimeout: the last one is not final; it is the error's `status`.
    """
    last: Status | None = None
    for status in seen:
        last = status
    if last is not None and last.is_final:
        return last
    state = last.state if last else "unknown"
    raise WaitTimeout(f"{id} was still {state} after {timeout:g} s.", last)
