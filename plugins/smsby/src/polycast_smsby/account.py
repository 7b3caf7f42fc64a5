"""What the account has: money, the messages it buys, and the names messages come from."""

from decimal import Decimal, InvalidOperation

import attrs
from polycast.wire import UNSET, Unset

from polycast_smsby._client import models as m

__all__ = ["Balance", "to_alphanames", "to_balance", "to_limit"]


@attrs.frozen
class Balance:
    """The account's money.

    Args:
        amount: what is left.
        currency: e.g. `"BYN"`; None where sms.by does not tell.
        viber: what is left for Viber alone; None where sms.by does not tell.
    """

    amount: Decimal
    currency: str | None = None
    viber: Decimal | None = None


def to_balance(answer: m.Balance) -> Balance:
    """Return the account's money from the answer of `getBalance`.

    Raises:
        ValueError: it names no amount.
    """
    first = answer.result[0] if answer.result else m.Money()
    amount = _decimal(first.balance)
    if amount is None:
        raise ValueError("it names no balance")
    return Balance(amount, answer.currency or None, _decimal(first.viber_balance))


def to_limit(answer: m.Limit) -> int:
    """Return how many messages the money buys, from the answer of `getLimit`.

    Raises:
        ValueError: it is no whole number.
    """
    try:
        return int(answer.limit)
    except ValueError:
        raise ValueError("its limit is no whole number") from None


def to_alphanames(answer: dict[str, str]) -> dict[int, str]:
    """Return names by their numbers, from the answer of `getAlphanames`.

    Raises:
        ValueError: a number is none.
    """
    try:
        return {int(number): name for number, name in answer.items()}
    except ValueError:
        raise ValueError("the number of a name is none") from None


def _decimal(value: float | str | Unset | None) -> Decimal | None:
    if value is UNSET or value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
