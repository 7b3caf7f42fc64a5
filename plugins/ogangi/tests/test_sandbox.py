"""The fake server against Ogangi's page: every sample, every error, every state.

Replies are wrapped in a root and judged by lxml against the schema inside the WADL
document; the server is called with plain `requests`, never with our client.
"""

import hmac
import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any
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
TO = [
    {"mobileNumber": "13056708084", "text": "Hi {0}. Welcome to {1}", "params": ["Matt", "this"]},
    {"mobileNumber": "18133210984", "text": "Hi {0}. Welcome to {1}", "params": ["Ann", "that"]},
]
CSV = (
    '"13056708084","19893653744","CarrierName","UTF-8","America/New_York",'
    '"Hi {0}. Welcome to {1}","Matt Ford","this test"\n'
)
SEMICOLONS = (
    "13056708084;19893653744;CarrierName;UTF-8;America/New_York;"
    "Hi {0}. Welcome to {1};Matt Ford;this test\n"
)
ERROR = (
    "<status>ERROR</status>"
    "<description>Internal error, please report this to support@messangi.com</description>"
)


def valid(xml: str) -> etree._Element:
    """Wrap a reply, judge it, return it."""
    root = etree.fromstring(f"<response>{xml}</response>".encode())
    SCHEMA.assertValid(root)
    return root


def tree(element: etree._Element) -> Any:
    """Turn an element into text or a dictionary; elements that repeat become a list."""
    if not len(element):
        return element.text or ""
    names = [child.tag for child in element]
    if len(set(names)) < len(names):
        return [tree(child) for child in element]
    return {child.tag: tree(child) for child in element}


def hexadecimal(digest: bytes) -> str:
    return digest.hex()


class Api(requests.Session):
    """Speaks to one sandbox, signing as the page says."""

    def __init__(self, base_url: str, sandbox: OgangiSandbox) -> None:
        super().__init__()
        self.sandbox = sandbox
        self.base_url = base_url
        self.key = "PRIVATE_KEY"
        self.write: Callable[[bytes], str] = hexadecimal

    def address(self, method: str, *values: object) -> str:
        texts = [str(value) for value in values]
        digest = hmac.digest(self.key.encode(), "/".join(texts).encode(), "sha256")
        segments = [*texts, "PUBLIC_KEY", self.write(digest)]
        path = "/".join(quote(segment, safe="") for segment in segments)
        return f"{self.base_url}/rest/api/{method}/{path}"

    def call(self, http_method: str, method: str, *values: object, **body: Any) -> str:
        answer = self.request(http_method, self.address(method, *values), timeout=120, **body)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
        valid(answer.text)
        return answer.text

    def ask(self, method: str, *values: object) -> str:
        return self.call("GET", method, *values)

    def create(
        self,
        to: object = TO,
        broadcast_id: int = -1,
        *,
        shortcode: str = "434",
        user: str = "peter",
        use: str = "true",
        name: str = "null",
        date: str = "null",
    ) -> str:
        data = {"to": to if isinstance(to, str) else json.dumps(to)}
        values = (8, broadcast_id, shortcode, user, use, name, date)
        return self.call("POST", "createBroadcastFromJson", *values, data=data)

    def created(self, **settings: Any) -> int:
        return int(tree(valid(self.create(**settings)))["result"]["broadcast"]["id"])

    def told(self, number: int) -> Mapping[str, str]:
        told: Mapping[str, str] = tree(valid(self.ask("getBroadcast", 8, number)))["result"][
            "broadcast"
        ]
        return told

    def upload(self, content: str | bytes) -> str:
        return self.call("POST", "tools/sendSMSByFile", 8, files={"file": ("list.csv", content)})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(clock: ManualClock) -> OgangiSandbox:
    return OgangiSandbox(clock)


@pytest.fixture
def api(sandbox: OgangiSandbox) -> Iterator[Api]:
    with host([sandbox]) as hosted, Api(hosted.base_url("ogangi"), sandbox) as api:
        yield api


# Replies.


