"""A message or broadcast as what Mozes takes: a text, and users or a stored list."""

import re
from collections.abc import Sequence
from functools import lru_cache

import attrs
from polycast import Broadcast, Message, Recipient, errors

from polycast_mozes._client import Client
from polycast_mozes._client import models as m

#: Characters. Mozes puts the project's name before a message and a signature behind it, and takes
#: 160 in all ("Send Broadcast to a Single User"). Neither text is published, so only what is too
#: long by itself is known to be; the rest is for Mozes to refuse, with code 14000.
LONGEST = 160


@attrs.frozen
class Request:
    """What a call sends, but for the Mozes IDs of phone numbers.

    Args:
        text: what is said.
        recipients: in the order given.
        stored: the number of the stored list that it goes to; None where it goes to persons.
    """

    text: str
    recipients: tuple[Recipient, ...]
    stored: int | None


def to_request(asked: Message | Broadcast) -> Request:
    """Return what is to be sent, checked as far as Mozes need not be asked.

    Raises:
        UsageError: nothing is said, it is too long whatever Mozes adds, or an address is none of
            Mozes's.
        Unsupported: there are several lists, or a list among persons.
    """
    text = asked.text
    if text is None:
        raise errors.UsageError("There is nothing to say: give a text.")
    if len(text) > LONGEST:
        raise errors.UsageError(
            f"The text has {len(text)} characters: Mozes takes {LONGEST}, and counts the "
            "project's name and a signature, which it adds."
        )
    people = [Recipient(asked.to)] if isinstance(asked, Message) else asked.recipients
    request = Request(text, tuple(people), to_list(tuple(people)))
    if request.stored is None:
        for recipient in request.recipients:
            to_person(recipient)
    return request


# Addresses

_ID = re.compile("[1-9][0-9]{0,17}")
#: "user/lookup": eleven digits, the first of them 1; they travel without a plus sign.
_PHONE = re.compile(r"\+?(1[0-9]{10})")


def to_number(value: int | str) -> int | None:
    """Return an id of an answer as a number, in quotes or not; None where it is none."""
    text = str(value)
    return int(text) if _ID.fullmatch(text) else None


def to_person(recipient: Recipient) -> int | str:
    """Return a user's Mozes ID, or the phone number by which it has to be looked up first.

    Raises:
        UsageError: `to` is neither.
    """
    if recipient.scheme == "contact":
        return _number(recipient.to, recipient.address, "a Mozes ID, such as contact:1283228")
    if recipient.scheme == "tel" and (phone := _PHONE.fullmatch(recipient.address)):
        return phone[1]
    raise errors.UsageError(
        f"{recipient.to} cannot be reached: Mozes takes mobile phones of the United States, such "
        "as +13105551234, and users by their Mozes ID, such as contact:1283228."
    )


def to_stored_list(group: str) -> int:
    """Return the number of the stored list that an address such as `group:1483228` is of.

    Raises:
        UsageError: it is no such address.
    """
    scheme, _, number = group.partition(":")
    wanted = "a broadcast list, such as group:1483228"
    return _number(group, number if scheme == "group" else "", wanted)


def _number(address: str, digits: str, wanted: str) -> int:
    if not _ID.fullmatch(digits):
        raise errors.UsageError(f"{address!r} is not {wanted}.")
    return int(digits)


def to_list(recipients: Sequence[Recipient]) -> int | None:
    """Return the stored list that a call goes to, or None where it goes to persons.

    One call of Mozes's reaches one list, or a set of users. The features say so, and a client
    gives each list a call of its own; what comes here all the same was handed over by hand.

    Raises:
        Unsupported: there are several lists, or a list among persons.
        UsageError: an address cannot be one of Mozes's.
    """
    lists = [to_stored_list(each.to) for each in recipients if each.scheme == "group"]
    if lists and len(recipients) > 1:
        among = "several broadcast lists" if len(lists) == len(recipients) else "lists and persons"
        raise errors.Unsupported(
            f"Mozes sends to one broadcast list at a time, or to persons; this broadcast goes to "
            f"{among}. Make one broadcast for each list, and one for all persons."
        )
    return lists[0] if lists else None


# Users: who a phone number belongs to, asked of Mozes once per number.

#: How many numbers are remembered, the latest ones: about 20 MB when full.
REMEMBERED = 100_000
#: Return codes that are about the number that was asked for: those of users, INVALID_MOZES_ID, and
#: OK without a user. After anything else the next number would fare no better.
OK, _USERS = 0, frozenset((10004, *range(11000, 12000)))


class Users:
    """Users of Mozes by their addresses.

    A number that was found is remembered as long as the client lives; one that was refused is
    asked for again. It is safe to share between threads.
    """

    def __init__(self, api: Client) -> None:
        """Remember nobody yet."""
        self._api = api
        self._by_phone = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def find(self, recipient: Recipient) -> int:
        """Return the Mozes ID of a recipient.

        Raises:
            ProviderError: Mozes refused the phone number, or was not reached.
            UsageError: it is no address of a person.
        """
        person = to_person(recipient)
        return person if isinstance(person, int) else self._by_phone(person)

    def find_or_refusal(self, recipient: Recipient) -> int | errors.ProviderError:
        """Return the Mozes ID of a recipient, or why Mozes does not give one for its number.

        Raises:
            ProviderError: the same would be said of every number.
            UsageError: it is no address of a person.
        """
        try:
            return self.find(recipient)
        except errors.ProviderError as error:
            if error.code == OK or error.code in _USERS:
                return error
            raise

    def _look_up(self, phone: str) -> int:
        reply = self._api.lookup_user(m.PhoneQuery(phone=phone))
        found = to_number(reply.response.mozes_id)
        if found is None:
            raise errors.InvalidResponse(
                "it names no Mozes ID",
                provider=self._api.transport.provider,
                operation="lookup_user",
                code=OK,
                raw=reply,
            )
        return found
