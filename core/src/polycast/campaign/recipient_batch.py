"""Who is in a batch: one value in the ledger, by column.

JSON by column is a third of what an object per person is, in bytes and in time, measured; and
who only wants to know the addresses makes no recipients.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Sized
from types import ModuleType
from typing import Any, Self

import attrs

from polycast.campaign.schema import keepable
from polycast.model.messages import Recipient, checked_recipient

__all__ = ["RecipientBatch", "read_json", "write_json"]

orjson: ModuleType | None
try:
    import orjson
except ImportError:
    orjson = None

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def write_json(value: object) -> bytes:
    """Write what holds nothing but text, small numbers, lists, mappings and None."""
    try:
        if orjson is not None:
            written: bytes = orjson.dumps(value)
            return written
        return _encode(value).encode()
    except (TypeError, UnicodeEncodeError):
        # Half of a surrogate pair, in the words of a provider.
        return keepable(_encode(value)).encode()


def read_json(written: bytes) -> Any:
    """Read what `write_json` wrote; a ValueError is a damaged ledger."""
    return json.loads(written) if orjson is None else orjson.loads(written)


@attrs.frozen
class RecipientBatch:
    """The recipients of a batch, each with their place in the list.

    Args:
        positions: their places in the list, ascending.
        to: their addresses.
        texts: their own texts; None where nobody has one.
        references: their references; None where nobody has one.
        variables: by name, where all have the same; else a mapping for each.
    """

    positions: Sequence[int]
    to: Sequence[str]
    texts: Sequence[str | None] | None
    references: Sequence[str | None] | None
    variables: Mapping[str, Sequence[str]] | Sequence[Mapping[str, str]]

    @classmethod
    def of(cls, positions: Sequence[int], recipients: Sequence[Recipient]) -> Self:
        """Take recipients, at least one, with their places."""
        texts = [each.text for each in recipients]
        references = [each.reference for each in recipients]
        return cls(
            positions,
            [each.to for each in recipients],
            None if texts.count(None) == len(texts) else texts,
            None if references.count(None) == len(references) else references,
            _columns([each.variables for each in recipients]),
        )

    def take(self, places: Sequence[int]) -> Self:
        """Return some of them, at least one, by their places here, ascending."""
        people = self.recipients()
        return self.of([self.positions[at] for at in places], [people[at] for at in places])

    def write(self) -> bytes:
        """Return them as one value."""
        first, size = self.positions[0], len(self.positions)
        unbroken = self.positions[-1] - first == size - 1
        fields = {
            "positions": first if unbroken else self.positions,
            "to": self.to,
            "texts": self.texts,
            "references": self.references,
            "variables": self.variables,
        }
        return write_json({name: value for name, value in fields.items() if value})

    @classmethod
    def read(cls, written: bytes) -> Self:
        """Return what `write` wrote.

        Raises:
            ValueError: somebody else wrote it.
        """
        try:
            fields = read_json(written)
            to, positions = fields["to"], fields["positions"]
            if isinstance(positions, int):
                positions = range(positions, positions + len(to))
            found = cls(
                positions,
                to,
                fields.get("texts"),
                fields.get("references"),
                fields.get("variables") or {},
            )
            lengths = {len(each) for each in found._all()}
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError("these are no people") from error
        if lengths != {len(to)}:
            raise ValueError("somebody is missing")
        return found

    def _all(self) -> Iterator[Sized]:
        """Yield all that has a value for each of them."""
        yield self.to
        yield self.positions
        yield from (each for each in (self.texts, self.references) if each is not None)
        if isinstance(self.variables, Mapping):
            yield from self.variables.values()
        else:
            yield self.variables

    def recipients(self) -> tuple[Recipient, ...]:
        """Return them as recipients, the same as were given."""
        nobody = [None] * len(self.to)
        return tuple(
            map(
                checked_recipient,
                self.to,
                self.each_variables(),
                self.texts or nobody,
                self.references or nobody,
            )
        )

    def variable_names(self) -> Iterator[str]:
        """Yield the names of their variables; some may come again."""
        if isinstance(self.variables, Mapping):
            yield from self.variables
        else:
            for each in self.variables:
                yield from each

    def each_variables(self) -> Iterator[dict[str, str]]:
        """Yield the variables of each of them."""
        if not self.variables:
            return ({} for _ in self.to)
        if not isinstance(self.variables, Mapping):
            return map(dict, self.variables)
        names = tuple(self.variables)
        rows = zip(*self.variables.values(), strict=True)
        return (dict(zip(names, row)) for row in rows)  # noqa: B905 - a row has a value for each


def _columns(
    mappings: Sequence[Mapping[str, str]],
) -> Mapping[str, Sequence[str]] | Sequence[Mapping[str, str]]:
    names = mappings[0].keys()
    if all(each.keys() == names for each in mappings):
        return {name: [each[name] for each in mappings] for name in names}
    return [dict(each) for each in mappings]
