"""Requests judged against OpenAPI and WADL documents."""

import io
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from polycast.sandbox.openapi import OpenAPIDocument
from polycast.sandbox.wadl import WADLDocument
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

OPENAPI = OpenAPIDocument(
    """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example/v1"}]
paths:
  /items/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
    get:
      parameters:
        - $ref: "#/components/parameters/since"
      responses: {"200": {description: An item.}}
    put:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties: {name: {type: string}}
      responses: {"200": {description: An item.}}
    post:
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties: {file: {type: string, format: binary}}
      responses: {"200": {description: An item.}}
components:
  parameters:
    since: {name: since, in: query, schema: {type: string, format: date-time}}
""",
    below="/v1",
)

KEYS = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example"}]
security: [{%s: []}]
paths:
  /items:
    get:
      responses: {"200": {description: Items.}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {type: object}}
      responses: {"200": {description: An item.}}
components:
  securitySchemes:
    query: {type: apiKey, in: query, name: token}
    body: {type: apiKey, in: query, name: token, x-in: body}
"""

#: A call that describes the headers which OpenAPI ignores, and other credentials than the document.
HEADERS = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example"}]
security: [{oauth: [read]}]
paths:
  /items:
    parameters:
      - {name: Accept, in: header, required: true, schema: {const: text/plain}}
    get:
      parameters:
        - {$ref: "#/components/parameters/type"}
        - {name: authorization, in: header, required: true, schema: {type: string, minLength: 50}}
        - {name: Shop, in: header, required: true, schema: {type: string}}
      responses: {"200": {description: Items.}}
    post:
      security: [{digest: []}, {openid: []}, {upper: []}]
      responses: {"200": {description: An item.}}
    put:
      security: [{mutual: [], upper: []}]
      responses: {"200": {description: An item.}}
components:
  parameters:
    type: {name: Content-Type, in: header, required: true, schema: {type: string}}
  securitySchemes:
    digest: {type: http, scheme: digest}
    mutual: {type: mutualTLS}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://a.example", scopes: {}}}}
    openid: {type: openIdConnect, openIdConnectUrl: "https://a.example"}
    upper: {type: http, scheme: Bearer}
"""

SERVERS = OpenAPIDocument(
    """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://shop.example"}]
paths:
  /items:
    servers: [{url: "https://items.example"}]
    get:
      responses: {"200": {description: Items.}}
  /orders:
    get:
      servers: [{url: "https://orders.example"}]
      responses: {"200": {description: Orders.}}
"""
)

WADL = WADLDocument(
    """
<application xmlns="http://wadl.dev.java.net/2009/02"
             xmlns:xs="http://www.w3.org/2001/XMLSchema"
             xmlns:polycast="urn:polycast:spec">
  <resources base="https://shop.example">
    <resource path="rest">
      <resource path="item/{id}/{day}">
        <param name="id" style="template" type="xs:long"/>
        <param name="day" style="template" type="xs:string" polycast:null="null"
               polycast:format="x-strptime:%d-%m-%Y"/>
        <method name="GET" id="get_item"/>
        <method name="POST" id="put_item">
          <request><representation mediaType="multipart/form-data">
            <param name="file" style="query" type="xs:string" required="true"
                   polycast:format="binary"/>
          </representation></request>
        </method>
        <method name="PUT" id="name_item">
          <request><representation mediaType="application/x-www-form-urlencoded">
            <param name="size" style="query" type="xs:int" required="true"/>
          </representation></request>
        </method>
      </resource>
    </resource>
  </resources>
</application>
"""
)


def request(method: str, target: str, **body: Any) -> Request:
    path, _, query = target.partition("?")
    raw = {"RAW_URI": target}
    builder = EnvironBuilder(path, method=method, query_string=query, environ_overrides=raw, **body)
    return Request(builder.get_environ())


def file() -> dict[str, tuple[io.BytesIO, str]]:
    return {"file": (io.BytesIO(b"\x89PNG\r\n"), "a.png")}


def unreadable() -> Request:
    return request("PUT", "/v1/items/7", data=b"\xff", content_type="application/json")


@pytest.mark.parametrize("path", ["/items", "/orders"])
def test_a_sandbox_stands_for_every_server(path: str) -> None:
    """A path or operation that has a server of its own is found all the same."""
    assert SERVERS.problems(request("GET", path)) == ()


