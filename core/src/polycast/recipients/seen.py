"""Which addresses came before: exact, and flat in memory however many there are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from polycast.recipients.seen_on_disk import SeenOnDisk

__all__ = ["Earlier", "Seen", "SeenRow"]

#: Addresses that are held in memory; from there on, a temporary database on disk takes over.
#: A dictionary of a million would take some 200 MB.
_HELD = 20_000

#: An address as a key, its row, and a hash of what else stands there.
SeenRow = tuple[int | str, int, int]


class Earlier(NamedTuple):
    """The first row that had an address."""

    row: int
    content: int


class Seen:
    """Remembers the first row of each address.

    A phone number is its own key, for it fits into 64 bits; nothing is hashed, so no two
    addresses are ever taken for one.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._held: dict[int | str, tuple[int, int]] = {}
        self._disk: SeenOnDisk | None = None

    def add(self, entries: Sequence[tuple[str, int, int]]) -> list[Earlier | None]:
        """Remember addresses, and return for each the row that had it before.

        Args:
            entries: each an address, normalised; the row where it stands, which no other entry
                has; and a hash of what else stands there, within 63 bits.

        Raises:
            UsageError: the temporary folder is full.
        """
        if self._disk is None and len(self._held) + len(entries) > _HELD:
            self._spill()
        if self._disk is None:
            held = self._held.setdefault
            found = [held(_key(to), (row, content)) for to, row, content in entries]
            return [
                None if first[0] == entry[1] else Earlier(*first)
                for first, entry in zip(found, entries, strict=True)
            ]
        keyed = [(_key(to), row, content) for to, row, content in entries]
        if self._disk.insert(keyed):
            return [None] * len(keyed)
        return [_if_earlier(self._disk.find(key), row) for key, row, _ in keyed]

    def __bool__(self) -> bool:
        return self._disk is not None or bool(self._held)

    def __contains__(self, address: str) -> bool:
        if self._disk is None:
            return _key(address) in self._held
        return self._disk.find(_key(address)) is not None

    def _spill(self) -> None:
        # SQLite is imported only for lists that are this long.
        from polycast.recipients.seen_on_disk import SeenOnDisk

        self._disk = SeenOnDisk()
        self._disk.insert([(key, *earlier) for key, earlier in self._held.items()])
        self._held.clear()


def _key(address: str) -> int | str:
    # What a scheme's value is made of is the provider's to judge: "tel:+38 096" comes here, too.
    return int(address) if address[0] == "+" and address[1:].isdecimal() else address


def _if_earlier(found: Earlier | None, row: int) -> Earlier | None:
    return None if found is None or found.row == row else found
