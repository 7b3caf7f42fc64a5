"""What a message costs, as a number and a currency."""

from decimal import Decimal
from typing import Any

import pytest
from polycast import Price, UsageError


@pytest.mark.parametrize("amount", ["-0.00750", "0.0075", Decimal("0.0075"), 0.0075, -0.0075])
def test_a_cost_has_no_sign(amount: Any) -> None:
    """
    Some providers tell a cost as a negative number, as a text or a float: it is one amount.
    """
    price = Price(amount, "USD")

    assert price.amount == Decimal("0.0075")
    assert str(Price("-0.00750", "USD")) == "0.00750 USD"


@pytest.mark.parametrize("amount", [None, "", "free", "NaN", float("inf"), True])
def test_what_is_no_number_is_no_price(amount: Any) -> None:
    """
    It is refused with the value.
    """
    with pytest.raises(UsageError, match="amount"):
        Price(amount, "USD")


@pytest.mark.parametrize("currency", ["", " ", None, 7])
def test_an_amount_without_a_currency_is_no_price(currency: Any) -> None:
    """
    A number alone could be of any currency.
    """
    with pytest.raises(UsageError, match="currency"):
        Price(1, currency)
