"""What passes with time in a sandbox: the states of a message, and requests that are counted."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

__all__ = ["Course", "RequestLimit"]


@frozen
class Course:
    """The states that something goes through.

    Args:
        begins: the moment from which the seconds count.
        states: each state, and the seconds after which it is entered; in order of time.
    """

    begins: datetime
    states: Sequence[tuple[float, str]]

    def entered(self, wanted: str, by: datetime | None = None) -> datetime | None:
        """Return when a state is entered; None if it never is, or not by the moment `by`."""
        for after, state in self.states:
            moment = self.begins + timedelta(seconds=after)
            if state == wanted and (by is None or moment <= by):
                return moment
        return None

    def latest(self, now: datetime) -> tuple[datetime, str]:
        """Return the present state, and when it was entered; the first, where none was yet."""
        passed = [
            (self.begins + timedelta(seconds=after), state)
            for after, state in self.states
            if after <= 0 or self.begins + timedelta(seconds=after) <= now
        ]
        return passed[-1]


class RequestLimit:
    """Counts requests, as a provider that takes so many in a period.

    Args:
        most: requests in a period; no limit when None.
        period: how long a request is counted.
    """

    def __init__(self, most: int | None, period: timedelta) -> None:
        self.most = most
        self.period = period
        self._recent: deque[datetime] = deque()

    def wait(self, now: datetime) -> float | None:
        """Count a request; return the seconds until another is taken where it is one too many."""
        while self._recent and self._recent[0] <= now - self.period:
            self._recent.popleft()
        if self.most is not None and len(self._recent) >= self.most:
            # Without a request that was taken, there is none to wait for.
            oldest = self._recent[0] if self._recent else now
            return (oldest + self.period - now).total_seconds()
        self._recent.append(now)
        return None
