"""A server that does what it is told, byte for byte, and a client to ask it with."""

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import cattrs
import pytest
from polycast import wire


class ScriptedServer:
    """Reads whole requests on loopback, and answers each with the next step of a script."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.steps: list[Callable[[socket.socket], None]] = []
        #: Set once a request has been read that is never answered.
        self.hanging = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    # Steps

    def answer(self, status: int, body: bytes, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}", *headers]
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def json(self, status: int, value: object, *headers: str) -> None:
        self.answer(status, json.dumps(value).encode(), "Content-Type: application/json", *headers)

    def raw(self, content: bytes) -> None:
        self.steps.append(lambda connection: connection.sendall(content))

    def raw_then_close(self, content: bytes) -> None:
        def step(connection: socket.socket) -> None:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_RDWR)

        self.steps.append(step)

    def lose(self) -> None:
        self.steps.append(lambda connection: connection.shutdown(socket.SHUT_RDWR))

    def reset(self) -> None:
        def step(connection: socket.socket) -> None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        self.steps.append(step)

    def hang(self) -> None:
        def step(connection: socket.socket) -> None:
            self.hanging.set()
            connection.recv(1)  # until the client gives up

        self.steps.append(step)

    # Serving

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := _read_request(connection):
                    self.requests.append(request)
                    self.steps.pop(0)(connection)
            except (OSError, IndexError):
                return


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    named = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    length = int(named[1]) if named else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Api(wire.Client):
    """A client as the generator would write it, for an API of two words."""

    SPEC = "acme.yaml"
    SERVERS = {"default": "https://{host}/v1"}
    VARIABLES = {"host": "acme.example"}
    CONVERTERS = {"json": cattrs.Converter(), "form": cattrs.Converter()}

    def read(self, id: str = "1", **query: Any) -> dict[str, Any]:
        return self._call(
            "read",
            "GET",
            "/things/{id}",
            {"200": ("json", dict)},
            path_values={"id": id},
            query=query,
        )

    def create(self, body: object) -> dict[str, Any]:
        return self._call("create", "POST", "/things", {"201": ("json", dict)}, body=("json", body))

    def submit(self, body: object) -> dict[str, Any]:
        return self._call("submit", "POST", "/things", {"200": ("json", dict)}, body=("form", body))

    def pause(self, id: str) -> dict[str, Any]:
        return self._call(
            "pause", "GET", "/pause/{id}/{signature}", {"200": ("json", dict)},
            path_values={"id": id}, supplied=("signature",), safe=False,
        )  # fmt: skip

    def resume(self, id: str) -> dict[str, Any]:
        return self._call(
            "resume", "GET", "/resume/{id}", {"200": ("json", dict)},
            path_values={"id": id}, supplied=("signature",), safe=False,
        )  # fmt: skip


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture
def pauses() -> list[float]:
    """What the transport waited between tries, in seconds; nothing really waits."""
    return []


@pytest.fixture
def make_api(server: ScriptedServer, pauses: list[float]) -> Callable[..., Api]:
    def make(base_url: str | None = None, **options: Any) -> Api:
        transport = wire.Transport("acme", sleep=pauses.append, **options)
        return Api(transport, base_url=base_url or server.url + "/v1")

    return make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api(timeout=60.0)
