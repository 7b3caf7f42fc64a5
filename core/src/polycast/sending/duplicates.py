"""Duplicates in a broadcast: the same text to the same address more than once."""

from collections.abc import Callable, Sequence

from polycast.model.messages import Recipient
from polycast.recipients.seen import Seen

__all__ = ["DUPLICATE", "Duplicates", "Placed"]

#: Why a duplicate is left out, as the end of a sentence.
DUPLICATE = "the same text goes to the same address already"

#: Of a hash: SQLite's integers have a sign.
_BITS = 0x7FFFFFFFFFFFFFFF

#: A recipient's place in the list, the recipient, and the text they get.
Placed = tuple[int, Recipient, str | None]


class Duplicates:
    """Remembers which address gets which text. Memory does not grow with long lists.

    Addresses are compared in the provider's normal form, texts at one address by a hash of 63
    bits. Where there is no text, because the options say it, the variables are compared instead.

    Args:
        normal_form: the provider's (`Features.normal_form`); when None, only `tel:` before a number
            makes no difference.
    """

    def __init__(self, normal_form: Callable[[str], str] | None = None) -> None:
        """Begin with nothing."""
        self._normal_form = normal_form or _one_spelling
        self._first = Seen()
        #: Further texts at addresses that have one: few, where there are any.
        self._further = Seen()

    def find(self, placed: Sequence[Placed]) -> list[bool]:
        """Remember recipients, and return for each whether it is a duplicate.

        Args:
            placed: recipients whose places no earlier recipient has.

        Raises:
            UsageError: the temporary folder is full.
        """
        normal_form = self._normal_form
        entries = [
            (
                normal_form(recipient.to),
                place,
                hash(_said(recipient) if text is None else text) & _BITS,
            )
            for place, recipient, text in placed
        ]
        earlier = self._first.add(entries)
        if earlier.count(None) == len(earlier):
            return [False] * len(placed)
        return [
            first is not None and (first.content == entry[2] or self._is_further(*entry))
            for entry, first in zip(entries, earlier, strict=True)
        ]

    def _is_further(self, to: str, position: int, content: int) -> bool:
        (earlier,) = self._further.add([(f"{content} {to}", position, 0)])
        return earlier is not None


def _one_spelling(to: str) -> str:
    """Return the number of `tel:+12125554567` and of `tel:12125554567`, which are one person's."""
    return f"+{to[4:].lstrip('+')}" if to.startswith("tel:") else to


def _said(recipient: Recipient) -> tuple[tuple[str, str], ...]:
    return tuple(recipient.variables.items())
