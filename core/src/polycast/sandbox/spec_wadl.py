"""What a sandbox takes from a WADL document with inline XSD."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from werkzeug.wrappers import Request

from polycast.sandbox.spec import Example, Key, Operation, Spec
from polycast.sandbox.values import SchemaValues
from polycast.sandbox.wadl import WADLDocument, xsd_of

__all__ = ["WADLSpec"]

_WADL = "{http://wadl.dev.java.net/2009/02}"
_OURS = "{urn:polycast:spec}"
_NUMBERS = ("integer", "long", "int", "short", "byte", "decimal", "double", "float")


class WADLSpec(Spec):
    """A WADL document. It shows no answers, so that all of them are made from the schema.

    Args:
        text: the document.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = ET.fromstring(text)
        self._xsd = xsd_of(text)

    @cached_property
    def below(self) -> str:
        """The path of the base of the resources."""
        [resources] = self._root.iterfind(f"{_WADL}resources")
        return urlsplit(resources.attrib["base"]).path.rstrip("/")

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        made = [
            operation
            for resource in self._root.iterfind(f"{_WADL}resources/{_WADL}resource")
            for operation in self._operations(resource, "")
        ]
        return {operation.name: operation for operation in made}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """The credentials by the name of their security element."""
        return {node.attrib["name"]: _key(node) for node in self._root.iter(f"{_OURS}security")}

    @cached_property
    def wanted(self) -> tuple[frozenset[str], ...]:
        """The schemes that a request must satisfy together: any one of them."""
        return tuple(frozenset([name]) for name in self.keys)

    @cached_property
    def _document_to_fit(self) -> WADLDocument:
        return WADLDocument(self.text, below=self.below)

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the document, one sentence each."""
        return self._document_to_fit.problems(request)

    def _operations(self, resource: ET.Element, above: str) -> Iterator[Operation]:
        path = f"{above}/{resource.attrib['path'].strip('/')}"
        for method in resource.iterfind(f"{_WADL}method"):
            examples = {
                status: self._example(int(status), answer.find(f"{_WADL}representation"))
                for answer in method.iterfind(f"{_WADL}response")
                for status in answer.attrib["status"].split()
            }
            yield Operation.named(method.attrib["id"], method.attrib["name"], path, examples)
        for inner in resource.iterfind(f"{_WADL}resource"):
            yield from self._operations(inner, path)

    def _example(self, status: int, answer: ET.Element | None) -> Example:
        if answer is None:
            return Example(status)
        media_type = answer.attrib["mediaType"]
        if "element" not in answer.attrib:
            return Example(status, media_type, "string")
        assert self._xsd is not None
        name = answer.attrib["element"].rpartition(":")[2]
        return Example(status, media_type, _element(self._xsd.elements[name], ()))


def _key(node: ET.Element) -> Key:
    match node.attrib["kind"]:
        case "header":
            return Key("header", node.attrib["key"], node.get("prefix", ""))
        case "query":
            return Key("query", node.attrib["key"])
        case "basic":
            return Key("basic")
    return Key("custom")


# What xmlschema tells of a schema has no types of its own worth the name.


def _element(declared: Any, within: tuple[object, ...]) -> ET.Element:
    """Return an element with one of everything that it may hold."""
    element = ET.Element(declared.local_name)
    if declared.type.has_complex_content():
        for name, attribute in declared.type.attributes.items():
            if name is not None:
                element.set(name, _text(attribute))
        within = (*within, declared.type)
        for inner in declared.type.content.iter_elements():
            # What holds itself would never end.
            if inner.local_name is not None and inner.type not in within:
                element.append(_element(inner, within))
    else:
        element.text = _text(declared)
    return element


def _text(declared: Any) -> str:
    """Return a value of a simple type, as text."""
    simple = declared.type
    members = getattr(simple, "member_types", None) or [simple]
    for member in members:
        if member.enumeration:
            return str(member.enumeration[0])
    kind = simple.root_type.local_name if not simple.is_restriction() else _builtin(simple)
    schema: dict[str, Any] = {"type": "string", "format": declared.elem.get(f"{_OURS}format", "")}
    if kind == "boolean":
        schema = {"type": "boolean"}
    elif kind in _NUMBERS or kind.endswith(("Integer", "Long", "Int")):
        schema = {"type": "integer", "format": schema["format"]}
    elif kind in ("dateTime", "date"):
        schema["format"] = {"dateTime": "date-time", "date": "date"}[kind]
    value = SchemaValues({}).value(schema)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _builtin(simple: Any) -> str:
    """Return the name of the type of XSD's own that a type restricts."""
    while simple.target_namespace != "http://www.w3.org/2001/XMLSchema":
        simple = simple.base_type
    return str(simple.local_name)
