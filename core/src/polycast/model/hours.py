"""Hours of the day in which people may be written to, by the clocks where they are."""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from polycast.errors import UsageError
from polycast.model.messages import Recipient
from polycast.model.validators import check_type

__all__ = ["SendingHours", "zones_of"]

_WRITTEN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAY = 24 * 60
#: The variable, and so the column of a list, that says where a recipient is.
_VARIABLE = "zone"
#: What `phonenumbers` says of a number that it cannot place.
_UNKNOWN = "Etc/Unknown"


@attrs.frozen
class SendingHours:
    """Hours of the day, e.g. from 09:00 to 20:00.

    Args:
        start: the first minute of the day that is in them.
        end: the first minute after them; 1440 is midnight.
    """

    start: int
    end: int

    def __str__(self) -> str:
        return "-".join(
            f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.start, self.end)
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `"09:00-20:00"`.

        Raises:
            UsageError: it is written otherwise, or ends before it begins.
        """
        check_type("The hours", text, str, "such as 09:00-20:00")
        match = _WRITTEN.fullmatch(text.strip())
        hours = [int(each) for each in match.groups()] if match else [0, 0, 0, 0]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if match is None or max(hours[1], hours[3]) > 59 or not start < end <= _DAY:
            raise UsageError(
                f"{text!r} is no time of the day from one hour to another: write it as "
                "09:00-20:00, within one day."
            )
        return cls(start, end)

    def is_open(self, zones: tuple[str, ...], moment: datetime) -> bool:
        """Return whether a moment is within the hours in all of some time zones."""
        return all(
            self.start <= local.hour * 60 + local.minute < self.end
            for local in (moment.astimezone(ZoneInfo(zone)) for zone in zones)
        )

    def opens_at(self, zones: tuple[str, ...], moment: datetime) -> datetime | None:
        """Return the next moment within the hours in all of some zones; None if there is none."""
        if self.is_open(zones, moment):
            return moment
        starts = []
        for zone in map(ZoneInfo, zones):
            midnight = moment.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
            for day in range(3):
                start = (midnight + timedelta(days=day)).replace(
                    hour=self.start // 60, minute=self.start % 60
                )
                starts.append(start.astimezone(moment.tzinfo))
        return next(
            (each for each in sorted(starts) if each > moment and self.is_open(zones, each)), None
        )


def zones_of(recipient: Recipient, default: str | None) -> tuple[str, ...]:
    """Return the time zones in which a recipient may be.

    The variable `zone` decides; else the number does, as `phonenumbers` knows its country's
    zones. A country may have several.

    Args:
        recipient: who.
        default: for those of whom nothing is known.

    Raises:
        UsageError: nothing is known, or the variable is no time zone.
    """
    own = recipient.variables.get(_VARIABLE)
    if own:
        return (_checked(own),)
    zones = _by_number(recipient.address) if recipient.scheme == "tel" else ()
    if zones:
        return zones
    if default is None:
        raise UsageError(
            "the time zone is not known: add a column 'zone', such as Europe/Minsk, or name one "
            "for all such recipients"
        )
    return (_checked(default),)


def _by_number(number: str) -> tuple[str, ...]:
    library = _library()
    try:
        zones = library.timezone.time_zones_for_number(
            library.parse(number if number.startswith("+") else f"+{number}")
        )
    except library.NumberParseException:
        return ()
    return () if _UNKNOWN in zones or not all(map(_is_zone, zones)) else tuple(sorted(zones))


@cache
def _library() -> Any:
    try:
        library = import_module("phonenumbers")
        import_module("phonenumbers.timezone")
    except ImportError:
        raise UsageError(
            "Hours by the recipients' zones need the package phonenumbers: "
            "pip install 'polycast[numbers]'."
        ) from None
    return library


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _checked(name: str) -> str:
    if not _is_zone(name):
        raise UsageError(f"{name!r} is not a time zone: write a name such as Europe/Minsk")
    return name
