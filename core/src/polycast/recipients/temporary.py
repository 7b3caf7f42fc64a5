"""Temporary SQLite databases, for what does not fit into memory. They vanish when closed."""

import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from polycast.errors import UsageError

__all__ = ["ExternalSorter", "TemporaryDatabase"]

#: KiB of a temporary database that SQLite holds in memory.
_CACHE = 4_000


class TemporaryDatabase:
    """An SQLite database in a file without a name.

    Args:
        tables: SQL that makes its tables.
        content: what it keeps, for the error about a full disk, e.g. `"addresses"`.
    """

    def __init__(self, tables: str, content: str) -> None:
        # SQLite is imported only for lists that are long enough.
        import sqlite3

        self._content = content
        self._error: type[sqlite3.Error] = sqlite3.Error
        # A list may be read by another thread than the one that opened it.
        self._connection: sqlite3.Connection = sqlite3.connect(
            "", isolation_level=None, check_same_thread=False
        )
        # Python 3.13 warns of a connection that is left for the collector to close.
        weakref.finalize(self, self._connection.close)
        self._connection.executescript(
            f"""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -{_CACHE};
            {tables}
            BEGIN;
            """
        )

    def insert(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """Run a statement for each row, and return how many rows of the table it changed.

        Raises:
            UsageError: the temporary folder is full.
        """
        before = self._connection.total_changes
        try:
            self._connection.executemany(statement, rows)
        except self._error as error:
            raise self._full(error) from error
        return self._connection.total_changes - before

    def select(self, statement: str, parameters: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query.

        Raises:
            UsageError: the temporary folder is full.
        """
        try:
            yield from self._connection.execute(statement, parameters)
        except self._error as error:
            raise self._full(error) from error

    def _full(self, error: Exception) -> UsageError:
        return UsageError(f"The temporary folder cannot keep the {self._content}: {error}.")


class ExternalSorter:
    """Returns values in the order of their keys and positions, however many there are."""

    def __init__(self) -> None:
        self._database = TemporaryDatabase(
            "CREATE TABLE kept (key BLOB, position INTEGER, value BLOB);",
            "recipients of the campaign",
        )

    def add(self, rows: Iterable[tuple[bytes, int, bytes]]) -> None:
        """Add values, each with its key and its position.

        Raises:
            UsageError: the temporary folder is full.
        """
        self._database.insert("INSERT INTO kept VALUES (?, ?, ?)", rows)

    def read(self) -> Iterator[tuple[Any, ...]]:
        """Yield key, position and value of each, sorted by key, then by position.

        Raises:
            UsageError: the temporary folder is full.
        """
        return self._database.select("SELECT key, position, value FROM kept ORDER BY 1, 2")
