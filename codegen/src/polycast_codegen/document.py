"""A spec file as read: its bytes, and the document in them."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from polycast_codegen.errors import SpecError
from polycast_codegen.yamltext import read_yaml

__all__ = ["SpecFile", "absolute", "load", "read_bytes"]

#: Names of files that can stand in a comment and in quotes, browsers' "api (1).json" included.
_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._ &()+,@-]*", re.ASCII)


@attrs.frozen
class SpecFile:
    """A spec file, and what of it is asked for.

    Attributes:
        name: the file's own name, e.g. `textit.yaml`.
        content: its bytes.
        folder: where the files are that it refers to; None where there are none.
        only: the operations asked for, by id or as `POST /messages`; none for all.
        overlay: an OpenAPI Overlay that is applied to it.
    """

    name: str
    content: bytes
    folder: Path | None = None
    only: tuple[str, ...] = ()
    overlay: "SpecFile | None" = None

    @classmethod
    def read(cls, path: Path, only: Iterable[str] = (), overlay: Path | None = None) -> "SpecFile":
        """Read a file.

        Raises:
            SpecError: there is none, or its name could not stand in a comment.
        """
        if not _SAFE_NAME.fullmatch(path.name):
            raise SpecError("", f"rename the file {path.name!r}: letters, digits, . _ - alone")
        above = None if overlay is None else cls.read(overlay)
        return cls(path.name, read_bytes(path), path.parent, tuple(only), above)

    @property
    def sha256(self) -> str:
        """The hash of the bytes, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_xml(self) -> bool:
        """Whether it is WADL rather than OpenAPI."""
        return self.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        SpecError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise SpecError("", f"{path.name} cannot be read: {error.strerror}") from error


def absolute(path: Path) -> Path:
    """Return a path from the root on, without `..`; links stay as they are named."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # `resolve` follows links


def load(spec: SpecFile) -> dict[str, Any]:
    """Read a document from YAML or JSON, whatever it describes.

    Raises:
        SpecError: it is neither, is no object, has a key twice, holds itself, or grows beyond
            measure by its aliases.
    """
    try:
        text = spec.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("", f"{spec.name} is not UTF-8 at byte {error.start}") from error
    try:
        plain = _plain(_load(text, spec.name), "")
    except RecursionError:
        raise SpecError("", f"{spec.name} is nested too deeply, or holds itself") from None
    if not isinstance(plain, dict):
        raise SpecError("", f"{spec.name} is no OpenAPI document: it holds no object")
    return plain


def _load(text: str, name: str) -> object:
    if not text.lstrip().startswith("{"):
        return read_yaml(text, name)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        try:
            return read_yaml(text, name)  # an object of YAML's own, such as `{a: b}`
        except SpecError:
            problem = f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
            raise SpecError("", problem) from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise SpecError("", f"the key {twice!r} stands twice in one object")
    return found


def _plain(node: object, place: str) -> object:
    """Copy a document, allowing what JSON has: YAML also knows sets, bytes and numbered keys."""
    if isinstance(node, dict):
        return {
            _key(key, place): _plain(value, f"{place}.{key}".lstrip("."))
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(node)]
    if node is None or isinstance(node, str | bool | int | float):
        return node
    raise SpecError(place, f"a {type(node).__name__} is not understood: write it in quotes")


def _key(key: object, place: str) -> str:
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case None:
            return "null"
        case int() | float():
            return str(key)
    raise SpecError(place, f"a {type(key).__name__} as a key is not understood: write it in quotes")
