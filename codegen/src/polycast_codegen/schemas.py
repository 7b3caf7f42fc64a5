"""From a document's schemas to types and records."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from polycast_codegen import ir
from polycast_codegen._parser import ParsedSpec
from polycast_codegen.dialect import place_of, referred
from polycast_codegen.errors import SpecError
from polycast_codegen.naming import class_name, field_names

__all__ = ["Schemas"]

_SCALARS: Final[Mapping[str, ir.Scalar]] = {
    "string": ir.Scalar("str"),
    "integer": ir.Scalar("int"),
    "number": ir.Scalar("float"),
    "boolean": ir.Scalar("bool"),
}

#: Formats that only describe, by type. The value stays what it is without them.
_DESCRIPTIVE_FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset(["uuid", "uri", "email", "hostname", "ipv4", "ipv6", "password"]),
    "integer": frozenset(["int32", "int64"]),
    "number": frozenset(["float", "double"]),
}
_MOMENTS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset(["date-time", "date"]),
    "integer": frozenset(["x-epoch-seconds", "x-epoch-milliseconds"]),
}
STRPTIME: Final = "x-strptime:"

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
        document: the checked document.
        parsed: what the parser knows of it.
    """

    def __init__(self, document: Mapping[str, Any], parsed: ParsedSpec) -> None:
        self._document = document
        self._parsed = parsed
        self._open: list[str] = []
        self._classes = [class_name(one.class_name, at) for at, one in parsed.models.items()]
        self.records: dict[str, ir.Record] = {}
        self.referred: set[str] = set()

    def resolve(self, node: Mapping[str, Any], place: str) -> tuple[Mapping[str, Any], str]:
        """Follow `$ref` to what it refers to, and return that with its place."""
        if "$ref" not in node:
            return node, place
        folder, name = referred(node["$ref"])
        target_place = place_of(f"components.{folder}", name)
        self.referred.add(target_place)
        return self._document["components"][folder][name], target_place

    def type_of(self, node: Mapping[str, Any], place: str) -> ir.Type:
        """Return the type that a schema describes, making the records it needs."""
        schema, place = self.resolve(node, place)
        if place in self._open:
            raise SpecError(place, "contains itself without an object between")
        self._open.append(place)
        try:
            return self._type_of(schema, place)
        finally:
            self._open.pop()

    def _type_of(self, schema: Mapping[str, Any], place: str) -> ir.Type:
        parts = schema.get("allOf", [])
        if len(parts) == 1 and not schema.keys() & {"properties", "additionalProperties"}:
            return self.type_of(parts[0], place_of(place_of(place, "allOf"), 0))
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._alternatives(schema, word, place)
        if "enum" in schema or "const" in schema:
            return self._choice(schema, place)
        types = schema.get("type")
        if isinstance(types, list):
            return _union(
                [self._of_one_type({**schema, "type": one}, one, place) for one in types], place
            )
        return self._of_one_type(schema, types, place)

    def _alternatives(self, schema: Mapping[str, Any], word: str, place: str) -> ir.Type:
        for other in ("type", "properties", "allOf", "enum", "const", "anyOf", "oneOf"):
            if other != word and other in schema:
                raise SpecError(place, f"`{other}` beside `{word}` is not understood")
        inner = place_of(place, word)
        members = [
            self.type_of(member, place_of(inner, index))
            for index, member in enumerate(schema[word])
        ]
        if not members:
            raise SpecError(inner, "expected at least one schema")
        return _union(members, place)

    def _choice(self, schema: Mapping[str, Any], place: str) -> ir.Type:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        for word in ("format", "x-known-values"):
            if word in schema:
                raise SpecError(place, f"`{word}` beside a closed list is not understood")
        some = [value for value in values if value is not None]
        kinds = {type(value) for value in some}
        if kinds not in ({str}, {int}) or len(set(some)) != len(some):
            raise SpecError(place, "expected a list of different strings, or of integers")
        types = schema.get("type")
        allowed = {"string"} if kinds == {str} else {"integer"}
        allowed |= {"null"} if len(some) < len(values) else set()
        if types is not None and not set(_as_list(types)) <= allowed | {"null"}:
            raise SpecError(place, f"the values are not of the type {types!r}")
        choice = ir.Choice(tuple(some))
        return ir.Union((choice, ir.Null())) if len(some) < len(values) else choice

    def _of_one_type(self, schema: Mapping[str, Any], type_: object, place: str) -> ir.Type:
        match type_:
            case "null":
                return ir.Null()
            case "string" | "integer" | "number" | "boolean":
                return self._scalar(schema, type_, place)
            case "array":
                return self._list(schema, place)
            case "object":
                return self._object(schema, place)
            case None if schema.keys() & {"properties", "additionalProperties", "allOf"}:
                return self._object(schema, place)
            case None if not schema.keys() & {"items", "format", "x-known-values"}:
                return ir.Anything()
        raise SpecError(place, f"the type {type_!r} is not understood")

    def _scalar(self, schema: Mapping[str, Any], type_: str, place: str) -> ir.Type:
        known = schema.get("x-known-values")
        if known is not None and not (
            isinstance(known, list) and all(isinstance(value, str | int) for value in known)
        ):
            raise SpecError(place_of(place, "x-known-values"), "expected a list of values")
        if schema.get("x-tolerate-invalid") is not None:
            raise SpecError(place, "`x-tolerate-invalid` is for arrays")
        format_ = schema.get("format")
        if format_ is None or format_ in _DESCRIPTIVE_FORMATS.get(type_, ()):
            return _SCALARS[type_]
        if type_ == "string" and format_ == "binary":
            return ir.File()
        if format_ in _MOMENTS.get(type_, ()):
            return ir.Moment(format_)
        if type_ == "string" and isinstance(format_, str) and format_.startswith(STRPTIME):
            check_strptime(format_.removeprefix(STRPTIME), place)
            return ir.Moment(format_)
        raise SpecError(place, f"the format {format_!r} of a {type_} is not known")

    def _list(self, schema: Mapping[str, Any], place: str) -> ir.Type:
        if "items" not in schema:
            raise SpecError(place, "an array needs `items`")
        tolerant = schema.get("x-tolerate-invalid", False)
        if not isinstance(tolerant, bool):
            raise SpecError(place_of(place, "x-tolerate-invalid"), "expected true or false")
        inner = place_of(place, "items")
        items, items_place = self.resolve(schema["items"], inner)
        tag = _xml(items, items_place).get("name", "")
        return ir.List(self.type_of(schema["items"], inner), tolerant, tag)

    def _object(self, schema: Mapping[str, Any], place: str) -> ir.Type:
        if not list(self._declared(schema, place)):
            return ir.Dict(self._additional(schema, place) or ir.Anything())
        model = self._parsed.models.get(place)
        if model is None:
            raise SpecError(place, "an object that is not understood here")
        name = class_name(model.class_name, place)
        if name not in self.records:
            # The name is taken before the fields are read: they may lead back here.
            self.records[name] = _UNFINISHED
            self.records[name] = self._record(name, schema, place)
        return ir.Object(name)

    def _record(self, name: str, schema: Mapping[str, Any], place: str) -> ir.Record:
        model = self._parsed.models[place]
        declared: dict[str, tuple[Mapping[str, Any], str]] = {}
        for wire_name, node, inner in self._declared(schema, place):
            if declared.setdefault(wire_name, (node, inner))[0] != node:
                raise SpecError(inner, "differs from the property of this name it is merged with")
        if declared.keys() != model.fields.keys():
            missing = sorted(declared.keys() ^ model.fields.keys())
            raise SpecError(place, f"the parser lost the properties {missing}")
        names = field_names(model.fields, self._classes, place)
        # What a record holds may lead back to it, through the class that it becomes.
        above, self._open = self._open, []
        try:
            fields = tuple(
                self._field(wire_name, node, inner, names[wire_name], wire_name in model.required)
                for wire_name, (node, inner) in declared.items()
            )
            additional = self._additional(schema, place) if self._is_open(schema, place) else None
        finally:
            self._open = above
        return ir.Record(
            name=name,
            description=_text(schema, "description", place),
            fields=fields,
            additional=additional,
            root=_xml(schema, place).get("name", place.rpartition(".")[2]),
            place=place,
        )

    def _field(
        self, wire_name: str, node: Mapping[str, Any], place: str, name: str, required: bool
    ) -> ir.Field:
        schema, schema_place = self.resolve(node, place)
        type_ = self.type_of(node, place)
        words = _xml(schema, schema_place)
        return ir.Field(
            name=name,
            wire_name=wire_name,
            type=type_,
            required=required,
            description=(
                # A class has a docstring of its own.
                _text(node, "description", place)
                if isinstance(type_, ir.Object) and schema is not node
                else describe(node, schema, schema_place)
            ),
            xml=ir.XmlName(
                words.get("name", wire_name),
                attribute=words.get("attribute", False),
                wrapped=words.get("wrapped", False),
            ),
            place=place,
            known=tuple(schema.get("enum") or schema.get("x-known-values") or ()),
        )

    def _parts(self, schema: Mapping[str, Any], place: str) -> Iterator[tuple[Any, str]]:
        """Yield a schema and, before it, the parts it merges with `allOf`, all the way down."""
        for index, part in enumerate(schema.get("allOf", [])):
            resolved = self.resolve(part, place_of(place_of(place, "allOf"), index))
            yield from self._parts(*resolved)
        yield schema, place

    def _declared(
        self, schema: Mapping[str, Any], place: str
    ) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        for part, part_place in self._parts(schema, place):
            if part.keys() & {"anyOf", "oneOf", "enum", "const"}:
                raise SpecError(part_place, "only objects can be merged with `allOf`")
            inner = place_of(part_place, "properties")
            for wire_name, node in part.get("properties", {}).items():
                yield wire_name, node, place_of(inner, wire_name)

    def _is_open(self, schema: Mapping[str, Any], place: str) -> bool:
        return any(
            part.get("additionalProperties", False) is not False
            for part, _ in self._parts(schema, place)
        )

    def _additional(self, schema: Mapping[str, Any], place: str) -> ir.Type | None:
        found: list[ir.Type] = []
        for part, part_place in self._parts(schema, place):
            additional = part.get("additionalProperties")
            if additional is True:
                found.append(ir.Anything())
            elif isinstance(additional, dict):
                found.append(self.type_of(additional, place_of(part_place, "additionalProperties")))
        if len(found) > 1:
            raise SpecError(place, "two merged parts have `additionalProperties`")
        return found[0] if found else None


