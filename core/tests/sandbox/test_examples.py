"""Sandboxes that answer what their spec shows, and become servers with a memory."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import pytest
from polycast import State
from polycast.sandbox import Call, ConnectionDropped, ManualClock, Sandbox
from polycast.sandbox.examples import ExampleSandbox
from polycast.sandbox.openapi import read_document
from polycast.sandbox.spec import Spec, read_spec
from polycast.sandbox.spec_openapi import OpenAPISpec
from polycast.sandbox.spec_wadl import WADLSpec
from polycast.sandbox.values import SchemaValues
from polycast.wire import UNSET
from werkzeug.test import Client
from werkzeug.wrappers import Response

SHOP = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "https://{host}/v1", variables: {host: {default: shop.example}}}]
security: [{key: []}]
paths:
  /messages:
    post:
      operationId: sendMessage
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [to, text]
              properties: {to: {type: string}, text: {type: string}}
      responses:
        "200":
          description: Sent.
          content:
            application/json:
              schema: {type: object}
              example: {id: "1", status: queued}
        "401":
          description: No.
          content:
            application/json:
              schema: {type: object}
              example: {message: who are you}
  /messages/{message-id}:
    get:
      operationId: find
      parameters:
        - {name: message-id, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: Found.
          content:
            text/plain:
              schema: {type: string}
              examples: {one: {value: all is well}}
        4XX:
          description: No.
          content: {text/plain: {schema: {type: string}, example: "no"}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: Authorization, x-prefix: "Key "}
"""

MILL = """
<application xmlns="http://wadl.dev.java.net/2009/02" xmlns:x="http://www.w3.org/2001/XMLSchema"
             xmlns:pc="urn:polycast:spec">
  <pc:security name="key" kind="query" key="k"/>
  <grammars>
    <x:schema xmlns="">
      <x:element name="answer" type="Answer"/>
      <x:element name="order" type="Order"/>
      <x:complexType name="Order">
        <x:all><x:element name="to" type="x:string"/><x:element name="n" type="x:int"/></x:all>
      </x:complexType>
      <x:complexType name="Answer">
        <x:sequence>
          <x:element name="count" type="x:int"/>
          <x:element name="good" type="x:boolean"/>
          <x:element name="at" type="x:dateTime"/>
          <x:element name="day" type="x:string" pc:format="x-strptime:%d.%m.%Y"/>
          <x:element name="word" type="Word"/>
          <x:element name="again" type="Answer" minOccurs="0"/>
        </x:sequence>
        <x:attribute name="id" type="x:string" use="required"/>
      </x:complexType>
      <x:simpleType name="Word">
        <x:restriction base="x:string"><x:enumeration value="YES"/></x:restriction>
      </x:simpleType>
    </x:schema>
  </grammars>
  <resources base="https://mill.example/api">
    <resource path="grind">
      <method name="POST" id="grind">
        <request>
          <param name="fine" style="query" type="x:boolean" required="true"/>
          <param name="X-Run" style="header" type="x:int"/>
          <representation mediaType="application/xml" element="order"/>
        </request>
        <response status="200">
          <representation mediaType="application/xml" element="answer"/>
        </response>
      </method>
    </resource>
  </resources>
</application>
"""

IN_BODY = {"type": "apiKey", "in": "query", "name": "k", "x-in": "body"}
KEY = {"Authorization": "Key sesame"}
MESSAGE = {"to": "+12125554567", "text": "Hello"}


class Shop(ExampleSandbox):
    """Remembers nothing."""

    name = "shop"
    spec: ClassVar[Spec] = OpenAPISpec(SHOP)
    keys: ClassVar[Mapping[str, str]] = {"key": "sesame"}

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"key": "sesame"}


class Remembering(Shop):
    """Remembers what was sent."""

    def send_message(self, call: Call) -> Response:
        body = call.request.get_json()
        taken = self.take(body["to"], body["text"], sender="Shop")
        return self.reply(call, taken, id=taken.id)

    # An operation may be called like a method that every such sandbox has.
    def find(self, call: Call) -> Response:  # type: ignore[override]
        taken = super().find(call.values["message_id"])
        return Response(taken.state(self.clock.now()))


