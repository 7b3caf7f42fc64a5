"""Whole stories over real HTTP, against the plugin's own fake server and a clock tests drive."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import attrs
import polycast
import pytest
from polycast import (
    AuthenticationFailed,
    Broadcast,
    CallbackRequest,
    Client,
    Message,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    Recipient,
    Reply,
    Report,
    State,
)
from polycast.sandbox import (
    Error,
    Garbage,
    LoseReply,
    ManualClock,
    Refuse,
    Throttle,
    Truncate,
    host,
)
from polycast_hyber import Options, Push, Sms, Viber, WhatsApp
from polycast_hyber.sandbox import HyberSandbox

HELLO = Message("+380961234567", text="Hello")
#: The sandbox fails numbers that end like this, and lets those time out.
FAILS, EXPIRES, REFUSED = "+380961231111", "+380961232222", "+380961230000"


@attrs.frozen
class Environment:
    """A client, the server it talks to, and the time there."""

    client: Client
    server: HyberSandbox
    clock: ManualClock
    #: Seconds the client asked to wait between tries.
    pauses: list[float]


@pytest.fixture
def environment() -> Iterator[Callable[..., Environment]]:
    """Make an environment; `changes` are the client's settings."""
    with ExitStack() as stack:
        servers = []

        def make(server: HyberSandbox | None = None, **changes: object) -> Environment:
            clock = ManualClock()
            sandbox = server or HyberSandbox(clock)
            sandbox.clock = clock
            servers.append(sandbox)
            hosted = stack.enter_context(host([sandbox]))
            settings: dict[str, Any] = {
                **sandbox.settings(),
                "base_url": hosted.base_url("hyber"),
                **changes,
            }
            client = polycast.connect("hyber", **settings)
            stack.callback(client.close)
            pauses: list[float] = []
            client.api.transport.sleep = pauses.append
            return Environment(client, sandbox, clock, pauses)

        yield make
    asked = [(entry.operation, entry.problems) for server in servers for entry in server.requests]
    assert [entry for entry in asked if entry[1]] == [], "a request did not fit the spec"


@pytest.mark.parametrize("own_texts", [False, True])
@pytest.mark.parametrize("sync", [False, True])
def test_a_broadcast_says_what_became_of_everybody(
    environment: Callable[..., Environment], own_texts: bool, sync: bool
) -> None:
    """Delivered, failed, expired, refused: each by reference, as a template or as texts."""
    here = environment()
    people = [
        Recipient(to, {"name": f"N{place}"}, reference=f"r{place}")
        for place, to in enumerate(["+380961234567", FAILS, EXPIRES, REFUSED])
    ]
    if own_texts:
        people.append(Recipient("+380969999999", text="Just you", reference="r4"))
    sent = here.client.send_bulk(
        Broadcast(
            text="Dear {name}",
            recipients=people,
            channels=["viber", "sms"],
            options=Options(sync=sync),
        )
    )
    here.clock.advance(7 * 86400)
    expected = {
        "r0": State.DELIVERED,
        "r1": State.FAILED,
        "r2": State.EXPIRED,
        "r3": State.REJECTED,
        **({"r4": State.DELIVERED} if own_texts else {}),
    }
    if sync:
        assert sent.id is None
        told = {
            str(receipt.reference): here.client.status(receipt.id).state
            if receipt.id
            else receipt.state
            for receipt in sent.receipts
        }
    else:
        assert sent.id is not None
        status = here.client.status(sent.id)
        assert status.is_final
        assert sum(status.counts.values()) == len(people)
        told = {str(report.reference): report.state for report in status.reports}
    assert told == expected
    texts = {message.text for message in here.server.inbox}
    assert texts == ({"Dear N0", "Just you"} if own_texts else {"Dear N0"})


def test_a_failure_on_one_channel_is_none_of_the_message(
    environment: Callable[..., Environment],
) -> None:
    """While Viber has expired and SMS is tried, nothing is final."""
    here = environment()
    receipt = here.client.send(Message(EXPIRES, text="Hi", channels=["viber", "sms"]))
    assert receipt.id is not None
    here.clock.advance(120)
    status = here.client.status(receipt.id)
    assert (status.state, status.is_final) == (State.SENDING, False)
    here.clock.advance(2 * 86400)
    assert here.client.status(receipt.id).state is State.EXPIRED


def test_a_scheduled_message_waits(environment: Callable[..., Environment]) -> None:
    """Nothing is sent before its time, by whatever clock that was given."""
    here = environment()
    at = here.clock.now() + timedelta(hours=2)
    sent = here.client.send_bulk(
        Broadcast(text="Hi", recipients=["+380961234567"], send_at=at, name="Later")
    )
    assert sent.id is not None
    here.clock.advance(3600)
    assert not here.client.status(sent.id).is_final
    assert not here.server.inbox
    here.clock.advance(7200)
    assert here.client.status(sent.id).state is State.DELIVERED


