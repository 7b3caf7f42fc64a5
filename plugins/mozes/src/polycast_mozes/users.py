"""Who a phone number belongs to, asked of Mozes once per number."""

from functools import lru_cache

from polycast import InvalidResponse, Message, ProviderError, Recipient

from polycast_mozes._client import Client
from polycast_mozes._client import models as m
from polycast_mozes.mapping import to_number, to_person

__all__ = ["Users"]

#: How many numbers are remembered, the latest ones: about 20 MB when full.
REMEMBERED = 100_000
#: Return codes that are about the number that was asked for: those of users, INVALID_MOZES_ID, and
#: OK without a user. After anything else the next number would fare no better.
_OK, _USERS = 0, frozenset((10004, *range(11000, 12000)))


class Users:
    """Users of Mozes by their addresses.

    A number that was found is remembered as long as the client lives; one that was refused is
    asked for again. It is safe to share between threads.
    """

    def __init__(self, api: Client) -> None:
        """Remember nobody yet."""
        self._api = api
        self._by_phone = lru_cache(maxsize=REMEMBERED)(self._look_up)

    def find(self, recipient: Recipient | Message) -> int:
        """Return the Mozes ID of a recipient.

        Raises:
            ProviderError: Mozes refused the phone number, or was not reached.
            UsageError: it is no address of a person.
        """
        person = to_person(recipient)
        return person if isinstance(person, int) else self._by_phone(person)

    def find_or_refusal(self, recipient: Recipient) -> int | ProviderError:
        """Return the Mozes ID of a recipient, or why Mozes does not give one for its number.

        Raises:
            ProviderError: the same would be said of every number.
            UsageError: it is no address of a person.
        """
        try:
            return self.find(recipient)
        except ProviderError as error:
            if error.code == _OK or error.code in _USERS:
                return error
            raise

    def _look_up(self, phone: str) -> int:
        reply = self._api.lookup_user(m.PhoneQuery(phone=phone))
        found = to_number(reply.response.mozes_id)
        if found is None:
            transport = self._api.transport
            raise InvalidResponse(
                "it names no Mozes ID",
                provider=transport.provider,
                operation="lookup_user",
                code=_OK,
                raw=reply,
            )
        return found