@pytest.mark.parametrize(
    "sample",
    [
        """<input>sendSMS</input> <status>OK</status> <description>Completed</description>
        <result> <messages> <message> <id>-6710228708174720670</id> <carrier>carrierName</carrier>
        <from>19893653744</from> <to>18133210984</to> <text>OGANGI TEST MESSAGE</text>
        <status>SENT_TO_CARRIER</status> <statusDescription>Sent to Carrier</statusDescription>
        <encoding>UTF-8</encoding> <date>2014-12-17T00:12:13.571-04:30</date>
        <timezone>America/Caracas</timezone> <clientId>As223sdadq8d8287v5v</clientId> </message>
        <message> <id>-8174720676710228700</id> <carrierName>carrierName</carrierName>
        <to>13056708084</to> <status>SENT_TO_CARRIER</status> </message> </messages> </result>""",
        """<input>getShortcodes</input> <status>OK</status> <description>Completed</description>
        <result> <shortcodes> <shortcode> <sc>0000000</sc> </shortcode>
        <shortcode> <sc>1111111</sc> </shortcode> </shortcodes> </result>""",
        """<input>createBroadcastFromJson</input> <status>OK</status>
        <description>Completed</description> <result> <broadcast> <id>1</id>
        <text>Test message</text> <startDate>2016-08-16T17:49:42.346-04:002</startDate>
        <expectedMessages>2</expectedMessages> <statusDescription>SCHEDULED</statusDescription>
        <shortcode>0000000</shortcode> </broadcast> </result>""",
        """<input>getBroadcast</input> <status>OK</status> <description>Completed</description>
        <result> <broadcast> <id>2</id> <text>message</text>
        <startDate>2013-09-05T15:10:14-04:00</startDate>
        <endDate>2013-09-05T15:10:14-04:00</endDate> <expectedMessages>2</expectedMessages>
        <sentMessages>2</sentMessages> <status>2</status> <shortcode>0000000</shortcode>
        </broadcast> </result>""",
        "<input>stopBroadcast</input> <status>OK</status> <description>Completed</description>",
    ],
)
def test_the_schema_fits_the_pages_samples(sample: str) -> None:
    """Every sample of the page is valid once it has a root."""
    assert valid(sample).findtext("status") == "OK"


def test_the_schema_does_not_fit_everything() -> None:
    """A reply without a status, or with an id that is no number, is not valid."""
    for wrong in (
        "<input>getBroadcast</input>",
        "<status>OK</status><result><broadcast><id>one</id></broadcast></result>",
        "<status>OK</status><result><messages><message><to>1</to></message></messages></result>",
    ):
        with pytest.raises(etree.DocumentInvalid):
            valid(wrong)


def test_a_file_is_answered_like_the_sample(api: Api) -> None:
    """Elements, their order and their forms are the sample's; `input` is not the method's name."""
    reply = api.upload(CSV)
    assert re.fullmatch(
        r"<input>sendSMS</input><status>OK</status><description>Completed</description>"
        r"<result><messages><message><id>-\d+</id><carrier>CarrierName</carrier>"
        r"<from>19893653744</from><to>13056708084</to>"
        r"<text>Hi Matt Ford\. Welcome to this test</text>"
        r"<status>SENT_TO_CARRIER</status><statusDescription>Sent to Carrier</statusDescription>"
        r"<encoding>UTF-8</encoding><date>2025-12-31T19:00:00\.000-05:00</date>"
        r"<timezone>America/New_York</timezone><clientId>peter</clientId></message></messages>"
        r"</result>",
        reply,
    )
    assert api.sandbox.requests[0].problems == ()


def test_shortcodes_are_answered_like_the_sample(api: Api) -> None:
    """Each sender is a shortcode with an sc; leading zeros stay."""
    assert api.ask("getShortcodes", 8, "peter") == (
        "<input>getShortcodes</input><status>OK</status><description>Completed</description>"
        "<result><shortcodes><shortcode><sc>434</sc></shortcode>"
        "<shortcode><sc>0000000</sc></shortcode><shortcode><sc>1111111</sc></shortcode>"
        "</shortcodes></result>"
    )


