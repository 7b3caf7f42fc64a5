"""The fake server's lists, single messages and report, against Ogangi's page.

Called with plain `requests`; replies are judged by lxml against the schema in the document.
"""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from importlib.resources import files
from urllib.parse import quote

import pytest
import requests
from lxml import etree
from polycast.sandbox import ManualClock, host
from polycast_ogangi.sandbox import OgangiSandbox

DOCUMENT = etree.fromstring(
    files("polycast_ogangi").joinpath("_client", "ogangi.wadl").read_bytes()
)
(_SCHEMA,) = DOCUMENT.iter("{http://www.w3.org/2001/XMLSchema}schema")
SCHEMA = etree.XMLSchema(_SCHEMA)
ERROR = "<status>ERROR</status>"
#: Midnight at the beginning of 2026, and an hour, in milliseconds.
START = 1767225600000
HOUR = 3600000


def valid(xml: str) -> etree._Element:
    """Wrap a reply, judge it, return it."""
    root = etree.fromstring(f"<response>{xml}</response>".encode())
    SCHEMA.assertValid(root)
    return root


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


class Api:
    """Speaks to one sandbox, signing as the page says."""

    def __init__(self, base_url: str, sandbox: OgangiSandbox) -> None:
        self.base_url = base_url
        self.sandbox = sandbox
        self.key = "PRIVATE_KEY"

    def address(self, method: str, *values: object) -> str:
        texts = [str(value) for value in values]
        digest = hmac.digest(self.key.encode(), "/".join(texts).encode(), "sha256")
        path = "/".join(quote(each, safe="") for each in [*texts, "PUBLIC_KEY", digest.hex()])
        return f"{self.base_url}/rest/api/{method}/{path}"

    def ask(self, method: str, *values: object) -> str:
        answer = requests.get(self.address(method, *values), timeout=60)
        assert (answer.status_code, answer.headers["Content-Type"]) == (
            200,
            "application/xml; charset=utf-8",
        )
        valid(answer.text)
        return answer.text

    def create(self, text: str, *numbers: str, name: str = "null", date: str = "null") -> str:
        to = json.dumps([{"mobileNumber": number, "text": text} for number in numbers])
        address = self.address("createBroadcastFromJson", 8, -1, "434", "peter", "true", name, date)
        reply = valid(requests.post(address, {"to": to}, timeout=60).text)
        return str(reply.findtext("result/broadcast/id"))

    def listed(self, *values: object, method: str = "broadcasts") -> list[str]:
        reply = valid(self.ask(method, 8, *values))
        assert reply.find("result/broadcasts") is not None
        return [str(each.text) for each in reply.iterfind("result/broadcasts/broadcast/id")]

    def report(self, *values: object) -> tuple[str, list[str]]:
        reply = valid(self.ask("tools/messageReport", 8, *values, "null"))
        texts = [str(each.text) for each in reply.iterfind("result/messages/message/text")]
        return str(reply.findtext("result/messages/records")), texts

    def send(self, number: str, text: str, sender: str = "434") -> dict[str, str]:
        values = (8, "Movistar", sender, base64(number), base64(text))
        (message,) = valid(self.ask("tools/sendSMS", *values)).iterfind("result/messages/message")
        return {child.tag: child.text or "" for child in message}

    def status(self, message_id: str) -> str:
        reply = valid(self.ask("tools/getMessage", 8, message_id))
        return str(reply.findtext("result/message/status"))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> OgangiSandbox:
    return OgangiSandbox(clock)


@pytest.fixture
def api(sandbox: OgangiSandbox) -> Iterator[Api]:
    with host([sandbox]) as hosted:
        yield Api(hosted.base_url("ogangi"), sandbox)


# Lists.


@pytest.mark.parametrize("method", ["broadcasts", "getBroadcasts"])
def test_a_list_holds_what_a_broadcast_asked_for_holds(api: Api, method: str) -> None:
    """Both methods say `getBroadcasts`, and list the elements of getBroadcast for each."""
    number = api.create("Hi", "13056708084", "18133210984")
    asked = api.ask("getBroadcast", 8, number)
    (inner,) = re.findall("<broadcast>.*</broadcast>", asked)
    assert api.ask(method, 8, 4, "null", "null", "null") == (
        "<input>getBroadcasts</input><status>OK</status><description>Completed</description>"
        f"<result><broadcasts>{inner}</broadcasts></result>"
    )
    assert api.sandbox.requests[-1].problems == ()


