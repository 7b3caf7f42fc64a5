"""The providers of the matrix, how each is asked, and what its sandbox answers."""

import io
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import attrs
from polycast import Action, Broadcast, Client, Message, OutcomeUnknown, Recipient
from polycast.config.settings import build_settings
from polycast.plugins.registry import load_provider
from polycast.sandbox import Sandbox, installed
from werkzeug.test import run_wsgi_app

from tests.faults import campaigns
from tests.faults.server import LOOPBACK, Request

__all__ = ["CHANGES", "HOOKS", "PROVIDERS", "Good", "Provider", "good", "installed_sandboxes"]

HOOKS = ("send", "send_bulk", "campaign", "control", "status", "lookup")
#: Those after which a lost answer is doubt.
CHANGES = ("send", "send_bulk", "campaign", "control")


@attrs.frozen
class Provider:
    """One provider of the matrix.

    Args:
        name: what `connect` is given.
        people: two addresses, which one request reaches if it can reach several.
        format: what its answers are written in.
    """

    name: str
    people: tuple[str, str]
    format: str

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that it offers, in the order of the columns."""
        left_out = set()
        if self.action is None:
            left_out.add("control")
        if not self.plugin.features.lookup:
            left_out.add("lookup")
        return tuple(hook for hook in HOOKS if hook not in left_out)

    @property
    def action(self) -> Action | None:
        """What `control` is asked for; None where it has no `control`."""
        actions = self.plugin.features.actions
        return next((each for each in (Action.DELETE, Action.STOP) if each in actions), None)

    @property
    def plugin(self) -> Any:
        """The provider's class."""
        return installed_provider(self.name)

    @property
    def sandbox(self) -> type[Sandbox]:
        """The fake of its server, which says what a good answer is."""
        return installed_sandboxes()[self.name]

    def client(self, **changes: object) -> Client:
        """Return a client with the settings that the sandbox accepts, but for these."""
        # Not by `connect`, which reads the metadata of all that is installed each time.
        given = {**self.sandbox.settings(), **changes}
        settings = build_settings(self.plugin.Settings, self.name, keywords=given, environment={})
        return Client(self.name, self.plugin(settings))

    def message(self, to: int = 0) -> Message:
        """Return a message that it takes."""
        return Message(self.people[to], text=f"Your table {to} is ready")

    def broadcast(self, *, later: bool = False) -> Broadcast:
        """Return a broadcast that it takes in one request."""
        at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        people = self.people[: self.plugin.features.bulk_limit]
        return Broadcast(
            recipients=[Recipient(to, reference=f"row-{to}") for to in people],
            text="Your table is ready",
            send_at=at if later else None,
        )

    def prepare(self, hook: str, client: Client) -> Callable[[Client], object]:
        """Send what a hook needs to be there, and return the call of the hook."""
        match hook:
            case "send":
                return lambda client: client.send(self.message())
            case "send_bulk":
                return lambda client: client.send_bulk(self.broadcast())
            case "campaign":
                return campaigns.begin(self.broadcast())
            case "status":
                id_ = str(client.send(self.message()).id)
                return lambda client: client.status(id_)
            case "control":
                action = self.action
                assert action is not None
                sent = client.send_bulk(self.broadcast(later=True))
                return lambda client: client.control(str(sent.id), action)
        since = datetime.now(UTC) - timedelta(seconds=5)
        request = self.broadcast()
        client.send_bulk(request)
        _wait_until_listed(client, request, since)
        return lambda client: client.lookup(request, since)


def _wait_until_listed(client: Client, request: Broadcast, since: datetime) -> None:
    """Wait until the sandbox tells of what it has taken: Ogangi's reports messages once sent."""
    for _ in range(100):
        with suppress(OutcomeUnknown):
            client.lookup(request, since)
            return
        time.sleep(0.1)


PROVIDERS = (
    Provider("hyber", ("+380961234567", "+380961236001"), "json"),
    Provider("infobip", ("+41793026727", "+41793026834"), "json"),
    Provider("mozes", ("contact:1483228", "contact:3838234"), "json"),
    Provider("ogangi", ("+380961234567", "+380961236001"), "xml"),
    Provider("smsby", ("+375291234567", "+375291236001"), "json"),
    Provider("textit", ("+250788123123", "+250788126001"), "json"),
    Provider("twilio", ("+14155550100", "+14155556001"), "json"),
    Provider("wrenpost", ("+48600100200", "+48600106001"), "text"),
)


@cache
def installed_provider(name: str) -> Any:
    """Return the class of a provider that is installed."""
    return load_provider(name)


@cache
def installed_sandboxes() -> Mapping[str, type[Sandbox]]:
    """Return the sandboxes that are installed, by the providers' names."""
    return installed()


@attrs.frozen
class Good:
    """What a provider's sandbox answers.

    Args:
        status: the status line's code and words.
        headers: without those about the length.
        body: the bytes.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def bytes(self, body: bytes | None = None, **headers: str) -> bytes:
        """Return it as it travels, with another body and more headers where they are given."""
        content = self.body if body is None else body
        lines = [f"HTTP/1.1 {self.status}"]
        lines += [f"{name}: {value}" for name, value in self.headers if name not in headers]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if "Transfer-Encoding" not in headers:
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def good(sandbox: Sandbox, request: Request) -> Good:
    """Have a provider's sandbox carry out a request, and return its answer."""
    path, _, query = request.target.partition("?")
    below = f"/{sandbox.name}"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": below,
        "PATH_INFO": _decoded(path.removeprefix(below)),
        "RAW_URI": request.target,
        "QUERY_STRING": query,
        "SERVER_NAME": LOOPBACK,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    chunks, status, headers = run_wsgi_app(sandbox, environ, buffered=True)
    kept = tuple((n, v) for n, v in headers if n.lower() not in ("content-length", "connection"))
    return Good(status, kept, b"".join(chunks))


def _decoded(path: str) -> str:
    # WSGI's strings: bytes as Latin-1.
    return unquote_to_bytes(path).decode("latin-1")
