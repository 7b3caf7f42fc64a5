"""What of an answer could not be read: kept on its object, and logged once per answer.

A field that the spec does not require costs only itself. It becomes `UNSET`, its object keeps
the value in `unread`, and one line in the log `polycast.wire` names the places. Values are not
logged: they are people's numbers and texts.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from polycast.wire.places import name_place
from polycast.wire.unset import UNSET, Unset

__all__ = ["ALL_READ", "Record", "Unreadable", "note", "reading", "tell", "unreadable"]

_log = logging.getLogger("polycast.wire")
_SHOWN = 5

#: The `unread` of an object of which everything was read; it is shared, and stays empty.
ALL_READ: Mapping[str, object] = {}


@attrs.define(kw_only=True)
class Record:
    """The base of generated classes.

    Attributes:
        unread: the fields of an answer that could not be read, by the provider's names, with
            the values as they came. On this object they are `UNSET`.
    """

    unread: Mapping[str, object] = attrs.field(default=ALL_READ, repr=False, eq=False)


@attrs.frozen
class Unreadable:
    """A number or a text of an answer that Python cannot hold. It fits no field.

    Attributes:
        text: the number as it came; the text with U+FFFD for each part that is no character.
    """

    text: str


class _Pending(threading.local):
    def __init__(self) -> None:
        self.asked = ""
        self.count = 0
        self.places: list[tuple[object, str]] = []


_pending = _Pending()


def note(container: object, path: str) -> None:
    """Remember that something in a container could not be read.

    Args:
        container: the object or list of the parsed answer.
        path: the place in it, such as `.groups[2]`.
    """
    _pending.count += 1
    if len(_pending.places) < _SHOWN:
        _pending.places.append((container, path))


def unreadable(record: Record, data: Mapping[str, Any], name: str, path: str) -> Unset:
    """Give up one field: keep its value in `record.unread`, and return `UNSET` for it.

    Args:
        record: the object whose field it is.
        data: what the object is read from.
        name: the field's name there.
        path: the exact place that does not fit, from `data`.
    """
    record.unread = {**record.unread, name: data.get(name)}
    note(data, path)
    return UNSET


@contextmanager
def reading(asked: str) -> Iterator[None]:
    """Name the call whose answer is read meanwhile: `"textit create_broadcast"`."""
    _pending.asked = asked
    try:
        yield
    finally:
        _pending.asked = ""


def tell(root: object, kind: Any) -> None:
    """Log what could not be read of one answer, if anything; one line.

    Args:
        root: the parsed answer, or the pushed report.
        kind: the type that it was read as, which names it where no call is known.
    """
    if not _pending.count:
        return
    count, places = _pending.count, _pending.places
    _pending.count, _pending.places = 0, []
    found = _paths(root, {id(container) for container, _ in places})
    paths = [f"${found.get(id(container), '..')}{path}" for container, path in places]
    more = f" and {count - len(paths)} more" if count > len(paths) else ""
    module, name = getattr(kind, "__module__", ""), getattr(kind, "__name__", str(kind))
    asked = _pending.asked or f"{module.partition('.')[0]} {name}"
    _log.info("%s: could not be read and left out: %s%s", asked, ", ".join(paths), more)


def _paths(root: object, wanted: set[int]) -> dict[int, str]:
    """Return the paths of containers of a tree, by their identities."""
    found: dict[int, str] = {}
    left = [(root, "")]
    while left and len(found) < len(wanted):
        value, path = left.pop()
        if id(value) in wanted:
            found[id(value)] = path
        if isinstance(value, dict):
            left += [(item, path + name_place(key)) for key, item in value.items()]
        elif isinstance(value, list):
            left += [(item, f"{path}[{index}]") for index, item in enumerate(value)]
    return found
