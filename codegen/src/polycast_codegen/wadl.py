"""From a WADL document with inline XSD to an OpenAPI document, which is then read like any."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from polycast_codegen.document import SpecFile, absolute, read_bytes
from polycast_codegen.errors import SpecError
from polycast_codegen.xmltree import OURS as PC
from polycast_codegen.xmltree import XS, Node, read_tree
from polycast_codegen.xsd import Xsd

__all__ = ["read_wadl", "with_includes"]

WADL: Final = "http://wadl.dev.java.net/2009/02"

_DOC: Final = (WADL, "doc")
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_XML: Final = ("application/xml", "text/xml")


def with_includes(spec: SpecFile) -> tuple[bytes, dict[Path, bytes]]:
    """Return a document with the schemas that it includes in their places, and their files.

    Raises:
        SpecError: a schema is not beside the document.
    """
    beside: dict[Path, bytes] = {}

    def included(match: re.Match[bytes]) -> bytes:
        name = match["href"].decode("utf-8", "replace")
        if spec.folder is None or "://" in name:
            raise SpecError("grammars", f"it includes {name}: put that schema beside the document")
        path = absolute(spec.folder / name)
        beside[path] = read_bytes(path)
        text = _PROLOGUE.sub(b"", beside[path].removeprefix(b"\xef\xbb\xbf"))
        tag, end, rest = text.partition(b">")
        # Its names without a prefix are in no namespace, not in WADL's.
        return (tag if b"xmlns=" in tag else tag + b' xmlns=""') + end + rest

    return _INCLUDE.sub(included, spec.content), beside


_INCLUDE: Final = re.compile(
    rb"""<([\w.-]+:)?include\s[^>]*?href\s*=\s*["'](?P<href>[^"']+)["'][^>]*?"""
    rb"""(/>|>\s*</([\w.-]+:)?include\s*>)"""
)
_PROLOGUE: Final = re.compile(rb"^\s*(<\?xml.*?\?>\s*)?(<!--.*?-->\s*)*", re.DOTALL)


def read_wadl(content: bytes) -> dict[str, Any]:
    """Read a document with the schemas that it includes.

    Raises:
        SpecError: something in it is outside the subset; the place is a line of it.
    """
    application = read_tree(content)
    if (application.namespace, application.name) != (WADL, "application"):
        application.refuse(f"expected the element application of {WADL}")
    children = [_DOC, (WADL, "grammars"), (WADL, "resources"), (PC, "security")]
    application.allow([], children)
    resources = application.one("resources")
    if resources is None:
        application.refuse("has no resources")
    resources.allow(["base"], [_DOC, (WADL, "resource")])
    xsd = Xsd(_schemas(application))
    paths: dict[str, dict[str, Any]] = {}
    for resource in resources.all("resource"):
        _add_resource(resource, "", [], xsd, paths)
    title, description = _doc(application)
    schemes = dict(_security(application))
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": description},
        "servers": [{"url": resources.required("base")}],
        "security": [{name: []} for name in schemes],
        "paths": paths,
        "components": {"schemas": xsd.components, "securitySchemes": schemes},
    }


def _schemas(application: Node) -> list[Node]:
    grammars = application.one("grammars")
    if grammars is None:
        return []
    grammars.allow([], [_DOC, (XS, "schema")])
    return list(grammars.all("schema", XS))


def _security(application: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    for node in application.all("security", PC):
        kind = node.required("kind")
        node.allow(
            ["name", "kind", *({"header": ["key", "prefix"], "query": ["key"]}.get(kind, []))]
        )
        scheme: dict[str, Any]
        match kind:
            case "custom":
                scheme = {"type": "apiKey", "in": "query", "name": "custom", "x-custom": True}
            case "basic":
                scheme = {"type": "http", "scheme": "basic"}
            case "header" | "query":
                scheme = {"type": "apiKey", "in": kind, "name": node.required("key")}
                if "prefix" in node.attributes:
                    scheme["x-prefix"] = node.attributes["prefix"]
            case _:
                node.refuse(f"kind={kind!r} is not understood")
        yield node.required("name"), scheme


# Resources and methods


def _add_resource(
    resource: Node, above: str, inherited: list[dict[str, Any]], xsd: Xsd, paths: dict[str, Any]
) -> None:
    resource.allow(["path"], [_DOC, (WADL, "param"), (WADL, "method"), (WADL, "resource")])
    path = f"{above}/{resource.required('path').strip('/')}"
    parameters = inherited + [
        _parameter(node, xsd, ("template",)) for node in resource.all("param")
    ]
    for method in resource.all("method"):
        item = paths.setdefault(path, {})
        if item.setdefault("parameters", parameters) != parameters:
            resource.refuse("another resource of this path has other parameters")
        name = method.required("name")
        if name not in ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"):
            method.refuse("the HTTP method is not understood")
        if name.lower() in item:
            method.refuse("another method of this path has this name")
        item[name.lower()] = _method(method, xsd)
    for child in resource.all("resource"):
        _add_resource(child, path, parameters, xsd, paths)


def _method(method: Node, xsd: Xsd) -> dict[str, Any]:
    method.allow(
        ["name", "id"],
        [_DOC, (WADL, "request"), (WADL, "response")],
        [(PC, "safe")],
    )
    summary, description = _doc(method)
    operation: dict[str, Any] = {
        "operationId": method.required("id"),
        "summary": summary,
        "description": description,
    }
    if (safe := _flag(method, "safe")) is not None:
        operation["x-safe"] = safe
    if request := method.one("request"):
        operation |= _request(request, xsd)
    responses: dict[str, Any] = {}
    for response in method.all("response"):
        response.allow(["status"], [_DOC, (WADL, "representation")])
        for status in response.required("status").split():
            if status in responses:
                response.refuse(f"the status {status} stands here twice")
            responses[status] = _response(response, xsd)
    return {**operation, "responses": responses}


def _request(request: Node, xsd: Xsd) -> dict[str, Any]:
    request.allow([], [_DOC, (WADL, "param"), (WADL, "representation")])
    styles = ("query", "header")
    found: dict[str, Any] = {
        "parameters": [_parameter(node, xsd, styles) for node in request.all("param")]
    }
    if body := request.one("representation"):
        media_type = body.required("mediaType")
        found["requestBody"] = {
            "required": True,
            "content": {media_type: {"schema": _body(body, media_type, xsd)}},
        }
    return found


def _body(body: Node, media_type: str, xsd: Xsd) -> dict[str, Any]:
    if media_type == "application/xml":
        body.allow(["mediaType", "element"], [_DOC])
        return dict(xsd.root(_local(body), body))
    if media_type not in _FORMS:
        body.refuse(f"the media type {media_type!r} is not understood in a request")
    body.allow(["mediaType"], [_DOC, (WADL, "param")])
    fields = [_parameter(node, xsd, ("query",)) for node in body.all("param")]
    if not fields:
        body.refuse("has no params")
    for node in body.all("param"):
        for word in ("supplied", "null"):
            if (PC, word) in node.foreign:
                node.refuse(f"{word} is not for fields of a body")
    return {
        "type": "object",
        "required": [field["name"] for field in fields if field["required"]],
        "properties": {
            field["name"]: {**field["schema"], "description": field["description"]}
            for field in fields
        },
    }


def _response(response: Node, xsd: Xsd) -> dict[str, Any]:
    _, description = _doc(response)
    content = response.one("representation")
    if content is None:
        return {"description": description}
    media_type = content.required("mediaType")
    words: dict[str, Any]
    if media_type in _XML:
        content.allow(["mediaType", "element"], [_DOC], [(PC, "root")])
        words = {"schema": dict(xsd.root(_local(content), content))}
        if (PC, "root") in content.foreign:
            words["x-root"] = content.foreign[PC, "root"]
    elif media_type == "text/plain":
        content.allow(["mediaType"], [_DOC])
        words = {"schema": {"type": "string"}}
    else:
        content.refuse(f"the media type {media_type!r} is not understood in an answer")
    return {"description": description, "content": {media_type: words}}


def _local(node: Node) -> str:
    # Within WADL's own default namespace a name without prefix means the schema's, which has none.
    return node.resolve(node.required("element"))[1]


# Parameters


def _parameter(node: Node, xsd: Xsd, styles: tuple[str, ...]) -> dict[str, Any]:
    node.allow(
        ["name", "style", "type", "required", "default"],
        [_DOC, (WADL, "option")],
        [(PC, "supplied"), (PC, "null"), (PC, "format")],
    )
    style = node.required("style")
    if style not in styles:
        node.refuse(f"style={style!r} is not understood here")
    required = node.attributes.get("required", "false")
    if required not in ("true", "false"):
        node.refuse("required is true or false")
    # WADL says that a type which is left out is xs:string.
    named = node.attributes.get("type")
    schema: dict[str, Any] = {"type": "string"}
    if named is not None:
        schema = xsd.simple(named, node)
    if "default" in node.attributes:
        schema["default"] = node.attributes["default"]
    values = []
    for option in node.all("option"):
        option.allow(["value"], [_DOC])
        values.append(option.required("value"))
    if values:
        schema["enum"] = values
    if (PC, "format") in node.foreign:
        schema["format"] = node.foreign[PC, "format"]
    title, description = _doc(node)
    found: dict[str, Any] = {
        "name": node.required("name"),
        "in": "path" if style == "template" else style,
        "required": style == "template" or required == "true",
        "description": " ".join(text for text in (title, description) if text),
        "schema": schema,
    }
    if _flag(node, "supplied"):
        found["x-auth-supplied"] = True
    if (PC, "null") in node.foreign:
        found["x-null"] = node.foreign[PC, "null"]
    return found


def _flag(node: Node, word: str) -> bool | None:
    value = node.foreign.get((PC, word))
    if value not in (None, "true", "false"):
        node.refuse(f"{word} is true or false")
    return None if value is None else value == "true"


def _doc(node: Node) -> tuple[str, str]:
    """Return the titles and the texts of a node's `doc` elements."""
    titles, texts = [], []
    for doc in node.all("doc", WADL):
        doc.allow(["title"], text=True)
        titles.append(doc.attributes.get("title", ""))
        texts.append(" ".join(doc.text.split()))
    return " ".join(filter(None, titles)), " ".join(filter(None, texts))
