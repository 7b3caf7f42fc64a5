"""Parameters in normal form: plain values, and lists of them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from polycast_codegen._parser import python_name
from polycast_codegen.dialect import KINDS, about_word, place_of
from polycast_codegen.normal.names import settled
from polycast_codegen.normal.schemas import Schemas, Use
from polycast_codegen.normal.unions import Schema, without_null
from polycast_codegen.report import Report

__all__ = ["Parameters"]

#: OpenAPI says that descriptions of these shall be ignored.
_NOT_PARAMETERS: Final = ("accept", "content-type", "authorization")
#: What stands between the items of a list in one value, by style.
_BETWEEN: Final = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
#: What the parser takes as a template.
_TEMPLATE: Final = re.compile(r"[a-zA-Z_-][a-zA-Z0-9_-]*", re.ASCII)
_OF_OBJECTS: Final = ("properties", "required", "additionalProperties")
_PLAIN: Final = ("string", "integer", "number", "boolean")


@attrs.frozen
class Parameters:
    """Brings parameters into normal form.

    Args:
        schemas: brings their schemas into it.
        report: where parameters that are left out are told.
    """

    schemas: Schemas
    report: Report

    def read(
        self, path: str, declared: Iterable[tuple[Mapping[str, Any], str]], place: str, use: Use
    ) -> list[Schema]:
        """Return the parameters of an operation.

        Args:
            path: its path, with templates.
            declared: its own, then those of its path, with their places.
            place: of the operation.
            use: of it.
        """
        found: dict[tuple[str, str], Schema] = {}
        seen: set[tuple[str, str]] = set()
        templates = re.findall(r"\{([^{}]*)\}", path)
        for node, inner in declared:
            location, name = node.get("in"), node.get("name")
            if name == "":
                self.report.pass_over("a parameter without a name, which cannot be sent", inner)
                continue
            if not isinstance(location, str) or not isinstance(name, str):
                self.report.refuse(inner, "expected a parameter with `name` and `in`")
                continue
            if (location, name) in seen:
                continue
            seen.add((location, name))
            for word in node:
                if word not in KINDS["parameter"]:
                    self.report.pass_over(about_word(word), inner)
            if location == "path" and name not in templates:
                self.report.pass_over("a parameter of a path that has no such template", inner)
                continue
            for part, where in self._parts(node, location, name, inner):
                made = self._one(part, location, part["name"], where, use)
                if made is not None:
                    found.setdefault((location, part["name"]), made)
        for name in templates:
            if ("path", name) not in found:
                if ("path", name) not in seen:
                    self.report.pass_over("a template of a path without a parameter: text", place)
                found["path", name] = {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "x-place": place,
                    "schema": {"type": "string"},
                }
        for location in ("path", "query", "header"):
            here = {
                one.get("x-python-name", name): one
                for (where, name), one in found.items()
                if where == location
            }
            for name, other in settled(here).items():
                here[name]["x-python-name"] = other
            for name, one in here.items():
                if location == "path" and not _TEMPLATE.fullmatch(name):
                    one.setdefault("x-python-name", python_name(name))
        return list(found.values())

    def _parts(
        self, node: Mapping[str, Any], location: str, name: str, place: str
    ) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield a parameter; one that is an object in the query as one for each property.

        That is what it is on the wire: `name[property]` of the style `deepObject`, and the
        properties by their own names in the form style.
        """
        style = node.get("style", "form")
        fits = style == "deepObject" or (style == "form" and node.get("explode", True) is True)
        words, inner = node.get("schema"), place_of(place, "schema")
        fields = self.schemas.fields(words, inner) if location == "query" and fits else {}
        if not fields:
            yield node, place
        for field, (said, where, required) in fields.items():
            one: Schema = {
                "name": f"{name}[{field}]" if style == "deepObject" else field,
                "in": location,
                "required": required and node.get("required") is True,
                "schema": said,
            }
            one |= {word: said[word] for word in ("description", "deprecated") if word in said}
            if style == "deepObject":
                one["x-python-name"] = f"{node.get('x-python-name', name)}_{field}"
            if style == "deepObject" and self.schemas.fields(said, where):
                yield from self._parts({**one, "style": style}, location, one["name"], where)
            else:
                yield one, where

    def _one(
        self, node: Mapping[str, Any], location: str, name: str, place: str, use: Use
    ) -> Schema | None:
        required = node.get("required") is True or location == "path"
        if location == "header" and name.lower() in _NOT_PARAMETERS:
            self.report.pass_over(f"the header {name}, which is no parameter in OpenAPI", place)
            return None
        if location not in ("path", "query", "header"):
            self._cannot(f"a parameter in {location!r}", place, required=required)
            return None
        words = node.get("schema")
        if "schema" not in node and isinstance(node.get("content"), dict):
            # A plain value in JSON is its text, and another one is given as its text.
            words = next((_map(one).get("schema") for one in node["content"].values()), None)
            if self.schemas.fields(words, place):
                self.report.pass_over("what an object in a parameter has: it is JSON text", place)
                words = None
        if words in (None, {}, True):
            words = {"type": "string"}
        elif isinstance(words, dict) and words.get("type") in _PLAIN:
            # What is said of an object says nothing of a plain value.
            words = {word: value for word, value in words.items() if word not in _OF_OBJECTS}
        inner = place_of(place, "schema")
        schema = without_null(self.schemas.read(words, inner, attrs.evolve(use, name=name)))
        if schema == {} or not _kinds(schema):
            schema = {"type": "string", **schema}
        made: Schema = {
            "name": name,
            "in": location,
            "required": required,
            "schema": schema,
            "x-place": place,
        }
        if not isinstance(node.get("x-null", ""), str) or ("x-null" in node and location != "path"):
            problem = "expected text, for a parameter in the path"
            self.report.refuse(place_of(place, "x-null"), problem)
        supplied = node.get("x-auth-supplied", False)
        if not isinstance(supplied, bool) or (supplied and location == "header"):
            problem = "expected true or false, for a parameter in the path or the query"
            self.report.refuse(place_of(place, "x-auth-supplied"), problem)
        for word in ("description", "deprecated", "x-auth-supplied", "x-null", "x-python-name"):
            if word in node:
                made[word] = node[word]
        return self._styled(made, node, schema, place)

    def _styled(
        self, made: Schema, node: Mapping[str, Any], schema: Schema, place: str
    ) -> Schema | None:
        in_query = made["in"] == "query"
        kinds = _kinds(schema)
        if kinds <= set(_PLAIN):
            return made
        items = [one.get("items", {}) for one in schema.get("oneOf", [schema])]
        if not kinds <= {*_PLAIN, "array"} or not all(
            _kinds(without_null(one)) <= set(_PLAIN) for one in items
        ):
            self._cannot("a parameter that is an object", place, required=made["required"] is True)
            return None
        style = node.get("style", "form" if in_query else "simple")
        explode = node.get("explode", style == "form")
        if not in_query or not explode:
            if style not in _BETWEEN:
                problem = f"a list of the style {style!r}"
                self._cannot(problem, place, required=made["required"] is True)
                return None
            made["x-between"] = _BETWEEN[style]
        return made

    def _cannot(self, what: str, place: str, *, required: bool) -> None:
        if required:
            self.report.refuse(
                place,
                f"{what} cannot be written: describe it as text in an overlay, "
                "or leave the operation out (--only)",
            )
        else:
            self.report.pass_over(f"{what}; it may be left out", place)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _kinds(schema: Schema) -> set[str]:
    if "oneOf" in schema:
        return {kind for one in schema["oneOf"] for kind in _kinds(one)}
    if "$ref" in schema:
        return {"object"}
    return {schema["type"]} if "type" in schema else set()
