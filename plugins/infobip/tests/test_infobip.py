"""What only Infobip does: routes, windows, bulks, duplicates, pushes, lookups by our ids."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from polycast import (
    Action,
    Broadcast,
    CallbackRequest,
    Message,
    MessageTemplate,
    OutcomeUnknown,
    Price,
    RateLimited,
    Recipient,
    Reply,
    Report,
    State,
    Unsupported,
    UsageError,
)
from polycast.sandbox import LoseReply
from polycast.testing.environments import Environment, environments
from polycast_infobip import Button, DeliveryWindow, IndiaDlt, Options, Tracking
from polycast_infobip.sandbox import InfobipSandbox

ANN, BEN = "+41793026727", "+41793026834"
Make = Callable[..., Environment[InfobipSandbox]]
#: A Wednesday.
NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)


@pytest.fixture
def make() -> Iterator[Make]:
    """Make clients with a fake Infobip of their own, at noon of a Wednesday."""
    with environments(InfobipSandbox, NOON) as made:
        yield made


def last(here: Environment[InfobipSandbox]) -> Any:
    """The last body that was sent."""
    return json.loads(here.server.requests[-1].body)


# What is refused before any request.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"channels": ["sms", "viber"]}, r"does not send by sms\+viber"),
        ({"channels": ["viber"], "send_at": NOON + timedelta(days=1)}, "send_at for viber"),
        ({"channels": ["whatsapp"], "ttl": timedelta(hours=1)}, "ttl for whatsapp"),
        ({"channels": ["viber"], "options": Options(flash=True)}, "flash for viber"),
        ({"channels": ["viber"], "text": "x" * 1001}, "1001 characters"),
        ({"channels": ["whatsapp"], "text": "x" * 4097}, "4097 characters"),
        ({"channels": ["whatsapp", "sms"]}, "lets no SMS follow"),
        ({"text": "ї" * 1700}, "26 parts, and Infobip takes 25"),
        ({"ttl": timedelta(hours=49)}, "2 days at most"),
        ({"send_at": NOON + timedelta(days=181)}, "180 days"),
        ({"options": Options(sms_text="Hello")}, "sms_text for sms"),
        ({"options": Options(reference="x" * 200)}, "too long"),
        ({"template": MessageTemplate("t", values=["1"]), "text": None}, "language"),
        ({"template": MessageTemplate("t", "en", values=["1"])}, "sent alone"),
        (
            {"template": MessageTemplate("t", "en", values={"pin": "1"}), "text": None},
            "numbers from 1",
        ),
        (
            {"template": MessageTemplate("t", "en"), "text": None, "channels": ["sms"]},
            "template for sms",
        ),
        (
            {"template": MessageTemplate("t", "en"), "text": None, "channels": ["viber", "sms"]},
            "nothing to say",
        ),
    ],
)
def test_what_infobip_cannot_be_told_is_refused_before_any_request(
    make: Make, changes: dict[str, Any], words: str
) -> None:
    """The error says what is wrong."""
    here = make()
    with pytest.raises(UsageError, match=words):
        here.client.send(Message(ANN, **{"text": "Hello", **changes}))
    assert not here.server.requests


@pytest.mark.parametrize("channel", ["viber", "whatsapp"])
def test_a_channel_without_a_sender_is_refused(make: Make, channel: str) -> None:
    """Viber and WhatsApp need a sender; SMS has the account's own."""
    here = make({f"{channel}_sender": None})
    with pytest.raises(UsageError, match=f"set {channel}_sender"):
        here.client.send(Message(ANN, text="Hello", channels=[channel]))
    here.client.send(Message(ANN, text="Hello"))


