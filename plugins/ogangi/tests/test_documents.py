"""Ogangi's own page, "Broadcasts": each of its examples, and the test that proves it.

The answers stand here as the page prints them: without a root, and with dots where elements were
left out, which are read like that. What else is wrong with the page: an offset of `-04:002`; an
answer to a file that calls itself `sendSMS`; a `carrierName` in a table that is `carrier` in the
sample; a numeric status where another sample has a text; short codes that a table calls numbers.
The requests are printed as patterns; they are filled in here with the values of "JSON Broadcast
Example Call", where it has them.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polycast
import pytest
from polycast import Action, Broadcast, Client, State, Status
from polycast.testing import CannedWire
from polycast_ogangi import Ogangi, Options
from polycast_ogangi.response import parse_date

BASE = "https://www.messangi.com/messangi_mmc/rest/api/"

SENT_BY_FILE = (
    "<input>sendSMS</input> <status>OK</status> <description>Completed</description> <result> "
    "<messages> <message> <id>-6710228708174720670</id> <carrier>carrierName</carrier> "
    "<from>19893653744</from> <to>18133210984</to> <text>OGANGI TEST MESSAGE</text> "
    "<status>SENT_TO_CARRIER</status> <statusDescription>Sent to Carrier</statusDescription> "
    "<encoding>UTF-8</encoding> <date>2014-12-17T00:12:13.571-04:30</date> "
    "<timezone>America/Caracas</timezone> <clientId>As223sdadq8d8287v5v</clientId> </message> ... "
    "<message> <id>-8174720676710228700</id> <carrier>carrierName</carrier> "
    "<from>19893653744</from> <to>13056708084</to> <text>OGANGI TEST MESSAGE</text> "
    "<status>SENT_TO_CARRIER</status> <statusDescription>Sent to Carrier</statusDescription> "
    "<encoding>UTF-8</encoding> <date>2013-09-17T10:13:59.176-04:30</date> "
    "<timezone>America/Caracas</timezone> <clientId>As223sdadq8d8287v5v</clientId> </message> "
    "</messages> </result>"
)
SHORTCODES = (
    "<input>getShortcodes</input> <status>OK</status> <description>Completed</description> "
    "<result> <shortcodes> <shortcode> <sc>0000000</sc> </shortcode> ... <shortcode> "
    "<sc>1111111</sc> </shortcode> </shortcodes> </result>"
)
CREATED = (
    "<input>createBroadcastFromJson</input> <status>OK</status> "
    "<description>Completed</description> <result> <broadcast> <id>1</id> "
    "<text>Test message</text> <startDate>2016-08-16T17:49:42.346-04:002</startDate> "
    "<expectedMessages>2</expectedMessages> <statusDescription>SCHEDULED</statusDescription> "
    "<shortcode>0000000</shortcode> </broadcast> </result>"
)
FOUND = (
    "<input>getBroadcast</input> <status>OK</status> <description>Completed</description> "
    "<result> <broadcast> <id>2</id> <text>message</text> "
    "<startDate>2013-09-05T15:10:14-04:00</startDate> "
    "<endDate>2013-09-05T15:10:14-04:00</endDate> <expectedMessages>2</expectedMessages> "
    "<sentMessages>2</sentMessages> <status>2</status> <shortcode>0000000</shortcode> "
    "</broadcast> </result>"
)
OBEYED = "<input>{}</input> <status>OK</status> <description>Completed</description>"

#: Every example of the page, in its order, and the test that proves it.
EXAMPLES = {
    "sendSMSByFile, the address": "test_a_file_is_sent",
    "sendSMSByFile, the response": "test_the_answer_to_a_file",
    "getShortcodes, the address": "test_shortcodes_are_asked_for",
    "getShortcodes, the response": "test_the_answer_of_shortcodes",
    "createBroadcastFromJson, the address": "test_a_broadcast_is_created",
    "createBroadcastFromJson, the optional parameters": "test_the_optional_parameters",
    "createBroadcastFromJson, the response": "test_the_answer_to_a_new_broadcast",
    "getBroadcast, the address": "test_a_broadcast_is_asked_for",
    "getBroadcast, the response": "test_the_answer_of_a_broadcast",
    "suspendBroadcast, the address and the response": "test_a_broadcast_is_controlled",
    "resumeBroadcast, the address and the response": "test_a_broadcast_is_controlled",
    "stopBroadcast, the address and the response": "test_a_broadcast_is_controlled",
    "broadcast by DELETE, the address and the response": "test_a_broadcast_is_controlled",
}

#: What each call of the page signs, and the digest with PRIVATE_KEY.
SIGNATURES: Mapping[str, str] = {
    "8": "f8a445a9a71e2cdebd478e070a820cbda3b89be36e5ea63f950d8a5e1220d968",
    "8/1542": "bfb23c70174b0874156848cb87c52798bbb621fcf0398426c317029182e4ec1f",
    "8/-1/434/peter/true/testJsonBroadcast/null": (
        "a0d8cd93fccc157fca603546c1424c879b304381add6fcecd3d8378b4ef53bc7"
    ),
}
RECIPIENTS = ["+18133210984", "+13056708084"]


@pytest.fixture
def ogangi(wire: CannedWire) -> Client:
    """A client with the values of the page's examples."""
    client = polycast.connect(
        "ogangi",
        instance_id=8,
        user_name="peter",
        public_key="PUBLIC_KEY",
        private_key="PRIVATE_KEY",
        shortcode="434",
        timezone="America/Caracas",
    )
    return wire.attach(client)


