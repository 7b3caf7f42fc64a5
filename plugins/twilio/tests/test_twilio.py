"""What only Twilio does: channels by address, services, codes, lists of messages, callbacks."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import attrs
import polycast
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import (
    CallbackRequest,
    Client,
    Message,
    MessageTemplate,
    OutcomeUnknown,
    Price,
    Reply,
    Secret,
    SettingsError,
    State,
    Unsupported,
    UnverifiedRequest,
    UsageError,
)
from polycast.testing import CannedWire, at
from polycast_twilio import Options
from polycast_twilio.reports import is_signed
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict

ACCOUNT = f"AC{1:032x}"
SERVICE = f"MG{1:032x}"
TO = "+14155550100"
NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
CREATED = "Sun, 01 Mar 2026 12:00:10 +0000"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The time of these tests."""
    with at(NOW):
        yield


def connected(wire: CannedWire, **settings: str) -> Client:
    """A client over that wire."""
    given = {"account_sid": ACCOUNT, "auth_token": "t0ken-of-twilio", **settings}
    client = wire.attach(polycast.connect("twilio", **given))
    client.provider.api.transport.clock = NOW.timestamp
    return client


@pytest.fixture
def twilio(wire: CannedWire) -> Client:
    """An account that sends from a number."""
    return connected(wire, sender="+14155550199")


def row(number: int = 1, **changes: object) -> dict[str, object]:
    """A message as Twilio lists it."""
    return {
        "sid": f"SM{number:032x}",
        "status": "queued",
        "to": TO,
        "from": "+14155550199",
        "messaging_service_sid": None,
        "body": "Hello",
        "num_media": "0",
        "direction": "outbound-api",
        "date_created": CREATED,
        **changes,
    }


def page(*rows: object, more: str | None = None) -> str:
    """A page of a list."""
    return json.dumps({"messages": rows, "next_page_uri": more})


def form_of(wire: CannedWire) -> dict[str, list[str]]:
    """The form that left last."""
    body = wire.sent[-1].body
    assert body is not None
    return parse_qs(body.decode())


# What leaves.


@pytest.mark.parametrize(
    ("changes", "sender"),
    [
        ({}, {"From": ["+14155550199"]}),
        ({"sender": "Tavern"}, {"From": ["Tavern"]}),
        ({"sender": SERVICE}, {"MessagingServiceSid": [SERVICE]}),
        ({"to": "whatsapp:+14155550100"}, {"From": ["whatsapp:+14155550199"]}),
        (
            {"to": "messenger:12", "sender": "messenger:34"},
            {"From": ["messenger:34"]},
        ),
    ],
)
def test_the_sender_is_of_the_recipients_channel(
    wire: CannedWire, twilio: Client, changes: dict[str, Any], sender: dict[str, list[str]]
) -> None:
    """A number gets the prefix of the channel, and a service is told as one."""
    wire.answer(201, json.dumps(row()))
    asked = {"to": TO, "text": "Hello", **changes}
    twilio.send(Message(**asked))
    assert form_of(wire) == {"To": [asked["to"]], "Body": ["Hello"], **sender}


def test_a_moment_needs_a_service(wire: CannedWire, twilio: Client) -> None:
    """Twilio schedules by a service alone, and would send at once without: nothing leaves."""
    later = NOW + timedelta(days=1, microseconds=1)
    with pytest.raises(UsageError, match="messaging_service_sid"):
        twilio.send(Message(TO, text="Hello", send_at=later))
    assert not wire.sent

    client = connected(wire, messaging_service_sid=SERVICE)
    wire.answer(201, json.dumps(row(status="scheduled")))
    receipt = client.send(Message(TO, text="Hello", sender="+14155550198", send_at=later))
    assert receipt.state is State.SCHEDULED
    assert form_of(wire) == {
        "To": [TO],
        "From": ["+14155550198"],
        "MessagingServiceSid": [SERVICE],
        "Body": ["Hello"],
        "ScheduleType": ["fixed"],
        "SendAt": ["2026-03-02T12:00:31Z"],
    }


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=35, seconds=1)])
def test_a_moment_outside_the_window_is_refused(wire: CannedWire, ahead: timedelta) -> None:
    """More than 5 minutes and at most 35 days ahead: the rest is refused before it is sent."""
    client = connected(wire, messaging_service_sid=SERVICE)
    with pytest.raises(UsageError, match="35 days"):
        client.send(Message(TO, text="Hello", send_at=NOW + ahead))
    assert not wire.sent


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ttl": timedelta(hours=10, seconds=1)}, "10 hours"),
        ({"template": MessageTemplate("HX1")}, "sent alone"),
        ({"text": None, "template": MessageTemplate("HX1", "en")}, "leave language out"),
        ({"text": None, "options": Options(smart_encoded=True)}, "nothing to say"),
    ],
)
def test_what_twilio_does_not_take_is_refused(
    wire: CannedWire, twilio: Client, changes: dict[str, Any], words: str
) -> None:
    """A sentence says what to change, and nothing leaves."""
    with pytest.raises(UsageError, match=words):
        twilio.send(Message(**{"to": TO, "text": "Hello", **changes}))
    assert not wire.sent


