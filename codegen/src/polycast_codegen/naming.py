"""Names that cannot collide: with each other, with Python, or with what generated code imports."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import Final

from polycast_codegen.errors import SpecError

__all__ = [
    "CLASS_ATTRIBUTES",
    "RESERVED_CLASSES",
    "class_name",
    "distinct",
    "field_names",
    "method_name",
    "parameter_names",
    "snake",
]

#: What models.py imports or defines by a name that a class, or a field, could have.
RESERVED_CLASSES: Final = frozenset(
    (
        *("CONVERTERS", "Converter", "Factory", "Literal", "UNSET", "Unset", "Any", "File"),
        *(
            "Strptime",
            "Undecodable",
            "Record",
            "DecodeError",
            "Joined",
            "ALL_READ",
            "DATE",
            "EPOCH_SECONDS",
            "RFC2822",
            "EPOCH_MILLISECONDS",
        ),
    )
)
#: What a class body of models.py refers to besides.
_IN_MODELS: Final = frozenset(("dt", "additional_properties", "unread"))
#: What a method of client.py refers to.
_IN_METHODS: Final = frozenset(("self", "m", "wire", "dt", "body", "answers", "found"))
#: What the generated class has besides its methods, some of it from `polycast.wire.Client`.
CLASS_ATTRIBUTES: Final = frozenset(
    (
        *("SPEC", "SERVERS", "VARIABLES", "SECURITY", "CONVERTERS"),
        *("base_url", "close", "servers", "transport", "variables"),
    )
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


def field_names(fields: Mapping[str, str], classes: Iterable[str], place: str) -> dict[str, str]:
    """Return the Python name of each property of a class, by its name on the wire.

    Args:
        fields: the parser's names.
        classes: the classes of the same module, which no field may hide from the next.
        place: of the schema.
    """
    return _settled(fields, _IN_MODELS | RESERVED_CLASSES, place, frozenset(classes))


def parameter_names(parameters: Mapping[str, str], place: str) -> dict[str, str]:
    """Return the Python name of each parameter of a method, by a key of the caller's."""
    return _settled(parameters, _IN_METHODS | RESERVED_CLASSES, place)


def class_name(name: str, place: str) -> str:
    """Return the final name of a class."""
    _check(name, place)
    return distinct(name, RESERVED_CLASSES)


def method_name(name: str, place: str) -> str:
    """Return the final name of a method."""
    _check(name, place)
    return distinct(name, CLASS_ATTRIBUTES)


def _settled(
    names: Mapping[str, str],
    reserved: frozenset[str],
    place: str,
    more: frozenset[str] = frozenset(),
) -> dict[str, str]:
    settled: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in names.items():
        _check(name, place)
        # Python reads identifiers in this form, so two that look different may be one.
        free = name
        while free in reserved or free in more or iskeyword(free) or _nfkc(free) in taken:
            free += "_"
        taken.add(_nfkc(free))
        settled[key] = free
    return settled


def _nfkc(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def _check(name: str, place: str) -> None:
    if not unicodedata.normalize("NFKC", name).isidentifier():
        raise SpecError(place, f"{name!r} cannot be a name in Python")
