"""HTTP connections that know how far a request came, and when they may carry another one."""

import contextlib
import contextvars
import http.client
import io
import socket
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import attrs
import urllib3

from polycast.concurrency.fence import check_fence

__all__ = ["Progress", "pool_class", "tracking"]

#: Seconds. A kept connection that was idle for longer carries no send. Servers close idle
#: connections after a second or more: what is sent just then is in doubt though never read.
IDLE_LIMIT = 0.4
#: 1xx answers before the final one.
_MAX_INTERIM = 100
_SLICE = 1 << 16


@attrs.define
class Progress:
    """How far one try of a request came. The connection keeps it up to date.

    Args:
        deadline: when the call has to be over, by `time.monotonic()`.
        timeout: seconds without a byte before the try is given up.
        connect_timeout: seconds for each step before the request: the connection, the proxy's
            answer, the TLS handshake.
        safe: whether the call only reads, so that a stale connection costs a retry only.
    """

    deadline: float
    timeout: float
    connect_timeout: float
    safe: bool
    #: Whether a byte of the request may have been handed to the network. It stays True under an
    #: adapter that does not tell.
    written: bool = True
    #: What was being done: "connect", "proxy tls", "tunnel", "tls" or "request".
    step: str = "request"
    #: How the proxy answered to CONNECT, e.g. `(407, "Proxy Authentication Required")`.
    tunnel_answer: tuple[int, str] | None = None

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.deadline

    def left(self, at_most: float) -> float:
        """Return the seconds that one more operation may take.

        Raises:
            TimeoutError: the deadline has passed.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The deadline of the call has passed.")
        return min(left, at_most)


_PROGRESS: contextvars.ContextVar[Progress | None] = contextvars.ContextVar(
    "polycast_progress", default=None
)


@contextlib.contextmanager
def tracking(progress: Progress) -> Iterator[None]:
    """Let the connections that this block uses keep `progress` up to date."""
    token = _PROGRESS.set(progress)
    try:
        yield
    finally:
        _PROGRESS.reset(token)


class _TimedReader(io.RawIOBase):
    """Reads from a socket, each time for no longer than the call may still take."""

    def __init__(self, sock: Any, progress: Progress, patience: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._progress = progress
        self._patience = patience
        self._is_done = False

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return a buffered reader of this one: `http.client` asks sockets so."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._is_done:
            return None
        self._sock.settimeout(self._progress.left(self._patience))
        count: int | None = self._raw.readinto(buffer)
        return count

    def has_more(self) -> bool:
        """Whether bytes are waiting, or the connection is closed; nothing is waited for.

        Nothing can be read from the socket afterwards.
        """
        self._is_done = True
        try:
            self._sock.settimeout(0)
            # One byte is read and thrown away: the connection is not used again.
            return self._raw.readinto(bytearray(1)) is not None
        except OSError as error:  # a TLS connection without data says so by an error
            return type(error).__name__ != "SSLWantReadError"

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that reads past interim ones, and knows whether it was all that came."""

    def __init__(
        self, sock: Any, progress: Progress, *args: Any, before_request: bool, **named: Any
    ) -> None:
        patience = progress.connect_timeout if before_request else progress.timeout
        self._timed = _TimedReader(sock, progress, patience)
        super().__init__(self._timed, *args, **named)  # type: ignore[arg-type]
        self._progress = progress
        self._before_request = before_request
        #: Whether the connection may carry another request after this answer.
        self.clean = False
        self._ended = False

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MAX_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if self._before_request:
                self._progress.tunnel_answer = status, reason.strip()
            if status == 101 or not 100 <= status < 200:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {_MAX_INTERIM} interim answers")

    def begin(self) -> None:
        super().begin()
        lengths = self.headers.get_all("Content-Length", [])
        coded = self.headers.get("Transfer-Encoding")
        # Where it is unclear where an answer ends, the next one cannot be told from its rest.
        if (
            self.status == 101
            or len(set(lengths)) > 1
            or (coded and (lengths or not self.chunked))
            or (self.status in (204, 304) and (coded or lengths not in ([], ["0"])))
        ):
            self.will_close = True

    def _read_next_chunk_size(self) -> int:
        size: int = super()._read_next_chunk_size()  # type: ignore[misc]
        if size < 0:
            raise ValueError("the answer has a negative chunk size")
        return size

    def _read_and_discard_trailer(self) -> None:
        super()._read_and_discard_trailer()  # type: ignore[misc]
        self._ended = True

    def _close_conn(self) -> None:
        whole = self.length == 0 or self._ended
        if whole and not self.will_close:
            # In this order: an empty buffer that is looked into reads from the socket.
            self.clean = not (self._timed.has_more() or self.fp.peek(1))
        super()._close_conn()  # type: ignore[misc]