def test_a_file_is_refused(twilio: Client, tmp_path: Any) -> None:
    """Twilio fetches media by itself."""
    (tmp_path / "menu.png").write_bytes(b"png")
    with pytest.raises(Unsupported, match="the file"):
        twilio.send(Message(TO, media=[tmp_path / "menu.png"]))


def test_a_message_without_a_sender_is_refused(wire: CannedWire) -> None:
    """Neither the settings nor the message name one."""
    with pytest.raises(UsageError, match="needs a sender"):
        connected(wire).send(Message(TO, text="Hello"))


@pytest.mark.parametrize(
    "settings",
    [
        {"account_sid": "AC1"},
        {"messaging_service_sid": "MG"},
        {"key_sid": f"SK{1:032x}"},
        {"key_secret": "s3cret"},
    ],
)
def test_settings_that_cannot_be_are_refused(wire: CannedWire, settings: dict[str, str]) -> None:
    """A SID of another kind, or half a key."""
    with pytest.raises(SettingsError):
        connected(wire, **settings)


# What is on the list.


def look(client: Client, message: Message | None = None) -> Any:
    """Look a lost message up that left 25 seconds ago."""
    return client.lookup(message or Message(TO, text="Hello"), NOW - timedelta(seconds=25))


def test_pages_are_read_to_their_end(wire: CannedWire, twilio: Client) -> None:
    """The one message that it is may be on the last of them, and is found."""
    wire.answer(200, page(row(7, body="Bye"), more="/2010-04-01/x.json?Page=1&PageToken=PASM7"))
    wire.answer(200, page(row(8)))
    found = look(twilio)
    assert found.id == row(8)["sid"]
    assert "PageToken=PASM7" in str(wire.sent[-1].url)


@pytest.mark.parametrize(
    "other",
    [
        {"body": "Bye"},
        {"from": "+14155550198"},
        {"direction": "inbound"},
        {"direction": "outbound-reply"},
    ],
)
def test_another_message_is_no_arrival(
    wire: CannedWire, twilio: Client, other: dict[str, object]
) -> None:
    """A text, a sender or a direction of its own: what is lost did not arrive."""
    wire.answer(200, page(row(7, **other)))
    assert look(twilio) is None


@pytest.mark.parametrize(
    "rows",
    [
        (row(7), row(8)),
        (row(7, date_created=None),),
        (row(7, date_created="soon"),),
        (row(7, body=None),),
        (row(7, num_media="1"),),
        (row(7, body="Sent from your Twilio trial account - Hello"),),
    ],
)
def test_what_may_be_it_is_a_candidate(
    wire: CannedWire, twilio: Client, rows: tuple[dict[str, object], ...]
) -> None:
    """Two alike, or one that does not tell all, leave doubt, with the ids of what it may be."""
    wire.answer(200, page(*rows))
    with pytest.raises(OutcomeUnknown) as doubt:
        look(twilio)
    assert set(doubt.value.candidates or ()) == {each["sid"] for each in rows}


@pytest.mark.parametrize("sender", ["14155550199", "+1 415-555-0199", "+1 (415) 555.0199"])
def test_a_sender_in_another_spelling_hides_nothing(wire: CannedWire, sender: str) -> None:
    """Twilio lists numbers in its own form: the message is found, and not sent again."""
    wire.answer(200, page(row(7)))
    found = look(connected(wire, sender=sender))
    assert found.id == row(7)["sid"]


