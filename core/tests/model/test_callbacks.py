"""What a web framework hands over of a pushed request."""

from collections.abc import Callable
from email.message import Message as MailMessage
from typing import Any
from wsgiref.headers import Headers as WsgiHeaders

import flask
import pytest
from django.http.request import HttpHeaders  # type: ignore[import-untyped]
from polycast import CallbackRequest, UsageError
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.test import EnvironBuilder

NAME, VALUE = "X-Acme-Signature", "c2lnbmVk"
URL = "https://example.com/in?key=s%20cret&empty="


def _flask() -> Any:
    with flask.Flask("acme").test_request_context("/in", headers={NAME: VALUE}):
        return flask.request.headers


def _mail() -> Any:
    headers = MailMessage()
    headers[NAME] = VALUE
    return headers


HEADERS: dict[str, Callable[[], Any]] = {
    "a dict": lambda: {NAME: VALUE},
    "pairs": lambda: iter([(NAME, VALUE)]),
    "bytes, as ASGI has them": lambda: [(NAME.lower().encode(), VALUE.encode())],
    "Flask": _flask,
    "Django": lambda: HttpHeaders(EnvironBuilder(headers=[(NAME, VALUE)]).get_environ()),
    "Starlette": lambda: StarletteHeaders({NAME: VALUE}),
    "a WSGI environment": lambda: EnvironBuilder(
        headers=[(NAME, VALUE)], data=b"{}", content_type="application/json"
    ).get_environ(),
    "wsgiref": lambda: WsgiHeaders([(NAME, VALUE)]),
    "http.server": _mail,
}


@pytest.mark.parametrize("kind", HEADERS)
def test_headers_of_every_framework_are_read_in_any_case(kind: str) -> None:
    """
    What a framework calls its headers is taken as it is, and found by a name in any case.
    """
    request = CallbackRequest(body=b"{}", headers=HEADERS[kind]())

    assert request.header(NAME.upper()) == VALUE
    assert request.headers[NAME.lower()] == VALUE
    assert request.header("X-Other") is None


def test_the_content_type_of_a_wsgi_environment_is_a_header() -> None:
    """
    WSGI keeps two headers under names of their own, and much that is no header.
    """
    environ = EnvironBuilder(data=b"{}", content_type="application/json").get_environ()

    headers = CallbackRequest(body=b"{}", headers=environ).headers

    assert headers["content-type"] == "application/json"
    assert not [name for name in headers if "." in name or "request" in name]


def test_a_header_that_comes_twice_is_joined() -> None:
    """
    As HTTP has it: its values are one list.
    """
    twice = [("X-Forwarded-For", "192.0.2.1"), ("x-forwarded-for", "192.0.2.2")]

    request = CallbackRequest(body=b"", headers=twice)

    assert request.header("X-Forwarded-For") == "192.0.2.1, 192.0.2.2"


@pytest.mark.parametrize(
    "headers", ["X-A: b", b"X-A: b", 7, ["X-A"], [("X-A", 7)], [("X-A", "b", "c")], {"X-A": None}]
)
def test_what_are_no_headers_is_refused(headers: Any) -> None:
    """
    What is neither a mapping nor pairs of texts is named, before anything is read.
    """
    with pytest.raises(UsageError, match="header"):
        CallbackRequest(body=b"", headers=headers)


def test_the_query_is_that_of_the_url() -> None:
    """
    Who gives the URL need not take it apart; what is given stands.
    """
    assert CallbackRequest(body=b"", url=URL).query == {"key": "s cret", "empty": ""}
    assert CallbackRequest(body=b"", url=URL, query={"a": "b"}).query == {"a": "b"}
    assert CallbackRequest(body=b"").query == {}


def test_a_request_shows_no_secret() -> None:
    """
    Its address, headers and body may hold a token: none of them is printed.
    """
    shown = repr(CallbackRequest(body=b"s cret", headers={"X-Token": "s cret"}, url=URL))

    assert "cret" not in shown
