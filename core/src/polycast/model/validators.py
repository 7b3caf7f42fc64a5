"""What the fields of a message may hold: refused where it is written down, in a sentence."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import attrs

from polycast.errors import UsageError

__all__ = [
    "PHONE",
    "check_address",
    "check_aware",
    "check_bool",
    "check_bytes",
    "check_characters",
    "check_mapping",
    "check_optional",
    "check_seconds",
    "check_text",
    "check_ttl",
    "check_type",
    "check_whole_number",
    "to_media",
    "to_strings",
    "to_variables",
]

#: A phone number with its plus sign: an address as it stands.
PHONE = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*\Z")


def check_address(instance: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    """Refuse what is neither a phone number with its plus sign nor `scheme:value`."""
    if not isinstance(value, str):
        raise UsageError(f"An address is a string, not {type(value).__name__}.")
    if PHONE.match(value):
        return
    scheme, colon, rest = value.partition(":")
    if colon and rest.strip() and _SCHEME.match(scheme):
        check_characters("address", value)
        return
    raise UsageError(
        f"{value!r} is not an address: write a phone number as +380961111111 (plus sign, "
        "country code, digits only), or scheme:value such as contact:1234."
    )


def to_variables(values: Mapping[str, str | int]) -> Mapping[str, str]:
    """Return variables as text; whole numbers are written out, everything else is refused."""
    if not isinstance(values, Mapping):
        raise UsageError(f"variables is a mapping of names to texts, not {type(values).__name__}.")
    filled = {}
    for name, value in values.items():
        if not isinstance(name, str):
            raise UsageError(f"The name of a variable is a string, not {type(name).__name__}.")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise UsageError(
                f"The variable {name!r} is {type(value).__name__}: give it as a string."
            )
        text = str(value)
        if not text.isascii():
            check_characters(f"variable {name!r}", text)
        filled[name] = text
    return MappingProxyType(filled)


def check_characters(what: str, value: str) -> None:
    """Refuse half of a surrogate pair, which no wire can carry."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"The {what} holds half a character (a lone surrogate) at position "
            f"{error.start + 1}: no wire can carry it."
        ) from None


def check_text(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Refuse an empty text."""
    if value is None:
        return
    if not isinstance(value, str):
        raise UsageError(f"{attribute.name} is a string, not {type(value).__name__}.")
    if not value.strip():
        raise UsageError(f"The {attribute.name} is empty: there is nothing to say.")
    check_characters(attribute.name, value)


def check_optional(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Refuse an empty string: a field is given or left out."""
    if value is None:
        return
    if not (isinstance(value, str) and value):
        raise UsageError(f"{attribute.name} is a string that is not empty, or left out.")
    check_characters(attribute.name, value)


def check_aware(
    instance: object, attribute: "attrs.Attribute[Any]", value: datetime | None
) -> None:
    """Refuse a moment without a time zone."""
    if value is None:
        return
    if not isinstance(value, datetime):
        raise UsageError(f"{attribute.name} is a datetime, not {type(value).__name__}.")
    if value.utcoffset() is None:
        raise UsageError(
            f"{attribute.name} has no time zone: give it one, "
            'e.g. datetime(2030, 1, 1, 9, 0, tzinfo=ZoneInfo("Europe/Kyiv")).'
        )


def check_bool(instance: object, attribute: "attrs.Attribute[bool]", value: object) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool):
        raise UsageError(f"{attribute.name} is True or False, not {type(value).__name__}.")


def check_type(name: str, value: object, kinds: type | tuple[type, ...], named: str) -> None:
    """Refuse what is of none of some types.

    Args:
        name: of the parameter.
        value: what was given.
        kinds: what it may be.
        named: the same in words, e.g. `"a string"`.
    """
    if not isinstance(value, kinds):
        raise UsageError(f"{name} is {named}, not {type(value).__name__}.")


def check_ttl(instance: object, attribute: "attrs.Attribute[Any]", value: timedelta | None) -> None:
    """Refuse what is not a positive length of time."""
    if value is None:
        return
    if not isinstance(value, timedelta):
        raise UsageError(f"{attribute.name} is a timedelta, not {type(value).__name__}.")
    if value <= timedelta(0):
        raise UsageError(f"{attribute.name} is not a positive length of time.")


def check_bytes(instance: object, attribute: "attrs.Attribute[bytes]", value: object) -> None:
    """Refuse what is not bytes."""
    if not isinstance(value, bytes):
        raise UsageError(f"{attribute.name} is bytes, not {type(value).__name__}.")


def check_mapping(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    """Refuse what is not a mapping."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{attribute.name} is a mapping, not {type(value).__name__}.")


def check_seconds(name: str, value: object) -> None:
    """Refuse what is not a number of seconds.

    Args:
        name: of the parameter.
        value: what was given; zero is a number of seconds, infinity is not.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= cast(float, value) < math.inf:
        raise UsageError(f"{name} must be a number of seconds, got {value!r}.")


def check_whole_number(name: str, value: object, *, most: int | None = None) -> None:
    """Refuse what is not a whole number of at least 1.

    Args:
        name: of the parameter.
        value: what was given.
        most: the largest that is allowed; None for no limit.
    """
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or value < 1
        or (most is not None and value > most)
    ):
        limit = "" if most is None else f" and at most {most:,}"
        raise UsageError(f"{name} must be a whole number of at least 1{limit}, got {value!r}.")


def to_strings(values: Iterable[str]) -> tuple[str, ...]:
    """Return a list of strings as a tuple; a single string is not a list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise UsageError(f"Give a list of strings, not {values!r}.")
    items = tuple(values)
    for item in items:
        if not isinstance(item, str):
            raise UsageError(f"Give a list of strings; {item!r} is {type(item).__name__}.")
    return items


def to_media(values: Iterable[object]) -> tuple[str | Path, ...]:
    """Return media as a tuple of URLs and paths; a string that is no URL is refused."""
    if isinstance(values, str | Path) or not isinstance(values, Iterable):
        raise UsageError(f"media is a list of URLs and paths, not the single value {values!r}.")
    items = tuple(values)
    for item in items:
        if not isinstance(item, Path) and not (isinstance(item, str) and "://" in item):
            raise UsageError(f"{item!r} is not a URL: give a local file as pathlib.Path({item!r}).")
    return cast(tuple[str | Path, ...], items)