def test_every_channel_carries_every_option(environment: Callable[..., Environment]) -> None:
    """Whatever the options can hold fits the spec, alone and with placeholders."""
    here = environment()
    url = "https://example.com/{page}"
    options = Options(
        push=Push(title="{title}", image=url, caption="Go", action=url, count_clicks=True),
        viber=Viber(
            device="all",
            sender="GMSU",
            image=url,
            caption="{title}",
            action=url,
            thumbnail=url,
            file_size=2.5,
            duration="{long}",
            count_clicks=False,
        ),
        whatsapp=WhatsApp(
            image=url,
            image_name="{title}",
            document=url,
            document_name="D",
            audio=url,
            video=url,
            video_name="V",
            latitude="{lat}",
            longitude=30.5,
        ),
        sms=Sms(sender="GMSU", count_clicks=True),
        tag="Everything",
        division_code="1",
    )
    variables = {"page": "1", "title": "News", "long": "20", "lat": "50.4"}
    sent = here.client.send_bulk(
        Broadcast(
            text="Hi",
            recipients=[Recipient("+380961234567", variables)],
            channels=["push", "viber", "whatsapp", "sms"],
            options=options,
        )
    )
    assert sent.state is State.QUEUED
    here.clock.advance(86400)
    assert [message.text for message in here.server.inbox] == ["Hi"]


class _Receiver(BaseHTTPRequestHandler):
    reports: list[Report | Reply]
    client: Client

    def do_POST(self) -> None:
        """Take what is pushed, as a web framework would hand it over."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.reports += self.client.receive(CallbackRequest(body=body, headers=self.headers))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("in_batches", [False, True])
@pytest.mark.parametrize("is_loose", [False, True], ids=["as documented", "as others read it"])
def test_reports_are_pushed(
    environment: Callable[..., Environment], in_batches: bool, is_loose: bool
) -> None:
    """Each message's final state comes to the callback URL, one by one or together."""
    here = environment(HyberSandbox(is_loose=is_loose))
    handler = type("Receiver", (_Receiver,), {"reports": [], "client": here.client})
    with HTTPServer(("127.0.0.1", 0), handler) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        try:
            here.client.send_bulk(
                Broadcast(
                    text="Hi",
                    recipients=[
                        Recipient("+380961234567", reference="joe"),
                        Recipient(EXPIRES, reference="ana"),
                    ],
                    callback_url=f"http://127.0.0.1:{receiver.server_port}/",
                )
            )
            here.clock.advance(2 * 86400)
            pushes = here.server.push_reports(in_batches=in_batches)
        finally:
            receiver.shutdown()
    assert len(pushes) == (1 if in_batches else 2)
    states = {report.reference: (report.to, report.state) for report in handler.reports}  # type: ignore[attr-defined]
    assert states == {
        "joe": ("+380961234567", State.DELIVERED),
        "ana": (EXPIRES, State.EXPIRED),
    }


def test_a_reply_that_tells_more(environment: Callable[..., Environment]) -> None:
    """A single message may be answered with more than its id."""
    here = environment(HyberSandbox(is_loose=True))
    receipt = here.client.send(Message("+380961234567", text="Hi"))
    assert receipt.id == f"message:{here.server.accepted[0].id}"
    assert receipt.state is State.QUEUED


def test_credentials(environment: Callable[..., Environment]) -> None:
    """Letters outside ASCII are accepted; a wrong password is not."""
    here = environment(
        HyberSandbox(ManualClock(), login="Їжак", password="пароль €"),
        login="Їжак",
        password="пароль €",
    )
    assert here.client.send(HELLO).id
    with pytest.raises(AuthenticationFailed):
        environment(password="wrong").client.send(HELLO)


def test_what_is_not_known(environment: Callable[..., Environment]) -> None:
    """Neither a campaign nor a message of that id is there."""
    here = environment()
    for id in ("job:66591729-cb47-5ef9-964b-949dc6aff84f", "message:1", "extra:1"):
        with pytest.raises(NotFound):
            here.client.status(id)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (LoseReply(), OutcomeUnknown),
        (LoseReply(reset=True), OutcomeUnknown),
        (Refuse(), OutcomeUnknown),
        (Truncate(), OutcomeUnknown),
        (Garbage(), OutcomeUnknown),
        (Error(500), ProviderUnavailable),
        (Error(503), ProviderUnavailable),
        (Throttle(retry_after=3600), RateLimited),
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["send_message", "send_broadcast", "send_broadcast_sync"])
def test_a_send_that_goes_wrong(
    environment: Callable[..., Environment], operation: str, fault: Any, error: type[PolycastError]
) -> None:
    """It is told what it was, and never repeated blindly."""
    here = environment()
    here.server.faults.add(fault)
    broadcast = Broadcast(
        text="Hi",
        recipients=["+380961234567"],
        options=Options(sync=operation == "send_broadcast_sync"),
    )
    send: Callable[[], object] = (
        partial(here.client.send, HELLO)
        if operation == "send_message"
        else partial(here.client.send_bulk, broadcast)
    )
    with pytest.raises(error) as caught:
        send()
    assert len([entry for entry in here.server.requests if entry.operation == operation]) <= 1
    assert caught.value.safe_to_retry is (error is RateLimited)