_UNFINISHED = ir.Record(name="", description="", fields=(), additional=None, root="", place="")


def describe(node: Mapping[str, Any], schema: Mapping[str, Any], place: str) -> str:
    """Return what a docstring says of a value: description, known values, limits, default."""
    parts = [_text(node, "description", place) or _text(schema, "description", place)]
    if known := schema.get("x-known-values"):
        parts.append("Known values: " + ", ".join(f"`{value}`" for value in known) + ".")
    limits = [phrase.format(schema[word]) for word, phrase in _LIMITS.items() if word in schema]
    if limits:
        parts.append(f"{', '.join(limits)[0].upper()}{', '.join(limits)[1:]}.")
    if "default" in schema:
        parts.append(f"Left out, it is taken as `{schema['default']}`.")
    if schema.get("deprecated"):
        parts.append("Deprecated.")
    return " ".join(
        part if part.endswith((".", "!", "?", ":")) else f"{part}." for part in parts if part
    )


def check_strptime(pattern: str, place: str) -> None:
    """Refuse a pattern with directives that depend on the locale, or that are unknown."""
    directives = []
    rest = pattern
    while "%" in rest:
        rest = rest[rest.index("%") :]
        size = 3 if rest.startswith("%:") else 2
        directives.append(rest[:size])
        rest = rest[size:]
    for directive in directives:
        if directive not in ("%Y", "%m", "%d", "%H", "%M", "%S", "%f", "%z", "%:z", "%%"):
            raise SpecError(place, f"{directive!r} in the format {pattern!r} is not understood")
    named = [directive.replace(":", "") for directive in directives if directive != "%%"]
    if len(set(named)) < len(named) or not {"%Y", "%m", "%d"} <= set(named):
        raise SpecError(place, f"the format {pattern!r} needs %Y, %m and %d, and nothing twice")


