"""cattrs converters made of a client's generated functions."""

from collections.abc import Callable, Mapping
from functools import partial
from operator import eq
from typing import Any, TypeVar

from cattrs import Converter

from polycast.wire.structure import DecodeError, EncodeError
from polycast.wire.unread import tell

__all__ = ["make_converter"]

T = TypeVar("T")


def make_converter(
    *,
    decode: Mapping[Any, Callable[[object], object]],
    encode: Mapping[type, Callable[[Any], object]],
) -> Converter:
    """Return a cattrs converter that knows exactly these types.

    Args:
        decode: for each type that `structure` shall make, what reads it. Types may be classes
            or generics such as `list[Broadcast]`.
        encode: for each class that `unstructure` shall take, what writes it.

    The converter raises `DecodeError` and `EncodeError` alone. What of an answer cannot be read
    and is not required is left out, and logged.
    """
    converter = Converter()
    for type_, decode_one in decode.items():
        hook = _structure_hook(decode_one)
        if isinstance(type_, type):
            converter.register_structure_hook(type_, hook)
        else:
            converter.register_structure_hook_func(partial(eq, type_), hook)
    for class_, encode_one in encode.items():
        converter.register_unstructure_hook(class_, _unstructure_hook(encode_one))
    return converter


def _structure_hook(decode: Callable[[object], T]) -> Callable[[object, Any], T]:
    def structure(data: object, kind: Any) -> T:
        try:
            return decode(data)
        except RecursionError:
            raise DecodeError("nested too deeply") from None
        finally:
            tell(data, kind)

    return structure


def _unstructure_hook(encode: Callable[[Any], object]) -> Callable[[Any], object]:
    def unstructure(value: Any) -> object:
        try:
            return encode(value)
        except RecursionError:
            raise EncodeError("nested too deeply") from None

    return unstructure
