"""What an account's messages cost, as its profile says."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Self

import attrs

from polycast.errors import SettingsError

__all__ = ["Prices"]

#: Stands for every channel that is not named, and for every address that has no prefix of its own.
_ANY = "*"
_DEFAULT = "default"
#: The channel whose messages are charged by segment.
_SMS = "sms"


@attrs.frozen
class Prices:
    """The prices of one account: by the beginning of a number, and by channel.

    A profile has them as a table::

        [profiles.kyiv.prices]
        currency = "EUR"
        "+380" = 0.045                          # each SMS segment
        "+375" = { sms = 0.09, viber = 0.02 }   # each SMS segment; each Viber message
        default = 0.12                          # all other addresses

    Args:
        currency: e.g. `"EUR"`.
        rates: the amount by channel (`"*"` for any), by the beginning of the number
            (`"default"` for any).
    """

    currency: str
    rates: Mapping[str, Mapping[str, Decimal]]

    @classmethod
    def read(cls, table: object, place: str) -> Self:
        """Return the prices that a table of a settings file says.

        Raises:
            SettingsError: it has no currency, or something else is no price.
        """
        if not isinstance(table, dict):
            raise SettingsError(f"{place} is not a table of prices.")
        values = dict(table)
        currency = values.pop("currency", None)
        if not isinstance(currency, str) or not currency.strip():
            raise SettingsError(f'{place}.currency is missing: write e.g. currency = "EUR".')
        rates = {}
        for prefix, rate in values.items():
            if prefix != _DEFAULT and not (prefix[:1] == "+" and prefix[1:].isdecimal()):
                raise SettingsError(
                    f'{place}.{prefix!r} is not the beginning of a number, such as "+380", nor '
                    "default."
                )
            by_channel = rate if isinstance(rate, dict) else {_ANY: rate}
            rates[prefix] = {
                channel: _amount(each, f"{place}.{prefix}") for channel, each in by_channel.items()
            }
        return cls(currency.strip(), rates)

    def of(self, to: str, segments: int, channels: Sequence[str] = ()) -> Decimal | None:
        """Return the most that one message may cost; None if there is no price for it.

        Args:
            to: the address.
            segments: that the text takes as SMS.
            channels: that may be tried; all that have a price when empty. The dearest counts.
        """
        rate = self._rate(to.removeprefix("tel:"))
        if not rate:
            return None
        costs = []
        for channel in channels or rate:
            amount = rate.get(channel, rate.get(_ANY))
            if amount is None:
                return None
            costs.append(amount * max(1, segments) if channel in (_SMS, _ANY) else amount)
        return max(costs)

    def _rate(self, to: str) -> Mapping[str, Decimal] | None:
        for length in range(len(to), 1, -1):
            if to[:length] in self.rates:
                return self.rates[to[:length]]
        return self.rates.get(_DEFAULT)


def _amount(value: object, place: str) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise SettingsError(f"{place} is not a price: write a number such as 0.045.")
    return amount
