"""From a document in normal form to a service in our own words."""

from collections.abc import Iterator, Mapping
from typing import Any

from polycast_codegen import ir
from polycast_codegen._parser import ParsedOperation, ParsedSpec, parse
from polycast_codegen.naming import method_name, parameter_names
from polycast_codegen.schemas import Schemas, describe
from polycast_codegen.security import check_bodies, schemes
from polycast_codegen.tagged import tagged

__all__ = ["read_service"]


def read_service(document: Mapping[str, Any]) -> ir.Service:
    """Read a document in normal form.

    Raises:
        SpecError: the parser or a name refuses something in it.
    """
    return _Reader(document, parse(tagged(document))).service()


class _Reader:
    def __init__(self, document: Mapping[str, Any], parsed: ParsedSpec) -> None:
        self.document = document
        self.parsed = parsed
        self.schemas = Schemas(document, parsed)

    def service(self) -> ir.Service:
        document = self.document
        servers = document["servers"]
        security = schemes(document)
        operations = tuple(self._operations())
        check_bodies(security, operations, self.schemas.records)
        return ir.Service(
            title=document["info"]["title"],
            description=document["info"]["description"],
            servers={one.get("x-name", "default"): one["url"] for one in servers},
            variables={
                name: words["default"]
                for one in servers
                for name, words in one.get("variables", {}).items()
            },
            security=security,
            operations=operations,
            payloads=dict(self._payloads()),
            records=self.schemas.records,
        )

    def _operations(self) -> Iterator[ir.Operation]:
        for path, item in self.document["paths"].items():
            for method, node in item.items():
                yield self._operation(path, method, node)

    def _operation(self, path: str, method: str, node: Mapping[str, Any]) -> ir.Operation:
        place = node["x-place"]
        parsed = self.parsed.operations[node["x-python-name"]]
        return ir.Operation(
            name=method_name(parsed.name, place),
            operation_id=node["operationId"],
            http_method=method.upper(),
            path=path if path.startswith("/") else f"/{path}",
            description=node["description"],
            parameters=self._parameters(path, node, parsed),
            body=self._body(node["requestBody"]) if "requestBody" in node else None,
            outcomes=tuple(
                self._outcome(status, answer) for status, answer in node["responses"].items()
            ),
            safe=node["x-safe"],
            server=node.get("x-server", "default"),
            anonymous=node.get("x-anonymous", False),
            place=place,
        )

    def _parameters(
        self, path: str, node: Mapping[str, Any], parsed: ParsedOperation
    ) -> tuple[ir.Parameter, ...]:
        def order(one: Mapping[str, Any]) -> int:
            return path.index(f"{{{one['name']}}}") if one["in"] == "path" else len(path)

        asked = sorted(node["parameters"], key=order)
        names = parameter_names(
            {
                f"{one['in']} {one['name']}": parsed.parameters[
                    one["in"], one.get("x-python-name", one["name"])
                ]
                for one in asked
            },
            node["x-place"],
        )
        return tuple(self._parameter(one, names[f"{one['in']} {one['name']}"]) for one in asked)

    def _parameter(self, node: Mapping[str, Any], name: str) -> ir.Parameter:
        described = {word: node[word] for word in ("description", "deprecated") if word in node}
        return ir.Parameter(
            name=name,
            wire_name=node["name"],
            location=node["in"],
            type=self.schemas.type_of(node["schema"]),
            required=node["required"],
            null=node.get("x-null"),
            supplied=node.get("x-auth-supplied", False),
            description=describe({**node["schema"], **described}),
            between=node.get("x-between"),
        )

    def _body(self, body: Mapping[str, Any]) -> ir.Body:
        ((media_type, words),) = body["content"].items()
        return ir.Body(
            format=words["x-format"],
            type=self.schemas.type_of(words["schema"]),
            required=body["required"],
            place=words["x-place"],
            media_type=media_type,
        )

    def _outcome(self, status: str, answer: Mapping[str, Any]) -> ir.Outcome:
        for media_type, words in answer.get("content", {}).items():
            return ir.Outcome(
                status=status,
                format=words["x-format"],
                type=self.schemas.type_of(words["schema"]),
                any_root=words.get("x-root") == "any",
                place=words["x-place"],
                successful=answer["x-successful"],
                media_type=media_type,
            )
        return ir.Outcome(
            status=status,
            format="empty",
            type=None,
            any_root=False,
            place=answer["x-place"],
            successful=answer["x-successful"],
        )

    def _payloads(self) -> Iterator[tuple[str, ir.Format]]:
        for name, node in self.document["components"]["schemas"].items():
            if "x-payload" in node:
                type_ = self.schemas.type_of({"$ref": f"#/components/schemas/{name}"})
                assert isinstance(type_, ir.Object)
                yield type_.name, node["x-payload"]
