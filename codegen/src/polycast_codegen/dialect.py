"""The words of OpenAPI that lead on, and those that a client understands or does without.

A word leads to nothing (its value is read elsewhere or means nothing to a client), to one object
of a kind, to a list of them or to a map of them.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

import attrs

__all__ = ["FOLDERS", "KINDS", "OUR_WORDS", "Many", "MapOf", "One", "about_word", "place_of"]


@attrs.frozen
class One:
    """The word leads to an object of a kind."""

    kind: str


@attrs.frozen
class Many:
    """The word leads to a list of them."""

    kind: str


@attrs.frozen
class MapOf:
    """The word leads to a map of them by name."""

    kind: str


Child = One | Many | MapOf | None

#: Schema words that only constrain or describe. Those with a sentence go to docstrings.
DOCUMENTATION: Final = (
    *("title", "description", "default", "example", "examples", "deprecated", "readOnly"),
    *("writeOnly", "externalDocs", "$comment", "minLength", "maxLength", "pattern", "minimum"),
    *("maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    *("uniqueItems", "minProperties", "maxProperties"),
)
#: Those that constrain by schemas, which a client does not enforce either.
_CONSTRAINTS: Final = (
    *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "contains"),
    *("minContains", "maxContains", "propertyNames", "unevaluatedProperties", "unevaluatedItems"),
    *("additionalItems", "contentEncoding", "contentSchema", "$schema", "$id", "$anchor"),
    "$dynamicAnchor",
)

KINDS: Final[Mapping[str, Mapping[str, Child]]] = {
    "document": {
        "openapi": None,
        "info": None,
        "jsonSchemaDialect": None,
        "servers": Many("server"),
        "security": None,
        "paths": MapOf("path"),
        "components": One("components"),
        "tags": None,
        "externalDocs": None,
    },
    "server": {
        "url": None,
        "description": None,
        "variables": MapOf("variable"),
        "x-name": None,
    },
    "variable": dict.fromkeys(["default", "enum", "description"]),
    "path": {
        "summary": None,
        "description": None,
        "servers": Many("server"),
        "parameters": Many("parameter"),
        **dict.fromkeys(
            ["get", "put", "post", "delete", "options", "head", "patch", "trace"],
            One("operation"),
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
        "servers": Many("server"),
        "parameters": Many("parameter"),
        "requestBody": One("body"),
        "responses": MapOf("response"),
        "x-safe": None,
        "x-python-name": None,
    },
    "parameter": {
        **dict.fromkeys(["name", "in", "description", "required", "deprecated", "style"]),
        **dict.fromkeys(["explode", "allowReserved", "allowEmptyValue", "example", "examples"]),
        "schema": One("schema"),
        "content": MapOf("media type"),
        "x-auth-supplied": None,
        "x-null": None,
        "x-python-name": None,
    },
    "body": {"description": None, "required": None, "content": MapOf("media type")},
    "response": {"description": None, "headers": None, "content": MapOf("media type")},
    "media type": {
        "schema": One("schema"),
        "example": None,
        "examples": None,
        "encoding": None,
        "x-root": None,
    },
    "components": {
        "schemas": MapOf("schema"),
        "parameters": MapOf("parameter"),
        "requestBodies": MapOf("body"),
        "responses": MapOf("response"),
        "securitySchemes": MapOf("security scheme"),
        "examples": None,
        "headers": None,
    },
    "security scheme": dict.fromkeys(
        [
            *("type", "description", "name", "in", "scheme", "bearerFormat", "flows"),
            *("openIdConnectUrl", "x-prefix", "x-custom", "x-in"),
        ]
    ),
    "schema": {
        **dict.fromkeys([*DOCUMENTATION, *_CONSTRAINTS]),
        **dict.fromkeys(["type", "format", "enum", "const", "required", "nullable"]),
        **dict.fromkeys(["contentMediaType", "discriminator", "xml"]),
        "properties": MapOf("schema"),
        "patternProperties": MapOf("schema"),
        "additionalProperties": One("schema"),
        "items": One("schema"),
        "prefixItems": Many("schema"),
        "allOf": Many("schema"),
        "anyOf": Many("schema"),
        "oneOf": Many("schema"),
        **dict.fromkeys(["x-known-values", "x-tolerate-invalid", "x-payload", "x-python-name"]),
    },
}

#: Every extension that means something here.
OUR_WORDS: Final = frozenset(
    word for words in KINDS.values() for word in words if word.startswith("x-")
)

#: Where the components of a kind are.
FOLDERS: Final[Mapping[str, str]] = {
    "schema": "schemas",
    "parameter": "parameters",
    "body": "requestBodies",
    "response": "responses",
}

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def about_word(word: str) -> str:
    """Describe a word that the generator skips, with a similar word of ours if there is one."""
    like = get_close_matches(word, OUR_WORDS, 1, 0.8) if word.startswith("x-") else []
    return f"the word `{word}`" + (f", which is not `{like[0]}`" if like else "")


def place_of(place: str, key: str | int) -> str:
    """Return the place of a key or an index inside another place."""
    if isinstance(key, int):
        return f"{place}[{key}]"
    step = key if _PLAIN.fullmatch(key) else f"[{key!r}]"
    return step if not place else f"{place}{step}" if step.startswith("[") else f"{place}.{step}"
