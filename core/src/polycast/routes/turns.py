"""Whose turn it is: the order of a route's members for each call, and who rests."""

import time
from collections.abc import Callable, Mapping, Sequence

from polycast.concurrency.forking import ProcessLock

__all__ = ["FAILURES", "REST", "Turns"]

#: Failed calls in a row after which a member rests.
FAILURES = 5
#: Seconds that it rests. Then one more failure is enough.
REST = 60.0


class Turns:
    """The order in which members are tried. It may be used from threads, and after a fork.

    A member that rests is tried after all others: it is still better than nothing.
    """

    def __init__(
        self,
        names: Sequence[str],
        weights: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with nobody at rest.

        Args:
            names: the members, in the order of preference.
            weights: how many of all calls go to each first; None to prefer the first always.
            clock: tells the time in seconds.
        """
        self._names = tuple(names)
        self._weights = weights
        self._credit = dict.fromkeys(names, 0)
        self._failures = dict.fromkeys(names, 0)
        self._rests_until: dict[str, float] = {}
        self._clock = clock
        self._lock = ProcessLock()

    def order(self) -> list[str]:
        """Return the members in the order in which the next call tries them."""
        with self._lock:
            now = self._clock()
            resting = [name for name in self._names if self._rests_until.get(name, now) > now]
            awake = [name for name in self._names if name not in resting]
            if self._weights is not None and awake:
                first = self._next(awake, self._weights)
                awake = [first, *(name for name in awake if name != first)]
            return [*awake, *sorted(resting, key=self._rests_until.__getitem__)]

    def _next(self, awake: Sequence[str], weights: Mapping[str, int]) -> str:
        """Return who is first: those with more weight more often, and spread evenly."""
        for name in awake:
            self._credit[name] += weights[name]
        first = max(awake, key=self._credit.__getitem__)
        self._credit[first] -= sum(weights[name] for name in awake)
        return first

    def succeeded(self, name: str) -> None:
        """Learn that a member answered as it should."""
        with self._lock:
            self._failures[name] = 0
            self._rests_until.pop(name, None)

    def failed(self, name: str, pause: float | None = None) -> None:
        """Learn that a member failed.

        Args:
            name: the member.
            pause: seconds for which it asks to be left alone.
        """
        with self._lock:
            self._failures[name] += 1
            if self._failures[name] >= FAILURES:
                pause = max(REST, pause or 0.0)
            if pause:
                self._rests_until[name] = self._clock() + pause
