"""Tests with a clock of their own: samples of documents have dates that have passed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from polycast.sending import admission

__all__ = ["at"]


@contextmanager
def at(moment: datetime | Callable[[], datetime]) -> Iterator[None]:
    """Compare `send_at` with this moment instead of the present one, in the whole process.

    A message for a moment that has passed is refused. A test that sends a sample out of a
    provider's documents runs at the time of the sample::

        with at(datetime(2020, 12, 1, tzinfo=UTC)):
            client.send(Message("+380961111111", text="Hi", send_at=documented))

    Args:
        moment: aware; or what returns one, such as a sandbox's `clock.now`.
    """
    before = admission.now
    admission.now = moment if callable(moment) else lambda: moment
    try:
        yield
    finally:
        admission.now = before
