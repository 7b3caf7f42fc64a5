"""Does a request fit an OpenAPI document? Judged by openapi-core, not by our generator."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from textwrap import shorten
from typing import Any, cast

import yaml
from attrs import frozen
from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
from openapi_core.deserializing.media_types.exceptions import MediaTypeDeserializeError
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.request.exceptions import (
    ParameterValidationError,
    RequestBodyValidationError,
)
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.wrappers import Request

from polycast.sandbox.fake import raw_path
from polycast.sandbox.values import SchemaValues

__all__ = ["OpenAPIDocument", "read_document"]

#: Replaces the host and port on which the sandbox is served.
_HOST = "http://sandbox"
#: OpenAPI says that descriptions of these headers shall be ignored.
_IGNORED_HEADERS = ("accept", "content-type", "authorization")
#: Characters of a sentence about a problem: some quote the whole body.
_LONGEST = 300


class _Loader(yaml.SafeLoader):
    """Reads YAML as version 1.2 has it, and OpenAPI: `on` is no boolean, `2026-01-02` no date."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_document(text: str) -> dict[str, Any]:
    """Read a document, YAML or JSON; keys that are numbers, such as statuses, become text."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        # YAML has no pairs of surrogates, which is how JSON escapes an emoji.
        with suppress(ValueError):
            return cast(dict[str, Any], json.loads(text.removeprefix("\ufeff")))
    return cast(dict[str, Any], _with_text_keys(yaml.load(text, _Loader)))


def _with_text_keys(node: object) -> object:
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_text_keys(value) for value in node]
    return node


class OpenAPIDocument:
    """A provider's OpenAPI document.

    Args:
        text: the document, YAML or JSON.
        below: the path below the sandbox's address where the document's paths begin.
    """

    def __init__(self, text: str, *, below: str = "") -> None:
        document = cast(dict[str, Any], _without_binary_types(read_document(text)))
        components: dict[str, Any] = document.get("components", {})
        schemes: dict[str, dict[str, Any]] = components.get("securitySchemes", {})
        self._keys = {scheme["name"] for scheme in schemes.values() if scheme.get("in") == "query"}
        judged = _Judged(document, {name: _scheme(words) for name, words in schemes.items()})
        self._document = {
            **judged.operation(document),
            # A sandbox replaces every server of the document, those of single paths included.
            "servers": [{"url": _HOST + below}],
            "paths": {path: judged.path(item) for path, item in document["paths"].items()},
            "components": {
                **components,
                "securitySchemes": {name: words for name, words in judged.schemes.items() if words},
            },
        }

    @cached_property
    def _paths(self) -> APICallPathFinder:
        return APICallPathFinder(self.core.spec)

    @cached_property
    def core(self) -> OpenAPI:
        """The document as openapi-core holds it, its server replaced by the sandbox."""
        return OpenAPI.from_dict(self._document)

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the document, one sentence each."""
        try:
            return tuple(self._problems(request))
        except RecursionError:
            return ("The body is nested too deeply.",)
        except Warning as warning:
            return (f"The request cannot be read: openapi-core warns: {warning}",)
        except Exception as error:  # noqa: BLE001 - openapi-core lets many kinds out
            return (f"The request cannot be read: {type(error).__name__}.",)

    def _problems(self, request: Request) -> Iterator[str]:
        for error in self.core.iter_apicall_request_errors(SandboxRequest(request)):
            yield from _sentences(error)
            if isinstance(error, PathError):
                return
        yield from self._unknown_parameters(request)

    def _unknown_parameters(self, request: Request) -> Iterator[str]:
        """Name query parameters that the document does not have: openapi-core lets them pass."""
        path, operation, *_ = self._paths.find(request.method.lower(), _HOST + raw_path(request))
        known = {
            (parameter / "name").read_str()
            for place in (path, operation)
            if "parameters" in place
            for parameter in place / "parameters"
        } | self._keys
        for name in request.args:
            if name not in known:
                yield f"The query has {name!r}, which the document does not know."


class SandboxRequest(WerkzeugOpenAPIRequest):
    """A request as openapi-core wants it: the same wherever the sandbox is mounted."""

    @property
    def host_url(self) -> str:
        """The host that replaces the sandbox's own."""
        return _HOST

    @property
    def path(self) -> str:
        """The path below the sandbox's address."""
        return raw_path(self.request)


def _sentences(error: Exception) -> Iterator[str]:
    """Tell an error of openapi-core with the schema errors it hides in its causes."""
    match error:
        case RequestBodyValidationError():
            place = "The body"
        case ParameterValidationError():
            place = f"The {error.location} parameter {error.name!r}"
        case _:
            yield shorten(str(error), _LONGEST)
            return
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, InvalidSchemaValue):
        cause = cause.__cause__
    if isinstance(cause, InvalidSchemaValue):
        # openapi-core promises exceptions; they are jsonschema's, which has no types.
        inner_errors: Iterable[Any] = cause.schema_errors
        for inner in inner_errors:
            yield f"{place} at {inner.json_path}: {shorten(inner.message, _LONGEST)}"
    elif isinstance(cause, MediaTypeDeserializeError):
        # Its own words quote the body, and fail for one that is not UTF-8.
        yield f"{place} is not {cause.mimetype}."
    else:
        yield f"{place}: {shorten(str(cause), _LONGEST)}"


@frozen
class _Judged:
    """Makes copies of the parts of a document that hold what openapi-core is to judge.

    Args:
        document: the document.
        schemes: its security schemes as openapi-core reads them; None for one that it cannot.
    """

    document: Mapping[str, Any]
    schemes: Mapping[str, Mapping[str, Any] | None]

    def path(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return a path and its operations without servers of their own."""
        return {
            word: self.operation(node) if isinstance(node, dict) else node
            for word, node in self.operation(item).items()
        }

    def operation(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Return an operation without servers, ignored headers and schemes it cannot judge."""
        made = {word: value for word, value in node.items() if word != "servers"}
        if "parameters" in made:
            made["parameters"] = [one for one in made["parameters"] if not self._ignored(one)]
        if "security" in made:
            made["security"] = [
                {name: scopes for name, scopes in asked.items() if self.schemes.get(name)}
                for asked in made["security"]
            ]
        return made

    def _ignored(self, parameter: Mapping[str, Any]) -> bool:
        words = SchemaValues(self.document).resolve(parameter)
        return words.get("in") == "header" and str(words.get("name")).lower() in _IGNORED_HEADERS


def _scheme(words: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return a security scheme as openapi-core reads it; None for one that the sandbox judges."""
    kind = words.get("type")
    # OpenAPI has no keys in bodies.
    if kind == "apiKey":
        return None if words.get("x-in") == "body" else words
    if words.get("x-custom") or words.get("x-prefix"):
        return None
    if kind in ("oauth2", "openIdConnect"):
        return {"type": "http", "scheme": "bearer"}
    return {**words, "scheme": str(words.get("scheme")).lower()} if kind == "http" else None


def _without_binary_types(node: object) -> object:
    """Copy a document, dropping `type: string` beside `format: binary`.

    The pair is how OpenAPI 3.0 tells a file and how many tools still read it; JSON Schema, which
    OpenAPI 3.1 follows, would refuse the bytes of the file for not being a string.
    """
    if isinstance(node, dict):
        binary = node.get("format") == "binary"
        return {
            name: _without_binary_types(value)
            for name, value in node.items()
            if not (binary and name == "type")
        }
    if isinstance(node, list):
        return [_without_binary_types(value) for value in node]
    return node
