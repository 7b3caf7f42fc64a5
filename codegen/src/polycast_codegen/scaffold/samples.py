"""Calls with values of the right types, for tests that only need a call to be made."""

from collections.abc import Iterator
from typing import Final

from polycast_codegen import ir
from polycast_codegen.pytypes import literal
from polycast_codegen.render_client import returns

__all__ = ["sample_call", "tellable"]

_SCALARS: Final = {"str": '"text"', "int": "1", "float": "1.0", "bool": "True"}


def tellable(operation: ir.Operation) -> bool:
    """Return whether an operation answers with something."""
    return returns(operation) != "None"


def sample_call(service: ir.Service, operation: ir.Operation) -> str:
    """Return the source of a call of the client `api`."""
    return f"api.{operation.name}({', '.join(_arguments(service, operation))})"


def _arguments(service: ir.Service, operation: ir.Operation) -> Iterator[str]:
    needed = [one for one in operation.parameters if one.required and not one.supplied]
    yield from (_sample(service, one.type) for one in needed if one.location == "path")
    if operation.body is not None and operation.body.required:
        yield _sample(service, operation.body.type, whole=operation.body.format)
    for one in needed:
        if one.location != "path":
            yield f"{one.name}={_sample(service, one.type)}"


def _sample(service: ir.Service, type_: ir.Type, whole: str = "") -> str:
    match type_:
        case ir.Scalar(kind=kind):
            return _SCALARS[kind]
        case ir.Choice(values=values):
            return literal(values[0])
        case ir.Moment(format="date"):
            return "date(2026, 1, 2)"
        case ir.Moment(format=name):
            naive = name.startswith("x-strptime:") and "z" not in name.removeprefix("x-strptime:")
            return f"datetime(2026, 1, 2{'' if naive else ', tzinfo=UTC'})"
        case ir.List(item=item):
            return f"[{_sample(service, item)}]"
        case ir.Union(members=members):
            return _sample(service, next(one for one in members if one != ir.Null()))
        case ir.Object(name=name):
            fields = (
                f"{field.name}={_sample(service, field.type)}"
                for field in service.records[name].fields
                if field.required
            )
            return f"m.{name}({', '.join(fields)})"
        case ir.File():
            return 'b"text"' if whole == "bytes" else 'File("text.txt", b"text")'
        case ir.Dict() | ir.Anything():
            return "{}"
        case ir.Null():
            return "None"
