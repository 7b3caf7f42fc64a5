"""Values made from a schema, where a spec shows none: small, and what the schema asks for."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

from attrs import frozen

__all__ = ["SchemaValues"]

#: When what is made up happened.
_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_STRINGS: Mapping[str, str] = {
    "date-time": _MOMENT.isoformat().replace("+00:00", "Z"),
    "x-rfc2822": format_datetime(_MOMENT),
    "date-time-rfc-2822": format_datetime(_MOMENT),
    "date": _MOMENT.date().isoformat(),
    "uuid": "6f1c1b1e-7b1f-4b6e-9d0a-2f5c8c1d7e10",
    "uri": "https://example.com/",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_SECONDS: Mapping[str, int] = {
    "x-epoch-seconds": int(_MOMENT.timestamp()),
    "x-epoch-milliseconds": int(_MOMENT.timestamp()) * 1000,
}
_STRPTIME = "x-strptime:"
_NOTHING = object()


@frozen
class SchemaValues:
    """Makes values of the schemas of one OpenAPI document.

    Args:
        document: the document.
    """

    document: Mapping[str, Any]

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a node says, or what it refers to says."""
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def value(self, schema: Mapping[str, Any]) -> Any:
        """Return a value that fits a schema: its own example, or one that is made up."""
        made = self._value(schema, ())
        return None if made is _NOTHING else made

    def element(self, schema: Mapping[str, Any], value: object, name: str) -> ET.Element:
        """Return a value as XML, as the schema's `xml` objects say.

        Args:
            schema: of an object.
            value: what `value` made of it.
            name: the name of the element where the schema gives it none.
        """
        schema = self.resolve(schema)
        element = ET.Element(schema.get("xml", {}).get("name", name))
        if not isinstance(value, dict):
            element.text = _text(value)
            return element
        properties = dict(self._properties(schema))
        for wire_name, inner in value.items():
            self._fill(element, wire_name, properties.get(wire_name, {}), inner)
        return element

    def _fill(
        self, element: ET.Element, wire_name: str, schema: Mapping[str, Any], value: object
    ) -> None:
        detail = self.resolve(schema)
        own = detail.get("xml", {})
        name = own.get("name", wire_name)
        if own.get("attribute"):
            element.set(name, _text(value))
        elif isinstance(value, list):
            items = detail.get("items", {})
            above = ET.SubElement(element, name) if own.get("wrapped") else element
            inner = self.resolve(items).get("xml", {}).get("name", wire_name)
            above.extend(self.element(items, item, inner) for item in value)
        else:
            made = self.element(detail, value, name)
            made.tag = name
            element.append(made)

    def _properties(self, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        schema = self.resolve(schema)
        for part in schema.get("allOf", []):
            yield from self._properties(part)
        yield from schema.get("properties", {}).items()

    def _value(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            # What holds itself would never end.
            if schema["$ref"] in within:
                return _NOTHING
            return self._value(self.resolve(schema), (*within, schema["$ref"]))
        for word in ("example", "const", "default"):
            if word in schema:
                return schema[word]
        for word in ("examples", "enum", "x-known-values"):
            if schema.get(word):
                return schema[word][0]
        for word in ("oneOf", "anyOf"):
            for one in schema.get(word, []):
                if one.get("type") != "null":
                    return self._value(one, within)
        named = schema.get("type", "object" if schema.keys() & {"properties", "allOf"} else None)
        kinds = named if isinstance(named, list) else [named]
        match next((kind for kind in kinds if kind != "null"), "null"):
            case "object":
                return self._object(schema, within)
            case "array":
                item = self._value(schema.get("items", {}), within)
                return [] if item is _NOTHING else [item] * max(1, schema.get("minItems", 1))
            case "string":
                return _string(schema)
            case "integer":
                return _SECONDS.get(schema.get("format", ""), _number(schema))
            case "number":
                return float(_number(schema))
            case "boolean":
                return True
        return None

    def _object(self, schema: Mapping[str, Any], within: tuple[str, ...]) -> Any:
        made: dict[str, Any] = {}
        for part in schema.get("allOf", []):
            inner = self._value(part, within)
            if inner is _NOTHING:
                return _NOTHING
            if isinstance(inner, dict):
                made |= inner
            elif inner is not None:  # None is of a part that only requires or describes
                return inner
        for name, inner_schema in schema.get("properties", {}).items():
            inner = self._value(inner_schema, within)
            if inner is not _NOTHING:
                made[name] = inner
            elif name in schema.get("required", []):
                return _NOTHING
        return made


def _string(schema: Mapping[str, Any]) -> str:
    format_ = schema.get("format", "")
    if format_.startswith(_STRPTIME):
        # Python 3.11 reads %:z and does not write it.
        pattern = format_.removeprefix(_STRPTIME).replace("%:z", "+00:00")
        return _MOMENT.strftime(pattern)
    made = _STRINGS.get(format_, "string")
    shortest = int(schema.get("minLength", 0))
    if format_ == "date-time" and shortest > len(made):
        return f"{made[:-1]}.{'0' * max(1, shortest - len(made) - 1)}Z"
    if format_ in _STRINGS and format_ != "uri":
        return made  # a part of it, or more than it, would be none
    longest = int(schema.get("maxLength", len(made)))
    return (made * (shortest // len(made) + 1))[: max(shortest, min(longest, len(made)))]


def _number(schema: Mapping[str, Any]) -> int:
    return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else re.sub(r"[^\t\n\r -\U0010ffff]", "", str(value))
