"""Divides recipients into batches, one call to the provider each."""

import hashlib
import marshal
from collections.abc import Iterator, Sequence

from polycast.model.features import Features, Personalisation
from polycast.model.messages import Recipient, checked_recipient
from polycast.recipients.temporary import ExternalSorter
from polycast.sending.duplicates import Placed

__all__ = ["Divider", "Division"]

#: Recipients who wait in memory until their batch is full; beyond that, they wait on disk.
_HELD = 20_000

#: The recipients of one batch: their places in the list, and they themselves.
Division = tuple[list[int], list[Recipient]]


class Divider:
    """Divides recipients into as few batches as the provider's features allow.

    A recipient whose scheme is in `Features.exclusive_schemes` gets a batch of its own. If a call
    takes one text, a batch holds recipients who get the same one. Otherwise it holds recipients
    in the order of the list. Memory does not grow with the list.

    Args:
        features: the provider's.
        size: recipients per batch.
    """

    def __init__(self, features: Features, size: int) -> None:
        self._exclusive = features.exclusive_schemes
        self._by_text = features.personalisation is Personalisation.NONE
        self._size = size
        self._waiting: dict[str | None, Division] = {}
        self._count = 0
        self._disk: ExternalSorter | None = None

    def add(self, placed: Sequence[Placed]) -> Iterator[Division]:
        """Add recipients, and yield each batch that is full then.

        Raises:
            UsageError: the temporary folder is full.
        """
        if self._exclusive:
            for place, recipient, _ in placed:
                if recipient.scheme in self._exclusive:
                    yield [place], [recipient]
            placed = [each for each in placed if each[1].scheme not in self._exclusive]
        yield from self._add_by_text(placed) if self._by_text else self._add_in_order(placed)

    def _add_in_order(self, placed: Sequence[Placed]) -> Iterator[Division]:
        places, recipients = self._waiting.setdefault(None, ([], []))
        places += [place for place, _, _ in placed]
        recipients += [recipient for _, recipient, _ in placed]
        while len(places) >= self._size:
            yield places[: self._size], recipients[: self._size]
            del places[: self._size], recipients[: self._size]

    def _add_by_text(self, placed: Sequence[Placed]) -> Iterator[Division]:
        waiting, size = self._waiting, self._size
        for place, recipient, text in placed:
            group = waiting.setdefault(text, ([], []))
            group[0].append(place)
            group[1].append(recipient)
            self._count += 1
            if len(group[0]) == size:
                del waiting[text]
                self._count -= size
                yield group
        if self._count >= _HELD:
            self._spill()

    def rest(self) -> Iterator[Division]:
        """Yield the batches that did not become full.

        Raises:
            UsageError: the temporary folder is full.
        """
        if self._disk is None:
            yield from (group for group in self._waiting.values() if group[0])
            return
        self._spill()
        group: Division = ([], [])
        last: bytes | None = None
        for key, place, written in self._disk.read():
            if group[0] and (key != last or len(group[0]) == self._size):
                yield group
                group = ([], [])
            last = key
            group[0].append(place)
            group[1].append(checked_recipient(*marshal.loads(written)))
        yield group

    def _spill(self) -> None:
        self._disk = self._disk or ExternalSorter()
        self._disk.add(
            (_key(text), place, _written(recipient))
            for text, group in self._waiting.items()
            for place, recipient in zip(*group, strict=True)
        )
        self._waiting.clear()
        self._count = 0


def _key(text: str | None) -> bytes:
    return hashlib.blake2b((text or "").encode(), digest_size=16).digest()


def _written(each: Recipient) -> bytes:
    return marshal.dumps((each.to, dict(each.variables), each.text, each.reference))
