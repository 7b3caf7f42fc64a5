"""What is not understood stops the generator, naming the place."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from polycast_codegen.check import files_of
from polycast_codegen.document import SpecFile
from polycast_codegen.errors import SpecError

OBJECT: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
ANSWER: dict[str, Any] = {"200": {"description": ""}}
SCHEMA = "components.schemas.Thing"
FIELD = f"{SCHEMA}.properties.a"
GET = "paths['/x'].get"


def field(**words: Any) -> dict[str, Any]:
    """Return a document whose only field is described by these words."""
    return {"schemas": {"Thing": {"type": "object", "properties": {"a": words}}}}


def schema(**words: Any) -> dict[str, Any]:
    """Return a document whose only schema has these words too."""
    return {"schemas": {"Thing": {**OBJECT, **words}}}


def operation(**words: Any) -> dict[str, Any]:
    """Return a document whose only operation has these words too."""
    return {"paths": {"/x": {"get": {"operationId": "x", "responses": ANSWER, **words}}}}


def parameter(path: str = "/x", /, **words: Any) -> dict[str, Any]:
    """Return a document whose only parameter has these words too."""
    given = {"name": "p", "in": "query", "schema": {"type": "string"}, **words}
    get = {"operationId": "x", "responses": ANSWER, "parameters": [given]}
    return {"paths": {path: {"get": get}}}


def body(media_type: str, **words: Any) -> dict[str, Any]:
    """Return a document whose only operation sends this."""
    return operation(requestBody={"required": True, "content": {media_type: words}})


def answer(media_type: str, **words: Any) -> dict[str, Any]:
    """Return a document whose only operation is answered with this."""
    return operation(responses={"200": {"description": "", "content": {media_type: words}}})


def scheme(**words: Any) -> dict[str, Any]:
    """Return a document with one security scheme."""
    return {
        **operation(),
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": words}},
    }


def key_in_body(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose key travels in the body of its only operation."""
    words = {"type": "apiKey", "in": "query", "name": "k", "x-in": "body"}
    return {**scheme(**words), **body(media_type, schema=schema)}


PARAMETER = f"{GET}.parameters[0]"
SENT = f"{GET}.requestBody.content['{{}}']"
RESPONSE = f"{GET}.responses.200.content['{{}}']"
KEY = "components.securitySchemes.key"

REFUSALS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a pattern by locale": (field(type="string", format="x-strptime:%d %B %Y"), FIELD, "'%B'"),
    "a pattern without year": (field(type="string", format="x-strptime:%d.%m"), FIELD, "%Y"),
    "a pattern that is cut off": (field(type="string", format="x-strptime:%Y%m%d%"), FIELD, "'%'"),
    "known values that are no list": (
        field(type="string", **{"x-known-values": "a"}),
        f"{FIELD}.x-known-values",
        "list",
    ),
    "tolerance that is no truth": (
        field(type="array", items={}, **{"x-tolerate-invalid": "yes"}),
        f"{FIELD}.x-tolerate-invalid",
        "true or false",
    ),
    "tolerance of a string": (field(type="string", **{"x-tolerate-invalid": True}), FIELD, "array"),
    "a reference to nothing": (
        field(**{"$ref": "#/components/schemas/Nothing"}),
        "",
        "Nothing",
    ),
    "a reference to another file": (field(**{"$ref": "other.yaml#/Thing"}), FIELD, "other.yaml"),
    "a root for JSON": (
        answer("application/json", schema=OBJECT, **{"x-root": "any"}),
        f"{RESPONSE.format('application/json')}.x-root",
        "XML",
    ),
    "another root": (
        answer("application/xml", schema=OBJECT, **{"x-root": "some"}),
        f"{RESPONSE.format('application/xml')}.x-root",
        "any",
    ),
    "alternatives in XML": (
        answer(
            "application/xml",
            schema={"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        ),
        f"{RESPONSE.format('application/xml')}.schema.properties.a",
        "xml",
    ),
    "one tag for two": (
        answer(
            "application/xml",
            schema={
                "type": "object",
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "string", "xml": {"name": "a"}},
                },
            },
        ),
        f"{RESPONSE.format('application/xml')}.schema.properties.a",
        "twice",
    ),
    "a wrapped string": (
        answer(
            "application/xml",
            schema={
                "type": "object",
                "properties": {"a": {"type": "string", "xml": {"wrapped": True}}},
            },
        ),
        f"{RESPONSE.format('application/xml')}.schema.properties.a",
        "wrapped",
    ),
    "a safe that is no truth": (operation(**{"x-safe": "no"}), f"{GET}.x-safe", "true or false"),
    "supplied in a header": (
        parameter(**{"in": "header", "x-auth-supplied": True}),
        f"{PARAMETER}.x-auth-supplied",
        "path or the query",
    ),
    "null in a query": (parameter(**{"x-null": "null"}), f"{PARAMETER}.x-null", "path"),
    "a prefix in the query": (
        scheme(type="apiKey", name="k", **{"in": "query", "x-prefix": "T "}),
        KEY,
        "not understood",
    ),
    "a key elsewhere than in the body": (
        scheme(type="apiKey", name="k", **{"in": "query", "x-in": "cookie"}),
        f"{KEY}.x-in",
        "`body`",
    ),
    "a header that is in the body": (
        scheme(type="apiKey", name="k", **{"in": "header", "x-in": "body"}),
        f"{KEY}.x-in",
        "in the query",
    ),
    "a custom key in the body": (
        scheme(type="apiKey", name="k", **{"in": "query", "x-in": "body", "x-custom": True}),
        f"{KEY}.x-in",
        "in the query",
    ),
    "a key in a multipart body": (
        key_in_body("multipart/form-data", OBJECT),
        SENT.format("multipart/form-data"),
        "a form or a JSON object",
    ),
    "a key in a list": (
        key_in_body("application/json", {"type": "array", "items": {"type": "string"}}),
        SENT.format("application/json"),
        "a form or a JSON object",
    ),
    "a key that is there already": (
        key_in_body("application/json", {"type": "object", "properties": {"k": {}}}),
        f"{SENT.format('application/json')}.schema.properties.k",
        "the key",
    ),
}

