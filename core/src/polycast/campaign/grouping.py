"""People who read the same, brought together: where a provider takes one text per call."""

import hashlib
import sqlite3
import weakref
from collections.abc import Iterable, Iterator

from polycast.campaign.recipient_batch import Numbered, read_json, write_json
from polycast.errors import UsageError
from polycast.model.messages import Recipient, checked_recipient
from polycast.sending.duplicates import Placed

__all__ = ["ExternalSorter", "TextGrouper"]

#: People who wait in memory until their group is as large as a batch; beyond that, on disk.
_HELD = 20_000
#: KiB of a temporary database that SQLite holds in memory.
_CACHE = 4_000


class TextGrouper:
    """Collects people by their text, in as few batches as their size allows.

    Args:
        size: people per batch.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: dict[str | None, list[Numbered]] = {}
        self._count = 0
        self._disk: ExternalSorter | None = None

    def add(self, people: Iterable[Placed]) -> Iterator[list[Numbered]]:
        """Add people, and yield each batch that is whole then.

        Raises:
            UsageError: the temporary folder is full.
        """
        waiting, size = self._waiting, self._size
        for position, recipient, text in people:
            group = waiting.setdefault(text, [])
            group.append((position, recipient))
            self._count += 1
            if len(group) == size:
                del waiting[text]
                self._count -= size
                yield group
        if self._count >= _HELD:
            self._spill()

    def rest(self) -> Iterator[list[Numbered]]:
        """Yield the batches of those who still wait.

        Raises:
            UsageError: the temporary folder is full.
        """
        if self._disk is None:
            yield from self._waiting.values()
            return
        self._spill()
        group: list[Numbered] = []
        last: bytes | None = None
        for key, position, written in self._disk.read():
            if group and (key != last or len(group) == self._size):
                yield group
                group = []
            last = key
            group.append((position, checked_recipient(*read_json(written))))
        if group:
            yield group

    def _spill(self) -> None:
        self._disk = self._disk or ExternalSorter()
        self._disk.add(
            (_key(text), position, _written(person))
            for text, group in self._waiting.items()
            for position, person in group
        )
        self._waiting.clear()
        self._count = 0


def _key(text: str | None) -> bytes:
    return hashlib.blake2b((text or "").encode(), digest_size=16).digest()


def _written(person: Recipient) -> bytes:
    return write_json([person.to, dict(person.variables), person.text, person.reference])


class ExternalSorter:
    """Values that come back in order of their keys and places, from a temporary file."""

    def __init__(self) -> None:
        # A campaign may be planned by another thread than the one that reads it.
        self._disk = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Python 3.13 warns of a connection that is left for the collector to close.
        weakref.finalize(self, self._disk.close)
        self._disk.executescript(
            f"""
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA cache_size = -{_CACHE};
            CREATE TABLE kept (key BLOB, place INTEGER, value BLOB);
            BEGIN;
            """
        )

    def add(self, rows: Iterable[tuple[bytes, int, bytes]]) -> None:
        """Add values, each with its key and its place.

        Raises:
            UsageError: the temporary folder is full.
        """
        try:
            self._disk.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise _full(error) from error

    def read(self) -> Iterator[tuple[bytes, int, bytes]]:
        """Yield all of them, by key, then by place.

        Raises:
            UsageError: the temporary folder is full.
        """
        try:
            yield from self._disk.execute("SELECT key, place, value FROM kept ORDER BY 1, 2")
        except sqlite3.Error as error:
            raise _full(error) from error
        finally:
            self._disk.close()


def _full(error: sqlite3.Error) -> UsageError:
    return UsageError(f"The temporary folder cannot keep the recipients of the campaign: {error}.")
