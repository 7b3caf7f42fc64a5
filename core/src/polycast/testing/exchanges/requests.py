"""A request of a file, as this run makes it, and as an independent client sends it."""

import http.client
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from xml.etree import ElementTree as ET

import attrs
from urllib3 import encode_multipart_formdata

from polycast.errors import UsageError
from polycast.testing.exchanges.comparing import Bound, listed, written
from polycast.testing.exchanges.vectors import Body, Request

__all__ = ["Credentials", "Raw", "encoded", "filled_in", "send_raw"]

#: From a request and the account's settings to the values of further `${names}` in it.
Credentials = Callable[[Request, Mapping[str, Any]], Mapping[str, str]]

_NAME = re.compile(r"\$\{(\w+)\}")
_KINDS = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "text/xml; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}


@attrs.frozen
class Raw:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def filled_in(
    request: Request, bound: Bound, settings: Mapping[str, Any], credentials: Credentials
) -> Request:
    """Return a request with this run's values, and with the account's in place of `${names}`.

    Raises:
        UsageError: a name is none of the account's settings.
    """
    path = "/".join(
        str(bound.get(unquote(segment), segment)) for segment in request.path.split("/")
    )
    known = attrs.evolve(
        request,
        path=path,
        query=written(dict(request.query), bound),
        body=request.body and Body(request.body.kind, _body(request.body, bound)),
    )
    values = {**settings, **credentials(known, settings)}

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: fill(item) for name, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if not isinstance(value, str):
            return value
        for name in _NAME.findall(value):
            if name not in values:
                raise UsageError(
                    f"${{{name}}} is none of the sandbox's settings, and the contract's "
                    "`credentials` does not make it."
                )
        return _NAME.sub(lambda match: str(values[match[1]]), value)

    return attrs.evolve(
        known,
        path=fill(path),
        query=fill(known.query),
        headers=fill(dict(known.headers)),
        body=known.body and Body(known.body.kind, fill(known.body.value)),
    )


def send_raw(request: Request, base_url: str) -> Raw:
    """Send a request with the standard library's client, and return what comes back.

    Args:
        request: filled in.
        base_url: where the sandbox is.
    """
    root = urlsplit(base_url)
    target = root.path + request.path
    if request.query:
        target += "?" + urlencode(listed(request.query), doseq=True)
    content, kind = encoded(request.body)
    headers = {"Content-Type": kind} if kind else {}
    names = {name.lower() for name in request.headers}
    headers = {name: value for name, value in headers.items() if name.lower() not in names}
    connection = http.client.HTTPConnection(str(root.hostname), root.port, timeout=30)
    try:
        connection.request(request.method, target, content, {**headers, **request.headers})
        answer = connection.getresponse()
        return Raw(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def encoded(body: Body | None) -> tuple[bytes | None, str | None]:
    """Return the bytes of a body, and its content type; None twice where there is no body."""
    if body is None:
        return None, None
    match body.kind:
        case "json":
            content = json.dumps(body.value).encode()
        case "form":
            content = urlencode(listed(body.value), doseq=True).encode()
        case "multipart":
            return encode_multipart_formdata([_part(part) for part in body.value])
        case _:
            content = body.value.encode()
    return content, _KINDS[body.kind]


def _part(part: Mapping[str, str]) -> tuple[str, Any]:
    if "filename" not in part:
        return part["name"], part["text"]
    return part["name"], (part["filename"], part["text"].encode(), part["content_type"])


def _body(body: Body, bound: Bound) -> Any:
    if body.kind != "xml":
        return written(body.value, bound)
    if not bound:
        return body.value
    root = ET.fromstring(body.value)
    for element in root.iter():
        element.text = written(element.text, bound)
        for name, value in element.attrib.items():
            element.set(name, str(written(value, bound)))
    return ET.tostring(root, encoding="unicode")
