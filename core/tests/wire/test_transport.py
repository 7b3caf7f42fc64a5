"""What is tried again, what never is, and what each failure is called; over real sockets."""

import gzip
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from polycast import Secret, wire
from polycast.errors import (
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    SettingsError,
)
from polycast.wire import transport as transport_module

from .conftest import Api, ScriptedServer

MakeApi = Callable[..., Api]


class TestAnswers:
    def test_a_read_and_a_send_reach_the_provider(self, api: Api, server: ScriptedServer) -> None:
        """
        What was asked arrives as one request, and the answer comes back as a value.
        """
        server.json(200, {"id": 1})
        server.json(201, {"id": 2})

        assert api.read("a b/ü", after="2020-01-01T00:00:00Z") == {"id": 1}
        assert api.create({"text": "héllo"}) == {"id": 2}

        read, create = server.requests
        assert read.startswith(
            b"GET /v1/things/a%20b%2F%C3%BC?after=2020-01-01T00%3A00%3A00Z HTTP/1.1\r\n"
        )
        assert create.startswith(b"POST /v1/things HTTP/1.1\r\n")
        assert create.endswith('\r\n\r\n{"text":"héllo"}'.encode())

    def test_the_length_of_what_is_sent_is_told(
        self, make_api: MakeApi, server: ScriptedServer
    ) -> None:
        """
        The length that a request names is that of its body, with a key that is put into it.
        """
        server.json(201, {})

        make_api(auth=wire.BodyKey("token").auth(Secret("t-1"))).create({"a": 1})

        [request] = server.requests
        assert request.endswith(b'\r\n\r\n{"token":"t-1","a":1}')
        assert b"\r\nContent-Length: 21\r\n" in request

    def test_connections_are_reused(self, api: Api, server: ScriptedServer) -> None:
        """
        Two calls in a row use one connection.
        """
        peers = []

        def answer(connection: socket.socket) -> None:
            peers.append(connection.getpeername())
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        server.steps += [answer, answer]

        api.read()
        api.read()

        assert len(peers) == 2
        assert len(set(peers)) == 1

    def test_a_client_that_is_closed_keeps_no_connection(
        self, api: Api, server: ScriptedServer
    ) -> None:
        """
        Closing ends what is open at once, and a later call connects anew.
        """
        ended = threading.Event()

        def answer(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            if not connection.recv(1):
                ended.set()

        server.steps.append(answer)
        server.json(200, {"id": 2})
        api.read()

        api.transport.close()

        assert ended.wait(600)
        assert api.read() == {"id": 2}

    def test_compressed_answers_are_read(self, api: Api, server: ScriptedServer) -> None:
        """
        A gzipped body is a body.
        """
        server.answer(200, gzip.compress(b'{"id": 1}'), "Content-Encoding: gzip")

        assert api.read() == {"id": 1}

    def test_any_2xx_is_success(self, api: Api, server: ScriptedServer) -> None:
        """
        A provider that answers 200 where its spec says 201 has still accepted.
        """
        server.json(200, {"id": 2})

        assert api.create({}) == {"id": 2}

    def test_redirects_are_not_followed(self, api: Api, server: ScriptedServer) -> None:
        """
        A redirect is refused in a sentence that says what to change; no second request leaves.
        """
        server.answer(302, b"", "Location: https://elsewhere.example/things")

        with pytest.raises(ProviderUnavailable, match=r"elsewhere.*base_url") as caught:
            api.create({})

        assert len(server.requests) == 1
        assert not caught.value.safe_to_retry

    def test_environment_proxies_and_netrc_do_not_touch_credentials(
        self,
        make_api: MakeApi,
        server: ScriptedServer,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        """
        A ~/.netrc entry for the host does not replace the provider's own credentials.
        """
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.json(200, {})
        api = make_api(auth=wire.HeaderKey("Authorization", "Token ").auth(Secret("t-1")))

        api.read()

        assert b"\r\nAuthorization: Token t-1\r\n" in server.requests[0]


class TestReadsAreRetried:
    @pytest.mark.parametrize("fault", ["lose", "reset"])
    def test_after_a_lost_reply(
        self, api: Api, server: ScriptedServer, pauses: list[float], fault: str
    ) -> None:
        """
        A read whose reply is lost is asked again.
        """
        getattr(server, fault)()
        server.json(200, {"id": 1})

        assert api.read() == {"id": 1}
        assert len(server.requests) == 2
        assert len(pauses) == 1

    def test_after_a_cut_off_answer(self, api: Api, server: ScriptedServer) -> None:
        """
        A read whose answer stops in the middle is asked again.
        """
        server.raw_then_close(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id"')
        server.json(200, {"id": 1})

        assert api.read() == {"id": 1}

    def test_after_a_timeout(self, make_api: MakeApi, server: ScriptedServer) -> None:
        """
        A read that is not answered in time is asked again.
        """
        server.hang()
        server.json(200, {"id": 1})
        api = make_api(timeout=0.05)

        def have_patience(_: float) -> None:
            assert server.hanging.wait(60)
            api.transport.timeout = 60.0

        api.transport.sleep = have_patience

        assert api.read() == {"id": 1}

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_after_a_status_that_passes(
        self, api: Api, server: ScriptedServer, status: int
    ) -> None:
        """
        429, 502, 503 and 504 pass, so a read is asked again.
        """
        server.answer(status, b"busy")
        server.json(200, {"id": 1})

        assert api.read() == {"id": 1}

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500, 501])
    def test_not_after_a_status_that_stays(
        self, api: Api, server: ScriptedServer, status: int
    ) -> None:
        """
        An answer that would be the same again is not asked for again.
        """
        server.answer(status, b"no")

        with pytest.raises(PolycastError):
            api.read()
        assert len(server.requests) == 1

    def test_as_long_as_retry_after_asks(
        self, api: Api, server: ScriptedServer, pauses: list[float]
    ) -> None:
        """
        `Retry-After` is waited for to the second.
        """
        server.answer(429, b"", "Retry-After: 7")
        server.json(200, {})

        api.read()

        assert pauses == [7.0]

    def test_but_not_for_an_hour(
        self, api: Api, server: ScriptedServer, pauses: list[float]
    ) -> None:
        """
        A provider that asks for more than the longest pause is not waited for; the error says
        how long it asked for.
        """
        server.answer(429, b"", "Retry-After: 3600")

        with pytest.raises(RateLimited, match="3600 s") as caught:
            api.read()

        assert caught.value.retry_after == 3600
        assert pauses == []

    def test_a_bounded_number_of_times(
        self, make_api: MakeApi, server: ScriptedServer, pauses: list[float]
    ) -> None:
        """
        After the last try the error of the last try is raised, and it is safe to retry.
        """
        for _ in range(3):
            server.answer(503, b"busy")

        with pytest.raises(ProviderUnavailable, match="busy") as caught:
            make_api(retry=wire.Retry(attempts=3)).read()

        assert len(server.requests) == 3
        assert len(pauses) == 2
        assert caught.value.safe_to_retry


class TestSendsAreNotRepeated:
    @pytest.mark.parametrize("fault", ["lose", "reset"])
    def test_after_a_lost_reply(self, api: Api, server: ScriptedServer, fault: str) -> None:
        """
        A send whose reply is lost is one request, and its outcome is unknown.
        """
        getattr(server, fault)()

        with pytest.raises(OutcomeUnknown, match="It was not repeated") as caught:
            api.create({})

        assert len(server.requests) == 1
        assert not caught.value.safe_to_retry

    def test_after_a_timeout(self, make_api: MakeApi, server: ScriptedServer) -> None:
        """
        A send that is not answered in time is one request, and its outcome is unknown.
        """
        server.hang()

        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            make_api(timeout=0.05).create({})

        assert server.hanging.wait(60)
        assert len(server.requests) == 1

    def test_when_they_are_gets(self, make_api: MakeApi, server: ScriptedServer) -> None:
        """
        A GET that the spec marks as changing something is treated as a send.
        """
        server.lose()

        with pytest.raises(OutcomeUnknown):
            make_api(auth=Signing()).pause("1")

        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "content",
        [
            b'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id"',
            b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>",
            b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
            b'HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\n{"id": ',
        ],
        ids=["cut off", "html", "empty", "half of json"],
    )
    def test_after_an_unreadable_success(
        self, api: Api, server: ScriptedServer, content: bytes
    ) -> None:
        """
        A 2xx that is not the provider's format leaves the outcome unknown.
        """
        server.raw_then_close(content)

        with pytest.raises(OutcomeUnknown) as caught:
            api.create({})

        assert len(server.requests) == 1
        assert caught.value.http_status in (200, 201)

    @pytest.mark.parametrize("status", [500, 502, 504])
    def test_after_a_failure_of_the_provider(
        self, api: Api, server: ScriptedServer, status: int
    ) -> None:
        """
        A 5xx to a send is not safe to retry: the work may have been done.
        """
        server.answer(status, b"oops")

        with pytest.raises(ProviderUnavailable) as caught:
            api.create({})

        assert len(server.requests) == 1
        assert not caught.value.safe_to_retry

    @pytest.mark.parametrize(
        ("status", "headers"), [(429, []), (429, ["Retry-After: 1"]), (503, ["Retry-After: 1"])]
    )
    def test_except_when_the_provider_says_that_nothing_was_accepted(
        self, api: Api, server: ScriptedServer, status: int, headers: list[str]
    ) -> None:
        """
        A 429, or a 503 that names a time to come back, was not accepted: it is sent again.
        """
        server.answer(status, b"", *headers)
        server.json(201, {"id": 2})

        assert api.create({}) == {"id": 2}
        assert len(server.requests) == 2

    def test_except_when_no_connection_was_made(
        self, make_api: MakeApi, pauses: list[float]
    ) -> None:
        """
        A refused connection means that nothing was sent: it is tried again, and the error says
        that trying later is safe.
        """
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

        with pytest.raises(ProviderUnavailable, match="nothing was sent") as caught:
            make_api(f"http://127.0.0.1:{port}", retry=wire.Retry(attempts=2)).create({})

        assert caught.value.safe_to_retry
        assert len(pauses) == 1

    def test_a_refusal_stays_a_refusal_when_its_words_are_cut_off(
        self, api: Api, server: ScriptedServer
    ) -> None:
        """
        A 4xx whose body stops in the middle still says no.
        """
        server.raw_then_close(b"HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\nno such")

        with pytest.raises(Rejected, match="HTTP 400"):
            api.create({})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, AuthenticationFailed),
        (402, InsufficientFunds),
        (403, AuthenticationFailed),
        (404, NotFound),
        (408, ProviderUnavailable),
        (409, Conflict),
        (410, NotFound),
        (413, Rejected),
        (422, Rejected),
        (499, ProviderUnavailable),
        (500, ProviderUnavailable),
    ],
)
def test_each_status_has_its_error(
    api: Api, server: ScriptedServer, status: int, kind: type[PolycastError]
) -> None:
    """
    Without a plugin's judgement, the HTTP status says what kind of refusal it is.
    """
    server.answer(status, b"words of the provider")

    with pytest.raises(kind, match=f"acme .*create.*HTTP {status}.*words of the provider"):
        api.create({})


