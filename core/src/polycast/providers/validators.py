"""Checks of a provider's own settings and options, made where the value is given."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from polycast.errors import UsageError
from polycast.model.validators import check_characters

__all__ = ["at_least", "check_characters", "option", "time_zone"]

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
