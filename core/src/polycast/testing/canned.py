"""A wire that answers from a list: given these bytes, this receipt."""

import io
import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
import requests
import urllib3

from polycast.client import Client

__all__ = ["CannedWire", "Sent"]


@attrs.frozen
class Sent:
    """One request as it left.

    Args:
        method: the HTTP method.
        url: whole, with the credentials it carried.
        headers: with the credentials they carried.
        body: the bytes; empty when there was none.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, request: requests.PreparedRequest) -> Self:
        """Return what a request says."""
        assert request.method is not None
        assert request.url is not None
        body = request.body or b""
        return cls(
            request.method,
            request.url,
            dict(request.headers),
            body.encode() if isinstance(body, str) else body,
        )

    @property
    def path(self) -> str:
        """The path of the URL, as it was escaped."""
        return urlsplit(self.url).path

    @property
    def segments(self) -> list[str]:
        """The segments of the path, no longer escaped."""
        return [unquote(segment) for segment in self.path.split("/")[1:]]

    @property
    def query(self) -> dict[str, list[str]]:
        """The query, no longer escaped."""
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        """The body as an HTML form."""
        return parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)


class CannedWire:
    """Stands in for the network under a client, and keeps what was sent.

    >>> wire = CannedWire()
    >>> client = wire.attach(polycast.connect("textit", token="t"))
    >>> _ = wire.answer(403, json={"detail": "Invalid token"})
    >>> client.send(Message("+380961111111", text="Hello"))
    Traceback (most recent call last):
        ...
    polycast.errors.AuthenticationFailed: textit did not accept the credentials for
    create_broadcast (HTTP 403): Invalid token
    >>> wire.sent[0].json["text"]
    'Hello'
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        #: Seconds that the transport asked to wait between tries; nothing really waits.
        self.pauses: list[float] = []
        self._answers: deque[Exception | tuple[int, bytes, Mapping[str, str]]] = deque()

    def attach(self, client: Client) -> Client:
        """Put this wire under a client, in place of the network, and return the client."""
        transport = client.api.transport
        transport.adapter = self
        transport.sleep = self.pauses.append
        return client

    def answer(
        self,
        status: int = 200,
        body: bytes | str = b"",
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Add an answer; they are given in the order they were added.

        Args:
            status: the HTTP status.
            body: the bytes; text is written in UTF-8.
            json: written as JSON, in place of `body`.
            headers: in addition to the content type, which is guessed.
        """
        kind = "text/html; charset=utf-8"
        if json is not None:
            body, kind = _dumps(json), "application/json"
        content = body.encode() if isinstance(body, str) else body
        if content.lstrip().startswith((b"{", b"[")):
            kind = "application/json"
        elif content.lstrip().startswith(b"<") and b"<html" not in content.lower():
            kind = "application/xml"
        self._answers.append((status, content, {"Content-Type": kind, **(headers or {})}))
        return self

    def lose(self, error: Exception | None = None) -> Self:
        """Add a reply that is lost: the request was read whole, and nothing came back.

        Args:
            error: what is raised instead; a reset connection by default.
        """
        self._answers.append(
            error
            or urllib3.exceptions.ProtocolError(
                "Connection aborted.", ConnectionResetError(104, "Connection reset by peer")
            )
        )
        return self

    def refuse_connection(self) -> Self:
        """Add a try that never reaches the provider."""
        self._answers.append(ConnectionRefusedError(111, "Connection refused"))
        return self

    def assert_used_up(self) -> None:
        """Fail when answers are left that no request asked for."""
        assert not self._answers, f"{len(self._answers)} canned answers were never asked for."

    def send(
        self, request: requests.PreparedRequest, *, progress: Any, **_: object
    ) -> urllib3.BaseHTTPResponse:
        """Answer a request from the list (called by the transport)."""
        sent = Sent.of(request)
        self.sent.append(sent)
        assert self._answers, f"No answer is left for {sent.method} {sent.url}."
        if isinstance(self._answers[0], ConnectionRefusedError):
            progress.written, progress.step = False, "connect"
        return self.respond()

    def respond(self) -> urllib3.BaseHTTPResponse:
        """Give the next answer."""
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        status, content, headers = answer
        return urllib3.HTTPResponse(
            io.BytesIO(content), headers=headers, status=status, preload_content=False
        )

    def close(self) -> None:
        """Close nothing."""


def _dumps(value: object) -> str:
    return json.dumps(value)
