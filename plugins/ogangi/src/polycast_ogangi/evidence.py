"""What Ogangi can be asked of a broadcast beside its list: whom its messages go to, its name."""

from collections.abc import Iterator
from datetime import datetime

import attrs
from polycast import AuthenticationFailed, ProviderError, ProviderUnavailable, RateLimited
from polycast.wire import UNSET

from polycast_ogangi._client import models as m
from polycast_ogangi.content import NewBroadcast
from polycast_ogangi.listing import Lists
from polycast_ogangi.mapping import bare_text, plain_code, plain_number

__all__ = ["Evidence"]


@attrs.frozen
class Evidence:
    """What tells whether a broadcast was made of a request.

    Args:
        lists: asks for it.
        request: what was sent.
        days: the first and the last that its broadcast is listed under.
        period: the first and the last moment at which its messages were sent.
    """

    lists: Lists
    request: NewBroadcast
    days: tuple[datetime, datetime]
    period: tuple[datetime, datetime]

    def blasts(self) -> Iterator[str]:
        """Yield what each message to a recipient of the request was sent as a part of.

        A message is known by its number, text and sender. Some servers may not have the report,
        or no message that it names: those tell nothing.
        """
        try:
            for message in self.lists.messages(*self.period):
                if self._is_ours(message) and (blast := self._blast_of(message)):
                    yield blast
        except (AuthenticationFailed, ProviderUnavailable, RateLimited):
            raise
        except ProviderError:
            return

    def named(self, name: str) -> set[int]:
        """Search for a campaign's name, and return the numbers of the broadcasts found."""
        found = self.lists.broadcasts(self.days, name)
        return {made.id for made in found if isinstance(made, m.Broadcast)}

    def _is_ours(self, message: m.Message) -> bool:
        reads = self._reads.get(plain_number(message.to or ""))
        if reads is None or message.text is UNSET or bare_text(message.text) != reads:
            return False
        return (
            not self.request.use_shortcode
            or message.from_ is UNSET
            or plain_code(message.from_) == plain_code(self.request.sender)
        )

    def _blast_of(self, message: m.Message) -> str:
        """The `blastId` of a message; "Message" names it, the page of the report names no tags."""
        if message.blast_id is UNSET:
            asked = self.lists.message(message.id)
            return "" if asked is None or asked.blast_id is UNSET else asked.blast_id.strip()
        return message.blast_id.strip()

    _reads: dict[str, str] = attrs.field(init=False, repr=False)

    @_reads.default
    def _texts(self) -> dict[str, str]:
        entries = self.request.entries
        return {plain_number(entry.number): bare_text(entry.reads) for entry in entries}
