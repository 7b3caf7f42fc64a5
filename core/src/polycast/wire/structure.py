"""What generated models call to read: errors with a path, lists, objects, closed lists.

Generated code checks scalars itself and calls these for what repeats or nests. Every function
takes `at`, the place of its value inside the enclosing one (`".results"`), and an error gathers
its whole path while it travels up: `$.results[1].text['eng']: expected a string, found null`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import attrs

from polycast.wire.unset import UNSET

__all__ = [
    "CodecError",
    "DecodeError",
    "EncodeError",
    "Undecodable",
    "expected",
    "read",
    "read_choice",
    "read_dict",
    "read_list",
    "read_scalar_dict",
    "read_scalars",
    "read_tolerant_list",
    "refused",
]

T = TypeVar("T")
S = TypeVar("S", str, int, float, bool)


class CodecError(ValueError):
    """A value does not fit the provider's format.

    Attributes:
        problem: what is wrong, e.g. `"expected a string, found null"`.
        path: where, from the value being read: `".results[1].text['eng']"`.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def __str__(self) -> str:
        return f"${self.path}: {self.problem}"

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self.problem, self.path)


class DecodeError(CodecError):
    """An answer does not have the form that the provider's spec promises."""


class EncodeError(CodecError):
    """A value to send does not have the form that the provider's spec asks for."""


@attrs.frozen
class Undecodable:
    """A list item that does not have the promised form, in a list that tolerates such items.

    Attributes:
        raw: the item as it came.
        error: what is wrong with it; its path begins at the item.
    """

    raw: object
    error: DecodeError


_KINDS: Mapping[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
    float: "a fraction",
    list: "a list",
    tuple: "a list",
    dict: "an object",
    type(None): "null",
    type(UNSET): "nothing",
}


def _problem(what: str, found: object) -> str:
    if found is UNSET:
        return f"missing, expected {what}"
    kind = _KINDS.get(type(found)) or f"a value of type {type(found).__name__}"
    if what.startswith("one of ") and isinstance(found, str | int | float):
        kind = quoted(found)
    return f"expected {what}, found {kind}"


def expected(what: str, found: object, at: str = "") -> DecodeError:
    """Return the error for a value that is not `what`; the value itself is not quoted."""
    return DecodeError(_problem(what, found), at)


def refused(what: str, found: object, at: str = "") -> EncodeError:
    """Return the error for a value to send that is not `what`."""
    return EncodeError(_problem(what, found), at)


def quoted(value: str | int | float) -> str:
    """Return a value as an error quotes it, an overlong one cut short."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def key_place(key: object) -> str:
    """Return the place of a key in an object, `['eng']`, an overlong key cut short."""
    text = repr(key)
    return f"[{text}]" if len(text) <= 60 else f"[{text[:57]}...]"


def read(value: object, decode: Callable[[object], T], at: str) -> T:
    """Read one nested value.

    Raises:
        DecodeError: it does not fit, or is missing.
    """
    try:
        return decode(value)
    except DecodeError as error:
        error.path = at + error.path
        raise


def read_list(value: object, decode: Callable[[object], T], at: str = "") -> list[T]:
    """Read a list, each item with `decode`.

    Raises:
        DecodeError: it is no list, or an item does not fit.
    """
    if type(value) is not list:
        raise expected("a list", value, at)
    items: list[T] = []
    try:
        # Measured: a third faster than appending in a loop. The items before the one that
        # fails are in the list by then, which makes its length that item's index.
        items.extend(map(decode, value))
    except DecodeError as error:
        error.path = f"{at}[{len(items)}]" + error.path
        raise
    return items


def read_tolerant_list(
    value: object, decode: Callable[[object], T], at: str = ""
) -> list[T | Undecodable]:
    """Read a list in which an item that does not fit costs that item only.

    Raises:
        DecodeError: it is no list.
    """
    if type(value) is not list:
        raise expected("a list", value, at)
    items: list[T | Undecodable] = []
    left = iter(value)
    while len(items) < len(value):
        try:
            items.extend(map(decode, left))
        except DecodeError as error:
            # The items before it are in the list, and it is no longer among those left.
            items.append(Undecodable(value[len(items)], error))
    return items


def read_scalars(value: object, kind: type[S], what: str, at: str = "") -> list[S]:
    """Read a list of strings, integers or booleans; no other type passes for one of these.

    Raises:
        DecodeError: it is no list, or an item is of another type.
    """
    if type(value) is not list:
        raise expected("a list", value, at)
    for item in value:
        if type(item) is not kind:
            raise expected(what, item, f"{at}[{_index_of_other(value, kind)}]")
    return value.copy()


def _index_of_other(values: list[Any], kind: type) -> int:
    return next(index for index, item in enumerate(values) if type(item) is not kind)


def read_dict(value: object, decode: Callable[[object], T], at: str = "") -> dict[str, T]:
    """Read an object whose keys are free, each value with `decode`.

    Raises:
        DecodeError: it is no object, or a value does not fit.
    """
    if type(value) is not dict:
        raise expected("an object", value, at)
    items: dict[str, T] = {}
    key = ""
    try:
        for key, item in value.items():
            items[key] = decode(item)
    except DecodeError as error:
        error.path = at + key_place(key) + error.path
        raise
    return items


def read_scalar_dict(value: object, kind: type[S], what: str, at: str = "") -> dict[str, S]:
    """Read an object whose keys are free and whose values are strings, integers or booleans.

    Raises:
        DecodeError: it is no object, or a value is of another type.
    """
    if type(value) is not dict:
        raise expected("an object", value, at)
    for key, item in value.items():
        if type(item) is not kind:
            raise expected(what, item, at + key_place(key))
    return value.copy()


def read_choice(value: object, choices: Sequence[T], at: str = "") -> T:
    """Read one of a closed list of strings, or of integers.

    Raises:
        DecodeError: it is none of them; `True` is not 1.
    """
    if type(value) is not type(choices[0]) or value not in choices:
        raise expected(one_of(choices), value, at)
    return value


def one_of(choices: Sequence[object]) -> str:
    """Return what an error says was expected of a closed list."""
    return f"one of {', '.join(map(repr, choices))}"
