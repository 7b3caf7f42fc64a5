"""What only Twilio does: channels by address, services, codes, lists of messages, callbacks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import polycast
import pytest
from polycast import (
    CallbackRequest,
    Client,
    Message,
    OutcomeUnknown,
    SettingsError,
    State,
    Unsupported,
    UsageError,
)
from polycast.testing import CannedWire, at
from polycast_twilio import Options

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
        ({"options": Options(content_sid="HX1")}, "sent alone"),
        ({"options": Options(content_variables={"1": "Ann"})}, "content_sid"),
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
        {"key_sid": f"SK{1:032x}", "key_secret": "s3cret"},
    ],
)
def test_settings_that_cannot_be_are_refused(wire: CannedWire, settings: dict[str, str]) -> None:
    """A SID of another kind, half a key, or two ways in."""
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


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (f"MessageSid=SM{1:032x}&SmsStatus=received&Body=STOP&From=%2B14155550100", "Inbound"),
        (f"MessageSid=SM{1:032x}&MessageStatus=sent&AccountSid=AC{2:032x}", "for the account"),
        ("MessageSid=7&MessageStatus=sent", "MessageSid"),
    ],
)
def test_what_is_no_report_of_this_account_is_refused(
    twilio: Client, body: str, words: str
) -> None:
    """An inbound message, another account's report, and a form of somebody else."""
    with pytest.raises(UsageError, match=words):
        twilio.receive(CallbackRequest(body=body.encode()))


def test_a_refused_push_is_in_no_frame_of_the_client(twilio: Client) -> None:
    """What somebody pushed may repeat a credential, and is not shown with the refusal."""
    with pytest.raises(UsageError) as refused:
        twilio.receive(CallbackRequest(body=b'"t0ken-of-twilio"'))
    frames = [each.frame for each in refused.traceback if str(each.path).endswith("caller.py")]
    assert frames
    shown = "".join(repr(value) for frame in frames for value in frame.f_locals.values())
    assert "t0ken-of-twilio" not in shown
