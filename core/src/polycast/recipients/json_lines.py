"""JSON Lines: one object a line."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from polycast.recipients.columns import REASON
from polycast.recipients.readers import Row
from polycast.recipients.tables import TextFile

__all__ = ["JsonLines"]


class JsonLines:
    """Each line an object of its own, whose keys are the columns; or just an address.

    Numbers are taken as they are written: `12.50` stays `12.50`. A key that is null is left
    out. What is not a string or a number (a list, an object, true) makes the row a bad one.
    """

    names: tuple[str, ...] | None = None

    def __init__(self, file: TextFile) -> None:
        """Nothing is read: there is no header."""
        self._file = file
        # Rows with the same keys share one tuple of names.
        self._seen: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._decode = json.JSONDecoder(
            object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=_refuse
        ).decode

    def rows(self) -> Iterator[Row]:
        """Read the lines that are not blank."""
        with self._file.open() as text:
            for number, line in enumerate(text, start=1):
                raw = line.strip()
                if raw:
                    names, values, problem = self._values(raw)
                    yield Row(number, number, names, values, problem, raw=raw)

    def write(self, file: BinaryIO, rows: Iterable[tuple[Row, str]]) -> None:
        """Write lines as they came; an object has the reason as its first key."""
        file.write(self._file.encoding.mark)
        text = codecs.getwriter(self._file.encoding.codec)(file, "backslashreplace")
        for row, reason in rows:
            raw = row.raw
            if raw.startswith("{"):
                body = _REASON.sub("", raw[1:].lstrip())
                comma = "" if body.startswith("}") else ", "
                told = json.dumps({REASON: reason}, ensure_ascii=False).removesuffix("}")
                raw = f"{told}{comma}{body}"
            text.write(f"{raw}\n")

    def _values(self, raw: str) -> tuple[tuple[str, ...], Sequence[str], str | None]:
        """Return the keys and values of an object, and why it is none."""
        try:
            pairs = self._decode(raw)
        except (ValueError, RecursionError) as error:
            detail = (
                str(error) if isinstance(error, _NotJson | json.JSONDecodeError) else "too deep"
            )
            return (), (), f"it is not JSON ({detail})"
        if isinstance(pairs, str):
            return ("to",), (pairs,), None
        if not isinstance(pairs, tuple):
            return (), (), "it is neither an object nor an address"
        keys = tuple(key for key, _ in pairs)
        if len(set(keys)) < len(keys):
            return keys, (), "it has the same key twice"
        for key, value in pairs:
            if value is not None and not isinstance(value, str):
                return keys, (), f"{key!r} is neither a string nor a number"
        pairs = tuple(pair for pair in pairs if pair[1] is not None)
        keys = tuple(key for key, _ in pairs)
        names = self._seen.get(keys)
        if names is None:
            names = keys
            if len(self._seen) < _KINDS:
                self._seen[keys] = keys
        return names, [value for _, value in pairs], None


#: Sets of keys that are remembered.
_KINDS = 1000
#: What was written when the line was bad before.
_REASON = re.compile(rf'"{REASON}"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*')


class _NotJson(ValueError):
    """A word that JSON does not have."""


def _refuse(word: str) -> Any:
    raise _NotJson(f"{word} is no JSON value")
