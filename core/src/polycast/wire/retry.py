"""When to try again, and how long to wait before."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs

from polycast.errors import PolycastError, ProviderUnavailable, RateLimited

__all__ = [
    "LONGEST_ASKED",
    "Retry",
    "asks_to_wait",
    "may_repeat",
    "parse_retry_after",
    "read_http_date",
]

#: Seconds; a `Retry-After` of more counts as this. Some 300 years: still a moment with a date.
LONGEST_ASKED = 9_999_999_999.0


#: Statuses after which a question is asked again.
_REPEATED = frozenset({408, 429, 502, 503, 504})


def may_repeat(error: PolycastError, *, safe: bool) -> bool:
    """Return whether a request that failed may be made again.

    Args:
        error: what it ended with. Only an error that is `safe_to_retry` is repeated.
        safe: whether the request only asks; then its HTTP status decides, too.
    """
    if not isinstance(error, RateLimited | ProviderUnavailable) or not error.safe_to_retry:
        return False
    return not safe or error.http_status in _REPEATED


def asks_to_wait(error: PolycastError) -> bool:
    """Return whether the provider asks for a pause: by a 429 or by `Retry-After`."""
    return isinstance(error, RateLimited) or bool(getattr(error, "retry_after", None))


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
    draw: Callable[[float], float] = lambda bound: random.uniform(0, bound)

    def pause(self, attempt: int, asked: float | None) -> float | None:
        """Return the seconds to wait after failed attempt number `attempt`, or None to give up.

        `Retry-After: 0` names no pause: it does not make a provider be asked five times in a row.

        Args:
            attempt: counted from 1.
            asked: what the provider's `Retry-After` asks for, in seconds.
        """
        if attempt >= self.attempts:
            return None
        if asked:
            return asked if asked <= self.longest else None
        return self.draw(min(self.longest, self.base * 2 ** (attempt - 1)))


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None where it makes no sense.

    Both forms of RFC 9110 are read, seconds and an HTTP date, and fractions of a second as well.
    A date in the past is 0. More than `LONGEST_ASKED` seconds are that many.

    Args:
        value: the header.
        now: the provider's time when it answered (the `Date` header); ours when not given.
    """
    if value is None:
        return None
    value = value.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return min(LONGEST_ASKED, float(value))
    moment = read_http_date(value)
    if moment is None:
        return None
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(LONGEST_ASKED, max(0.0, seconds))


def read_http_date(value: str | None) -> datetime | None:
    """Return the moment that an HTTP date names, aware; None where it is none."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        # Observed: `email.utils` lets all of these out for dates that cannot be.
        return None