class Mill(ExampleSandbox):
    """Speaks XML."""

    name = "mill"
    spec: ClassVar[Spec] = WADLSpec(MILL)
    keys: ClassVar[Mapping[str, str]] = {"key": "sesame"}

    @classmethod
    def settings(cls) -> dict[str, object]:
        return {"key": "sesame"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def _send(sandbox: Sandbox, **changes: str) -> tuple[int, object]:
    answer = Client(sandbox).post("/v1/messages", json={**MESSAGE, **changes}, headers=KEY)
    return answer.status_code, answer.get_json()


def test_an_operation_answers_what_its_spec_shows() -> None:
    """Without a line of its own, a sandbox answers with the spec's example."""
    assert _send(Shop()) == (200, {"id": "1", "status": "queued"})
    assert Client(Shop()).get("/v1/messages/7", headers=KEY).text == "all is well"


def test_who_remembers_nothing_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """A send that was answered by example is told of: a test that finds nothing sees why."""
    shop = Shop()
    with caplog.at_level(logging.WARNING):
        _send(shop)

    assert not shop.accepted
    assert "Shop answered send_message with the spec's example, and remembers nothing" in (
        caplog.text
    )


@pytest.mark.parametrize("header", [None, "Key wrong", "sesame"])
def test_credentials_are_judged_by_the_spec(header: str | None) -> None:
    """A missing or wrong key is answered with the spec's own refusal, and reaches nothing."""
    shop = Remembering()
    headers = {} if header is None else {"Authorization": header}
    answer = Client(shop).post("/v1/messages", json=MESSAGE, headers=headers)

    assert (answer.status_code, answer.get_json()) == (401, {"message": "who are you"})
    assert not shop.accepted


def test_requests_are_judged_by_the_spec() -> None:
    """What does not fit is refused in words, and stands in the log of requests."""
    shop = Remembering()
    answer = Client(shop).post("/v1/messages", json={"to": "+1"}, headers=KEY)

    assert answer.status_code == 400
    assert "'text' is a required property" in answer.text
    assert shop.requests[0].problems


def test_a_memory_takes_a_method_for_each_operation(clock: ManualClock) -> None:
    """A method of the operation's name answers in the example's form, and keeps what came."""
    shop = Remembering(clock)
    assert _send(shop) == (200, {"id": "1", "status": "queued"})
    assert _send(shop, text="Again") == (200, {"id": "2", "status": "queued"})

    assert [(each.id, each.text, each.sender) for each in shop.accepted] == [
        ("1", "Hello", "Shop"),
        ("2", "Again", "Shop"),
    ]
    clock.advance(5)
    assert [each.text for each in shop.inbox] == ["Hello", "Again"]
    assert Client(shop).get("/v1/messages/2", headers=KEY).text == "delivered"


def test_what_is_missing_is_refused_by_a_class_of_statuses() -> None:
    """An id of nothing is 404, in the form that the spec gives the class."""
    answer = Client(Remembering()).get("/v1/messages/9", headers=KEY)

    assert (answer.status_code, answer.text) == (404, "no")


@pytest.mark.parametrize(
    ("ending", "states"),
    [
        ("4567", [State.QUEUED, State.SENT, State.DELIVERED, State.DELIVERED]),
        ("1111", [State.QUEUED, State.SENT, State.FAILED, State.FAILED]),
        ("2222", [State.QUEUED, State.SENT, State.SENT, State.EXPIRED]),
    ],
)
def test_fates_are_those_of_every_sandbox(
    clock: ManualClock, ending: str, states: list[State]
) -> None:
    """How a number ends decides what becomes of its message."""
    shop = Shop(clock)
    taken = shop.take(f"+1212555{ending}", "Hello")
    seen = []
    for seconds in (0, 1, 1, 86_400):
        clock.advance(seconds)
        seen.append(taken.state(clock.now()))

    assert seen == states


def test_two_fates_are_met_at_once() -> None:
    """A refused number is not taken on; one whose reply is lost is taken on, and not answered."""
    shop = Remembering()
    assert _send(shop, to="+12125550000")[0] == 400
    assert not shop.accepted
    with pytest.raises(ConnectionDropped):
        _send(shop, to="+12125553333")
    assert len(shop.accepted) == 1


def test_what_is_due_later_can_be_withdrawn(clock: ManualClock) -> None:
    """A message waits for its moment; withdrawn before it is handed on, it never arrives."""
    shop = Shop(clock)
    later = ManualClock(clock.now())
    later.advance(60)
    waiting = shop.take("+12125554567", "Hello", due=later.now())
    sent = shop.take("+12125554568", "Hello")
    clock.advance(1)

    assert waiting.state(clock.now()) is State.SCHEDULED
    assert (shop.withdraw(waiting), shop.withdraw(sent)) == (True, False)
    clock.advance(120)
    assert [each.to for each in shop.inbox] == ["+12125554568"]
    assert shop.find("1").state(clock.now()) is State.CANCELLED


@pytest.fixture
def grind() -> ET.Element:
    """What a WADL's sandbox answers to a request that fits."""
    mill = Mill()
    answer = Client(mill).post(
        "/api/grind?k=sesame&fine=true",
        data="<order><to>+1</to><n>2</n></order>",
        content_type="application/xml",
    )
    assert answer.status_code == 200, mill.requests
    return ET.fromstring(answer.data)


def test_a_wadl_is_answered_by_its_schema(grind: ET.Element) -> None:
    """There are no examples in WADL: each element holds a value of its type."""
    assert grind.tag == "answer"
    assert grind.get("id") == "string"
    assert {child.tag: child.text for child in grind} == {
        "count": "1",
        "good": "true",
        "at": "2026-01-02T03:04:05Z",
        "day": "02.01.2026",
        "word": "YES",
    }


def test_a_field_of_an_example_can_be_left_out() -> None:
    """An optional field that the spec shows is not answered where it is `UNSET`."""
    sent = OpenAPISpec(SHOP).operations["send_message"].success()
    assert json.loads(sent.response({"status": UNSET, "due": UNSET}).data) == {"id": "1"}

    ground = WADLSpec(MILL).operations["grind"].success()
    root = ET.fromstring(ground.response({"id": UNSET, "word": UNSET}).data)
    assert root.attrib == {}
    assert [child.tag for child in root] == ["count", "good", "at", "day"]


@pytest.mark.parametrize(
    ("query", "body", "problem"),
    [
        ("k=sesame", "<order><to>+1</to><n>2</n></order>", "The query lacks 'fine'."),
        ("k=sesame&fine=oh", "<order><to>+1</to><n>2</n></order>", "fine: 'oh' is not of the"),
        ("k=sesame&fine=true&b=1", "<order><to>+1</to><n>2</n></order>", "The query has 'b'"),
        ("k=sesame&fine=true", "<order><to>+1</to><n>x</n></order>", "The body at /order/n"),
        ("k=sesame&fine=true", "<other/>", "The body is <other> instead of <order>."),
        ("k=sesame&fine=true", "nothing", "The body is not application/xml."),
    ],
)
def test_a_wadl_judges_queries_and_bodies(query: str, body: str, problem: str) -> None:
    """Parameters and XML bodies are held against the document, and the sentence says where."""
    mill = Mill()
    answer = Client(mill).post(f"/api/grind?{query}", data=body, content_type="application/xml")

    assert answer.status_code == 400
    assert answer.text.startswith(problem)


def test_a_wadl_asks_for_its_key() -> None:
    """The key of a WADL's security element is asked for in the query."""
    answer = Client(Mill()).post(
        "/api/grind?fine=true&k=no",
        data="<order><to>+1</to><n>2</n></order>",
        content_type="application/xml",
        headers={"X-Run": "1"},
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("scheme", "request_", "good"),
    [
        ({"type": "http", "scheme": "bearer"}, {"headers": {"Authorization": "Bearer s"}}, True),
        ({"type": "http", "scheme": "basic"}, {"auth": ("a", "b")}, True),
        ({"type": "http", "scheme": "basic"}, {"auth": ("a", "c")}, False),
        ({"type": "http", "scheme": "basic"}, {"headers": {"Authorization": "Basic \xd1"}}, False),
        ({"type": "apiKey", "in": "query", "name": "k"}, {"query_string": "k=s"}, True),
        ({"type": "apiKey", "in": "query", "name": "k"}, {"query_string": "k=t"}, False),
        (
            {"type": "apiKey", "in": "query", "name": "k", "x-in": "body"},
            {"data": {"k": "s"}},
            True,
        ),
        (
            {"type": "apiKey", "in": "query", "name": "k", "x-in": "body"},
            {"json": {"k": "s"}},
            True,
        ),
        ({"type": "apiKey", "in": "query", "name": "k", "x-in": "body"}, {"json": {}}, False),
        ({"type": "apiKey", "in": "query", "name": "k", "x-custom": True}, {}, True),
        ({"type": "oauth2", "flows": {}}, {"headers": {"Authorization": "Bearer s"}}, True),
        ({"type": "oauth2", "flows": {}}, {"headers": {"Authorization": "Bearer t"}}, False),
        ({"type": "openIdConnect"}, {"headers": {"Authorization": "Bearer s"}}, True),
        ({"type": "http", "scheme": "digest"}, {"headers": {"Authorization": "Digest s"}}, True),
        ({"type": "mutualTLS"}, {}, True),
    ],
)
def test_every_kind_of_credential_is_found(
    scheme: dict[str, object], request_: dict[str, object], good: bool
) -> None:
    """Wherever the spec says that a key travels, it is looked for there and nowhere else."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": "https://shop.example"}],
        "security": [{"it": []}],
        "paths": {"/a": {"post": {"operationId": "a", "responses": {"200": {"description": ""}}}}},
        "components": {"securitySchemes": {"it": scheme}},
    }

    class Any(Shop):
        spec = OpenAPISpec(json.dumps(document))
        keys: ClassVar[Mapping[str, str]] = {
            "it": "a:b" if scheme.get("scheme") == "basic" else "s"
        }

    status = Client(Any()).post("/a", **request_).status_code
    assert (status != 401) is good


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "minLength": 10}, "stringstri"),
        ({"type": "string", "maxLength": 3}, "str"),
        ({"type": "string", "format": "date-time", "minLength": 24, "maxLength": 24},
         "2026-01-02T03:04:05.000Z"),
        ({"type": "string", "format": "date-time", "minLength": 21}, "2026-01-02T03:04:05.0Z"),
        ({"type": "string", "format": "date", "minLength": 12}, "2026-01-02"),
        ({"type": "string", "format": "uuid", "maxLength": 9},
         "6f1c1b1e-7b1f-4b6e-9d0a-2f5c8c1d7e10"),
        ({"type": "string", "format": "x-strptime:%d.%m.%Y %H%:z"}, "02.01.2026 03+00:00"),
        ({"type": "integer", "format": "x-epoch-milliseconds"}, 1767323045000),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": ["null", "boolean"]}, True),
        ({"type": "number"}, 1.0),
        ({"anyOf": [{"type": "null"}, {"enum": ["a", "b"]}]}, "a"),
        ({"type": "array", "items": {"const": 7}, "minItems": 2}, [7, 7]),
        ({"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {}}}]},
         {"a": 1, "b": None}),
        ({"$ref": "#/components/schemas/Tree"}, {"leaf": "string", "trees": []}),
    ],
)  # fmt: skip
def test_values_are_made_from_schemas(schema: dict[str, object], value: object) -> None:
    """What a spec does not show is made up to fit, and what holds itself comes to an end."""
    tree = {
        "type": "object",
        "properties": {
            "leaf": {"type": "string"},
            "trees": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
            "up": {"$ref": "#/components/schemas/Tree"},
        },
    }

    assert SchemaValues({"components": {"schemas": {"Tree": tree}}}).value(schema) == value


def test_values_become_xml_as_the_spec_writes_it() -> None:
    """Attributes, wrapped lists and other names stand where the `xml` objects put them."""
    schema = {
        "type": "object",
        "xml": {"name": "answer"},
        "properties": {
            "id": {"type": "string", "xml": {"attribute": True}},
            "rows": {
                "type": "array",
                "xml": {"wrapped": True},
                "items": {"type": "integer", "xml": {"name": "row"}},
            },
            "word": {"type": "string", "enum": ["yes"], "xml": {"name": "Word"}},
        },
    }
    values = SchemaValues({})

    assert ET.tostring(values.element(schema, values.value(schema), "x"), "unicode") == (
        '<answer id="string"><rows><row>1</row></rows><Word>yes</Word></answer>'
    )


@pytest.mark.parametrize(("text", "kind"), [(SHOP, OpenAPISpec), (MILL, WADLSpec)])
def test_a_spec_is_read_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: type[Spec]
) -> None:
    """The copy beside a generated client is found by its package, whichever language it is in."""
    package = tmp_path / f"lying_{kind.__name__}"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "spec").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)

    assert isinstance(read_spec(package.name, "spec"), kind)


def test_yaml_is_read_as_openapi_means_it() -> None:
    """`on` and dates are words, a status may be written as a number, JSON is YAML too."""
    spec = OpenAPISpec(
        """
        openapi: 3.1.0
        info: {title: Shop, version: "1"}
        servers: [{url: "https://shop.example"}]
        paths:
          /a:
            get:
              operationId: a
              responses:
                200:
                  description: A.
                  content:
                    application/json:
                      schema: {type: object}
                      example: {switch: on, day: 2026-01-02, country: NO, good: true}
        """
    )

    assert json.loads(spec.operations["a"].success().response({}).data) == {
        "switch": "on",
        "day": "2026-01-02",
        "country": "NO",
        "good": True,
    }


def test_a_scheme_without_a_key_lets_nobody_in() -> None:
    """Where the spec takes other credentials too, a sandbox that has none of them refuses them."""
    document = read_document(SHOP)
    document["security"].append({"other": []})
    document["components"]["securitySchemes"]["other"] = {"type": "http", "scheme": "bearer"}

    class Two(Shop):
        spec = OpenAPISpec(json.dumps(document))

    assert Client(Two()).post("/v1/messages", json=MESSAGE).status_code == 401
    assert Client(Two()).post("/v1/messages", json=MESSAGE, headers=KEY).status_code == 200
