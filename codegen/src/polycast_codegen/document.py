"""A spec file as read: its bytes, and the document in them."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from polycast_codegen.errors import SpecError

__all__ = ["SpecFile", "load"]

_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)


@attrs.frozen
class SpecFile:
    """A spec file.

    Attributes:
        name: the file's own name, e.g. `textit.yaml`.
        content: its bytes.
    """

    name: str
    content: bytes

    @classmethod
    def read(cls, path: Path) -> "SpecFile":
        """Read a file.

        Raises:
            SpecError: there is none, or its name could not stand in a comment.
        """
        if not _SAFE_NAME.fullmatch(path.name):
            raise SpecError("", f"the name {path.name!r} is not plain: letters, digits, . _ -")
        try:
            return cls(path.name, path.read_bytes())
        except OSError as error:
            raise SpecError("", f"cannot be read: {error.strerror}") from error

    @property
    def sha256(self) -> str:
        """The hash of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_xml(self) -> bool:
        """Whether it is WADL rather than OpenAPI."""
        return self.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def load(spec: SpecFile) -> dict[str, Any]:
    """Read an OpenAPI document from YAML or JSON.

    Raises:
        SpecError: it is neither, has a key twice, holds itself, grows beyond measure by its
            aliases, or is not OpenAPI 3.1.
    """
    try:
        text = spec.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("", f"{spec.name} is not UTF-8 at byte {error.start}") from error
    try:
        document = _load(text, spec.name)
        plain = _plain(document, "the document")
    except RecursionError:
        raise SpecError("", f"{spec.name} is nested too deeply, or holds itself") from None
    version = plain.get("openapi") if isinstance(plain, dict) else None
    if not isinstance(version, str) or not re.fullmatch(r"3\.1\.[0-9]+", version):
        raise SpecError("openapi", f"expected OpenAPI 3.1, found {version!r}")
    assert isinstance(plain, dict)
    return plain


def _load(text: str, name: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            problem = f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
            raise SpecError("", problem) from error
    yaml = YAML(typ="safe", pure=True)
    try:
        constructor, _ = yaml.get_constructor_parser(text)
        root = constructor.composer.get_single_node()
        if root is None:
            return None
        size = _size(root, {})
        if size > _MOST_NODES + len(text):
            raise SpecError(
                "", f"{name} says by its aliases {size:,} values in {len(text):,} characters"
            )
        return constructor.construct_document(root)
    except (YAMLError, ValueError) as error:
        raise SpecError("", "not YAML: " + " ".join(str(error).split())) from error


#: How many values a YAML document may have by its aliases, beyond one for each character of it.
_MOST_NODES = 200_000


def _size(node: Node, known: dict[int, int]) -> int:
    """Return how many values there would be if each alias were written out.

    Raises:
        RecursionError: the document holds itself.
    """
    size = known.get(id(node))
    if size is None:
        size = 1
        if isinstance(node, SequenceNode):
            size += sum(_size(item, known) for item in node.value)
        elif isinstance(node, MappingNode):
            size += sum(_size(key, known) + _size(value, known) for key, value in node.value)
        known[id(node)] = size
    return size


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SpecError("", f"the key {twice!r} stands twice in one object")
    return found


def _plain(node: object, place: str) -> object:
    """Copy a document, allowing what JSON has: YAML also knows dates, sets and numbered keys."""
    if isinstance(node, dict):
        return {
            str(key) if type(key) is int else key: _plain(value, f"{place}.{key}")
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(node)]
    if node is None or isinstance(node, str | bool | int | float):
        return node
    raise SpecError(place, f"a {type(node).__name__} is not understood: write it in quotes")