def test_a_whatsapp_text_goes_to_one_recipient_a_call(make: Make) -> None:
    """A broadcast of it is refused, and says how it is sent."""
    here = make()
    with pytest.raises(Unsupported, match="one by one"):
        here.client.send_bulk(Broadcast(text="Hi", recipients=[ANN, BEN], channels=["whatsapp"]))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: DeliveryWindow(days=[]),
        lambda: DeliveryWindow(days="MONDAY "),
        lambda: DeliveryWindow(days=["MONDAY"], start=time(9)),
        lambda: DeliveryWindow(days=["MONDAY"], start=time(9), end=time(9, 30)),
        lambda: IndiaDlt(principal_entity_id=""),
        lambda: Button(title="x", action=None),  # type: ignore[arg-type]
        lambda: Options(tracking={"url": "https://example.com"}),  # type: ignore[arg-type]
        lambda: Options(sending_speed=0),
        lambda: Options(campaign="x" * 256),
        lambda: Tracking(shorten="yes"),  # type: ignore[arg-type]
    ],
)
def test_options_are_checked_where_they_are_given(bad: Callable[[], object]) -> None:
    """A mistake is a UsageError at once."""
    with pytest.raises(UsageError):
        bad()


# What is sent.


def test_a_template_has_its_values_in_the_order_of_their_places(make: Make) -> None:
    """A list of eleven values keeps its order, and an SMS may follow."""
    here = make({"sender": "Tavern"})
    values = [f"value {place}" for place in range(1, 12)]
    here.client.send(
        Message(
            ANN,
            template=MessageTemplate("table", "en_GB", values),
            channels=["whatsapp", "sms"],
            text="Your table is ready",
        )
    )
    [message] = last(here)["messages"]
    assert message["content"]["templateData"] == {"body": {"placeholders": values}}
    assert message["smsFailover"] == {"from": "Tavern", "text": "Your table is ready"}


def test_a_window_holds_messages_back(make: Make) -> None:
    """What is sent on Wednesday for Friday evenings arrives on Friday evening."""
    here = make()
    window = DeliveryWindow(days=["FRIDAY"], start=time(18), end=time(21))
    here.client.send(Message(ANN, text="Hello", options=Options(delivery_window=window)))
    here.clock.advance(2 * 86_400 + 5 * 3600)
    assert not here.server.inbox
    here.clock.advance(2 * 3600)
    [arrived] = here.server.inbox
    assert arrived.at == datetime(2026, 1, 9, 18, 0, 2, tzinfo=UTC)


def test_a_speed_spreads_a_broadcast(make: Make) -> None:
    """Sixty a minute are one a second."""
    here = make()
    people = [f"+4179302{place}" for place in range(1000, 1010)]
    here.client.send_bulk(
        Broadcast(text="Hello", recipients=people, options=Options(sending_speed=60))
    )
    here.clock.advance(6)
    assert len(here.server.inbox) == 5


# What comes back.


def test_a_receipt_tells_the_parts_and_a_refusal_its_code(make: Make) -> None:
    """Infobip counts the parts of a long text, and gives each refusal a number."""
    here = make()
    sent = here.client.send_bulk(Broadcast(text="x" * 200, recipients=[ANN, "+41793020000"]))
    taken, refused = sent.receipts
    assert (taken.segments, taken.code) == (2, None)
    assert (refused.state, refused.code, refused.id) == (State.REJECTED, 52, None)


def test_a_report_tells_the_price_of_all_parts(make: Make) -> None:
    """Infobip tells the price of one part."""
    here = make()
    receipt = here.client.send(Message(ANN, text="x" * 200))
    here.clock.advance(10)
    [report] = here.client.status(str(receipt.id)).reports
    assert (report.segments, report.price) == (2, Price("0.02", "EUR"))


@pytest.mark.parametrize("channel", ["viber", "whatsapp"])
def test_other_channels_are_followed_in_their_own_logs(make: Make, channel: str) -> None:
    """The id tells the channel, in another process, too."""
    here = make()
    receipt = here.client.send(Message(ANN, text="Hello", channels=[channel]))
    here.clock.advance(10)
    status = here.connect().status(str(receipt.id))
    [report] = status.reports
    assert (status.state, report.channel) == (State.DELIVERED, channel)
    assert here.server.requests[-1].path.endswith("/2/logs")