def address(method: str, values: str) -> str:
    """The whole address of a call with these values."""
    return f"{BASE}{method}/{values}/PUBLIC_KEY/{SIGNATURES[values]}"


def by_file(client: Client) -> polycast.BulkReceipt:
    """The example's two messages."""
    options = Options(delivery="file", carrier="carrierName")
    return client.send_bulk(
        Broadcast(
            text="OGANGI TEST MESSAGE",
            sender="19893653744",
            recipients=RECIPIENTS,
            options=options,
        )
    )


def create(client: Client, **changes: Any) -> polycast.BulkReceipt:
    """The example's broadcast."""
    return client.send_bulk(
        Broadcast(text="Test message", recipients=RECIPIENTS, **{"name": None, **changes})
    )


def test_every_example_is_proved() -> None:
    """The table names tests that are there."""
    assert all(callable(globals().get(test)) for test in EXAMPLES.values())


def test_a_file_is_sent(ogangi: Client, wire: CannedWire) -> None:
    """A POST with one part, `file`, which is not signed; a row per recipient."""
    wire.answer(200, SENT_BY_FILE)
    by_file(ogangi)
    (sent,) = wire.sent
    assert (sent.method, sent.url) == ("POST", address("tools/sendSMSByFile", "8"))
    kind, _, boundary = sent.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    shared = '"19893653744","carrierName","UTF-8","America/Caracas","OGANGI TEST MESSAGE"'
    assert sent.body.decode() == (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="recipients.csv"\r\n'
        "Content-Type: text/csv; charset=utf-8\r\n\r\n"
        f'"18133210984",{shared}\n"13056708084",{shared}\r\n'
        f"--{boundary}--\r\n"
    )


def test_the_answer_to_a_file(ogangi: Client, wire: CannedWire) -> None:
    """Two messages with negative ids, handed to the carrier, which is not delivered."""
    wire.answer(200, SENT_BY_FILE)
    sent = by_file(ogangi)
    assert (sent.id, sent.state) == (None, State.SENT)
    assert [(r.id, r.state, r.detail, r.to) for r in sent.receipts] == [
        ("message:-6710228708174720670", State.SENT, "SENT_TO_CARRIER", "+18133210984"),
        ("message:-8174720676710228700", State.SENT, "SENT_TO_CARRIER", "+13056708084"),
    ]
    first: Any = sent.receipts[0].raw
    assert (first.carrier, first.from_, first.to) == ("carrierName", "19893653744", "18133210984")
    assert (first.text, first.encoding) == ("OGANGI TEST MESSAGE", "UTF-8")
    assert (first.status_description, first.timezone) == ("Sent to Carrier", "America/Caracas")
    assert first.client_id == "As223sdadq8d8287v5v"
    date = parse_date(first.date)
    assert date is not None
    # The offset as printed: it was Caracas' then, and is not now.
    assert date.utcoffset() == timedelta(hours=-4, minutes=-30)
    assert date == datetime(2014, 12, 17, 4, 42, 13, 571000, tzinfo=UTC)


def test_the_carrier_under_its_name_in_the_table(ogangi: Client, wire: CannedWire) -> None:
    """`carrierName`, as the table has it, is read as well as `carrier`."""
    wire.answer(200, SENT_BY_FILE.replace("carrier>", "carrierName>"))
    first: Any = by_file(ogangi).receipts[0].raw
    assert first.carrier_name == "carrierName"


def test_shortcodes_are_asked_for(ogangi: Client, wire: CannedWire) -> None:
    """A GET that signs the workspace and the user."""
    wire.answer(200, SHORTCODES)
    ogangi.api.get_shortcodes(8, "peter")
    (sent,) = wire.sent
    assert (sent.method, sent.body) == ("GET", b"")
    assert sent.url.startswith(f"{BASE}getShortcodes/8/peter/PUBLIC_KEY/")
    assert ogangi.provider.sign(["8", "peter"]) == sent.segments[-1]


def test_the_answer_of_shortcodes(ogangi: Client, wire: CannedWire) -> None:
    """Short codes keep their zeros."""
    wire.answer(200, SHORTCODES)
    assert isinstance(ogangi.provider, Ogangi)
    assert ogangi.provider.shortcodes() == ("0000000", "1111111")


