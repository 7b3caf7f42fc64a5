"""Dates and times as providers write them, under the names that specs use.

A format has `decode` and `encode`. `RFC3339` and `DATE` are OpenAPI's own `date-time` and
`date`; the others are for providers with habits of their own.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import ClassVar, Protocol, TypeVar

import attrs

from polycast.wire.structure import (
    DecodeError,
    EncodeError,
    expected,
    quoted,
    read_scalar,
    refused,
)

__all__ = [
    "DATE",
    "EPOCH_MILLISECONDS",
    "EPOCH_SECONDS",
    "RFC2822",
    "RFC3339",
    "Format",
    "Strptime",
    "read_date",
    "read_datetime",
    "write_datetime",
]

T = TypeVar("T")


class Format(Protocol[T]):
    """How a provider writes one kind of value."""

    def decode(self, value: object) -> T:
        """Read a value; raises `DecodeError`."""

    def encode(self, value: T) -> str | int:
        """Write a value; raises `EncodeError`."""


def read_datetime(value: object, at: str = "") -> datetime:
    """Read an RFC 3339 date and time, which has an offset: `2013-03-02T17:28:12.123456Z`.

    Raises:
        DecodeError: it is no string, no such date and time, or has no offset.
    """
    if type(value) is not str:
        raise expected("a date and time", value, at)
    try:
        if value[4:8:3] != "--":
            raise ValueError(value)  # a week date, or one without hyphens
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        problem = f"expected a date and time, found {quoted(value)}"
        raise DecodeError(problem, at) from error
    if moment.tzinfo is None:
        raise DecodeError(f"expected an offset after {quoted(value)}", at)
    return moment


def read_date(value: object, at: str = "") -> date:
    """Read a date: `2013-03-02`.

    Raises:
        DecodeError: it is no string or no such date.
    """
    if type(value) is not str:
        raise expected("a date", value, at)
    try:
        if len(value) != 10 or value[4:8:3] != "--":
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as error:
        raise DecodeError(f"expected a date, found {quoted(value)}", at) from error


def _aware(value: object, at: str = "") -> datetime:
    if not isinstance(value, datetime):
        raise refused("a datetime", value, at)
    if value.utcoffset() is None:
        raise EncodeError("expected a datetime with a time zone, found one without", at)
    return value


def write_datetime(value: object, at: str = "") -> str:
    """Write a date and time as RFC 3339 has it, with `Z` for UTC.

    Raises:
        EncodeError: it is no datetime, or has no time zone.
    """
    if type(value) is datetime and value.tzinfo is UTC:
        return f"{value.isoformat()[:-6]}Z"
    moment = _aware(value, at)
    offset = moment.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        # RFC 3339 has no seconds in an offset; local mean times of long ago do.
        moment = moment.astimezone(UTC)
    text = moment.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


class _Rfc3339:
    decode = staticmethod(read_datetime)
    encode = staticmethod(write_datetime)


class _Rfc2822:
    @staticmethod
    def decode(value: object) -> datetime:
        if type(value) is not str:
            raise expected("a date and time", value)
        try:
            moment = parsedate_to_datetime(value)
        except ValueError as error:
            problem = f"expected a date and time of e-mail, found {quoted(value)}"
            raise DecodeError(problem) from error
        # `-0000` is UTC of which the place is not told.
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

    @staticmethod
    def encode(value: datetime) -> str:
        return format_datetime(_aware(value))


class _Date:
    decode = staticmethod(read_date)

    @staticmethod
    def encode(value: date) -> str:
        if type(value) is not date:
            raise refused("a date", value)
        return value.isoformat()


@attrs.frozen
class _Epoch:
    name: str
    units_per_second: int

    def decode(self, value: object) -> datetime:
        count: int = value if type(value) is int else read_scalar(value, "", self.name, int)
        try:
            return _EPOCH + timedelta(milliseconds=count * 1000 // self.units_per_second)
        except OverflowError as error:
            raise DecodeError(f"expected {self.name}, found one out of range") from error

    def encode(self, value: datetime) -> int:
        since = _aware(value) - _EPOCH
        return since // timedelta(milliseconds=1000 // self.units_per_second)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DIRECTIVES: Mapping[str, tuple[str, Callable[[datetime], str]]] = {
    "%Y": (r"(?P<year>\d{4})", lambda moment: f"{moment.year:04d}"),
    "%m": (r"(?P<month>\d{1,2})", lambda moment: f"{moment.month:02d}"),
    "%d": (r"(?P<day>\d{1,2})", lambda moment: f"{moment.day:02d}"),
    "%H": (r"(?P<hour>\d{1,2})", lambda moment: f"{moment.hour:02d}"),
    "%M": (r"(?P<minute>\d{1,2})", lambda moment: f"{moment.minute:02d}"),
    "%S": (r"(?P<second>\d{1,2})", lambda moment: f"{moment.second:02d}"),
    "%f": (r"(?P<fraction>\d{1,6})", lambda moment: f"{moment.microsecond:06d}"),
    "%z": (r"(?P<offset>Z|[+-]\d\d:?\d\d)", lambda moment: _offset(moment, "")),
    "%:z": (r"(?P<offset>Z|[+-]\d\d:?\d\d)", lambda moment: _offset(moment, ":")),
    "%%": ("%", lambda _moment: "%"),
}


def _offset(moment: datetime, separator: str) -> str:
    minutes = (moment.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, minutes_left = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{separator}{minutes_left:02d}"


class Strptime:
    """Dates and times in a pattern of `strptime`'s directives, whatever the locale.

    Without `%z` or `%:z` in the pattern it reads and writes datetimes that have no zone, and
    refuses to write one that has: whose clock the provider means is for the plugin to say.

    Args:
        pattern: `%Y %m %d %H %M %S %f %z %:z %%` and literal text, e.g. `"%d-%m-%Y %H:%M"`.

    Raises:
        ValueError: the pattern has another directive, or one twice, or not all of year, month
            and day.
    """

    _PARTS: ClassVar[re.Pattern[str]] = re.compile(r"%:?.|%$|[^%]+", re.DOTALL)

    def __init__(self, pattern: str) -> None:
        parts: list[str] = self._PARTS.findall(pattern)
        for part in parts:
            if part.startswith("%") and part not in _DIRECTIVES:
                raise ValueError(f"{pattern!r} has {part!r}, which is not understood")
        self.pattern = pattern
        self.aware = "%z" in parts or "%:z" in parts
        self._writers = [_DIRECTIVES[part][1] if part in _DIRECTIVES else part for part in parts]
        source = "".join(
            _DIRECTIVES[part][0] if part in _DIRECTIVES else re.escape(part) for part in parts
        )
        try:
            self._reader = re.compile(source, re.ASCII)
        except re.error as error:
            raise ValueError(f"{pattern!r} has a directive twice") from error
        if not {"year", "month", "day"} <= self._reader.groupindex.keys():
            raise ValueError(f"{pattern!r} does not give year, month and day")

    def __repr__(self) -> str:
        return f"Strptime({self.pattern!r})"

    def decode(self, value: object) -> datetime:
        """Read a date and time in the pattern.

        Raises:
            DecodeError: it is no string or does not match.
        """
        if type(value) is not str:
            raise expected("a date and time", value)
        match = self._reader.fullmatch(value)
        if match is None:
            problem = f"expected a date and time like {self.pattern!r}, found {quoted(value)}"
            raise DecodeError(problem)
        found = match.groupdict(default="0")
        try:
            return datetime(
                int(found["year"]),
                int(found["month"]),
                int(found["day"]),
                int(found.get("hour", 0)),
                int(found.get("minute", 0)),
                int(found.get("second", 0)),
                int(found.get("fraction", "").ljust(6, "0")),
                _zone(found["offset"]) if self.aware else None,
            )
        except ValueError as error:
            raise DecodeError(f"expected a date and time, found {quoted(value)}") from error

    def encode(self, value: datetime) -> str:
        """Write a date and time in the pattern.

        Raises:
            EncodeError: it is no datetime, lacks a zone that the pattern writes, or has one
                that the pattern does not.
        """
        if self.aware:
            value = _aware(value)
        elif not isinstance(value, datetime):
            raise refused("a datetime", value)
        elif value.tzinfo is not None:
            problem = f"expected a datetime without a time zone, for {self.pattern!r} has none"
            raise EncodeError(problem)
        return "".join(part if isinstance(part, str) else part(value) for part in self._writers)


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if offset[0] == "-" else delta)


#: OpenAPI's `date-time`.
RFC3339: Format[datetime] = _Rfc3339()

#: OpenAPI's `date`.
DATE: Format[date] = _Date()

#: `x-rfc2822`, e.g. `Thu, 24 Aug 2023 05:01:45 +0000`: to the second, as e-mail and HTTP have it.
RFC2822: Format[datetime] = _Rfc2822()

#: `x-epoch-seconds`: whole seconds since 1970 in UTC; a fraction is cut off when writing.
EPOCH_SECONDS: Format[datetime] = _Epoch("seconds since 1970", 1)

#: `x-epoch-milliseconds`.
EPOCH_MILLISECONDS: Format[datetime] = _Epoch("milliseconds since 1970", 1000)
