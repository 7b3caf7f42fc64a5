"""What is left on an account."""

from collections.abc import Mapping
from decimal import Decimal

import attrs

__all__ = ["Balance"]


@attrs.frozen
class Balance:
    """What is left on an account.

    Args:
        amount: of the account; below zero where the provider gives credit.
        currency: the ISO 4217 code, e.g. `"EUR"`, or the provider's own unit; None where it does
            not tell.
        channels: what is left for a channel alone, by its name, e.g. `"viber"`.
    """

    amount: Decimal
    currency: str | None = None
    channels: Mapping[str, Decimal] = attrs.field(factory=dict, hash=False)
