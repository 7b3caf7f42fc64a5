"""What messages cost, as a profile says it."""

from decimal import Decimal
from typing import Any

import pytest
from polycast.config.prices import Prices
from polycast.errors import SettingsError

TABLE = {
    "currency": "EUR",
    "+380": 0.045,
    "+3809": {"sms": 0.05, "viber": 0.02},
    "default": "0.12",
}


@pytest.mark.parametrize(
    ("to", "segments", "channels", "amount"),
    [
        ("+380441234567", 2, (), "0.090"),
        ("tel:+380441234567", 1, (), "0.045"),
        # The longest beginning counts, and the dearest of the channels that may be tried.
        ("+380961234567", 2, (), "0.10"),
        ("+380961234567", 2, ("viber",), "0.02"),
        ("+380961234567", 1, ("viber", "sms"), "0.05"),
        ("+380961234567", 1, ("whatsapp",), None),
        ("+375291234567", 3, ("sms",), "0.36"),
        ("+375291234567", 3, ("viber",), "0.12"),
        ("contact:7", 1, (), "0.12"),
    ],
)
def test_the_most_that_a_message_may_cost(
    to: str, segments: int, channels: tuple[str, ...], amount: str | None
) -> None:
    """SMS are charged by segment, messages of other channels one by one."""
    found = Prices.read(TABLE, "prices").of(to, segments, channels)

    assert found == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (5, "is not a table"),
        ({"+380": 0.1}, "currency is missing"),
        ({"currency": "EUR", "380": 0.1}, "is not the beginning of a number"),
        ({"currency": "EUR", "+380": "cheap"}, "is not a price"),
        ({"currency": "EUR", "+380": -1}, "is not a price"),
        ({"currency": "EUR", "+380": True}, "is not a price"),
        ({"currency": "EUR", "default": {"sms": None}}, "is not a price"),
    ],
)
def test_what_is_no_price(table: Any, words: str) -> None:
    """A table that says no prices is refused, with the place."""
    with pytest.raises(SettingsError, match=words):
        Prices.read(table, "polycast.toml, profiles.kyiv.prices")