class TestBounds:
    def test_an_answer_that_is_too_large_is_refused(
        self, api: Api, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        An answer above the cap is not read to its end: a read fails, a send is in doubt.
        """
        monkeypatch.setattr(transport_module, "MAX_ANSWER", 1000)
        for _ in range(2):
            server.answer(200, b"[" + b"1," * 600 + b"1]")

        with pytest.raises(InvalidResponse, match="larger than"):
            api.read()
        with pytest.raises(OutcomeUnknown, match="larger than"):
            api.create({})

        assert len(server.requests) == 2

    def test_a_compression_bomb_is_refused(
        self, api: Api, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        The cap counts the bytes after decompression.
        """
        monkeypatch.setattr(transport_module, "MAX_ANSWER", 1_000_000)
        server.answer(200, gzip.compress(b" " * 20_000_000), "Content-Encoding: gzip")

        with pytest.raises(InvalidResponse, match="larger than"):
            api.read()

    def test_a_read_in_the_wrong_form_is_an_invalid_answer(
        self, api: Api, server: ScriptedServer
    ) -> None:
        """
        HTML where JSON was promised is a sentence that says so, with its title.
        """
        server.answer(
            200, b"<!DOCTYPE html><title>Log in, please</title>", "Content-Type: text/html"
        )

        with pytest.raises(InvalidResponse, match="an HTML page titled 'Log in, please'"):
            api.read()


class TestAddresses:
    @pytest.mark.parametrize(
        "base_url",
        [
            "acme.example",
            "ftp://acme.example",
            "https://",
            "https://acme.example/?token=1",
            "https://acme.example/#x",
            "https://acme.example:99999",
            "https://[::1",
            "https://acme example",
        ],
    )
    def test_a_base_url_that_is_none_is_refused(self, base_url: str) -> None:
        """
        What is not the address of an HTTP server is refused when the client is made.
        """
        with pytest.raises(SettingsError, match="base_url"):
            Api(wire.Transport("acme"), base_url=base_url)

    def test_credentials_in_the_base_url_travel_as_basic(
        self, make_api: MakeApi, server: ScriptedServer
    ) -> None:
        """
        A user name and password in the base URL become HTTP Basic, and are in no repr.
        """
        server.json(200, {})
        api = make_api(server.url.replace("http://", "http://peter:s%40ntinel@"))

        api.read()

        assert b"\r\nAuthorization: Basic cGV0ZXI6c0BudGluZWw=\r\n" in server.requests[0]
        assert "ntinel" not in repr(api)

    def test_a_server_variable_cannot_break_out(self) -> None:
        """
        A variable that would change more than its place in the address is refused.
        """
        with pytest.raises(SettingsError, match="host"):
            Api(wire.Transport("acme"), variables={"host": "evil.example/x?"})

    def test_an_international_host_is_put_in_its_ascii_form(self) -> None:
        """
        A host in another script is asked for by its punycode name.
        """
        assert "xn--bcher-kva.example" in repr(
            Api(wire.Transport("acme"), base_url="https://bücher.example")
        )

    @pytest.mark.parametrize("id", ["", ".", ".."])
    def test_a_path_value_that_would_vanish_is_refused(
        self, api: Api, server: ScriptedServer, id: str
    ) -> None:
        """
        Values that HTTP libraries and servers drop from a path never leave.
        """
        with pytest.raises(ValueError, match="read: id cannot be"):
            api.read(id)

        assert server.requests == []

    @pytest.mark.parametrize("value", [None, object(), b"x"])
    def test_a_parameter_is_never_written_by_accident(
        self, api: Api, server: ScriptedServer, value: object
    ) -> None:
        """
        None and other things that are no text are refused, not turned into `None`.
        """
        with pytest.raises(ValueError, match="read: after cannot be"):
            api.read(after=value)

        assert server.requests == []


def test_what_the_auth_object_supplies_is_put_in_its_place(
    make_api: MakeApi, server: ScriptedServer
) -> None:
    """
    A supplied parameter goes into the path where it has a place there, else into the query.
    """
    for _ in range(2):
        server.json(200, {})
    api = make_api(auth=Signing())

    api.pause("1")
    api.resume("1")

    lines = [request.split(b"\r\n")[0] for request in server.requests]
    assert lines == [
        b"GET /v1/pause/1/signed-1 HTTP/1.1",
        b"GET /v1/resume/1?signature=signed-1 HTTP/1.1",
    ]


class Signing(wire.NoAuth):
    """Signs with a constant."""

    def supply(self, call: wire.Call, names: tuple[str, ...]) -> dict[str, str]:
        return dict.fromkeys(names, f"signed-{call.path_values[0][1]}")
