"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator
from typing import Any

from polycast.recipients.readers import Row
from polycast.recipients.sources import Source

__all__ = ["JsonLines"]


class JsonLines:
    """Each line an object of its own, whose keys are the columns; or just an address.

    Numbers are taken as they are written: `12.50` stays `12.50`. A key that is null is left
    out. What is not a string or a number (a list, an object, true) makes the row a bad one.
    """

    names: tuple[str, ...] | None = None
    #: An escape can be half of a pair.
    is_whole = False

    def __init__(self, source: Source, encoding: str) -> None:
        """Nothing is read: there is no header."""
        self._source = source
        self._encoding = encoding
        # Rows with the same keys share one tuple of names.
        self._seen: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._decode = json.JSONDecoder(
            object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=_refuse
        ).decode

    def rows(self) -> Iterator[Row]:
        """Read the lines that are not blank."""
        with self._source.text(self._encoding) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield self._row(number, line)

    def _row(self, number: int, line: str) -> Row:
        try:
            pairs = self._decode(line.strip())
        except (ValueError, RecursionError) as error:
            detail = (
                str(error) if isinstance(error, _NotJson | json.JSONDecodeError) else "too deep"
            )
            return Row(number, number, (), (), f"it is not JSON ({detail})")
        if isinstance(pairs, str):
            return Row(number, number, ("to",), (pairs,))
        if not isinstance(pairs, tuple):
            return Row(number, number, (), (), "it is neither an object nor an address")
        keys = tuple(key for key, _ in pairs)
        if len(set(keys)) < len(keys):
            return Row(number, number, keys, (), "it has the same key twice")
        for key, value in pairs:
            if value is not None and not isinstance(value, str):
                return Row(number, number, keys, (), f"{key!r} is neither a string nor a number")
        names = self._seen.get(keys)
        if names is None:
            names = keys
            if len(self._seen) < _KINDS:
                self._seen[keys] = keys
        return Row(number, number, names, [value for _, value in pairs])


#: Sets of keys that are remembered.
_KINDS = 1000


class _NotJson(ValueError):
    """A word that JSON does not have."""


def _refuse(word: str) -> Any:
    raise _NotJson(f"{word} is no JSON value")
