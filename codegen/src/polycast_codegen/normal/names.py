"""Names for what has none, or one that another has: the same on every run."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from polycast_codegen._parser import python_class, python_name

__all__ = ["Classes", "derived_id", "plain_id", "settled"]

#: How signs are said in names: Twilio has `DateSent<` beside `DateSent`.
_SIGNS: Final[Mapping[str, str]] = {
    "<=": "_lte",
    ">=": "_gte",
    "<": "_lt",
    ">": "_gt",
    "!": "_not",
    "+": "_plus",
    "$": "_dollar",
    "@": "_at",
    "#": "_hash",
    "*": "_all",
    "[]": "_list",
}


def derived_id(method: str, path: str) -> str:
    """Return an operation id for an operation without one: `get_messages_id`."""
    return "_".join(re.findall(r"[A-Za-z0-9]+", f"{method} {path}"))


def plain_id(operation_id: str) -> str:
    """Return an operation id in which every sign separates words: `messages/send`."""
    return re.sub(r"[^\w. -]+", "_", operation_id)


def settled(names: Iterable[str]) -> dict[str, str]:
    """Return another name for each of those that Python would take for one before it."""
    taken: set[str] = set()
    others: dict[str, str] = {}
    for name in names:
        wanted = name
        if python_name(wanted) in taken:
            for sign, word in _SIGNS.items():
                wanted = wanted.replace(sign, word)
        number = 2
        while python_name(wanted) in taken:
            wanted, number = f"{name}_{number}", number + 1
        taken.add(python_name(wanted))
        if wanted != name:
            others[name] = wanted
    return others


class Classes:
    """The names of classes.

    Args:
        components: what each of the document's schemas is to be called; they choose first.
    """

    def __init__(self, components: Mapping[str, str]) -> None:
        self._taken: set[str] = set()
        self._own = {
            name: self._free([python_class(wanted)]) for name, wanted in components.items()
        }

    def of_component(self, name: str) -> str:
        """Return the class of a schema of the document."""
        return self._own[name]

    def another(self, *wanted: str) -> str:
        """Take a name: the first of those wanted that is free, or the last one with a number."""
        return self._free([python_class(one) for one in wanted])

    def _free(self, wanted: list[str]) -> str:
        free = next((name for name in wanted if name not in self._taken), "")
        number = 2
        while not free:
            name = f"{wanted[-1]}{number}"
            free, number = ("" if name in self._taken else name), number + 1
        self._taken.add(free)
        return free
