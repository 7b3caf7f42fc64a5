"""From an XSD schema inside a WADL document to OpenAPI schemas."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from polycast_codegen.errors import SpecError
from polycast_codegen.xmltree import OURS as PC
from polycast_codegen.xmltree import XS, Node

__all__ = ["Xsd", "documented"]

_STRING: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_NUMBER: Final = {"type": "number"}
_BUILT_IN: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys(["string", "normalizedString", "token", "anyURI"], _STRING),
    **dict.fromkeys(
        [
            *("integer", "long", "int", "short", "byte"),
            *("nonNegativeInteger", "positiveInteger", "unsignedLong", "unsignedInt"),
        ],
        _INTEGER,
    ),
    **dict.fromkeys(["decimal", "double", "float"], _NUMBER),
    "boolean": {"type": "boolean"},
    "dateTime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
}
_FACETS: Final[Mapping[str, str]] = {
    "minLength": "minLength",
    "maxLength": "maxLength",
    "pattern": "pattern",
    "minInclusive": "minimum",
    "maxInclusive": "maximum",
    "minExclusive": "exclusiveMinimum",
    "maxExclusive": "exclusiveMaximum",
}
_ANNOTATION: Final = (XS, "annotation")


class Xsd:
    """The schemas of one document; `components` fills as their types are asked for.

    Args:
        schemas: the `schema` elements.
    """

    def __init__(self, schemas: Iterable[Node]) -> None:
        self.components: dict[str, dict[str, Any]] = {}
        self._tops: dict[tuple[str, str], Node] = {}
        self._roots: dict[str, str] = {}
        self._namespaces: dict[Node, dict[str, str]] = {}
        kinds = ("element", "complexType", "simpleType")
        for schema in schemas:
            attributes = ["elementFormDefault", "attributeFormDefault", "version"]
            schema.allow(
                [*attributes, "targetNamespace"], [(XS, kind) for kind in (*kinds, "annotation")]
            )
            namespace = schema.attributes.get("targetNamespace", "")
            words = {"namespace": namespace} if namespace else {}
            if namespace and schema.attributes.get("elementFormDefault") != "qualified":
                # The root alone is in the namespace, what it holds is in none.
                words["prefix"] = "ns"
            for node in schema.children:
                if node.name not in kinds:
                    continue
                self._namespaces[node] = words
                if self._tops.setdefault((node.name, node.required("name")), node) is not node:
                    node.refuse("another has this name")

    def root(self, name: str, user: Node) -> dict[str, str]:
        """Return a reference to the type of a top-level element, which is a document's root."""
        node = self._top("element", name, user)
        node.allow(["name", "type"], [_ANNOTATION, (XS, "complexType")])
        inline = node.one("complexType")
        if inline is not None:
            reference = self._component(name, inline)
        else:
            _, type_name = self._named(node)
            reference = self._component(type_name, self._top("complexType", type_name, node))
        target = reference["$ref"].rpartition("/")[2]
        if self._roots.setdefault(target, name) != name:
            node.refuse(f"its type is the root {self._roots[target]!r} elsewhere")
        self.components[target]["xml"] = {"name": name, **self._namespaces[node]}
        return reference

    def simple(self, qualified: str, user: Node) -> dict[str, Any]:
        """Return the schema of a simple type, built in or defined."""
        namespace, local = user.resolve(qualified)
        if namespace == XS:
            if local not in _BUILT_IN:
                user.refuse(f"the type {qualified!r} is not understood")
            return dict(_BUILT_IN[local])
        return self._simple(self._top("simpleType", local, user))

    def _top(self, kind: str, name: str, user: Node) -> Node:
        node = self._tops.get((kind, name))
        if node is None:
            user.refuse(f"there is no {kind} {name!r}")
        return node

    def _named(self, node: Node) -> tuple[bool, str]:
        """Return whether the type a node names is built in, and its local name."""
        namespace, local = node.resolve(node.required("type"))
        return namespace == XS, local

    # Complex types

    def _component(self, name: str, node: Node) -> dict[str, str]:
        if name not in self.components:
            self.components[name] = {}
            self.components[name].update(self._object(node))
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, node: Node) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        for child in self._members(node):
            name, schema, needed = self._member(child)
            if name in properties:
                child.refuse("another has this name")
            properties[name] = schema
            required += [name] if needed else []
        if not properties:
            node.refuse("has neither elements nor attributes")
        found: dict[str, Any] = {"type": "object", "properties": properties}
        found |= {"required": required} if required else {}
        return found | documented(node)

    def _members(self, node: Node) -> Iterator[Node]:
        """Yield the elements and attributes of a complex type."""
        node.allow(["name"], [_ANNOTATION, (XS, "sequence"), (XS, "all"), (XS, "attribute")])
        groups = [*node.all("sequence"), *node.all("all")]
        if len(groups) > 1:
            groups[1].refuse("stands beside another group")
        for group in groups:
            group.allow([], [(XS, "element"), (XS, "any"), _ANNOTATION])
            yield from group.all("element")
        yield from node.all("attribute")

    def _member(self, node: Node) -> tuple[str, dict[str, Any], bool]:
        if node.name == "attribute":
            node.allow(["name", "type", "use"], [_ANNOTATION], [(PC, "format")])
            use = node.attributes.get("use", "optional")
            if use not in ("optional", "required"):
                node.refuse(f"use={use!r} is not understood")
            schema = {**self.simple(node.required("type"), node), **_format(node)}
            schema["xml"] = {"attribute": True}
            return node.required("name"), schema | documented(node), use == "required"
        if "ref" in node.attributes:
            node.allow(["ref", "minOccurs", "maxOccurs"])
            target = self._top("element", node.resolve(node.attributes["ref"])[1], node)
            target.allow(["name", "type"], [_ANNOTATION])
            # The words of the one that is referred to, the occurrence of the one that refers.
            merged = {**target.attributes, **node.attributes}
            del merged["ref"]
            node = Node(
                target.namespace,
                "element",
                merged,
                target.foreign,
                target.prefixes,
                node.line,
                target.children,
            )
        node.allow(
            ["name", "type", "minOccurs", "maxOccurs"],
            [_ANNOTATION, (XS, "complexType"), (XS, "simpleType")],
            [(PC, "format"), (PC, "tolerate-invalid")],
        )
        return self._element(node)

    def _element(self, node: Node) -> tuple[str, dict[str, Any], bool]:
        name = node.required("name")
        least, repeated = _occurrence(node)
        if repeated:
            array = {"type": "array", "items": self._one(node), **_tolerant(node)}
            return name, array | documented(node), True
        if _tolerant(node):
            node.refuse("tolerate-invalid is for repeated elements")
        content = self._complex_type(node)
        members = [] if content is None else list(self._members(content))
        if len(members) == 1 and members[0].name == "element" and _occurrence(members[0])[1]:
            inner_name, wrapped, _ = self._member(members[0])
            wrapped["items"].setdefault("xml", {"name": inner_name})
            wrapped["xml"] = {"wrapped": True}
            return name, wrapped | documented(node), least > 0
        return name, self._one(node) | documented(node), least > 0

    def _complex_type(self, node: Node) -> Node | None:
        inline = node.one("complexType")
        if inline is not None or "type" not in node.attributes:
            return inline
        built_in, local = self._named(node)
        if built_in or ("complexType", local) not in self._tops:
            return None
        return self._top("complexType", local, node)

    def _one(self, node: Node) -> dict[str, Any]:
        """Return the schema of one occurrence of an element."""
        name = node.required("name")
        content = self._complex_type(node)
        if content is not None:
            if node.foreign.keys() & {(PC, "format")}:
                node.refuse("format is for plain values")
            reference = self._component(content.attributes.get("name") or name, content)
            # Not the reference alone: its target's own name in XML is that of a document's root.
            return {"allOf": [reference], "xml": {"name": name}}
        inline = node.one("simpleType")
        schema = self._simple(inline) if inline else self.simple(node.required("type"), node)
        return {**schema, **_format(node)}

    # Simple types

    def _simple(self, node: Node) -> dict[str, Any]:
        node.allow(["name"], [_ANNOTATION, (XS, "restriction"), (XS, "union")])
        if union := node.one("union"):
            return self._open_vocabulary(union)
        restriction = node.one("restriction")
        if restriction is None:
            node.refuse("needs a restriction or a union")
        restriction.allow(["base"], [(XS, "enumeration"), *((XS, facet) for facet in _FACETS)])
        schema = self.simple(restriction.required("base"), restriction)
        values: list[str | int] = []
        for facet in restriction.children:
            facet.allow(["value"], [_ANNOTATION])
            value = facet.attributes.get("value", "")
            if facet.name == "enumeration":
                values.append(_whole(facet, value) if schema["type"] == "integer" else value)
            elif schema["type"] == "string" and not facet.name.endswith("Length"):
                schema[_FACETS[facet.name]] = value
            else:
                schema[_FACETS[facet.name]] = _whole(facet, value)
        return schema | ({"enum": values} if values else {})

    def _open_vocabulary(self, union: Node) -> dict[str, Any]:
        union.allow(["memberTypes"], [(XS, "simpleType")])
        members = [
            self.simple(name, union) for name in union.attributes.get("memberTypes", "").split()
        ]
        members += [self._simple(child) for child in union.all("simpleType")]
        closed = [member["enum"] for member in members if "enum" in member]
        rest = [member for member in members if "enum" not in member]
        if len(closed) != 1 or rest != [_STRING]:
            union.refuse("only an enumeration and xs:string can be united: an open vocabulary")
        return {"type": "string", "x-known-values": closed[0]}


def documented(node: Node) -> dict[str, str]:
    """Return the description that an XSD node has."""
    texts = []
    for annotation in node.all("annotation"):
        annotation.allow([], [(XS, "documentation")])
        for words in annotation.all("documentation"):
            words.allow([], text=True)
            texts.append(" ".join(words.text.split()))
    return {"description": " ".join(texts)} if texts else {}


def _occurrence(node: Node) -> tuple[int, bool]:
    least = _whole(node, node.attributes.get("minOccurs", "1"))
    most = node.attributes.get("maxOccurs", "1")
    repeated = most == "unbounded" or _whole(node, most) > 1
    if most == "0" or (least > 1 and not repeated):
        node.refuse("cannot occur that often")
    return least, repeated


def _tolerant(node: Node) -> dict[str, bool]:
    word = node.foreign.get((PC, "tolerate-invalid"))
    if word not in (None, "true", "false"):
        node.refuse("tolerate-invalid is true or false")
    return {"x-tolerate-invalid": True} if word == "true" else {}


def _format(node: Node) -> dict[str, str]:
    word = node.foreign.get((PC, "format"))
    return {} if word is None else {"format": word}


def _whole(node: Node, digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise SpecError(node.place, f"expected a whole number, found {digits!r}") from None
