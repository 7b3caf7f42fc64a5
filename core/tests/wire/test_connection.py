"""What a connection knows: how far a request came, and whether it may carry another one."""

import contextlib
import json
import os
import select
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
import urllib3
from polycast import wire
from polycast.errors import (
    InvalidResponse,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    SettingsError,
)
from polycast.wire.connection import Progress

from .conftest import Api, ScriptedServer

Handler = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextlib.contextmanager
def listening(handler: Handler) -> Iterator[int]:
    """Serve each connection by `handler` in a thread of its own; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def converse(peer: socket.socket) -> None:
            with peer, contextlib.suppress(OSError):
                handler(peer)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    threading.Thread(target=converse, args=(peer,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        # Wakes `accept`, which closing alone does not.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def head_of(peer: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (chunk := peer.recv(4096)):
        head += chunk
    return head


def request_of(peer: socket.socket) -> bytes:
    """One whole request, or nothing where the connection ended."""
    head, _, body = head_of(peer).partition(b"\r\n\r\n")
    if not head:
        return b""
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += peer.recv(4096)
    return head + b"\r\n\r\n" + body


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def api_of(url: str, **options: object) -> Api:
    options.setdefault("timeout", 1.0)
    transport = wire.Transport(
        "acme",
        sleep=lambda _: None,
        retry=wire.Retry(attempts=1),
        **options,  # type: ignore[arg-type]
    )
    return Api(transport, base_url=url)


def proxy_that_answers(content: bytes) -> Handler:
    def handler(peer: socket.socket) -> None:
        head_of(peer)
        peer.sendall(content)

    return handler


def silent(peer: socket.socket) -> None:
    while peer.recv(4096):
        pass


def resets_the_handshake(peer: socket.socket) -> None:
    peer.recv(4096)
    reset(peer)


def closes_the_handshake(peer: socket.socket) -> None:
    peer.recv(4096)


def alerts(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(bytes.fromhex("15030300020228"))  # fatal, handshake_failure


def has_a_fault(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(bytes.fromhex("15030300020250"))  # fatal, internal_error


def speaks_plain_http(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def refuse_writes(monkeypatch: pytest.MonkeyPatch, kind: type[socket.socket]) -> None:
    def fail(*_: object) -> int:
        raise ConnectionResetError("reset by peer")

    for name in ("send", "sendall"):
        monkeypatch.setattr(kind, name, fail)


class TestNothingWasSent:
    """Nothing of a request that did not leave is in doubt, and the error says what failed."""

    @pytest.mark.parametrize(
        ("handler", "words", "waiting_helps"),
        [
            (silent, "TLS handshake .* in time", True),
            (resets_the_handshake, "TLS handshake", True),
            (closes_the_handshake, r"was not completed \(unexpected eof", True),
            (has_a_fault, r"was not completed \(.*internal error\)", True),
            (alerts, "refused the TLS handshake .*handshake failure", False),
            (speaks_plain_http, "does not speak TLS", False),
        ],
    )
    def test_before_a_tls_handshake_is_done(
        self, handler: Handler, words: str, waiting_helps: bool
    ) -> None:
        """
        A handshake that is silent, reset, closed, refused or no handshake at all carried nothing.
        """
        with listening(handler) as port:
            api = api_of(f"https://127.0.0.1:{port}")
            with pytest.raises(ProviderUnavailable, match=words) as caught:
                api.create({})

        assert f"127.0.0.1:{port}" in str(caught.value)
        assert caught.value.carried_out is False
        assert caught.value.safe_to_retry is waiting_helps

    def test_to_a_server_with_a_stranger_s_certificate(self) -> None:
        """
        A certificate that is not accepted is named with what is wrong; waiting does not help.
        """
        served: list[bytes] = []
        with tls_server(trustme.CA(), served) as port:
            api = api_of(f"https://localhost:{port}")
            with pytest.raises(ProviderUnavailable, match="certificate of localhost") as caught:
                api.create({})

        assert served == []
        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, False)

    def test_where_a_bundle_of_certificates_is_missing(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """
        A bundle that is not there is named, with the variable that names it.
        """
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))

        with pytest.raises(SettingsError, match=r"gone\.pem.*REQUESTS_CA_BUNDLE"):
            api_of("https://127.0.0.1:1").create({})

    def test_whose_first_write_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Over plain TCP a first write that fails handed nothing on.
        """
        refuse_writes(monkeypatch, socket.socket)
        with listening(silent) as port, pytest.raises(ProviderUnavailable) as caught:
            api_of(f"http://127.0.0.1:{port}").create({})

        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, True)

    def test_by_an_adapter_whose_error_is_its_own_cause(self) -> None:
        """
        An exception that leads back to itself is judged like any other.
        """

        class Broken:
            def send(
                self, request: object, *, proxy: str | None, progress: Progress
            ) -> urllib3.BaseHTTPResponse:
                progress.written = False
                first, second = OSError("first"), OSError("second")
                second.__cause__ = first
                raise first from second

            def close(self) -> None:
                pass

        with pytest.raises(ProviderUnavailable) as caught:
            api_of("http://acme.example", adapter=Broken()).create({})

        assert caught.value.carried_out is False

    def test_to_a_name_that_is_none(self) -> None:
        """
        A host that cannot be found was sent nothing.
        """
        with pytest.raises(ProviderUnavailable, match=r"acme\.invalid was not found") as caught:
            api_of("http://acme.invalid").create({})

        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, True)

    @pytest.mark.parametrize(
        ("answer", "words", "waiting_helps"),
        [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "user name and a pass", False),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused to connect .*HTTP 403 Forb", False),
            (b"HTTP/1.1 499 No\r\n\r\n", "refused to connect .*HTTP 499", False),
            (b"HTTP/1.1 500 No\r\n\r\n", "refused to connect .*HTTP 500", True),
            (b"HTTP/1.1 503 Busy\r\n\r\n", "refused to connect .*HTTP 503", True),
            (b"", "opened no tunnel", True),
            (b"nonsense\r\n\r\n", "opened no tunnel", True),
        ],
    )
    def test_through_a_proxy_that_refuses(
        self, monkeypatch: pytest.MonkeyPatch, answer: bytes, words: str, waiting_helps: bool
    ) -> None:
        """
        A proxy's refusal is told with its address, without its password.
        """
        with listening(proxy_that_answers(answer)) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://peter:sentinel-42@127.0.0.1:{port}")
            with pytest.raises(ProviderUnavailable, match=words) as caught:
                api_of("https://acme.example").create({})

        assert f"http://127.0.0.1:{port}" in str(caught.value)
        assert "sentinel" not in str(caught.value)
        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, waiting_helps)

    @pytest.mark.parametrize(
        ("scheme", "handler", "words"),
        [
            ("https", alerts, "the proxy https://127.0.0.1:[0-9]+ refused the TLS"),
            (
                "http",
                proxy_that_answers(b"HTTP/1.1 200 OK\r\n\r\n"),
                "handshake with acme.example, through the proxy http://127.0.0.1:[0-9]+, was not",
            ),
        ],
    )
    def test_whose_handshake_failed_is_told(
        self, monkeypatch: pytest.MonkeyPatch, scheme: str, handler: Handler, words: str
    ) -> None:
        """
        A handshake that fails with the proxy is told from one with the provider behind it.
        """
        with listening(handler) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{port}")
            with pytest.raises(ProviderUnavailable, match=words) as caught:
                api_of("https://acme.example").create({})

        assert caught.value.carried_out is False

    def test_through_a_proxy_that_wants_a_login_for_plain_http(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A 407 is the proxy's word, not the provider's refusal of the message.
        """
        answer = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"
        with listening(proxy_that_answers(answer)) as port:
            monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{port}")
            with pytest.raises(ProviderUnavailable, match="user name and a password") as caught:
                api_of("http://acme.example").create({})

        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, False)

    def test_through_a_proxy_that_is_not_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A proxy that cannot be reached is named.
        """
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

        with pytest.raises(ProviderUnavailable, match=r"proxy http://127\.0\.0\.1:1") as caught:
            api_of("https://acme.example").create({})

        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, True)

    def test_through_a_socks_proxy_without_its_package(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A SOCKS proxy needs a package; the error says which.
        """
        monkeypatch.setitem(sys.modules, "socks", None)
        monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
        monkeypatch.setenv("ALL_PROXY", "socks5://peter:sentinel-42@127.0.0.1:1")

        with pytest.raises(SettingsError, match=r"socks5://127\.0\.0\.1:1.*pysocks") as caught:
            api_of("http://acme.example").create({})

        assert "sentinel" not in str(caught.value)

    def test_a_later_change_of_the_environment_redirects_nothing(
        self, monkeypatch: pytest.MonkeyPatch, server: ScriptedServer
    ) -> None:
        """
        A client keeps to the proxies that it began with.
        """
        server.json(201, {"id": 1})
        server.json(201, {"id": 2})
        api = api_of(server.url)
        api.create({})

        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

        assert api.create({}) == {"id": 2}


@contextlib.contextmanager
def tls_server(ca: trustme.CA, served: list[bytes]) -> Iterator[int]:
    """A real TLS server on `localhost`, which keeps what it reads and answers `{"id": n}`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)

    def handler(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as secure:
            while request := request_of(secure):
                served.append(request)
                secure.sendall(answer_with(json.dumps({"id": len(served)}).encode()))

    with listening(handler) as port:
        yield port


def answer_with(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


class TestThroughTls:
    @pytest.fixture
    def ca(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        return authority

    def test_one_connection_carries_sends_in_a_row(self, ca: trustme.CA) -> None:
        """
        A bundle of one's own is believed, and sends in a row make one handshake.
        """
        served: list[bytes] = []
        with tls_server(ca, served) as port:
            api = api_of(f"https://localhost:{port}")
            told = [api.create({})["id"] for _ in range(20)]

        assert told == list(range(1, 21))

    def test_a_write_that_fails_at_once_is_in_doubt(
        self, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        How much TLS handed on before a write failed is not known: it may be all of it.
        """
        refuse_writes(monkeypatch, ssl.SSLSocket)
        with tls_server(ca, []) as port, pytest.raises(OutcomeUnknown):
            api_of(f"https://localhost:{port}").create({})

    def test_by_way_of_a_proxy(self, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        A tunnel through a proxy with a login carries sends; the login goes to the proxy only.
        """
        asked: list[bytes] = []
        served: list[bytes] = []

        with tls_server(ca, served) as port:

            def tunnel(peer: socket.socket) -> None:
                asked.append(head_of(peer))
                with socket.create_connection(("127.0.0.1", port)) as other:
                    peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    ends = {peer: other, other: peer}
                    while True:
                        for end in select.select(list(ends), [], [])[0]:
                            chunk = end.recv(65536)
                            if not chunk:
                                return
                            ends[end].sendall(chunk)

            with listening(tunnel) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"http://peter:p%40ss@127.0.0.1:{proxy}")
                api = api_of(f"https://localhost:{port}")
                assert [api.create({})["id"] for _ in range(3)] == [1, 2, 3]

        assert len(asked) == 1
        assert b"Proxy-Authorization: Basic cGV0ZXI6cEBzcw==" in asked[0]
        assert b"Proxy-Authorization" not in b"".join(served)

    def test_a_proxy_that_refuses_later_is_told_as_well(
        self, ca: trustme.CA, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        Where a connection has to be made anew, a refusal of the proxy is one: nothing was sent.
        """
        asked: list[bytes] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ca.issue_cert("localhost").configure_cert(context)

        def once(peer: socket.socket) -> None:
            asked.append(head_of(peer))
            if len(asked) > 1:
                peer.sendall(b"HTTP/1.1 403 No more\r\n\r\n")
                return
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with context.wrap_socket(peer, server_side=True) as secure:
                request_of(secure)
                secure.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}")

        with listening(once) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
            api = api_of("https://localhost:1")
            api.create({})
            with pytest.raises(ProviderUnavailable, match="HTTP 403 No more") as caught:
                api.create({})

        assert (caught.value.carried_out, caught.value.safe_to_retry) == (False, False)


class TestKeptConnections:
    def test_no_send_is_in_doubt_that_the_server_never_read(self) -> None:
        """
        A server that closes connections after a second without a request, 80 ms away: at a pace
        near that second no send is in doubt, none is repeated, and quick sends share connections.
        """
        read: list[bytes] = []
        accepted: list[int] = []
        lock = threading.Lock()

        def far_away(peer: socket.socket) -> None:
            accepted.append(1)
            peer.settimeout(1.0)
            while request := request_of(peer):
                with lock:
                    read.append(request)
                time.sleep(0.04)  # half of the way back: the answer is late by it, as FINs are
                peer.sendall(answer_with(request.partition(b"\r\n\r\n")[2]))

        def delayed(peer: socket.socket) -> None:
            """A line that takes 40 ms each way, in front of the server."""
            ours, theirs = socket.socketpair()
            threading.Thread(target=lambda: server_side(theirs), daemon=True).start()
            back = threading.Thread(target=carry, args=(ours, peer), daemon=True)
            back.start()
            carry(peer, ours)
            back.join()
            ours.close()

        def server_side(end: socket.socket) -> None:
            with end, contextlib.suppress(OSError):
                far_away(end)
                end.shutdown(socket.SHUT_RDWR)

        def carry(one: socket.socket, other: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while chunk := one.recv(65536):
                    time.sleep(0.04)
                    other.sendall(chunk)
            time.sleep(0.04)
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)

        told: list[object] = []

        def customer(number: int, port: int) -> None:
            api = api_of(f"http://127.0.0.1:{port}", timeout=20.0)
            for turn in range(10):
                try:
                    told.append(api.create({"n": f"{number}-{turn}"})["n"])
                except PolycastError as error:
                    told.append(error)
                time.sleep(0.80 + (number * 10 + turn) % 25 / 100)

        with listening(delayed) as port:
            customers = [threading.Thread(target=customer, args=(n, port)) for n in range(25)]
            for each in customers:
                each.start()
            for each in customers:
                each.join()

        assert sorted(map(str, told)) == sorted(f"{n}-{t}" for n in range(25) for t in range(10))
        assert len(read) == 250

    def test_sends_in_a_row_share_a_connection(self) -> None:
        """
        At full pace no send pays for a connection of its own.
        """
        accepted: list[int] = []

        def handler(peer: socket.socket) -> None:
            accepted.append(1)
            while request_of(peer):
                peer.sendall(answer_with(b"{}"))

        with listening(handler) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=20.0)
            for _ in range(50):
                api.create({})

        # One, unless this machine stood still for a while.
        assert len(accepted) < 10

    @pytest.mark.parametrize(
        "interim",
        [
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 102 Processing\r\n\r\n",
            b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
            b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 199 X\r\n\r\n",
        ],
    )
    @pytest.mark.parametrize("in_one", [True, False])
    def test_interim_answers_are_read_past(self, interim: bytes, in_one: bool) -> None:
        """
        A 1xx is not the answer, and the answer after it is never the next message's.
        """

        def handler(peer: socket.socket) -> None:
            while request := request_of(peer):
                final = answer_with(request.partition(b"\r\n\r\n")[2])
                if in_one:
                    peer.sendall(interim + final)
                else:
                    peer.sendall(interim)
                    time.sleep(0.02)
                    peer.sendall(final)

        with listening(handler) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=20.0)
            assert [api.create({"n": n})["n"] for n in range(4)] == [0, 1, 2, 3]

    def test_interim_answers_without_end_are_no_answer(self) -> None:
        """
        A server that never comes to its answer leaves the outcome unknown.
        """

        def handler(peer: socket.socket) -> None:
            request_of(peer)
            while True:
                peer.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")

        with listening(handler) as port, pytest.raises(OutcomeUnknown):
            api_of(f"http://127.0.0.1:{port}", timeout=20.0).create({})

    @pytest.mark.parametrize(
        "rest",
        [
            b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"n": 99}',
            b"x",
            b"\r\n",
        ],
    )
    @pytest.mark.parametrize(
        "first",
        [
            b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"n": 1}',
            b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"n": 1}\r\n0\r\n\r\n',
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'8\r\n{"n": 1}\r\n0\r\n\r\n',
        ],
    )
    def test_what_comes_after_an_answer_is_nobody_s(self, first: bytes, rest: bytes) -> None:
        """
        After more bytes than the answer has, the connection carries no other message.
        """
        carried: list[int] = []

        def handler(peer: socket.socket) -> None:
            number = len(carried)
            carried.append(0)
            while request := request_of(peer):
                carried[number] += 1
                if number == 0:
                    peer.sendall(first + rest)
                else:
                    peer.sendall(answer_with(request.partition(b"\r\n\r\n")[2]))

        with listening(handler) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=20.0)
            assert [api.create({"n": n})["n"] for n in (1, 2, 3)] == [1, 2, 3]

        assert carried[0] == 1

    @pytest.mark.parametrize(
        "broken",
        [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 99999999999 OK\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        ],
    )
    def test_only_typed_errors_escape(self, broken: bytes) -> None:
        """
        Whatever a server answers with, a send is in doubt and a read says what was wrong.
        """

        def handler(peer: socket.socket) -> None:
            request_of(peer)
            peer.sendall(broken)

        with listening(handler) as port:
            with pytest.raises(OutcomeUnknown):
                api_of(f"http://127.0.0.1:{port}", timeout=20.0).create({})
            with pytest.raises((ProviderUnavailable, InvalidResponse)):
                api_of(f"http://127.0.0.1:{port}", timeout=20.0).read()


@pytest.fixture
def minute_over(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and more than a minute has passed."""
    now, ahead = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now() + ahead[0])

    def pass_by() -> None:
        ahead[0] = 61.0

    return pass_by


def trickle(peer: socket.socket) -> None:
    """Send a few bytes, each on its own."""
    for _ in range(10):
        peer.sendall(b"x")
        time.sleep(0.01)


class TestTheDeadline:
    @pytest.mark.parametrize(
        ("start", "kind"),
        [
            (b"", OutcomeUnknown),
            (b"HTTP/1.1 200 OK\r\nX: ", OutcomeUnknown),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", OutcomeUnknown),
        ],
    )
    def test_a_byte_now_and_then_holds_no_call(
        self, start: bytes, kind: type[PolycastError], minute_over: Callable[[], None]
    ) -> None:
        """
        An answer that drips is given up at the call's deadline, in its head as in its body.
        """

        def drip(peer: socket.socket) -> None:
            request_of(peer)
            peer.sendall(start)
            while True:
                trickle(peer)
                minute_over()

        with listening(drip) as port, pytest.raises(kind, match="deadline"):
            api_of(f"http://127.0.0.1:{port}", timeout=90.0, deadline=60.0).create({})

    def test_nor_does_a_proxy_that_drips(
        self, monkeypatch: pytest.MonkeyPatch, minute_over: Callable[[], None]
    ) -> None:
        """
        A proxy that never comes to the end of its answer was sent nothing of the message.
        """

        def drip(peer: socket.socket) -> None:
            head_of(peer)
            while True:
                trickle(peer)
                minute_over()

        with listening(drip) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            with pytest.raises(ProviderUnavailable, match="opened no tunnel") as caught:
                api_of("https://acme.example", timeout=90.0, deadline=60.0).create({})

        assert caught.value.carried_out is False

    def test_no_pause_goes_past_it(
        self, server: ScriptedServer, pauses: list[float], make_api: Callable[..., Api]
    ) -> None:
        """
        What would be waited for longer than the call may take is told at once.
        """
        server.answer(429, b"", "Retry-After: 20")

        with pytest.raises(PolycastError, match="20 s"):
            make_api(deadline=10.0).read()

        assert pauses == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
class TestAfterAFork:
    def test_every_child_gets_its_own_receipts(self) -> None:
        """
        A client that sent, and holds open connections, sends in children of its process: every
        send gets the receipt of its own message, in the parent as well.
        """

        def echo(peer: socket.socket) -> None:
            while request := request_of(peer):
                peer.sendall(answer_with(request.partition(b"\r\n\r\n")[2]))

        with listening(echo) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=60.0)

            def send(name: str, times: int) -> int:
                return sum(
                    api.create({"n": f"{name}-{n}"})["n"] == f"{name}-{n}" for n in range(times)
                )

            assert send("before", 3) == 3
            children = []
            for child in range(10):
                reading, writing = os.pipe()
                pid = os.fork()
                if pid == 0:
                    right = 0
                    try:
                        right = send(f"child {child}", 100)
                    finally:
                        os.write(writing, str(right).encode())
                        os._exit(0)
                os.close(writing)
                children.append((pid, reading))
            beside = send("beside", 50)
            told = []
            for pid, reading in children:
                told.append(int(os.read(reading, 20)))
                os.close(reading)
                os.waitpid(pid, 0)

        assert (told, beside, send_is_done(api)) == ([100] * 10, 50, True)

    def test_a_child_keeps_no_connection_of_its_parent_open(self) -> None:
        """
        What the parent closes is closed, whatever children live on.
        """
        closed = threading.Event()

        def echo(peer: socket.socket) -> None:
            while request_of(peer):
                peer.sendall(answer_with(b"{}"))
            closed.set()

        with listening(echo) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=60.0)
            api.create({})
            reading, writing = os.pipe()
            pid = os.fork()
            if pid == 0:
                try:
                    os.close(writing)
                    os.read(reading, 1)
                finally:
                    os._exit(0)
            os.close(reading)
            api.transport.close()
            seen = closed.wait(600)
            os.close(writing)
            os.waitpid(pid, 0)

        assert seen

    def test_locks_that_were_held_do_not_hang_the_child(self) -> None:
        """
        A fork while another thread holds the locks of the connections leaves a child that sends.
        """

        def echo(peer: socket.socket) -> None:
            while request_of(peer):
                peer.sendall(answer_with(b"{}"))

        with listening(echo) as port:
            api = api_of(f"http://127.0.0.1:{port}", timeout=60.0)
            api.create({})
            adapter = api.transport.adapter
            # Nothing here holds on to the pool: the child must be able to drop it.
            mutex = next(iter(adapter._pools.values())).pool.mutex  # type: ignore[attr-defined]
            with adapter._lock, mutex:  # type: ignore[attr-defined]
                pid = os.fork()
                if pid == 0:
                    code = 1
                    signal.alarm(20)  # ends a child that hangs
                    try:
                        api.create({})
                        api.transport.close()
                        code = 0
                    finally:
                        os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def send_is_done(api: Api) -> bool:
    api.transport.close()
    return True
