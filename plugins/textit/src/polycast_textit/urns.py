"""The normal form of an address: how RapidPro stores it, however it was written."""

import re
from importlib import import_module
from typing import Any

__all__ = ["likeness", "normal_form"]

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_URN = re.compile(r"(?P<scheme>[^:]+):(?P<path>[^?#]*)", re.DOTALL)
#: What RapidPro escapes in a path, and nothing else: `a%20b` is stored as `a%2520b`.
_ESCAPES = (("#", "%23"), ("?", "%3F"), ("%", "%25"))
#: Digits at the end of a phone number that no country's rules change: only what stands before
#: them (country code, trunk zero, carrier prefix) is rewritten.
_TAIL = 6


def normal_form(field: str, address: str) -> str:
    """Return what RapidPro makes of an address; two spellings of one address have one form.

    The workspace's country is not known here, so a number without its country code keeps its
    digits as they are. Query and display name of a URN are no part of what it identifies.

    Args:
        field: `urns`, `contacts` or `groups`.
        address: an entry of this field.

    Source: measured on RapidPro 26.1.99 and 9.0.0.
    """
    if field == "groups":
        return address.strip().casefold()
    if field == "contacts":
        return address.lower() if _UUID.fullmatch(address) else address
    urn = _URN.match(address)
    if urn is None:
        return address
    scheme, path = urn["scheme"], _unescaped(urn["path"]).strip()
    if scheme == "tel":
        return f"tel:{_number(path)}"
    if scheme == "twitter":
        path = path.lower().removeprefix("@")
    elif scheme == "mailto":
        path = path.lower()
    elif scheme in ("whatsapp", "bsuid") and path[2:3] == ".":
        path = path[:2].upper() + path[2:]
    return f"{scheme}:{_escaped(path)}"


def likeness(field: str, address: str) -> str:
    """Return what two spellings of one address have in common for certain.

    It is found without the tables of all countries' numbers. Addresses that differ in it have
    different normal forms; those that do not may have.

    Args:
        field: as for `normal_form`.
        address: likewise.
    """
    if field == "urns" and address.startswith("tel:"):
        return re.sub("[^0-9a-z]", "", address.lower())[-_TAIL:]
    return normal_form(field, address)


def _number(written: str) -> str:
    bare = re.sub("[^0-9a-z]", "", written.lower())
    whole = written.startswith("+") or (len(bare) >= 11 and not bare.startswith("0"))
    # Imported for the first number that is compared: it holds every country's rules.
    library: Any = import_module("phonenumbers")
    try:
        parsed = library.parse(f"+{bare}" if whole else bare, None)
    except library.NumberParseException:
        return bare
    if library.is_possible_number_with_reason(parsed) != library.ValidationResult.IS_POSSIBLE:
        return bare
    formatted: str = library.format_number(parsed, library.PhoneNumberFormat.E164)
    return formatted


def _unescaped(path: str) -> str:
    for character, escape in _ESCAPES:
        path = path.replace(escape, character)
    return path


def _escaped(path: str) -> str:
    for character, escape in reversed(_ESCAPES):
        path = path.replace(character, escape)
    return path
