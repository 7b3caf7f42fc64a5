"""The numbering plans of all countries, as `phonenumbers` knows them."""

import re
from importlib import import_module
from typing import Any, NamedTuple, Self

from polycast.errors import UsageError

__all__ = ["NotInPlan", "NumberingPlans"]

#: Digits of a country code, at most.
_CODE = 3


class NotInPlan(ValueError):
    """Why no country has a number, as the end of a sentence about it."""


class _Plan(NamedTuple):
    """What tells at once that a number stands as it does: the rest is asked of the library."""

    code: str
    region: str
    lengths: tuple[int, ...]
    #: Numbers of these lengths without a prefix that is dialled within the country.
    standing: "re.Pattern[str]"


class NumberingPlans:
    """Judges numbers that have their country code.

    Judged are the country code, the length and the prefix that is dialled within the country.
    Whether somebody has been given a range is asked only where a number is repaired: operators
    open new ranges before a released version of `phonenumbers` knows them.
    """

    def __init__(self, library: Any) -> None:
        """Take the module `phonenumbers`."""
        self._library = library
        self._plans: dict[str, _Plan | None] = {}

    @classmethod
    def load(cls) -> Self | None:
        """Return the plans; None where `phonenumbers` is not installed."""
        try:
            return cls(import_module("phonenumbers"))
        except ImportError:
            return None

    def check_region(self, region: str) -> None:
        """Refuse what is no country.

        Raises:
            UsageError: there is no such region.
        """
        if region not in self._library.SUPPORTED_REGIONS:
            raise UsageError(
                f"There is no region {region!r}: give a country as two capital letters, e.g. 'UA'."
            )

    def has_trunk_zero(self, region: str) -> bool:
        """Whether numbers of a region begin with a zero that is dialled within the country."""
        metadata = self._library.PhoneMetadata.metadata_for_region(region)
        return str(metadata.national_prefix or "").startswith("0")

    def stands(self, number: str) -> bool:
        """Whether this is a number with its plus sign, as its country writes it."""
        plan = self._plan_of(number)
        return plan is not None and plan.standing.match(number) is not None

    def full(self, number: str) -> str:
        """Return a number with its plus sign as its country writes it.

        Raises:
            NotInPlan: there is no such country code, or its country has no such number.
        """
        plan = self._plan_of(number)
        if plan is None:
            raise NotInPlan("no country code is like its first digits")
        if plan.standing.match(number):
            return number
        national = number[1 + len(plan.code) :]
        valid = self.valid(number)
        if valid is not None:
            return valid
        if len(national) in plan.lengths:
            raise NotInPlan(
                f"no number of {plan.region} begins with {national[:2]} after +{plan.code}"
            )
        listed = " or ".join(map(str, plan.lengths))
        raise NotInPlan(
            f"a number of {plan.region} has {listed} digits after +{plan.code}, this one "
            f"{len(national)}"
        )

    def valid(self, number: str, region: str | None = None) -> str | None:
        """Return a number of a known range in full; None if it is none.

        Args:
            number: digits, with the plus sign where no region is given.
            region: the country within which it is dialled.
        """
        library = self._library
        try:
            parsed = library.parse(number, region)
        except library.NumberParseException:
            return None
        if not library.is_valid_number(parsed):
            return None
        full: str = library.format_number(parsed, library.PhoneNumberFormat.E164)
        return full

    def _plan_of(self, number: str) -> _Plan | None:
        start = number[1 : 1 + _CODE]
        try:
            return self._plans[start]
        except KeyError:
            if not start.isdecimal():
                return None
            plan = self._plans[start] = self._plan(start)
            return plan

    def _plan(self, digits: str) -> _Plan | None:
        library = self._library
        for size in range(1, _CODE + 1):
            code = digits[:size]
            regions = library.COUNTRY_CODE_TO_REGION_CODE.get(int(code))
            if regions is None:
                continue
            metadata = library.PhoneMetadata.metadata_for_region_or_calling_code(
                int(code), regions[0]
            )
            prefix = metadata.national_prefix_for_parsing
            lengths = metadata.general_desc.possible_length
            # A prefix may be optional in its own pattern: it must not be empty here.
            without = rf"(?!(?:{prefix})(?<!\+{code}))" if prefix else ""
            ends = "|".join(f"[0-9]{{{length}}}" for length in lengths)
            return _Plan(
                code,
                f"+{code}" if regions[0] == "001" else regions[0],
                lengths,
                re.compile(rf"\+{code}{without}(?:{ends})\Z"),
            )
        return None
