"""Which addresses came before: exact, and flat in memory however many there are."""

from collections.abc import Sequence
from typing import NamedTuple

from polycast.recipients.temporary import TemporaryDatabase

__all__ = ["Earlier", "Seen"]

#: Addresses that are held in memory; a longer list goes to a temporary database on disk. A
#: dictionary of a million would take some 200 MB.
_HELD = 20_000

_TABLES = """
    CREATE TABLE numbers (address INTEGER PRIMARY KEY, row INTEGER, content INTEGER);
    CREATE TABLE others (address TEXT PRIMARY KEY, row INTEGER, content INTEGER) WITHOUT ROWID;
"""


class Earlier(NamedTuple):
    """The first row that had an address, and a hash of what else stands there."""

    row: int
    content: int


class Seen:
    """Remembers the first row of each address.

    A phone number is its own key, because it fits into 64 bits. Addresses are not hashed, so no
    two of them are ever taken for one.
    """

    def __init__(self) -> None:
        self._held: dict[int | str, tuple[int, int]] = {}
        self._disk: TemporaryDatabase | None = None

    def add(self, entries: Sequence[tuple[str, int, int]]) -> list[Earlier | None]:
        """Remember addresses, and return for each the row that had it before.

        Args:
            entries: each an address, normalised; the row where it stands, which no other entry
                has; and a hash of what else stands there, within 63 bits.

        Raises:
            UsageError: the temporary folder is full.
        """
        if self._disk is None:
            if len(self._held) + len(entries) <= _HELD:
                held = self._held.setdefault
                found = [held(_key(to), (row, content)) for to, row, content in entries]
                return [
                    None if first[0] == entry[1] else Earlier(*first)
                    for first, entry in zip(found, entries, strict=True)
                ]
            self._disk = TemporaryDatabase(_TABLES, "addresses of the list")
            _insert(self._disk, [(key, *first) for key, first in self._held.items()])
            self._held.clear()
        keyed = [(_key(to), row, content) for to, row, content in entries]
        if _insert(self._disk, keyed) == len(keyed):
            return [None] * len(keyed)
        firsts = [(_find(self._disk, key), row) for key, row, _ in keyed]
        return [None if first is None or first.row == row else first for first, row in firsts]

    def __bool__(self) -> bool:
        return self._disk is not None or bool(self._held)

    def __contains__(self, address: str) -> bool:
        if self._disk is None:
            return _key(address) in self._held
        return _find(self._disk, _key(address)) is not None


def _key(address: str) -> int | str:
    # What a scheme's value is made of is the provider's to judge: "tel:+38 096" comes here, too.
    return int(address) if address[0] == "+" and address[1:].isdecimal() else address


def _insert(disk: TemporaryDatabase, entries: Sequence[tuple[int | str, int, int]]) -> int:
    """Insert the addresses that are not there yet, and return how many those were."""
    numbers = [entry for entry in entries if isinstance(entry[0], int)]
    inserted = disk.insert("INSERT OR IGNORE INTO numbers VALUES (?, ?, ?)", numbers)
    if len(numbers) < len(entries):
        others = [entry for entry in entries if isinstance(entry[0], str)]
        inserted += disk.insert("INSERT OR IGNORE INTO others VALUES (?, ?, ?)", others)
    return inserted


def _find(disk: TemporaryDatabase, key: int | str) -> Earlier | None:
    table = "numbers" if isinstance(key, int) else "others"
    found = disk.select(f"SELECT row, content FROM {table} WHERE address = ?", (key,))
    return next((Earlier(*row) for row in found), None)
