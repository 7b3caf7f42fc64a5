"""What a sandbox takes from a spec: its operations, what each answers, and its credentials."""

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cached_property
from importlib.resources import files
from typing import Any, Literal
from xml.etree import ElementTree as ET

from attrs import frozen
from werkzeug.routing import BaseConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from polycast.sandbox.fake import read_json
from polycast.wire import UNSET

__all__ = ["Example", "Key", "Operation", "Spec", "read_spec"]

_COMPILING = threading.Lock()


@frozen
class Example:
    """An answer, as the spec shows it or as its schema would have it.

    Attributes:
        status: the HTTP status.
        media_type: what its body is; "" where it has none.
        content: a JSON value, an XML element, or text.
    """

    status: int
    media_type: str = ""
    content: Any = ""

    def response(self, changes: Mapping[str, object]) -> Response:
        """Return the answer, with other values for some of its outermost fields.

        Args:
            changes: the fields of a JSON object by name; the children of an XML root, or else its
                attributes. Those that are `UNSET` are left out.
        """
        content = self.content
        if isinstance(content, ET.Element):
            content = deepcopy(content)
            for name, value in changes.items():
                inner = content.find(name)
                if value is UNSET:
                    content.attrib.pop(name, None)
                    for each in content.findall(name):
                        content.remove(each)
                elif inner is not None:
                    inner.text = str(value)
                else:
                    content.set(name, str(value))
            content = ET.tostring(content, "utf-8", xml_declaration=True)
        elif self.media_type.endswith("json"):
            if isinstance(content, dict):
                fields = {**content, **changes}
                content = {name: each for name, each in fields.items() if each is not UNSET}
            content = json.dumps(content, ensure_ascii=False)
        return Response(content, self.status, mimetype=self.media_type or None)


@frozen
class Operation:
    """A call of the spec.

    Attributes:
        name: its `operationId` (WADL: `id`) in snake case, as the generated client's method.
        method: the HTTP method.
        path: its path, with `{templates}`.
        examples: its answers, by the status that the spec gives them, such as `200` or `4XX`.
    """

    name: str
    method: str
    path: str
    examples: Mapping[str, Example]

    @classmethod
    def named(
        cls, detail: str, method: str, path: str, examples: Mapping[str, Example]
    ) -> "Operation":
        """Make one from its name as the spec writes it."""
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", detail)
        return cls(re.sub(r"\W+", "_", spaced).lower(), method, path, examples)

    def example(self, *statuses: str) -> Example | None:
        """Return the answer of the first of these statuses that it has."""
        return next((self.examples[each] for each in statuses if each in self.examples), None)

    def success(self) -> Example:
        """Return what it answers when all is well."""
        return self.example(*(each for each in self.examples if each[0] == "2")) or Example(200)


@frozen
class Key:
    """A credential, as the spec says it travels.

    Attributes:
        place: where it stands; in the body it is a field of a form or of a JSON object, and
            in the query where there is no body; `custom` is for the sandbox to judge.
        name: the header's, parameter's or field's.
        prefix: what stands before it in a header.
    """

    place: Literal["header", "query", "body", "basic", "custom"]
    name: str = ""
    prefix: str = ""

    def given(self, request: Request) -> str | None:
        """Return the credential that a request carries; a login and password as `a:b`."""
        match self.place:
            case "header":
                value = request.headers.get(self.name)
                if value is None or not value.startswith(self.prefix):
                    return None
                return value.removeprefix(self.prefix)
            case "query":
                return request.args.get(self.name)
            case "body":
                return self._in_body(request)
            case "basic":
                told = None
                with suppress(ValueError):  # werkzeug fails at characters outside ASCII
                    told = request.authorization
                return None if told is None else f"{told.username}:{told.password}"
            case "custom":
                return None

    def _in_body(self, request: Request) -> str | None:
        if not request.get_data(cache=True, parse_form_data=False):
            return request.args.get(self.name)
        if request.mimetype == "application/json":
            body = None
            with suppress(ValueError):
                body = read_json(request.get_data())
            return body.get(self.name) if isinstance(body, dict) else None
        return request.form.get(self.name)


class Spec(ABC):
    """A provider's spec, as a sandbox needs it; `read_spec` makes one."""

    #: The document, as it was read.
    text: str

    @property
    @abstractmethod
    def below(self) -> str:
        """The path of the provider's address, such as `/v1`."""

    @property
    @abstractmethod
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""

    @property
    @abstractmethod
    def keys(self) -> Mapping[str, Key]:
        """The credentials by the name of their security scheme."""

    @property
    @abstractmethod
    def wanted(self) -> tuple[frozenset[str], ...]:
        """The schemes that a request must satisfy together: any one of these sets."""

    @abstractmethod
    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the spec, one sentence each."""

    @property
    def urls(self) -> Map:
        """Methods and paths, each leading to its operation's name."""
        return self.urls_with()

    @cached_property
    def _maps(self) -> dict[tuple[str, ...], Map]:
        return {}

    def urls_with(self, *rest: str) -> Map:
        """Return methods and paths, each leading to its operation's name.

        Args:
            rest: names of variables that may hold slashes.
        """
        # Rules are compiled as Python, which Python 3.11 fails at in two threads at once.
        with _COMPILING:
            if rest not in self._maps:
                self._maps[rest] = self._map(rest)
            return self._maps[rest]

    def _map(self, rest: tuple[str, ...]) -> Map:

        def variable(template: re.Match[str]) -> str:
            name = re.sub(r"\W", "_", template[1])
            return f"<rest:{name}>" if name in rest else f"<{name}>"

        rules = [
            Rule(
                self.below + re.sub(r"\{([^}]+)\}", variable, operation.path),
                endpoint=operation.name,
                methods=[operation.method],
            )
            for operation in self.operations.values()
        ]
        return Map(rules, converters={"rest": _Rest}, merge_slashes=not rest)


class _Rest(BaseConverter):
    """A variable that may hold slashes, and begin with one."""

    regex = ".+"
    part_isolating = False


def read_spec(package: str, name: str) -> Spec:
    """Return the spec that lies in a package, OpenAPI or WADL.

    Example:
        spec = read_spec("polycast_acme._client", "acme.yaml")

    Args:
        package: the package of the generated client, which keeps a copy of its spec.
        name: the spec's file name.
    """
    content = files(package).joinpath(name).read_bytes().decode("utf-8-sig")
    if content.lstrip().startswith("<"):
        from polycast.sandbox.spec_wadl import WADLSpec

        return WADLSpec(content)
    from polycast.sandbox.spec_openapi import OpenAPISpec

    return OpenAPISpec(content)
