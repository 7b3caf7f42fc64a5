"""Checks of a provider's own settings and options, made where the value is given."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from polycast.errors import Unsupported, UsageError
from polycast.model.validators import check_characters
from polycast.wire import UNSET, Unset

__all__ = [
    "at_least",
    "check_characters",
    "check_id",
    "check_length",
    "check_moment",
    "check_sender",
    "check_urls",
    "matching",
    "option",
    "time_zone",
    "whole_seconds",
]

_Validator = Callable[[object, "attrs.Attribute[Any]", Any], None]
_KINDS = {
    bool: "True or False", int: "a whole number", str: "a text that is not empty",
    timedelta: "a timedelta",
}  # fmt: skip


def time_zone(example: str) -> _Validator:
    """Return the validator of a setting that names a time zone; None is taken.

    Args:
        example: an IANA name, for the error.
    """

    def check(instance: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        try:
            if value is not None:
                ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{attribute.name} is an IANA name such as {example}") from None

    return check


def at_least(least: int) -> _Validator:
    """Return the validator of a setting that is a whole number."""

    def check(instance: object, attribute: "attrs.Attribute[Any]", value: int) -> None:
        if value < least:
            raise ValueError(f"{attribute.name} is a whole number, at least {least}")

    return check


def matching(pattern: str, described: str) -> _Validator:
    """Return the validator of a setting that is a text of one form; None is taken.

    Args:
        pattern: a regular expression for the whole of it.
        described: the form in words, for the error.
    """

    def check(instance: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is not None and not re.fullmatch(pattern, value):
            raise ValueError(f"{attribute.name} is {described}")

    return check


def check_moment(
    send_at: datetime | None,
    now: datetime,
    provider: str,
    soonest: timedelta,
    latest: timedelta,
) -> None:
    """Refuse a moment that a provider does not schedule for; None is taken.

    Args:
        send_at: when it is to be sent.
        now: the present moment.
        provider: its name, for the error.
        soonest: `send_at` must be more than this ahead, unless it is zero.
        latest: and at most this.

    Raises:
        UsageError: it is too soon or too late.
    """
    if send_at is None or ((not soonest or send_at - now > soonest) and send_at - now <= latest):
        return
    window = f"{_lasting(soonest)} to" if soonest else "up to"
    raise UsageError(
        f"{provider} schedules messages for {window} {_lasting(latest)} ahead, and send_at is "
        f"{send_at}: give another moment, or leave send_at out."
    )


def check_id(id: str, pattern: str, provider: str, described: str) -> str:
    """Return an id that `status` or `control` is asked about.

    Args:
        id: as it is given.
        pattern: a regular expression for the whole of it.
        provider: its name, for the error.
        described: its form in words, for the error.

    Raises:
        UsageError: it is no id of the provider.
    """
    if not re.fullmatch(pattern, id):
        raise UsageError(f"{id!r} is no id of a message at {provider}: it is {described}.")
    return id


def check_length(name: str, value: str | None, most: int, provider: str) -> None:
    """Refuse a text that a provider has no room for; None is taken.

    Args:
        name: what it is, for the error.
        value: the text.
        most: how many characters the provider takes.
        provider: its name, for the error.

    Raises:
        UsageError: it is longer.
    """
    if value is not None and len(value) > most:
        raise UsageError(
            f"{name} is too long: it has {len(value)} characters, and {provider} takes no more "
            f"than {most} characters. Shorten it."
        )


def check_sender(sender: str | None, provider: str, settings: str) -> None:
    """Refuse what has no sender, where a provider needs one.

    Args:
        sender: that of the message, or of the settings.
        provider: its name, for the error.
        settings: the settings that tell a sender, for the error.

    Raises:
        UsageError: there is none.
    """
    if sender is None:
        raise UsageError(
            f"{provider} needs a sender: set {settings}, or give the message a sender."
        )


def check_urls(media: Iterable[str | Path], provider: str) -> list[str]:
    """Return media of a provider that fetches them itself.

    Raises:
        Unsupported: one of them is a local file.
    """
    for item in media:
        if isinstance(item, Path):
            raise Unsupported(
                f"{provider} fetches media itself, and cannot be given the file {item}: give its "
                "URL."
            )
    return [str(item) for item in media]


def whole_seconds(ttl: timedelta | None, longest: timedelta, provider: str) -> int | Unset:
    """Return a time to live in seconds, rounded up; unset where there is none.

    Raises:
        UsageError: it is longer than the provider takes.
    """
    if ttl is None:
        return UNSET
    if ttl > longest:
        raise UsageError(
            f"{provider} keeps a message for {_lasting(longest)} at most, and ttl is {ttl}: "
            "give a shorter one."
        )
    return math.ceil(ttl.total_seconds())


def _lasting(length: timedelta) -> str:
    """Return a length of time in its largest whole unit, e.g. "35 days"."""
    for unit in ("days", "hours", "minutes"):
        if not length % timedelta(**{unit: 1}):
            return f"{length // timedelta(**{unit: 1})} {unit}"
    return f"{length.total_seconds():g} seconds"


def option(
    kind: type[Any],
    *,
    least: int | None = None,
    most: int | None = None,
    one_of: Sequence[object] | None = None,
    unit: str = "",
    default: object = None,
    **metadata: object,
) -> Any:
    """Return a field of a provider's `Options`, checked when it is given; None is taken.

    Args:
        kind: `str`, `bool`, `int`, `timedelta` or another class; a bool is not taken for an int,
            and a text neither for one that is empty nor for one that no wire can carry.
        least: the smallest number.
        most: the largest number.
        one_of: the only values.
        unit: what a number counts, for the error, e.g. `"minutes"`.
        default: the value where none is given; `attrs.NOTHING` for a field that must be given.
        **metadata: kept in the `metadata` of the field.

    Raises:
        UsageError: when the options are made with another value.
    """
    expected = _KINDS.get(kind, f"a {kind.__name__}") + (f" of {unit}" if unit else "")
    if least is not None:
        expected += f", at least {least}" if most is None else f" from {least} to {most}"
    if one_of is not None:
        expected = " or ".join(map(repr, one_of))

    def check(instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value is None and default is not attrs.NOTHING:
            return
        fits = (
            type(value) is kind
            and (one_of is None or value in one_of)
            and (least is None or value >= least)
            and (most is None or value <= most)
        )
        if not fits or (isinstance(value, str) and not value.strip()):
            raise UsageError(f"{attribute.name} is {expected}, not {value!r}.")
        if isinstance(value, str):
            check_characters(attribute.name, value)

    return attrs.field(default=default, validator=check, metadata=metadata)
