"""Proxies that work: what each of them is told, and by what it is believed."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from polycast.errors import ProviderUnavailable

from .test_connection import answer_with, api_of, head_of, listening, request_of, tls_server

#: `peter:p@ss`, as a header has it.
LOGIN = b"Proxy-Authorization: Basic cGV0ZXI6cEBzcw=="


@pytest.fixture(autouse=True)
def no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def ca(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """An authority that is believed."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return authority


def secured(ca: trustme.CA, handler: Callable[[socket.socket], None]) -> Callable[..., None]:
    """The same server behind TLS, as `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)

    def converse(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as secure:
            handler(secure)

    return converse


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_plain_http_is_handed_to_the_proxy_with_its_whole_address(
    ca: trustme.CA, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """The proxy is told where to, and by whom; it may be reached by TLS of its own."""
    asked: list[bytes] = []

    def proxy(peer: socket.socket) -> None:
        while request := request_of(peer):
            asked.append(request)
            peer.sendall(answer_with(b"{}"))

    handler = secured(ca, proxy) if scheme == "https" else proxy
    with listening(handler) as port:
        monkeypatch.setenv("HTTP_PROXY", f"{scheme}://peter:p%40ss@localhost:{port}")
        api = api_of("http://acme.example")
        api.create({"n": 1})
        api.create({"n": 2})

    assert [each.partition(b"\r\n")[0] for each in asked] == [
        b"POST http://acme.example/things HTTP/1.1"
    ] * 2
    assert all(b"\r\nHost: acme.example\r\n" in each and LOGIN in each for each in asked)
    assert asked[1].endswith(b'\r\n\r\n{"n":2}')


def test_a_proxy_behind_tls_is_asked_for_a_tunnel(
    ca: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its certificate is believed as the provider's is, and its refusal is read."""
    asked: list[bytes] = []

    def refuse(peer: socket.socket) -> None:
        asked.append(head_of(peer))
        peer.sendall(b"HTTP/1.1 403 Not there\r\n\r\n")

    with listening(secured(ca, refuse)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"https://peter:p%40ss@localhost:{port}")
        with pytest.raises(ProviderUnavailable, match="HTTP 403 Not there"):
            api_of("https://acme.example").create({})

    [request] = asked
    assert request.startswith(b"CONNECT acme.example:443 HTTP/1.")
    assert LOGIN in request


@pytest.mark.parametrize(
    ("login", "said"), [("", b""), ("peter:p%40ss@", b"\x01\x05peter\x04p@ss")]
)
def test_a_socks_proxy_carries_what_the_provider_reads(
    monkeypatch: pytest.MonkeyPatch, login: str, said: bytes
) -> None:
    """SOCKS5 with a login and without: the provider gets the request as from anybody."""
    pytest.importorskip("socks", reason="PySocks is not installed")
    told: list[bytes] = []
    served: list[bytes] = []

    def proxy(peer: socket.socket) -> None:
        # RFC 1928, and RFC 1929 for the login.
        methods = peer.recv(2)[1]
        peer.recv(methods)
        peer.sendall(b"\x05\x02" if login else b"\x05\x00")
        if login:
            told.append(peer.recv(len(said)))
            peer.sendall(b"\x01\x00")
        told.append(peer.recv(5 + len("acme.example") + 2))
        peer.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        while request := request_of(peer):
            served.append(request)
            peer.sendall(answer_with(b"{}"))

    with listening(proxy) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{login}127.0.0.1:{port}")
        api_of("http://acme.example").create({})

    assert told == ([said] if said else []) + [b"\x05\x01\x00\x03\x0cacme.example\x00\x50"]
    [request] = served
    assert request.startswith(b"POST /things HTTP/1.1\r\n")
    assert b"Proxy" not in request


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, to name the files")
def test_certificates_may_lie_in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """REQUESTS_CA_BUNDLE may name a folder of files that are named by their hashes."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))

    with tls_server(ca, []) as port:
        assert api_of(f"https://localhost:{port}").create({}) == {"id": 1}