def test_a_new_broadcast_is_answered_like_the_sample(api: Api) -> None:
    """Text instead of a number for its status, milliseconds in its date, no count of sent ones."""
    assert api.create(date="02-01-2026 10:30") == (
        "<input>createBroadcastFromJson</input><status>OK</status>"
        "<description>Completed</description><result><broadcast><id>1542</id>"
        "<text>Hi {0}. Welcome to {1}</text><startDate>2026-01-02T10:30:00.000-04:00</startDate>"
        "<expectedMessages>2</expectedMessages><statusDescription>SCHEDULED</statusDescription>"
        "<shortcode>434</shortcode></broadcast></result>"
    )
    assert api.sandbox.requests[0].problems == ()


def test_a_finished_broadcast_is_answered_like_the_sample(api: Api, clock: ManualClock) -> None:
    """A number for its status, no milliseconds in its dates, an end, and the count of sent ones."""
    number = api.created()
    clock.advance(10)
    assert api.ask("getBroadcast", 8, number) == (
        "<input>getBroadcast</input><status>OK</status><description>Completed</description>"
        "<result><broadcast><id>1542</id><text>Hi {0}. Welcome to {1}</text>"
        "<startDate>2025-12-31T20:00:00-04:00</startDate>"
        "<endDate>2025-12-31T20:00:00-04:00</endDate><expectedMessages>2</expectedMessages>"
        "<sentMessages>2</sentMessages><status>2</status><shortcode>434</shortcode></broadcast>"
        "</result>"
    )


@pytest.mark.parametrize(
    ("http_method", "method", "said"),
    [
        ("GET", "suspendBroadcast", "suspendBroadcast"),
        ("GET", "stopBroadcast", "stopBroadcast"),
        ("DELETE", "broadcast", "deleteBroadcast"),
    ],
)
def test_control_is_answered_without_a_result(
    api: Api, http_method: str, method: str, said: str
) -> None:
    """Control methods say that they are done and nothing else; deleting has its own address."""
    number = api.created()
    assert api.call(http_method, method, 8, number) == (
        f"<input>{said}</input><status>OK</status><description>Completed</description>"
    )


def test_text_survives_the_xml(api: Api) -> None:
    """Markup, blanks and line ends in a text arrive as they were; impossible characters do not."""
    text = "  <b>&amp;</b> ]]> \r\n\t\u00e9\U0001f600 "
    number = api.created(to=[{"mobileNumber": "13056708084", "text": text + "\x00"}])
    reply = valid(api.ask("getBroadcast", 8, number))
    assert reply.findtext("result/broadcast/text") == text + "\ufffd"


# Signatures.


@pytest.mark.parametrize(
    ("values", "digest"),
    [
        (["8"], "f8a445a9a71e2cdebd478e070a820cbda3b89be36e5ea63f950d8a5e1220d968"),
        (["8", "1542"], "bfb23c70174b0874156848cb87c52798bbb621fcf0398426c317029182e4ec1f"),
    ],
)
def test_the_pages_vectors_are_accepted(api: Api, values: list[str], digest: str) -> None:
    """The signatures the page works out by hand open the sandbox, and are what this test signs."""
    method = "tools/sendSMSByFile" if len(values) == 1 else "getBroadcast"
    assert api.address(method, *values).endswith(f"/PUBLIC_KEY/{digest}")
    http_method, body = ("POST", {"file": CSV}) if len(values) == 1 else ("GET", None)
    if body is None:
        api.created()
    answer = api.request(http_method, api.address(method, *values), files=body, timeout=60)
    assert "<status>OK</status>" in answer.text


