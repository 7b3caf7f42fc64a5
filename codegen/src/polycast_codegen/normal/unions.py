"""Alternatives that a value of Python can be told apart as; those that cannot are one."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from polycast_codegen.dialect import DOCUMENTATION

__all__ = ["NULL", "nullable", "same", "unite", "without_null"]

Schema = dict[str, Any]

NULL: Final[Mapping[str, Any]] = {"type": "null"}


def unite(members: Iterable[Schema], discriminator: Mapping[str, Any] | None = None) -> Schema:
    """Return the alternative of schemas in normal form.

    Those of one JSON type become one, as general as need be; objects stay what they are.

    Args:
        members: the schemas.
        discriminator: what OpenAPI's says, with references of the normal form.
    """
    groups: dict[str, list[Schema]] = {}
    for member in members:
        for one in member.get("oneOf", [member]):
            group = groups.setdefault(_kind(one), [])
            if not any(same(one, other) for other in group):
                group.append(one)
        discriminator = discriminator or member.get("discriminator")
    if "anything" in groups:
        return {}
    if "number" in groups and "integer" in groups:
        groups["number"] += groups.pop("integer")
    flat: list[Schema] = []
    for kind, group in groups.items():
        flat += group if kind == "object" or len(group) == 1 else [_general(kind, group)]
    flat.sort(key=lambda one: _kind(one) == "null")
    if len(flat) == 1:
        return flat[0]
    union: Schema = {"oneOf": flat}
    if discriminator and len(groups.get("object", ())) > 1:
        union["discriminator"] = dict(discriminator)
    return union


def nullable(schema: Schema) -> Schema:
    """Return the alternative of a schema and null."""
    return _around(schema, unite([schema, dict(NULL)]))


def without_null(schema: Schema) -> Schema:
    """Return a schema without null among its alternatives."""
    members = [one for one in schema.get("oneOf", ()) if _kind(one) != "null"]
    if not members:
        return schema
    return _around(schema, unite(members, schema.get("discriminator")))


def same(one: Schema, other: Schema) -> bool:
    """Return whether two schemas say the same, however they describe it."""
    return _bare(one) == _bare(other)


def _around(outer: Schema, inner: Schema) -> Schema:
    """Return the inner schema with what the outer one describes."""
    return {**inner, **{word: outer[word] for word in (*_DESCRIBING, "xml") if word in outer}}


_DESCRIBING: Final = (*DOCUMENTATION, "x-python-name", "x-place")


def _bare(schema: Schema) -> Schema:
    return {word: value for word, value in schema.items() if word not in DOCUMENTATION}


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return "object"
    match schema.get("type"):
        case "object":
            return "dict"
        case str() as kind:
            return kind
    return "anything"


def _general(kind: str, group: list[Schema]) -> Schema:
    """Return what all the members of one JSON type are."""
    match kind:
        case "array":
            return {"type": "array", "items": unite(one.get("items", {}) for one in group)}
        case "dict":
            return {"type": "object", "additionalProperties": True}
        case "string" | "integer":
            values = [
                value
                for one in group
                for value in one.get("enum") or one.get("x-known-values") or ()
            ]
            values = list(dict.fromkeys(values))
            if all("enum" in one for one in group):
                return {"type": kind, "enum": values}
            if any(one.get("format") == "binary" for one in group):
                return {"type": kind, "format": "binary"}
            return {"type": kind, **({"x-known-values": values} if values else {})}
    return {"type": kind}
