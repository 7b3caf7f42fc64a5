"""Swagger 2.0 in the shapes of public documents, the Petstore's above all."""

from collections.abc import Callable
from typing import Any

import pytest
from polycast.wire import File
from polycast_codegen.errors import SpecError

TEXT = {"type": "string"}
TAKEN = {"200": {"description": "Taken", "schema": {"$ref": "#/definitions/Sent"}}}
SENT = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

Build = Callable[..., Any]


def swagger(paths: dict[str, Any], **words: Any) -> dict[str, Any]:
    """Return a document."""
    definitions = {"Sent": SENT, **words.pop("definitions", {})}
    return {
        "swagger": "2.0",
        "info": {"title": "Acme", "version": "1"},
        "host": "api.acme.example",
        "paths": paths,
        "definitions": definitions,
        **words,
    }


def send(*parameters: dict[str, Any], **words: Any) -> dict[str, Any]:
    """Return the path item of an operation `send` with these parameters."""
    operation = {"operationId": "send", "parameters": parameters, "responses": TAKEN, **words}
    return {"post": operation}


def field(name: str, kind: str = "string", **words: Any) -> dict[str, Any]:
    """Return a field of a form."""
    return {"name": name, "in": "formData", "type": kind, **words}


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ({}, "https://api.acme.example"),
        ({"schemes": ["http", "https"], "basePath": "/v2/"}, "https://api.acme.example/v2"),
        ({"schemes": ["http"], "basePath": "/"}, "http://api.acme.example"),
        ({"schemes": []}, "https://api.acme.example"),
    ],
)
def test_the_address_has_three_parts(build: Build, words: dict[str, Any], url: str) -> None:
    """HTTPS is taken where it is offered, and where the document names no scheme."""
    built = build(swagger({"/send": send()}, **words))

    assert {"default": url} == built.client.Client.SERVERS


def test_without_a_host_the_account_names_it(build: Build) -> None:
    """A document that was written for one's own server has no host."""
    document = swagger({"/send": send()})
    del document["host"]

    assert build(document).client.Client.SERVERS == {"default": ""}


def test_parameters_are_shared_and_referred_to(build: Build) -> None:
    """Those of a path are in each operation, one of its own goes before; the body may be shared."""
    document = swagger(
        {
            "/{account}/send": {
                "parameters": [
                    {"$ref": "#/parameters/Account"},
                    {"name": "mode", "in": "query", "type": "string"},
                ],
                **send(
                    {"name": "mode", "in": "query", "type": "integer", "required": True},
                    {"$ref": "#/parameters/Body"},
                ),
            }
        },
        parameters={
            "Account": {"name": "account", "in": "path", "required": True, "type": "string"},
            "Body": {
                "name": "body",
                "in": "body",
                "required": True,
                "schema": {"$ref": "#/definitions/New"},
            },
        },
        definitions={"New": {"type": "object", "properties": {"to": TEXT}}},
    )
    built = build(document)
    new = built.models.New(to="1")

    args, kwargs = built.calls("send", "a/b", new, mode=7)
    assert args[:3] == ("send", "POST", "/{account}/send")
    assert kwargs == {
        "path_values": {"account": "a/b"},
        "query": {"mode": 7},
        "body": ("json", new),
    }


@pytest.mark.parametrize(
    ("words", "between"),
    [
        ({}, ","),
        ({"collectionFormat": "csv"}, ","),
        ({"collectionFormat": "ssv"}, " "),
        ({"collectionFormat": "pipes"}, "|"),
    ],
)
@pytest.mark.parametrize("place", ["query", "header"])
def test_a_list_is_joined(build: Build, words: dict[str, Any], between: str, place: str) -> None:
    """As `collectionFormat` says, by commas where it does not."""
    to = {"name": "to", "in": place, "type": "array", "items": TEXT, **words}

    _, kwargs = build(swagger({"/send": send(to)})).calls("send", to=["1", "2"])
    joined = kwargs["query" if place == "query" else "headers"]["to"]
    assert (joined.items, joined.between) == (["1", "2"], between)


def test_a_list_is_repeated(build: Build) -> None:
    """`multi` is one field for each item."""
    to = {"name": "to", "type": "array", "items": TEXT, "collectionFormat": "multi"}

    built = build(swagger({"/send": send({**to, "in": "query"}, {**to, "in": "formData"})}))
    _, kwargs = built.calls("send", built.models.SendBody(to=["1", "2"]), to=["1", "2"])
    assert kwargs["query"] == {"to": ["1", "2"]}
    assert built.write(kwargs["body"][1], "form") == {"to": ["1", "2"]}


@pytest.mark.parametrize(
    ("to", "place"),
    [
        ({"in": "query", "collectionFormat": "tsv"}, "paths['/send'].post.parameters[0]"),
        ({"in": "formData"}, "the field 'to' of a form"),
        ({"in": "formData", "collectionFormat": "csv"}, "the field 'to' of a form"),
    ],
)
def test_a_list_that_cannot_be_joined_is_refused(
    build: Build, to: dict[str, Any], place: str
) -> None:
    """No client is written that would join a list in another way than the document says."""
    to = {"name": "to", "required": True, "type": "array", "items": TEXT, **to}

    with pytest.raises(SpecError) as refused:
        build(swagger({"/send": send(to)}))
    assert [one.place for one in refused.value.each] == [place]


