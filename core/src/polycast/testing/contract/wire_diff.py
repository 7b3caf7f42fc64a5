"""What left, field by field: so that a difference is seen, and noise is not taken for one."""

import json
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from urllib.parse import parse_qsl, unquote

from werkzeug.formparser import parse_form_data

from polycast.sandbox import Received

__all__ = ["Fields", "carries", "changed", "fields"]

#: The values that requests carried, by where each stood.
Fields = dict[str, str]


def fields(requests: Iterable[Received]) -> Fields:
    """Return every value that these requests carried in their paths, queries and bodies."""
    found: Fields = {}
    for number, request in enumerate(requests):
        place = f"{number} {request.operation}"
        for index, segment in enumerate(request.path.split("/")):
            found[f"{place} path {index}"] = unquote(segment)
        for index, (name, value) in enumerate(parse_qsl(request.query, keep_blank_values=True)):
            found[f"{place} query {index} {name}"] = value
        for name, value in _body(request):
            found[f"{place} body {name}"] = value
    return found


def changed(plain: Sequence[Fields], other: Fields) -> list[str]:
    """Return the places where `other` differs from requests that say the same twice.

    What already differs between those two is a number of a request, a boundary, a moment: it
    says nothing.

    Args:
        plain: of two requests that were asked for in the same words.
        other: of one that was asked for in others.
    """
    first, second = plain
    noise = {place for place in first | second if first.get(place) != second.get(place)}
    return sorted(
        place
        for place in first | other
        if place not in noise and first.get(place) != other.get(place)
    )


def carries(found: Fields, value: str) -> bool:
    """Tell whether a value is among those that were carried, whole or as a part of one."""
    return any(value in each for each in found.values())


def _body(request: Received) -> Iterator[tuple[str, str]]:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" or kind == "application/x-www-form-urlencoded":
        environ = {
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers["Content-Type"],
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.input": BytesIO(request.body),
        }
        _, form, files = parse_form_data(environ)
        for index, (name, value) in enumerate(form.items(multi=True)):
            yield from _told(f"{index} {name}", value)
        for name, file in files.items(multi=True):
            with file.stream as stream:
                yield f"file {name} name", file.filename or ""
                yield f"file {name}", stream.read().decode("utf-8", "replace")
        return
    yield from _told("", request.body.decode("utf-8", "replace"))


def _told(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Tell a text by its values where it is JSON, and as it stands otherwise."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    yield from _leaves(name, value)


def _leaves(place: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for name, item in value.items():
                yield from _leaves(f"{place}.{name}", item)
        case list():
            for index, item in enumerate(value):
                yield from _leaves(f"{place}[{index}]", item)
        case str():
            yield place, value
        case _:
            yield place, json.dumps(value)
