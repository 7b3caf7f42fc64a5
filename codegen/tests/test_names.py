"""Names of a spec that mean something in Python, or in generated code, do no harm."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from polycast.wire import Client
from polycast_codegen.naming import CLASS_ATTRIBUTES, field_names

AWKWARD = (
    *("field", "define", "body", "self", "wire", "m", "list", "str", "int", "float", "bool"),
    *("dict", "datetime", "date", "dt", "attrs", "data", "value", "element", "pairs", "tree"),
    *("type", "id", "from", "class", "import", "None", "True", "isinstance", "expected", "refused"),
    *("read", "read_list", "write", "write_list", "decode_thing", "encode_thing", "UNSET", "Unset"),
    *("Literal", "Any", "xml", "File", "thing", "Thing", "ThingValue", "additional_properties"),
    *("CONVERTERS", "_private", "__init__", "1st", "with-dash", "with.dot", "client", "url"),
    *("item", "key", "node", "Thing2", "thing2"),
)


@pytest.mark.parametrize("kind", ["string", "integer", "date-time", "array", "object"])
def test_awkward_properties_work(
    kind: str, spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Properties named like Python's or the generator's own words are read and written."""
    schemas: dict[str, tuple[dict[str, Any], Any]] = {
        "string": ({"type": "string"}, "x"),
        "integer": ({"type": ["integer", "null"]}, 1),
        "date-time": ({"type": "string", "format": "date-time"}, "2020-01-02T03:04:05Z"),
        "array": ({"type": "array", "items": {"type": "string"}}, ["x"]),
        "object": ({"type": "object", "properties": {"value": {"type": "string"}}}, {"value": "x"}),
    }
    schema, value = schemas[kind]
    # Inline objects need classes of their own, and these would share one.
    names = [name for name in AWKWARD if kind != "object" or name not in ("Thing", "Thing2")]
    thing = {"type": "object", "properties": dict.fromkeys(names, schema)}
    built = build(spec({"Thing": thing}))
    data = dict.fromkeys(names, value)
    assert built.write(built.read("Thing", data)) == data


def test_awkward_schemas_work(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Schemas named like what generated code imports become classes of their own."""
    names = ["Literal", "Unset", "UNSET", "File", "CONVERTERS", "Any", "Factory", "list", "Client"]
    names += ["Converter", "Exception", "m", "wire", "dt", "HTTPError", "Undecodable"]
    thing = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"enum": ["x"]}}}
    built = build(spec(dict.fromkeys(names, thing)))
    for name in built.models.__all__:
        if name != "CONVERTERS":
            value = built.read(name, {"a": "1", "b": "x"})
            assert type(value) is getattr(built.models, name)
            assert built.write(value) == {"a": "1", "b": "x"}
    assert len(built.models.__all__) == len(names) + 1


def test_awkward_parameters_work(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Parameters named like what a method uses travel under their own names."""
    names = ["self", "m", "wire", "body", "dt", "UNSET", "list", "client", "url", "from", "X-Y"]
    thing = {"type": "object", "properties": {"a": {"type": "string"}}}
    built = build(
        spec(
            {"Thing": thing},
            {
                "/x": {
                    "post": {
                        "operationId": "call",
                        "parameters": [
                            {"name": name, "in": "query", "schema": {"type": "string"}}
                            for name in names
                        ],
                        "requestBody": {
                            "content": {
                                "application/json": {
                                    "schema": {"$ref": "#/components/schemas/Thing"}
                                }
                            }
                        },
                        "responses": {"204": {"description": ""}},
                    }
                }
            },
        )
    )
    args, kwargs = built.calls("call", self_="1", m_="2", wire_="3", body_="4", from_="5")
    assert args == ("call", "POST", "/x", {"204": ("empty", type(None))})
    assert list(kwargs["query"]) == names
    assert [kwargs["query"][name] for name in ("self", "m", "wire", "body", "from")] == list(
        "12345"
    )
    assert kwargs["body"] is None


@pytest.mark.parametrize(
    "operation_id", ["close", "class", "_call", "SPEC", "1", "list", "__init__"]
)
def test_awkward_operations_work(
    operation_id: str, spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """An operation never replaces what every client has."""
    get = {"operationId": operation_id, "responses": {"204": {"description": ""}}}
    built = build(spec({}, {"/x": {"get": get}}))
    own = [name for name in vars(built.client.Client) if not name.startswith("__")]
    (method,) = set(own) - {"SPEC", "SERVERS", "VARIABLES", "SECURITY", "CONVERTERS"}
    assert not hasattr(built.client.wire.Client, method)
    assert built.calls(method)[0][0] == method


def test_two_names_that_look_different_and_are_one_in_python() -> None:
    """Python reads identifiers in one normal form, so names that meet in it are told apart."""
    names = field_names({"\u212b": "\u212b", "\u00c5": "\u00c5"}, (), "here")
    assert len({unicodedata.normalize("NFKC", name) for name in names.values()}) == 2


def test_what_every_client_has_is_reserved() -> None:
    """No operation may be called like anything public that a client has besides its calls."""
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public <= CLASS_ATTRIBUTES