#: What once stopped the generator, and is read or passed over.
READ: dict[str, dict[str, Any]] = {
    "not": field(**{"not": {}}),
    "if": field(**{"if": {}}),
    "patternProperties": schema(patternProperties={}),
    "prefixItems": field(type="array", prefixItems=[]),
    "dependentRequired": schema(dependentRequired={}),
    "unevaluatedProperties": schema(unevaluatedProperties=False),
    "discriminator": schema(discriminator={"propertyName": "a"}),
    "nullable": field(type="string", nullable=True),
    "contentEncoding": field(type="string", contentEncoding="base64"),
    "$defs": schema(**{"$defs": {}}),
    "a typo": operation(**{"x-saef": False}),
    "another tool's word": field(type="string", **{"x-logo": 1}),
    "our word where it means nothing": operation(**{"x-null": "null"}),
    "xml namespace": field(type="string", xml={"namespace": "urn:x"}),
    "xml prefix": field(type="string", xml={"prefix": "p"}),
    "webhooks": {**operation(), "webhooks": {}},
    "callbacks": operation(callbacks={}),
    "links": operation(responses={"200": {"description": "", "links": {}}}),
    "encoding": body("multipart/form-data", schema=OBJECT, encoding={}),
    "an unknown format": field(type="string", format="iban"),
    "byte": field(type="string", format="byte"),
    "a string's format on a number": field(type="number", format="date-time"),
    "an array without items": field(type="array"),
    "a list of mixed values": field(enum=["a", 1]),
    "a list of fractions": field(enum=[1.5]),
    "a value given twice": field(enum=["a", "a"]),
    "values of another type": field(type="integer", enum=["a"]),
    "a closed and open list": field(type="string", enum=["a"], **{"x-known-values": ["b"]}),
    "two strings to choose from": field(
        oneOf=[{"type": "string"}, {"type": "string", "format": "date-time"}]
    ),
    "two objects to choose from": field(
        oneOf=[OBJECT, {"type": "object", "properties": {"b": {"type": "string"}}}]
    ),
    "integer or number": field(type=["integer", "number"]),
    "type beside oneOf": field(type="string", oneOf=[{"type": "string"}]),
    "a word beside a reference": field(**{"$ref": "#/components/schemas/Thing", "xml": {}}),
    "an alias": {"schemas": {"Thing": OBJECT, "Other": {"$ref": "#/components/schemas/Thing"}}},
    "a schema nothing uses": {"schemas": {"Thing": OBJECT}, "paths": operation()["paths"]},
    "properties merged differently": {
        "schemas": {
            "Thing": {
                "allOf": [OBJECT],
                "type": "object",
                "properties": {"a": {"type": "string", "maxLength": 1}},
            }
        }
    },
    "two properties with one name": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {"a b": {"type": "string"}, "a  b": {"type": "string"}},
            }
        }
    },
    "two schemas with one name": {"schemas": {"Thing": OBJECT, "thing": OBJECT}},
    "bytes in JSON": field(type="string", format="binary"),
    "no operationId": {"paths": {"/x": {"get": {"responses": ANSWER}}}},
    "one name for two operations": {
        "paths": {
            "/x": {"get": {"operationId": "get_x", "responses": ANSWER}},
            "/y": {"get": {"operationId": "getX", "responses": ANSWER}},
        }
    },
    "no success": operation(responses={"404": {"description": ""}}),
    "an odd status": operation(responses={**ANSWER, "20x": {"description": ""}}),
    "two media types": operation(
        responses={
            "200": {
                "description": "",
                "content": {
                    "application/json": {"schema": OBJECT},
                    "text/plain": {"schema": {"type": "string"}},
                },
            }
        }
    ),
    "an unknown answer": answer("image/png", schema={}),
    "an unknown body": body("text/csv", schema={}),
    "an answer of anything": answer("application/json", schema={}),
    "a choice as answer": answer("application/json", schema={"type": ["string", "integer"]}),
    "an answer without schema": answer("application/json"),
    "a list in XML": answer(
        "application/xml", schema={"type": "array", "items": {"type": "string"}}
    ),
    "an object in a form": body(
        "application/x-www-form-urlencoded",
        schema={"type": "object", "properties": {"a": OBJECT}},
    ),
    "a file in a form": body(
        "application/x-www-form-urlencoded",
        schema={
            "type": "object",
            "properties": {"a": {"type": "string", "format": "binary"}},
        },
    ),
    "its own security": operation(security=[]),
    "a cookie": parameter(**{"in": "cookie"}),
    "a style": parameter(style="deepObject"),
    "an explode": parameter(explode=False),
    "a list as parameter": parameter(schema={"type": "array", "items": {"type": "string"}}),
    "a parameter with content": parameter(content={"application/json": {"schema": {}}}),
    "a parameter twice": {
        "paths": {
            "/x": {
                "get": {
                    "operationId": "x",
                    "responses": ANSWER,
                    "parameters": 2 * [{"name": "p", "in": "query", "schema": {}}],
                }
            }
        }
    },
    "a header of HTTP's own": parameter(**{"in": "header", "name": "Accept"}),
    "a template without parameter": parameter("/x/{id}"),
    "a parameter without template": parameter(**{"in": "path", "required": True}),
    "a brace alone": {"paths": {"/x}": {"get": {"operationId": "x", "responses": ANSWER}}}},
    "an older OpenAPI": {**operation(), "openapi": "3.0.3"},
    "no server": {**operation(), "servers": []},
    "a second server without name": {
        **operation(),
        "servers": [{"url": "https://a"}, {"url": "https://b"}],
    },
    "a variable not declared": {**operation(), "servers": [{"url": "https://{host}"}]},
    "an operation's server without name": operation(servers=[{"url": "https://b"}]),
    "our word called another's": {**operation(), "x-ignored-words": ["x-safe"]},
    "a key in a cookie": scheme(type="apiKey", name="k", **{"in": "cookie"}),
    "oauth2": scheme(type="oauth2", flows={}),
    "a scheme that is not declared": {**operation(), "security": [{"key": []}]},
    "a scheme that no operation uses": {
        **operation(),
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}},
    },
}


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused_by_name(name: str, spec: Callable[..., dict[str, Any]]) -> None:
    """Each thing that is not understood is refused with its place and a readable sentence."""
    words, place, problem = REFUSALS[name]
    content = json.dumps(spec(**words)).encode()
    with pytest.raises(SpecError) as caught:
        files_of(SpecFile("acme.json", content))
    if place:
        assert caught.value.place == place
    assert problem in caught.value.problem
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", READ)
def test_it_is_read(
    name: str, spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """What a client can do without, or say in another way, does not stop it."""
    build(spec(**READ[name]))


def test_every_place_is_told_in_one_run(spec: Callable[..., dict[str, Any]]) -> None:
    """A spec with several slips is refused once, with all of them."""
    properties = {
        "a": {"type": "sting"},
        "b": {"$ref": "#/components/schemas/Nothing"},
        "c": {"type": "string", "format": "x-strptime:%B"},
    }
    document = spec({"Thing": {"type": "object", "properties": properties}})
    with pytest.raises(SpecError) as caught:
        files_of(SpecFile("acme.json", json.dumps(document).encode()))
    places = {one.place for one in caught.value.each}
    assert places == {f"{SCHEMA}.properties.{name}" for name in "abc"}
    assert len(str(caught.value).splitlines()) == 3
