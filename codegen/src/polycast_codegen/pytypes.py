"""Types as Python source: annotations, phrases for error messages, literals."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from polycast_codegen import ir

__all__ = [
    "a",
    "annotation",
    "field_path",
    "literal",
    "objects_in",
    "optional",
    "phrase",
    "split_null",
]

_PHRASES: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "a boolean",
}
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def a(name: str) -> str:
    """Return a class's name with its article, for a docstring."""
    return f"{'an' if name[0] in 'AEIO' else 'a'} `{name}`"


def literal(value: object) -> str:
    """Return a string, number or tuple of these as inert source, the same on every Python."""
    if isinstance(value, tuple):
        return f"({', '.join(literal(item) for item in value)}{',' if len(value) == 1 else ''})"
    return ascii(value)


def field_path(wire_name: str) -> str:
    """Return the source of the place of a property: `".name"`."""
    return literal(f".{wire_name}" if _PLAIN.fullmatch(wire_name) else f"[{wire_name!a}]")


def split_null(type_: ir.Type) -> tuple[ir.Type, bool]:
    """Return the type without null, and whether null was in it."""
    if not isinstance(type_, ir.Union) or ir.Null() not in type_.members:
        return type_, False
    rest = tuple(member for member in type_.members if member != ir.Null())
    return (rest[0] if len(rest) == 1 else ir.Union(rest, type_.tags)), True


def annotation(type_: ir.Type, prefix: str = "") -> str:
    """Return the annotation of a value of this type.

    Args:
        type_: the type.
        prefix: put before the names of classes, such as `m.`.
    """
    match type_:
        case ir.Scalar(kind=kind):
            return kind
        case ir.Null():
            return "None"
        case ir.Anything():
            return "Any"
        case ir.File():
            return "File"
        case ir.Moment(format=name):
            return "dt.date" if name == "date" else "dt.datetime"
        case ir.Choice(values=values):
            return f"Literal[{', '.join(literal(value) for value in values)}]"
        case ir.List(item=item, tolerant=tolerant):
            inner = annotation(item, prefix)
            return f"list[{_or(inner, 'Undecodable') if tolerant else inner}]"
        case ir.Dict(value=value):
            return f"dict[str, {annotation(value, prefix)}]"
        case ir.Object(name=name):
            return f"{prefix}{name}"
        case ir.Union(members=members):
            ordered = sorted(members, key=lambda member: member == ir.Null())
            return " | ".join(dict.fromkeys(annotation(member, prefix) for member in ordered))


def optional(source: str) -> str:
    """Return the annotation of a value that may be left out."""
    return _or(source, "Unset")


def _or(source: str, other: str) -> str:
    """Unite two annotations, `None` last."""
    plain = source.removesuffix(" | None")
    if plain != source:
        return f"{plain} | {other} | None"
    return f"{other} | None" if source == "None" else f"{source} | {other}"


def phrase(type_: ir.Type) -> str:
    """Return what an error says was expected."""
    match type_:
        case ir.Scalar(kind=kind):
            return _PHRASES[kind]
        case ir.Null():
            return "null"
        case ir.Moment(format="date"):
            return "a date"
        case ir.Moment():
            return "a date and time"
        case ir.Choice(values=values):
            return f"one of {', '.join(map(ascii, values))}"
        case ir.List():
            return "a list"
        case ir.Dict() | ir.Object():
            return "an object"
        case ir.File():
            return "a file"
        case ir.Union(members=members):
            ordered = sorted(members, key=lambda member: member == ir.Null())
            return " or ".join(dict.fromkeys(phrase(member) for member in ordered))
        case ir.Anything():
            return "a value"


def objects_in(types: Iterable[ir.Type]) -> Iterator[str]:
    """Yield the names of the classes that types mention directly."""
    for type_ in types:
        match type_:
            case ir.Object(name=name):
                yield name
            case ir.List(item=inner) | ir.Dict(value=inner):
                yield from objects_in([inner])
            case ir.Union(members=members):
                yield from objects_in(members)


def has_file(type_: ir.Type) -> bool:
    """Return whether a value of this type may hold a file, other than inside an object."""
    match type_:
        case ir.List(item=inner) | ir.Dict(value=inner):
            return has_file(inner)
        case ir.Union(members=members):
            return any(has_file(member) for member in members)
    return isinstance(type_, ir.File)
