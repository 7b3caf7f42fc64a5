"""YAML as version 1.2 and JSON have it: `on` is a word, a date is text, `010` is ten."""

import re
from typing import Any, ClassVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from polycast_codegen.errors import SpecError

__all__ = ["read_yaml"]

#: The parser in C where it is installed: it is ten times as fast, and reads the same.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
#: How many values a document may have by its aliases, beyond one for each character of it.
_MOST_NODES = 200_000


class _Loader(_Base):  # type: ignore[misc]  # which of the two is known at run time only
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"^(?:{_pattern})$", re.ASCII), _first)


def _integer(loader: Any, node: ScalarNode) -> int:
    digits = loader.construct_scalar(node)
    base = {"0o": 8, "0x": 16}.get(digits[:2], 10)
    return int(digits[2:] if base != 10 else digits, base)


def _mapping(loader: Any, node: MappingNode) -> Any:
    own = [key.value for key, _ in node.value if isinstance(key, ScalarNode)]
    if len(set(own)) < len(own):
        twice = next(key for key in own if own.count(key) > 1)
        line = node.start_mark.line + 1
        raise SpecError("", f"the key {twice!r} stands twice in one object (from line {line})")
    made: dict[Any, Any] = {}
    yield made
    made.update(loader.construct_mapping(node))


_Loader.add_constructor(_TAG + "int", _integer)
_Loader.add_constructor(_TAG + "map", _mapping)
_Loader.add_constructor(_TAG + "timestamp", lambda loader, node: loader.construct_scalar(node))


def read_yaml(text: str, name: str) -> object:
    """Read one document.

    Args:
        text: the document.
        name: its file, for sentences.

    Raises:
        SpecError: it is not YAML, has a key twice, or grows beyond measure by its aliases.
        RecursionError: it is nested too deeply, or holds itself.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None
            size = _size(root, {})
            if size > _MOST_NODES + len(text):
                raise SpecError(
                    "", f"{name} says by its aliases {size:,} values in {len(text):,} characters"
                )
            return loader.construct_document(root)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise SpecError("", "not YAML: " + " ".join(str(error).split())) from error


def _size(node: Node, known: dict[int, int]) -> int:
    """Return how many values there would be if each alias were written out."""
    size = known.get(id(node))
    if size is None:
        size = 1
        if isinstance(node, SequenceNode):
            size += sum(_size(item, known) for item in node.value)
        elif isinstance(node, MappingNode):
            size += sum(_size(key, known) + _size(value, known) for key, value in node.value)
        known[id(node)] = size
    return size
