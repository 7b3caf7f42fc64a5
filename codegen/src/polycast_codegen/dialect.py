"""The words of OpenAPI 3.1 that are understood, as one table; every other word is refused.

A word leads to nothing (its value is read elsewhere or means nothing to a client), to one object
of a kind, to a list of them or to a map of them. `DOCUMENTATION` words are passed over knowingly:
they constrain or describe values and change nothing in what is sent or read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from polycast_codegen.errors import SpecError

__all__ = ["OUR_WORDS", "check", "place_of", "referred", "tagged"]


@attrs.frozen
class _One:
    kind: str


@attrs.frozen
class _Many:
    kind: str


@attrs.frozen
class _Map:
    kind: str


_Child = _One | _Many | _Map | None

#: Schema words that only constrain or describe. Those with a sentence go to docstrings.
DOCUMENTATION: Final = (
    *("title", "description", "default", "example", "examples", "deprecated", "readOnly"),
    *("writeOnly", "externalDocs", "$comment", "minLength", "maxLength", "pattern", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    *("uniqueItems", "minProperties", "maxProperties"),
)

_KINDS: Final[Mapping[str, Mapping[str, _Child]]] = {
    "document": {
        "openapi": None,
        "info": _One("info"),
        "servers": _Many("server"),
        "security": None,
        "paths": _Map("path"),
        "components": _One("components"),
        "tags": None,
        "externalDocs": None,
        "x-ignored-words": None,
    },
    "info": dict.fromkeys(
        ["title", "version", "summary", "description", "termsOfService", "contact", "license"]
    ),
    "server": {
        "url": None,
        "description": None,
        "variables": _Map("variable"),
        "x-name": None,
    },
    "variable": dict.fromkeys(["default", "enum", "description"]),
    "path": {
        "summary": None,
        "description": None,
        "servers": _Many("server"),
        "parameters": _Many("parameter"),
        **dict.fromkeys(
            ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
            _One("operation"),
        ),
    },
    "operation": {
        "operationId": None,
        "summary": None,
        "description": None,
        "tags": None,
        "deprecated": None,
        "externalDocs": None,
        "security": None,
        "servers": _Many("server"),
        "parameters": _Many("parameter"),
        "requestBody": _One("body"),
        "responses": _Map("response"),
        "x-safe": None,
    },
    "parameter": {
        "name": None,
        "in": None,
        "description": None,
        "required": None,
        "deprecated": None,
        "style": None,
        "explode": None,
        "example": None,
        "examples": None,
        "schema": _One("schema"),
        "x-auth-supplied": None,
        "x-null": None,
    },
    "body": {"description": None, "required": None, "content": _Map("media type")},
    "response": {"description": None, "headers": None, "content": _Map("media type")},
    "media type": {
        "schema": _One("schema"),
        "example": None,
        "examples": None,
        "x-root": None,
    },
    "components": {
        "schemas": _Map("schema"),
        "parameters": _Map("parameter"),
        "requestBodies": _Map("body"),
        "responses": _Map("response"),
        "securitySchemes": _Map("security scheme"),
        "examples": None,
        "headers": None,
    },
    "security scheme": dict.fromkeys(
        [
            *("type", "description", "name", "in", "scheme", "bearerFormat"),
            *("x-prefix", "x-custom", "x-in"),
        ]
    ),
    "schema": {
        **dict.fromkeys(DOCUMENTATION),
        "type": None,
        "format": None,
        "enum": None,
        "const": None,
        "required": None,
        "properties": _Map("schema"),
        "additionalProperties": _One("schema"),
        "items": _One("schema"),
        "allOf": _Many("schema"),
        "anyOf": _Many("schema"),
        "oneOf": _Many("schema"),
        "xml": _One("xml"),
        "x-known-values": None,
        "x-tolerate-invalid": None,
        "x-payload": None,
    },
    "xml": dict.fromkeys(["name", "attribute", "wrapped"]),
}

#: Every extension that means something here.
OUR_WORDS: Final = frozenset(
    word for words in _KINDS.values() for word in words if word.startswith("x-")
)

_FOLDERS: Final[Mapping[str, str]] = {
    "schema": "schemas",
    "parameter": "parameters",
    "body": "requestBodies",
    "response": "responses",
}

_HINTS: Final[Mapping[str, str]] = {
    "nullable": "`nullable` is a word of OpenAPI 3.0; write `type: [..., 'null']`",
    "discriminator": "`discriminator` is not supported; alternatives are told apart by JSON type",
    "callbacks": "`callbacks` are not supported; give a pushed payload's schema `x-payload`",
    "webhooks": "`webhooks` are not supported; give a pushed payload's schema `x-payload`",
    "links": "`links` are not supported",
    "contentEncoding": "`contentEncoding` is not supported",
    "contentMediaType": "`contentMediaType` is not supported; a file is `format: binary`",
    "encoding": "`encoding` is not supported; fields of forms are plain values and files",
    "content": "a parameter with `content` is not supported; give it a `schema`",
    "$ref": "`$ref` is not supported here",
}

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def place_of(place: str, key: str | int) -> str:
    """Return the place of a key or an index inside another place."""
    if isinstance(key, int):
        return f"{place}[{key}]"
    step = key if _PLAIN.fullmatch(key) else f"[{key!r}]"
    return step if not place else f"{place}{step}" if step.startswith("[") else f"{place}.{step}"


def _children(
    node: Mapping[str, Any], kind: str, place: str
) -> Iterator[tuple[str, _Child, Any, str]]:
    for word, child in _KINDS[kind].items():
        if word in node:
            yield word, child, node[word], place_of(place, word)


def check(document: Mapping[str, Any]) -> None:
    """Refuse every word that is not understood, wherever it stands.

    Raises:
        SpecError: naming the first such place.
    """
    ignored = document.get("x-ignored-words", [])
    if not isinstance(ignored, list) or not all(
        isinstance(word, str) and word.startswith("x-") and word not in OUR_WORDS
        for word in ignored
    ):
        raise SpecError("x-ignored-words", "expected a list of words of other tools, each `x-...`")
    _Checker(document, frozenset(ignored)).check(document, "document", "")


@attrs.frozen
class _Checker:
    document: Mapping[str, Any]
    ignored: frozenset[str]

    def check(self, node: object, kind: str, place: str) -> None:
        if not isinstance(node, dict):
            raise SpecError(place, f"expected an object that describes a {kind}")
        if "$ref" in node and kind in _FOLDERS:
            self.check_reference(node, kind, place)
            return
        for word in node:
            if not isinstance(word, str):
                raise SpecError(place, f"expected words as keys, found {word!r}")
            if word not in _KINDS[kind] and word not in self.ignored:
                raise SpecError(place, _HINTS.get(word, f"`{word}` is not understood"))
        for word, child, value, inner in _children(node, kind, place):
            match child:
                case _One(of):
                    if word != "additionalProperties" or type(value) is not bool:
                        self.check(value, of, inner)
                case _Many(of):
                    for index, item in enumerate(_list(value, inner)):
                        self.check(item, of, place_of(inner, index))
                case _Map(of):
                    for key, item in _map(value, inner).items():
                        if not _is_extension(key, of):
                            self.check_entry(item, of, place_of(inner, key), kind)
                        elif key not in self.ignored:
                            raise SpecError(inner, f"`{key}` is not understood")

    def check_entry(self, item: object, kind: str, place: str, owner: str) -> None:
        if owner == "components" and isinstance(item, dict) and "$ref" in item:
            raise SpecError(place, "an alias is not understood; refer to what it refers to")
        self.check(item, kind, place)

    def check_reference(self, node: Mapping[str, Any], kind: str, place: str) -> None:
        for word in node:
            if word not in ("$ref", "summary", "description"):
                raise SpecError(place, f"`{word}` beside `$ref` is not understood")
        folder = _FOLDERS[kind]
        ref = node["$ref"]
        if not isinstance(ref, str) or not ref.startswith(f"#/components/{folder}/"):
            raise SpecError(place, f"expected a `$ref` into #/components/{folder}/, found {ref!r}")
        if referred(ref)[1] not in self.document.get("components", {}).get(folder, {}):
            raise SpecError(place, f"{ref} is not in the document")


def referred(ref: str) -> tuple[str, str]:
    """Return the folder and the name in it that a checked `$ref` leads to."""
    _, _, folder, name = ref.split("/", 3)
    return folder, name.replace("~1", "/").replace("~0", "~")


def _is_extension(key: str, kind: str) -> bool:
    return kind in ("path", "response") and key.startswith("x-")


def _list(value: object, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise SpecError(place, "expected a list")
    return value


def _map(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SpecError(place, "expected an object")
    for key in value:
        if not isinstance(key, str):
            raise SpecError(place, f"expected text as key, found {key!r}: write it in quotes")
    return value


def tagged(node: Mapping[str, Any], kind: str = "document", place: str = "") -> dict[str, Any]:
    """Copy a checked document for the parser: understood words only, and marked.

    The parser drops most of what a schema or operation says, but hands its description on: in
    the copy that is its place, by which what the parser found is led back to the whole of it. All
    payloads are called JSON, since the parser refuses XML and only the schemas matter to it.
    The words for single values are kept from it: they are read here, more strictly.
    """
    if "$ref" in node and kind in _FOLDERS:
        return {"$ref": node["$ref"]}
    copy: dict[str, Any] = {}
    for word, child, value, inner in _children(node, kind, place):
        match child:
            case _One(of):
                copy[word] = value if isinstance(value, bool) else tagged(value, of, inner)
            case _Many(of):
                copy[word] = [
                    tagged(item, of, place_of(inner, index)) for index, item in enumerate(value)
                ]
            case _Map(of):
                copy[word] = {
                    key: tagged(item, of, place_of(inner, key))
                    for key, item in value.items()
                    if not _is_extension(key, of)
                }
            case None:
                copy[word] = value
    if kind in ("schema", "operation"):
        copy["description"] = place
        if "type" not in copy and copy.keys() & {"enum", "const"}:
            values = copy["enum"] if "enum" in copy else [copy["const"]]
            copy["type"] = "integer" if values and type(values[0]) is int else "string"
        for word in ("example", "examples", "default", "enum", "const", "format"):
            copy.pop(word, None)
    for item in copy.pop("content", {}).values():
        copy["content"] = {"application/json": item}
    return copy
