"""client.py: one method per operation, which says what travels where."""

import datetime as dt
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from polycast.wire import UNSET, Basic, BodyKey, Custom, HeaderKey, QueryKey

STRING = {"type": "string"}
EMPTY = {"204": {"description": ""}}


@pytest.fixture
def call(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that generates a client with this operation."""

    def call_(path: str = "/x", method: str = "get", item: Any = None, **words: Any) -> Any:
        operation = {"operationId": "call", "responses": EMPTY, **words}
        return build(spec({}, {path: {method: operation, **(item or {})}}))

    return call_


def given(name: str, place: str, type_: str = "string", /, **words: Any) -> dict[str, Any]:
    """Return a parameter."""
    format_ = {"format": words.pop("format")} if "format" in words else {}
    schema = {"type": type_, **format_}
    return {"name": name, "in": place, "required": place == "path", "schema": schema, **words}


def test_parameters_travel_where_they_belong(call: Callable[..., Any]) -> None:
    """Path parameters are positional in the path's order, the others are keywords."""
    built = call(
        "/a/{second}/{first}",
        parameters=[
            given("first", "path", "integer"),
            given("second", "path"),
            given("X-Trace", "header"),
            given("limit", "query", "integer"),
            given("flag", "query", "boolean", required=True),
        ],
    )
    signature = inspect.signature(built.client.Client.call)
    assert list(signature.parameters) == ["self", "second", "first", "flag", "x_trace", "limit"]
    assert signature.parameters["flag"].default is inspect.Parameter.empty
    assert signature.parameters["limit"].default is UNSET
    args, kwargs = built.calls("call", "s", 1, flag=True, limit=5)
    assert args == ("call", "GET", "/a/{second}/{first}", {"204": ("empty", type(None))})
    assert kwargs == {
        "path_values": {"second": "s", "first": 1},
        "query": {"limit": 5, "flag": True},
        "headers": {"X-Trace": UNSET},
    }


def test_parameters_shared_by_a_path(call: Callable[..., Any]) -> None:
    """A path's parameters are each operation's, unless it declares its own of that name."""
    shared = [given("id", "path", "integer"), given("limit", "query", "integer")]
    built = call("/a/{id}", item={"parameters": shared}, parameters=[given("limit", "query")])
    _, kwargs = built.calls("call", 1, limit="all")
    assert kwargs == {"path_values": {"id": 1}, "query": {"limit": "all"}}


def test_supplied_parameters_are_left_to_the_auth_object(call: Callable[..., Any]) -> None:
    """A parameter that the auth object supplies is not in the signature."""
    built = call(
        "/a/{id}/{key}",
        parameters=[
            given("id", "path", "integer"),
            given("key", "path", "string", **{"x-auth-supplied": True}),
            given("signature", "query", "string", **{"x-auth-supplied": True}),
        ],
    )
    _, kwargs = built.calls("call", 1)
    assert kwargs == {"path_values": {"id": 1}, "supplied": ("key", "signature")}


def test_null_in_the_path(call: Callable[..., Any]) -> None:
    """None travels as the literal that the spec names; dates in named formats are written."""
    pattern = "x-strptime:%d-%m-%Y %H:%M"
    built = call(
        "/a/{name}/{date}",
        parameters=[
            given("name", "path", **{"x-null": "null"}),
            given("date", "path", format=pattern, **{"x-null": "none"}),
        ],
    )
    when = dt.datetime(2020, 1, 2, 3, 4)  # noqa: DTZ001
    assert built.calls("call", None, None)[1] == {"path_values": {"name": "null", "date": "none"}}
    assert built.calls("call", "x", when)[1]["path_values"]["date"] == "02-01-2020 03:04"


def test_dates_in_the_query(call: Callable[..., Any]) -> None:
    """A moment is left to `_call`; every other format is written here; unset stays unset."""
    built = call(
        parameters=[
            given("moment", "query", format="date-time"),
            given("day", "query", format="date"),
            given("at", "query", "integer", format="x-epoch-milliseconds"),
            given("local", "query", format="x-strptime:%Y%m%d"),
        ]
    )
    assert set(built.calls("call")[1]["query"].values()) == {UNSET}
    moment = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    _, kwargs = built.calls(
        "call",
        moment=moment,
        day=moment.date(),
        at=moment,
        local=dt.datetime(2020, 1, 2),  # noqa: DTZ001
    )
    assert kwargs["query"] == {
        "moment": moment,
        "day": "2020-01-02",
        "at": 1577923200000,
        "local": "20200102",
    }


@pytest.mark.parametrize(
    ("method", "words", "expected"),
    [
        ("get", {}, {}),
        ("get", {"x-safe": True}, {}),
        ("get", {"x-safe": False}, {"safe": False}),
        ("post", {}, {}),
        ("post", {"x-safe": True}, {"safe": True}),
        ("delete", {"x-safe": False}, {}),
    ],
)
def test_what_may_be_retried(
    method: str, words: dict[str, Any], expected: dict[str, Any], call: Callable[..., Any]
) -> None:
    """A call is said to be safe, or not, where that is not what its HTTP method says."""
    assert call(method=method, **words).calls("call")[1] == expected


def test_answers(call: Callable[..., Any]) -> None:
    """Only successful answers are listed, each with its format and type."""
    thing = {"type": "object", "title": "Thing", "properties": {"a": STRING}}
    error = {"type": "object", "title": "Error", "properties": {"detail": STRING}}

    def answer(media_type: str, schema: Any) -> dict[str, Any]:
        return {"description": "", "content": {media_type: {"schema": schema}}}

    built = call(
        responses={
            "200": answer("application/json; charset=utf-8", thing),
            "201": answer("text/plain", STRING),
            "202": answer("application/octet-stream", {**STRING, "format": "binary"}),
            "204": {"description": ""},
            "2XX": answer("application/problem+json", {"type": "array", "items": STRING}),
            "400": answer("application/json", error),
            "default": answer("application/xml", error | {"title": "Other"}),
        }
    )
    models = built.models
    (_, _, _, answers), _ = built.calls("call")
    assert answers == {
        "200": ("json", _only(models, "Thing")),
        "201": ("text", str),
        "202": ("bytes", bytes),
        "204": ("empty", type(None)),
        "2XX": ("json", list[str]),
    }
    failure = _only(models, "Error")
    assert models.CONVERTERS["json"].structure({"detail": "no"}, failure).detail == "no"


def _only(models: Any, part: str) -> Any:
    (name,) = [name for name in models.__all__ if part in name]
    return getattr(models, name)


@pytest.mark.parametrize(
    ("media_type", "schema", "value", "expected"),
    [
        ("text/plain", STRING, "x", ("text", "x")),
        ("application/octet-stream", {**STRING, "format": "binary"}, b"x", ("bytes", b"x")),
        ("application/json", {"type": "object"}, {"a": 1}, ("json", {"a": 1})),
    ],
)
def test_plain_bodies(
    media_type: str, schema: Any, value: object, expected: object, call: Callable[..., Any]
) -> None:
    """Text, bytes and open objects can be a body."""
    content = {media_type: {"schema": schema}}
    built = call(method="post", requestBody={"required": True, "content": content})
    assert built.calls("call", value)[1] == {"body": expected}


def test_an_optional_body(call: Callable[..., Any]) -> None:
    """A body that may be left out is None to `_call` then."""
    content = {"text/plain": {"schema": STRING}}
    built = call(method="post", requestBody={"content": content})
    assert built.calls("call")[1] == {"body": None}
    assert built.calls("call", "x")[1] == {"body": ("text", "x")}


def test_servers(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """The document's first server is the default; others go by the names the spec gives them."""
    proxy = {"url": "https://proxy.{host}", "variables": {"host": {"default": "acme.example"}}}
    built = build(
        spec(
            {},
            {
                "/a": {"get": {"operationId": "a", "responses": EMPTY}},
                "/b": {
                    "servers": [{**proxy, "x-name": "proxy"}],
                    "get": {"operationId": "b", "responses": EMPTY},
                    "post": {
                        "operationId": "c",
                        "servers": [{"url": "https://up", "x-name": "upload"}],
                        "responses": EMPTY,
                    },
                },
            },
            servers=[
                {
                    "url": "https://{host}/{v}",
                    "variables": {"host": {"default": "acme.example"}, "v": {"default": ""}},
                }
            ],
        )
    )
    assert built.client.Client.SERVERS == {
        "default": "https://{host}/{v}",
        "proxy": "https://proxy.{host}",
        "upload": "https://up",
    }
    assert built.client.Client.VARIABLES == {"host": "acme.example", "v": ""}
    servers = [built.calls(name)[1].get("server") for name in "abc"]
    assert servers == [None, "proxy", "upload"]


def test_security_schemes(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """Each scheme the spec declares is what builds it at run time."""
    schemes = {
        "token": {"type": "apiKey", "in": "header", "name": "X-Token", "x-prefix": "Token "},
        "bare": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "query": {"type": "apiKey", "in": "query", "name": "key"},
        "body": {"type": "apiKey", "in": "query", "name": "key", "x-in": "body"},
        "basic": {"type": "http", "scheme": "Basic"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "signed": {"type": "apiKey", "in": "query", "name": "signature", "x-custom": True},
    }
    get = {"operationId": "a", "responses": EMPTY, "security": [{name: []} for name in schemes]}
    built = build(
        spec(
            {},
            {"/a": {"get": get}},
            security=[{name: []} for name in schemes],
            components={"securitySchemes": schemes},
        )
    )
    assert {
        "token": HeaderKey("X-Token", prefix="Token "),
        "bare": HeaderKey("X-Key"),
        "query": QueryKey("key"),
        "body": BodyKey("key"),
        "basic": Basic(),
        "bearer": HeaderKey("Authorization", prefix="Bearer "),
        "signed": Custom(),
    } == built.client.Client.SECURITY


def test_words_of_other_tools_are_passed_over_when_named(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """`x-ignored-words` lists what this generator is to ignore, wherever it stands."""
    get = {"operationId": "a", "responses": {**EMPTY, "x-more": 1}, "x-logo": {"a": 1}}
    paths = {"/a": {"get": get}, "x-more": {}}
    document = spec({}, paths, **{"x-ignored-words": ["x-logo", "x-more"]})
    assert built_calls(build(document)) == ["a"]


def built_calls(built: Any) -> list[str]:
    """Return the names of a client's methods."""
    return [name for name, value in vars(built.client.Client).items() if inspect.isfunction(value)]


def test_docstrings(call: Callable[..., Any]) -> None:
    """What the spec says of a call and its parameters is the method's documentation."""
    built = call(
        summary="list things",
        description="All of them. Even the odd ones.\n\nIn no order.",
        parameters=[
            given("limit", "query", "integer", description="At most so many"),
            given("q", "query"),
        ],
    )
    assert inspect.getdoc(built.client.Client.call) == (
        "List things.\n\nAll of them. Even the odd ones.\n\nIn no order.\n\n"
        "Args:\n    limit: At most so many.\n    q: the provider's `q`."
    )
