"""Whether a call may wait before it is repeated."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["may_wait", "without_waiting"]

_MAY_WAIT: ContextVar[bool] = ContextVar("polycast_may_wait", default=True)


@contextlib.contextmanager
def without_waiting() -> Iterator[None]:
    """Raise the error of a call in this block instead of waiting and repeating it.

    For a caller that holds something while it sends, such as the claim of a batch: it gets
    `RateLimited` or `ProviderUnavailable` with `safe_to_retry` at once, gives back what it
    holds, and sends again later. A read keeps its bounded retries, except where the provider
    asks to slow down or to come back later. It holds for the present thread (or task) only.
    """
    token = _MAY_WAIT.set(False)
    try:
        yield
    finally:
        _MAY_WAIT.reset(token)


def may_wait() -> bool:
    """Return whether a call may wait here for as long as the provider asks."""
    return _MAY_WAIT.get()