def test_a_row_that_cannot_be_read_may_be_it(wire: CannedWire, twilio: Client) -> None:
    """Then not all candidates can be named."""
    wire.answer(200, page({"status": "queued"}))
    with pytest.raises(OutcomeUnknown) as doubt:
        look(twilio)
    assert doubt.value.candidates is None


def test_absence_is_not_believed_at_once(wire: CannedWire, twilio: Client) -> None:
    """A list may lag: an empty one proves nothing in the first seconds."""
    wire.answer(200, page())
    with pytest.raises(OutcomeUnknown, match="lag"):
        twilio.lookup(Message(TO, text="Hello"), NOW - timedelta(seconds=5))
    wire.answer(200, page())
    assert look(twilio) is None


def test_a_service_may_have_changed_the_text(wire: CannedWire) -> None:
    """Smart encoding is a setting of services: another text of the same service is doubt."""
    client = connected(wire, messaging_service_sid=SERVICE)
    wire.answer(200, page(row(7, body="Bye", messaging_service_sid=SERVICE)))
    with pytest.raises(OutcomeUnknown):
        look(client)
    wire.answer(200, page(row(7)))
    assert look(client) is None


# What is pushed.


TOKEN = "t0ken-of-twilio"
URL = "https://example.com/twilio?key=1"
REPORT = f"MessageSid=SM{1:032x}&MessageStatus=sent&To=%2B14155550100"


def pushed(body: str, url: str = URL, signed: str | None = None) -> CallbackRequest:
    """A request that Twilio's own code signs, for the URL that it calls."""
    form = MultiDict(parse_qsl(body, keep_blank_values=True))
    made = RequestValidator(TOKEN).compute_signature(signed or url, form)
    return CallbackRequest(body=body.encode(), headers={"x-twilio-signature": made}, url=url)


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(form=st.dictionaries(names, st.lists(st.text(max_size=8), min_size=1, max_size=3)))
def test_a_signature_of_twilios_own_code_is_accepted(form: dict[str, list[str]]) -> None:
    """Whatever the fields hold: empty values, repeated names, any alphabet."""
    body = urlencode(form, doseq=True).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert is_signed(pushed(body), Secret(TOKEN))


@pytest.mark.parametrize(
    ("called", "signed"),
    [
        ("https://example.com/in?a=b", "https://example.com:443/in?a=b"),
        ("https://example.com:443/in", "https://example.com/in"),
        ("http://example.com/in", "http://example.com:80/in"),
        ("https://example.com:8443/in", "https://example.com/in"),
    ],
)
def test_a_signature_counts_with_the_port_and_without(called: str, signed: str) -> None:
    """Twilio signs one of the two, and its own validator takes both."""
    request = pushed(REPORT, called, signed)
    form, signature = dict(parse_qsl(REPORT)), request.header("X-Twilio-Signature")

    assert RequestValidator(TOKEN).validate(called, form, signature)
    assert is_signed(request, Secret(TOKEN))


def test_a_json_body_is_signed_by_its_digest() -> None:
    """Then the URL has the digest of the body, and the signature is of the URL alone."""
    body = '{"a": 1}'
    url = f"{URL}&bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    made = RequestValidator(TOKEN).compute_signature(url, {})
    headers = {"X-Twilio-Signature": made}

    assert RequestValidator(TOKEN).validate(url, body, made)
    for said, expected in ((body, True), (body + " ", False)):
        request = CallbackRequest(body=said.encode(), headers=headers, url=url)
        assert is_signed(request, Secret(TOKEN)) is expected


@pytest.mark.parametrize(
    "changed",
    [
        {"body": REPORT.replace("sent", "read").encode()},
        {"body": REPORT.encode() + b"&Extra="},
        {"url": URL + "1"},
        {"headers": {}},
        {"headers": {"X-Twilio-Signature": "jc0AIMfnXpCbka92nDV0N7yPmiM="}},
        {"headers": {"X-Twilio-Signature": "\u00e9"}},
    ],
)
def test_a_request_that_was_changed_is_refused(twilio: Client, changed: dict[str, Any]) -> None:
    """Another body, URL or signature than Twilio's: nothing of it is believed."""
    request = pushed(REPORT)
    assert twilio.receive(request)

    with pytest.raises(UnverifiedRequest, match="twilio"):
        twilio.receive(attrs.evolve(request, **changed))


def test_a_request_without_its_url_cannot_be_checked(twilio: Client) -> None:
    """The error says what to give."""
    with pytest.raises(UsageError, match="give CallbackRequest the url"):
        twilio.receive(CallbackRequest(body=REPORT.encode()))


