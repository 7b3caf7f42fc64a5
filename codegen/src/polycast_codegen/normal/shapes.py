"""What a schema says in all: `allOf` merged as JSON Schema means it."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from polycast_codegen.dialect import DOCUMENTATION, KINDS, about_word, place_of
from polycast_codegen.report import Report

__all__ = ["Node", "Shape", "Shapes"]

#: Words that say what a value is. The others describe it, or limit it where it is checked.
_STRUCTURE: Final = (
    *("$ref", "properties", "patternProperties", "additionalProperties", "items", "prefixItems"),
    *("enum", "const", "format", "allOf", "anyOf", "oneOf", "x-known-values", "contentMediaType"),
)
_PASSED_ON: Final = (
    *DOCUMENTATION,
    *("format", "enum", "const", "xml", "discriminator", "contentMediaType"),
    *("x-known-values", "x-tolerate-invalid", "x-payload", "x-python-name"),
)


@attrs.frozen
class Node:
    """A schema as its author wrote it.

    Attributes:
        words: it.
        place: where it stands.
        owner: the component it is a property of, where `allOf` merged that into another.
        alternative: it is said by one of several alternatives that were merged.
    """

    words: Any
    place: str
    owner: str = ""
    alternative: bool = False


@attrs.define
class Shape:
    """All that is said of a value, by one schema and those it merges.

    Attributes:
        own: the words of the schema itself that describe, or go on.
        merged: the same of the components it merges.
        types: the JSON types, empty where none is named.
        alternatives: the members of each `oneOf` and `anyOf`.
    """

    place: str
    own: dict[str, Any] = attrs.field(factory=dict)
    merged: dict[str, Any] = attrs.field(factory=dict)
    types: list[str] = attrs.field(factory=list)
    nullable: bool = False
    properties: dict[str, list[Node]] = attrs.field(factory=dict)
    required: dict[str, None] = attrs.field(factory=dict)
    additional: list[Node] = attrs.field(factory=list)
    items: list[Node] = attrs.field(factory=list)
    fixed_items: list[Node] = attrs.field(factory=list)
    alternatives: list[list[Node]] = attrs.field(factory=list)

    @property
    def words(self) -> dict[str, Any]:
        """Everything said, the schema's own words before those that it merges."""
        return {**self.merged, **self.own}


