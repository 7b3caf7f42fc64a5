"""Which of several objects one is: by a property that names it, else by what it must have."""

from collections.abc import Mapping, Sequence

from polycast_codegen import ir
from polycast_codegen.pytypes import literal

__all__ = ["choices"]


def choices(
    records: Mapping[str, ir.Record], names: Sequence[str], tags: ir.Tags | None
) -> list[tuple[str, str]]:
    """Return a condition on the dictionary `value` for each class, in the order to try them.

    At most one has no condition, "", and it is the last: nothing tells it from the others.

    Args:
        records: the classes.
        names: those to choose from.
        tags: the property that a `discriminator` names.
    """
    found: list[tuple[int, str, str]] = []
    told = _tagged(records, names, tags)
    rest = [name for name in names if name not in told]
    for name, condition in told.items():
        found.append((0, condition, name))
    required = {name: _names(records[name], required=True) for name in rest}
    common = set.intersection(*map(set, required.values())) if len(rest) > 1 else set()
    for name in rest:
        needed = [one for one in required[name] if one not in common]
        others = {one for other in rest if other != name for one in _names(records[other])}
        own = [one for one in _names(records[name]) if one not in others]
        if needed:
            condition = " and ".join(f"{literal(one)} in value" for one in needed)
            found.append((1000 - len(needed), condition, name))
        elif own and (len(rest) > 1 or told):
            condition = f"not value.keys().isdisjoint({literal(tuple(own))})"
            found.append((2000, condition, name))
        else:
            found.append((3000, "", name))
    found.sort(key=lambda one: one[0])
    last = next((index for index, one in enumerate(found) if not one[1]), len(found))
    return [(condition, name) for _, condition, name in found[: last + 1]]


def _tagged(
    records: Mapping[str, ir.Record], names: Sequence[str], tags: ir.Tags | None
) -> dict[str, str]:
    """Return the conditions of classes that a property of a constant value tells."""
    properties = [tags.wire_name] if tags is not None else []
    properties += [
        field.wire_name
        for field in records[names[0]].fields
        if len(field.known) == 1 and field.required
    ]
    for wire_name in properties:
        values = {name: _values(records[name], wire_name) for name in names}
        if tags is not None and wire_name == tags.wire_name:
            for value, name in tags.classes:
                if name in values and value not in values[name]:
                    values[name] = (*values[name], value)
            values = {name: found or (name,) for name, found in values.items()}
        flat = [value for found in values.values() for value in found]
        if all(values.values()) and len(set(flat)) == len(flat):
            return {name: _is_one_of(wire_name, found) for name, found in values.items()}
    return {}


def _values(record: ir.Record, wire_name: str) -> tuple[str | int, ...]:
    return next((one.known for one in record.fields if one.wire_name == wire_name), ())


def _is_one_of(wire_name: str, values: tuple[str | int, ...]) -> str:
    source = f"value.get({literal(wire_name)})"
    if len(values) == 1:
        return f"{source} == {literal(values[0])}"
    return f"{source} in {literal(values)}"


def _names(record: ir.Record, *, required: bool = False) -> list[str]:
    return [one.wire_name for one in record.fields if one.required or not required]