def test_the_pages_broadcast_vector_is_accepted(api: Api) -> None:
    """All values of a new broadcast are signed, and the recipients in the body are not."""
    values = ("8", "-1", "434", "peter", "true", "testJsonBroadcast", "null")
    address = api.address("createBroadcastFromJson", *values)
    digest = "a0d8cd93fccc157fca603546c1424c879b304381add6fcecd3d8378b4ef53bc7"
    assert address.endswith(f"/null/PUBLIC_KEY/{digest}")
    assert "<status>OK</status>" in api.post(address, {"to": json.dumps(TO)}, timeout=60).text


def test_decoded_values_are_signed(api: Api) -> None:
    """A date's blank and colon are signed as they are and percent-encoded in the address."""
    assert "<status>OK</status>" in api.create(name="A & B: 100 %?", date="02-01-2026 10:30")


@pytest.mark.parametrize(
    ("http_method", "method", "said", "values"),
    [
        ("POST", "tools/sendSMSByFile", "sendSMS", ["8"]),
        ("GET", "getShortcodes", "getShortcodes", ["8", "peter"]),
        (
            "POST",
            "createBroadcastFromJson",
            "createBroadcastFromJson",
            ["8", "-1", "434", "peter", "true", "null", "null"],
        ),
        *(
            ("GET", f"{action}Broadcast", f"{action}Broadcast", ["8", "1542"])
            for action in ("get", "suspend", "resume", "stop")
        ),
        ("DELETE", "broadcast", "deleteBroadcast", ["8", "1542"]),
    ],
)
def test_a_bad_signature_is_told(
    api: Api, http_method: str, method: str, said: str, values: list[str]
) -> None:
    """Every method answers a wrong private key with BAD_SIGNATURE, and does nothing."""
    api.created()
    before = api.sandbox.accepted
    api.key = "ANOTHER_KEY"
    assert api.call(http_method, method, *values) == (
        f"<input>{said}</input><status>BAD_SIGNATURE</status>"
        "<description>Invalid signature, access denied</description>"
    )
    assert api.sandbox.accepted == before


def test_a_slash_in_a_value_spoils_the_signature(api: Api) -> None:
    """Even escaped it divides the value in two, so that everything behind it is out of place."""
    assert "<status>BAD_SIGNATURE</status>" in api.ask("getShortcodes", 8, "peter/x")


def test_a_bad_public_key_is_told(api: Api) -> None:
    """The right signature with another public key is BAD_SIGNATURE too."""
    address = api.address("getShortcodes", 8, "peter").replace("PUBLIC_KEY", "OTHER_KEY")
    assert "<status>BAD_SIGNATURE</status>" in api.get(address, timeout=60).text


@pytest.mark.parametrize(
    ("encoding", "write"),
    [
        ("hex", hexadecimal),
        ("base64", lambda digest: b64encode(digest).decode()),
        ("base64url", lambda digest: urlsafe_b64encode(digest).decode()),
    ],
)
def test_a_signature_has_one_encoding(encoding: Any, write: Callable[[bytes], str]) -> None:
    """The encoding is a setting; slashes of Base64 do not break the address, wherever they are."""
    sandbox = OgangiSandbox(signature_encoding=encoding)
    with host([sandbox]) as hosted, Api(hosted.base_url("ogangi"), sandbox) as api:
        api.write = lambda digest: digest.hex().upper()
        assert "<status>BAD_SIGNATURE</status>" in api.ask("getBroadcast", 8, 1)
        api.write = write
        digests = [
            hmac.digest(b"PRIVATE_KEY", f"8/{number}".encode(), "sha256") for number in range(500)
        ]
        awkward = {text[0] == "/": n for n, text in enumerate(map(write, digests)) if "/" in text}
        assert set(awkward) == ({True, False} if encoding == "base64" else set())
        for number in [*awkward.values(), 499]:
            assert "<status>ERROR</status>" in api.ask("getBroadcast", 8, number)


# Errors.


