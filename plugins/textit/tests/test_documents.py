"""TextIt's own page, "Broadcasts Endpoint": each of its examples, and the test that proves it.

The examples stand here as the page prints them. Its JSON has slips that no server sends: a
comma for a colon after a language, a missing comma after the contacts, and a listing that
breaks off in dots. They are mended before they are read, and refused on the wire.
"""

import json
import re
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client, OutcomeUnknown, State
from polycast.testing import CannedWire
from polycast_textit import Options
from polycast_textit.recipients import LIMIT
from polycast_textit.response import BROADCAST_STATES

LISTING = """
{
    "next": null,
    "previous": null,
    "results": [
        {
            "id": 123456,
            "urns": ["tel:+250788123123", "tel:+250788123124"],
            "contacts": [{"uuid": "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "name": "Joe"}]
            "groups": [],
            "text": {"eng", "hello environment"},
            "attachments": {"eng", []},
            "base_language": "eng",
            "created_on": "2013-03-02T17:28:12.123456Z"
        },
        ...
"""

NEW_BROADCAST = """
{
    "urns": ["tel:+250788123123", "tel:+250788123124"],
    "contacts": ["09d23a05-47fe-11e4-bfe9-b8f6b119e9ab"],
    "text": {"eng": "Hello @contact.name!", "spa": "Hola @contact.name!"},
    "base_language": "eng"
}
"""

CREATED = """
{
    "id": 1234,
    "urns": ["tel:+250788123123", "tel:+250788123124"],
    "contacts": [{"uuid": "09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "name": "Joe"}]
    "groups": [],
    "text": {"eng": "Hello @contact.name!", "spa": "Hola @contact.name!"},
    "attachments": {"eng", [], "spa": []},
    "base_language": "eng",
    "created_on": "2013-03-02T17:28:12.123456Z"
}
"""

#: Every example of the page, by where it stands there, and the test that proves it.
EXAMPLES = {
    "Listing Broadcasts, GET /api/v2/broadcasts.json": "test_the_listing_is_asked_for",
    "Listing Broadcasts, the response": "test_the_listing_is_read",
    "Sending Broadcasts, POST /api/v2/broadcasts.json": "test_the_new_broadcast_is_written",
    "Sending Broadcasts, the response": "test_the_created_broadcast_is_read",
}

BROADCAST = Broadcast(
    recipients=[
        "tel:+250788123123",
        "+250788123124",
        "contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab",
    ],
    options=Options(
        translations={"eng": "Hello @contact.name!", "spa": "Hola @contact.name!"},
        base_language="eng",
    ),
)


def mended(example: str) -> Any:
    """Read an example of the page as it was meant."""
    example = re.sub(r'\{"(\w+)", ', r'{"\1": ', example)
    example = re.sub(r'\]\n(\s+)"groups"', r'],\n\1"groups"', example)
    return json.loads(re.sub(r",\s+\.\.\.\s*$", "]}", example))


def test_every_example_is_proved() -> None:
    """The table names tests that are there."""
    assert all(callable(globals().get(test)) for test in EXAMPLES.values())


def test_the_listing_is_asked_for(textit: Client, wire: CannedWire) -> None:
    """`list_broadcasts()` is the documented GET, and a status adds the documented filter."""
    wire.answer(json=mended(LISTING)).answer(json=mended(LISTING))
    textit.api.list_broadcasts()
    textit.status("123456")
    assert [(sent.method, sent.url, sent.body) for sent in wire.sent] == [
        ("GET", "https://textit.com/api/v2/broadcasts.json", b""),
        ("GET", "https://textit.com/api/v2/broadcasts.json?id=123456", b""),
    ]


def test_the_listing_is_read(textit: Client, wire: CannedWire) -> None:
    """The listed broadcast in our words; the page forgets its status, so that is UNKNOWN."""
    wire.answer(json=mended(LISTING))
    status = textit.status("123456")
    assert (status.id, status.state, status.detail) == ("123456", State.UNKNOWN, None)
    raw: Any = status.raw
    assert raw.urns == ["tel:+250788123123", "tel:+250788123124"]
    assert [(each.uuid, each.name) for each in raw.contacts] == [
        ("09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", "Joe")
    ]
    assert (raw.groups, raw.text, raw.attachments) == (
        [],
        {"eng": "hello environment"},
        {"eng": []},
    )
    assert raw.base_language == "eng"
    assert raw.created_on.isoformat() == "2013-03-02T17:28:12.123456+00:00"


def test_the_new_broadcast_is_written(textit: Client, wire: CannedWire) -> None:
    """Our words become exactly that request: these values, in this order, and no others."""
    wire.answer(201, json=mended(CREATED))
    textit.send_bulk(BROADCAST)
    (sent,) = wire.sent
    assert (sent.method, sent.path) == ("POST", "/api/v2/broadcasts.json")
    compact = json.dumps(json.loads(NEW_BROADCAST), separators=(",", ":"))
    assert sent.body.decode() == compact


def test_the_created_broadcast_is_read(textit: Client, wire: CannedWire) -> None:
    """That response becomes a receipt; a broadcast just created without a status is QUEUED."""
    wire.answer(201, json=mended(CREATED))
    sent = textit.send_bulk(BROADCAST)
    assert (sent.id, sent.state) == ("1234", State.QUEUED)
    assert [(receipt.to, receipt.state) for receipt in sent.receipts] == [
        ("tel:+250788123123", State.QUEUED),
        ("+250788123124", State.QUEUED),
        ("contact:09d23a05-47fe-11e4-bfe9-b8f6b119e9ab", State.QUEUED),
    ]
    raw: Any = sent.raw
    assert raw.attachments == {"eng": [], "spa": []}


def test_the_page_misprints_are_refused_on_the_wire(textit: Client, wire: CannedWire) -> None:
    """No server sends them, so that an answer like that is no confirmation."""
    wire.answer(201, CREATED)
    with pytest.raises(OutcomeUnknown, match="JSON"):
        textit.send_bulk(BROADCAST)
    wire.answer(200, LISTING)
    with pytest.raises(polycast.InvalidResponse):
        textit.status("123456")


def test_the_documented_statuses_are_all_known() -> None:
    """`status` is "one of pending, queued, started, completed, failed, interrupted"."""
    documented = ["pending", "queued", "started", "completed", "failed", "interrupted"]
    assert [word for word in documented if word not in BROADCAST_STATES] == []


def test_the_documented_limit_is_ours() -> None:
    """URNs, contacts and groups: each an "array of up to 100 strings"."""
    assert LIMIT == 100
