"""A server of raw sockets on loopback, which counts the requests that it has read whole."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import attrs

__all__ = ["LOOPBACK", "Peer", "Play", "Request", "Server", "Stopped"]

LOOPBACK = "127.0.0.1"
#: Seconds after which a socket of the server looks whether the server has stopped.
_LOOK = 0.05


class Stopped(Exception):
    """The server has stopped, or the client has gone."""


@attrs.frozen
class Request:
    """One request, read whole.

    Args:
        method: the HTTP method.
        target: the path and query, as they travelled.
        headers: the names in lower case.
        body: the bytes.
        head: the request line and the headers, as they travelled.
        number: its place among the requests that the server has read, from 1.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    head: bytes
    number: int = 0


class Peer:
    """One connection of a client."""

    def __init__(self, connection: socket.socket, stop: threading.Event) -> None:
        self.connection = connection
        self.stop = stop
        self._read = b""

    def wrap(self, context: ssl.SSLContext) -> None:
        """Shake hands as a TLS server."""
        # A client that goes away in the middle must not hold the thread.
        self.connection.settimeout(5.0)
        self.connection = context.wrap_socket(self.connection, server_side=True)

    def receive(self) -> bytes:
        """Return some bytes; none when the client has closed its end."""
        while not self.stop.is_set():
            self.connection.settimeout(_LOOK)
            try:
                return self.connection.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                return b""
        raise Stopped

    def line(self, end: bytes = b"\r\n\r\n") -> bytes | None:
        """Return what comes up to `end`; None when the client closes before."""
        while end not in self._read:
            more = self.receive()
            if not more:
                return None
            self._read += more
        found, _, self._read = self._read.partition(end)
        return found + end

    def exactly(self, size: int) -> bytes | None:
        """Return so many bytes; None when the client closes before."""
        while len(self._read) < size:
            more = self.receive()
            if not more:
                return None
            self._read += more
        found, self._read = self._read[:size], self._read[size:]
        return found

    def request(self) -> Request | None:
        """Read one request whole; None when the client has gone."""
        head = self.line()
        if head is None:
            return None
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        assert "transfer-encoding" not in headers, "The client sends its bodies with their length."
        body = self.exactly(int(headers.get("content-length", "0")))
        return None if body is None else Request(method, target, headers, body, head)

    def send(self, *pieces: bytes) -> None:
        """Send bytes; the client may have gone."""
        self.connection.settimeout(5.0)
        try:
            for piece in pieces:
                self.connection.sendall(piece)
        except OSError as error:
            raise Stopped from error

    def drip(self, content: bytes, seconds: float) -> None:
        """Send one byte at a time, with pauses between, until the client has gone."""
        for byte in content:
            self.send(bytes([byte]))
            if self.stop.wait(seconds):
                raise Stopped

    def linger(self) -> None:
        """Say nothing, until the client has gone."""
        while self.receive():
            pass

    def close(self) -> None:
        """Close the connection in good order: the client reads the end."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def reset(self) -> None:
        """Close the connection with a reset."""
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


#: Deals with one connection, from its first byte to its last.
Play = Callable[[Peer], object]


class Server:
    """Listens on a free port of loopback, and has `play` deal with each connection in a thread."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._stop = threading.Event()
        self._counted = threading.Condition()
        self._threads: list[threading.Thread] = []
        #: Set when the first connection is closed.
        self.closed_one = threading.Event()
        #: Every request that was read whole, oldest first.
        self.requests: list[Request] = []
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def stop(self) -> None:
        """End every connection; a client that still waits reads the end."""
        self._stop.set()

    def __exit__(self, *_: object) -> None:
        self.stop()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def read(self, peer: Peer) -> Iterator[Request]:
        """Read and count the requests of a connection, until the client has gone."""
        while (request := peer.request()) is not None:
            with self._counted:
                counted = attrs.evolve(request, number=len(self.requests) + 1)
                self.requests.append(counted)
                self._counted.notify_all()
            yield counted

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until so many requests have been read, but no longer than this."""
        with self._counted:
            self._counted.wait_for(lambda: len(self.requests) >= count, seconds)

    def _start(self, target: Callable[..., Any], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._deal, Peer(connection, self._stop))

    def _deal(self, peer: Peer) -> None:
        # A client that goes away in the middle is what is tested, and no error.
        with contextlib.suppress(Stopped, OSError):
            self._play(peer)
        peer.close()
        self.closed_one.set()
