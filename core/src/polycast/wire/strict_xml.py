"""XML as bytes, and what generated code calls to read the tree that xmltodict makes of it.

The tree: an element is its text, `None` when empty, or a dict of its children by name and its
attributes by `"@name"`, with `"#text"` beside them; children of one name are a list from the
second on. Text is never stripped: a message may begin with a blank. Elements go by their names
without prefixes, whichever prefix an answer chooses for a namespace.
"""

import codecs
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn, TypeVar
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from polycast.wire.structure import (
    DecodeError,
    EncodeError,
    Undecodable,
    expected,
    quoted,
    read_list,
    read_tolerant_list,
    refused,
)
from polycast.wire.unset import UNSET

__all__ = [
    "boolean",
    "children",
    "element",
    "filled",
    "integer",
    "items",
    "number",
    "parse",
    "root",
    "rootless",
    "text",
    "tolerant_children",
    "tolerant_items",
    "word",
    "write",
]

T = TypeVar("T")

#: What `parse` calls the root of a document that has several top-level elements.
_ROOTLESS = ""
_JUNK_AFTER_ROOT = 9  # expat's XML_ERROR_JUNK_AFTER_DOC_ELEMENT
_DECLARATION = re.compile(r"\s*<\?xml\s(?P<rest>[^>]*)\?>")
_ENCODING = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["'](?P<name>[\w.-]+)["']""")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


# Documents


#: How deep elements may be nested: far deeper than any answer, and far less than costs time.
_MOST_NESTED = 200


class _StrictExpat:
    """An expat that refuses document type declarations, every entity, and deep nesting."""

    @staticmethod
    def ParserCreate(encoding: str | None, separator: str | None) -> Any:  # noqa: N802
        return _Shallow(expat.ParserCreate(encoding, separator))


class _Shallow:
    """An expat parser whose handlers see no element that is nested too deeply."""

    def __init__(self, parser: Any) -> None:
        self.__dict__.update(parser=parser, depth=0)
        parser.StartDoctypeDeclHandler = _refuse_doctype

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parser, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "StartElementHandler":
            value = self._entering(value)
        elif name == "EndElementHandler":
            value = self._leaving(value)
        setattr(self.parser, name, value)

    def _entering(self, handle: Callable[[str, object], object]) -> Callable[[str, object], None]:
        def enter(name: str, attributes: object) -> None:
            self.__dict__["depth"] += 1
            if self.depth > _MOST_NESTED:
                raise DecodeError("nested too deeply")
            handle(name.rpartition(":")[2], attributes)

        return enter

    def _leaving(self, handle: Callable[[str], object]) -> Callable[[str], None]:
        def leave(name: str) -> None:
            self.__dict__["depth"] -= 1
            handle(name.rpartition(":")[2])

        return leave


def _refuse_doctype(*_: object) -> NoReturn:
    raise DecodeError("a document type declaration, which is refused")


def parse(content: bytes, charset: str | None = None) -> dict[str, Any]:
    """Read a document, or a sequence of elements that lacks the root around it.

    Args:
        content: the bytes as received; a declared encoding is honoured.
        charset: the encoding that the transport names, which wins over the declared one.

    Returns:
        The tree, one key: the root's name; the empty name where the root is lacking.

    Raises:
        DecodeError: it is not well-formed, nested too deeply, or has a document type declaration.
    """
    try:
        return _parse(content, charset)
    except expat.ExpatError as error:
        if error.code != _JUNK_AFTER_ROOT:
            raise _malformed(error) from error
    inner = _decode(content, charset)
    inner = _DECLARATION.sub("", inner, count=1) if _DECLARATION.match(inner) else inner
    try:
        (tree,) = _parse(f"<rootless>{inner}</rootless>".encode(), "utf-8").values()
    except expat.ExpatError as error:
        raise _malformed(error) from error
    if not isinstance(tree, dict) or tree.get("#text", "").strip():
        raise DecodeError("not XML: text outside of every element")
    return {_ROOTLESS: tree}


def _parse(content: bytes, charset: str | None) -> dict[str, Any]:
    import xmltodict  # costs 30 ms, which a JSON provider need not pay

    try:
        tree: dict[str, Any] = xmltodict.parse(
            content, encoding=charset, expat=_StrictExpat, strip_whitespace=False
        )
    except (DecodeError, expat.ExpatError):
        raise
    except (LookupError, ValueError) as error:
        raise DecodeError(f"not readable as XML: {error}") from error
    return tree


def _malformed(error: expat.ExpatError) -> DecodeError:
    words = expat.errors.messages.get(error.code, "not well-formed")
    return DecodeError(f"not XML: {words} (line {error.lineno}, column {error.offset + 1})")


def _decode(content: bytes, charset: str | None) -> str:
    declared = _ENCODING.match(content)
    marked = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    name = marked or charset or (declared["name"].decode() if declared else "utf-8")
    try:
        return content.decode(name)
    except (LookupError, ValueError) as error:
        raise DecodeError(f"not readable as {name}: {error}") from error


def root(tree: object, name: str, decode: Callable[[object], T]) -> T:
    """Read a document whose root element has this name.

    Raises:
        DecodeError: the root has another name or is lacking, or its content does not fit.
    """
    if not isinstance(tree, dict) or len(tree) != 1:
        raise expected("an XML document", tree)
    if name not in tree:
        (found,) = tree
        what = f"<{found}>" if found else "several elements without a root"
        raise DecodeError(f"expected the root element <{name}>, found {what}")
    return decode(tree[name])


def rootless(
    tree: object,
    decode: Callable[[object], T],
    names: Collection[str],
    required: Collection[str],
) -> T:
    """Read a document by the names of its elements, whatever the root is called.

    They are looked for among the children of the root, then of its single wrapper, then as the
    document itself (a sequence of one element): there only, since elements farther in may have
    the same names.

    Args:
        tree: what `parse` returned.
        decode: what reads the element that holds them.
        names: the names of its elements.
        required: those that it must have.

    Raises:
        DecodeError: they are nowhere there, or do not fit.
    """
    if not isinstance(tree, dict) or len(tree) != 1:
        raise expected("an XML document", tree)
    ((outer, content),) = tree.items()
    levels = [content]
    if isinstance(content, dict) and outer not in names:
        wrapped = [key for key in content if not key.startswith(("@", "#"))]
        if len(wrapped) == 1 and wrapped[0] not in names:
            levels.append(content[wrapped[0]])
    levels.append(tree)
    for level in levels:
        if isinstance(level, dict) and set(required) <= level.keys() and level.keys() & set(names):
            return decode(level)
    if required:
        raise DecodeError(f"expected an element <{next(iter(required))}>, found none in its place")
    return decode(content)


# Elements


def element(node: object, at: str = "") -> dict[str, Any]:
    """Return an element's children and attributes; an empty one has none.

    Raises:
        DecodeError: it is missing, repeated, or text.
    """
    if isinstance(node, dict):
        return node
    if node is None or (isinstance(node, str) and not node.strip()):
        return {}
    raise _expected("an element with elements in it", node, at)


def text(node: object, at: str = "") -> str:
    """Return an element's text as it is; an empty element has the empty text.

    Raises:
        DecodeError: it is missing, repeated, or holds elements.
    """
    if type(node) is str:
        return node
    if node is None:
        return ""
    if isinstance(node, dict) and all(key.startswith(("@", "#")) for key in node):
        return str(node.get("#text", ""))
    raise _expected("text", node, at)


def filled(node: object) -> Any:
    """Return the node, or `UNSET` for an element with nothing but blanks in it."""
    words: object = node
    if isinstance(node, dict):
        if not all(key.startswith(("@", "#")) for key in node):
            return node
        words = node.get("#text")
    blank = words is None or (isinstance(words, str) and not words.strip())
    return UNSET if blank else node


def word(node: object, at: str = "") -> str:
    """Return an element's text without the blanks around it.

    Raises:
        DecodeError: it is missing, repeated, or holds elements.
    """
    return text(node, at).strip()


def integer(node: object, at: str = "") -> int:
    """Return an element's whole number; blanks around it are passed over.

    Raises:
        DecodeError: it is missing, repeated, or no such number.
    """
    digits = word(node, at)
    if not _INTEGER.fullmatch(digits) or len(digits) > 4000:
        raise DecodeError(f"expected a whole number, found {quoted(digits)}", at)
    return int(digits)


def number(node: object, at: str = "") -> float:
    """Return an element's number; blanks around it are passed over.

    Raises:
        DecodeError: it is missing, repeated, or no such number.
    """
    digits = word(node, at)
    if not _NUMBER.fullmatch(digits) or math.isinf(float(digits)):
        raise DecodeError(f"expected a number, found {quoted(digits)}", at)
    return float(digits)


def boolean(node: object, at: str = "") -> bool:
    """Return an element's truth: `true`, `false`, `1` or `0`; blanks around it are passed over.

    Raises:
        DecodeError: it is missing, repeated, or none of these.
    """
    found = word(node, at)
    if found in ("true", "1"):
        return True
    if found in ("false", "0"):
        return False
    raise DecodeError(f"expected true or false, found {quoted(found)}", at)


def children(node: object, decode: Callable[[object], T], at: str = "") -> list[T]:
    """Read a repeated element: absent, once or more often."""
    return read_list(_repeated(node), decode, at)


def tolerant_children(
    node: object, decode: Callable[[object], T], at: str = ""
) -> list[T | Undecodable]:
    """Read a repeated element of which each may be invalid by itself."""
    return read_tolerant_list(_repeated(node), decode, at)


def items(node: object, name: str, decode: Callable[[object], T], at: str = "") -> list[T]:
    """Read the elements of one name inside a wrapper element; an empty wrapper has none."""
    return children(element(node, at).get(name, UNSET), decode, f"{at}.{name}")


def tolerant_items(
    node: object, name: str, decode: Callable[[object], T], at: str = ""
) -> list[T | Undecodable]:
    """Read the elements of one name inside a wrapper, of which each may be invalid by itself."""
    return tolerant_children(element(node, at).get(name, UNSET), decode, f"{at}.{name}")


def _repeated(node: object) -> list[Any]:
    if node is UNSET:
        return []
    return node if isinstance(node, list) else [node]


def _expected(what: str, node: object, at: str) -> DecodeError:
    if isinstance(node, list):
        return DecodeError(f"expected {what} once, found it {len(node)} times", at)
    if isinstance(node, dict):
        return DecodeError(f"expected {what}, found elements", at)
    if isinstance(node, str):
        return DecodeError(f"expected {what}, found text", at)
    return expected(what, node, at)


# Writing


def write(tree: Mapping[str, object]) -> bytes:
    """Write a document from a tree of the same form as `parse` returns, as UTF-8.

    Raises:
        EncodeError: a text has a character that XML has no way to write.
    """
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    for name, node in tree.items():
        _write(parts, name, node)
    return "".join(parts).encode()


def _write(parts: list[str], name: str, node: object) -> None:
    if isinstance(node, list):
        for item in node:
            _write(parts, name, item)
        return
    content: Mapping[str, object] = node if isinstance(node, Mapping) else {"#text": node}
    parts.append(f"<{name}")
    for key, value in content.items():
        if key.startswith("@"):
            parts.append(f" {key[1:]}={quoteattr(_legal(value), _WHITESPACE)}")
    parts.append(">")
    for key, value in content.items():
        if key == "#text":
            parts.append(escape(_legal(value), {"\r": "&#13;"}))
        elif not key.startswith("@"):
            _write(parts, key, value)
    parts.append(f"</{name}>")


_WHITESPACE = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def _legal(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refused("text", value)
    if illegal := _ILLEGAL.search(value):
        raise EncodeError(f"the character {illegal.group()!r} cannot be written in XML")
    return value
