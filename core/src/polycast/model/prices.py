"""What a message costs."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import attrs

from polycast.errors import UsageError
from polycast.model.serialization import Serializable

__all__ = ["Price", "total"]


def _to_amount(value: object) -> Decimal:
    """Return a number without its sign: some providers tell costs as negative numbers."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite():
        raise UsageError(f"amount is a decimal number, not {value!r}.")
    return abs(amount)


def _check_currency(price: object, attribute: "attrs.Attribute[str]", value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"currency is a text that is not empty, e.g. 'EUR', not {value!r}.")


@attrs.frozen
class Price(Serializable):
    """What a provider takes for one message, all of its segments together.

    Args:
        amount: a decimal number, also as an int, a float or a text; its sign is dropped.
        currency: the ISO 4217 code, e.g. `"EUR"`, or the provider's own unit.

    Raises:
        UsageError: the amount is not a finite number, or the currency is empty.
    """

    amount: Decimal = attrs.field(converter=_to_amount)
    currency: str = attrs.field(validator=_check_currency)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def total(prices: Iterable[Price | None]) -> Price | None:
    """Return what all cost together; None where one is not known, or the currencies differ."""
    known = list(prices)
    stated = [price for price in known if price is not None]
    if not known or len(stated) < len(known) or len({price.currency for price in stated}) > 1:
        return None
    return Price(sum((price.amount for price in stated), Decimal(0)), stated[0].currency)
