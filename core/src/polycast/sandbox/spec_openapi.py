"""What a sandbox takes from an OpenAPI document."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from polycast.sandbox.openapi import OpenAPIDocument, read_document
from polycast.sandbox.spec import Example, Key, Operation, Spec
from polycast.sandbox.values import SchemaValues

__all__ = ["OpenAPISpec"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
#: The status of an answer that the spec gives a class of statuses.
_CLASSES = {"default": 400}


class OpenAPISpec(Spec):
    """An OpenAPI document.

    Args:
        text: the document, YAML or JSON.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _document(self) -> dict[str, Any]:
        return read_document(self.text)

    @property
    def _values(self) -> SchemaValues:
        return SchemaValues(self._document)

    @cached_property
    def below(self) -> str:
        """The path of the first server, its variables filled in with their defaults."""
        server: Mapping[str, Any] = next(iter(self._document.get("servers", [])), {})
        url: str = server.get("url", "")
        for name, words in server.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", words.get("default") or "sandbox")
        return urlsplit(url).path.rstrip("/")

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        made = [
            Operation.named(
                words.get("operationId") or _derived(method, path),
                method.upper(),
                path,
                dict(self._examples(words)),
            )
            for path, item in self._document["paths"].items()
            if not path.startswith("x-")
            for method, words in item.items()
            if method in _METHODS
        ]
        return {operation.name: operation for operation in made}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """The credentials by the name of their security scheme."""
        schemes = self._document.get("components", {}).get("securitySchemes", {})
        asked = {name: Key("custom") for together in self.wanted for name in together}
        return asked | {name: _key(words) for name, words in schemes.items()}

    @cached_property
    def wanted(self) -> tuple[frozenset[str], ...]:
        """The schemes that a request must satisfy together: any one of these sets."""
        return tuple(frozenset(each) for each in self._document.get("security", []))

    @cached_property
    def _document_to_fit(self) -> OpenAPIDocument:
        return OpenAPIDocument(self.text, below=self.below)

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the document, one sentence each."""
        return self._document_to_fit.problems(request)

    def _examples(self, words: Mapping[str, Any]) -> Iterator[tuple[str, Example]]:
        for status, answer in words.get("responses", {}).items():
            if status.startswith("x-"):
                continue
            number = _CLASSES.get(status) or int(status.upper().replace("X", "0"))
            content = self._values.resolve(answer).get("content") or {}
            for media_type, shown in content.items():
                yield status, self._example(number, media_type, shown)
                break
            else:
                yield status, Example(number)

    def _example(self, status: int, media_type: str, shown: Mapping[str, Any]) -> Example:
        base = media_type.partition(";")[0].strip().lower()
        schema = shown.get("schema", {})
        value = shown.get("example")
        if value is None and shown.get("examples"):
            value = self._values.resolve(next(iter(shown["examples"].values()))).get("value")
        if value is None:
            value = self._values.value(schema)
        if base.endswith("xml") and not isinstance(value, str):
            name = schema.get("$ref", "answer").rpartition("/")[2]
            value = self._values.element(schema, value, name)
        return Example(status, base, value)


def _derived(method: str, path: str) -> str:
    """Return the name of an operation without `operationId`, as the generator makes it."""
    return "_".join(re.findall(r"[A-Za-z0-9]+", f"{method} {path}"))


def _key(words: Mapping[str, Any]) -> Key:
    """Return where a credential stands; `custom` where only the plugin's own auth makes it."""
    if words.get("x-custom"):
        return Key("custom")
    match words.get("type"), words.get("in"), str(words.get("scheme", "")).lower():
        case "apiKey", "header", _:
            return Key("header", words["name"], words.get("x-prefix", ""))
        case "apiKey", "query", _:
            return Key("body" if words.get("x-in") == "body" else "query", words["name"])
        case "http", _, "basic":
            return Key("basic")
        case ("http", _, "bearer") | ("oauth2" | "openIdConnect", _, _):
            return Key("header", "Authorization", words.get("x-prefix") or "Bearer ")
    return Key("custom")
