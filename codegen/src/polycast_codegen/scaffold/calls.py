"""The two calls every provider needs, as the source of what makes them and reads their answers."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence

import attrs

from polycast_codegen import ir
from polycast_codegen.pytypes import annotation, objects_in, phrase
from polycast_codegen.render_client import returns
from polycast_codegen.scaffold.guesses import field_like
from polycast_codegen.scaffold.prose import plain

__all__ = ["Call", "Line", "call_of"]


@attrs.frozen
class Line:
    """One keyword of a call that is left to its author.

    Attributes:
        name: the keyword.
        value: the source of a value, a guess; `...` where there is none.
        about: what the spec says of it.
    """

    name: str
    value: str
    about: str


@attrs.frozen(kw_only=True)
class Call:
    """An operation that a hook asks.

    Attributes:
        name: the method of the generated client.
        verb: its method and path, as documents name it.
        returns: the annotation of its answer.
        body: the class of its body, where it has one with a class.
        arguments: the source of its arguments, where they follow from the id or the body; None
            where its author has to say them.
        lines: its keywords, where its author has to say them.
        body_lines: the keywords of its body, where that has a class.
        answer: the fields of its answer.
        reading: the source of what reads a request's body, in the sandbox.
        id_field: the field of the answer that names the message, where one is called so.
        state_field: the field of the answer that tells the state, likewise.
        fields: the fields of the body.
        asked_id: the source of what reads the id from a request, in the sandbox; "" where the
            operation does not go by one.
    """

    name: str
    verb: str
    returns: str
    body: str
    arguments: str | None
    lines: tuple[Line, ...]
    body_lines: tuple[Line, ...]
    answer: tuple[ir.Field, ...]
    reading: str
    id_field: ir.Field | None
    state_field: ir.Field | None
    fields: tuple[ir.Field, ...]
    asked_id: str

    @property
    def told_id(self) -> str:
        """The source of the id that the sandbox gave a message, as the answer tells it."""
        number = self.id_field is not None and self.id_field.type == ir.Scalar("int")
        return "int(taken.id)" if number else "taken.id"

    @property
    def id_kind(self) -> str:
        """The source of the type of the answer's id, such as `str | int`; "" if it has none."""
        if self.id_field is None:
            return ""
        type_ = self.id_field.type
        members = type_.members if isinstance(type_, ir.Union) else (type_,)
        scalars = {one.kind: None for one in members if isinstance(one, ir.Scalar)}
        return " | ".join(kind for kind in scalars if kind in ("str", "int"))

    @property
    def id_certain(self) -> bool:
        """Whether each answer names one message: its id is required, and always of `id_kind`."""
        return (
            self.id_field is not None
            and self.id_field.required
            and isinstance(self.id_field.type, ir.Scalar)
        )

    def reads(self, idea: str) -> str:
        """Return the source of what reads a field of a request's body, in the sandbox.

        Args:
            idea: what the field's name has to suggest, such as `to`.
        """
        field = field_like(self.fields, idea)
        if field is None:
            return "..."
        if self.reading.startswith("ElementTree"):
            return f'body.findtext({json.dumps(field.xml.tag)}, "")'
        return f"body[{json.dumps(field.wire_name)}]"

    @property
    def answer_lines(self) -> list[str]:
        """What the answer holds, one field each."""
        return [f"{field.name}: {_about(field.type, field.description)}" for field in self.answer]


def call_of(service: ir.Service, operation: ir.Operation, mapper: str) -> Call:
    """Return an operation as a hook asks it.

    Args:
        service: the spec.
        operation: the operation.
        mapper: the source of what makes its body from a message; "" for a call that only has the
            id of a message.
    """
    asked = [one for one in operation.parameters if not one.supplied]
    needed = [one for one in asked if one.required]
    body = operation.body
    record = _record(service, body.type) if body is not None else None
    arguments: str | None = None
    if returns(operation) == "None":
        pass  # an empty answer names no message: its author has to say what does
    elif mapper and record is not None and not needed:
        arguments = mapper
    elif not mapper and body is None and len(needed) == 1 and needed[0].type == ir.Scalar("str"):
        [only] = needed
        arguments = "id" if only.location == "path" else f"{only.name}=id"
    carried = "" if body is None else mapper if record is not None else "..."
    answer = next((each for each in operation.outcomes if each.successful), None)
    told = None if answer is None or answer.type is None else _record(service, answer.type)
    fields = told.fields if told is not None else ()
    return Call(
        name=operation.name,
        verb=f"{operation.http_method} {operation.path}",
        returns=returns(operation),
        body="" if record is None else f"m.{record.name}",
        arguments=arguments,
        lines=() if arguments else tuple(_parameters(asked, carried)),
        body_lines=() if record is None else tuple(_fields(record.fields)),
        answer=fields,
        reading=_reading(body),
        id_field=field_like(fields, "id"),
        state_field=field_like(fields, "state"),
        fields=record.fields if record is not None else (),
        asked_id=_asked_id(needed),
    )


def _record(service: ir.Service, type_: ir.Type) -> ir.Record | None:
    names = list(objects_in([type_])) if isinstance(type_, ir.Object) else []
    return service.records[names[0]] if names else None


def _fields(fields: Iterable[ir.Field]) -> Iterator[Line]:
    fields = tuple(fields)
    guesses = {
        "to": "message.address",
        "text": 'message.text or ""',
        "sender": "message.sender or UNSET",
    }
    guessed = {
        field.name: guesses[idea]
        for idea in guesses
        if (field := field_like(fields, idea)) is not None and field.type == ir.Scalar("str")
    }
    for field in fields:
        value = guessed.get(field.name, "...")
        if value.endswith("or UNSET") and field.required:
            value = value.replace("or UNSET", 'or ""')
        about = _about(field.type, field.description, optional=not field.required)
        yield Line(field.name, value, about)


def _asked_id(needed: Sequence[ir.Parameter]) -> str:
    if len(needed) != 1:
        return ""
    [only] = needed
    if only.location == "path":
        return f"call.values[{json.dumps(re.sub(r'[^a-zA-Z0-9_]', '_', only.wire_name))}]"
    return f"call.request.args[{json.dumps(only.wire_name)}]" if only.location == "query" else ""


def _parameters(asked: Iterable[ir.Parameter], carried: str) -> Iterator[Line]:
    for one in asked:
        if one.location == "path":
            yield Line(one.name, "...", _about(one.type, one.description))
    if carried:
        yield Line("body", carried, "what it carries")
    for one in asked:
        if one.location != "path":
            about = _about(one.type, one.description, optional=not one.required)
            yield Line(one.name, "...", about)


def _about(type_: ir.Type, description: str, *, optional: bool = False) -> str:
    kind = f"m.{annotation(type_)}" if isinstance(type_, ir.Object) else phrase(type_)
    words = f"{kind}, may be left out" if optional else kind
    first = re.split(r"(?<=[.!?])\s", plain(description), maxsplit=1)[0]
    text = f"{words}: {first}" if first else words
    return text if len(text) <= 70 else f"{text[:69]}…"


def _reading(body: ir.Body | None) -> str:
    if body is None:
        return "call.request.args"
    return {
        "json": "call.request.get_json()",
        "form": "call.request.form",
        "multipart": "call.request.form",
        "text": "call.request.get_data(as_text=True)",
        "xml": "ElementTree.fromstring(call.request.get_data())",
    }.get(body.format, "call.request.get_data()")
