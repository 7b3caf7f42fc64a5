"""From a spec as its author wrote it to the normal form that the generator reads.

The normal form is an OpenAPI 3.1 document with few words: see `normal.schemas`. What a client
does without is left out and told; what cannot be read is refused, every place in one run.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from polycast_codegen._parser import python_name
from polycast_codegen.dialect import KINDS, about_word, place_of
from polycast_codegen.normal.contents import Contents
from polycast_codegen.normal.names import derived_id, plain_id
from polycast_codegen.normal.parameters import Parameters
from polycast_codegen.normal.schemas import Schemas, Use
from polycast_codegen.normal.security import Security
from polycast_codegen.normal.selection import METHODS
from polycast_codegen.normal.servers import Servers
from polycast_codegen.normal.unions import Schema
from polycast_codegen.report import Report

__all__ = ["normal_form"]


def normal_form(document: Mapping[str, Any], report: Report) -> Schema:
    """Bring a document in one piece into normal form.

    Args:
        document: the document.
        report: where what is passed over is told.

    Raises:
        SpecError: something in it cannot be read; with all the places.
    """
    found = _Former(document, report).form()
    report.settle()
    return found


class _Former:
    def __init__(self, document: Mapping[str, Any], report: Report) -> None:
        components = _map(document.get("components"))
        self._document = document
        self._components = components
        self._report = report
        self._schemas = Schemas(_map(components.get("schemas")), report)
        self._contents = Contents(self._schemas, report)
        self._parameters = Parameters(self._schemas, report)
        self._servers = Servers(document, report)
        self._security = Security(document, report)
        self._answers: dict[int, Schema] = {}
        self._names: set[str] = set()

    def form(self) -> Schema:
        for word in self._document:
            if word not in KINDS["document"]:
                self._report.pass_over(about_word(word), "")
        info = _map(self._document.get("info"))
        paths: Schema = {}
        for path, item in _map(self._document.get("paths")).items():
            operations = dict(self._operations(path, item))
            if operations:
                paths[path] = operations
        if not paths:
            self._report.refuse("paths", "there is no operation")
        for name, node in _map(self._components.get("schemas")).items():
            if isinstance(node, dict) and "x-payload" in node:
                self._payload(name, node)
        security, schemes = self._security.finish()
        return {
            "openapi": "3.1.0",
            "info": {word: _text(info.get(word)) for word in ("title", "version", "description")},
            "servers": self._servers.finish(),
            "security": security,
            "paths": paths,
            "components": {"schemas": self._schemas.finish(), "securitySchemes": schemes},
        }

    def _payload(self, name: str, node: Mapping[str, Any]) -> None:
        place = place_of("components.schemas", name)
        if node["x-payload"] not in ("json", "form", "xml"):
            self._report.refuse(place_of(place, "x-payload"), "expected json, form or xml")
            return
        ref = f"#/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"
        if "$ref" not in self._schemas.read({"$ref": ref}, place, Use()):
            self._report.refuse(place, "`x-payload` is for objects")

    # Operations

    def _operations(self, path: str, item: object) -> Iterator[tuple[str, Schema]]:
        place = place_of("paths", path)
        if not isinstance(item, dict):
            return
        for word in item:
            if word not in KINDS["path"]:
                self._report.pass_over(about_word(word), place)
        for method in METHODS:
            if method in item:
                inner = place_of(place, method)
                if isinstance(item[method], dict):
                    yield method, self._operation(path, method, item, inner)
                else:
                    self._report.refuse(inner, "expected an object that describes an operation")

    def _operation(self, path: str, method: str, item: Mapping[str, Any], place: str) -> Schema:
        node = item[method]
        for word in node:
            if word not in KINDS["operation"]:
                self._report.pass_over(about_word(word), place)
        name = self._name(node, method, path, place)
        use = Use(python_name(name), "")
        if not path.startswith("/"):
            self._report.pass_over("a path that does not begin with a slash, which is added", place)
        safe = node.get("x-safe", method in ("get", "head"))
        if not isinstance(safe, bool):
            self._report.refuse(place_of(place, "x-safe"), "expected true or false")
        made: Schema = {
            "operationId": node.get("operationId") or name,
            "x-python-name": name,
            "x-place": place,
            "x-safe": safe,
            "description": _prose(node) or _prose(item),
            "parameters": self._parameters.read(
                path, self._declared(node, item, place), place, use
            ),
            "responses": dict(self._responses(node, place, use)),
        }
        if "requestBody" in node:
            body, inner = self._resolved(node["requestBody"], place_of(place, "requestBody"))
            made["requestBody"] = self._contents.body(body, inner, use.parent)
            if made["requestBody"] is None:
                del made["requestBody"]
        server = self._servers.of(node, place) or self._servers.of(item, place.rpartition(".")[0])
        if server not in (None, "default"):
            made["x-server"] = server
        if self._security.of(node, place):
            made["x-anonymous"] = True
        return made

    def _name(self, node: Mapping[str, Any], method: str, path: str, place: str) -> str:
        given = node.get("x-python-name") or node.get("operationId")
        name = plain_id(given) if isinstance(given, str) else ""
        if not name:
            name = derived_id(method, path)
            self._report.pass_over("no `operationId`, so named by method and path", place)
        free, number = name, 2
        while python_name(free) in self._names:
            free, number = f"{name}_{number}", number + 1
        self._names.add(python_name(free))
        return free

    def _declared(
        self, node: Mapping[str, Any], item: Mapping[str, Any], place: str
    ) -> Iterator[tuple[Mapping[str, Any], str]]:
        for owner, owner_place in ((node, place), (item, place.rpartition(".")[0])):
            declared = owner.get("parameters")
            for index, one in enumerate(declared if isinstance(declared, list) else ()):
                yield self._resolved(one, place_of(place_of(owner_place, "parameters"), index))

    # Answers

    def _responses(
        self, node: Mapping[str, Any], place: str, use: Use
    ) -> Iterator[tuple[str, Schema]]:
        inner = place_of(place, "responses")
        answers = {}
        for status, one in _map(node.get("responses")).items():
            known = _status(status)
            if known:
                answers[known] = one
            elif not status.startswith("x-"):
                self._report.pass_over(f"the status {status!r}", inner)
        good = [status for status in answers if status.startswith("2")]
        good = good or [status for status in answers if status == "default"]
        good = good or [status for status in answers if status.startswith("3")]
        if not good:
            self._report.pass_over("no successful answer is described, so none is read", inner)
            yield "2XX", {"x-place": inner, "x-successful": True}
        for status, one in answers.items():
            answer, at = self._resolved(one, place_of(inner, status))
            successful = status in good
            key = id(answer)
            if key not in self._answers or successful:
                named = Use(use.parent, f"response_{status}")
                self._answers[key] = (
                    self._contents.answer(answer, at, named, successful=successful)
                    if not status.startswith("3")
                    else {}
                )
            yield status, {**self._answers[key], "x-place": at, "x-successful": successful}

    def _resolved(self, node: object, place: str) -> tuple[Mapping[str, Any], str]:
        """Follow `$ref` to a component that is no schema."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            ref = node["$ref"]
            if ref in seen:
                return {}, place
            seen.add(ref)
            _, _, folder, name = ref.split("/", 3)
            name = name.replace("~1", "/").replace("~0", "~")
            place = place_of(f"components.{folder}", name)
            node = _map(self._components.get(folder)).get(name)
        return (node if isinstance(node, dict) else {}), place


def _status(status: str) -> str:
    if status.lower() == "default":
        return "default"
    if len(status) == 3 and status[0] in "12345":
        rest = status[1:].upper()
        if rest.isdecimal() or rest == "XX":
            return status[0] + rest
    return ""


def _prose(node: Mapping[str, Any]) -> str:
    words = [_text(node.get("summary")), _text(node.get("description"))]
    return "\n\n".join(text for text in words if text)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
