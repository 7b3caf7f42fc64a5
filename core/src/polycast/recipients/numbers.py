"""Phone numbers as people and spreadsheets write them, to E.164: repaired or refused."""

import re
import unicodedata

from polycast.errors import UsageError
from polycast.model.validators import PHONE
from polycast.recipients.advice import Advise, either, in_python
from polycast.recipients.cells import unwrapped
from polycast.recipients.headers import likeness
from polycast.recipients.numbering import NotInPlan, NumberingPlans

__all__ = ["NotAnAddress", "Numbers"]

# What is no `PHONE` as it stands is looked at with these.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)\Z", re.DOTALL)
_EXPONENT = re.compile(r"\+?([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})\Z")
_FRACTION = re.compile(r"(\+?[0-9]{7,})[.,]([0-9]+)\Z")
_SEPARATORS = re.compile(r"[\s().\-]+")
#: A zero that is dialled only within the country, or is part of the number.
_TRUNK = re.compile(r"[^(]*\(\s*0").match
_NUMBER = re.compile(r"\+?[0-9]+\Z").match
#: Digits of a number with its country code (E.164; nobody has fewer).
_FEWEST, _MOST = 7, 15
#: Digits of a number that a spreadsheet shows as 3.80961E+11, and what becomes of its end.
_SHORTENED, _LOST = 12, "000000"
_FULL = "in full as +380961111111 (plus sign, country code, number)"
_INSTALL = "pip install 'polycast[numbers]'"


class NotAnAddress(ValueError):
    """Why a value is no address, as the end of a sentence that begins with the row."""


class Numbers:
    """Turns what stands in a column of addresses into addresses.

    Where `phonenumbers` is installed, it judges every number; without it, a number stands as it
    is written, and needs its plus sign.

    Args:
        region: the country of numbers that are written without a country code, as two letters
            (ISO 3166), e.g. `"UA"`; None refuses such numbers.
        advise: how a sentence names the option for the region.

    Raises:
        UsageError: there is no such region, or `phonenumbers`, which knows how each country
            writes its numbers, is not installed.
    """

    def __init__(self, region: str | None = None, advise: Advise = in_python) -> None:
        """Load the rules of the region, where there is one."""
        self._region = region
        self._advise = advise
        self._plans = NumberingPlans.load()
        self._stands = self._plans.stands if self._plans is not None else _is_phone
        self._has_trunk_zero = False
        if region is None:
            return
        if self._plans is None:
            raise UsageError(f"A region needs the package phonenumbers: {_INSTALL}.")
        self._plans.check_region(region)
        self._has_trunk_zero = self._plans.has_trunk_zero(region)

    def address(self, written: str) -> str:
        """Return the address that a value says: `+` and digits, or `scheme:value` as it stands.

        Repaired, because there is one way to read them: digits of other scripts (full width),
        blanks, dashes, dots, brackets, invisible characters, a leading apostrophe, `="..."`,
        the prefix 00, a fraction of zeros (`380961111111.0`), an exponent that has kept every
        digit, a zero that is dialled only within the country (`+44 07400 123456`), a missing
        plus sign, and, with a region, national numbers with their leading zero or without it.

        Raises:
            NotAnAddress: it says none, or may say several.
        """
        if self._stands(written):
            return written
        if PHONE.match(written):
            return self._full(written, written)
        text = written.strip()
        if not text:
            raise NotAnAddress("it has no address")
        scheme = _SCHEME.match(text)
        if scheme is not None:
            if scheme[1].lower() != "tel":
                if scheme[2][:1].isspace() or likeness(scheme[1]):
                    raise NotAnAddress(
                        f"{_shown(written)} is not an address: of a phone number write the number "
                        f"alone, {_FULL}; a scheme has no blank after its colon"
                    )
                return text
            text = scheme[2]
        number = self._unspoilt(written, _digits(written, text))
        bare = _SEPARATORS.sub("", number)
        if number.startswith("-") or not _NUMBER(bare):
            raise NotAnAddress(f"{_shown(written)} is not an address: write it {_FULL}")
        if bare.startswith("00"):
            bare = f"+{bare[2:]}"
        if not bare.startswith("+"):
            return self._without_plus(written, bare)
        if self._plans is None and _TRUNK(number):
            raise NotAnAddress(f"{_shown(written)} has a zero in brackets: write it {_FULL}")
        return self._full(written, _checked(written, bare))

    def _full(self, written: str, number: str) -> str:
        """Return a number with its plus sign as its country's plan has it."""
        if self._plans is None:
            return number
        try:
            return self._plans.full(number)
        except NotInPlan as error:
            raise NotAnAddress(f"{_shown(written)} is not a phone number: {error}") from None

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

    def _without_plus(self, written: str, number: str) -> str:
        """Return what is meant by a national number, or by one that has lost its plus sign."""
        plans, region = self._plans, self._region
        if len(number) >= _SHORTENED and number.endswith(_LOST):
            raise NotAnAddress(
                f"{_shown(written)} ends in zeros, as a number that a spreadsheet has rounded: if "
                f"it is right, write it {_FULL}"
            )
        national = None if plans is None or region is None else plans.valid(number, region)
        other = None if plans is None else plans.valid(f"+{number}")
        if national is None and other is not None:
            return other
        if national is None:
            if region is not None:
                raise NotAnAddress(
                    f"{_shown(written)} is not a phone number of {region}: write it {_FULL}"
                )
            option = self._advise("region", "UA")
            if plans is None:
                option = f"{option} after {_INSTALL}"
            raise NotAnAddress(
                f"{_shown(written)} is not an address without a country code: "
                f"{either(f'write it {_FULL}', option)}"
            )
        lost_zero = self._has_trunk_zero and not number.startswith("0")
        if lost_zero and other not in (None, national):
            raise NotAnAddress(
                f"{_shown(written)} may be {national} or {other}: write the plus sign"
            )
        return national


def _is_phone(written: str) -> bool:
    return PHONE.match(written) is not None


def _digits(written: str, text: str) -> str:
    """Return the text with digits, signs, dashes and blanks of any script as ASCII has them."""
    text = unwrapped(text).removeprefix("'")
    # A cell that was typed with a plus sign, and taken for a formula.
    text = text[1:] if text.startswith("=+") else text
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
