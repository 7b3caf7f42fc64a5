"""Which addresses came before: exact, and flat in memory however many there are."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from polycast.errors import UsageError

__all__ = ["Earlier", "Seen"]

#: Addresses that are held in memory; from there on, a temporary database on disk takes over.
#: A dictionary of a million would take some 200 MB.
_HELD = 20_000
#: KiB of that database that SQLite holds in memory.
_CACHE = 4_000


_Entry = tuple[int | str, int, int]


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
        self._held: dict[int | str, Earlier] = {}
        self._disk: sqlite3.Connection | None = None

    def add(self, entries: Sequence[tuple[str, int, int]]) -> list[Earlier | None]:
        """Remember addresses, and return for each the row that had it before.

        Args:
            entries: each an address, normalised; the row where it stands, which no other entry
                has; and a hash of what else stands there, within 63 bits.

        Raises:
            UsageError: the temporary folder is full.
        """
        keyed = [(_key(address), row, content) for address, row, content in entries]
        if self._disk is None and len(self._held) + len(keyed) > _HELD:
            self._spill()
        if self._disk is None:
            held = [self._held.setdefault(key, Earlier(*rest)) for key, *rest in keyed]
            return [_if_earlier(each, entry[1]) for each, entry in zip(held, keyed, strict=True)]
        if self._insert(self._disk, keyed):
            return [None] * len(keyed)
        return [_if_earlier(self._find(self._disk, key), row) for key, row, _ in keyed]

    def __contains__(self, address: str) -> bool:
        if self._disk is None:
            return _key(address) in self._held
        return self._find(self._disk, _key(address)) is not None

    def _insert(self, disk: sqlite3.Connection, entries: Sequence[_Entry]) -> bool:
        """Insert what is not there yet, and return whether that was everything."""
        before = disk.total_changes
        numbers = [entry for entry in entries if isinstance(entry[0], int)]
        try:
            disk.executemany("INSERT OR IGNORE INTO numbers VALUES (?, ?, ?)", numbers)
            if len(numbers) < len(entries):
                others = [entry for entry in entries if isinstance(entry[0], str)]
                disk.executemany("INSERT OR IGNORE INTO others VALUES (?, ?, ?)", others)
        except sqlite3.Error as error:
            raise _full(error) from error
        return disk.total_changes - before == len(entries)

    def _find(self, disk: sqlite3.Connection, key: int | str) -> Earlier | None:
        table = "numbers" if isinstance(key, int) else "others"
        try:
            found = disk.execute(
                f"SELECT row, content FROM {table} WHERE address = ?", (key,)
            ).fetchone()
        except sqlite3.Error as error:
            raise _full(error) from error
        return None if found is None else Earlier(*found)

    def _spill(self) -> None:
        # Without a name the database is a file that is gone when it is closed.
        self._disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._disk.executescript(
            f"""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -{_CACHE};
            CREATE TABLE numbers (address INTEGER PRIMARY KEY, row INTEGER, content INTEGER);
            CREATE TABLE others (address TEXT PRIMARY KEY, row INTEGER, content INTEGER)
                WITHOUT ROWID;
            BEGIN;
            """
        )
        self._insert(self._disk, [(key, *earlier) for key, earlier in self._held.items()])
        self._held.clear()


def _key(address: str) -> int | str:
    return int(address) if address[0] == "+" else address


def _if_earlier(found: Earlier | None, row: int) -> Earlier | None:
    return None if found is None or found.row == row else found


def _full(error: sqlite3.Error) -> UsageError:
    return UsageError(f"The temporary folder cannot keep the addresses of the list: {error}.")
