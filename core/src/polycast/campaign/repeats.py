"""Who would get the same twice: the same text at the same address."""

from collections.abc import Sequence

from polycast.model import Recipient
from polycast.recipients.seen import Seen

__all__ = ["Repeats", "Said"]

#: Of a hash: SQLite's integers have a sign.
_BITS = 0x7FFFFFFFFFFFFFFF

#: Somebody's place in the list, who it is, and what they read.
Said = tuple[int, Recipient, str | None]


class Repeats:
    """Remembers who reads what: flat in memory, however many there are.

    Addresses are compared as they are, texts at one address by a hash of 63 bits.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._first = Seen()
        #: Further texts at addresses that have one: few, where there are any.
        self._further = Seen()

    def find(self, people: Sequence[Said]) -> list[bool]:
        """Remember people, and return for each whether they had come before."""
        entries = [(recipient.to, place, hash(text) & _BITS) for place, recipient, text in people]
        earlier = self._first.add(entries)
        if earlier.count(None) == len(earlier):
            return [False] * len(people)
        return [
            first is not None and (first.content == entry[2] or self._is_further(*entry))
            for entry, first in zip(entries, earlier, strict=True)
        ]

    def _is_further(self, to: str, position: int, content: int) -> bool:
        (earlier,) = self._further.add([(f"{content} {to}", position, 0)])
        return earlier is not None
