"""What generated models call to read: errors with a path, lists, objects, closed lists.

Generated code checks scalars itself and calls these for what repeats or nests. Every function
takes `at`, the place of its value inside the enclosing one (`".results"`), and an error gathers
its whole path while it travels up: `$.results[1].text['eng']: expected a string, found null`.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self, TypeVar

import attrs

from polycast.wire.places import key_place, name_place
from polycast.wire.unread import Record, Unreadable, note, unreadable
from polycast.wire.unset import UNSET, Unset

__all__ = [
    "CodecError",
    "DecodeError",
    "EncodeError",
    "Undecodable",
    "expected",
    "give_up",
    "read",
    "read_additional",
    "read_choice",
    "read_dict",
    "read_list",
    "read_object",
    "read_optional_scalar",
    "read_scalar",
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
    Unreadable: "what Python cannot hold",
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
            note(value, f"[{len(items)}]{error.path}")
            items.append(Undecodable(value[len(items)], error))
    return items


def read_scalars(value: object, kind: type[S], what: str, at: str = "") -> list[S]:
    """Read a list of strings, integers or booleans, each as `read_scalar` does.

    Raises:
        DecodeError: it is no list, or an item cannot be read as one of these.
    """
    if type(value) is not list:
        raise expected("a list", value, at)
    for item in value:
        if type(item) is not kind:
            return [
                read_scalar(item, f"{at}[{index}]", what, kind) for index, item in enumerate(value)
            ]
    return value.copy()


def read_dict(value: object, decode: Callable[[object], T], at: str = "") -> dict[str, T]:
    """Read an object whose keys are free, each value with `decode`.

    Raises:
        DecodeError: it is no object, or a value does not fit.
    """
    if type(value) is not dict:
        value = read_object(value, at)
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
        DecodeError: it is no object, or a value cannot be read as one of these.
    """
    if type(value) is not dict:
        value = read_object(value, at)
    for item in value.values():
        if type(item) is not kind:
            return {
                key: item
                if type(item) is kind
                else read_scalar(item, at + key_place(key), what, kind)
                for key, item in value.items()
            }
    return value.copy()


# What is read although it is not as written. The generated code calls these only where its own
# check fails.


def read_object(value: object, at: str = "") -> dict[str, Any]:
    """Read an object that stands alone in a list as that object.

    Raises:
        DecodeError: it is anything else.
    """
    if type(value) is list and len(value) == 1 and type(value[0]) is dict:
        return value[0]
    raise expected("an object", value, at)


def read_scalar(value: object, at: str, what: str, *kinds: type) -> Any:
    """Read a number that is written as text, or a text that is written as a number.

    Nothing may be lost by it: the text is the one that Python writes for the number. So `"1"`
    and `1.0` are 1; `"01"`, `"1.5"` and `true` are no whole numbers.

    Raises:
        DecodeError: it is of none of these kinds.
    """
    for kind in kinds:
        found = _as(kind, value)
        if found is not UNSET:
            return found
    raise expected(what, value, at)


def read_optional_scalar(record: Record, data: Mapping[str, Any], name: str, *kinds: type) -> Any:
    """Read the same from a field that is not required: `UNSET` where it cannot be read."""
    for kind in kinds:
        found = _as(kind, data[name])
        if found is not UNSET:
            return found
    return unreadable(record, data, name, name_place(name))


def give_up(record: Record, data: Mapping[str, Any], name: str, error: DecodeError) -> Unset:
    """Return `UNSET` for a field that is not required and failed to be read with this error."""
    return unreadable(record, data, name, error.path)


def read_additional(
    record: Record,
    data: Mapping[str, Any],
    declared: Collection[str],
    decode: Callable[[object], T],
) -> dict[str, T]:
    """Read what an object has beside its declared fields, without what cannot be read."""
    items: dict[str, T] = {}
    for key, item in data.items():
        if key not in declared:
            try:
                items[key] = decode(item)
            except DecodeError as error:
                unreadable(record, data, key, name_place(key) + error.path)
    return items


_WHOLE = 2**53  # From here on, not every whole number is a float.


def _as(kind: type, value: object) -> object:
    if type(value) is kind:
        return value
    match value:
        case bool():
            return UNSET
        case str() if type(value) is str and kind in (int, float):
            return _number(kind, value)
        case int() if kind is str:
            return str(value)
        case float() if kind in (int, str) and value.is_integer() and abs(value) < _WHOLE:
            return kind(int(value))
        case float() if kind is str and "e" not in repr(value):
            return repr(value)
    return UNSET


def _number(kind: type, digits: str) -> object:
    if len(digits) > _DIGITS or not _NUMBER.fullmatch(digits):
        return UNSET
    if kind is float:
        return float(digits)
    return int(digits) if "." not in digits else UNSET


_DIGITS = 300  # Fewer than make a float infinite.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


def read_choice(value: object, choices: Sequence[T], at: str = "") -> T:
    """Read one of a closed list of strings, or of integers.

    Raises:
        DecodeError: it is none of them; `True` is not 1.
    """
    kind = type(choices[0])
    found: T = value if type(value) is kind else read_scalar(value, at, one_of(choices), kind)
    if found not in choices:
        raise expected(one_of(choices), value, at)
    return found


def one_of(choices: Sequence[object]) -> str:
    """Return what an error says was expected of a closed list."""
    return f"one of {', '.join(map(repr, choices))}"
