"""An XML document as a tree that still knows lines and prefixes, without document types."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NoReturn
from xml.parsers import expat

import attrs

from polycast_codegen.errors import SpecError

__all__ = ["OURS", "XS", "Node", "read_tree"]

XS: Final = "http://www.w3.org/2001/XMLSchema"
#: The namespace of our own words.
OURS: Final = "urn:polycast:spec"
_READ: Final = ("", "http://wadl.dev.java.net/2009/02", XS, OURS)


@attrs.define(eq=False)
class Node:
    """An element.

    Attributes:
        namespace: its namespace, `""` for none.
        name: its local name.
        attributes: those without a namespace, by name.
        foreign: those with one, by namespace and name.
        prefixes: the namespaces in scope, by prefix; `""` is the default one.
        line: where it begins.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    foreign: dict[tuple[str, str], str]
    prefixes: Mapping[str, str]
    line: int
    children: list["Node"] = attrs.field(factory=list)
    text: str = ""

    @property
    def place(self) -> str:
        """How an error names it: `line 7, <param name='date'>`."""
        called = self.attributes.get("name") or self.attributes.get("id")
        return f"line {self.line}, <{self.name}{f' name={called!r}' if called else ''}>"

    def refuse(self, problem: str) -> NoReturn:
        """Raise a `SpecError` at this place."""
        raise SpecError(self.place, problem)

    def all(self, name: str, namespace: str | None = None) -> Iterator["Node"]:
        """Yield the children of this name, by default those of the node's own namespace."""
        wanted = self.namespace if namespace is None else namespace
        for child in self.children:
            if (child.namespace, child.name) == (wanted, name):
                yield child

    def one(self, name: str) -> "Node | None":
        """Return the only child of this name, if there is one."""
        found = list(self.all(name))
        if len(found) > 1:
            found[1].refuse("stands here twice")
        return found[0] if found else None

    def allow(
        self,
        attributes: Collection[str] = (),
        children: Collection[tuple[str, str]] = (),
        foreign: Collection[tuple[str, str]] = (),
        *,
        text: bool = False,
    ) -> None:
        """Refuse every attribute and child but these, and text if there should be none.

        What stands in namespaces of other tools is passed over.
        """
        for name in self.attributes:
            if name not in attributes:
                self.refuse(f"the attribute {name!r} is not understood")
        for namespace, name in self.foreign:
            if namespace == OURS and (namespace, name) not in foreign:
                self.refuse(f"the attribute {name!r} of {namespace!r} is not understood")
        for child in self.children:
            known = (child.namespace, child.name) in children
            if not known and child.namespace in (self.namespace, *_READ):
                child.refuse("is not understood here")
        if self.text.strip() and not text:
            self.refuse("text is not understood here")

    def required(self, name: str) -> str:
        """Return an attribute that must be there."""
        value = self.attributes.get(name)
        if not value:
            self.refuse(f"needs the attribute {name!r}")
        return value

    def resolve(self, name: str) -> tuple[str, str]:
        """Return the namespace and local name of a qualified name in an attribute's value."""
        prefix, colon, local = name.rpartition(":")
        if colon and prefix not in self.prefixes:
            self.refuse(f"the prefix {prefix!r} is not declared")
        return self.prefixes.get(prefix, ""), local


def read_tree(content: bytes) -> Node:
    """Read a document.

    Raises:
        SpecError: it is not well-formed, or has a document type.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    top = Node("", "document", {}, {}, {}, 0)
    stack = [top]
    declared: dict[str, str] = {}

    def declare(prefix: str | None, uri: str | None) -> None:
        declared[prefix or ""] = uri or ""

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        plain: dict[str, str] = {}
        foreign: dict[tuple[str, str], str] = {}
        for key, value in attributes.items():
            key_namespace, _, key_local = key.rpartition(" ")
            if key_namespace:
                foreign[key_namespace, key_local] = value
            else:
                plain[key_local] = value
        prefixes = {**stack[-1].prefixes, **declared}
        declared.clear()
        node = Node(namespace, local, plain, foreign, prefixes, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def end(_name: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        stack[-1].text += data

    def doctype(*_: object) -> NoReturn:
        raise SpecError(f"line {parser.CurrentLineNumber}", "a document type is not understood")

    parser.StartNamespaceDeclHandler = declare
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        words = expat.errors.messages.get(error.code, "not well-formed")
        raise SpecError(f"line {error.lineno}", f"not XML: {words}") from error
    return top.children[0]
