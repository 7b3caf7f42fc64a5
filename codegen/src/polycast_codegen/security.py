"""From security schemes to what builds them in `polycast.wire`."""

from collections.abc import Iterable, Mapping
from typing import Any

from polycast_codegen import ir
from polycast_codegen.dialect import place_of
from polycast_codegen.errors import SpecError

__all__ = ["check_bodies", "schemes"]


def schemes(document: Mapping[str, Any]) -> dict[str, ir.Scheme]:
    """Return the security schemes of a document in normal form.

    Raises:
        SpecError: a word of ours is used where it means nothing.
    """
    return {
        name: _scheme(words, place_of("components.securitySchemes", name))
        for name, words in document["components"]["securitySchemes"].items()
    }


def _scheme(words: Mapping[str, Any], place: str) -> ir.Scheme:
    prefix = words.get("x-prefix")
    if prefix is not None and not isinstance(prefix, str):
        raise SpecError(place_of(place, "x-prefix"), "expected text")
    custom = words.get("x-custom", False)
    if not isinstance(custom, bool):
        raise SpecError(place_of(place, "x-custom"), "expected true or false")
    in_body = "x-in" in words
    if in_body and (words["x-in"] != "body" or words.get("in") != "query" or custom):
        raise SpecError(place_of(place, "x-in"), "expected `body`, for an apiKey in the query")
    if custom:
        return ir.Scheme("Custom")
    name = words.get("name")
    match words.get("type"), words.get("in"), str(words.get("scheme", "")).lower():
        case "apiKey", "header", _ if isinstance(name, str) and name:
            return ir.Scheme("HeaderKey", name, prefix)
        case "apiKey", "query", _ if isinstance(name, str) and name and prefix is None:
            return ir.Scheme("BodyKey" if in_body else "QueryKey", name)
        case "http", _, "basic" if prefix is None:
            return ir.Scheme("Basic")
        case "http", _, "bearer":
            return ir.Scheme("HeaderKey", "Authorization", prefix or "Bearer ")
    problem = "the scheme is not understood; `x-custom: true` leaves it to the plugin's own auth"
    raise SpecError(place, problem)


def check_bodies(
    security: Mapping[str, ir.Scheme],
    operations: Iterable[ir.Operation],
    records: Mapping[str, ir.Record],
) -> None:
    """Refuse bodies that a key which travels in the body cannot be put into.

    Raises:
        SpecError: one is no form and no JSON object, or has a property of the key's name.
    """
    keys = {scheme.argument for scheme in security.values() if scheme.factory == "BodyKey"}
    for operation in operations if keys else ():
        body = operation.body
        if body is None:
            continue
        if body.format not in ("form", "json") or not isinstance(body.type, ir.Object | ir.Dict):
            raise SpecError(body.place, "a key in the body goes into a form or a JSON object")
        fields = records[body.type.name].fields if isinstance(body.type, ir.Object) else ()
        for field in fields:
            if field.wire_name in keys:
                raise SpecError(field.place, "is the key that `x-in: body` puts there")
