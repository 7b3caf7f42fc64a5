"""Reads settings strictly. Errors never repeat a value, which may be a secret."""

import types
from typing import Any, Literal, Union, get_args, get_origin

import cattrs

from polycast.masking.secret import Secret, SecretUrl

__all__ = ["converter", "take_anything"]


def take_anything(kind: type) -> None:
    """Accept any values for a class of settings; used by tests."""
    converter.register_structure_hook(kind, lambda _, kind: kind())


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def _structure_optional(value: object, kind: Any) -> object:
    if value is None:
        return None
    inner = next(member for member in get_args(kind) if member is not type(None))
    return converter.structure(value, inner)


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _structure_literal(value: object, kind: Any) -> object:
    if value in get_args(kind):
        return value
    raise ValueError(f"one of {', '.join(map(repr, get_args(kind)))} is needed")


def _structure_secret(value: object, _: type[Secret]) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise TypeError("a secret is a string in quotes")
    if not value:
        raise ValueError("the secret is empty")
    return Secret(value)


def _structure_str(value: object, _: type[str]) -> str:
    if not isinstance(value, str):
        # A number in TOML would already have lost its leading zeros.
        raise TypeError("a string in quotes is needed")
    return value


def _structure_int(value: object, _: type[int]) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value)
    raise TypeError("a whole number is needed")


def _structure_float(value: object, _: type[float]) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    raise TypeError("a number is needed")


def _structure_bool(value: object, _: type[bool]) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TypeError("true or false is needed")


#: Makes a class of settings from its values.
converter = cattrs.Converter(forbid_extra_keys=True)
converter.register_structure_hook_func(_is_optional, _structure_optional)
converter.register_structure_hook_func(_is_literal, _structure_literal)
converter.register_structure_hook(Secret, _structure_secret)
converter.register_structure_hook(SecretUrl, lambda value, _: SecretUrl(value))
converter.register_structure_hook(str, _structure_str)
converter.register_structure_hook(int, _structure_int)
converter.register_structure_hook(float, _structure_float)
converter.register_structure_hook(bool, _structure_bool)
