"""The rate limit of an account: one for all workers, and the back-off after a 429."""

import math
import re
import time
from collections.abc import Callable
from typing import Self

import attrs

from polycast.concurrency.forking import ProcessLock
from polycast.errors import RateLimited, UsageError

__all__ = ["HeldBack", "Limiter", "Pace", "Rate"]

_RATE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(messages|calls)?\s*/\s*(s|min|h)\s*")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
#: Seconds of back-off after the first 429 without `Retry-After`; doubled for each further one.
_FIRST_HOLD = 1.0
_LONGEST_HOLD = 120.0
#: Seconds after a back-off in which a further 429 still belongs to the same series.
_SERIES = 300.0
#: Seconds of lateness that are made up for: a worker that sleeps wakes up a little too late.
_LATENESS = 0.1
#: Waits below 1 microsecond are rounding errors; treated as zero.
_NOTHING = 1e-6


@attrs.frozen
class Rate:
    """How many messages or calls an account may send in a time.

    Args:
        per_second: how many per second.
        unit: `"messages"`, one per recipient, or `"calls"` to the provider.
    """

    per_second: float
    unit: str = "messages"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"100/s"`, `"5000/min"` or `"2500 calls/h"`; messages where no unit is given.

        Raises:
            UsageError: the text is not a rate.
        """
        match = _RATE.fullmatch(text)
        if match is None or not float(match[1]):
            raise UsageError(
                f"{text!r} is not a rate: write 100/s, 5000/min, or 2500 calls/h for calls to "
                "the provider."
            )
        return cls(float(match[1]) / _SECONDS[match[3]], match[2] or "messages")

    @classmethod
    def of(cls, rate: "str | Rate | None") -> "Rate | None":
        """Return the rate that is meant, if there is one.

        Raises:
            UsageError: it is a text that is not a rate.
        """
        if rate is None or isinstance(rate, Rate):
            return rate
        if not isinstance(rate, str):
            raise UsageError(f"rate is a text such as '100/s', not {type(rate).__name__}.")
        return cls.parse(rate)


@attrs.frozen
class Pace:
    """The state of a rate limit: how much of it is used, and until when nothing may be sent.

    Calls leave evenly, from the first: each once its predecessors have taken their time. All
    moments are seconds by one clock.

    Args:
        busy_until: when the calls that were let through have taken their time.
        held_until: nothing may be sent before then.
        held_since: when the provider first asked to slow down, since it last accepted a call.
        holds: how many times it has asked since then; those of calls in flight together count as
            one.
    """

    busy_until: float = -math.inf
    held_until: float = -math.inf
    held_since: float | None = None
    holds: int = 0

    def acquire(self, rate: Rate | None, messages: int, now: float) -> "Pace | float":
        """Let a call with so many messages through, or return the seconds to wait.

        A call may leave once those before it have taken their time; the following calls wait for
        as long as all of its messages take.

        Returns:
            The new state, or seconds to wait.
        """
        if now < self.held_until:
            return self.held_until - now
        if rate is None:
            return self
        wait = self.busy_until - now
        if wait > _NOTHING:
            return wait
        cost = (messages if rate.unit == "messages" else 1) / rate.per_second
        # What was only late does not slow the rate down.
        since = self.busy_until if wait > -_LATENESS else now
        return attrs.evolve(self, busy_until=since + cost)

    def backed_off(self, seconds: float | None, now: float) -> "Pace":
        """Return the state after the provider asked to slow down.

        Args:
            seconds: as long as it asks for; None doubles the last back-off.
            now: the moment.
        """
        over = self.held_since is None or now - self.held_until > _SERIES
        since = now if over or self.held_since is None else self.held_since
        holds = (0 if over else self.holds) + (now >= self.held_until)
        if seconds is None:
            seconds = min(_LONGEST_HOLD, _FIRST_HOLD * 2 ** (holds - 1))
        return Pace(self.busy_until, max(self.held_until, now + seconds), since, holds)

    def backoff_age(self, now: float) -> float:
        """Return the seconds since the provider first asked to slow down; 0.0 if it does not."""
        return 0.0 if self.held_since is None else now - self.held_since

    def went_through(self) -> "Pace":
        """Return the state after the provider accepted a call: the back-off series ends."""
        if self.held_since is None:
            return self
        return attrs.evolve(self, held_since=None, holds=0)

    def moved(self, seconds: float) -> "Pace":
        """Return the same state by a clock that is ahead by so many seconds."""
        since = None if self.held_since is None else self.held_since + seconds
        return Pace(self.busy_until + seconds, self.held_until + seconds, since, self.holds)


class HeldBack(RateLimited):
    """A limit of our own holds a call back; the provider was not asked."""


class Limiter:
    """Lets calls of an account through, no faster than its rate.

    Share one between everything that runs on one account at the same time. A forked child has a
    copy of its own, which starts in the state of its parent's.

    Args:
        rate: e.g. `"100/s"`; None for no limit of our own.
        clock: tells seconds.

    Raises:
        UsageError: the rate is a text that is not a rate.
    """

    def __init__(
        self, rate: str | Rate | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = Rate.of(rate)
        self._clock = clock
        self._lock = ProcessLock()
        self._pace = Pace()

    @classmethod
    def of(cls, rate: "str | Rate | Limiter | None") -> "Limiter":
        """Return the limiter that is meant: a rate gets a new one, a limiter is shared.

        Raises:
            UsageError: the rate is a text that is not a rate.
        """
        return rate if isinstance(rate, Limiter) else cls(rate)

    def delay(self, messages: int) -> float:
        """Let a call with so many messages through, or return the seconds to wait.

        Calls leave evenly, from the first; a call holds the following ones back for as long as
        all of its messages take.

        Returns:
            0 when it may leave now, else seconds.
        """
        with self._lock:
            taken = self._pace.acquire(self.rate, messages, self._clock())
            if isinstance(taken, float):
                return taken
            self._pace = taken
            return 0.0

    def hold(self, seconds: float | None) -> float:
        """Let nothing through for a time: the provider asks to slow down.

        Args:
            seconds: as long as it asks for; None doubles the last back-off, from 1 s to 120 s.

        Returns:
            Seconds since the provider first asked, without accepting a call since.
        """
        with self._lock:
            now = self._clock()
            self._pace = self._pace.backed_off(seconds, now)
            return self._pace.backoff_age(now)

    def held(self) -> float:
        """Return the seconds of back-off that remain."""
        with self._lock:
            return max(0.0, self._pace.held_until - self._clock())

    def went_through(self) -> None:
        """Record that the provider accepted a call: the back-off series ends."""
        with self._lock:
            self._pace = self._pace.went_through()
