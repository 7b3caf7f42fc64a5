"""Closed lists of words in answers, which providers extend without a word."""

from collections.abc import Iterable, Mapping

import attrs

from polycast_codegen import ir
from polycast_codegen.pytypes import objects_in

__all__ = ["opened"]


def opened(service: ir.Service) -> ir.Service:
    """Return the service with open vocabularies in what is only answered.

    A word that a spec does not list is no reason to call an answer unreadable: in classes that no
    request holds, a closed list of strings is a string, and one of integers an integer.
    """
    sent = _reached(
        service.records,
        [operation.body.type for operation in service.operations if operation.body is not None],
    )
    answered = _reached(
        service.records,
        [
            outcome.type
            for operation in service.operations
            for outcome in operation.outcomes
            if outcome.type is not None
        ],
    )
    records = {
        name: _open_record(record) if name in answered - sent else record
        for name, record in service.records.items()
    }
    operations = tuple(
        attrs.evolve(
            operation,
            outcomes=tuple(
                attrs.evolve(one, type=None if one.type is None else _open(one.type))
                for one in operation.outcomes
            ),
        )
        for operation in service.operations
    )
    return attrs.evolve(service, records=records, operations=operations)


def _reached(records: Mapping[str, ir.Record], types: Iterable[ir.Type]) -> set[str]:
    reached: set[str] = set()
    left = list(objects_in(types))
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            record = records[name]
            left += objects_in(field.type for field in record.fields)
            left += [] if record.additional is None else objects_in([record.additional])
    return reached


def _open_record(record: ir.Record) -> ir.Record:
    return attrs.evolve(
        record,
        fields=tuple(attrs.evolve(field, type=_open(field.type)) for field in record.fields),
        additional=None if record.additional is None else _open(record.additional),
    )


def _open(type_: ir.Type) -> ir.Type:
    match type_:
        case ir.Choice(values=values):
            return ir.Scalar("str" if isinstance(values[0], str) else "int")
        case ir.List(item=item):
            return attrs.evolve(type_, item=_open(item))
        case ir.Dict(value=value):
            return ir.Dict(_open(value))
        case ir.Union(members=members):
            return attrs.evolve(
                type_, members=tuple(dict.fromkeys(_open(member) for member in members))
            )
    return type_
