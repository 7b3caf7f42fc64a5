"""When to try again, and how long to wait before."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs

__all__ = ["Retry", "parse_retry_after"]


@attrs.frozen(kw_only=True)
class Retry:
    """The bounds of trying again.

    Args:
        attempts: how many times a request may be made in all.
        base: seconds; the first pause is drawn between 0 and this, and the bound doubles.
        longest: seconds; no pause is longer. A provider that asks for more is not waited for:
            the error says how long it asked for.
        draw: full jitter; given a bound, returns a number between 0 and it.
    """

    attempts: int = 5
    base: float = 0.5
    longest: float = 60.0
    draw: Callable[[float], float] = attrs.field(
        default=lambda bound: random.uniform(0, bound),
        repr=False,
    )

    def pause(self, attempt: int, asked: float | None) -> float | None:
        """Return the seconds to wait after failed attempt number `attempt`, or None to give up.

        Args:
            attempt: counted from 1.
            asked: what the provider's `Retry-After` asks for, in seconds.
        """
        if attempt >= self.attempts:
            return None
        if asked is not None:
            return asked if asked <= self.longest else None
        return self.draw(min(self.longest, self.base * 2 ** (attempt - 1)))


def parse_retry_after(value: str | None, now: Callable[[], datetime] | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None where it makes no sense.

    Both forms of RFC 9110 are read: whole seconds and an HTTP date. A date in the past is 0.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    current = now() if now else datetime.now(UTC)
    return max(0.0, (moment - current).total_seconds())