def _union(members: list[ir.Type], place: str) -> ir.Type:
    flat: list[ir.Type] = []
    for member in members:
        for one in member.members if isinstance(member, ir.Union) else (member,):
            if not (isinstance(one, ir.Null) and one in flat):
                flat.append(one)
    kinds: list[str] = []
    for one in flat if len(flat) > 1 else ():
        for kind in json_types(one):
            if kind in kinds or kind == "anything":
                problem = f"two of the alternatives are {kind}, so they cannot be told apart"
                raise SpecError(place, problem)
            kinds.append(kind)
    return flat[0] if len(flat) == 1 else ir.Union(tuple(flat))


def json_types(type_: ir.Type) -> tuple[str, ...]:
    """Return the JSON types that values of a type have, in words."""
    match type_:
        case ir.Scalar("int"):
            return ("integers",)
        case ir.Scalar("float"):
            return ("integers", "fractions")
        case ir.Scalar("bool"):
            return ("booleans",)
        case ir.Scalar() | ir.File():
            return ("strings",)
        case ir.Moment(format=name):
            return ("integers",) if name.startswith("x-epoch") else ("strings",)
        case ir.Choice(values=values):
            return ("strings",) if isinstance(values[0], str) else ("integers",)
        case ir.List():
            return ("arrays",)
        case ir.Dict() | ir.Object():
            return ("objects",)
        case ir.Null():
            return ("null",)
        case ir.Union(members=members):
            return tuple(kind for member in members for kind in json_types(member))
        case _:
            return ("anything",)


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(node: Mapping[str, Any], word: str, place: str) -> str:
    value = node.get(word) or ""
    if not isinstance(value, str):
        raise SpecError(place_of(place, word), "expected text")
    return value


def _xml(schema: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = schema.get("xml", {})
    for word, kind in (("name", str), ("attribute", bool), ("wrapped", bool)):
        if word in words and type(words[word]) is not kind:
            raise SpecError(place_of(place_of(place, "xml"), word), f"expected a {kind.__name__}")
    return words
