"""Does a request fit a WADL document? Values are judged by xmlschema, not by our generator."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from attrs import frozen
from werkzeug.wrappers import Request
from xmlschema import XMLSchema10, XMLSchemaValidationError
from xmlschema.validators import XsdElement

from polycast.sandbox.fake import raw_path

__all__ = ["WADLDocument", "xsd_of"]

_WADL = "{http://wadl.dev.java.net/2009/02}"
_OURS = "{urn:polycast:spec}"
_STRPTIME = "x-strptime:"
_TYPES = XMLSchema10.builtin_types()


@frozen
class _Parameter:
    """A named value: its simple type, the word for no value, the format of a date."""

    name: str
    type: str
    null: str | None
    strptime: str | None
    required: bool

    @classmethod
    def read(cls, element: ET.Element) -> "_Parameter":
        spelling = element.get(f"{_OURS}format", "")
        return cls(
            name=element.attrib["name"],
            type=element.get("type", "xs:string").rpartition(":")[2],
            null=element.get(f"{_OURS}null"),
            strptime=spelling.removeprefix(_STRPTIME) if spelling.startswith(_STRPTIME) else None,
            required=element.get("required") == "true",
        )

    def problems(self, value: str) -> Iterator[str]:
        if value == self.null:
            return
        try:
            _TYPES[self.type].validate(value)
        except XMLSchemaValidationError as error:
            yield f"{self.name}: {value!r} is not of the type {self.type}: {error.reason}"
            return
        if self.strptime is not None:
            try:
                datetime.strptime(value, self.strptime)  # noqa: DTZ007 -- only its form matters
            except ValueError:
                yield f"{self.name}: {value!r} is not written as {self.strptime!r}"


@frozen
class _Operation:
    """A method on a path: what its segments and its query are called, and what its body holds."""

    method: str
    path: re.Pattern[str]
    parameters: dict[str, _Parameter]
    query: tuple[_Parameter, ...]
    headers: tuple[_Parameter, ...]
    media_type: str | None
    fields: tuple[_Parameter, ...]
    element: XsdElement | None

    def problems(self, request: Request, values: dict[str, str]) -> Iterator[str]:
        for name, value in values.items():
            yield from self.parameters[name].problems(unquote(value))
        yield from self._query_problems(request)
        for header in self.headers:
            if header.name in request.headers:
                yield from header.problems(request.headers[header.name])
            elif header.required:
                yield f"The header {header.name!r} is missing."
        if self.media_type is None:
            if request.get_data():
                yield "There is a body, where the document knows none."
        elif request.mimetype != self.media_type:
            yield f"The body is {request.mimetype or 'untyped'} instead of {self.media_type}."
        elif self.element is not None:
            yield from _xml_problems(self.element, request.get_data())
        else:
            yield from self._form_problems(request)

    def _query_problems(self, request: Request) -> Iterator[str]:
        known = {parameter.name for parameter in self.query}
        for name in request.args:
            if name not in known:
                yield f"The query has {name!r}, which the document does not know."
        for parameter in self.query:
            if parameter.name in request.args:
                yield from parameter.problems(request.args[parameter.name])
            elif parameter.required:
                yield f"The query lacks {parameter.name!r}."

    def _form_problems(self, request: Request) -> Iterator[str]:
        known = {field.name: field for field in self.fields}
        for name in [*request.form, *request.files]:
            if name not in known:
                yield f"The body has {name!r}, which the document does not know."
        for field in self.fields:
            if field.name in request.form:
                yield from field.problems(request.form[field.name])
            elif field.name not in request.files and field.required:
                yield f"The body lacks {field.name!r}."


class WADLDocument:
    """A provider's WADL document.

    Args:
        text: the document.
        below: the path below the sandbox's address where the document's paths begin.
    """

    def __init__(self, text: str, *, below: str = "") -> None:
        root = ET.fromstring(text)
        self._below = below
        reader = _Reader(
            xsd_of(text),
            tuple(
                _Parameter(node.attrib["key"], "string", None, None, required=False)
                for node in root.iter(f"{_OURS}security")
                if node.get("kind") == "query"
            ),
        )
        self._operations = [
            operation
            for resources in root.iterfind(f"{_WADL}resources")
            for resource in resources.iterfind(f"{_WADL}resource")
            for operation in reader.operations(resource, "", {})
        ]

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the document, one sentence each."""
        path = raw_path(request).removeprefix(self._below)
        fitting = [
            (operation, match.groupdict())
            for operation in self._operations
            if (match := operation.path.fullmatch(path))
        ]
        if not fitting:
            return ("The document knows no such path.",)
        for operation, values in fitting:
            if operation.method == request.method:
                try:
                    return tuple(operation.problems(request, values))
                except RecursionError:
                    return ("The body is nested too deeply.",)
        return (f"The document knows no {request.method} on this path.",)


