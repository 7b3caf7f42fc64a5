"""Phone numbers as people and spreadsheets write them, to E.164: repaired or refused."""

import re
import unicodedata
from importlib import import_module
from typing import Any

from polycast.errors import UsageError
from polycast.model.validators import PHONE

__all__ = ["NotAnAddress", "Numbers"]

# What is no `PHONE` as it stands is looked at with these.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)\Z", re.DOTALL)
_TEXT_FORMULA = re.compile(r'="([^"]*)"\Z')
_EXPONENT = re.compile(r"\+?([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})\Z")
_FRACTION = re.compile(r"(\+?[0-9]{7,})[.,]([0-9]+)\Z")
_SEPARATORS = re.compile(r"[\s().\-]+")
#: A zero that is dialled only within the country, or is part of the number.
_TRUNK = re.compile(r"[^(]*\(\s*0").match
_NUMBER = re.compile(r"\+?[0-9]+\Z").match
#: Digits of a number with its country code (E.164; nobody has fewer).
_FEWEST, _MOST = 7, 15
_FULL = "write it in full as +380961111111 (plus sign, country code, number)"


class NotAnAddress(ValueError):
    """Why a value is no address, as the end of a sentence that begins with the row."""


class Numbers:
    """Turns what stands in a column of addresses into addresses.

    Args:
        region: the country of numbers that are written without a country code, as two letters
            (ISO 3166), e.g. `"UA"`; None refuses such numbers.

    Raises:
        UsageError: there is no such region, or `phonenumbers`, which knows how each country
            writes its numbers, is not installed.
    """

    def __init__(self, region: str | None = None) -> None:
        """Load the rules of the region, where there is one."""
        self._region = region
        self._library: Any = None
        if region is None:
            return
        try:
            self._library = import_module("phonenumbers")
        except ImportError:
            raise UsageError(
                "A region needs the package phonenumbers: pip install 'polycast[numbers]'."
            ) from None
        if region not in self._library.SUPPORTED_REGIONS:
            raise UsageError(
                f"There is no region {region!r}: give a country as two capital letters, e.g. 'UA'."
            )
        metadata = self._library.PhoneMetadata.metadata_for_region(region)
        self._trunk: str = metadata.national_prefix or ""

    def address(self, written: str) -> str:
        """Return the address that a value says: `+` and digits, or `scheme:value` as it stands.

        Repaired, because there is one way to read them: digits of other scripts (full width),
        blanks, dashes, dots, brackets, invisible characters, a leading apostrophe, `="..."`,
        the prefix 00, a fraction of zeros (`380961111111.0`), an exponent that has kept every
        digit, and, with a region, national numbers with their leading zero or without it.

        Raises:
            NotAnAddress: it says none, or may say several.
        """
        if PHONE.match(written):
            return written
        text = written.strip()
        if not text:
            raise NotAnAddress("it has no address")
        scheme = _SCHEME.match(text)
        if scheme is not None:
            if scheme[1] != "tel":
                return text
            text = scheme[2]
        number = self._unspoilt(written, _digits(written, text))
        bare = _SEPARATORS.sub("", number)
        if number.startswith("-") or not _NUMBER(bare):
            raise NotAnAddress(f"{_shown(written)} is not an address: {_FULL}")
        if bare.startswith("00"):
            bare = f"+{bare[2:]}"
        if not bare.startswith("+"):
            return self._national(written, bare)
        if _TRUNK(number):
            return self._without_trunk(written, bare)
        return _checked(written, bare)

    def _without_trunk(self, written: str, number: str) -> str:
        """Return what is meant by +44 (0)20 or +38 (096): only the country's plan tells."""
        parsed = self._parsed(number, None) if self._library is not None else None
        if parsed is None or not self._library.is_valid_number(parsed):
            raise NotAnAddress(f"{_shown(written)} has a zero in brackets: {_FULL}")
        return self._written(parsed)

    def _unspoilt(self, written: str, text: str) -> str:
        """Undo what a spreadsheet does to numbers, or say that it cannot be undone."""
        exponent = _EXPONENT.match(text)
        if exponent is not None:
            fraction, size = exponent[2] or "", int(exponent[3])
            if len(fraction) < size or fraction[size:].strip("0"):
                raise NotAnAddress(
                    f"{_shown(written)} is a number that a spreadsheet has rounded: its last "
                    "digits are lost; format the column as text and fill it in again"
                )
            return text[: exponent.start(1)] + exponent[1] + fraction[:size]
        fraction_of = _FRACTION.match(text)
        if fraction_of is not None:
            if fraction_of[2].strip("0"):
                raise NotAnAddress(f"{_shown(written)} is not an address: it has a fraction")
            return fraction_of[1]
        return text

    def _national(self, written: str, number: str) -> str:
        library, region = self._library, self._region
        if library is None:
            raise NotAnAddress(
                f"{_shown(written)} is not an address without a country code: {_FULL}, or give "
                "the region of such numbers (region='UA', --region UA)"
            )
        parsed = self._parsed(number, region)
        if parsed is None or not library.is_valid_number(parsed):
            raise NotAnAddress(f"{_shown(written)} is not a phone number of {region}: {_FULL}")
        found = self._written(parsed)
        if self._trunk.startswith("0") and not number.startswith("0"):
            # It has lost its zero, or never had one: then it must not be another's full number.
            other = self._parsed(f"+{number}", None)
            if found != f"+{number}" and other is not None and library.is_valid_number(other):
                raise NotAnAddress(
                    f"{_shown(written)} may be {found} or +{number}: write the plus sign"
                )
        return _checked(written, found)

    def _written(self, parsed: Any) -> str:
        written: str = self._library.format_number(parsed, self._library.PhoneNumberFormat.E164)
        return written

    def _parsed(self, number: str, region: str | None) -> Any:
        try:
            return self._library.parse(number, region)
        except self._library.NumberParseException:
            return None


def _digits(written: str, text: str) -> str:
    """Return the text with digits, signs, dashes and blanks of any script as ASCII has them."""
    formula = _TEXT_FORMULA.match(text)
    text = formula[1] if formula is not None else text.removeprefix("'")
    if text.isascii() and text.isprintable():
        return text.strip()
    plain = []
    for character in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(character)
        if category == "Nd":
            plain.append(str(unicodedata.decimal(character)))
        elif category == "Pd" or character == "\N{MINUS SIGN}":
            plain.append("-")
        elif category == "Zs" or character == "\t":
            plain.append(" ")
        elif category == "Cf":
            continue  # marks of direction and of joining, which a copied number brings along
        elif category.startswith(("C", "Z")):
            raise NotAnAddress(f"{_shown(written)} is not an address: it holds {character!r}")
        else:
            plain.append(character)
    return "".join(plain).strip()


def _checked(written: str, number: str) -> str:
    if number[1:2] == "0":
        raise NotAnAddress(f"{_shown(written)} is not an address: no country code begins with 0")
    if not _FEWEST <= len(number) - 1 <= _MOST:
        raise NotAnAddress(
            f"{_shown(written)} is not an address: a number has {_FEWEST} to {_MOST} digits, "
            f"this one {len(number) - 1}"
        )
    return number


def _shown(value: str) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
