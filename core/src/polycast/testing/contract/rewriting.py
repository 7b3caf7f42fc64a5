"""The sandbox's own answers, changed on their way: a field at a time, or all of them."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar
from xml.etree import ElementTree as ET

import attrs
from werkzeug.wrappers import Response

from polycast.sandbox import Fault
from polycast.sandbox.faults import Afflicted

__all__ = ["Recorded", "Rewritten", "Variant", "echoing", "variants"]


@attrs.frozen
class Rewritten(Fault):
    """The request is carried out, and its answer is changed.

    Attributes:
        rewrite: returns the body that is told in place of the one it is given.
        status: the HTTP status that is told; the answer's own when None.
    """

    kind: ClassVar[str] = "rewritten"
    rewrite: Callable[[bytes], bytes]
    status: int | None = None

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer, and change the answer."""
        response = proceed()
        response.set_data(self.rewrite(response.get_data()))
        if self.status is not None:
            response.status_code = self.status
        return response


@attrs.define
class Recorded:
    """Keeps the bodies that went through it unchanged; its `keep` is a `Rewritten.rewrite`."""

    bodies: list[bytes] = attrs.field(factory=list)

    def keep(self, body: bytes) -> bytes:
        """Keep a body."""
        self.bodies.append(body)
        return body


@attrs.frozen
class Variant:
    """A body with one field changed.

    Args:
        place: what was changed, and how, for sentences.
        held: every value that was in that field, as text.
        body: the body.
    """

    place: str
    held: frozenset[str]
    body: bytes

    @property
    def told(self) -> "Rewritten":
        """Have the sandbox answer with it."""
        return Rewritten(lambda _: self.body)


def variants(body: bytes) -> Iterator[Variant]:
    """Yield a body with each of its fields left out, empty, and of another type, one at a time.

    JSON, and XML; a body of another form has no fields, and none is yielded.
    """
    try:
        whole = json.loads(body)
    except ValueError:
        yield from _xml_variants(body)
        return
    for path in _paths(whole, ()):
        value = _at(whole, path)
        name = ".".join(map(str, path))
        held = frozenset(_leaves(value))
        yield Variant(f"{name} left out", held, _json(whole, path, None, remove=True))
        if value is not None:
            yield Variant(f"{name} null", held, _json(whole, path, None))
        yield Variant(f"{name} of another type", held, _json(whole, path, _mistyped(value)))


def echoing(secret: str) -> Callable[[bytes], bytes]:
    """Return a `Rewritten.rewrite` that puts a secret at the end of every text of a body."""

    def echo(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: echo(item) for name, item in value.items()}
        if isinstance(value, list):
            return [echo(item) for item in value]
        return f"{value} {secret}" if isinstance(value, str) else value

    def rewrite(body: bytes) -> bytes:
        try:
            return json.dumps(echo(json.loads(body))).encode()
        except ValueError:
            pass
        try:
            root = ET.fromstring(body)
        except ET.ParseError:
            return body + b" " + secret.encode()
        for element in root.iter():
            if element.text and element.text.strip() and not element.text.strip().isdecimal():
                element.text += f" {secret}"
        return ET.tostring(root)

    return rewrite


# JSON.


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every field; of a list, those of its first item stand for all."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from _paths(item, (*path, name))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*path, 0))


def _at(whole: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        whole = whole[part]
    return whole


def _json(whole: Any, path: tuple[Any, ...], value: Any, *, remove: bool = False) -> bytes:
    changed = copy.deepcopy(whole)
    inner = _at(changed, path[:-1])
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return json.dumps(changed).encode()


def _mistyped(value: Any) -> Any:
    match value:
        case str():
            return [value]
        case dict() | list() | None:
            return 7
        case _:
            return "odd"


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


# XML.


def _xml_variants(body: bytes) -> Iterator[Variant]:
    try:
        root = ET.fromstring(body)
    except ET.ParseError:
        return
    for place, element in enumerate(root.iter()):
        if element is root:
            continue
        name = element.tag.rpartition("}")[2]
        held = frozenset(text.strip() for text in element.itertext() if text.strip())
        held |= {value for each in element.iter() for value in each.attrib.values()}
        for how, change in (("left out", None), ("empty", ""), ("of another type", "odd")):
            changed = copy.deepcopy(root)
            inner = list(changed.iter())[place]
            if change is None:
                [parent] = [each for each in changed.iter() if inner in list(each)]
                parent.remove(inner)
            else:
                inner.clear()
                inner.text = change
            yield Variant(f"{name} {how}", held, ET.tostring(changed))