def test_a_broadcast_is_created(ogangi: Client, wire: CannedWire) -> None:
    """A POST of the field `to`, which is not signed, with the values of the example call."""
    wire.answer(200, CREATED)
    create(ogangi, name="testJsonBroadcast")
    (sent,) = wire.sent
    assert (sent.method, sent.url) == (
        "POST",
        address("createBroadcastFromJson", "8/-1/434/peter/true/testJsonBroadcast/null"),
    )
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert list(sent.form) == ["to"]
    assert json.loads(sent.form["to"][0]) == [
        {"mobileNumber": "18133210984", "text": "Test message", "params": []},
        {"mobileNumber": "13056708084", "text": "Test message", "params": []},
    ]


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ({}, ["8", "-1", "434", "peter", "true", "null", "null"]),
        (
            {"send_at": datetime(2016, 8, 16, 21, 49, tzinfo=UTC)},
            ["8", "-1", "434", "peter", "true", "null", "16-08-2016 17:49"],
        ),
        (
            {"options": Options(broadcast_id="broadcast:1", use_shortcode=False)},
            ["8", "1", "434", "peter", "false", "null", "null"],
        ),
    ],
)
def test_the_optional_parameters(
    ogangi: Client, wire: CannedWire, changes: dict[str, Any], values: list[str]
) -> None:
    """What is left out is `null` in its place; the date is `dd-MM-yyyy HH:mm`; -1 is new."""
    wire.answer(200, CREATED)
    create(ogangi, **changes)
    (sent,) = wire.sent
    assert sent.segments[4:-2] == values
    # Assumed: the values are signed as they are, and escaped only in the address.
    assert sent.segments[-1] == ogangi.provider.sign(values)


def test_the_answer_to_a_new_broadcast(ogangi: Client, wire: CannedWire) -> None:
    """Scheduled, by its text alone; its broken date is read, and its missing count is none."""
    wire.answer(200, CREATED)
    sent = create(ogangi)
    assert (sent.id, sent.state) == ("broadcast:1", State.SCHEDULED)
    assert {(r.id, r.state, r.detail) for r in sent.receipts} == {
        (None, State.SCHEDULED, "SCHEDULED")
    }
    raw: Any = sent.raw
    assert (raw.text, raw.shortcode, raw.expected_messages) == ("Test message", "0000000", 2)
    assert not raw.sent_messages
    assert raw.start_date == "2016-08-16T17:49:42.346-04:002"
    assert parse_date(raw.start_date) == datetime(2016, 8, 16, 21, 49, 42, 346000, tzinfo=UTC)


def test_a_broadcast_is_asked_for(ogangi: Client, wire: CannedWire) -> None:
    """A GET that signs the workspace and the broadcast."""
    wire.answer(200, FOUND)
    ogangi.status("broadcast:1542")
    (sent,) = wire.sent
    assert (sent.method, sent.url, sent.body) == ("GET", address("getBroadcast", "8/1542"), b"")


def test_the_answer_of_a_broadcast(ogangi: Client, wire: CannedWire) -> None:
    """Number 2 is done: sent, which is the last that Ogangi tells; dates have no milliseconds."""
    wire.answer(200, FOUND)
    moment = datetime(2013, 9, 5, 19, 10, 14, tzinfo=UTC)
    assert ogangi.status("broadcast:2") == Status(
        id="broadcast:2",
        state=State.SENT,
        counts={State.SENT: 2},
        started_at=moment,
        finished_at=moment,
        detail="STATUS_DONE",
        expected=2,
        final=True,
    )


CONTROLS: list[tuple[Action, str, str, str, State]] = [
    (Action.PAUSE, "GET", "suspendBroadcast", "suspendBroadcast", State.PAUSED),
    (Action.RESUME, "GET", "resumeBroadcast", "resumeBroadcast", State.SENDING),
    (Action.STOP, "GET", "stopBroadcast", "stopBroadcast", State.CANCELLED),
    (Action.DELETE, "DELETE", "broadcast", "deleteBroadcast", State.CANCELLED),
]


@pytest.mark.parametrize(("action", "http_method", "method", "input_", "state"), CONTROLS)
def test_a_broadcast_is_controlled(
    ogangi: Client,
    wire: CannedWire,
    action: Action,
    http_method: str,
    method: str,
    input_: str,
    state: State,
) -> None:
    """Four addresses, one of them a DELETE on `broadcast`; the answers have no result."""
    wire.answer(200, OBEYED.format(input_))
    assert ogangi.control("broadcast:1542", action) == Status(id="broadcast:1542", state=state)
    (sent,) = wire.sent
    assert (sent.method, sent.url, sent.body) == (http_method, address(method, "8/1542"), b"")


SAMPLES: dict[str, tuple[str, Callable[[Client], object]]] = {
    "file": (SENT_BY_FILE, by_file),
    "create": (CREATED, create),
    "get": (FOUND, lambda client: client.status("broadcast:2")),
    "control": (
        OBEYED.format("stopBroadcast"),
        lambda client: client.control("broadcast:2", Action.STOP),
    ),
}


@pytest.mark.parametrize(("sample", "call"), SAMPLES.values(), ids=SAMPLES)
def test_the_method_named_in_the_answer_does_not_matter(
    ogangi: Client, wire: CannedWire, sample: str, call: Callable[[Client], object]
) -> None:
    """`input` is not always the method that was called, so that nothing depends on it."""
    rest = sample.partition("</input>")[2]
    wire.answer(200, sample).answer(200, f"<input>another</input>{rest}").answer(200, rest)
    assert call(ogangi) == call(ogangi) == call(ogangi)
