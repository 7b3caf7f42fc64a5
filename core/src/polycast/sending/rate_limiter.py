"""How fast an account may be used: one token bucket for all workers, and everybody's patience."""

import math
import re
import time
from collections.abc import Callable
from typing import Self

import attrs

from polycast.concurrency.forking import ProcessLock
from polycast.errors import UsageError

__all__ = ["Limiter", "Pace", "Rate"]

_RATE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(messages|calls)?\s*/\s*(s|min|h)\s*")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
#: Seconds to hold everybody back after the first 429 that names none; doubled for the next.
_FIRST_HOLD = 1.0
_LONGEST_HOLD = 120.0
#: Seconds after a hold in which a 429 still belongs to those before it: a request takes a while.
_SERIES = 300.0
#: Nobody waits for less than this: it is rounding.
_NOTHING = 1e-6


@attrs.frozen
class Rate:
    """How much an account may do.

    Args:
        per_second: how many.
        unit: `"messages"`, one per recipient, or `"calls"` to the provider.
    """

    per_second: float
    unit: str = "messages"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"100/s"`, `"5000/min"` or `"2500 calls/h"`; messages where no unit is given.

        Raises:
            UsageError: it is not written so.
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
            UsageError: it is not written as one.
        """
        if rate is None or isinstance(rate, Rate):
            return rate
        if not isinstance(rate, str):
            raise UsageError(f"rate is a text such as '100/s', not {type(rate).__name__}.")
        return cls.parse(rate)


@attrs.frozen
class Pace:
    """How much of an account's time is taken, and until when it is held back.

    A token bucket, kept as the moment at which it will be full again. All moments are seconds by
    one clock.

    Args:
        busy_until: when all that has left will have been worked off, at the rate it left by.
        held_until: before then nothing leaves.
        held_since: since when the provider has been asking to slow down, without taking a call.
        holds: how many times it has asked since then; those under way together count as one.
    """

    busy_until: float = -math.inf
    held_until: float = -math.inf
    held_since: float | None = None
    holds: int = 0

    def turn(self, rate: Rate | None, messages: int, now: float) -> "Pace | float":
        """Let a call with so many messages through, or say how long to wait before asking again.

        A second's worth may leave at once. A call larger than that is let through once the bucket
        is full, and those that follow wait for what it took.

        Returns:
            The pace from now on, or seconds.
        """
        if now < self.held_until:
            return self.held_until - now
        if rate is None:
            return self
        burst = max(1.0, rate.per_second) / rate.per_second
        cost = (messages if rate.unit == "messages" else 1) / rate.per_second
        debt = max(0.0, self.busy_until - now)
        lacking = min(cost, burst) + debt - burst
        if lacking > _NOTHING:
            return lacking
        return attrs.evolve(self, busy_until=max(self.busy_until, now) + cost)

    def held(self, seconds: float | None, now: float) -> "Pace":
        """Return the pace after the provider asked to slow down.

        Args:
            seconds: as long as it asks for; where it does not say, longer each time.
            now: the moment.
        """
        over = self.held_since is None or now - self.held_until > _SERIES
        since = now if over or self.held_since is None else self.held_since
        holds = (0 if over else self.holds) + (now >= self.held_until)
        if seconds is None:
            seconds = min(_LONGEST_HOLD, _FIRST_HOLD * 2 ** (holds - 1))
        return Pace(self.busy_until, max(self.held_until, now + seconds), since, holds)

    def asking(self, now: float) -> float:
        """Return for how many seconds the provider has been asking for patience."""
        return 0.0 if self.held_since is None else now - self.held_since

    def went_through(self) -> "Pace":
        """Return the pace after the provider took a call: its patience is back."""
        if self.held_since is None:
            return self
        return attrs.evolve(self, held_since=None, holds=0)

    def moved(self, seconds: float) -> "Pace":
        """Return it by a clock that is ahead by so much."""
        since = None if self.held_since is None else self.held_since + seconds
        return Pace(self.busy_until + seconds, self.held_until + seconds, since, self.holds)


class Limiter:
    """Lets the workers of an account through, no faster than its rate.

    Share one between whatever runs at the same time on one account. A forked child goes on with
    one of its own, which stands where its parent's stood.

    Args:
        rate: e.g. `"100/s"`; None for no limit of our own.
        clock: tells seconds.

    Raises:
        UsageError: the rate is not written as one.
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
            UsageError: the rate is not written as one.
        """
        return rate if isinstance(rate, Limiter) else cls(rate)

    def delay(self, messages: int) -> float:
        """Let a call with so many messages through, or say how long to wait before asking again.

        A call larger than a second's worth is let through once the bucket is full, and those
        that follow wait for what it took.

        Returns:
            0 when it may leave now, else seconds.
        """
        with self._lock:
            turn = self._pace.turn(self.rate, messages, self._clock())
            if isinstance(turn, float):
                return turn
            self._pace = turn
            return 0.0

    def hold(self, seconds: float | None) -> float:
        """Hold everybody back: the provider asks to slow down.

        Args:
            seconds: as long as it asks for; where it does not say, longer each time.

        Returns:
            How many seconds the provider has been asking for patience, without a call going
            through in between.
        """
        with self._lock:
            now = self._clock()
            self._pace = self._pace.held(seconds, now)
            return self._pace.asking(now)

    def held(self) -> float:
        """Return for how many seconds more everybody is held back."""
        with self._lock:
            return max(0.0, self._pace.held_until - self._clock())

    def went_through(self) -> None:
        """Note that the provider took a call: its patience is back."""
        with self._lock:
            self._pace = self._pace.went_through()
