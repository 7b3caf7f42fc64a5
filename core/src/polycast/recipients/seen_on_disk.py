"""The addresses of a long list, in a temporary SQLite database without a name."""

import sqlite3
import weakref
from collections.abc import Sequence

from polycast.errors import UsageError
from polycast.recipients.seen import Earlier, SeenRow

__all__ = ["SeenOnDisk"]

#: KiB of the database that SQLite holds in memory.
_CACHE = 4_000


class SeenOnDisk:
    """Remembers the first row of each address, in a file that is gone when it is closed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        # A list may be read by another thread than the one that opened it.
        self._disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Python 3.13 warns of a connection that is left for the collector to close.
        weakref.finalize(self, self._disk.close)
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

    def insert(self, entries: Sequence[SeenRow]) -> bool:
        """Insert what is not there yet, and return whether that was everything.

        Raises:
            UsageError: the temporary folder is full.
        """
        before = self._disk.total_changes
        numbers = [entry for entry in entries if isinstance(entry[0], int)]
        try:
            self._disk.executemany("INSERT OR IGNORE INTO numbers VALUES (?, ?, ?)", numbers)
            if len(numbers) < len(entries):
                others = [entry for entry in entries if isinstance(entry[0], str)]
                self._disk.executemany("INSERT OR IGNORE INTO others VALUES (?, ?, ?)", others)
        except sqlite3.Error as error:
            raise _full(error) from error
        return self._disk.total_changes - before == len(entries)

    def find(self, key: int | str) -> Earlier | None:
        """Return the first row that had an address.

        Raises:
            UsageError: the temporary folder is full.
        """
        table = "numbers" if isinstance(key, int) else "others"
        try:
            found = self._disk.execute(
                f"SELECT row, content FROM {table} WHERE address = ?", (key,)
            ).fetchone()
        except sqlite3.Error as error:
            raise _full(error) from error
        return None if found is None else Earlier(*found)


def _full(error: sqlite3.Error) -> UsageError:
    return UsageError(f"The temporary folder cannot keep the addresses of the list: {error}.")
