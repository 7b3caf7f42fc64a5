"""Requests made from Ogangi's WADL document, sent to the fake server that answers by it."""

import hmac
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
import requests
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from polycast import Broadcast
from polycast.sandbox.wadl import xsd_of
from polycast.testing.environments import environments
from polycast_ogangi.sandbox import OgangiSandbox
from xmlschema import XMLSchema10

DOCUMENT = files("polycast_ogangi").joinpath("_client", "ogangi.wadl").read_text("utf-8")
WADL = "{http://wadl.dev.java.net/2009/02}"
BOUNDED = settings(
    derandomize=True,
    max_examples=25,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PERSON = json.dumps([{"mobileNumber": "13056708084", "text": "Hi"}])
#: What broke something once, by operation: the values of the path, and the body.
SAMPLES: dict[str, list[tuple[tuple[str, ...], dict[str, Any]]]] = {
    "send_sms_by_file": [
        (("8",), {"files": {"file": ("list.csv", f"13056708084;434;;{words};Hi")}})
        for words in ("undefined;UTC", "\x00;UTC", "undefined;undefined")
    ],
    "message_report": [
        (("8", str(first), str(last), "1", "10", "null"), {})
        for first, last in ((0, 2**63 - 1), (-(2**63), 0), (-62135596800000, 253402300799999))
    ],
    "get_broadcasts": [
        (("8", "4", first, last, "null"), {})
        for first, last in (("01-01-0001", "null"), ("null", "31-12-9999"))
    ],
    "create_broadcast_from_json": [
        (("8", "-1", "434", "peter", "true", "null", date), {"data": {"to": PERSON}})
        for date in ("01-01-0001 00:00", "31-12-9999 23:59")
    ],
}
SUPPLIED = ("publicKey", "signature")
RESOURCES = [
    pytest.param(resource, id=str(resource.find(f"{WADL}method").get("id")))  # type: ignore[union-attr]
    for resource in ET.fromstring(DOCUMENT).iterfind(f"{WADL}resources/{WADL}resource/*")
]

#: A slash, or dots alone, would be another path.
ANY = st.text(min_size=1, max_size=12).filter(
    lambda text: "/" not in text and text not in (".", "..")
)
ENCODED = st.binary(max_size=12).map(lambda content: b64encode(content).decode()).filter(bool)
NUMBERS = st.integers(-3, 20) | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2**42)
#: What the server has, and what is at the edge of a type.
FITTING: dict[str, st.SearchStrategy[str]] = {
    "instanceId": st.just("8"),
    "broadcastId": st.sampled_from(["1542", "1543", "-1"]),
    "userName": st.just("peter"),
    "shortcode": st.just("434"),
    "long": NUMBERS.map(str) | st.sampled_from([" 8 ", "+8", "008", "٨"]),
    "int": st.integers(-3, 20).map(str) | st.sampled_from(["2147483647", "+1"]),
    "boolean": st.sampled_from(["true", "false", "1", "0"]),
    "Base64": ENCODED,
    "string": ANY,
    "%d-%m-%Y": st.sampled_from(["01-01-0001", "31-12-9999", "1-1-2026", "29-02-2026"]),
    "%d-%m-%Y %H:%M": st.sampled_from(["01-01-0001 00:00", "31-12-9999 23:59", "1-1-2026 1:1"]),
}
PEOPLE: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries(
        {"mobileNumber": st.sampled_from(["13056708084", "+1 305", "", "x"]) | ANY},
        optional={
            "text": st.sampled_from(["Hi {0}. {1}", "{", "{9}", ""]) | ANY,
            "params": st.lists(ANY, max_size=3) | st.sampled_from([None, "x", {}, [None, 5]]),
        },
    ),
    max_size=3,
)
ODD = st.sampled_from(["", "null", "5", "{}", "[null]", "[[]]", "[5]", "[" * 5000, '["\\ud83d"]'])
WORDS = ANY | st.sampled_from(["", "\x00", "13056708084", "UTF-8", "undefined", "Europe"])
ROW = st.lists(WORDS, max_size=8) | st.lists(WORDS, min_size=3, max_size=5).map(
    lambda rest: ["13056708084", "434", "", *rest]
)
CONTENT = st.binary(max_size=30) | st.sampled_from([",", ";"]).flatmap(
    lambda comma: st.lists(ROW.map(comma.join), max_size=3).map("\n".join).map(str.encode)
)