def test_a_reference_comes_back_whatever_is_in_it(make: Make) -> None:
    """Commas, blanks and other letters are carried in the id."""
    here = make()
    reference = "row 7, стіл/1-2"
    sent = here.client.send_bulk(
        Broadcast(text="Hello", recipients=[Recipient(ANN, reference=reference)])
    )
    here.clock.advance(10)
    [report] = here.client.status(str(sent.receipts[0].id)).reports
    assert report.reference == reference


@pytest.mark.parametrize("at_once", [True, False])
def test_the_same_once_more_is_refused_as_a_duplicate(make: Make, at_once: bool) -> None:
    """Infobip keeps one message of an id: a second is never delivered, nor told as delivered."""
    here = make(tells_duplicates=at_once)
    message = Message(ANN, text="Hello")
    first, second = here.client.send(message), here.client.send(message)
    here.clock.advance(10)
    assert len(here.server.inbox) == 1
    assert first.id == second.id
    assert second.state is (State.UNKNOWN if at_once else State.QUEUED)
    assert here.client.status(str(second.id)).state is State.DELIVERED
    again = Message(ANN, text="Hello", options=Options(reference="Tuesday"))
    assert here.client.send(again).id != first.id


def test_a_paused_broadcast_is_paused_for_each_recipient(make: Make) -> None:
    """So is one that is stopped; when it is resumed, all get it."""
    here = make()
    tomorrow = NOON + timedelta(days=1)
    sent = here.client.send_bulk(Broadcast(text="Hi", recipients=[ANN, BEN], send_at=tomorrow))
    id, message = str(sent.id), str(sent.receipts[0].id)
    assert here.client.status(id).state is State.SCHEDULED
    here.client.control(id, Action.PAUSE)
    assert here.client.status(message).state is State.PAUSED
    here.client.control(id, Action.RESUME)
    here.client.control(id, Action.STOP)
    assert here.client.status(message).state is State.CANCELLED


@pytest.mark.parametrize("id", ["message:p-1", "bulk:polycast-viber-" + "0" * 24])
def test_what_is_no_broadcast_by_sms_cannot_be_controlled(make: Make, id: str) -> None:
    """The error says so, before any request."""
    here = make()
    with pytest.raises(UsageError, match="scheduled broadcasts by SMS"):
        here.client.control(id, Action.STOP)
    assert not here.server.requests


# Lookups.


def test_the_same_message_has_the_same_id_for_ever() -> None:
    """Another version asks by the id that this one gave; so what it is made of never changes."""
    with environments(InfobipSandbox, NOON) as make:
        receipt = make().client.send(Message(ANN, text="Hello"))
    assert receipt.id == "message:polycast-sms-b5a074534a80563841d09805-0"


def test_a_scheduled_broadcast_is_found_before_its_moment(make: Make) -> None:
    """The logs do not list it yet; the bulk is known by our id."""
    here = make()
    request = Broadcast(text="Hi", recipients=[ANN, BEN], send_at=NOON + timedelta(days=1))
    here.server.faults.add(LoseReply())
    with pytest.raises(OutcomeUnknown):
        here.client.send_bulk(request)
    found = here.connect().lookup(request, NOON)
    assert found is not None
    assert (found.state, len(found.receipts)) == (State.SCHEDULED, 2)
    here.client.control(str(found.id), Action.STOP)


@pytest.mark.parametrize(
    ("after", "known"), [(5, False), (60, True), (47 * 3600, True), (49 * 3600, False)]
)
def test_an_absence_is_believed_while_the_logs_can_tell(
    make: Make, after: float, known: bool
) -> None:
    """Not in the first ten seconds, and not once the logs have forgotten."""
    here = make()
    request = Message(ANN, text="Hello")
    here.clock.advance(after)
    if known:
        assert here.client.lookup(request, NOON) is None
        return
    with pytest.raises(OutcomeUnknown, match="lag 10 seconds"):
        here.client.lookup(request, NOON)


