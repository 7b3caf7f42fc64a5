"""What a newer version of a spec changes in the operations of a client."""

from collections.abc import Iterator, Mapping

from polycast_codegen import ir
from polycast_codegen.pytypes import annotation, objects_in
from polycast_codegen.reading import Reading

__all__ = ["changes"]


def changes(old: Reading, new: Reading) -> list[str]:
    """Return a sentence for each difference, the operations in their order.

    Descriptions and limits are not compared: they change nothing on the wire.

    Args:
        old: the spec that the client was made from.
        new: the newer spec, read with the same `--only` and `--overlay`.
    """
    before, after = _facts(old.service), _facts(new.service)
    found = []
    for place in {**before, **after}:
        if place not in after:
            found.append(f"{place} is gone (it was {before[place]})")
        elif place not in before:
            found.append(f"{place} is new: {after[place]}")
        elif before[place] != after[place]:
            found.append(f"{place} was {before[place]}, and is {after[place]}")
    return found


def _facts(service: ir.Service) -> dict[str, str]:
    facts = {f"the server {name!r}": url for name, url in service.servers.items()}
    facts |= {f"the security scheme {name!r}": str(one) for name, one in service.security.items()}
    for operation in service.operations:
        facts |= _operation(service.records, operation)
    return facts


def _operation(records: Mapping[str, ir.Record], operation: ir.Operation) -> dict[str, str]:
    name = operation.name
    facts = {name: f"{operation.http_method} {operation.path}"}
    for one in operation.parameters:
        place = f"{name}, parameter {one.wire_name!r} in the {one.location}"
        facts[place] = _value(one.type, required=one.required)
    if (body := operation.body) is not None:
        facts[f"{name}, body"] = f"{body.format}, {_value(body.type, required=body.required)}"
        facts |= dict(_fields(records, body.type, f"{name}, body", ()))
    for outcome in operation.outcomes:
        if outcome.successful:
            place = f"{name}, answer {outcome.status}"
            facts[place] = outcome.format
            if outcome.type is not None:
                facts[place] += f", {annotation(outcome.type)}"
                facts |= dict(_fields(records, outcome.type, place, ()))
    return facts


def _fields(
    records: Mapping[str, ir.Record], type_: ir.Type, place: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name in objects_in([type_]):
        if name in above:
            continue
        for field in records[name].fields:
            inner = f"{place}.{field.wire_name}"
            yield inner, _value(field.type, required=field.required, known=field.known)
            yield from _fields(records, field.type, inner, (*above, name))


def _value(type_: ir.Type, *, required: bool, known: tuple[str | int, ...] = ()) -> str:
    words = "required" if required else "optional"
    values = f", one of {', '.join(map(str, known))}" if known else ""
    return f"{annotation(type_)}, {words}{values}"