def fitting(parameter: ET.Element) -> st.SearchStrategy[str]:
    """Return values that fit a part of a path."""
    name, kind = parameter.attrib["name"], parameter.attrib["type"].rpartition(":")[2]
    spelling = parameter.get("{urn:polycast:spec}format", "").removeprefix("x-strptime:")
    if "in Base64" in "".join(parameter.itertext()):
        spelling = "Base64"
    values = FITTING[next(each for each in (name, spelling, kind) if each in FITTING)]
    null = parameter.get("{urn:polycast:spec}null")
    return values if null is None else values | st.just(null)


def values_of(parameters: list[ET.Element]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return the values of a path: all of them fit, or each may be anything."""
    whole = st.tuples(*map(fitting, parameters))
    odd = ANY | NUMBERS.map(str) | FITTING["%d-%m-%Y"]
    return whole | st.tuples(*(fitting(each) | odd for each in parameters))


def body_of(resource: ET.Element) -> st.SearchStrategy[dict[str, Any]]:
    """Return the bodies of a request, as `requests` takes them."""
    form = resource.find(f"{WADL}method/{WADL}request/{WADL}representation")
    if form is None:
        return st.just({})
    if "multipart" in form.attrib["mediaType"]:
        return st.builds(lambda content: {"files": {"file": ("list.csv", content)}}, CONTENT)
    people = PEOPLE.map(json.dumps) | ODD
    return people.map(lambda to: {"data": {"to": to}}) | st.just({"data": {"x": "y"}})


@pytest.fixture
def base_url() -> Iterator[str]:
    """A server that has one broadcast; its clock stands still."""
    with environments(OgangiSandbox) as make:
        here = make()
        here.client.send_bulk(Broadcast(text="Hi", recipients=["+13056708084"]))
        yield f"{here.client.provider.settings.base_url}/rest/api/"
        # What is sent here need not fit the document.
        here.server.requests.clear()


@pytest.mark.parametrize("resource", RESOURCES)
def test_ogangi_answers_as_its_document_says(
    base_url: str, caplog: pytest.LogCaptureFixture, resource: ET.Element
) -> None:
    """Whatever is asked, and signed or not: XML that the document's schema takes, and no 5xx.

    The schema is applied by `xmlschema`.
    """
    caplog.set_level(logging.ERROR)
    schema = xsd_of(DOCUMENT)
    assert isinstance(schema, XMLSchema10)
    way = resource.attrib["path"].partition("/{")[0]
    parameters = [
        each for each in resource.iterfind(f"{WADL}param") if each.attrib["name"] not in SUPPLIED
    ]
    method = resource.find(f"{WADL}method")
    assert method is not None
    called = method.attrib["name"]

    @BOUNDED
    @given(values_of(parameters), body_of(resource), st.integers(0, 9).map(bool))
    def run(values: tuple[str, ...], body: dict[str, Any], signed: bool) -> None:
        key = b"PRIVATE_KEY" if signed else b"another"
        signature = hmac.digest(key, "/".join(values).encode(), "sha256").hex()
        path = "/".join(quote(each, safe="") for each in (*values, "PUBLIC_KEY", signature))
        answer = requests.request(called, f"{base_url}{way}/{path}", timeout=60, **body)
        assert answer.status_code == 200, (values, body, answer.text[:500])
        assert not caplog.records, caplog.text
        schema.validate(f"<response>{answer.text}</response>")
        told = answer.text.partition("<status>")[2].partition("<")[0]
        assert (told == "BAD_SIGNATURE") is not signed

    for sample in SAMPLES.get(str(method.get("id")), ()):
        run = example(*sample, True)(run)
    run()
