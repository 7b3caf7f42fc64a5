"""From schemas in normal form to types and records."""

from collections.abc import Mapping
from typing import Any, Final

from polycast_codegen import ir
from polycast_codegen._parser import ParsedSpec
from polycast_codegen.naming import class_name, field_names

__all__ = ["Schemas", "describe"]

_SCALARS: Final[Mapping[str, ir.Scalar]] = {
    "string": ir.Scalar("str"),
    "integer": ir.Scalar("int"),
    "number": ir.Scalar("float"),
    "boolean": ir.Scalar("bool"),
}

_LIMITS: Final[Mapping[str, str]] = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matching `{}`",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} keys",
    "maxProperties": "at most {} keys",
}


class Schemas:
    """The schemas of one document, with the parser's names for them.

    Args:
        document: the document in normal form.
        parsed: what the parser knows of it.
    """

    def __init__(self, document: Mapping[str, Any], parsed: ParsedSpec) -> None:
        self._objects: Mapping[str, Any] = document["components"]["schemas"]
        self._parsed = parsed
        self._classes = frozenset(
            class_name(one.class_name, at) for at, one in parsed.models.items()
        )
        self.records: dict[str, ir.Record] = {}

    def type_of(self, schema: Mapping[str, Any]) -> ir.Type:
        """Return the type that a schema describes, making the records it needs."""
        if "$ref" in schema:
            return ir.Object(self._class(schema))
        if "oneOf" in schema:
            members = tuple(self.type_of(one) for one in schema["oneOf"])
            return ir.Union(members, self._tags(schema.get("discriminator")))
        values = schema.get("enum")
        if values:
            return ir.Choice(tuple(values))
        match schema.get("type"):
            case "null":
                return ir.Null()
            case "array":
                tag = self._xml(schema["items"]).get("name", "")
                tolerant = schema.get("x-tolerate-invalid") is True
                return ir.List(self.type_of(schema["items"]), tolerant, tag)
            case "object":
                return ir.Dict(self._additional(schema["additionalProperties"]))
            case str() as kind:
                format_ = schema.get("format")
                if format_ == "binary":
                    return ir.File()
                return ir.Moment(format_) if format_ else _SCALARS[kind]
        return ir.Anything()

    def _additional(self, words: Any) -> ir.Type:
        return ir.Anything() if words is True else self.type_of(words)

    def _tags(self, words: Mapping[str, Any] | None) -> ir.Tags | None:
        if words is None:
            return None
        classes = {
            value: self._class({"$ref": ref}) for value, ref in words["mapping"].items() if ref
        }
        return ir.Tags(words["propertyName"], tuple(classes.items()))

    def _class(self, reference: Mapping[str, Any]) -> str:
        """Return the class of an object, making its record."""
        key = reference["$ref"].rpartition("/")[2]
        name = class_name(self._parsed.models[key].class_name, key)
        if name not in self.records:
            # The name is taken before the fields are read: they may lead back here.
            self.records[name] = _UNFINISHED
            self.records[name] = self._record(name, key)
        return name

    def _record(self, name: str, key: str) -> ir.Record:
        schema, place = self._objects[key], self._objects[key]["x-place"]
        properties: Mapping[str, Any] = schema["properties"]
        parsed = self._parsed.models[key].fields
        made = {wire: parsed[one.get("x-python-name", wire)] for wire, one in properties.items()}
        names = field_names(made, self._classes, place)
        fields = tuple(
            self._field(wire, one, names[wire], wire in schema["required"])
            for wire, one in properties.items()
        )
        additional = schema.get("additionalProperties")
        words: Mapping[str, Any] = schema.get("xml", {})
        return ir.Record(
            name=name,
            description=_text(schema, "description"),
            fields=fields,
            additional=None if additional is None else self._additional(additional),
            root=words.get("name", place.rpartition(".")[2]),
            place=place,
            namespace=words.get("namespace", ""),
            prefix=words.get("prefix", ""),
        )

    def _field(
        self, wire_name: str, node: Mapping[str, Any], name: str, required: bool
    ) -> ir.Field:
        type_ = self.type_of(node)
        words = self._xml(node)
        return ir.Field(
            name=name,
            wire_name=wire_name,
            type=type_,
            required=required,
            # A class has a docstring of its own.
            description=_text(node, "description") if "$ref" in node else describe(node),
            xml=ir.XmlName(
                words.get("name", wire_name),
                attribute=words.get("attribute", False),
                wrapped=words.get("wrapped", False),
            ),
            place=node["x-place"],
            known=_known(node, "enum") or _known(node, "x-known-values"),
        )

    def _xml(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a schema says of XML, or the object it refers to."""
        if "$ref" in schema and "xml" not in schema:
            schema = self._objects[schema["$ref"].rpartition("/")[2]]
        words: Mapping[str, Any] = schema.get("xml", {})
        return words


_UNFINISHED = ir.Record(name="", description="", fields=(), additional=None, root="", place="")


def describe(node: Mapping[str, Any]) -> str:
    """Return what a docstring says of a value: description, known values, limits, default."""
    parts = [_text(node, "description")]
    if known := _known(node, "x-known-values"):
        parts.append("Known values: " + ", ".join(f"`{value}`" for value in known) + ".")
    limits = [phrase.format(node[word]) for word, phrase in _LIMITS.items() if word in node]
    if limits:
        parts.append(f"{', '.join(limits)[0].upper()}{', '.join(limits)[1:]}.")
    if "default" in node:
        parts.append(f"Left out, it is taken as `{node['default']}`.")
    if node.get("deprecated"):
        parts.append("Deprecated.")
    return " ".join(
        part if part.endswith((".", "!", "?", ":")) else f"{part}." for part in parts if part
    )


def _known(node: Mapping[str, Any], word: str) -> tuple[str | int, ...]:
    """Return the values that a schema names, or one of its alternatives."""
    return next((tuple(one[word]) for one in (node, *node.get("oneOf", ())) if one.get(word)), ())


def _text(node: Mapping[str, Any], word: str) -> str:
    value = node.get(word)
    return value if isinstance(value, str) else ""
