"""Strings, numbers and closed lists in normal form."""

import re
from collections.abc import Mapping
from typing import Any, Final

from polycast_codegen.normal.shapes import Shape
from polycast_codegen.report import Report

__all__ = ["choice", "scalar"]

#: Formats that make another value of Python of it. All others only describe.
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("date-time", "date", "x-rfc2822"),
    "integer": ("x-epoch-seconds", "x-epoch-milliseconds"),
}
#: What providers call a format that is known here: Twilio's, and the bare number.
_KNOWN: Final[Mapping[str, str]] = dict.fromkeys(
    ("date-time-rfc-2822", "rfc2822", "rfc-2822"), "x-rfc2822"
)
#: Formats of OpenAPI's own that add nothing to the type.
_SILENT: Final = frozenset(
    (
        *("uuid", "uri", "email", "hostname", "ipv4", "ipv6", "password"),
        *("int32", "int64", "float", "double"),
    )
)
_LIMITS: Final = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_OF_PYTHON: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}


def scalar(type_: str, shape: Shape, *, files: bool, report: Report) -> dict[str, Any]:
    """Return a string, number or boolean.

    Args:
        type_: which of them.
        shape: what is said of it; limits written as OpenAPI 3.0 has them become those of 3.1.
        files: whether it may be a file.
        report: where a pattern that is not understood is told.
    """
    words = shape.words
    _mend_limits(shape.own)
    _mend_limits(shape.merged)
    found: dict[str, Any] = {"type": type_}
    known = words.get("x-known-values")
    if isinstance(known, list):
        found["x-known-values"] = [one for one in known if isinstance(one, str | int)]
    format_ = words.get("format")
    if type_ == "string" and (
        format_ == "binary" or (format_ is None and "contentMediaType" in words)
    ):
        if files:
            return {**found, "format": "binary"}
        format_ = None
    if format_ is None:
        return found
    format_ = _KNOWN.get(str(format_), format_)
    pattern = str(format_).removeprefix("x-strptime:")
    if type_ == "string" and pattern != format_:
        if problem := _strptime_problem(pattern):
            report.refuse(shape.place, problem)
            return found
        return {**found, "format": format_}
    if format_ in _MEANT.get(type_, ()):
        return {**found, "format": format_}
    if format_ not in _SILENT:
        said = words.get("description")
        about = f"Format: `{format_}`."
        shape.own["description"] = f"{said.rstrip()} {about}" if isinstance(said, str) else about
    return found


def choice(shape: Shape) -> dict[str, Any]:
    """Return one of a closed list of strings or of integers, or what is nearest to it."""
    words = shape.words
    values = words["enum"] if isinstance(words.get("enum"), list) else [words.get("const")]
    if None in values:
        shape.nullable = True
    some = list(dict.fromkeys(one for one in values if isinstance(one, str | int | float)))
    known = words.get("x-known-values")
    kinds = {_OF_PYTHON[type(one)] for one in some}
    types = shape.types or sorted(kinds)
    if len(types) == 1 and {*types} == kinds and types[0] in ("string", "integer") and not known:
        return {"type": types[0], "enum": some}
    if not some and None in values:
        return {"type": "null"}
    # Nothing is closed that Python has no type for: the values are documentation.
    found: dict[str, Any] = {"type": types[0]} if len(types) == 1 else {}
    if len(types) > 1:
        found = {"oneOf": [{"type": one} for one in types]}
    values = known if isinstance(known, list) else some
    return {**found, **({"x-known-values": values} if values and "type" in found else {})}


def _mend_limits(words: dict[str, Any]) -> None:
    """Rewrite the flags of OpenAPI 3.0 as the limits of 3.1."""
    for limit, exclusive in _LIMITS:
        flag = words.get(exclusive)
        if isinstance(flag, bool):
            del words[exclusive]
            if flag and limit in words:
                words[exclusive] = words.pop(limit)


def _strptime_problem(pattern: str) -> str:
    directives = re.findall(r"%:?.?", pattern)
    for directive in directives:
        if directive not in ("%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%z", "%:z", "%%"):
            return f"{directive!r} in the format {pattern!r} is not understood"
    named = [one.replace(":", "") for one in directives if one != "%%"]
    if len(set(named)) < len(named) or not {"%Y", "%m", "%d"} <= set(named):
        return f"the format {pattern!r} needs %Y, %m and %d, and nothing twice"
    return ""