@pytest.mark.parametrize(
    "wrong",
    [
        lambda api: api.ask("getBroadcast", 8, 7),
        lambda api: api.ask("getBroadcast", 8, "x"),
        lambda api: api.ask("getBroadcast", 9, 1542),
        lambda api: api.ask("suspendBroadcast", 8, 7),
        lambda api: api.ask("resumeBroadcast", 8, 7),
        lambda api: api.ask("stopBroadcast", 8, 7),
        lambda api: api.call("DELETE", "broadcast", 8, 7),
        lambda api: api.ask("getShortcodes", 8, "nobody"),
        lambda api: api.create(broadcast_id=7),
        lambda api: api.create(user="nobody"),
        lambda api: api.create(shortcode="555"),
        lambda api: api.create(use="yes"),
        lambda api: api.create(date="2026-01-02 10:30"),
        lambda api: api.create(date="31-02-2026 10:30"),
        lambda api: api.create(to="{"),
        lambda api: api.create(to=[]),
        lambda api: api.create(to={}),
        lambda api: api.create(to=["13056708084"]),
        lambda api: api.create(to=[{"mobileNumber": "13056708084"}]),
        lambda api: api.create(to=[{"mobileNumber": 13056708084, "text": "x"}]),
        lambda api: api.create(to=[{"mobileNumber": "1305", "text": "x", "params": "y"}]),
        lambda api: api.upload(""),
        lambda api: api.upload('"13056708084","19893653744","x","UTF-8","America/New_York"\n'),
        lambda api: api.upload('"13056708084","19893653744"x'),
        lambda api: api.upload(b"PK\x03\x04\xff\xfe"),
        lambda api: api.call("POST", "tools/sendSMSByFile", 8, data={"file": CSV}),
        lambda api: api.call("POST", "tools/sendSMSByFile", 8, files={"list": CSV}),
    ],
)
def test_every_mistake_is_the_same_error(api: Api, wrong: Callable[[Api], str]) -> None:
    """There is one ERROR for a wrong id, a wrong value and a wrong body; nothing is sent."""
    assert wrong(api).endswith(ERROR)
    assert api.sandbox.accepted == []


@pytest.mark.parametrize(("http_method", "status"), [("POST", 405), ("DELETE", 405)])
def test_other_methods_are_a_web_page(api: Api, http_method: str, status: int) -> None:
    """A method that an address does not have is a 405 in HTML."""
    answer = api.request(http_method, api.address("getBroadcast", 8, 1), timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        status,
        "text/html; charset=utf-8",
    )


# Files.


def messages(reply: str) -> list[dict[str, str]]:
    return [tree(message) for message in valid(reply).iterfind("result/messages/message")]


@pytest.mark.parametrize("content", [CSV, SEMICOLONS, "\ufeff" + CSV, CSV.replace("\n", "\r\n")])
def test_both_ways_of_writing_a_list_are_read(api: Api, clock: ManualClock, content: str) -> None:
    """Commas and quotes, or semicolons; a byte order mark and any line end do no harm."""
    (message,) = messages(api.upload(content.encode()))
    assert message["text"] == "Hi Matt Ford. Welcome to this test"
    clock.advance(2)
    (arrived,) = api.sandbox.inbox
    assert (arrived.to, arrived.text) == ("13056708084", "Hi Matt Ford. Welcome to this test")
    assert arrived.sender == "19893653744"


def test_quoted_fields_hold_anything(api: Api) -> None:
    """Commas, quotes and line breaks inside a quoted text are text."""
    row = '"13056708084","434","c","UTF-8","UTC","a, ""b""\nc {0} {1}","1"\n'
    (message,) = messages(api.upload(row))
    assert message["text"] == 'a, "b"\nc 1 {1}'


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("x;434;c;UTF-8;UTC;hi", "BAD_TO"),
        ("13056700000;434;c;UTF-8;UTC;hi", "BAD_TO"),
        ("13056708084; ;c;UTF-8;UTC;hi", "BAD_FROM"),
        ("13056708084;434;c;UTF-9;UTC;hi", "BAD_ENCODING"),
        ("13056708084;434;c;UTF-8;Mars/Base;hi", "BAD_TIMEZONE"),
    ],
)
def test_a_bad_line_is_refused_alone(api: Api, row: str, status: str) -> None:
    """One message of the list is refused with its own status, the others are sent."""
    bad, good = messages(api.upload(f"{row}\n{SEMICOLONS}"))
    assert (bad["status"], good["status"]) == (status, "SENT_TO_CARRIER")
    assert [message.to for message in api.sandbox.accepted] == ["13056708084"]


