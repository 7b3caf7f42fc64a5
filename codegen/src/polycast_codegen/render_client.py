"""client.py from a service."""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from polycast_codegen import ir
from polycast_codegen.docstrings import docstring
from polycast_codegen.pytypes import annotation, literal, optional

__all__ = ["ClientPage", "render_client", "returns"]


@attrs.frozen
class _Method:
    name: str
    signature: str
    returns: str
    docstring: str
    answers: str
    arguments: str


@attrs.frozen
class ClientPage:
    """What the template of client.py is filled with."""

    docstring: str
    servers: str
    variables: str
    security: str
    security_type: str
    constants: tuple[str, ...]
    methods: tuple[_Method, ...]


def render_client(service: ir.Service, encoders: Mapping[str, str]) -> ClientPage:
    """Write the calls.

    Args:
        service: the service.
        encoders: the function of models.py that writes an operation's body, for those bodies
            that have no class.
    """
    formats: dict[str, str] = {}
    methods = tuple(
        _method(operation, formats, encoders.get(operation.name))
        for operation in service.operations
    )
    words = "\n\n".join(text for text in (service.title, service.description) if text)
    return ClientPage(
        docstring=docstring(words or "A client.", [], indent=4),
        servers=_mapping({name: literal(url) for name, url in service.servers.items()}),
        variables=_mapping({name: literal(text) for name, text in service.variables.items()}),
        security=_mapping({name: _scheme(one) for name, one in service.security.items()}),
        security_type=_scheme_types(service.security.values()),
        constants=tuple(f"{name} = Strptime({literal(text)})" for text, name in formats.items()),
        methods=methods,
    )


def _mapping(entries: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{literal(key)}: {value}" for key, value in entries.items()) + "}"


def _scheme_types(schemes: Iterable[ir.Scheme]) -> str:
    """Return the type of the schemes: a plugin asks each for what only its own kind has."""
    kinds = sorted({f"wire.{scheme.factory}" for scheme in schemes})
    return f"ClassVar[dict[str, {' | '.join(kinds)}]]" if kinds else "ClassVar"


def _scheme(scheme: ir.Scheme) -> str:
    arguments = [] if scheme.argument is None else [literal(scheme.argument)]
    arguments += [] if scheme.prefix is None else [f"prefix={literal(scheme.prefix)}"]
    return f"wire.{scheme.factory}({', '.join(arguments)})"


def _method(operation: ir.Operation, formats: dict[str, str], encoder: str | None) -> _Method:
    asked = [parameter for parameter in operation.parameters if not parameter.supplied]
    return _Method(
        name=operation.name,
        signature=", ".join(_signature(operation, asked)),
        returns=returns(operation),
        docstring=_words(operation, asked),
        answers=_answers_type(operation),
        arguments=", ".join(_arguments(operation, asked, formats, encoder)),
    )


def _answers_type(operation: ir.Operation) -> str:
    """Return the annotation that a table of different answers needs, if they differ."""
    whole = returns(operation)
    successes = {_answer(outcome)[1] for outcome in operation.outcomes if outcome.successful}
    if any(source == "Any" or " | " in source for source in successes):
        # What no `type[...]` can say.
        return f"dict[str, tuple[str, Any]] = {_table(operation)}"
    return (
        f"dict[str, tuple[str, type[{whole}]]] = {_table(operation)}" if len(successes) > 1 else ""
    )


def _table(operation: ir.Operation) -> str:
    return _mapping(
        {
            outcome.status: f"({literal(_answer(outcome)[0])}, {_answer(outcome)[1]})"
            for outcome in operation.outcomes
            if outcome.successful
        }
    )


def _signature(operation: ir.Operation, asked: list[ir.Parameter]) -> Iterator[str]:
    yield "self"
    for parameter in asked:
        if parameter.location == "path":
            source = annotation(parameter.type)
            yield f"{parameter.name}: {source}{'' if parameter.null is None else ' | None'}"
    if operation.body is not None:
        source = _body_annotation(operation.body)
        yield f"body: {source}" if operation.body.required else f"body: {optional(source)} = UNSET"
    keywords = [parameter for parameter in asked if parameter.location != "path"]
    if keywords:
        yield "*"
    for parameter in sorted(keywords, key=lambda one: not one.required):
        source = annotation(parameter.type)
        if parameter.required:
            yield f"{parameter.name}: {source}"
        else:
            yield f"{parameter.name}: {optional(source)} = UNSET"


def _body_annotation(body: ir.Body) -> str:
    return "bytes" if body.format == "bytes" else annotation(body.type, "m.")


