"""What Ogangi lists: broadcasts by day, and messages by moment."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime

import attrs
from polycast import InvalidResponse, NotFound
from polycast.wire import UNSET, Undecodable

from polycast_ogangi._client import Client
from polycast_ogangi._client import models as m
from polycast_ogangi.states import BROADCAST_TYPES

__all__ = ["Lists", "lacking"]

#: How many messages to ask for at once; no page states a limit.
_PAGE = 1000
#: How many pages to ask for. Beyond a hundred thousand messages it would take minutes.
_MOST_PAGES = 100


@attrs.frozen
class Lists:
    """The lists of one workspace.

    Args:
        api: asks for them.
        instance_id: the workspace's number.
    """

    api: Client
    instance_id: int

    def broadcasts(
        self, days: tuple[datetime, datetime], text: str | None = None
    ) -> list[m.Broadcast | Undecodable]:
        """Return the broadcasts of these days, each once, whatever their type.

        Args:
            days: the first and the last, without a zone.
            text: what to search for; None for all of them.

        Raises:
            InvalidResponse: an answer holds no list, which is not the same as an empty one.
        """
        listed: dict[object, m.Broadcast | Undecodable] = {}
        for type_ in BROADCAST_TYPES:
            answer = self._broadcasts(type_, days, text)
            if answer.result is UNSET or answer.result.broadcasts is UNSET:
                raise lacking(self.api, "list of broadcasts", "list_broadcasts", answer)
            for made in answer.result.broadcasts:
                listed[made.id if isinstance(made, m.Broadcast) else id(made)] = made
        return list(listed.values())

    def _broadcasts(
        self, type_: int, days: tuple[datetime, datetime], text: str | None
    ) -> m.Answer:
        # In the alphabet for URLs and without padding, as nyaruka/courier's Messangi handler writes
        # Base64 in paths; whether a server takes "/" and "=" there is not known.
        encoded = None if text is None else urlsafe_b64encode(text.encode()).decode().rstrip("=")
        try:
            return self.api.list_broadcasts(self.instance_id, type_, *days, encoded)
        except NotFound:
            # Servers before tag 35 have the method under its old name only.
            return self.api.get_broadcasts(self.instance_id, type_, *days, text)

    def messages(self, first: datetime, last: datetime) -> Iterator[m.Message]:
        """Yield the messages of a period, each once, as far as its pages go, or a hundred."""
        seen: set[str] = set()
        for page in range(1, _MOST_PAGES + 1):
            answer = self.api.message_report(self.instance_id, first, last, page, _PAGE, None)
            if answer.result is UNSET or answer.result.messages is UNSET:
                return
            told = [each for each in answer.result.messages.message if isinstance(each, m.Message)]
            new = {message.id: message for message in told if message.id not in seen}
            if not new:
                return
            seen |= new.keys()
            yield from new.values()

    def message(self, id_: str) -> m.Message | None:
        """Return one message as it is told when asked for, or None where the answer has none."""
        answer = self.api.get_message(self.instance_id, id_)
        if answer.result is UNSET or answer.result.message is UNSET:
            return None
        return answer.result.message


def lacking(api: Client, what: str, operation: str, answer: m.Answer) -> InvalidResponse:
    """Return the error for an answer that says OK and does not hold what was asked for."""
    return InvalidResponse(
        f"it says OK, and holds no {what}",
        provider="ogangi",
        operation=operation,
        raw=answer,
    )