@pytest.mark.parametrize(
    "changes",
    [
        {"channels": ["viber"]},
        {"channels": ["whatsapp"]},
        {"template": MessageTemplate("table", "en", ["7 pm"]), "text": None},
    ],
)
def test_a_lost_reply_of_each_channel_is_found(make: Make, changes: dict[str, Any]) -> None:
    """Each in its own logs, by the ids that it was given."""
    here = make()
    request = Message(ANN, **{"text": "Hello", **changes})
    here.server.faults.add(LoseReply())
    with pytest.raises(OutcomeUnknown):
        here.client.send(request)
    here.clock.advance(60)
    found = here.connect().lookup(request, NOON - timedelta(seconds=1))
    assert found is not None
    assert found.receipts[0].to == ANN


# Pushes.


class Receiver:
    """A web server that keeps what is posted to it, and refuses as many as asked."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.refusals = 0
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                refused, kept.refusals = kept.refusals > 0, kept.refusals - 1
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/reports"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server for callbacks."""
    made = Receiver()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_reports_are_pushed_in_buckets_until_they_are_taken(make: Make, receiver: Receiver) -> None:
    """A hundred at once; what is refused comes again, and every report leads to its receipt."""
    here = make()
    people = [f"+4179302{place}" for place in range(4000, 4150)]
    sent = here.client.send_bulk(
        Broadcast(text="Hello", recipients=people, callback_url=receiver.url)
    )
    assert here.server.push_reports() == []
    here.clock.advance(10)
    receiver.refusals = 1
    here.server.push_reports()
    here.server.push_reports()
    assert [len(json.loads(body)["results"]) for body in receiver.bodies] == [100, 50, 100]
    told = [
        report
        for body in receiver.bodies[1:]
        for report in here.client.receive(CallbackRequest(body=body))
        if isinstance(report, Report)
    ]
    assert {report.state for report in told} == {State.DELIVERED}
    assert {report.id for report in told} == {receipt.id for receipt in sent.receipts}
    assert here.server.push_reports() == []


@pytest.mark.parametrize(
    ("row", "text", "media"),
    [
        ({"message": {"type": "TEXT", "text": "Yes"}}, "Yes", ()),
        (
            {
                "message": [
                    {"contentType": "text/plain", "value": "Look"},
                    {"contentType": "image/png", "url": "https://example.com/a.png"},
                ]
            },
            "Look",
            ("https://example.com/a.png",),
        ),
        ({"text": None, "message": 7}, None, ()),
    ],
)
def test_replies_of_every_channel_are_read(
    make: Make, row: dict[str, Any], text: str | None, media: tuple[str, ...]
) -> None:
    """WhatsApp has an object, MMS a list of parts; what cannot be read is left out."""
    said = {"from": "41793026727", "to": "447860099299", "receivedAt": "2026-01-07T12:00:00+0000"}
    body = json.dumps({"results": [{**said, **row}]}).encode()
    [reply] = make().client.receive(CallbackRequest(body=body))
    assert isinstance(reply, Reply)
    assert (reply.sender, reply.text, reply.media) == (ANN, text, media)
    assert reply.received_at == NOON


def test_a_click_is_no_report(make: Make) -> None:
    """It is refused by name."""
    body = b'{"notificationType": "CLICKED", "recipient": "41793026727", "url": "https://e.com"}'
    with pytest.raises(UsageError, match="a click"):
        make().client.receive(CallbackRequest(body=body))


def test_logs_may_be_asked_for_so_often(make: Make) -> None:
    """One question too many in a minute is told to wait, and how long."""
    here = make(questions=3)
    receipt = here.client.send(Message(ANN, text="Hello"))
    here.clock.advance(10)
    for _ in range(3):
        here.client.status(str(receipt.id))
    with pytest.raises(RateLimited, match="Too many requests") as refused:
        here.client.status(str(receipt.id))
    assert refused.value.retry_after == 61