class _Tracked:
    """Mixed into the connections of urllib3: it tells the `Progress` of the call under way."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.progress: Progress | None = None
        self._is_ready = False
        self._response: _Response | None = None
        self._kept_since = 0.0
        self._broken = False
        self._held: bytearray | None = None

    # Before the request

    def connect(self: Any) -> None:
        progress = self.progress
        self._is_ready = False
        self._broken = False
        progress.step = "connect"
        self.timeout = progress.left(progress.connect_timeout)
        super().connect()  # type: ignore[misc]
        progress.step = "request"
        self._is_ready = True

    def _new_conn(self: Any) -> Any:
        sock = super()._new_conn()  # type: ignore[misc]
        # What may follow has names of its own; over plain HTTP nothing does.
        self.progress.step = "tls"
        return sock

    def _connect_tls_proxy(self: Any, *args: Any) -> Any:
        self.progress.step = "proxy tls"
        return super()._connect_tls_proxy(*args)  # type: ignore[misc]

    def _tunnel(self: Any) -> None:
        self.progress.step = "tunnel"
        held, self._held = self._held, None
        super()._tunnel()  # type: ignore[misc]
        self._held = held
        self.progress.step = "tls"

    # The request and its answer

    def request(self: Any, *args: Any, **named: Any) -> None:
        # Head and body leave as one: a packet and a wake-up of the server fewer.
        self._held = bytearray()
        try:
            super().request(*args, **named)  # type: ignore[misc]
            self._write(self._held)
        finally:
            self._held = None

    def send(self: Any, data: Any) -> None:
        if self._held is None:  # CONNECT, to a proxy
            super().send(data)  # type: ignore[misc]
        elif len(self._held) + len(data) < _SLICE:
            self._held += data
        else:
            held, self._held = self._held, bytearray()
            self._write(held)
            self._write(data)

    def _write(self: Any, data: Any) -> None:
        if self.sock is None:
            self.connect()
        progress = self.progress
        if not (progress.safe or progress.written):
            check_fence()
        view = memoryview(data)
        try:
            while view:
                self.sock.settimeout(progress.left(progress.timeout))
                if progress.written or not _is_plain(self.sock):
                    # How much of it TLS handed on before an error cannot be known.
                    progress.written = True
                    self.sock.sendall(view[:_SLICE])
                    view = view[_SLICE:]
                else:
                    count = self.sock.send(view)
                    progress.written = True
                    view = view[count:]
        except OSError:
            self._broken = True
            raise

    def response_class(self: Any, sock: Any, *args: Any, **named: Any) -> _Response:
        response = _Response(sock, self.progress, *args, before_request=not self._is_ready, **named)
        self._response = response
        return response

    # Between requests

    def keep(self: Any) -> None:
        """Note that it is put aside for a later request, or close it if it may carry none."""
        response, self._response = self._response, None
        if self._broken or (response is not None and not response.clean):
            self.close()
        self._kept_since = time.monotonic()
        self.progress = None

    def start(self: Any, progress: Progress) -> None:
        """Begin a request; what was idle for too long is connected anew."""
        self.progress = progress
        idle = time.monotonic() - self._kept_since
        if self.sock is not None and not progress.safe and idle > IDLE_LIMIT:
            self.close()


def _is_plain(sock: Any) -> bool:
    return isinstance(sock, socket.socket) and not hasattr(sock, "context")


@lru_cache
def pool_class(plain: type[Any]) -> type[Any]:
    """Return a pool of urllib3 whose connections tell how far they came.

    Args:
        plain: urllib3's own class, such as `HTTPSConnectionPool` or that for SOCKS.
    """
    connection: type[Any] = type(plain.ConnectionCls.__name__, (_Tracked, plain.ConnectionCls), {})

    class Pool(plain):  # type: ignore[misc]
        ConnectionCls = connection

        def _get_conn(self, timeout: float | None = None) -> Any:
            found = super()._get_conn(timeout)
            found.start(_PROGRESS.get())
            return found

        def _put_conn(self, conn: Any) -> None:
            if conn is not None:
                conn.keep()
            super()._put_conn(conn)

    Pool.__name__ = plain.__name__
    return Pool


def close_pool_after_fork(pool: urllib3.HTTPConnectionPool) -> None:
    """Drop the connections of a pool that the parent process opened, without touching them.

    Closing a socket here leaves the parent's open: TLS is not told, either. The queue is made
    anew, for a thread of the parent may have held its lock.
    """
    queue = pool.pool
    if queue is None:
        return
    for kept in list(queue.queue):
        if kept is not None:
            with contextlib.suppress(Exception):
                kept.close()
    queue.__init__(queue.maxsize)  # type: ignore[misc]
