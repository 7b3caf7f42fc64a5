"""Single values on their way between Polycast and a provider."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import attrs

from polycast.errors import UsageError
from polycast.model.messages import Message, Price, Recipient
from polycast.wire import UNSET, Unset

__all__ = [
    "filled",
    "given_fields",
    "none_if_unset",
    "one_spelling",
    "phone_digits",
    "read_price",
    "read_whole_number",
    "unset_if_none",
    "whole_second",
    "with_plus",
]

T = TypeVar("T")

#: A phone number with its country code, at most as long as E.164 has it.
_PHONE = re.compile(r"\+?([1-9][0-9]{6,14})")


def unset_if_none(value: T | None) -> T | Unset:
    """Return a value for a field of a request: the field is left out where there is none."""
    return UNSET if value is None else value


def filled(kind: Callable[..., T], **fields: Any) -> T | Unset:
    """Return an object of a request with the fields that have a value; unset where none has.

    Args:
        kind: the class of the object.
        **fields: its fields; those that are None or unset are left out.
    """
    given = {name: each for name, each in fields.items() if each is not None and each is not UNSET}
    return kind(**given) if given else UNSET


def given_fields(options: Any) -> dict[str, Any]:
    """Return the fields of options that are given, for a request whose fields have their names.

    Args:
        options: the provider's own, or None.
    """
    if options is None:
        return {}
    return attrs.asdict(options, recurse=False, filter=lambda _, value: value is not None)


def one_spelling(sender: str) -> str:
    """Return a sender for comparison: `+1 415-555-0199` is `14155550199`, `Tavern` is `tavern`."""
    number = re.sub(r"[\s().-]", "", sender).removeprefix("+")
    return number if number.isdecimal() else sender.casefold()


def none_if_unset(value: T | Unset | None) -> T | None:
    """Return the value of a field of an answer; None where the answer does not have the field."""
    return None if value is UNSET else value


def whole_second(moment: datetime) -> datetime:
    """Return a moment in UTC, rounded up to a second: nothing goes out before it was asked to.

    Args:
        moment: aware.

    Raises:
        UsageError: no clock in UTC shows it.
    """
    try:
        whole = moment.astimezone(UTC)
        if whole.microsecond:
            whole = whole.replace(microsecond=0) + timedelta(seconds=1)
    except OverflowError:
        raise UsageError(f"send_at is out of reach: {moment}.") from None
    return whole


def read_price(amount: object, currency: object) -> Price | None:
    """Return what a message costs; None where the amount or the currency is not told.

    Args:
        amount: a number or a text, of either sign.
        currency: the provider's word for it.
    """
    if not isinstance(amount, str | int | float) or not isinstance(currency, str):
        return None
    try:
        return Price(amount, currency)
    except UsageError:
        return None


def read_whole_number(value: object) -> int | None:
    """Return a whole number that may be told as a text; None where there is none."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def with_plus(number: object) -> str | None:
    """Return a phone number that a provider tells, with a plus sign; None where there is none.

    Args:
        number: digits alone; a sender that is a name stays as it is, and so does `+41793026727`.
    """
    return f"+{number}" if str(number).isdecimal() else str(number or "") or None


def phone_digits(recipient: Message | Recipient, provider: str, example: str) -> str:
    """Return a phone number as most providers write it: digits alone, with the country code.

    Args:
        recipient: whose number it is.
        provider: the provider's name, for the error.
        example: a number that the provider takes, for the error.

    Raises:
        UsageError: the address is no phone number of 7 to 15 digits.
    """
    match = _PHONE.fullmatch(recipient.address)
    if match is None:
        raise UsageError(
            f"{recipient.to!r} is not a phone number that {provider} takes: it takes 7 to 15 "
            f"digits that begin with the country code, e.g. {example}."
        )
    return match[1]
