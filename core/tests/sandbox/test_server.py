"""Sandboxes over real HTTP: connections, the inbox page, faults asked for over HTTP."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from polycast.errors import UsageError
from polycast.sandbox import LOOPBACK, Delay, Hosted, ManualClock, Sandbox, host


@pytest.fixture
def connection(hosted: Hosted) -> Iterator[HTTPConnection]:
    """One connection that is kept alive."""
    connection = HTTPConnection(urlsplit(hosted.url).netloc, timeout=60)
    yield connection
    connection.close()


def said(
    connection: HTTPConnection,
    method: str,
    path: str,
    body: bytes | Iterator[bytes] | None = None,
) -> tuple[int, str]:
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_one_connection_carries_many_requests(connection: HTTPConnection) -> None:
    """A connection is kept alive: every request after the first travels on the same socket."""
    said(connection, "POST", "/echo/messages/1", b"one")
    first = connection.sock
    assert said(connection, "POST", "/echo/messages/2", b"two") == (201, "two")
    assert said(connection, "GET", "/echo/messages") == (200, "2")
    assert connection.sock is first is not None


def test_a_body_nobody_reads_is_not_the_next_request(connection: HTTPConnection) -> None:
    """What is left unread of a body does not spill into the next request of the connection."""
    assert said(connection, "POST", "/nowhere", b"GET / HTTP/1.1\r\n\r\n" * 9)[0] == 404
    assert said(connection, "GET", "/echo/messages") == (200, "0")


def test_a_chunked_body_is_read(connection: HTTPConnection) -> None:
    """A body of unknown length arrives whole."""
    assert said(connection, "POST", "/echo/messages/1", iter([b"one ", b"two"])) == (201, "one two")


def test_head_has_no_body(connection: HTTPConnection) -> None:
    """HEAD is answered with headers alone, and the connection goes on."""
    assert said(connection, "HEAD", "/echo/messages") == (200, "")
    assert said(connection, "GET", "/echo/messages") == (200, "0")


def test_a_failing_endpoint_is_a_500(
    connection: HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in a sandbox is a 500 to the client and a traceback in the log."""
    assert said(connection, "GET", "/echo/broken")[0] == 500
    assert "ZeroDivisionError" in caplog.text


def test_paths_are_kept_as_they_travelled(connection: HTTPConnection, echo: Sandbox) -> None:
    """The log tells `%2F` in a segment from `/` between segments."""
    said(connection, "POST", "/echo/messages/a%20b?c=%2F", b"")
    assert (echo.requests[0].path, echo.requests[0].query) == ("/messages/a%20b", "c=%2F")


def test_credentials_are_not_in_the_log(hosted: Hosted, echo: Sandbox) -> None:
    """The log of requests keeps headers, but not the one with the client's secret."""
    requests.get(
        f"{hosted.url}/echo/messages",
        headers={"Authorization": "Token abc", "X-Other": "kept"},
        timeout=60,
    )
    assert "abc" not in str(echo.requests[0].headers)
    assert echo.requests[0].headers["X-Other"] == "kept"


def test_an_unknown_path_is_logged_and_refused(hosted: Hosted, echo: Sandbox) -> None:
    """A request no operation takes is a 404, and the log shows that it came."""
    assert requests.get(f"{hosted.url}/echo/nowhere", timeout=60).status_code == 404
    assert [(r.operation, r.status) for r in echo.requests] == [(None, 404)]


def test_only_loopback_is_listened_on(hosted: Hosted) -> None:
    """Nobody on the network can reach a sandbox."""
    assert urlsplit(hosted.url).hostname == LOOPBACK == "127.0.0.1"


def test_nothing_listens_afterwards(echo: Sandbox) -> None:
    """When the block ends, connections that clients kept alive end too, and the port is free."""
    with host([echo]) as hosted:
        port = urlsplit(hosted.url).port
        idle = HTTPConnection(LOOPBACK, port, timeout=60)
        said(idle, "GET", "/echo/messages")
    assert idle.sock.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((LOOPBACK, port), timeout=60)