class Shapes:
    """Reads the shapes of schemas.

    Args:
        components: the schemas of the document by name.
        report: where words without meaning here are told.
    """

    def __init__(self, components: Mapping[str, Any], report: Report) -> None:
        self._components = components
        self._report = report

    def named(self, ref: str) -> tuple[str, Node]:
        """Return the name of the component that a reference leads to, and its schema."""
        name = ref.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        return name, Node(self._components.get(name, {}), place_of("components.schemas", name))

    def reference(self, words: Any) -> str:
        """Return the `$ref` of a schema that says nothing but what that leads to, else ""."""
        if not isinstance(words, dict):
            return ""
        said = _said(words)
        if said == {"$ref"} and isinstance(words["$ref"], str):
            return str(words["$ref"])
        if len(said) == 1 and (group := said & {"allOf", "anyOf", "oneOf"}):
            parts = _list(words[group.pop()])
            parts = [part for part in parts if isinstance(part, dict) and _said(part)]
            return self.reference(parts[0]) if len(parts) == 1 else ""
        return ""

    def of(self, node: Node) -> Shape:
        """Return what a schema says in all."""
        shape = Shape(node.place)
        self._gather(node, shape, (), inherited=False)
        return shape

    def saying(self, members: list[Node]) -> list[Node]:
        """Return the members of a group that say more than a limit of what is said beside."""
        return [
            one
            for one in members
            if not isinstance(one.words, dict) or _said(one.words) or "type" in one.words
        ]

    def _gather(self, node: Node, shape: Shape, above: tuple[str, ...], *, inherited: bool) -> None:
        words, place = node.words, node.place
        if not isinstance(words, dict):
            if words is not True:
                self._report.refuse(place, f"expected a schema, found {words!r}")
            return
        self._check_words(words, place)
        if isinstance(ref := words.get("$ref"), str):
            name, target = self.named(ref)
            if name not in above:
                target = attrs.evolve(target, owner=name)
                self._gather(target, shape, (*above, name), inherited=True)
        for index, part in enumerate(_list(words.get("allOf"))):
            inner = place_of(place_of(place, "allOf"), index)
            self._gather(Node(part, inner, node.owner), shape, above, inherited=inherited)
        self._take(words, shape, inherited=inherited)
        for name, value in _map(words.get("properties")).items():
            inner = place_of(place_of(place, "properties"), name)
            if value is False:
                self._report.pass_over("a property that nothing may have", inner)
                continue
            nodes = shape.properties.setdefault(name, [])
            if all(one.words != value for one in nodes):
                nodes.append(Node(value, inner, node.owner))
        for word, into in (
            ("additionalProperties", shape.additional),
            ("items", shape.items),
        ):
            value = words.get(word)
            if isinstance(value, dict) or value is True:
                into.append(Node(value, place_of(place, word), node.owner))
        tuples = words.get("items") if isinstance(words.get("items"), list) else None
        for index, value in enumerate(_list(words.get("prefixItems") or tuples)):
            inner = place_of(place_of(place, "prefixItems"), index)
            shape.fixed_items.append(Node(value, inner, node.owner))
        for key, value in _map(words.get("patternProperties")).items():
            inner = place_of(place_of(place, "patternProperties"), key)
            shape.additional.append(Node(value, inner, node.owner))
        for word in ("oneOf", "anyOf"):
            members = [
                Node(value, place_of(place_of(place, word), index), node.owner)
                for index, value in enumerate(_list(words.get(word)))
            ]
            if members:
                shape.alternatives.append(members)

    def _take(self, words: Mapping[str, Any], shape: Shape, *, inherited: bool) -> None:
        into = shape.merged if inherited else shape.own
        if "enum" in words and isinstance(former := shape.words.get("enum"), list):
            both = [value for value in _list(words["enum"]) if value in former]
            words = {**words, "enum": both or words["enum"]}
        into.update({word: words[word] for word in _PASSED_ON if word in words})
        types = words.get("type")
        named = [one for one in _list(types) if isinstance(one, str)]
        named = named or ([types] if isinstance(types, str) else [])
        if some := [one for one in named if one != "null"]:
            shape.types = some
        if words.get("nullable") is True or (
            "null" in named and (some or "null" not in shape.types)
        ):
            shape.nullable = True
        if named == ["null"] and not shape.types:
            shape.types = ["null"]
        shape.required |= dict.fromkeys(
            name for name in _list(words.get("required")) if isinstance(name, str)
        )

    def _check_words(self, words: Mapping[str, Any], place: str) -> None:
        for word in words:
            if word not in KINDS["schema"] and word != "$ref":
                self._report.pass_over(about_word(word), place)
        known, tolerant = words.get("x-known-values", []), words.get("x-tolerate-invalid", False)
        if not isinstance(known, list) or not all(isinstance(one, str | int) for one in known):
            self._report.refuse(place_of(place, "x-known-values"), "expected a list of values")
        if not isinstance(tolerant, bool):
            self._report.refuse(place_of(place, "x-tolerate-invalid"), "expected true or false")
        elif tolerant and words.get("type") != "array":
            self._report.refuse(place, "`x-tolerate-invalid` is for arrays")


def _said(words: Mapping[str, Any]) -> set[str]:
    said = {word for word in _STRUCTURE if word in words and words[word] != []}
    if words.get("required") and isinstance(words["required"], list):
        said.add("required")
    if not said and words.get("type") not in (None, "object"):
        said.add("type")
    if said == {"additionalProperties"} and not isinstance(words["additionalProperties"], dict):
        said = set() if words["additionalProperties"] is not True else said
    return said


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
