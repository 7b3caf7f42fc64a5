"""How fast an account may be used: one token bucket for all workers, and everybody's patience."""

import math
import re
import threading
import time
from collections.abc import Callable
from typing import Self

import attrs

from polycast.errors import UsageError

__all__ = ["Limiter", "Rate"]

_RATE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(messages|calls)?\s*/\s*(s|min|h)\s*")
_SECONDS = {"s": 1.0, "min": 60.0, "h": 3600.0}
#: Seconds to hold everybody back after the first 429 that names none; doubled for the next.
_FIRST_HOLD = 1.0
_LONGEST_HOLD = 120.0


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


class Limiter:
    """Lets the workers of an account through, no faster than its rate.

    Share one between campaigns that run at the same time on one account.

    Args:
        rate: e.g. `"100/s"`; None for no limit of our own.
        clock: tells seconds.

    Raises:
        UsageError: the rate is not written as one.
    """

    def __init__(
        self, rate: str | Rate | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = Rate.parse(rate) if isinstance(rate, str) else rate
        self._clock = clock
        self._lock = threading.Lock()
        #: A second's worth may leave at once.
        self._burst = max(1.0, self.rate.per_second) if self.rate else math.inf
        self._tokens = self._burst
        self._counted = clock()
        self._held_until = -math.inf
        self._held_since: float | None = None
        self._holds = 0

    def delay(self, messages: int) -> float:
        """Let a call with so many messages through, or say how long to wait before asking again.

        A call larger than a second's worth is let through once the bucket is full, and those
        that follow wait for what it took.

        Returns:
            0 when it may leave now, else seconds.
        """
        with self._lock:
            now = self._clock()
            if now < self._held_until:
                return self._held_until - now
            if self.rate is None:
                return 0.0
            gained = (now - self._counted) * self.rate.per_second
            self._tokens = min(self._burst, self._tokens + gained)
            self._counted = now
            cost = float(messages) if self.rate.unit == "messages" else 1.0
            lacking = min(cost, self._burst) - self._tokens
            # Rounding must not make anybody wait for a millionth of a token.
            if lacking > 1e-6:
                return lacking / self.rate.per_second
            self._tokens -= cost
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
            if self._held_since is None:
                self._held_since = now
            if now >= self._held_until:
                # Those that were under way together count as one.
                self._holds += 1
            pause = seconds
            if pause is None:
                pause = min(_LONGEST_HOLD, _FIRST_HOLD * 2 ** (self._holds - 1))
            self._held_until = max(self._held_until, now + pause)
            return now - self._held_since

    def held(self) -> float:
        """Return for how many seconds more everybody is held back."""
        with self._lock:
            return max(0.0, self._held_until - self._clock())

    def went_through(self) -> None:
        """Note that the provider took a call: its patience is back."""
        with self._lock:
            self._holds = 0
            self._held_since = None