def returns(operation: ir.Operation) -> str:
    """Return the annotation of what an operation's method returns."""
    types: list[str] = []
    for outcome in operation.outcomes:
        if outcome.successful:
            source = _answer(outcome)[1]
            types += ["None"] if source == "type(None)" else source.split(" | ")
    if "Any" in types:
        return "Any"
    return " | ".join(sorted(dict.fromkeys(types), key=lambda source: source == "None"))


def _answer(outcome: ir.Outcome) -> tuple[str, str]:
    if outcome.format == "text":
        return "text", "str"
    if outcome.format == "bytes":
        return "bytes", "bytes"
    if outcome.type is None:
        return "empty", "type(None)"
    if isinstance(outcome.type, ir.Null):
        return outcome.format, "type(None)"
    return outcome.format, annotation(outcome.type, "m.")


def _words(operation: ir.Operation, asked: list[ir.Parameter]) -> str:
    entries = [(parameter.name, parameter.description) for parameter in asked]
    if any(words for _, words in entries):
        if operation.body is not None:
            at = sum(parameter.location == "path" for parameter in asked)
            entries.insert(at, ("body", "what to send."))
        sources = {parameter.name: parameter.wire_name for parameter in asked}
        entries = [(name, words or f"the provider's `{sources[name]}`.") for name, words in entries]
    else:
        entries = []
    return docstring(
        operation.description or f"Call `{operation.operation_id}`.",
        [("Args", entries)],
        indent=8,
    )


def _arguments(
    operation: ir.Operation,
    asked: list[ir.Parameter],
    formats: dict[str, str],
    encoder: str | None,
) -> Iterator[str]:
    yield literal(operation.name)
    yield literal(operation.http_method)
    yield literal(operation.path)
    yield "answers" if _answers_type(operation) else _table(operation)
    accept = _accept(operation)
    for keyword, location in (("path_values", "path"), ("query", "query"), ("headers", "header")):
        values = {"Accept": literal(accept)} if location == "header" and accept else {}
        values |= {
            parameter.wire_name: _value(parameter, formats)
            for parameter in asked
            if parameter.location == location
        }
        if values:
            yield f"{keyword}={_mapping(values)}"
    if operation.body is not None:
        content = f"m.{encoder}(body)" if encoder else "body"
        media_type = _media_type(operation.body)
        named = f", {literal(media_type)}" if media_type else ""
        pair = f"({literal(operation.body.format)}, {content}{named})"
        yield (
            f"body={pair}"
            if operation.body.required
            else (f"body=None if body is UNSET else {pair}")
        )
    supplied = tuple(
        parameter.wire_name for parameter in operation.parameters if parameter.supplied
    )
    if supplied:
        yield f"supplied={literal(supplied)}"
    if operation.safe != (operation.http_method in ("GET", "HEAD")):
        yield f"safe={operation.safe}"
    if operation.server != "default":
        yield f"server={literal(operation.server)}"
    if operation.anonymous:
        yield "anonymous=True"


def _accept(operation: ir.Operation) -> str:
    """Return the media type to ask for, where the payload format alone does not say it."""
    for outcome in operation.outcomes:
        if outcome.successful and outcome.format == "json":
            return "" if outcome.media_type.endswith("/json") else outcome.media_type
    return ""


def _media_type(body: ir.Body) -> str:
    """Return the media type of a body, likewise."""
    usual = {
        "json": "application/json",
        "bytes": "application/octet-stream",
        "xml": "application/xml",
        "text": "text/plain",
    }
    return "" if body.media_type == usual.get(body.format, body.media_type) else body.media_type


def _value(parameter: ir.Parameter, formats: dict[str, str]) -> str:
    source = parameter.name
    moment = isinstance(parameter.type, ir.Moment) and parameter.type.format != "date-time"
    if isinstance(parameter.type, ir.Moment) and moment:
        source = f"{_format(parameter.type, formats)}.encode({source})"
    elif parameter.between is not None:
        source = f"Joined({source}, {literal(parameter.between)})"
    if source != parameter.name and not parameter.required and parameter.location != "path":
        source = f"UNSET if {parameter.name} is UNSET else {source}"
    if parameter.null is not None:
        source = f"{literal(parameter.null)} if {parameter.name} is None else {source}"
    return source


def _format(moment: ir.Moment, formats: dict[str, str]) -> str:
    fixed = {
        "date": "DATE",
        "x-epoch-seconds": "EPOCH_SECONDS",
        "x-epoch-milliseconds": "EPOCH_MILLISECONDS",
        "x-rfc2822": "RFC2822",
    }
    if moment.format in fixed:
        return fixed[moment.format]
    pattern = moment.format.partition(":")[2]
    return formats.setdefault(pattern, f"_FORMAT_{len(formats) + 1}")