def test_broadcasts_are_listed_by_type(api: Api) -> None:
    """A broadcast is listed under its one type, which can be set: the page does not tell it."""
    number = api.create("Hi", "13056708084")
    for own in (4, 11):
        api.sandbox.broadcast_type = own
        for type_ in range(1, 12):
            assert api.listed(type_, "null", "null", "null") == ([number] * (type_ == own))


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("null", "null", True),
        # The first moment of 2026 is still the last day of 2025 in Caracas.
        ("31-12-2025", "31-12-2025", True),
        ("31-12-2025", "null", True),
        ("null", "31-12-2025", True),
        ("01-01-2026", "null", False),
        ("null", "30-12-2025", False),
    ],
)
def test_broadcasts_are_listed_by_day(api: Api, first: str, last: str, found: bool) -> None:
    """Both days count, on the workspace's clock; null is no limit."""
    api.create("Hi", "13056708084")
    assert len(api.listed(4, first, last, "null")) == found


def test_scheduled_ones_are_listed_by_their_start(api: Api) -> None:
    """A broadcast for later is in the list of the day that it starts on."""
    number = api.create("Hi", "13056708084", date="05-01-2026 10:30")
    assert api.listed(4, "05-01-2026", "05-01-2026", "null") == [number]
    assert api.listed(4, "null", "04-01-2026", "null") == []


def test_a_search_finds_texts_and_names(api: Api) -> None:
    """Part of a text, and of a campaign's name if told to, whatever the case."""
    text = api.create("Юліє, come ???", "13056708084")
    name = api.create("Hi", "13056708084", name="юліє")
    searched = base64("Юліє")
    assert api.listed(4, "null", "null", searched) == [text]
    api.sandbox.searches_names = True
    assert api.listed(4, "null", "null", searched) == [text, name]
    assert api.listed(4, "null", "null", "юліє", method="getBroadcasts") == [text, name]
    assert "/" in base64("???")
    assert api.listed(4, "null", "null", base64("???")) == [text]


def test_deleted_broadcasts_are_not_listed(api: Api) -> None:
    """What is deleted is in no list."""
    number = api.create("Hi", "13056708084")
    requests.delete(api.address("broadcast", 8, number), timeout=60)
    assert api.listed(4, "null", "null", "null") == []


# Single messages.


def test_an_sms_is_answered_like_a_file(api: Api, clock: ManualClock) -> None:
    """Number and text come in Base64, slashes and all; the reply is a list of one message."""
    text = "??? Юліє\n{0}"
    assert "/" in base64(text)
    message = api.send("13056708084", text, "0000000")
    assert message.pop("id").startswith("-")
    assert message == {
        "carrier": "Movistar",
        "from": "0000000",
        "to": "13056708084",
        "text": text,
        "status": "SENT_TO_CARRIER",
        "statusDescription": "Sent to Carrier",
        "encoding": "UTF-8",
        "date": "2025-12-31T20:00:00.000-04:00",
        "timezone": "America/Caracas",
        "clientId": "peter",
    }
    assert api.sandbox.requests[0].problems == ()
    clock.advance(2)
    assert [each.text for each in api.sandbox.inbox] == [text]


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        ("8084", ["SENT_TO_CARRIER", "DELIVERED_TO_DEVICE", "DELIVERED_TO_DEVICE"]),
        ("1111", ["SENT_TO_CARRIER", "UNDELIVERED", "UNDELIVERED"]),
        ("2222", ["SENT_TO_CARRIER", "SENT_TO_CARRIER", "EXPIRED"]),
        ("0000", ["BAD_TO", "BAD_TO", "BAD_TO"]),
    ],
)
def test_what_becomes_of_a_message(
    api: Api, clock: ManualClock, ending: str, told: list[str]
) -> None:
    """A message is asked for by its id, and tells its fate when its time has come."""
    message_id = api.send(f"1305670{ending}", "Hi")["id"]
    seen = [api.status(message_id)]
    for seconds in (2, 300):
        clock.advance(seconds)
        seen.append(api.status(message_id))
    assert seen == told


def test_a_message_asked_for_is_answered_without_a_list(api: Api) -> None:
    """One message stands in the result by itself."""
    message_id = api.send("13056708084", "Hi")["id"]
    reply = api.ask("tools/getMessage", 8, message_id)
    assert re.match(r"<input>getMessage</input>.*<result><message><id>-\d+</id>", reply)


# The report.


