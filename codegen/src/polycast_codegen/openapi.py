"""From an OpenAPI document to a service in our own words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, cast

from polycast_codegen import ir
from polycast_codegen._parser import ParsedOperation, ParsedSpec, parse
from polycast_codegen.dialect import check, place_of, tagged
from polycast_codegen.errors import SpecError
from polycast_codegen.naming import method_name, parameter_names
from polycast_codegen.pytypes import has_file
from polycast_codegen.schemas import Schemas, describe
from polycast_codegen.security import check_bodies, schemes

__all__ = ["read_service"]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_STYLES: Final[Mapping[str, tuple[str, bool]]] = {
    "path": ("simple", False),
    "query": ("form", True),
    "header": ("simple", False),
}
_NOT_PARAMETERS: Final = ("accept", "content-type", "authorization")
_REQUESTS: Final[Mapping[str, Any]] = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "application/xml": "xml",
    "text/plain": "text",
    "application/octet-stream": "bytes",
}
_ANSWERS: Final[Mapping[str, Any]] = {
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
    "text/plain": "text",
    "application/octet-stream": "bytes",
}


def read_service(document: Mapping[str, Any]) -> ir.Service:
    """Read a document.

    Raises:
        SpecError: something in it is not understood; nothing is passed over quietly.
    """
    check(document)
    parsed = parse(tagged(document))
    return _Reader(document, parsed).service()


class _Reader:
    def __init__(self, document: Mapping[str, Any], parsed: ParsedSpec) -> None:
        self.document = document
        self.parsed = parsed
        self.schemas = Schemas(document, parsed)
        self.servers: dict[str, str] = {}
        self.variables: dict[str, str] = {}

    def service(self) -> ir.Service:
        info = self.document.get("info", {})
        main = self.document.get("servers", [])
        if not main:
            raise SpecError("servers", "expected at least one server")
        for index, server in enumerate(main):
            place = place_of("servers", index)
            if index == 0 and "x-name" in server:
                raise SpecError(place, "the first server is `default`, whatever its `x-name`")
            self._add_server(server, place, "default" if index == 0 else None)
        security = schemes(self.document)
        operations = tuple(self._operations())
        check_bodies(security, operations, self.schemas.records)
        payloads = dict(self._payloads())
        self._refuse_unused(payloads)
        return ir.Service(
            title=info.get("title", ""),
            description=info.get("description", ""),
            servers=self.servers,
            variables=self.variables,
            security=security,
            records=self.schemas.records,
            operations=operations,
            payloads=payloads,
        )

    # Servers

    def _add_server(self, server: Mapping[str, Any], place: str, name: str | None) -> str:
        name = name or server.get("x-name")
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII):
            raise SpecError(place, "needs `x-name`, a word in lower case")
        url = server.get("url")
        if not isinstance(url, str):
            raise SpecError(place, "expected a `url`")
        declared = server.get("variables", {})
        used = re.findall(r"\{([^{}]*)\}", url)
        if set(used) != declared.keys() or re.search("[{}]", re.sub(r"\{[^{}]*\}", "", url)):
            raise SpecError(place, f"the variables of {url!r} are not those declared")
        for variable, words in declared.items():
            default = words.get("default", "")
            if not isinstance(default, str):
                raise SpecError(place_of(place, variable), "expected text as default")
            if self.variables.setdefault(variable, default) != default:
                raise SpecError(place, f"{variable!r} has another default in another server")
        if self.servers.setdefault(name, url) != url:
            raise SpecError(place, f"another server is called {name!r}")
        return name

    def _server_of(self, node: Mapping[str, Any], place: str) -> str | None:
        servers = node.get("servers", [])
        if not servers:
            return None
        if len(servers) > 1:
            raise SpecError(place_of(place, "servers"), "more than one server is not understood")
        return self._add_server(servers[0], place_of(place_of(place, "servers"), 0), None)

    # Operations

    def _operations(self) -> Iterator[ir.Operation]:
        names: dict[str, str] = {}
        seen = 0
        for path, item in self.document.get("paths", {}).items():
            if path.startswith("x-"):
                continue
            for method in _METHODS:
                if method not in item:
                    continue
                seen += 1
                place = place_of(place_of("paths", path), method)
                operation = self._operation(path, method, item, place)
                other = names.setdefault(operation.name, place)
                if other != place:
                    raise SpecError(place, f"has the same name in Python as {other}")
                yield operation
        if seen != len(self.parsed.operations):
            raise SpecError("paths", "the parser lost an operation")

    def _operation(
        self, path: str, method: str, item: Mapping[str, Any], place: str
    ) -> ir.Operation:
        node = item[method]
        operation_id = node.get("operationId")
        if not isinstance(operation_id, str) or not operation_id:
            raise SpecError(place, "an operation needs an `operationId`")
        if "security" in node and node["security"] != self.document.get("security"):
            raise SpecError(place, "`security` other than the document's is not supported")
        parsed = self.parsed.operations.get(place)
        if parsed is None:
            raise SpecError(place, "the parser lost this operation")
        if not path.startswith("/"):
            raise SpecError(place, "a path begins with a slash")
        path_place = place_of("paths", path)
        server = self._server_of(node, place) or self._server_of(item, path_place)
        safe = node.get("x-safe", method in ("get", "head"))
        if not isinstance(safe, bool):
            raise SpecError(place_of(place, "x-safe"), "expected true or false")
        return ir.Operation(
            name=method_name(parsed.name, place),
            operation_id=operation_id,
            http_method=method.upper(),
            path=path,
            description=_prose(node, place) or _prose(item, path_place),
            parameters=self._parameters(path, node, item, place, parsed),
            body=self._body(node, place),
            outcomes=tuple(self._outcomes(node, place)),
            safe=safe,
            server=server or "default",
            place=place,
        )

    def _parameters(
        self,
        path: str,
        node: Mapping[str, Any],
        item: Mapping[str, Any],
        place: str,
        parsed: ParsedOperation,
    ) -> tuple[ir.Parameter, ...]:
        found: dict[tuple[str, str], tuple[Mapping[str, Any], str]] = {}
        for owner, owner_place in ((node, place), (item, place_of("paths", path))):
            for index, one in enumerate(owner.get("parameters", [])):
                inner = place_of(place_of(owner_place, "parameters"), index)
                parameter, inner = self.schemas.resolve(one, inner)
                key = (parameter.get("in", ""), parameter.get("name", ""))
                found.setdefault(key, (parameter, inner))
        for (location, _), (_, inner) in found.items():
            if location not in _STYLES:
                raise SpecError(inner, f"a parameter in {location!r} is not supported")
        if found.keys() != parsed.parameters.keys():
            raise SpecError(place, "the parser lost a parameter")
        templates = re.findall(r"\{([^{}]*)\}", path)
        in_path = [name for location, name in found if location == "path"]
        if sorted(templates) != sorted(in_path) or re.search(
            "[{}]", re.sub(r"\{[^{}]*\}", "", path)
        ):
            raise SpecError(place, f"the templates of {path!r} are not the parameters declared")
        order = [*(("path", name) for name in templates)]
        order += [key for key in found if key[0] != "path"]
        keys = {f"{location} {name}": parsed.parameters[location, name] for location, name in order}
        names = parameter_names(keys, place)
        return tuple(
            self._parameter(*found[key], name=names[" ".join(key)], key=key) for key in order
        )

    def _parameter(
        self, node: Mapping[str, Any], place: str, *, name: str, key: tuple[str, str]
    ) -> ir.Parameter:
        location, wire_name = key
        style, explode = _STYLES[location]
        if node.get("style", style) != style or node.get("explode", explode) != explode:
            raise SpecError(place, f"only the style {style!r} is supported here")
        if location == "header" and wire_name.lower() in _NOT_PARAMETERS:
            raise SpecError(place, f"the header {wire_name!r} is not a parameter in OpenAPI")
        if "schema" not in node:
            raise SpecError(place, "a parameter needs a `schema`")
        inner = place_of(place, "schema")
        schema, schema_place = self.schemas.resolve(node["schema"], inner)
        type_ = self.schemas.type_of(node["schema"], inner)
        if not isinstance(type_, ir.Scalar | ir.Moment | ir.Choice):
            raise SpecError(inner, "a parameter is a plain value: no list, object or alternatives")
        null = node.get("x-null")
        if null is not None and (not isinstance(null, str) or location != "path"):
            raise SpecError(place_of(place, "x-null"), "expected text, for a parameter in the path")
        supplied = node.get("x-auth-supplied", False)
        if not isinstance(supplied, bool) or (supplied and location == "header"):
            problem = "expected true or false, for a parameter in the path or the query"
            raise SpecError(place_of(place, "x-auth-supplied"), problem)
        return ir.Parameter(
            name=name,
            wire_name=wire_name,
            location=cast(Literal["path", "query", "header"], location),
            type=type_,
            required=node.get("required", False) is True,
            null=null,
            supplied=supplied,
            description=describe(node, schema, schema_place),
        )

    # Bodies and answers

    def _body(self, node: Mapping[str, Any], place: str) -> ir.Body | None:
        if "requestBody" not in node:
            return None
        body, place = self.schemas.resolve(node["requestBody"], place_of(place, "requestBody"))
        media_type, content, inner = _only_content(body, place)
        if media_type not in _REQUESTS:
            raise SpecError(inner, f"the media type {media_type!r} is not supported in a request")
        if "x-root" in content:
            raise SpecError(inner, "`x-root` is for answers")
        type_ = self._content_type(content, inner)
        format_ = _REQUESTS[media_type]
        _check_whole(format_, type_, inner)
        if format_ in ("form", "multipart", "xml") and not isinstance(type_, ir.Object):
            raise SpecError(inner, f"the schema of a body in {media_type} is an object")
        return ir.Body(
            format=format_, type=type_, required=body.get("required", False) is True, place=inner
        )

    def _outcomes(self, node: Mapping[str, Any], place: str) -> Iterator[ir.Outcome]:
        responses = node.get("responses", {})
        inner = place_of(place, "responses")
        statuses = [status for status in responses if not status.startswith("x-")]
        if not any(status.startswith("2") for status in statuses):
            raise SpecError(inner, "no successful answer is described")
        for status in statuses:
            if not re.fullmatch(r"[1-5](\d\d|XX)|default", status, re.ASCII):
                raise SpecError(inner, f"the status {status!r} is not understood")
            answer, answer_place = self.schemas.resolve(responses[status], place_of(inner, status))
            yield self._outcome(status, answer, answer_place)

    def _outcome(self, status: str, answer: Mapping[str, Any], place: str) -> ir.Outcome:
        if not answer.get("content"):
            return ir.Outcome(status=status, format="empty", type=None, any_root=False, place=place)
        media_type, content, inner = _only_content(answer, place)
        base = media_type.partition(";")[0].strip().lower()
        format_ = _ANSWERS.get(base)
        if format_ is None and base.endswith(("+json", "+xml")):
            format_ = base.rpartition("+")[2]
        if format_ is None:
            raise SpecError(inner, f"the media type {media_type!r} is not supported in an answer")
        any_root = content.get("x-root")
        if any_root not in (None, "any") or (any_root and format_ != "xml"):
            raise SpecError(place_of(inner, "x-root"), "expected `any`, for an answer in XML")
        type_ = self._content_type(content, inner)
        _check_whole(format_, type_, inner)
        if format_ == "xml" and not isinstance(type_, ir.Object):
            raise SpecError(inner, "the schema of an answer in XML is an object")
        if isinstance(type_, ir.Union):
            raise SpecError(inner, "an answer with alternatives is not supported")
        return ir.Outcome(
            status=status, format=format_, type=type_, any_root=bool(any_root), place=inner
        )

    def _content_type(self, content: Mapping[str, Any], place: str) -> ir.Type:
        if "schema" not in content:
            raise SpecError(place, "a media type needs a `schema`")
        return self.schemas.type_of(content["schema"], place_of(place, "schema"))

    # Components

    def _payloads(self) -> Iterator[tuple[str, ir.Format]]:
        place = "components.schemas"
        for name, node in self.document.get("components", {}).get("schemas", {}).items():
            payload = node.get("x-payload")
            if payload is None:
                continue
            inner = place_of(place, name)
            if payload not in ("json", "form", "xml"):
                raise SpecError(place_of(inner, "x-payload"), "expected json, form or xml")
            type_ = self.schemas.type_of(node, inner)
            if not isinstance(type_, ir.Object):
                raise SpecError(inner, "`x-payload` is for objects")
            yield type_.name, payload

    def _refuse_unused(self, payloads: Mapping[str, ir.Format]) -> None:
        roots = {record.place for name, record in self.schemas.records.items() if name in payloads}
        for folder in ("schemas", "parameters", "requestBodies", "responses"):
            for name in self.document.get("components", {}).get(folder, {}):
                place = place_of(f"components.{folder}", name)
                if place not in self.schemas.referred and place not in roots:
                    raise SpecError(place, "is used by no operation")


def _only_content(node: Mapping[str, Any], place: str) -> tuple[str, Mapping[str, Any], str]:
    content = node.get("content") or {}
    inner = place_of(place, "content")
    if len(content) != 1:
        raise SpecError(inner, f"expected one media type, found {len(content)}")
    ((media_type, words),) = content.items()
    return media_type, words, place_of(inner, media_type)


def _check_whole(
    format_: Literal["json", "form", "multipart", "xml", "text", "bytes"],
    type_: ir.Type,
    place: str,
) -> None:
    if format_ == "text" and type_ != ir.Scalar("str"):
        raise SpecError(place, "the schema of plain text is a string")
    if format_ == "bytes" and not isinstance(type_, ir.File):
        raise SpecError(place, "the schema of bytes is a string of format `binary`")
    if format_ in ("json", "xml") and has_file(type_):
        raise SpecError(place, f"bytes cannot be written in {format_}")


def _prose(node: Mapping[str, Any], place: str) -> str:
    words = [node.get("summary") or "", node.get("description") or ""]
    if not all(isinstance(text, str) for text in words):
        raise SpecError(place, "expected text as summary and description")
    return "\n\n".join(text for text in words if text)
