"""What a client sees of each fault, and what the provider did meanwhile."""

import http.client
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from polycast.sandbox import (
    Answer,
    Delay,
    Error,
    Fault,
    Garbage,
    Hosted,
    LoseReply,
    ManualClock,
    Refuse,
    Sandbox,
    Throttle,
    Truncate,
)

Send = Callable[[], requests.Response]


@pytest.fixture
def send(hosted: Hosted) -> Callable[[], requests.Response]:
    """Send a message, without any retries."""
    return lambda: requests.post(f"{hosted.url}/echo/messages/1", data=b"x" * 100, timeout=60)


def test_refuse_reads_nothing(send: Send, echo: Sandbox) -> None:
    """A refused connection breaks off; the request was not carried out, nor is it in the log."""
    echo.faults.add(Refuse())
    with pytest.raises(requests.ConnectionError):
        send()
    assert (echo.accepted, echo.requests) == ([], [])


@pytest.mark.parametrize("reset", [False, True])
def test_a_lost_reply_was_carried_out(send: Send, echo: Sandbox, reset: bool) -> None:
    """When a reply is lost the message was taken on, and the log has the request unanswered."""
    echo.faults.add(LoseReply(reset=reset))
    with pytest.raises(requests.ConnectionError):
        send()
    assert [message.text for message in echo.accepted] == ["x" * 100]
    assert [(r.operation, r.status, r.body) for r in echo.requests] == [("send", None, b"x" * 100)]


@pytest.mark.parametrize(
    ("reset", "error"), [(False, http.client.RemoteDisconnected), (True, ConnectionResetError)]
)
def test_closing_and_resetting_differ(
    hosted: Hosted, echo: Sandbox, reset: bool, error: type[Exception]
) -> None:
    """A closed connection and a reset one look different to the client."""
    echo.faults.add(LoseReply(reset=reset))
    connection = http.client.HTTPConnection(urlsplit(hosted.url).netloc, timeout=60)
    connection.request("GET", "/echo/messages")
    with pytest.raises(ConnectionResetError) as caught:
        connection.getresponse()
    assert type(caught.value) is error
    connection.close()


def test_a_truncated_reply_breaks_off(send: Send, echo: Sandbox) -> None:
    """The whole length is announced and half is sent; the message was taken on."""
    echo.faults.add(Truncate())
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="50 bytes read, 50 more"):
        send()
    assert len(echo.accepted) == 1


@pytest.mark.parametrize("retry_after", [3, "Wed, 21 Oct 2026 07:28:00 GMT", None])
def test_throttling_carries_nothing_out(
    send: Send, echo: Sandbox, retry_after: int | str | None
) -> None:
    """429, with whatever kind of Retry-After was asked for; the message was not taken on."""
    echo.faults.add(Throttle(retry_after))
    answer = send()
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (retry_after and str(retry_after))
    assert echo.accepted == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_carries_nothing_out(send: Send, echo: Sandbox, status: int) -> None:
    """A 5xx of choice; the message was not taken on."""
    echo.faults.add(Error(status))
    assert send().status_code == status
    assert echo.accepted == []


def test_garbage_is_a_web_page(send: Send, echo: Sandbox) -> None:
    """Status 200 and HTML, as of a login page on the way; the message was not taken on."""
    echo.faults.add(Garbage())
    answer = send()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert echo.accepted == []


def test_any_answer_can_be_put_in(send: Send, echo: Sandbox) -> None:
    """An answer of choice arrives as it was written; the message was not taken on."""
    echo.faults.add(Answer(400, '["Msg1", "Msg2"]', "application/json"))
    answer = send()
    assert (answer.status_code, answer.json()) == (400, ["Msg1", "Msg2"])
    assert answer.headers["Content-Type"] == "application/json"
    assert echo.accepted == []


def test_a_delayed_request_is_answered(send: Send, echo: Sandbox) -> None:
    """A delay only takes time."""
    echo.faults.add(Delay(0.01))
    assert send().status_code == 201
    assert len(echo.accepted) == 1


def test_a_client_gives_up_on_a_long_delay(hosted: Hosted, echo: Sandbox) -> None:
    """A delay longer than the client's timeout is a timeout."""
    echo.faults.add(Delay(86400))
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{hosted.url}/echo/messages", timeout=0.05)


def test_a_fault_happens_as_often_as_asked(send: Send, echo: Sandbox) -> None:
    """After its times are over, requests are carried out again."""
    echo.faults.add(Error(), times=2)
    assert [send().status_code for _ in range(3)] == [500, 500, 201]


def test_faults_wait_for_their_operation(hosted: Hosted, send: Send, echo: Sandbox) -> None:
    """A fault for one operation leaves others alone, and those waiting keep their order."""
    echo.faults.add(Error(503), operation="send")
    echo.faults.add(Error(500), operation="count")
    assert requests.get(f"{hosted.url}/echo/messages", timeout=60).status_code == 500
    assert send().status_code == 503
    assert len(echo.faults) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Error(200),
        lambda: Delay(-1),
        lambda: Throttle(1.5),  # type: ignore[arg-type]
        lambda: Answer(99, ""),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: Callable[[], Fault]) -> None:
    """A fault with impossible facts cannot be made."""
    with pytest.raises((ValueError, TypeError)):
        wrong()


def test_every_fault_has_a_kind() -> None:
    """Each kind of fault can be named over HTTP."""
    from polycast.sandbox.faults import KINDS

    # Tests have kinds of their own.
    ours = {each for each in Fault.__subclasses__() if each.__module__ == Fault.__module__}
    assert set(KINDS.values()) == ours


def test_a_manual_clock_stands_still_and_never_goes_back() -> None:
    """Time passes only when told to, and only forward."""
    clock = ManualClock()
    before = clock.now()
    assert clock.now() == before
    clock.advance(1.5)
    assert (clock.now() - before).total_seconds() == 1.5
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)
