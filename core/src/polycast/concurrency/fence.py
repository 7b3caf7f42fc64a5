"""Keeps a process from sending what another one may have taken over meanwhile."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

__all__ = ["check_fence", "fenced"]

_CHECK: ContextVar[Callable[[], None] | None] = ContextVar("polycast_fence", default=None)


@contextlib.contextmanager
def fenced(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` at once, and in this block before each try of a request and its first byte.

    It holds for the present thread (or task) only.

    Args:
        check: raises `ClaimExpired` where nothing may be sent any more.
    """
    check()
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


def check_fence() -> None:
    """Raise `ClaimExpired` where nothing may be sent any more."""
    check = _CHECK.get()
    if check is not None:
        check()