@pytest.mark.parametrize("ending", ["1111", "2222"])
def test_some_numbers_are_sent_to_and_never_reached(
    api: Api, clock: ManualClock, ending: str
) -> None:
    """Such a message is accepted like any other and is never in the inbox."""
    (message,) = messages(api.upload(f"1305670{ending};434;c;UTF-8;UTC;hi"))
    clock.advance(1000)
    assert message["status"] == "SENT_TO_CARRIER"
    assert (len(api.sandbox.accepted), api.sandbox.inbox) == (1, [])


def test_a_lost_reply_was_carried_out(api: Api) -> None:
    """Numbers that end in 3333 get their message while the client hears nothing."""
    with pytest.raises(requests.ConnectionError):
        api.upload("13056703333;434;c;UTF-8;UTC;hi")
    with pytest.raises(requests.ConnectionError):
        api.create(to=[{"mobileNumber": "13056703333", "text": "hi"}])
    assert [message.to for message in api.sandbox.accepted] == ["13056703333"] * 2
    assert [entry.status for entry in api.sandbox.requests] == [None, None]


# Broadcasts.


def people(count: int) -> list[dict[str, object]]:
    return [
        {"mobileNumber": f"1305671{n:04}", "text": "Hi {0}", "params": [str(n)]}
        for n in range(1, count + 1)
    ]


def test_a_broadcast_goes_message_by_message(api: Api, clock: ManualClock) -> None:
    """Five a second are sent until all are, each with its own parameters, a second to each."""
    number = api.created(to=people(20))
    seen = []
    for _ in range(6):
        told = api.told(number)
        seen.append((told["status"], told["sentMessages"], len(api.sandbox.inbox)))
        clock.advance(1)
    assert seen == [
        ("1", "0", 0),
        ("1", "5", 0),
        ("1", "10", 5),
        ("1", "15", 10),
        ("2", "20", 15),
        ("2", "20", 20),
    ]
    assert [message.text for message in api.sandbox.inbox][:2] == ["Hi 1", "Hi 2"]


def test_suspending_holds_and_resuming_goes_on(api: Api, clock: ManualClock) -> None:
    """While suspended nothing more is sent, however long; then it goes on where it was."""
    number = api.created(to=people(20))
    clock.advance(1)
    assert "<status>OK</status>" in api.ask("suspendBroadcast", 8, number)
    clock.advance(100)
    assert (api.told(number)["status"], api.told(number)["sentMessages"]) == ("3", "5")
    assert len(api.sandbox.inbox) == 5
    assert "<status>OK</status>" in api.ask("resumeBroadcast", 8, number)
    clock.advance(1)
    assert (api.told(number)["status"], api.told(number)["sentMessages"]) == ("1", "10")
    clock.advance(10)
    assert (api.told(number)["status"], api.told(number)["sentMessages"]) == ("2", "20")
    assert len({message.to for message in api.sandbox.inbox}) == 20


def test_stopping_is_for_good(api: Api, clock: ManualClock) -> None:
    """A stopped broadcast is aborted, has an end, and sends nothing more."""
    number = api.created(to=people(20))
    clock.advance(2)
    assert "<status>OK</status>" in api.ask("stopBroadcast", 8, number)
    clock.advance(100)
    told = api.told(number)
    assert (told["status"], told["sentMessages"]) == ("4", "10")
    assert told["endDate"] == "2025-12-31T20:00:02-04:00"
    assert len(api.sandbox.inbox) == 10