def test_the_report_has_every_message(api: Api, clock: ManualClock) -> None:
    """Single messages and those of broadcasts, refused ones too, oldest first, page by page."""
    api.send("13056708084", "one")
    clock.advance(60)
    api.create("two", "13056700000", "13056708084")
    clock.advance(60)
    api.send("13056708084", "three")
    everything = ["one", "two", "two", "three"]
    assert api.report(START, START + HOUR, 1, 10) == ("4", everything)
    pages = [api.report(START, START + HOUR, page, 3) for page in (1, 2, 3)]
    assert pages == [("4", everything[:3]), ("4", everything[3:]), ("4", [])]
    assert api.report(START + 1, START + 119_999, 1, 10) == ("2", ["two", "two"])
    assert api.report(START + HOUR, START + 2 * HOUR, 1, 10) == ("0", [])
    assert {entry.problems for entry in api.sandbox.requests} == {()}


def test_messages_of_a_broadcast_are_reported_as_they_go(api: Api, clock: ManualClock) -> None:
    """A message that is still to be sent is in no report; one that was knows its broadcast.

    The report tells it too if told to.
    """
    number = api.create("Hi", *[f"1305670808{n}" for n in range(1, 7)])
    clock.advance(0.5)
    assert api.report(START, START + HOUR, 1, 10)[0] == "2"
    reply = valid(api.ask("tools/messageReport", 8, START, START + HOUR, 1, 1, "null"))
    assert reply.findtext("result/messages/message/blastId") is None
    message_id = str(reply.findtext("result/messages/message/id"))
    asked = valid(api.ask("tools/getMessage", 8, message_id))
    assert asked.findtext("result/message/blastId") == number
    api.sandbox.reports_blasts = True
    reply = valid(api.ask("tools/messageReport", 8, START, START + HOUR, 1, 1, "null"))
    assert reply.findtext("result/messages/message/blastId") == number
    clock.advance(60)
    assert api.status(message_id) == "DELIVERED_TO_DEVICE"


# Errors.


@pytest.mark.parametrize(
    "wrong",
    [
        lambda api: api.ask("broadcasts", 8, 0, "null", "null", "null"),
        lambda api: api.ask("broadcasts", 8, 12, "null", "null", "null"),
        lambda api: api.ask("broadcasts", 8, "null", "null", "null", "null"),
        lambda api: api.ask("broadcasts", 8, 4, "2026-01-01", "null", "null"),
        lambda api: api.ask("broadcasts", 8, 4, "null", "null", "Friday's"),
        lambda api: api.ask("broadcasts", 9, 4, "null", "null", "null"),
        lambda api: api.ask("getBroadcasts", 8, 12, "null", "null", "null"),
        lambda api: api.ask("tools/sendSMS", 8, "c", "434", "13056708084", base64("Hi")),
        lambda api: api.ask("tools/sendSMS", 8, "c", "434", base64("13056708084"), "Hi!"),
        lambda api: api.ask("tools/getMessage", 8, "7"),
        lambda api: api.ask("tools/messageReport", 8, START, "today", 1, 10, "null"),
        lambda api: api.ask("tools/messageReport", 8, START, START, 0, 10, "null"),
        lambda api: api.ask("tools/messageReport", 8, START, START, 1, 0, "null"),
        lambda api: api.ask("tools/messageReport", 8, START, START, 1, 10, "TO=1"),
    ],
)
def test_every_mistake_is_the_same_error(api: Api, wrong: Callable[[Api], str]) -> None:
    """What is wrong is not told; nothing is sent."""
    assert ERROR in wrong(api)
    assert api.sandbox.accepted == []


@pytest.mark.parametrize(
    ("method", "values"),
    [
        ("broadcasts", (8, 4, "null", "null", "null")),
        ("getBroadcasts", (8, 4, "null", "null", "null")),
        ("tools/sendSMS", (8, "c", "434", "MTMwNTY3MDgwODQ=", "SGk=")),
        ("tools/getMessage", (8, "7")),
        ("tools/messageReport", (8, START, START, 1, 10, "null")),
    ],
)
def test_a_bad_signature_is_told(api: Api, method: str, values: tuple[object, ...]) -> None:
    """Every method answers a wrong private key with BAD_SIGNATURE, and does nothing."""
    api.key = "ANOTHER_KEY"
    assert "<status>BAD_SIGNATURE</status>" in api.ask(method, *values)
    assert api.sandbox.accepted == []


@pytest.mark.parametrize("method", ["broadcasts", "tools/sendSMS"])
def test_too_short_an_address_leads_nowhere(api: Api, method: str) -> None:
    """An address with too few values is a 404 in HTML."""
    answer = requests.get(api.address(method, 8, 4), timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_lost_reply_was_carried_out(api: Api) -> None:
    """A number that ends in 3333 gets its message while the client hears nothing."""
    with pytest.raises(requests.ConnectionError):
        api.send("13056703333", "Hi")
    assert [message.to for message in api.sandbox.accepted] == ["13056703333"]
