"""Who a call is to: each address once, in the field of the request that it belongs to."""

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
from polycast import Message, Recipient, UsageError

from polycast_textit.urns import likeness, normal_form

__all__ = ["LIMIT", "Addresses", "spelled_once", "to_addresses"]

#: The most entries that each of urns, contacts and groups may have ("Sending Broadcasts").
LIMIT = 100

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