def test_deleting_forgets_and_stops(api: Api, clock: ManualClock) -> None:
    """A deleted broadcast is unknown afterwards; what it had sent arrives, the rest does not."""
    number = api.created(to=people(20))
    clock.advance(2)
    assert "<status>OK</status>" in api.call("DELETE", "broadcast", 8, number)
    clock.advance(100)
    assert api.ask("getBroadcast", 8, number).endswith(ERROR)
    assert (len(api.sandbox.inbox), len(api.sandbox.accepted)) == (10, 20)


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("scheduled", set()),
        ("sending", {"suspendBroadcast", "stopBroadcast"}),
        ("suspended", {"resumeBroadcast"}),
        ("aborted", set()),
        ("done", set()),
    ],
)
@pytest.mark.parametrize("method", ["suspendBroadcast", "resumeBroadcast", "stopBroadcast"])
def test_control_has_preconditions(
    api: Api, clock: ManualClock, state: str, allowed: set[str], method: str
) -> None:
    """Suspend and stop need one in progress, resume a suspended one; else it is an ERROR."""
    date = "02-01-2026 10:30" if state == "scheduled" else "null"
    number = api.created(to=people(20), date=date)
    if state == "suspended":
        api.ask("suspendBroadcast", 8, number)
    if state == "aborted":
        api.ask("stopBroadcast", 8, number)
    if state == "done":
        clock.advance(100)
    reply = api.ask(method, 8, number)
    assert ("<status>OK</status>" in reply) == (method in allowed)
    assert reply.endswith(ERROR) == (method not in allowed)


@pytest.mark.parametrize("state", ["scheduled", "sending", "done"])
def test_deleting_has_none(api: Api, clock: ManualClock, state: str) -> None:
    """A broadcast can be deleted in any state."""
    number = api.created(date="02-01-2026 10:30" if state == "scheduled" else "null")
    clock.advance(100 if state == "done" else 0)
    assert "<status>OK</status>" in api.call("DELETE", "broadcast", 8, number)


def test_a_scheduled_broadcast_waits(api: Api, clock: ManualClock) -> None:
    """Nothing is sent before the date, which is read on the workspace's clock."""
    number = api.created(date="01-01-2026 10:30")
    clock.advance(14.5 * 3600 - 1)
    assert (api.told(number)["status"], api.told(number)["sentMessages"]) == ("1", "0")
    assert api.sandbox.inbox == []
    clock.advance(3)
    assert api.told(number)["status"] == "2"
    assert len(api.sandbox.inbox) == 2


def test_refused_recipients_are_passed_over(api: Api, clock: ManualClock) -> None:
    """A number that is none, or ends in 0000, counts as expected and not as sent."""
    to = [{"mobileNumber": n, "text": "hi"} for n in ("x", "13056700000", "13056708084")]
    number = api.created(to=to)
    clock.advance(10)
    told = api.told(number)
    assert (told["status"], told["expectedMessages"], told["sentMessages"]) == ("2", "3", "1")
    assert [message.to for message in api.sandbox.accepted] == ["13056708084"]


def test_a_broadcast_can_be_edited(api: Api, clock: ManualClock) -> None:
    """An id instead of -1 changes that broadcast; its text stays where the JSON has none."""
    number = api.created(date="02-01-2026 10:30")
    edited = api.create([{"mobileNumber": "13056708084", "params": ["Joe", "X"]}], number)
    assert f"<id>{number}</id>" in edited
    clock.advance(10)
    assert [message.text for message in api.sandbox.inbox] == ["Hi Joe. Welcome to X"]
    assert api.create(TO, number).endswith(ERROR)


def test_the_shortcode_may_be_ignored(api: Api) -> None:
    """`false` in shortcodeIgnore is what ignores the shortcode, against its name."""
    assert "<shortcode>0000000</shortcode>" in api.create(shortcode="0000000", use="true")
    assert "<shortcode>434</shortcode>" in api.create(shortcode="555", use="false")


def test_a_broadcast_may_be_large(api: Api) -> None:
    """Fifty thousand recipients fit into one request."""
    reply = api.create([{"mobileNumber": f"1305{n:06}5", "text": "x" * 100} for n in range(50_000)])
    assert "<expectedMessages>50000</expectedMessages>" in reply
