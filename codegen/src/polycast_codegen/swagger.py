"""From Swagger 2.0 to OpenAPI 3, which goes on from there."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from polycast_codegen.report import Report

__all__ = ["converted"]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
_FOLDERS: Final = (
    ("#/definitions/", "#/components/schemas/"),
    ("#/responses/", "#/components/responses/"),
    ("#/parameters/", "#/components/parameters/"),
)
#: Words of a parameter or a header that are those of a schema in OpenAPI 3.
_OF_SCHEMA: Final = (
    *("type", "format", "items", "default", "enum", "minimum", "maximum", "exclusiveMinimum"),
    *("exclusiveMaximum", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
    *("uniqueItems", "multipleOf", "x-known-values", "x-nullable"),
)
_STYLES: Final = {"csv": "form", "ssv": "spaceDelimited", "pipes": "pipeDelimited", "multi": "form"}


def converted(document: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Convert a document.

    Args:
        document: the document, of Swagger 2.0.
        report: where it is told that it was converted.
    """
    report.pass_over("Swagger 2.0, read as the OpenAPI 3 that says the same", "swagger")
    return _Converter(document, report).document()


class _Converter:
    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        self._from = document
        self._report = report

    def document(self) -> dict[str, Any]:
        found = {
            word: value
            for word, value in self._from.items()
            if word in ("info", "security", "tags", "externalDocs") or word.startswith("x-")
        }
        return {
            **found,
            "openapi": "3.0.3",
            "servers": list(self._servers()),
            "paths": {
                path: self._path(item) if isinstance(item, dict) else item
                for path, item in _map(self._from.get("paths")).items()
            },
            "components": {
                "schemas": {
                    name: self._schema(one)
                    for name, one in _map(self._from.get("definitions")).items()
                },
                "responses": {
                    name: self._response(one, self._from)
                    for name, one in _map(self._from.get("responses")).items()
                },
                "parameters": {
                    name: self._parameter(one)
                    for name, one in _map(self._from.get("parameters")).items()
                    if isinstance(one, dict) and one.get("in") not in ("body", "formData")
                },
                "securitySchemes": {
                    name: _scheme(one)
                    for name, one in _map(self._from.get("securityDefinitions")).items()
                },
            },
        }

    def _servers(self) -> Iterator[dict[str, Any]]:
        host = self._from.get("host")
        if isinstance(host, str) and host:
            schemes = self._from.get("schemes")
            schemes = schemes if isinstance(schemes, list) and schemes else ["https"]
            scheme = "https" if "https" in schemes else schemes[0]
            yield {"url": f"{scheme}://{host}{str(self._from.get('basePath') or '').rstrip('/')}"}

    def _path(self, item: Mapping[str, Any]) -> dict[str, Any]:
        shared = [self._resolved(one) for one in _list(item.get("parameters"))]
        found: dict[str, Any] = {}
        for word, value in item.items():
            if word in _METHODS and isinstance(value, dict):
                found[word] = self._operation(value, shared)
            elif word != "parameters":
                found[word] = value
        return found

    def _operation(self, node: Mapping[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
        own = [self._resolved(one) for one in _list(node.get("parameters"))]
        named = {(one.get("in"), one.get("name")) for one in own}
        asked = own + [one for one in shared if (one.get("in"), one.get("name")) not in named]
        found = {
            word: value
            for word, value in node.items()
            if word not in ("parameters", "responses", "consumes", "produces", "schemes")
        }
        found["parameters"] = [
            self._parameter(one) for one in asked if one.get("in") not in ("body", "formData")
        ]
        found["responses"] = {
            status: self._response(one, node) for status, one in _map(node.get("responses")).items()
        }
        body = self._body(asked, node)
        return found | ({"requestBody": body} if body is not None else {})

    def _body(self, asked: list[dict[str, Any]], node: Mapping[str, Any]) -> dict[str, Any] | None:
        types = _list(node.get("consumes") or self._from.get("consumes"))
        for one in asked:
            if one.get("in") == "body":
                media = {"schema": self._schema(one.get("schema", {}))}
                content = dict.fromkeys(types or ["application/json"], media)
                return {"required": one.get("required") is True, "content": content}
        fields = [one for one in asked if one.get("in") == "formData"]
        if not fields:
            return None
        for one in fields:
            if one.get("type") == "array" and one.get("collectionFormat") != "multi":
                self._report.refuse(
                    f"the field {one.get('name')!r} of a form",
                    "a list that is joined cannot be written: say `collectionFormat: multi` in an "
                    "overlay if its items are sent one by one, else `type: string`",
                )
        files = any(one.get("type") == "file" for one in fields)
        kind = "multipart/form-data" if files else "application/x-www-form-urlencoded"
        if not files and types and kind not in types and "multipart/form-data" in types:
            kind = "multipart/form-data"
        schema = {
            "type": "object",
            "properties": {
                one["name"]: {**self._value(one), "description": one.get("description", "")}
                for one in fields
                if isinstance(one.get("name"), str)
            },
            "required": [one["name"] for one in fields if one.get("required") is True],
        }
        return {"required": bool(schema["required"]), "content": {kind: {"schema": schema}}}

    def _response(self, node: Any, owner: Mapping[str, Any]) -> Any:
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return {"$ref": _moved(node["$ref"])}
        found: dict[str, Any] = {"description": node.get("description", "")}
        if "schema" in node:
            types = _list(owner.get("produces") or self._from.get("produces"))
            if _map(node["schema"]).get("type") == "file":
                types = ["*/*"]  # bytes, whatever else the document produces
            media = {"schema": self._schema(node["schema"])}
            found["content"] = dict.fromkeys(types or ["application/json"], media)
        return found

    def _parameter(self, node: Mapping[str, Any]) -> dict[str, Any]:
        found = {
            word: value
            for word, value in node.items()
            if word not in (*_OF_SCHEMA, "collectionFormat", "allowEmptyValue")
        }
        found["schema"] = self._value(node)
        if node.get("type") == "array":
            joined = str(node.get("collectionFormat", "csv"))
            style = _STYLES.get(joined, joined)
            found["explode"] = joined == "multi"
            if node.get("in") == "query" or style != "form":
                found["style"] = style
        return found

    def _value(self, node: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._schema({w: node[w] for w in _OF_SCHEMA if w in node})
        return found

    def _resolved(self, node: Any) -> dict[str, Any]:
        ref = node.get("$ref") if isinstance(node, dict) else None
        if isinstance(ref, str) and ref.startswith("#/parameters/"):
            return _map(_map(self._from.get("parameters")).get(ref.rpartition("/")[2]))
        return _map(node)

    def _schema(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._schema(one) for one in node]
        if not isinstance(node, dict):
            return node
        found: dict[str, Any] = {}
        for word, value in node.items():
            match word:
                case "$ref" if isinstance(value, str):
                    found[word] = _moved(value)
                case "discriminator" if isinstance(value, str):
                    found[word] = {"propertyName": value}
                case "x-nullable":
                    found["nullable"] = value
                case "type" if value == "file":
                    found |= {"type": "string", "format": "binary"}
                case "properties" if isinstance(value, dict):
                    found[word] = {name: self._schema(one) for name, one in value.items()}
                case "items" | "allOf" | "additionalProperties":
                    found[word] = self._schema(value)
                case _:
                    found[word] = value
        return found


def _moved(ref: str) -> str:
    for former, now in _FOLDERS:
        if ref.startswith(former):
            return now + ref.removeprefix(former)
    return ref


def _scheme(words: Any) -> Any:
    basic = isinstance(words, dict) and words.get("type") == "basic"
    return {**words, "type": "http", "scheme": "basic"} if basic else words


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
