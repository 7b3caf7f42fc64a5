"""What generated models call to write: lists, objects, closed lists, additional properties.

As in reading, generated code checks scalars itself, and an error gathers its path on its way up.
"""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from polycast.wire import strict_json
from polycast.wire.places import key_place
from polycast.wire.structure import EncodeError, Undecodable, one_of, refused

__all__ = [
    "json_text",
    "scalar_text",
    "write",
    "write_additional",
    "write_additional_scalars",
    "write_choice",
    "write_dict",
    "write_list",
    "write_scalar_dict",
    "write_scalars",
    "write_tolerant_list",
]

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S", str, int, float, bool)


def write(value: T, encode: Callable[[T], R], at: str) -> R:
    """Write one nested value.

    Raises:
        EncodeError: it does not fit.
    """
    try:
        return encode(value)
    except EncodeError as error:
        error.path = at + error.path
        raise


def write_list(value: object, encode: Callable[[Any], R], at: str = "") -> list[R]:
    """Write a list or tuple, each item with `encode`.

    Raises:
        EncodeError: it is neither, or an item does not fit.
    """
    if not isinstance(value, (list, tuple)):
        raise refused("a list", value, at)
    items: list[R] = []
    try:
        items.extend(map(encode, value))
    except EncodeError as error:
        error.path = f"{at}[{len(items)}]" + error.path
        raise
    return items


def write_tolerant_list(
    value: object, encode: Callable[[Any], object], at: str = ""
) -> list[object]:
    """Write a list in which an `Undecodable` item travels as it came.

    Raises:
        EncodeError: it is no list, or an item does not fit.
    """
    return write_list(
        value, lambda item: item.raw if isinstance(item, Undecodable) else encode(item), at
    )


def write_scalars(value: object, kind: type[S], what: str, at: str = "") -> list[object]:
    """Write a list or tuple of strings, integers or booleans.

    Raises:
        EncodeError: it is neither, or an item is of another type.
    """
    if not isinstance(value, (list, tuple)):
        raise refused("a list", value, at)
    for index, item in enumerate(value):
        if type(item) is not kind and not (kind is str and isinstance(item, str)):
            raise refused(what, item, f"{at}[{index}]")
    return list(value)


def write_dict(value: object, encode: Callable[[Any], object], at: str = "") -> dict[str, object]:
    """Write a mapping from strings, each value with `encode`.

    Raises:
        EncodeError: it is no mapping, a key is no string, or a value does not fit.
    """
    if type(value) is not dict and not isinstance(value, Mapping):
        raise refused("an object", value, at)
    items: dict[str, object] = {}
    key = ""
    try:
        for key, item in value.items():
            if type(key) is not str:
                _check_key(key, "")
            items[key] = encode(item)
    except EncodeError as error:
        error.path = at + key_place(key) + error.path
        raise
    return items


def write_scalar_dict(value: object, kind: type[S], what: str, at: str = "") -> dict[str, object]:
    """Write a mapping from strings to strings, integers or booleans.

    Raises:
        EncodeError: it is no mapping, a key is no string, or a value is of another type.
    """
    if type(value) is not dict and not isinstance(value, Mapping):
        raise refused("an object", value, at)
    for key, item in value.items():
        if type(key) is not str:
            _check_key(key, at)
        if type(item) is not kind and not (kind is str and isinstance(item, str)):
            raise refused(what, item, at + key_place(key))
    return dict(value)


def write_choice(value: object, choices: Sequence[str] | Sequence[int], at: str = "") -> Any:
    """Write one of a closed list of strings, or of integers.

    Raises:
        EncodeError: it is none of them.
    """
    if not isinstance(value, type(choices[0])) or type(value) is bool or value not in choices:
        raise refused(one_of(choices), value, at)
    return value


def scalar_text(value: object, kind: type[S], what: str, at: str = "") -> str:
    """Write a string, number or boolean as text, as forms and XML have it.

    Raises:
        EncodeError: it is of another type, or not finite.
    """
    if kind is str and isinstance(value, str):
        return value
    if type(value) is bool and kind is bool:
        return "true" if value else "false"
    if type(value) is int and kind in (int, float):
        return str(value)
    if type(value) is float and kind is float and math.isfinite(value):
        return repr(value)
    raise refused(what, value, at)


def json_text(value: object) -> str:
    """Write an encoded value as JSON, for a field of a form that holds more than text.

    Raises:
        EncodeError: JSON has no such value, e.g. a number that is not finite.
    """
    return strict_json.write(value).decode()


def write_additional(
    data: dict[str, object], additional: Mapping[str, object], declared: Collection[str]
) -> None:
    """Add an object's additional properties to what is written of its declared ones.

    Args:
        data: the object so far; changed in place.
        additional: what to add, already encoded.
        declared: the names of the declared properties, written or not.

    Raises:
        EncodeError: an additional property would hide a declared one.
    """
    for key in declared:
        if key in additional:
            raise _hiding(key)
    data.update(additional)


def write_additional_scalars(
    data: dict[str, object],
    additional: object,
    kind: type[S],
    what: str,
    declared: Collection[str],
) -> None:
    """Add additional properties that are strings, integers or booleans.

    Args:
        data: the object so far; changed in place.
        additional: what to add.
        kind: the type of every value.
        what: what an error says was expected.
        declared: the names of the declared properties, written or not.

    Raises:
        EncodeError: it is no mapping, a key is no string, a value is of another type, or one
            would hide a declared property.
    """
    if type(additional) is not dict and not isinstance(additional, Mapping):
        raise refused("an object", additional)
    for key, item in additional.items():
        if type(key) is not str:
            _check_key(key, "")
        if type(item) is not kind and not (kind is str and isinstance(item, str)):
            raise refused(what, item, key_place(key))
        if key in declared:
            raise _hiding(key)
        data[key] = item


def _hiding(key: str) -> EncodeError:
    problem = "an additional property would hide the declared one of this name"
    return EncodeError(problem, key_place(key))


def _check_key(key: object, at: str) -> None:
    if not isinstance(key, str):
        raise refused("a string as key", key, at)
