"""A moment as a provider's own clock shows it, for providers that are told times without a zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from polycast.errors import UsageError

__all__ = ["on_local_clock"]

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def on_local_clock(
    send_at: datetime, zone: ZoneInfo, *, step: timedelta, provider: str, pattern: str
) -> datetime:
    """Return a moment as the clock of a zone shows it, without the zone.

    What is finer than the provider can be told is rounded up: nothing goes out before it was
    asked to.

    Args:
        send_at: aware.
        zone: the provider's, or the account's.
        step: the finest that the provider can be told, e.g. a minute.
        provider: its name, for errors.
        pattern: how the moment is shown in errors, in the terms of `strftime`.

    Raises:
        UsageError: the clock shows this moment twice, or never.
    """
    try:
        moment = send_at.astimezone(UTC)
        excess = (moment - _BEGINNING) % step
        if excess:
            moment += step - excess
        local = moment.astimezone(zone)
    except OverflowError:
        raise UsageError(f"send_at is out of range: {send_at.isoformat()}.") from None
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        raise UsageError(
            f"The clock of {zone.key} shows {local.strftime(pattern)} twice, and {provider} cannot "
            "be told which is meant: choose another time."
        )
    return local.replace(tzinfo=None, fold=0)
