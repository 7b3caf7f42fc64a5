"""Holding what was said to what a file tells, place by place."""

import json
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from werkzeug.formparser import parse_form_data

from polycast.testing.exchanges.vectors import Body

__all__ = [
    "Bound",
    "Unreadable",
    "differences",
    "expected_body",
    "listed",
    "read_body",
    "written",
]

#: Values that differ in this run from those in the file: the file's, as text, to this run's.
Bound = dict[str, Any]


class Unreadable(Exception):
    """A body that is not of its kind; the message says why."""


def differences(
    expected: Any,
    told: Any,
    bound: Bound,
    *,
    varies: Collection[str] = (),
    more: Collection[str] = (),
    place: str = "",
) -> Iterator[str]:
    """Yield a sentence for each place where what was told is not as expected.

    A value below a name in `varies` has to be of the same type only. It is then kept in `bound`,
    and wherever the file has that value later, this run's is expected in its place.

    Args:
        expected: from the file.
        told: in this run.
        bound: read, and added to.
        varies: names whose values are not compared.
        more: names that `told` may have besides.
        place: where this is, for the sentences.
    """
    yield from _compare(expected, told, bound, varies, more, place, False)


def _compare(
    expected: Any,
    told: Any,
    bound: Bound,
    varies: Collection[str],
    more: Collection[str],
    place: str,
    free: bool,
) -> Iterator[str]:
    if free and expected is None:
        return
    if type(expected) is not type(told):
        yield f"{place or 'the whole'} is {_shown(told)}, and {_shown(expected)} is expected"
    elif isinstance(expected, dict):
        for name in expected:
            if name not in told:
                yield f"{place}.{name} is missing"
                continue
            inner = free or name.rpartition("}")[2] in varies
            yield from _compare(
                expected[name], told[name], bound, varies, more, f"{place}.{name}", inner
            )
        for name in told:
            if name not in expected and name not in more:
                yield f"{place}.{name} is not expected; it is {_shown(told[name])}"
    elif isinstance(expected, list):
        if len(expected) != len(told) and not free:
            yield f"{place} has {len(told)} items, and {len(expected)} are expected"
        for index, (one, other) in enumerate(zip(expected, told, strict=False)):
            yield from _compare(one, other, bound, varies, more, f"{place}[{index}]", free)
    elif free:
        bound[str(expected)] = told
    else:
        wanted = bound.get(str(expected), expected)
        if told != wanted and str(told) != str(wanted):
            yield f"{place or 'the whole'} is {_shown(told)}, and {_shown(wanted)} is expected"


def written(value: Any, bound: Bound) -> Any:
    """Return a value of the file as this run writes it."""
    if isinstance(value, dict):
        return {name: written(item, bound) for name, item in value.items()}
    if isinstance(value, list):
        return [written(item, bound) for item in value]
    if value is None or isinstance(value, bool) or str(value) not in bound:
        return value
    other = bound[str(value)]
    return str(other) if isinstance(value, str) else other


def listed(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the parameters of a query or a form, each as a list of texts."""
    return {
        name: [str(each) for each in value] if isinstance(value, list) else [str(value)]
        for name, value in values.items()
    }


def read_body(kind: str, content: bytes, content_type: str) -> Any:
    """Return a body as `Body.value` has it, ready to be compared.

    Raises:
        Unreadable: it is not of this kind.
    """
    try:
        match kind:
            case "json":
                return json.loads(content)
            case "form":
                pairs = parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True)
                found: dict[str, list[str]] = {}
                for name, value in pairs:
                    found.setdefault(name, []).append(value)
                return found
            case "multipart":
                return list(_parts(content, content_type))
            case "xml":
                return _tree(content.decode())
            case _:
                return content.decode()
    except (ValueError, ET.ParseError) as error:
        raise Unreadable(f"the body is not {kind} ({error}): {content[:200]!r}") from None


def expected_body(body: Body) -> Any:
    """Return a body of the file as `read_body` returns this run's."""
    match body.kind:
        case "form":
            return listed(body.value)
        case "xml":
            return _tree(body.value)
        case _:
            return body.value


def _parts(content: bytes, content_type: str) -> Iterator[dict[str, str]]:
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": BytesIO(content),
    }
    _, form, sent = parse_form_data(environ)
    for name, value in form.items(multi=True):
        yield {"name": name, "text": value}
    for name, file in sent.items(multi=True):
        with file.stream as stream:
            yield {
                "name": name,
                "filename": file.filename or "",
                "content_type": file.mimetype,
                "text": stream.read().decode("utf-8", "replace"),
            }


def _tree(text: str) -> dict[str, Any]:
    """Return XML as its outermost element; where it has several, as children of one unnamed."""
    try:
        return _element(ET.fromstring(text))
    except ET.ParseError:
        return _element(ET.fromstring(f"<_>{text}</_>"))


def _element(element: ET.Element) -> dict[str, Any]:
    """Return an element as its name, its attributes, its text and its children."""
    inside: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    inside["text"] = (element.text or "").strip()
    inside["children"] = [_element(child) for child in element]
    return {element.tag: inside}


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:120]}..."