@pytest.mark.parametrize(
    "good",
    [
        lambda: request("GET", "/v1/items/7"),
        lambda: request("GET", "/v1/items/7?since=2026-01-02T03:04:05.000006Z"),
        lambda: request("PUT", "/v1/items/7", json={"name": "cup", "more": 1}),
        lambda: request("POST", "/v1/items/7", data=file()),
    ],
)
def test_a_request_that_fits_openapi_has_no_problems(good: Callable[[], Request]) -> None:
    """What the document allows is not complained about; a file's bytes are a file."""
    with good() as request:
        assert OPENAPI.problems(request) == ()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lambda: request("GET", "/v1/things/7"), "Path not found"),
        (lambda: request("DELETE", "/v1/items/7"), "Operation delete not found"),
        (lambda: request("GET", "/v1/items/x"), "The path parameter 'id'"),
        (lambda: request("GET", "/v1/items/7?since=noon"), "'noon' is not a 'date-time'"),
        (lambda: request("GET", "/v1/items/7?until=1"), "The query has 'until'"),
        (lambda: request("PUT", "/v1/items/7", json={"name": 1}), "at $.name: 1 is not of type"),
        (lambda: request("PUT", "/v1/items/7", json={}), "'name' is a required property"),
        (lambda: request("PUT", "/v1/items/7", data="{"), "The body"),
        (unreadable, "The body is not application/json"),
        (lambda: request("POST", "/v1/items/7", data={"f": (io.BytesIO(), "a")}), "'file' is a"),
    ],
)
def test_a_request_that_does_not_fit_openapi_is_told_where(
    bad: Callable[[], Request], words: str
) -> None:
    """Each problem is one sentence that names its place."""
    with bad() as request:
        (problem,) = OPENAPI.problems(request)
    assert words in problem


def test_a_key_in_the_query_is_known() -> None:
    """The name of a key that travels in the query is no unknown parameter; it must be there."""
    judge = OpenAPIDocument(KEYS % "query")
    with request("GET", "/items?token=t") as good, request("GET", "/items") as bad:
        assert judge.problems(good) == ()
        assert len(judge.problems(bad)) == 1


def test_a_key_in_the_body_is_left_to_the_sandbox() -> None:
    """A key that travels in bodies, and in the query where there is none, is no problem."""
    judge = OpenAPIDocument(KEYS % "body")
    with (
        request("GET", "/items?token=t") as question,
        request("POST", "/items", json={"token": "t", "name": "cup"}) as order,
    ):
        assert judge.problems(question) == ()
        assert judge.problems(order) == ()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_token_of_oauth_is_a_bearer_token(method: str) -> None:
    """OAuth 2, OpenID and `Bearer` ask for a bearer token, and nothing is warned of.

    A certificate (`mutualTLS`) is left to the sandbox.
    """
    judge = OpenAPIDocument(HEADERS)
    shop = {"Shop": "1"}
    with (
        request(method, "/items", headers=shop | {"Authorization": "Bearer t"}) as good,
        request(method, "/items", headers=shop) as bad,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        assert judge.problems(good) == ()
        (problem,) = judge.problems(bad)
    assert "Security" in problem


def test_ignored_headers_are_not_asked_for() -> None:
    """`Accept`, `Content-Type` and `Authorization` are no parameters; other headers are."""
    judge = OpenAPIDocument(HEADERS)
    with request("GET", "/items", headers={"Authorization": "Bearer t"}) as bad:
        (problem,) = judge.problems(bad)
    assert "The header parameter 'Shop'" in problem


@pytest.mark.parametrize(
    "good",
    [
        lambda: request("GET", "/rest/item/-7/null"),
        lambda: request("GET", "/rest/item/7/31-12-2026"),
        lambda: request("POST", "/rest/item/7/null", data=file()),
        lambda: request("PUT", "/rest/item/7/null", data={"size": "3"}),
    ],
)
def test_a_request_that_fits_wadl_has_no_problems(good: Callable[[], Request]) -> None:
    """What the document allows is not complained about; a null word stands for no date."""
    with good() as request:
        assert WADL.problems(request) == ()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (lambda: request("GET", "/rest/item/7"), "knows no such path"),
        (lambda: request("GET", "/rest/item/7/null/8"), "knows no such path"),
        (lambda: request("DELETE", "/rest/item/7/null"), "knows no DELETE"),
        (lambda: request("GET", "/rest/item/x/null"), "id: 'x' is not of the type long"),
        (lambda: request("GET", "/rest/item/9223372036854775808/null"), "not of the type long"),
        (lambda: request("GET", "/rest/item/7/2026-12-31"), "is not written as '%d-%m-%Y'"),
        (lambda: request("GET", "/rest/item/7/a%2Fb"), "day: 'a/b' is not written"),
        (lambda: request("GET", "/rest/item/7/null?a=1"), "The query has 'a'"),
        (lambda: request("GET", "/rest/item/7/null", data=b"x"), "There is a body"),
        (lambda: request("POST", "/rest/item/7/null", data={"file": "x"}), "instead of multipart"),
        (lambda: request("PUT", "/rest/item/7/null", data={"size": "big"}), "not of the type int"),
        (lambda: request("PUT", "/rest/item/7/null", data={}), "The body is untyped"),
    ],
)
def test_a_request_that_does_not_fit_wadl_is_told_where(
    bad: Callable[[], Request], words: str
) -> None:
    """Each problem is one sentence that names its place."""
    with bad() as request:
        (problem,) = WADL.problems(request)
    assert words in problem


def test_a_form_with_other_fields_has_two_problems() -> None:
    """A field that is missing and one that nobody asked for are both told."""
    problems = WADL.problems(request("PUT", "/rest/item/7/null", data={"weight": "3"}))
    assert problems == (
        "The body has 'weight', which the document does not know.",
        "The body lacks 'size'.",
    )
