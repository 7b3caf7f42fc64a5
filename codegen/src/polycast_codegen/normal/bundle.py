"""One document that holds all that is asked for, and nothing else.

Only the chosen operations are copied, and the components that they lead to, whichever file those
are in. Every `$ref` of the copy is `#/components/FOLDER/NAME`. Its words are those of the spec's
author, not ours.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urldefrag, urlsplit

import attrs

from polycast_codegen.dialect import FOLDERS, KINDS, Many, MapOf, One, place_of
from polycast_codegen.document import SpecFile, absolute, load, read_bytes
from polycast_codegen.errors import SpecError
from polycast_codegen.normal.selection import METHODS, selected
from polycast_codegen.report import Report

__all__ = ["Bundle", "bundled"]

#: What is for those who build servers, or for browsers of documentation.
_DROPPED: Final[Mapping[str, tuple[str, ...]]] = {
    "document": ("webhooks", "tags"),
    "operation": ("callbacks",),
    "response": ("links", "headers"),
}
_MISSING: Final = object()


@attrs.define
class Bundle:
    """A document in one piece.

    Attributes:
        document: it.
        changed: whether it differs from the file in more than what was left out.
        beside: the other files that it was read from, by absolute path.
    """

    document: dict[str, Any]
    changed: bool
    beside: dict[Path, bytes]


def bundled(
    document: Mapping[str, Any],
    spec: SpecFile,
    only: Collection[str],
    report: Report,
) -> Bundle:
    """Copy what the chosen operations need.

    Args:
        document: the whole of it.
        spec: the file it was read from.
        only: the operations, by id or as `POST /messages`; none for all.
        report: where references that lead to nothing are told.

    Raises:
        SpecError: there is no such operation.
    """
    return _Copier(document, spec, report).bundle(only)


@attrs.frozen
class _Source:
    """One of the files: its document, and the folder its references start from."""

    name: str
    document: Mapping[str, Any]
    folder: Path | None


class _Copier:
    def __init__(self, document: Mapping[str, Any], spec: SpecFile, report: Report) -> None:
        self._main = _Source("", document, spec.folder)
        self._files: dict[Path, _Source] = {}
        self._beside: dict[Path, bytes] = {}
        if spec.folder is not None:
            self._files[absolute(spec.folder / spec.name)] = self._main
        self._report = report
        self._components: dict[str, dict[str, Any]] = {}
        self._names: dict[tuple[str, ...], str] = {}
        self._left: list[tuple[str, str, str, object, _Source]] = []
        self._changed = False

    def bundle(self, only: Collection[str]) -> Bundle:
        document = self._main.document
        found = {
            word: value
            for word, value in document.items()
            if word not in ("paths", "components", *_DROPPED["document"])
        }
        if "webhooks" in document:
            self._report.pass_over("`webhooks`", "")
        found["paths"] = self._paths(document.get("paths"), only)
        declared = document.get("components")
        declared = declared if isinstance(declared, dict) else {}
        for name, schema in _map(declared.get("schemas")).items():
            if isinstance(schema, dict) and "x-payload" in schema:
                self._reference(f"#/components/schemas/{_escaped(name)}", "schema", self._main, "")
        while self._left:
            folder, name, kind, node, source = self._left.pop(0)
            place = place_of(f"components.{folder}", name)
            self._components[folder][name] = self._copy(node, kind, source, place)
        components: dict[str, Any] = {
            folder: _in_order(found_here, _map(declared.get(folder)))
            for folder, found_here in self._components.items()
        }
        if schemes := _map(declared.get("securitySchemes")):
            components["securitySchemes"] = schemes
        if components:
            found["components"] = components
        return Bundle(found, self._changed, self._beside)

    def _paths(self, paths: object, only: Collection[str]) -> dict[str, dict[str, Any]]:
        items = {
            path: self._path_item(item, place_of("paths", path))
            for path, item in _map(paths).items()
            if not path.startswith("x-")
        }
        by_path = {path: item for path, (item, _) in items.items()}
        chosen = selected(by_path, only) if only else None
        found: dict[str, dict[str, Any]] = {}
        for path, (item, source) in items.items():
            wanted = [one for one in METHODS if chosen is None or (path, one) in chosen]
            if not wanted:
                continue
            kept = {
                word: value for word, value in item.items() if word in wanted or word not in METHODS
            }
            found[path] = self._copy(kept, "path", source, place_of("paths", path))
        return found

    def _path_item(self, item: object, place: str) -> tuple[dict[str, Any], _Source]:
        source = self._main
        if isinstance(item, dict) and isinstance(item.get("$ref"), str):
            target = self._target(item["$ref"], source, place)
            self._changed = True
            if target is not None:
                node, source, _ = target
                item = {**_map(node), **{k: v for k, v in item.items() if k != "$ref"}}
        if not isinstance(item, dict):
            self._report.refuse(place, "expected an object with the operations of this path")
            return {}, source
        return item, source

    def _copy(self, node: object, kind: str, source: _Source, place: str) -> Any:
        if not isinstance(node, dict):
            return node
        found: dict[str, Any] = {}
        for word, value in node.items():
            inner = place_of(place, word)
            if word in _DROPPED.get(kind, ()):
                if word != "headers":
                    self._report.pass_over(f"`{word}`", place)
                continue
            match KINDS[kind].get(word):
                case One(of):
                    found[word] = self._copy(value, of, source, inner)
                case Many(of) if isinstance(value, list):
                    found[word] = [
                        self._copy(item, of, source, place_of(inner, index))
                        for index, item in enumerate(value)
                    ]
                case MapOf(of) if isinstance(value, dict):
                    found[word] = {
                        key: self._copy(item, of, source, place_of(inner, key))
                        for key, item in value.items()
                    }
                case _:
                    found[word] = value
        if kind in FOLDERS and isinstance(found.get("$ref"), str):
            found["$ref"] = self._reference(found["$ref"], kind, source, place)
        if kind == "schema" and isinstance(found.get("discriminator"), dict):
            found["discriminator"] = self._discriminator(found["discriminator"], source, place)
        return found

    def _discriminator(self, words: dict[str, Any], source: _Source, place: str) -> dict[str, Any]:
        mapping = {}
        for value, ref in _map(words.get("mapping")).items():
            if isinstance(ref, str):
                full = ref if "/" in ref or "#" in ref else f"#/components/schemas/{ref}"
                mapping[value] = self._reference(full, "schema", source, place)
        return {**words, "mapping": mapping} if mapping else words

    # References

    def _reference(self, ref: str, kind: str, source: _Source, place: str) -> str:
        """Return the reference by which the copy has what a reference leads to."""
        folder = FOLDERS[kind]
        target = self._target(ref, source, place)
        if target is None:
            return f"#/components/{folder}/"
        node, found_in, tokens = target
        key = (found_in.name, *tokens, folder)
        if key not in self._names:
            own = found_in is self._main and tokens[:-1] == ["components", folder]
            name = tokens[-1] if tokens else Path(found_in.name).stem
            if not own:
                self._changed = True
                name = self._free_name(name, tokens, folder)
            self._names[key] = name
            self._components.setdefault(folder, {})[name] = {}
            self._left.append((folder, name, kind, node, found_in))
        return f"#/components/{folder}/{_escaped(self._names[key])}"

    def _free_name(self, name: str, tokens: list[str], folder: str) -> str:
        if name in ("schema", "items", "0") or name.isdecimal():
            name = "_".join(token for token in tokens[-3:] if re.search("[A-Za-z]", token))
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_") or "Referred"
        declared = _map(_map(self._main.document.get("components")).get(folder))
        taken = {*declared, *self._components.get(folder, {})}
        free, number = name, 2
        while free in taken:
            free, number = f"{name}{number}", number + 1
        return free

    def _target(
        self, ref: str, source: _Source, place: str
    ) -> tuple[object, _Source, list[str]] | None:
        """Return what a reference leads to, the file it is in and the steps to it there."""
        file, fragment = urldefrag(ref)
        if file:
            if urlsplit(file).scheme or source.folder is None:
                self._report.refuse(
                    place,
                    f"`$ref` leads to {ref}, which is not beside the spec: put the file there, or "
                    "bundle the spec (npx @redocly/cli bundle)",
                )
                return None
            try:
                source = self._file(source.folder / unquote(file))
            except SpecError as error:
                self._report.refuse(place, f"`$ref` leads to {ref}: {error.problem}")
                return None
        tokens = [
            unquote(token).replace("~1", "/").replace("~0", "~")
            for token in fragment.strip("/").split("/")
            if token
        ]
        node: object = source.document
        for token in tokens:
            node = _step(node, token)
            if node is _MISSING:
                self._report.refuse(
                    place, f"`$ref` leads to {ref}, which is not there: mend the reference"
                )
                return None
        return node, source, tokens

    def _file(self, path: Path) -> _Source:
        path = absolute(path)
        if path not in self._files:
            self._beside[path] = read_bytes(path)
            document = load(SpecFile(path.name, self._beside[path]))
            self._files[path] = _Source(str(path), document, path.parent)
        return self._files[path]


def _step(node: object, token: str) -> object:
    if isinstance(node, dict):
        return node.get(token, _MISSING)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return _MISSING


def _in_order(found: dict[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return components in the order of the document, those of other files behind them."""
    order = [name for name in declared if name in found]
    return {name: found[name] for name in [*order, *(one for one in found if one not in declared)]}


def _escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
