"""Sandboxes on a loopback port, over real HTTP/1.1 with connections kept alive."""

import logging
import os
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from attrs import frozen
from werkzeug.exceptions import ClientDisconnected
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from polycast.errors import UsageError
from polycast.sandbox.fake import Sandbox
from polycast.sandbox.faults import ConnectionDropped
from polycast.sandbox.site import LOOPBACK, Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["LOOPBACK", "Hosted", "host"]

_log = logging.getLogger(__name__)


@frozen
class Hosted:
    """Sandboxes that are being served.

    Attributes:
        url: the address of the inbox page, such as `http://127.0.0.1:8025`.
        sandboxes: the sandboxes by name.
    """

    url: str
    sandboxes: dict[str, Sandbox]

    def base_url(self, name: str) -> str:
        """Return the `base_url` that leads a client to the sandbox of this name."""
        return self.sandboxes[name].base_url(f"{self.url}/{name}")


@contextmanager
def host(sandboxes: Iterable[Sandbox], port: int = 0) -> Iterator[Hosted]:
    """Serve sandboxes on loopback, each below its name, until the block ends.

    Args:
        sandboxes: what to serve.
        port: the port to listen on; any free one when 0.

    Raises:
        UsageError: the port cannot be listened on.
    """
    by_name = {sandbox.name: sandbox for sandbox in sandboxes}
    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as error:
        # The error's own words have the address in them once more.
        detail = os.strerror(error.errno or 0)
        raise UsageError(f"Cannot listen on {LOOPBACK}:{port}: {detail}.") from error
    with listener:
        server = _Server(Site(by_name), listener)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="polycast-sandbox"
    )
    thread.start()
    try:
        yield Hosted(f"http://{LOOPBACK}:{server.port}", by_name)
    finally:
        for sandbox in by_name.values():
            sandbox.close()
        server.stop()
        thread.join()


class _Server(ThreadedWSGIServer):
    """A thread per connection; ends them all when it stops."""

    daemon_threads = False

    def __init__(self, app: "WSGIApplication", listener: socket.socket) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._stopping = False
        super().__init__(LOOPBACK, 0, app, handler=_Handler, fd=listener.fileno())

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)
            if self._stopping:
                _end(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def stop(self) -> None:
        """Stop listening, and end connections that clients keep alive."""
        self.shutdown()
        with self._open_lock:
            self._stopping = True
            for connection in self._open:
                _end(connection)


def _end(connection: socket.socket) -> None:
    # When it cannot be shut down, the client was faster.
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    """Answers the requests of one connection.

    Werkzeug's own handler closes the connection after every answer. This one keeps
    it, and lets a sandbox drop it without a reply.
    """

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        # A client that gave up leaves an answer that cannot be flushed, and `super` then stops
        # before it has closed the other half.
        with suppress(OSError):
            super().finish()
        self.rfile.close()

    def run_wsgi(self) -> None:
        environ = self.environ = self.make_environ()
        stream = environ["wsgi.input"] = get_input_stream(environ)
        environ["wsgi.input_terminated"] = True
        body = bytearray()
        dropped: ConnectionDropped | None = None
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ)
            try:
                for chunk in chunks:
                    body += chunk
            except ConnectionDropped as error:
                dropped = error
            while stream.read(1 << 16):
                # What the application did not read must not be taken for the next request.
                pass
        except ConnectionDropped as error:
            self._drop(reset=error.reset)
            return
        except ClientDisconnected:
            self._drop(reset=False)
            return
        except Exception:  # noqa: BLE001 -- whatever it is, the client must see a broken server
            _log.exception("A sandbox failed to answer %s", self.command)
            self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self.send_response_only(int(status.split(None, 1)[0]))
        headers.setdefault("Server", self.version_string())
        headers.setdefault("Date", self.date_time_string())
        headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if dropped is not None:
            self.wfile.flush()
            self._drop(reset=dropped.reset)

    def _drop(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            # Closing with a linger time of zero sends RST instead of FIN. The socket itself has to
            # be closed here: its wrappers would shut it down in order first.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.server.closed(self.connection)
            os.close(self.connection.detach())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: a sandbox keeps its own log, and an address may hold a signature."""