@pytest.mark.parametrize(
    ("consumes", "fields", "travels"),
    [
        ([], [field("to")], "form"),
        ([FORM], [field("to")], "form"),
        ([MULTIPART], [field("to")], "multipart"),
        ([MULTIPART, FORM], [field("to")], "form"),
        ([MULTIPART], [field("to"), field("photo", "file")], "multipart"),
        ([], [field("to"), field("photo", "file")], "multipart"),
    ],
)
def test_fields_of_a_form_are_one_body(
    build: Build, consumes: list[str], fields: list[dict[str, Any]], travels: str
) -> None:
    """As the operation says it takes it; with a file, always in parts."""
    built = build(swagger({"/send": send(*fields, consumes=consumes)}))
    photo = {"photo": File("a.png", b"x")} if len(fields) == 2 else {}
    body = built.models.SendBody(to="1", **photo)

    assert built.calls("send", body)[1] == {"body": (travels, body)}
    assert built.write(body, travels)["to"] == "1"


def test_a_field_that_is_required_is_required(build: Build) -> None:
    """A form has to be there where one of its fields has to be."""
    built = build(swagger({"/send": send(field("to", required=True), field("text"))}))

    with pytest.raises(TypeError):
        built.models.SendBody(text="Hi")
    assert built.write(built.models.SendBody(to="1"), "form") == {"to": "1"}


def test_words_of_definitions(build: Build) -> None:
    """`x-nullable`, a base with a `discriminator`, lists, free keys and `allOf` are read."""
    definitions = {
        "Sent": {
            "type": "object",
            "required": ["kind"],
            "discriminator": "kind",
            "properties": {
                "kind": TEXT,
                "price": {"type": "string", "x-nullable": True},
                "parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}},
                "tags": {"type": "object", "additionalProperties": {"$ref": "#/definitions/Part"}},
                "free": {"type": "object", "additionalProperties": True},
                "last": {"allOf": [{"$ref": "#/definitions/Part"}, {"description": "The last"}]},
            },
        },
        "Part": {"type": "object", "properties": {"id": TEXT}},
    }
    built = build(swagger({"/send": send()}, definitions=definitions))

    part = {"id": "7"}
    found = built.read(
        "Sent",
        {
            "kind": "sms",
            "price": None,
            "parts": [part],
            "tags": {"a": part},
            "last": part,
            "free": part,
        },
    )
    assert found.free == part
    assert (found.price, found.parts[0].id, found.tags["a"].id, found.last.id) == (
        None, "7", "7", "7",
    )  # fmt: skip


@pytest.mark.parametrize("produces", [[], ["application/json"], ["text/csv"]])
def test_answers_are_shared_and_files(build: Build, produces: list[str]) -> None:
    """An answer may be referred to; one of the type `file` is bytes, whatever is produced."""
    shared = {"200": {"$ref": "#/responses/Taken"}, "404": {"description": "No such account"}}
    file = {"200": {"description": "The list", "schema": {"type": "file"}}}
    built = build(
        swagger(
            {
                "/send": {"x-since": "2019", **send(responses=shared)},
                "/list": {"get": {"operationId": "fetch", "produces": produces, "responses": file}},
            },
            responses={"Taken": TAKEN["200"]},
        )
    )

    assert "def send(self) -> m.Sent:" in built.sources
    assert "def fetch(self) -> bytes:" in built.sources


@pytest.mark.parametrize(
    ("scheme", "source"),
    [
        ({"type": "basic"}, "Basic("),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, '"X-Key"'),
        (
            {"type": "oauth2", "flow": "application", "tokenUrl": "https://a.example"},
            'prefix="Bearer "',
        ),
    ],
)
def test_credentials(build: Build, scheme: dict[str, Any], source: str) -> None:
    """Basic, a key, and a token of OAuth 2, however it is fetched."""
    built = build(
        swagger({"/send": send()}, security=[{"main": []}], securityDefinitions={"main": scheme})
    )

    assert source in built.sources


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (swagger({"/send": []}), "paths['/send']"),
        (
            swagger({"/send": send(responses={"200": {"$ref": "a.json#/Taken"}, "404": []})}),
            "paths['/send'].post.responses.200",
        ),
        (
            swagger({"/send": send(responses={"200": {"$ref": "#/responses/Gone"}})}),
            "paths['/send'].post.responses.200",
        ),
    ],
)
def test_what_is_no_swagger_is_refused_by_its_place(
    build: Build, document: dict[str, Any], place: str
) -> None:
    """A mistake in the document is told as one of OpenAPI 3 is."""
    with pytest.raises(SpecError) as refused:
        build(document)

    assert place in {one.place for one in refused.value.each}
