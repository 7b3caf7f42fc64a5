"""Answers that a spec allows, and what can be wrong with one."""

import json
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import strategies as st
from polycast.wire import EncodeError, strict_xml
from polycast_codegen import ir
from polycast_codegen.check import service_of
from polycast_codegen.document import SpecFile

__all__ = ["answers", "as_json", "as_xml", "bodies", "damaged"]

SPECS = Path(__file__).parents[2] / "specs"

#: A place in an answer: keys and indexes from the root.
Place: TypeAlias = tuple[str | int, ...]

_TEXTS = st.sampled_from(["", "1", "OK", "a1", "+380961234567", "Привіт", "2026-01-02T03:04:05Z"])
_TEXTS |= st.text(st.characters(codec="utf-8", min_codepoint=32, max_codepoint=0xD7FF), max_size=8)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "str": _TEXTS,
    "int": st.integers(-2, 40) | st.integers(-(10**14), 10**14),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "bool": st.booleans(),
}
#: What JSON can say and Python cannot hold, put in after the rest is written.
_TOKENS = {
    "<NaN>": b"NaN",
    "<Infinity>": b"-Infinity",
    "<1e999>": b"1e999",
    "<digits>": b"9" * 5000,
    "<surrogate>": rb'"\ud83d half"',
    "<deep>": b"[" * 100_000 + b"]" * 100_000,
    "<nested>": b'{"a":' * 300 + b"1" + b"}" * 300,
}
_WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.5, 7.0, 10**30, "", "1", "01", "x", [], {}, [[]], [None]]
) | st.sampled_from([*_TOKENS])


@cache
def _service(spec: str) -> ir.Service:
    return service_of(SpecFile.read(SPECS / spec))


def answers(spec: str, names: Collection[str]) -> st.SearchStrategy[Any]:
    """Return answers that a spec allows, as JSON has them.

    Args:
        spec: the spec's file.
        names: operations whose answers they are, or classes.
    """
    service = _service(spec)
    types: list[ir.Type] = [ir.Object(name) for name in names if name in service.records]
    for operation in service.operations:
        if operation.name in names:
            types += [each.type for each in operation.outcomes if each.type is not None]
    assert types, names
    return st.one_of([_values(service, type_) for type_ in types])


def _values(service: ir.Service, type_: ir.Type, field: ir.Field | None = None) -> Any:
    known = field.known if field is not None else ()
    match type_:
        case ir.Scalar(kind=kind):
            words = st.sampled_from(known) if known else st.nothing()
            return words | _SCALARS[kind]
        case ir.Null():
            return st.none()
        case ir.Moment():
            return st.sampled_from(["2026-01-02T03:04:05Z", "2026-01-02", 1_700_000_000])
        case ir.Choice(values=values):
            return st.sampled_from(values)
        case ir.List(item=item):
            return st.lists(_values(service, item), max_size=3)
        case ir.Dict(value=value):
            return st.dictionaries(_TEXTS, _values(service, value), max_size=3)
        case ir.Union(members=members):
            return st.one_of([_values(service, member, field) for member in members])
        case ir.Object(name=name):
            fields = {
                _name(each): (each.required, _values(service, each.type, each))
                for each in service.records[name].fields
            }
            return st.fixed_dictionaries(
                {key: value for key, (required, value) in fields.items() if required},
                optional={key: value for key, (required, value) in fields.items() if not required},
            )
    return _WRONG


def _name(field: ir.Field) -> str:
    if isinstance(field.type, ir.List) and not field.xml.wrapped and field.type.item_tag:
        return field.type.item_tag
    return field.wire_name


# Damage


@st.composite
def damaged(
    draw: st.DrawFn, whole: st.SearchStrategy[Any], kept: Collection[Place] = (), most: int = 4
) -> Any:
    """Draw an answer in which some values are left out, or are something else.

    Args:
        draw: given by hypothesis.
        whole: the answers to damage.
        kept: the places that stay as they are, with what leads to them.
        most: how many values are damaged.
    """
    value = deepcopy(draw(whole))
    for _ in range(draw(st.integers(0, most))):
        places = [place for place in _places(value) if place and not _leads(place, kept)]
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder = value
        for step in way:
            holder = holder[step]
        match draw(st.sampled_from(["leave out", "another", "alone in a list", "twice"])):
            case "leave out":
                del holder[last]
            case "another":
                holder[last] = deepcopy(draw(_WRONG))
            case "alone in a list":
                holder[last] = [holder[last]]
            case "twice":
                holder[last] = [holder[last], deepcopy(holder[last])]
    return value


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    yield place
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from _places(item, (*place, key))


def _leads(place: Place, kept: Collection[Place]) -> bool:
    return any(place == way[: len(place)] for way in kept)


# Bytes


def as_json(value: Any) -> bytes:
    """Write an answer, with what only JSON can say."""
    content = json.dumps(value, ensure_ascii=False).encode()
    for token, written in _TOKENS.items():
        content = content.replace(f'"{token}"'.encode(), written)
    return content


def as_xml(value: Any) -> bytes:
    """Write an answer of Ogangi's: elements without a root around them."""
    try:
        content = strict_xml.write({"response": _as_elements(value)})
    except EncodeError:
        return b"<response><status>OK</status></response>"
    return content.partition(b"<response>")[2].rpartition(b"</response>")[0]


def _as_elements(value: Any) -> Any:
    if isinstance(value, dict):
        elements = {key: _as_elements(item) for key, item in value.items()}
        return {key: item for key, item in elements.items() if item != []}
    if isinstance(value, list):
        flat = [_as_elements(item) for item in value]
        return [item for item in flat if not isinstance(item, list)]
    return None if value is None else str(value)


_BODY_DAMAGE: list[Callable[[bytes], bytes]] = [
    lambda body: body,
    lambda body: body[: len(body) // 2],
    lambda body: body[:-1],
    lambda body: b"[" + body + b"]",
    lambda body: b"[" + body + b"," + body + b"]",
    lambda body: body.replace(b"{", b'{"id": 0, "uuid": null, "status": {}, "messages": 5, '),
    lambda body: body.decode().encode("windows-1251", "replace"),
    lambda body: body.decode().encode("utf-16"),
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.replace(b"a", b"\xff"),
    lambda body: b"<html><title>" + body[:50] + b"</title></html>",
    lambda body: b"",
    lambda body: b"null",
    lambda body: b"\x00" + body,
    lambda body: b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>" + body,
    lambda body: b"<a>" * 5000 + body + b"</a>" * 5000,
    lambda body: b"<?xml version='1.0' encoding='x-nothing'?>" + body,
]


def bodies(values: st.SearchStrategy[Any], write: Callable[[Any], bytes]) -> Any:
    """Return the bytes of answers, half of them damaged as a whole as well."""
    damage = st.one_of(st.just(_BODY_DAMAGE[0]), st.sampled_from(_BODY_DAMAGE))
    return st.builds(lambda value, harm: harm(write(value)), values, damage)
