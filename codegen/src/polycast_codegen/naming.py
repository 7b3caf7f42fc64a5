"""Names that cannot collide: with each other, with Python, or with what generated code imports."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import Final

from polycast_codegen.errors import SpecError

__all__ = [
    "CLASS_ATTRIBUTES",
    "class_name",
    "distinct",
    "field_names",
    "method_name",
    "parameter_names",
    "snake",
]

#: What a class body of models.py refers to by a lower-case name.
_IN_MODELS: Final = frozenset(["dt", "wire", "additional_properties"])
#: What a method of client.py refers to.
_IN_METHODS: Final = frozenset(["self", "m", "wire", "dt", "body", "UNSET", "Unset", "Literal"])
#: What models.py imports or defines by a name that a class could have.
_CLASSES: Final = frozenset(
    ["CONVERTERS", "Factory", "Literal", "UNSET", "Unset", "Any", "File", "Undecodable"]
)
#: What `polycast.wire.Client` has, and what the generated class sets.
CLASS_ATTRIBUTES: Final = frozenset(
    [
        "SPEC",
        "SERVERS",
        "VARIABLES",
        "SECURITY",
        "CONVERTERS",
        "close",
        "auth",
        "base_url",
        "provider",
        "timeout",
    ]
)


def distinct(name: str, taken: Iterable[str]) -> str:
    """Return the name, with underscores added until it is not among those taken."""
    taken = frozenset(taken)
    while name in taken or iskeyword(name):
        name += "_"
    return name


def snake(class_name: str) -> str:
    """Return a class's name as a function's: `HTTPError` is `http_error`."""
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])|([a-z0-9])([A-Z])", r"\1\3_\2\4", class_name)
    return spaced.lower()


def field_names(fields: Mapping[str, str], place: str) -> dict[str, str]:
    """Return the Python name of each property of a class, by its name on the wire."""
    return _settled(fields, _IN_MODELS, place)


def parameter_names(parameters: Mapping[str, str], place: str) -> dict[str, str]:
    """Return the Python name of each parameter of a method, by a key of the caller's."""
    return _settled(parameters, _IN_METHODS, place)


def class_name(name: str, place: str) -> str:
    """Return the final name of a class."""
    _check(name, place)
    return distinct(name, _CLASSES)


def method_name(name: str, place: str) -> str:
    """Return the final name of a method."""
    _check(name, place)
    return distinct(name, CLASS_ATTRIBUTES)


def _settled(names: Mapping[str, str], reserved: frozenset[str], place: str) -> dict[str, str]:
    settled: dict[str, str] = {}
    for key, name in names.items():
        _check(name, place)
        settled[key] = distinct(name, reserved)
    by_name: dict[str, str] = {}
    for key, name in settled.items():
        # Python reads identifiers in this form, so two that look different may be one.
        other = by_name.setdefault(unicodedata.normalize("NFKC", name), key)
        if other != key:
            raise SpecError(place, f"{other!r} and {key!r} have the same name in Python, {name!r}")
    return settled


def _check(name: str, place: str) -> None:
    if not unicodedata.normalize("NFKC", name).isidentifier():
        raise SpecError(place, f"{name!r} cannot be a name in Python")
