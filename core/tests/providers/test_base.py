"""The settings that every provider over HTTP has."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cattrs
import pytest
from polycast import (
    Client,
    Features,
    Message,
    ProviderSettings,
    RateLimited,
    Receipt,
    SettingsError,
    State,
    Status,
    hookimpl,
    wire,
)
from polycast.config.settings import build_settings
from polycast.providers import HttpProvider

THREADS = 12


class Api(wire.Client):
    """An API of two operations."""

    SPEC = "acme.yaml"
    SERVERS = {"default": "https://acme.example"}
    CONVERTERS = {"json": cattrs.Converter()}

    def ask(self) -> dict[str, Any]:
        """Read something."""
        return self._call("ask", "GET", "/things", {"200": ("json", dict)})

    def tell(self) -> dict[str, Any]:
        """Change something."""
        return self._call("tell", "POST", "/things", {"200": ("json", dict)}, body=("json", {}))


class Acme(HttpProvider):
    """A provider over HTTP that sets nothing of its own."""

    name = "acme"
    Api = Api
    Settings = ProviderSettings
    features = Features(channels=("sms",))

    @hookimpl
    def send(self, message: Message) -> Receipt:
        """Make one call that changes something."""
        return Receipt(str(self.api.tell()["id"]), State.QUEUED, message.to)

    @hookimpl
    def status(self, id: str) -> Status:
        """Make one call that reads."""
        return Status(id, State(self.api.ask()["state"]))


class Server(ThreadingHTTPServer):
    """Counts connections and requests; answers once so many requests are there at a time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.together = threading.Barrier(1)
        self.connections = self.requests = 0
        self.status = 200
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        """Count it."""
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self) -> None:
        """Answer when the others are there."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.requests += 1
        self.server.together.wait()
        body = json.dumps({"id": 1, "state": "sent"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """Answer in the same way."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def connected(server: Server, **settings: object) -> Client:
    """Return a client of the server."""
    url = f"http://127.0.0.1:{server.server_port}"
    made = build_settings(ProviderSettings, "acme", keywords={"base_url": url, **settings})
    client = Client("acme", Acme(made))
    client.api.transport.sleep = lambda _: None
    return client


@pytest.mark.parametrize(("connections", "opened"), [(THREADS, THREADS), (4, 2 * THREADS - 4)])
def test_connections_are_a_setting(server: Server, connections: int, opened: int) -> None:
    """As many connections are kept as the setting says; the calls beyond them open new ones."""
    server.together = threading.Barrier(THREADS)
    with (
        connected(server, connections=connections) as client,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        for _ in range(2):
            assert len([*pool.map(client.status, ["1"] * THREADS)]) == THREADS

    assert server.connections == opened


@pytest.mark.parametrize("attempts", [1, 2, 7])
def test_attempts_are_a_setting(server: Server, attempts: int) -> None:
    """A call that may be repeated is made so many times in all."""
    server.status = 429
    with connected(server, attempts=attempts) as client, pytest.raises(RateLimited):
        client.send(Message("+12125554501", text="Hello"))

    assert server.requests == attempts


def test_the_environment_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are read as every setting is."""
    monkeypatch.setenv("POLYCAST_ACME_ATTEMPTS", "1")
    monkeypatch.setenv("POLYCAST_ACME_CONNECTIONS", "40")

    settings = build_settings(ProviderSettings, "acme", keywords={})

    assert (settings.attempts, settings.connections) == (1, 40)


@pytest.mark.parametrize("name", ["attempts", "connections"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "many", True])
def test_what_is_no_number_is_refused(name: str, value: object) -> None:
    """A setting that makes no sense is a sentence, not a client that never sends."""
    with pytest.raises(SettingsError, match=f"{name}\\b.* whole number"):
        build_settings(ProviderSettings, "acme", keywords={name: value})
