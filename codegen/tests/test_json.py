"""JSON: strict when writing, tolerant when reading, a path in every error."""

import datetime as dt
import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polycast.wire import UNSET, DecodeError, EncodeError, Undecodable

STRING = {"type": "string"}


@pytest.fixture
def thing(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that generates a client for one object with these properties."""

    def thing_(required: bool = False, **properties: Any) -> Any:
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = list(properties)
        return build(spec({"Thing": schema}))

    return thing_


TYPES: dict[str, tuple[dict[str, Any], list[Any], list[Any]]] = {
    "string": (STRING, ["", "x", "\n"], [None, 1, True, 1.5, [], {}]),
    "integer": ({"type": "integer"}, [0, -1, 10**30], [None, "1", True, 3.9, 1.0, []]),
    "number": ({"type": "number"}, [0, 1.5, -2], [None, "1", False, [], {}]),
    "boolean": ({"type": "boolean"}, [True, False], [None, "false", 0, 1, []]),
    "nullable": ({"type": ["string", "null"]}, ["x", None], [1, False, {}]),
    "null": ({"type": "null"}, [None], ["", 0, False]),
    "anything": ({}, [None, 1, "x", [1], {"a": None}], []),
    "enum": ({"enum": ["a", "b"]}, ["a", "b"], [None, "c", 1, ["a"], "A"]),
    "numbers": ({"enum": [1, 2]}, [1, 2], [True, 1.0, "1", 3, None]),
    "nullable enum": ({"enum": ["a", None]}, ["a", None], ["b", False]),
    "const": ({"const": "only"}, ["only"], ["other", None]),
    "list": ({"type": "array", "items": STRING}, [[], ["x", "y"]], [None, "xy", {}, ["x", 1]]),
    "numbers in a list": (
        {"type": "array", "items": {"type": "number"}},
        [[], [1, 2.5]],
        [[True], ["1"], [None]],
    ),
    "nulls in a list": (
        {"type": "array", "items": {"type": ["string", "null"]}},
        [["x", None]],
        [[1], [[]]],
    ),
    "list of lists": (
        {"type": "array", "items": {"type": "array", "items": STRING}},
        [[["x"], []]],
        [["x"], [[1]]],
    ),
    "dict": (
        {"type": "object", "additionalProperties": STRING},
        [{}, {"a": "x"}],
        [None, [], {"a": 1}, {"a": None}],
    ),
    "dict of lists": (
        {"type": "object", "additionalProperties": {"type": "array", "items": STRING}},
        [{"a": ["x"]}],
        [{"a": "x"}, {"a": [1]}],
    ),
    "open object": ({"type": "object"}, [{}, {"a": [None]}], [[], None, "x"]),
    "object": (
        {"type": "object", "required": ["b"], "properties": {"b": STRING}},
        [{"b": "x"}],
        [{}, {"b": None}, [], None],
    ),
    "string or object": (
        {"oneOf": [STRING, {"type": "object", "properties": {"b": STRING}}]},
        ["x", {"b": "y"}, {}],
        [1, None, [], {"b": 1}],
    ),
    "list or dict of lists": (
        {
            "anyOf": [
                {"type": "array", "items": STRING},
                {"type": "object", "additionalProperties": {"type": "array", "items": STRING}},
            ]
        },
        [["x"], {"a": ["x"]}],
        ["x", [1], {"a": "x"}, None],
    ),
    "integer, string or null": (
        {"type": ["integer", "string", "null"]},
        [1, "1", None],
        [1.5, True],
    ),
    "boolean or integer": ({"type": ["boolean", "integer"]}, [True, 1], ["true", 1.5]),
    "moment or null": (
        {"type": ["string", "null"], "format": "date-time"},
        ["2013-03-02T17:28:12.123456Z", None],
        ["2013-03-02T17:28:12", "2013-03-02", "soon", 1, ""],
    ),
    "date": ({"type": "string", "format": "date"}, ["2013-03-02"], ["2013-3-2", "20130302", None]),
    "pattern": (
        {"type": "string", "format": "x-strptime:%d.%m.%Y %H:%M"},
        ["02.03.2013 17:28"],
        ["2013-03-02", "31.02.2013 00:00", None],
    ),
    "moment of e-mail": (
        {"type": "string", "format": "date-time-rfc-2822"},
        ["Thu, 24 Aug 2023 05:01:45 +0000", "Thu, 24 Aug 2023 05:01:45 -0700"],
        ["2023-08-24T05:01:45Z", "Thu, 32 Aug 2023 05:01:45 +0000", "", 1, None],
    ),
    "epoch": (
        {"type": "integer", "format": "x-epoch-milliseconds"},
        [0, 1362245292123],
        ["0", 1.5, True, None, 10**30],
    ),
    "moment or object": (
        {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "object"}]},
        ["2013-03-02T17:28:12Z", {}],
        ["soon", 1],
    ),
}


#: What is read although it is not as written: by the type's name, what is found and as what it
#: is read.
LOOSE: dict[str, list[tuple[Any, Any]]] = {
    "string": [(1, "1"), (1.5, "1.5"), (10.0, "10"), (10**30, str(10**30))],
    "integer": [("1", 1), ("-7", -7), ("0", 0), (1.0, 1)],
    "number": [("1", 1.0), ("-0.5", -0.5)],
    "nullable": [(1, "1")],
    "numbers": [("1", 1), (1.0, 1)],
    "enum": [],
    "list": [(["x", 1], ["x", "1"])],
    "numbers in a list": [(["1"], [1.0])],
    "nulls in a list": [([1], ["1"])],
    "list of lists": [([[1]], [["1"]])],
    "dict": [({"a": 1}, {"a": "1"}), ([{"a": "x"}], {"a": "x"})],
    "dict of lists": [({"a": [1]}, {"a": ["1"]})],
    "open object": [([{"a": 1}], {"a": 1})],
    "object": [({"b": 1}, {"b": "1"}), ([{"b": "x"}], {"b": "x"})],
    "string or object": [({"b": 1}, {"b": "1"})],
    "list or dict of lists": [([1], ["1"])],
    "integer, string or null": [(1.0, 1), (1.5, "1.5")],
    "boolean or integer": [("1", 1)],
    "epoch": [("0", 0), ("1362245292123", 1362245292123)],
}
#: What is read as nothing where it is not required: something of it would be lost.
LOSING: list[tuple[str, Any]] = [
    *[("integer", text) for text in ("01", "+1", " 1", "1.0", "1.5", "1e3", "", "one", "1_0")],
    *[("integer", value) for value in (True, 1e300, 1.5, "9" * 5000, "\u0661")],
    *[("number", value) for value in ("NaN", "inf", "1,5", "0x1", True, "9" * 5000)],
    *[("string", True), ("string", 1e300), ("string", []), ("string", {})],
    *[("boolean", value) for value in (1, 0, "true", "false", "1")],
    *[("object", value) for value in ([{"b": "x"}, {"b": "y"}], [[{"b": "x"}]], [])],
]


def _is_loose(name: str, value: object) -> bool:
    return any((type(found), found) == (type(value), value) for found, _ in LOOSE.get(name, []))


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("required", [True, False])
def test_writing_is_strict(name: str, required: bool, thing: Callable[..., Any]) -> None:
    """A value of the right type survives the round trip; any other is not sent."""
    schema, good, bad = TYPES[name]
    built = thing(required, a=schema)
    for value in good:
        read = built.read("Thing", {"a": value})
        assert built.write(read) == {"a": value}
        assert read.unread == {}
    for value in bad:
        if not isinstance(value, dict) or "object" not in name:
            with pytest.raises(EncodeError, match=r"^\$\.a"):
                built.write(built.models.Thing(a=value))


@pytest.mark.parametrize("name", TYPES)
def test_a_required_property_that_cannot_be_read(name: str, thing: Callable[..., Any]) -> None:
    """It makes the whole unreadable, with its place."""
    schema, _, bad = TYPES[name]
    built = thing(True, a=schema)
    for value in bad:
        if not _is_loose(name, value):
            with pytest.raises(DecodeError, match=r"^\$\.a") as caught:
                built.read("Thing", {"a": value})
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", TYPES)
def test_an_optional_property_that_cannot_be_read(
    name: str, thing: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """It costs itself: UNSET, kept as it came, and its place is logged, never its value."""
    schema, _, bad = TYPES[name]
    built = thing(False, a=schema, b=STRING)
    for value in [value for value in bad if not _is_loose(name, value)]:
        with caplog.at_level("INFO", "polycast.wire"):
            read = built.read("Thing", {"b": "x", "a": value})
        optional_inside = name == "string or object" and isinstance(value, dict)
        assert read.b == "x"
        if not optional_inside:
            assert read.a is UNSET
            assert read.unread == {"a": value}
        (record,) = caplog.records
        assert record.getMessage().endswith("could not be read and left out: $.a") or (
            record.getMessage().rpartition("$")[2].startswith(".a")
        )
        caplog.clear()


@pytest.mark.parametrize("name", LOOSE)
@pytest.mark.parametrize("required", [True, False])
def test_what_is_read_although_not_as_written(
    name: str, required: bool, thing: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Numbers as text, texts as numbers, and an object alone in a list lose nothing by it."""
    built = thing(required, a=TYPES[name][0])
    with caplog.at_level("INFO", "polycast.wire"):
        for found, meant in LOOSE[name]:
            written = built.write(built.read("Thing", {"a": found}))["a"]
            assert (type(written), written) == (type(meant), meant)
    assert caplog.records == []


@pytest.mark.parametrize(("name", "value"), LOSING)
def test_what_would_lose_something(name: str, value: object, thing: Callable[..., Any]) -> None:
    """A number with leading zeros, a fraction, a truth, several objects: none is guessed at."""
    read = thing(False, a=TYPES[name][0]).read("Thing", {"a": value})
    assert read.a is UNSET
    assert read.unread == {"a": value}
    with pytest.raises(DecodeError, match=r"^\$\.a"):
        thing(True, a=TYPES[name][0]).read("Thing", {"a": value})


def test_one_line_per_answer(
    spec: Callable[..., dict[str, Any]],
    build: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What could not be read is logged once, with paths from the root, however much it was."""
    inner = {"type": "object", "properties": {"a": {"type": "integer"}, "b-c": STRING}}
    rows = {"type": "array", "items": inner}
    built = build(spec({"Page": {"type": "object", "properties": {"rows": rows}}}))
    bad = {"a": "secret", "b-c": None}
    with caplog.at_level("INFO", "polycast.wire"):
        page = built.read("Page", [{"rows": [{"a": 1}, bad, *[{"a": []}] * 7]}])
        built.read("Page", {"rows": [{"a": 1}]})
    assert [row.a for row in page.rows] == [1, *[UNSET] * 8]
    assert page.rows[1].unread == bad
    (record,) = caplog.records
    text = record.getMessage()
    assert "$[0].rows[1].a, $[0].rows[1]['b-c'], $[0].rows[2].a" in text
    assert text.endswith(" and 4 more")
    assert "secret" not in text


@pytest.mark.parametrize("name", TYPES)
def test_a_missing_property(name: str, thing: Callable[..., Any]) -> None:
    """A required property that is missing is an error; an optional one is UNSET, and stays out."""
    schema = TYPES[name][0]
    with pytest.raises(DecodeError, match=r"^\$\.a: missing"):
        thing(True, a=schema).read("Thing", {})
    built = thing(False, a=schema)
    value = built.read("Thing", {})
    assert value.a is UNSET
    assert built.write(value) == {}


def test_a_required_property_left_unset_is_not_sent(thing: Callable[..., Any]) -> None:
    """UNSET where a value is required never travels, not even as null."""
    built = thing(True, a={"type": ["string", "null"]})
    with pytest.raises(EncodeError, match=r"^\$\.a: missing, expected a string or null"):
        built.write(built.models.Thing(a=UNSET))


def test_unknown_properties_are_ignored(thing: Callable[..., Any]) -> None:
    """A provider may add properties without breaking its clients."""
    built = thing(a=STRING)
    assert built.read("Thing", {"a": "x", "new": 1}) == built.models.Thing(a="x")


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_what_is_no_object(value: object, thing: Callable[..., Any]) -> None:
    """An answer that is no object is refused at its root; so is what is no instance."""
    built = thing(a=STRING)
    with pytest.raises(DecodeError, match=r"^\$: expected an object, found"):
        built.read("Thing", value)
    assert built.read("Thing", [{"a": "x"}]).a == "x"
    built = thing(b={"type": "object", "properties": {"c": STRING}})
    with pytest.raises(EncodeError, match=r"^\$\.b: expected a ThingB"):
        built.write(built.models.Thing(b={"c": "x"}))


def test_every_error_has_its_whole_path(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """The path leads through lists, free keys and objects to the value at fault."""
    inner = {
        "type": "object",
        "properties": {
            "text": {"type": "object", "additionalProperties": STRING},
            "odd-name": {"type": "array", "items": {"type": "array", "items": STRING}},
        },
    }
    page = {"type": "object", "properties": {"results": {"type": "array", "items": inner}}}
    for schema, needed in ((page, "results"), (inner, "text"), (inner, "odd-name")):
        schema["required"] = [*schema.get("required", []), needed]
    built = build(spec({"Page": page}))
    good = {"odd-name": [], "text": {"eng": "hello"}}
    with pytest.raises(DecodeError) as caught:
        built.read("Page", {"results": [good, {**good, "text": {"eng": None}}]})
    assert str(caught.value) == "$.results[1].text['eng']: expected a string, found null"
    with pytest.raises(DecodeError, match=r"^\$\.results\[2\]\['odd-name'\]\[0\]\[1\]: "):
        built.read("Page", {"results": [good, good, {**good, "odd-name": [["x", None]]}]})
    value = built.read("Page", {"results": [good, good]})
    value.results[1].text["spa"] = 5
    with pytest.raises(EncodeError, match=r"^\$\.results\[1\]\.text\['spa'\]: expected a string"):
        built.write(value)


def test_one_bad_row_costs_that_row(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """In a tolerant list an invalid item is kept raw with its error; the others are read."""
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    rows = {"type": "array", "items": item, "x-tolerate-invalid": True}
    built = build(spec({"Page": {"type": "object", "properties": {"rows": rows}}}))
    data = {"rows": [{"id": 1}, {"id": "two"}, None, {"id": 4}]}
    page = built.read("Page", data)
    assert [type(row) is Undecodable for row in page.rows] == [False, True, True, False]
    assert page.rows[1].raw == {"id": "two"}
    assert str(page.rows[1].error) == "$.id: expected a whole number, found a string"
    assert built.write(page) == data
    assert built.read("Page", {"rows": {}}).unread == {"rows": {}}


def test_additional_properties(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """Declared properties are fields, the others are kept; one may not hide the other."""
    schema = {
        "type": "object",
        "required": ["phone"],
        "properties": {"phone": STRING, "extra": STRING},
        "additionalProperties": {"type": "string"},
    }
    built = build(spec({"Recipient": schema}))
    value = built.read("Recipient", {"phone": "1", "name": "Ann"})
    assert (value.phone, value.additional_properties) == ("1", {"name": "Ann"})
    assert built.write(value) == {"phone": "1", "name": "Ann"}
    value = built.read("Recipient", {"phone": "1", "name": None, "age": 5})
    assert (value.additional_properties, value.unread) == ({"age": "5"}, {"name": None})
    for name in ("phone", "extra"):
        hiding = built.models.Recipient(phone="1", additional_properties={name: "2"})
        with pytest.raises(EncodeError, match=rf"^\$\['{name}'\]: .* hide"):
            built.write(hiding)
    with pytest.raises(EncodeError, match="a string as key"):
        built.write(built.models.Recipient(phone="1", additional_properties={1: "2"}))
    assert built.models.Recipient(phone="1").additional_properties == {}


def test_recursive_schemas(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """Schemas that contain themselves or each other work, to any sane depth."""
    node = {"$ref": "#/components/schemas/Node"}
    schemas = {
        "Node": {
            "type": "object",
            "properties": {
                "next": {"oneOf": [node, {"type": "null"}]},
                "children": {"type": "array", "items": node},
                "leaf": {"$ref": "#/components/schemas/Leaf"},
            },
        },
        "Leaf": {
            "type": "object",
            "properties": {"owners": {"type": "object", "additionalProperties": node}},
        },
    }
    built = build(spec(schemas))
    data = {
        "next": None,
        "children": [{"children": [{}]}, {"leaf": {"owners": {"a": {"next": {}}}}}],
    }
    assert built.write(built.read("Node", data)) == data
    read = built.read("Node", {"children": [{}, {"leaf": {"owners": {"a": {"next": 1}}}}]})
    assert read.children[1].leaf.owners["a"].unread == {"next": 1}
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"next": deep}
    with pytest.raises(DecodeError, match="nested too deeply"):
        built.read("Node", deep)
    value = built.models.Node()
    value.next_ = value
    with pytest.raises(EncodeError, match="nested too deeply"):
        built.write(value)
    while deep:
        deep = deep.pop("next")


def test_merged_schemas(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """`allOf` merges the properties of its parts, and what they require."""
    base = {"type": "object", "required": ["id"], "properties": {"id": STRING, "note": STRING}}
    schemas = {
        "Base": base,
        "Thing": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {
                    "type": "object",
                    "required": ["size"],
                    "properties": {"size": {"type": "integer"}},
                },
            ]
        },
    }
    built = build(spec(schemas))
    value = built.read("Thing", {"id": "1", "size": 2})
    assert (value.id, value.note, value.size) == ("1", UNSET, 2)
    with pytest.raises(DecodeError, match=r"^\$\.size: missing"):
        built.read("Thing", {"id": "1"})


def test_answers_and_bodies_without_a_class(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """A list, a dict or a plain value can be a whole body or answer."""
    thing = {"type": "object", "properties": {"a": {"type": "string", "format": "date-time"}}}
    things = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
    scores = {"type": "object", "additionalProperties": {"type": "integer"}}
    paths = {
        f"/{number}": {
            "post": {
                "operationId": f"post_{number}",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": schema}},
                },
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": schema}}}
                },
            }
        }
        for number, schema in enumerate([things, scores, STRING])
    }
    built = build(spec({"Thing": thing}, paths))
    converter = built.models.CONVERTERS["json"]
    moment = dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    rows = [built.models.Thing(a=moment)]
    kind = types.GenericAlias(list, (built.models.Thing,))
    assert converter.structure([{"a": "2020-01-02T00:00:00Z"}], kind) == rows
    with pytest.raises(DecodeError, match=r"^\$\[0\]: expected an object"):
        converter.structure([1], kind)
    args, kwargs = built.calls("post_0", rows)
    assert args[3] == {"200": ("json", kind)}
    assert converter.unstructure(kwargs["body"][1]) == [{"a": "2020-01-02T00:00:00Z"}]
    assert converter.structure({"a": 1}, dict[str, int]) == {"a": 1}
    with pytest.raises(DecodeError, match=r"^\$\['a'\]: "):
        converter.structure({"a": True}, dict[str, int])
    with pytest.raises(EncodeError, match=r"^\$\['a'\]: "):
        built.calls("post_1", {"a": "1"})
    assert converter.structure("x", str) == "x"
    with pytest.raises(DecodeError):
        converter.structure(None, str)


def test_known_values_are_open(thing: Callable[..., Any]) -> None:
    """A provider's new word is read as any other; the known ones are in the docstring."""
    built = thing(a={"type": "string", "x-known-values": ["queued", "sent"]})
    assert built.read("Thing", {"a": "brand new"}).a == "brand new"
    assert "Known values: `queued`, `sent`." in built.models.Thing.__doc__


def test_limits_are_documentation(thing: Callable[..., Any]) -> None:
    """Words that only constrain are in the docstring, and enforced by nobody but the provider."""
    built = thing(
        a={"type": "string", "maxLength": 3, "pattern": "^x", "default": "xyz", "deprecated": True},
        b={"type": "array", "items": STRING, "maxItems": 100},
    )
    assert built.read("Thing", {"a": "too long"}).a == "too long"
    words = " ".join(built.models.Thing.__doc__.split())
    assert (
        "a: At most 3 characters, matching `^x`. Left out, it is taken as `xyz`. Deprecated."
        in words
    )
    assert "b: At most 100 items." in words
    assert built.models.Thing().a is UNSET


def test_a_pushed_payload(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """A schema no operation uses is generated when the spec says it is a payload."""
    report = {"type": "object", "properties": {"id": STRING}, "x-payload": "json"}
    built = build(
        spec(
            {"Report": report},
            {"/x": {"get": {"operationId": "x", "responses": {"204": {"description": ""}}}}},
        )
    )
    assert built.read("Report", {"id": "1"}).id == "1"


moments = st.datetimes(
    min_value=dt.datetime(1900, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    timezones=st.builds(
        lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)), st.integers(-1439, 1439)
    ),
)


def test_round_trips(spec: Callable[..., dict[str, Any]], build: Callable[..., Any]) -> None:
    """Whatever can be written is read back the same."""
    schema = {
        "type": "object",
        "required": ["name", "when", "rows"],
        "properties": {
            "name": STRING,
            "size": {"type": ["integer", "null"]},
            "ratio": {"type": "number"},
            "flag": {"type": "boolean"},
            "when": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"},
            "words": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            "either": {"oneOf": [STRING, {"type": "array", "items": {"type": "integer"}}]},
        },
        "additionalProperties": {"type": "boolean"},
    }
    row = {"type": "object", "properties": {"at": {"type": "integer", "format": "x-epoch-seconds"}}}
    built = build(spec({"Thing": schema, "Row": row}))
    models = built.models
    unset = st.just(UNSET)
    seconds = st.datetimes(timezones=st.just(dt.UTC)).map(lambda when: when.replace(microsecond=0))
    things = st.builds(
        models.Thing,
        name=st.text(),
        size=unset | st.none() | st.integers(),
        ratio=unset | st.integers() | st.floats(allow_nan=False),
        flag=unset | st.booleans(),
        when=moments,
        day=unset | st.dates(),
        words=unset | st.dictionaries(st.text(), st.none() | st.text()),
        rows=st.lists(st.builds(models.Row, at=unset | seconds)),
        either=unset | st.text() | st.lists(st.integers()),
        additional_properties=st.dictionaries(st.text(min_size=20), st.booleans()),
    )

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(things)
    def round_trip(value: Any) -> None:
        assert built.read("Thing", built.write(value)) == value

    round_trip()


def test_an_unlisted_word_of_an_answer_is_kept(
    spec: Callable[..., dict[str, Any]], build: Callable[..., Any]
) -> None:
    """A closed list is open in what is only answered, and closed in what is sent."""
    words = {"enum": ["new", "sent", None]}
    told = {
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": STRING,
            "state": words,
            "codes": {"type": "array", "items": {"enum": [1, 2]}},
        },
    }
    asked = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a"]}}}
    paths = {
        "/things": {
            "post": {
                "operationId": "send",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}
                    },
                },
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Told"}}
                        },
                    }
                },
            }
        }
    }
    built = build(spec({"Told": told, "Asked": asked}, paths))
    read = built.read("Told", {"id": "1", "state": "moved", "codes": [7]})
    assert (read.state, read.codes, read.unread) == ("moved", [7], {})
    with pytest.raises(EncodeError, match="one of 'a', found 'b'"):
        built.write(built.models.Asked(kind="b"))
