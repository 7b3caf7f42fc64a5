"""Schemas in normal form.

In it every object with properties is a component, and every use of one a `$ref` with, at most,
what describes that use. A list has `items`; alternatives (`oneOf`) can be told apart; an object
without properties has `additionalProperties`; whatever else a schema may be is `{}`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs

from polycast_codegen._parser import python_class
from polycast_codegen.dialect import DOCUMENTATION, place_of
from polycast_codegen.normal.names import Classes, settled
from polycast_codegen.normal.scalars import choice, scalar
from polycast_codegen.normal.shapes import Node, Shape, Shapes
from polycast_codegen.normal.unions import NULL, Schema, nullable, unite, without_null
from polycast_codegen.report import Report

__all__ = ["Schemas", "Use"]

_TYPES: Final = ("string", "integer", "number", "boolean")
_BESIDE: Final = (*DOCUMENTATION, "xml", "x-python-name")


@attrs.frozen
class Use:
    """Where a schema is used.

    Attributes:
        parent: the class whose property it is, or the operation's name; "" for a component.
        name: the property.
        form: it is a field of a form, which holds text.
        files: it may be a file: a field of a multipart body.
    """

    parent: str = ""
    name: str = ""
    form: bool = False
    files: bool = False


class Schemas:
    """Brings schemas into normal form.

    Args:
        components: the schemas of the document by name.
        report: where what is passed over or refused is told.
    """

    def __init__(self, components: Mapping[str, Any], report: Report) -> None:
        self._components = components
        self._report = report
        self._shapes = Shapes(components, report)
        self._classes = Classes(
            {
                name: str(node.get("x-python-name", name)) if isinstance(node, dict) else name
                for name, node in components.items()
            }
        )
        self._merging: list[int] = []
        #: What was read: schemas are told apart by `id`, which another may get after it is gone.
        self._kept: list[Any] = []
        self._done: dict[tuple[object, ...], Schema] = {}
        self._open: dict[tuple[object, ...], int] = {}
        self._late: list[tuple[Schema, Schema]] = []
        self._depth = 0
        #: The objects, by their classes' names.
        self.objects: dict[str, Schema] = {}

    def finish(self) -> dict[str, Schema]:
        """Return all the objects, when every schema has been read."""
        for copy, source in self._late:
            copy.update({**source, **copy})
        return self.objects

    def read(self, words: Any, place: str, use: Use) -> Schema:
        """Return a schema in normal form."""
        self._kept.append(words)
        return self._read(Node(words, place), use)

    def whole(self, words: Any, place: str, use: Use) -> Schema:
        """Return the schema of a form: alternatives of objects are one object with all fields."""
        node = Node(words, place)
        if name := self._component_name(node.words):
            node = Node(self._components.get(name, {}), place_of("components.schemas", name))
            key: tuple[object, ...] = ("whole", name, use.files)
            if key in self._done:
                return self._done[key]
            shape = self._shapes.of(node)
            self._merge_alternatives(shape, force=True)
            return self._from_shape(shape, attrs.evolve(use, parent="", name=name), key, name)
        shape = self._shapes.of(node)
        self._merge_alternatives(shape, force=True)
        return self._from_shape(shape, use, ("whole", id(words), use.files), "")

    def fields(self, words: Any, place: str) -> dict[str, tuple[Schema, str, bool]]:
        """Return what each property of an object says, its place, and whether it is required.

        Nothing is returned of what is no object, or has properties beside those that are named.
        """
        if not isinstance(words, dict):
            return {}
        shape = self._shapes.of(Node(words, place))
        if not shape.properties or shape.types not in ([], ["object"]) or shape.additional:
            return {}
        return {
            name: (nodes[0].words, nodes[0].place, name in shape.required)
            for name, nodes in shape.properties.items()
            if isinstance(nodes[0].words, dict)
        }

    def _component_name(self, words: Any) -> str:
        ref = self._shapes.reference(words)
        if not ref:
            return ""
        name, node = self._shapes.named(ref)
        return self._component_name(node.words) or name

    def _read(self, node: Node, use: Use) -> Schema:
        ref = self._shapes.reference(node.words)
        if ref:
            found = self._component(self._shapes.named(ref)[0], use)
            return self._beside(found, node.words)
        return self._from_node(node, use, ("inline", *_identity(node.words, use), use.files), "")

    def _component(self, name: str, use: Use) -> Schema:
        if name not in self._components:
            return {}  # told already
        node = Node(self._components[name], place_of("components.schemas", name))
        if ref := self._shapes.reference(node.words):
            target = self._shapes.named(ref)[0]
            key: tuple[object, ...] = ("alias", name)
            if key in self._open:
                return self._endless(node.place)
            self._open[key] = self._depth
            try:
                return self._beside(self._component(target, use), node.words)
            finally:
                del self._open[key]
        key = ("component", name, use.files)
        inner = Use("", name, form=use.form, files=use.files)
        return self._from_node(node, inner, key, name)

    def _from_node(self, node: Node, use: Use, key: tuple[object, ...], component: str) -> Schema:
        if key in self._done:
            return self._done[key]
        if key in self._open:
            if self._open[key] == self._depth:
                return self._endless(node.place)
            return self._done.setdefault(key, {})
        self._open[key] = self._depth
        try:
            shape = self._shapes.of(node)
            found = self._polymorphic(shape, use, component)
            if not found:
                self._merge_alternatives(shape)
                found = self._from_shape(shape, use, key, component)
        finally:
            del self._open[key]
        if self._done.get(key) == {}:
            self._done[key].update(found)  # it was handed out while it was open
        else:
            self._done[key] = found
        return self._done[key]

    def _endless(self, place: str) -> Schema:
        self._report.pass_over("a schema that holds itself, read as any value", place)
        return {}

    def _beside(self, found: Schema, words: Mapping[str, Any]) -> Schema:
        """Return a schema with what stands beside the reference to it."""
        beside = {word: words[word] for word in _BESIDE if word in words}
        beside |= {"x-known-values": words["x-known-values"]} if "x-known-values" in words else {}
        for part in words.get("allOf", ()) if isinstance(words.get("allOf"), list) else ():
            if isinstance(part, dict) and "$ref" not in part:
                beside = {**{word: part[word] for word in _BESIDE if word in part}, **beside}
        types = words.get("type")
        null = words.get("nullable") is True or (isinstance(types, list) and "null" in types)
        if not beside and not null:
            return found
        copy = {**found, **beside}
        if not found:
            self._late.append((copy, found))
        return nullable(copy) if null else copy

    # Alternatives

    def _polymorphic(self, shape: Shape, use: Use, component: str) -> Schema:
        """Return the alternatives that the `discriminator` of a base names; {} without one."""
        words = shape.own.get("discriminator")
        mapping = words.get("mapping") if isinstance(words, dict) else None
        if shape.alternatives or not component or not isinstance(mapping, dict):
            return {}
        names = {self._shapes.named(ref)[0]: None for ref in mapping.values()}
        names.pop(component, None)
        if len(names) < 2:
            return {}
        members = []
        for name in names:
            inner = Use("", name, form=use.form, files=use.files)
            node = Node(self._components.get(name, {}), place_of("components.schemas", name))
            members.append(self._from_node(node, inner, ("component", name, use.files), name))
        return unite(members, self._tagged(words, use))

    def _tagged(self, words: Any, use: Use) -> dict[str, Any] | None:
        """Return a `discriminator` whose values lead to classes."""
        if not isinstance(words, dict) or not isinstance(words.get("propertyName"), str):
            return None
        mapping = words.get("mapping")
        return {
            "propertyName": words["propertyName"],
            "mapping": {
                value: self._component(self._shapes.named(ref)[0], use).get("$ref", "")
                for value, ref in (mapping.items() if isinstance(mapping, dict) else ())
            },
        }

    def _merge_alternatives(self, shape: Shape, *, force: bool = False) -> None:
        """Merge alternatives into an object that has properties beside them.

        What only one of them has may then be left out; a union of objects stays one where
        nothing is said beside it.
        """
        groups = []
        for members in shape.alternatives:
            said = [
                one for one in self._shapes.saying(members) if id(one.words) not in self._merging
            ]
            shapes = [self._shapes.of(one) for one in said]
            limits = bool(shape.properties) or shape.types not in ([], ["object"])
            if said and not (limits and all(map(_only_requires, shapes))):
                groups.append((said, shapes))
        together = force or bool(shape.properties) or len(groups) > 1
        shape.alternatives = []
        for members, shapes in groups:
            if not together:
                shape.alternatives.append(members)
                continue
            for member, one in zip(members, shapes, strict=True):
                self._merging.append(id(member.words))
                self._merge_alternatives(one, force=True)
                self._merging.pop()
            if all(map(_may_be_object, shapes)):
                _merge(shape, shapes)
            else:
                shape.alternatives.append(members)

    # Values

    def _from_shape(
        self, shape: Shape, use: Use, key: tuple[object, ...], component: str
    ) -> Schema:
        if shape.properties:
            found = self._object(shape, use, key, component)
        else:
            found = self._value(shape, use)
            words = shape.words
            described = (*DOCUMENTATION, "xml", "x-python-name", "x-tolerate-invalid")
            found = {**found, **{word: words[word] for word in described if word in words}}
        return nullable(found) if shape.nullable else found

    def _value(self, shape: Shape, use: Use) -> Schema:
        words = shape.words
        if shape.alternatives:
            members = [
                self._read(one, attrs.evolve(use, name=f"{use.name}_type_{index}"))
                for group in shape.alternatives
                for index, one in enumerate(group)
            ]
            return unite(members, self._tagged(words.get("discriminator"), use))
        if words.keys() & {"enum", "const"} and set(shape.types) <= set(_TYPES):
            return choice(shape)
        types = shape.types or [_implied(shape)]
        return unite(self._of_type(one, shape, use) for one in types)

    def _of_type(self, type_: str, shape: Shape, use: Use) -> Schema:
        match type_:
            case "array":
                return {"type": "array", "items": self._items(shape, use)}
            case "object":
                return {"type": "object", "additionalProperties": self._additional(shape, use)}
            case "null":
                return dict(NULL)
            case "":
                return {}
            case _ if type_ in _TYPES:
                return scalar(type_, shape, files=use.files, report=self._report)
        self._report.refuse(
            shape.place,
            f"the type {type_!r} is none of JSON's (string, integer, number, boolean, array, "
            "object, null): mend it, in an overlay if the spec is not yours",
        )
        return {}

    def _items(self, shape: Shape, use: Use) -> Schema:
        inner = attrs.evolve(use, name=f"{use.name}_item")
        nodes = shape.fixed_items + shape.items[-1:]
        return unite(self._read(one, inner) for one in nodes) if nodes else {}

    def _additional(self, shape: Shape, use: Use) -> Any:
        nodes = [one for one in shape.additional if isinstance(one.words, dict) and one.words]
        if not nodes or len(nodes) < len(shape.additional):
            return True
        parent = f"{use.parent}{_capital(use.name)}" if use.parent else use.name
        return unite(self._read(one, Use(parent, "AdditionalProperty")) for one in nodes) or True

    # Objects

    def _object(self, shape: Shape, use: Use, key: tuple[object, ...], component: str) -> Schema:
        name = self._class(shape, use, component)
        reference = {"$ref": f"#/components/schemas/{name}"}
        self._done.setdefault(key, {}).update(reference)
        words: Schema = {"type": "object", "x-place": shape.place}
        words |= {word: shape.own[word] for word in ("description", "xml") if word in shape.own}
        if "x-payload" in shape.own:
            words["x-payload"] = shape.own["x-payload"]
        self.objects[name] = words
        self._depth += 1
        others = settled(shape.properties)
        properties = words["properties"] = {}
        for wire_name, nodes in shape.properties.items():
            parent = self._classes.of_component(nodes[0].owner) if nodes[0].owner else name
            inner = Use(parent, wire_name, form=use.form, files=use.files)
            if use.form:
                inner = attrs.evolve(inner, form=False)
            found = dict(self._property(nodes, inner))
            if use.form:
                found = without_null(found)
            if wire_name in others:
                found.setdefault("x-python-name", others[wire_name])
            found["x-place"] = nodes[0].place
            properties[wire_name] = found
        words["required"] = [one for one in shape.required if one in properties]
        if shape.additional and use.form:
            self._report.pass_over("additional fields of a form", shape.place)
        elif shape.additional:
            words["additionalProperties"] = self._additional(shape, Use("", name))
        self._depth -= 1
        return reference

    def _class(self, shape: Shape, use: Use, component: str) -> str:
        if component:
            wanted = self._classes.of_component(component)
            return wanted if wanted not in self.objects else self._classes.another(f"{wanted}Form")
        title = shape.own.get("title")
        name = use.name if use.parent else _capital(use.name)
        wanted_names = [f"{use.parent}{_capital(name)}" if use.parent else name]
        if isinstance(title, str) and _capital(title):
            wanted_names.insert(0, f"{use.parent}{_capital(title)}")
        if isinstance(own := shape.own.get("x-python-name"), str):
            wanted_names.insert(0, own)
        return self._classes.another(*wanted_names)

    def _property(self, nodes: list[Node], use: Use) -> Schema:
        """Return a property; each of the merged schemas may describe it."""
        if len(nodes) == 1:
            return self._read(nodes[0], use)
        if any(one.alternative for one in nodes):
            return unite(self._read(one, use) for one in nodes)
        words = {"allOf": [one.words for one in nodes]}
        if ref := self._shapes.reference(words):
            described = {
                word: one.words[word]
                for one in nodes
                for word in _BESIDE
                if isinstance(one.words, dict) and word in one.words
            }
            return self._read(Node({**described, "$ref": ref}, nodes[0].place), use)
        key = ("merged", *(id(one.words) for one in nodes), use.files)
        return self._from_node(Node(words, nodes[0].place), use, key, "")


def _identity(words: Any, use: Use) -> tuple[object, ...]:
    """Return what tells a schema from others: an object under the same name is told by its words.

    Documents that were written by programs repeat the same object in hundreds of places.
    """
    if isinstance(words, dict) and "properties" in words:
        return use.name, use.form, json.dumps(words, sort_keys=True, default=str)
    return (id(words),)


def _merge(shape: Shape, alternatives: list[Shape]) -> None:
    """Add what each of several alternatives says to an object."""
    shape.required |= dict.fromkeys(
        name
        for name in alternatives[0].required
        if all(name in one.required for one in alternatives)
    )
    for one in alternatives:
        shape.additional += one.additional
        for name, nodes in one.properties.items():
            into = shape.properties.setdefault(name, [])
            into += [
                attrs.evolve(node, alternative=True)
                for node in nodes
                if all(other.words != node.words for other in into)
            ]


def _only_requires(shape: Shape) -> bool:
    return not (
        shape.properties or shape.types not in ([], ["object"]) or shape.alternatives
        or shape.items or shape.words.keys() & {"enum", "const", "format"}
    )  # fmt: skip


def _may_be_object(shape: Shape) -> bool:
    return bool(shape.properties) or _only_requires(shape)


def _implied(shape: Shape) -> str:
    """Return the type that the words of a schema without `type` are for."""
    if shape.additional:
        return "object"
    if shape.items or shape.fixed_items:
        return "array"
    words = shape.words
    if words.keys() & {"x-known-values", "contentMediaType"} or isinstance(
        words.get("format"), str
    ):
        return "string"
    return ""


def _capital(name: str) -> str:
    return python_class(name) if any(map(str.isalnum, name)) else ""
