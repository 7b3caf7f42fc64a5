"""Proxies of raw sockets: one that works, and those that do not."""

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from tests.faults.kinds import Fault
from tests.faults.rules import Means
from tests.faults.server import LOOPBACK, Peer, Play, Server

__all__ = ["FAULTS", "PASSWORD", "Proxies"]

#: Of the account at the proxy.
PASSWORD = "pr0xy-sentinel"
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


def _refuses(status: str, *headers: str) -> Play:
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]).encode()

    def play(peer: Peer) -> None:
        peer.line()
        peer.send(head)
        peer.close()

    return play


def _closes(peer: Peer) -> None:
    peer.line()
    peer.close()


def _garbage(peer: Peer) -> None:
    peer.line()
    peer.send(b"220 mail.example.com ESMTP\r\n")
    peer.close()


def _silent(peer: Peer) -> None:
    peer.linger()


def _works(peer: Peer) -> None:
    asked = peer.line() or b""
    host, _, port = asked.split(b" ")[1].decode().partition(":")
    with socket.create_connection((host, int(port))) as far:
        peer.send(_TUNNEL)
        ends = {peer.connection: far, far: peer.connection}
        while not peer.stop.is_set():
            for end in select.select([*ends], [], [], 0.05)[0]:
                content = end.recv(1 << 16)
                if not content:
                    return
                ends[end].sendall(content)


def _breaks(peer: Peer) -> None:
    peer.line()
    peer.send(_TUNNEL)
    peer.receive()
    peer.close()


_PLAYS: dict[str, Play] = {
    "works": _works,
    "407": _refuses("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="x"'),
    "403": _refuses("403 Forbidden"),
    "503": _refuses("503 Service Unavailable"),
    "closes": _closes,
    "garbage": _garbage,
    "silent": _silent,
    "breaks": _breaks,
}


@contextmanager
def _without_pysocks() -> Iterator[None]:
    missing = object()
    before = sys.modules.get("socks", missing)
    sys.modules["socks"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["socks"]
        if before is not missing:
            sys.modules["socks"] = before  # type: ignore[assignment]


class Proxies:
    """One server for each kind of proxy; their addresses hold an account and its password."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        for name, play in _PLAYS.items():
            self._ports[name] = self._stack.enter_context(Server(play)).port
        with socket.create_server((LOOPBACK, 0)) as nobody:
            self._ports["nobody"] = nobody.getsockname()[1]
        self._stack.enter_context(_without_pysocks())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def url(self, name: str) -> str:
        """Return the address of a proxy as the environment names it."""
        if name == "socks":
            return f"socks5://{LOOPBACK}:1"
        return f"http://user:{PASSWORD}@{self.place(name)}"

    def place(self, name: str) -> str:
        """Return host and port of a proxy, as an error may tell them."""
        return f"{LOOPBACK}:{self._ports.get(name, 1)}"


def _fault(
    name: str, means: Means, proxy: str, *, blames: bool = True, quick: bool = False
) -> Fault:
    return Fault(
        name=name,
        group="proxy",
        means=means,
        secure=True,
        certificate="good",
        proxy=proxy,
        blames_proxy=blames,
        quick=quick,
    )


FAULTS = (
    _fault("a proxy that works", Means.WORKS, "works", blames=False),
    _fault("407 to CONNECT", Means.CANNOT_SEND, "407"),
    _fault("403 to CONNECT", Means.CANNOT_SEND, "403"),
    _fault("503 to CONNECT", Means.NOTHING_LEFT, "503"),
    _fault("proxy refuses the connection", Means.NOT_SENT, "nobody"),
    _fault("proxy closes", Means.NOTHING_LEFT, "closes"),
    _fault("proxy speaks no HTTP", Means.NOTHING_LEFT, "garbage"),
    _fault("proxy says nothing", Means.NOT_SENT, "silent", quick=True),
    # By then it is the provider, as far as one can tell.
    _fault("tunnel breaks in the handshake", Means.NOTHING_LEFT, "breaks", blames=False),
    _fault("SOCKS without PySocks", Means.CANNOT_SEND, "socks"),
    Fault(
        name="407 to a request in plain HTTP",
        group="proxy",
        means=Means.CANNOT_SEND,
        proxy="407",
        blames_proxy=True,
    ),
)
