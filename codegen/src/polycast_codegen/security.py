"""From security schemes to what builds them in `polycast.wire`."""

from collections.abc import Mapping
from typing import Any

from polycast_codegen import ir
from polycast_codegen.dialect import place_of
from polycast_codegen.errors import SpecError

__all__ = ["schemes"]


def schemes(document: Mapping[str, Any]) -> dict[str, ir.Scheme]:
    """Return the document's security schemes, which are exactly those it asks for.

    Raises:
        SpecError: one is not understood, unknown or unused.
    """
    declared = document.get("components", {}).get("securitySchemes", {})
    asked = document.get("security", [])
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise SpecError("security", "expected a list of objects")
    names = [name for one in asked for name in one]
    for name in names:
        if name not in declared:
            raise SpecError("security", f"{name!r} is not in components.securitySchemes")
    found: dict[str, ir.Scheme] = {}
    for name, words in declared.items():
        place = place_of("components.securitySchemes", name)
        if name not in names:
            raise SpecError(place, "is not asked for by the document's `security`")
        found[name] = _scheme(words, place)
    return found


def _scheme(words: Mapping[str, Any], place: str) -> ir.Scheme:
    prefix = words.get("x-prefix")
    if prefix is not None and not isinstance(prefix, str):
        raise SpecError(place_of(place, "x-prefix"), "expected text")
    custom = words.get("x-custom", False)
    if not isinstance(custom, bool):
        raise SpecError(place_of(place, "x-custom"), "expected true or false")
    if custom:
        return ir.Scheme("Custom")
    name = words.get("name")
    match words.get("type"), words.get("in"), str(words.get("scheme", "")).lower():
        case "apiKey", "header", _ if isinstance(name, str) and name:
            return ir.Scheme("HeaderKey", name, prefix)
        case "apiKey", "query", _ if isinstance(name, str) and name and prefix is None:
            return ir.Scheme("QueryKey", name)
        case "http", _, "basic" if prefix is None:
            return ir.Scheme("Basic")
        case "http", _, "bearer":
            return ir.Scheme("HeaderKey", "Authorization", prefix or "Bearer ")
    problem = "the scheme is not understood; `x-custom: true` leaves it to the plugin's own auth"
    raise SpecError(place, problem)
