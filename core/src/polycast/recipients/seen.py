"""Which addresses came before: exact, and flat in memory however many there are."""

import sqlite3
from typing import NamedTuple

from polycast.errors import UsageError

__all__ = ["Earlier", "Seen"]

#: Addresses that are held in memory; from there on, a temporary database on disk takes over.
#: A dictionary of a million would take some 200 MB.
_HELD = 20_000
#: KiB of that database that SQLite holds in memory.
_CACHE = 8_000


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

    def add(self, address: str, row: int, content: int) -> Earlier | None:
        """Remember an address, or return the row that had it before.

        Args:
            address: normalised.
            row: where it stands.
            content: a hash of what else stands there, within 63 bits.

        Raises:
            UsageError: the temporary folder is full.
        """
        key = int(address) if address[0] == "+" else address
        if self._disk is None:
            if len(self._held) < _HELD:
                earlier = self._held.setdefault(key, Earlier(row, content))
                return None if earlier.row == row else earlier
            self._spill()
        return self._add(key, row, content)

    def __contains__(self, address: str) -> bool:
        key = int(address) if address[0] == "+" else address
        if self._disk is None:
            return key in self._held
        return self._find(key) is not None

    def _add(self, key: int | str, row: int, content: int) -> Earlier | None:
        assert self._disk is not None
        table = "numbers" if isinstance(key, int) else "others"
        try:
            added = self._disk.execute(
                f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?)", (key, row, content)
            )
        except sqlite3.Error as error:
            raise _full(error) from error
        return None if added.rowcount else self._find(key)

    def _find(self, key: int | str) -> Earlier | None:
        assert self._disk is not None
        table = "numbers" if isinstance(key, int) else "others"
        try:
            found = self._disk.execute(
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
        for key, earlier in self._held.items():
            self._add(key, *earlier)
        self._held.clear()


def _full(error: sqlite3.Error) -> UsageError:
    return UsageError(f"The temporary folder cannot keep the addresses of the list: {error}.")
