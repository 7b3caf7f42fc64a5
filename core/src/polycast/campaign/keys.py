"""Keys: what carries one is sent once by all who work on a ledger."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from polycast.campaign import schema
from polycast.errors import UsageError
from polycast.model.messages import Recipient
from polycast.recipients import BadRow, Recipients

__all__ = ["ListDigest", "checked_key", "holder_of", "take_key"]

_k = schema.keys.c

#: Characters of a key, at most.
_LONGEST = 200
_DIGEST_BYTES = 16


def checked_key(key: str) -> str:
    """Return a key that a ledger can hold.

    Raises:
        UsageError: it is empty, too long, or has characters that cannot be seen.
    """
    if not isinstance(key, str):
        raise UsageError(f"A key is a string, not {type(key).__name__}.")
    if not key.strip() or key != key.strip():
        raise UsageError(f"The key {key!r} is empty, or begins or ends with a blank.")
    if len(key) > _LONGEST:
        raise UsageError(f"The key has {len(key)} characters, and at most {_LONGEST} are kept.")
    if not key.isprintable():
        raise UsageError(f"The key {key!r} has characters that cannot be printed.")
    return key


def take_key(connection: Connection, key: str, holder: str) -> str | None:
    """Take a key for a campaign or a single message, in a transaction that writes.

    Returns:
        None, or the holder that has it already.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    # What was inserted is asked for by RETURNING: psycopg's count of rows does not tell.
    taken = connection.scalar(
        dialect.insert(schema.keys)
        .values(key=key, holder=holder)
        .on_conflict_do_nothing()
        .returning(_k.key)
    )
    return None if taken is not None else holder_of(connection, key)


def holder_of(connection: Connection, key: str) -> str | None:
    """Return the campaign or the single message that has a key; None where it is free."""
    return connection.scalar(select(_k.holder).where(_k.key == key))


class ListDigest:
    """What two lists share that hold the same rows, in any order."""

    def __init__(self) -> None:
        """Begin with an empty list."""
        self._sum = 0

    @classmethod
    def of(cls, recipients: Iterable[Recipient | str]) -> bytes:
        """Read a list to its end, and return its digest.

        Raises:
            BadRows: the list has bad rows, and these stop it.
            UsageError: it cannot be read.
        """
        digest = cls()
        for row in _rows(recipients):
            digest.add(row)
        return digest.value

    def add(self, row: Recipient | str | BadRow) -> None:
        """Add one row: a recipient, or a row that is left out."""
        fields: tuple[str, ...]
        if isinstance(row, Recipient):
            names = row.variables
            fields = (row.to, row.text or "", row.reference or "", *names, *names.values())
        elif isinstance(row, str):
            fields = (row, "", "")
        else:
            fields = ("", row.problem, row.to or "", row.value or "")
        written = "\0".join(fields).encode("utf-8", "replace")
        self._sum += int.from_bytes(blake2b(written, digest_size=_DIGEST_BYTES).digest())

    @property
    def value(self) -> bytes:
        """The digest of what was added."""
        return (self._sum % (1 << (8 * _DIGEST_BYTES))).to_bytes(_DIGEST_BYTES)


def _rows(recipients: Iterable[Recipient | str]) -> Iterator[Recipient | str | BadRow]:
    if isinstance(recipients, Recipients):
        return (row for _, row in chain.from_iterable(recipients.pages()))
    return iter(recipients)
