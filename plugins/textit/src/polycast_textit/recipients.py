"""Who a call is to: each address once, in the field of the request that it belongs to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import attrs
from polycast import Message, Recipient, UsageError

#: The most entries that each of urns, contacts and groups may have ("Sending Broadcasts").
LIMIT = 100
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_FIELDS = {"contact": "contacts", "group": "groups"}

_WHOLE_NUMBER = re.compile(r"tel:\+[1-9][0-9]*\Z")

#: A field, and an index in it.
Entry = tuple[str, int]


@attrs.frozen
class Addresses:
    """The recipients of one call, each address once.

    TextIt answers HTTP 500 where a contact or a group is named twice in one call.

    Args:
        fields: the entries of `urns`, `contacts` and `groups`; a field without any is left out.
        entries: for each recipient, in the order given, the entry that reaches them.
    """

    fields: Mapping[str, list[str]]
    entries: Sequence[Entry]

    def first_of(self, place: int) -> int:
        """Return the place of the first recipient with the same entry: their own, mostly."""
        return self.entries.index(self.entries[place])

    def places_of(self, entry: Entry) -> list[int]:
        """Return the places of the recipients that an entry reaches."""
        return [place for place, each in enumerate(self.entries) if each == entry]


def to_addresses(recipients: Iterable[Message | Recipient]) -> Addresses:
    """Return the addresses by the field they belong to.

    `contact:` and `group:` go by what follows the colon; everything else is a URN, and a bare
    phone number becomes a `tel:` one. An address that is there already, in whatever spelling,
    is not added again. UUIDs travel in small letters: TextIt knows no others.

    Raises:
        UsageError: a field would have more than 100.
    """
    fields: dict[str, list[str]] = {}
    entries: list[Entry] = []
    known: dict[tuple[str, str], list[int]] = {}
    for recipient in recipients:
        field, address = _entry(recipient)
        added = fields.setdefault(field, [])
        alike = known.setdefault((field, likeness(field, address)), [])
        index = next((each for each in alike if _is_same(field, added[each], address)), None)
        if index is None:
            index = len(added)
            alike.append(index)
            added.append(address)
        entries.append((field, index))
    for field, given in fields.items():
        if len(given) > LIMIT:
            raise UsageError(
                f"textit takes at most {LIMIT} {field} in one broadcast, not {len(given)}; "
                "Client.send_bulk divides longer lists."
            )
    return Addresses(fields, entries)


def spelled_once(to: str) -> str:
    """Return an address of ours in one spelling (`Features.normal_form`).

    Phone numbers stay as they are: lists are long, and `to_addresses` compares those of one call.
    """
    if to[0] == "+":
        return to
    if _WHOLE_NUMBER.match(to):
        return to[4:]
    field, address = _entry(Recipient(to))
    return to if to.startswith("tel:") else f"{field}:{normal_form(field, address)}"


def _entry(recipient: Message | Recipient) -> tuple[str, str]:
    # Nearly all are phones: these need not be taken apart to be put together again.
    if recipient.to[0] == "+":
        return "urns", f"tel:{recipient.to}"
    field = _FIELDS.get(recipient.scheme)
    if field is None:
        return "urns", f"{recipient.scheme}:{recipient.address}"
    address = recipient.address
    return field, normal_form("contacts", address)


def _is_same(field: str, one: str, other: str) -> bool:
    return one == other or normal_form(field, one) == normal_form(field, other)


# The normal form of an address: how RapidPro stores it, however it was written.

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
        return address.lower() if UUID.fullmatch(address) else address
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