def xsd_of(text: str) -> XMLSchema10 | None:
    """Return the XSD schema that stands inside a WADL document, where there is one."""
    inline = re.search(r"<((?:[\w.-]+:)?schema)\b(.*?)(</\1\s*>)", text, re.DOTALL)
    if inline is None:
        return None
    tag, rest, end = inline.groups()
    own = rest.partition(">")[0]
    declared = ET.iterparse(io.StringIO(text), events=["start-ns"])
    # Names in its attributes go by the prefixes of the whole document.
    prefixes = "".join(
        f' xmlns:{prefix}="{uri}"'
        for prefix, uri in dict(found for _, found in declared).items()
        if prefix and f"xmlns:{prefix}=" not in own
    )
    return XMLSchema10(f"<{tag}{prefixes}{rest}{end}")


@frozen
class _Reader:
    """Reads operations: with the document's schema, and the keys that any query may have."""

    xsd: XMLSchema10 | None
    keys: tuple[_Parameter, ...]

    def operations(
        self, resource: ET.Element, above: str, inherited: dict[str, _Parameter]
    ) -> Iterator[_Operation]:
        """List the operations of a resource and of the resources inside it."""
        path = f"{above}/{resource.attrib['path'].strip('/')}"
        parameters = inherited | {
            parameter.name: parameter
            for parameter in map(_Parameter.read, resource.iterfind(f"{_WADL}param"))
        }
        # A literal part, then the name of a variable one, and so on in turn.
        parts = re.split(r"\{(\w+)\}", path)
        pattern = "".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )
        for method in resource.iterfind(f"{_WADL}method"):
            asked = list(method.iterfind(f"{_WADL}request/{_WADL}param"))
            body = method.find(f"{_WADL}request/{_WADL}representation")
            yield _Operation(
                method=method.attrib["name"],
                path=re.compile(pattern),
                parameters=parameters,
                query=(*self.keys, *_styled(asked, "query")),
                headers=_styled(asked, "header"),
                media_type=None if body is None else body.attrib["mediaType"],
                fields=()
                if body is None
                else tuple(map(_Parameter.read, body.iterfind(f"{_WADL}param"))),
                element=None if body is None else self._element(body),
            )
        for inner in resource.iterfind(f"{_WADL}resource"):
            yield from self.operations(inner, path, parameters)

    def _element(self, body: ET.Element) -> XsdElement | None:
        name = body.get("element")
        if name is None or self.xsd is None:
            return None
        local = name.rpartition(":")[2]
        return next(one for one in self.xsd.elements.values() if one.local_name == local)


def _styled(parameters: list[ET.Element], style: str) -> tuple[_Parameter, ...]:
    return tuple(_Parameter.read(each) for each in parameters if each.get("style") == style)


def _xml_problems(element: XsdElement, body: bytes) -> Iterator[str]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        yield "The body is not application/xml."
        return
    if root.tag != element.name:
        yield f"The body is <{root.tag}> instead of <{element.name}>."
        return
    for error in element.iter_errors(root):
        yield f"The body at {error.path}: {error.reason}"
