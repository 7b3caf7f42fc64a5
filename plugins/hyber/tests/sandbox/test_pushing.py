"""The fake platform against Hyber's page: reports that it pushes, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
import requests
from polycast.sandbox import ManualClock
from polycast_hyber.sandbox import HyberSandbox
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

Start = Callable[..., tuple[requests.Session, HyberSandbox]]
Json = dict[str, Any]

PHONE = 380961111112
SMS = {"alpha_name": "GMSU", "ttl": 300}
VIBER = {"ttl": 60}


@attrs.define
class Receiver:
    """A customer's server that takes reports."""

    url: str = ""
    status: int = 200
    requests: list[tuple[str, str | None, Any]] = attrs.Factory(list)

    def take(self, request: Request) -> Response:
        """Keep what was posted."""
        body = json.loads(request.get_data())
        self.requests.append((request.full_path, request.content_type, body))
        return Response(status=self.status)

    @property
    def bodies(self) -> list[Any]:
        """What was posted, oldest first."""
        return [body for _, _, body in self.requests]


@contextmanager
def serving(take: Callable[[Request], Response]) -> Iterator[str]:
    """Serve on loopback; yield the address."""
    server = make_server("127.0.0.1", 0, Request.application(take))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/reports"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A customer's server on loopback."""
    receiver = Receiver()
    with serving(receiver.take) as url:
        receiver.url = f"{url}?token=abc"
        yield receiver


def send(api: requests.Session, url: str | None, *phones: int, **options: object) -> None:
    body: Json = {
        "messages": [
            {"phone_number": phone, "extra_id": f"AD-6640-{7006 + n}", "text": "Templated text"}
            for n, phone in enumerate(phones)
        ],
        "channels": list(options),
        "channel_options": options,
    }
    if url is not None:
        body["callback_url"] = url
    assert "job_id" in api.post("batch", json=body).json()


def test_a_single_report_looks_like_the_sample(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, receiver: Receiver
) -> None:
    """One object, with the number as a number and every field of the sample, no other."""
    send(api, receiver.url, PHONE, sms=SMS)
    clock.advance(2)
    sandbox.push_reports()
    ((path, content_type, body),) = receiver.requests
    assert (path, content_type) == ("/reports?token=abc", "application/json")
    assert body == {
        "number": PHONE,
        "time": round(clock.now().timestamp() * 1000),
        "status": 2,
        "substatus": 23,
        "hyber_status": 23011,
        "message_id": sandbox.accepted[0].id,
        "extra_id": "AD-6640-7006",
        "sent_via": "sms",
        "total_sms_parts": 1,
        "delivered_sms_parts": 1,
    }


def test_reports_may_come_in_batches(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, receiver: Receiver
) -> None:
    """One array for each URL, with numbers as strings: delivered and expired ones."""
    other = receiver.url + "2"
    send(api, receiver.url, PHONE, 380962222222, sms=SMS)
    send(api, other, PHONE, sms=SMS)
    clock.advance(300)
    assert len(sandbox.push_reports(in_batches=True)) == 2
    told = {path: body for path, _, body in receiver.requests}
    first, second = told["/reports?token=abc"], told["/reports?token=abc2"]
    assert [(row["number"], row["hyber_status"], row["sent_via"]) for row in first] == [
        (str(PHONE), 23011, "sms"),
        ("380962222222", 35015, "sms"),
    ]
    assert len(second) == 1


@pytest.mark.parametrize(("text", "template"), [("Templated text", 6349599), ("Else", 0)])
def test_a_viber_template_is_told(
    api: requests.Session,
    sandbox: HyberSandbox,
    clock: ManualClock,
    receiver: Receiver,
    text: str,
    template: int,
) -> None:
    """The number of the template that the text matched, or 0, with the same code."""
    body = {
        "phone_number": PHONE,
        "callback_url": receiver.url,
        "channels": ["viber"],
        "channel_options": {"viber": VIBER | {"text": text}},
    }
    api.post("", json=body)
    clock.advance(2)
    sandbox.push_reports()
    (report,) = receiver.bodies
    assert (report["matching_template_id"], report["hyber_status"]) == (template, 23043)
    assert "extra_id" not in report


def test_only_what_is_final_is_pushed_and_once(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, receiver: Receiver
) -> None:
    """A Viber message that expires is no report while SMS is still tried."""
    send(api, receiver.url, 380961114444, viber=VIBER, sms=SMS)
    for seconds in (1, 60):
        clock.advance(seconds)
        assert sandbox.push_reports() == []
    clock.advance(1)
    assert len(sandbox.push_reports()) == 1
    clock.advance(1000)
    assert sandbox.push_reports() == []
    assert [report["sent_via"] for report in receiver.bodies] == ["sms"]


def test_a_blocked_message_is_told(
    api: requests.Session, sandbox: HyberSandbox, receiver: Receiver
) -> None:
    """Its channel is `hyber`, and it never got an id."""
    send(api, receiver.url, 380960000000, sms=SMS)
    sandbox.push_reports()
    (report,) = receiver.bodies
    assert (report["sent_via"], report["hyber_status"]) == ("hyber", 36024)
    assert "message_id" not in report


def test_that_a_message_was_seen_is_not_pushed(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, receiver: Receiver
) -> None:
    """The platform has to be asked for that report: only the delivery is pushed."""
    send(api, receiver.url, 380961115555, viber=VIBER)
    for seconds in (2, 4):
        clock.advance(seconds)
        sandbox.push_reports()
    assert [report.get("status_text") for report in receiver.bodies] == [None]


@pytest.mark.parametrize("in_batches", [False, True])
def test_a_report_is_due_until_it_is_taken(
    api: requests.Session,
    sandbox: HyberSandbox,
    clock: ManualClock,
    receiver: Receiver,
    in_batches: bool,
) -> None:
    """An answer other than 2xx leaves it due."""
    send(api, receiver.url, PHONE, sms=SMS)
    clock.advance(2)
    receiver.status = 500
    assert [push.status for push in sandbox.push_reports(in_batches=in_batches)] == [500]
    receiver.status = 204
    assert [push.status for push in sandbox.push_reports(in_batches=in_batches)] == [204]
    assert sandbox.push_reports(in_batches=in_batches) == []
    assert receiver.bodies[0] == receiver.bodies[1]


@pytest.mark.parametrize(
    "url", ["https://send-dr-here.com", "http://send-dr-here.com", "http://127.0.0.1:1/", "nowhere"]
)
def test_nothing_is_sent_off_this_machine(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock, url: str
) -> None:
    """The request can be looked at, but nobody answers it."""
    send(api, url, PHONE, sms=SMS)
    clock.advance(2)
    (push,) = sandbox.push_reports()
    assert (push.url, push.status, push.was_taken) == (url, None, False)
    assert json.loads(push.body)["number"] == PHONE


def test_without_a_callback_url_nothing_is_pushed(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock
) -> None:
    """Nobody asked for it."""
    send(api, None, PHONE, sms=SMS)
    clock.advance(2)
    assert sandbox.push_reports() == []


def test_a_receiver_may_ask_back(
    api: requests.Session, sandbox: HyberSandbox, clock: ManualClock
) -> None:
    """While a report is being taken, the platform still answers."""
    answers = []

    def receive(request: Request) -> Response:
        message_id = json.loads(request.get_data())["message_id"]
        answers.append(api.get(f"api/dr/{message_id}/simple").json()["status"])
        return Response()

    with serving(receive) as url:
        send(api, url, PHONE, sms=SMS)
        clock.advance(2)
        assert [push.status for push in sandbox.push_reports()] == [200]
    assert answers == [2]