def test_a_key_alone_verifies_nothing(wire: CannedWire) -> None:
    """Twilio signs with the auth token, also where calls are made with an API key."""
    key = {"key_sid": f"SK{1:032x}", "key_secret": "s3cret"}
    alone = polycast.connect("twilio", account_sid=ACCOUNT, **key)
    with pytest.raises(UsageError, match="set auth_token"):
        alone.receive(pushed(REPORT))

    both = connected(wire, **key, sender="+14155550199")
    assert both.receive(pushed(REPORT))
    wire.answer(201, json.dumps(row()))
    both.send(Message(TO, text="Hello"))
    login = b64decode(str(wire.sent[-1].headers["Authorization"]).removeprefix("Basic "))
    assert login.decode() == f"{key['key_sid']}:s3cret"


@pytest.mark.parametrize(
    "body", ["MessageSid=7&MessageStatus=sent", "Hello", f"MessageSid=SM{1:032x}"]
)
def test_what_twilio_does_not_push_is_refused(twilio: Client, body: str) -> None:
    """A form of something else says so, even with a right signature."""
    with pytest.raises(UsageError, match="MessageSid"):
        twilio.receive(pushed(body))


def test_somebody_without_a_number_is_answered(wire: CannedWire, twilio: Client) -> None:
    """A user of WhatsApp may have an id and no number: the sender of a reply can be written to."""
    body = f"MessageSid=SM{2:032x}&From=whatsapp%3AUS.13491208655302741918&Body=Hi&NumMedia=0"
    (reply,) = twilio.receive(pushed(body))
    assert isinstance(reply, Reply)
    assert (reply.sender, reply.text, reply.media) == ("whatsapp:US.13491208655302741918", "Hi", ())

    wire.answer(201, json.dumps(row(to=reply.sender)))
    assert twilio.send(Message(reply.sender, text="Hello")).ok
    assert form_of(wire)["To"] == [reply.sender]


# How far many are, and what they cost.


def test_many_are_found_on_one_page(wire: CannedWire, twilio: Client) -> None:
    """The latest messages of the account are listed once; who is not among them is asked about."""
    ids = [str(row(number)["sid"]) for number in (1, 2, 3)]
    told = {"status": "delivered", "price": "-0.0075", "price_unit": "USD"}
    listed = [row(number, **told) for number in (1, 2)]
    wire.answer(200, page(row(9), *listed, more="/x.json?Page=1&PageToken=PA9"))
    wire.answer(200, page(row(8)))
    wire.answer(200, json.dumps(row(3, status="delivered", price="-0.01", price_unit="USD")))

    status = twilio.status("batches:" + ",".join(ids))

    assert [report.id for report in status.reports] == ids
    assert status.state is State.DELIVERED
    assert status.price == Price("0.025", "USD")
    assert len(wire.sent) == 3


@pytest.mark.parametrize(
    ("told", "segments", "price"),
    [
        ({"num_segments": "2", "price": "-0.0150", "price_unit": "USD"}, 2, Price("0.0150", "USD")),
        ({"num_segments": "0", "price": None, "price_unit": None}, None, None),
        ({"num_segments": None, "price": "free", "price_unit": "USD"}, None, None),
    ],
)
def test_what_a_message_costs_is_told(
    wire: CannedWire,
    twilio: Client,
    told: dict[str, Any],
    segments: int | None,
    price: Price | None,
) -> None:
    """Costs are negative there and positive here; what is not known yet is None."""
    wire.answer(201, json.dumps(row(**told)))
    receipt = twilio.send(Message(TO, text="Hello"))

    wire.answer(200, json.dumps(row(**told)))
    status = twilio.status(str(receipt.id))

    (report,) = status.reports
    for each in (receipt, status, report):
        assert (each.segments, each.price) == (segments, price)


def test_a_refused_push_is_in_no_frame_of_the_client(twilio: Client) -> None:
    """What somebody pushed may repeat a credential, and is not shown with the refusal."""
    with pytest.raises(UsageError) as refused:
        twilio.receive(pushed('"t0ken-of-twilio"'))
    frames = [each.frame for each in refused.traceback if str(each.path).endswith("caller.py")]
    assert frames
    shown = "".join(repr(value) for frame in frames for value in frame.f_locals.values())
    assert "t0ken-of-twilio" not in shown
