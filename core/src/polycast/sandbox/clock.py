"""What time it is, in a sandbox."""

import threading
from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "ManualClock"]


class Clock:
    """The real time. A sandbox asks its clock, and nothing else, what time it is."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock(Clock):
    """A time that stands still until it is moved, for tests.

    Args:
        start: the first moment, aware; the beginning of 2026 when not given.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the moment the clock was last moved to."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward by so many seconds."""
        if seconds < 0:
            raise ValueError(f"a clock only moves forward, so it cannot advance by {seconds} s")
        with self._lock:
            self._now += timedelta(seconds=seconds)