def test_closing_ends_a_delay(echo: Sandbox) -> None:
    """Hosting ends at once even while a request is being delayed for a day."""
    echo.faults.add(Delay(86400))
    with host([echo]) as hosted:
        address = urlsplit(hosted.url)
        waiting = socket.create_connection((LOOPBACK, address.port), timeout=60)
        waiting.sendall(b"GET /echo/messages HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while len(echo.faults):
            time.sleep(0.001)
    waiting.close()


def test_a_taken_port_is_a_sentence(hosted: Hosted) -> None:
    """A port that something listens on already is told in words, not as an OSError."""
    port = int(hosted.url.rpartition(":")[2])
    words = f"^Cannot listen on 127.0.0.1:{port}: [^(]*$"
    with pytest.raises(UsageError, match=words), host([], port):
        pass


def test_the_page_shows_what_arrived(hosted: Hosted, echo: Sandbox, clock: ManualClock) -> None:
    """The inbox page has every arrived message, with markup in its text made harmless."""
    requests.post(f"{hosted.url}/echo/messages/1", data="<b>hi</b>", timeout=60)
    assert "0 arrived of 1 accepted" in requests.get(hosted.url, timeout=60).text
    clock.advance(2)
    page = requests.get(hosted.url, timeout=60).text
    assert "1 arrived of 1 accepted" in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert "<b>hi" not in page


def test_faults_can_be_asked_for_over_http(hosted: Hosted, echo: Sandbox) -> None:
    """A fault posted to the control address happens to the named operation, so many times."""
    fault = {"kind": "throttle", "retry_after": 7, "times": 2, "operation": "send"}
    control = f"{hosted.url}/_sandbox/echo/faults"
    assert requests.post(control, json=fault, timeout=60).status_code == 204
    assert requests.get(f"{hosted.url}/echo/messages", timeout=60).status_code == 200
    answers = [requests.post(f"{hosted.url}/echo/messages/1", timeout=60) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert answers[0].headers["Retry-After"] == "7"


def test_faults_can_be_forgotten_over_http(hosted: Hosted, echo: Sandbox) -> None:
    """DELETE takes back the faults that have not happened yet."""
    control = f"{hosted.url}/_sandbox/echo/faults"
    requests.post(control, json={"kind": "refuse"}, timeout=60)
    assert requests.delete(control, timeout=60).status_code == 204
    assert requests.get(f"{hosted.url}/echo/messages", timeout=60).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("nobody", '{"kind": "refuse"}', "There is no sandbox 'nobody'; there are echo."),
        ("echo", "{", "The body is not JSON"),
        ("echo", "[]", "The body is not a JSON object."),
        ("echo", '{"kind": "flood"}', "A fault needs a kind, one of answer, delay, error"),
        ("echo", '{"kind": "delay"}', "This is not how delay is told"),
        ("echo", '{"kind": "delay", "seconds": -1}', "This is not how delay is told"),
        ("echo", '{"kind": "error", "status": 200}', "This is not how error is told"),
        ("echo", '{"kind": "refuse", "times": 0}', "a fault happens at least once"),
        ("echo", '{"kind": "refuse", "times": "1"}', "times is a whole number"),
    ],
)
def test_a_fault_told_wrongly_is_a_sentence(
    hosted: Hosted, name: str, body: str, words: str
) -> None:
    """A fault that cannot be understood is a 400 that says why; nothing is switched on."""
    answer = requests.post(f"{hosted.url}/_sandbox/{name}/faults", data=body, timeout=60)
    assert answer.status_code == 400
    assert words in answer.text
    assert len(hosted.sandboxes["echo"].faults) == 0


def test_importing_polycast_does_not_import_the_sandbox() -> None:
    """Whoever does not ask for a sandbox does not pay for Werkzeug."""
    code = "import sys, polycast; print({'polycast.sandbox', 'werkzeug'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# Pages of other sites

FAULTS = "/_sandbox/echo/faults"


def answered(hosted: Hosted, method: str, path: str, headers: dict[str, str]) -> int:
    """The HTTP status of a request with exactly these headers."""
    body = b'{"kind": "refuse"}' if method == "POST" else b""
    lines = [f"{method} {path} HTTP/1.1", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((LOOPBACK, urlsplit(hosted.url).port or 0), 10) as raw:
        raw.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return int(raw.makefile("rb").readline().split()[1])


@pytest.mark.parametrize("path", ["/", FAULTS, "/echo/messages"])
@pytest.mark.parametrize(
    "host_name", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "[::1", ""]
)
def test_another_name_of_this_machine_is_refused(
    hosted: Hosted, echo: Sandbox, host_name: str, path: str
) -> None:
    """A site that lets its name lead here (DNS rebinding) reads nothing and switches nothing on."""
    method = "POST" if path == FAULTS else "GET"
    assert answered(hosted, method, path, {"Host": host_name}) == 403
    assert (len(echo.faults), echo.requests) == (0, [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/", FAULTS, "/echo/messages/1"])
def test_a_page_of_another_site_is_refused(
    hosted: Hosted, echo: Sandbox, headers: dict[str, str], path: str
) -> None:
    """A page that a browser shows can neither read the inbox, nor send, nor switch faults on."""
    method = "GET" if path == "/" else "POST"
    here = {"Host": urlsplit(hosted.url).netloc}
    assert answered(hosted, method, path, here | headers) == 403
    assert (len(echo.faults), echo.requests) == (0, [])


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_our_own_page_is_answered(hosted: Hosted, name: str) -> None:
    """A browser that was given the address, and the page itself, reach everything."""
    here = {"Host": f"{name}:{urlsplit(hosted.url).port}"}
    assert answered(hosted, "GET", "/", {**here, "Sec-Fetch-Site": "none"}) == 200
    own = {**here, "Origin": f"http://{here['Host']}", "Sec-Fetch-Site": "same-origin"}
    assert answered(hosted, "POST", FAULTS, own) == 204


@pytest.mark.parametrize("body", ["[" * 200_000, '{"kind":' * 200_000])
def test_a_fault_nested_deeply_is_a_sentence(hosted: Hosted, body: str) -> None:
    """It is a 400, as any other body that cannot be read."""
    answer = requests.post(f"{hosted.url}{FAULTS}", data=body, timeout=60)
    assert (answer.status_code, "nested too deeply" in answer.text) == (400, True)
