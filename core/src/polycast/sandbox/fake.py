"""The base of every sandbox: a fake of one provider's API, as a WSGI application."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from attrs import field, frozen
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from polycast.sandbox.clock import Clock
from polycast.sandbox.faults import Faults
from polycast.sandbox.listing import Listing

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = [
    "Accepted",
    "Arrived",
    "Call",
    "Received",
    "Sandbox",
    "json_response",
    "raw_path",
    "read_json",
]


@frozen
class Accepted:
    """A message that the provider took on, whatever becomes of it.

    Attributes:
        to: the recipient's address, as the provider was given it.
        text: what the recipient reads, variables filled in.
        sender: what the recipient sees as the sender, or "".
        at: when the provider took it on.
        id: the provider's own id of the message.
    """

    to: str
    text: str
    sender: str
    at: datetime
    id: str


@frozen
class Arrived(Accepted):
    """A message on the recipient's handset; `at` is when it got there."""


@frozen
class Call:
    """A request that has been understood: which operation, with which values.

    Attributes:
        request: the request itself.
        operation: the name of the method that answers it.
        values: the values of the variable parts of the path.
        problems: where the request does not fit the provider's spec, one sentence each.
    """

    request: Request
    operation: str
    values: Mapping[str, Any]
    problems: tuple[str, ...]

    def json(self) -> Any:
        """Return the JSON of the body.

        Raises:
            ValueError: it is none, or nested deeper than can be read.
        """
        return read_json(self.request.get_data())


@frozen
class Received:
    """One entry of the log of requests. The ones whose reply was lost are in it too.

    Its `repr` leaves out what may hold credentials: addresses, headers and bodies.

    Attributes:
        operation: the operation it was understood as, or None.
        method: the HTTP method.
        path: the path below the sandbox's address, as it travelled.
        query: the query string as it travelled.
        headers: the headers, without those that say who the client is.
        body: the body as it travelled.
        at: when it came, by the sandbox's clock.
        problems: where it does not fit the provider's spec.
        status: the HTTP status it was answered with; None when no answer left.
    """

    operation: str | None
    method: str
    path: str = field(repr=False)
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime
    problems: tuple[str, ...]
    status: int | None


class Sandbox(ABC):
    """A stateful fake of one provider's API.

    A subclass names itself, gives its `urls` (each endpoint is the name of a method
    that takes a `Call` and returns a `Response`) and tells what became of the
    messages it took on. Requests are answered one at a time, so endpoints need no
    locks of their own. State that changes with time is worked out from `self.clock`
    when a request or a test asks, never by a thread in the background.

    Args:
        clock: what tells the time; the real time when not given.

    Attributes:
        clock: what tells the time.
        faults: what goes wrong with the next requests.
        listing: how it lists what it holds. A sandbox of a provider that can be asked whether
            something arrived shows its lists by `listing.known` and `listing.ordered`.
        requests: every request so far, oldest first.
    """

    #: The provider's name; the sandbox is mounted below it.
    name: ClassVar[str]
    #: Headers that say who the client is, which the log of requests leaves out.
    credentials: ClassVar[frozenset[str]] = frozenset(["Authorization", "Cookie"])

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.faults = Faults()
        self.listing = Listing()
        self.requests: list[Received] = []
        self.lock = threading.RLock()
        self._closed = threading.Event()

    # What a subclass tells about itself.

    @property
    def urls(self) -> Map:
        """Methods and paths, and the names of the methods that answer them."""
        return Map()

    @classmethod
    @abstractmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here.

        Args:
            root: where the sandbox is mounted, such as `http://127.0.0.1:8025/acme`.
        """

    @classmethod
    @abstractmethod
    def settings(cls) -> dict[str, object]:
        """Return the provider's settings that a sandbox made without arguments accepts."""

    @abstractmethod
    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives.

        Returns:
            Pairs, oldest message first. The moment is None for a message that does not arrive,
            or whose arrival is not known yet.
        """

    # What tests and the inbox page ask.

    @property
    def accepted(self) -> list[Accepted]:
        """Every message the provider took on so far, whatever became of it."""
        with self.lock:
            return [message for message, _ in self.traffic()]

    @property
    def inbox(self) -> list[Arrived]:
        """Every message that has arrived by now, in the order of arrival."""
        with self.lock:
            now = self.clock.now()
            arrived = [
                Arrived(message.to, message.text, message.sender, at, message.id)
                for message, at in self.traffic()
                if at is not None and at <= now
            ]
        return sorted(arrived, key=lambda message: message.at)

    # How the provider answers; a subclass overrides what its provider does differently.

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the provider's spec, one sentence each."""
        return ()

    def answer(self, call: Call) -> Response:
        """Carry out one request. A subclass extends this to authenticate."""
        endpoint: Callable[[Call], Response] = getattr(self, call.operation)
        return endpoint(call)

    def unroutable(
        self,
        request: Request,
        error: HTTPException,
    ) -> Response:
        """Answer a request that no operation takes (404, 405)."""
        return Response(f"{error.description}\n", error.code, mimetype="text/plain")

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that asks too often."""
        response = Response(
            "Too many requests.\n", HTTPStatus.TOO_MANY_REQUESTS, mimetype="text/plain"
        )
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as a provider that fails on its own side."""
        return Response("Something went wrong.\n", status, mimetype="text/plain")

    # The machinery.

    def wait(self, seconds: float) -> None:
        """Let real time pass; return at once when the sandbox closes."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """End every delay: the server stops."""
        self._closed.set()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request: the WSGI protocol."""
        with Request(environ) as request:
            return self._respond(request)(environ, start_response)

    def _respond(self, request: Request) -> Response:
        """Find the operation, let a waiting fault happen, carry the request out, keep a record."""
        operation, values, unroutable = self._match(request)
        fault = self.faults.take(operation)
        problems: tuple[str, ...] = ()
        read = False

        def proceed() -> Response:
            nonlocal problems, read
            request.get_data(cache=True)
            read = True
            if unroutable is not None or operation is None:
                return self.unroutable(request, unroutable or NotFound())
            problems = self.problems(request)
            with self.lock:
                return self.answer(Call(request, operation, values, problems))

        status: int | None = None
        try:
            response = proceed() if fault is None else fault.happen(self, proceed)
            status = response.status_code
            if response.date is None:
                response.date = self.clock.now()
        finally:
            if read or status is not None:
                self._record(request, operation, problems, status)
        return response

    def _match(
        self, request: Request
    ) -> tuple[str | None, Mapping[str, Any], HTTPException | None]:
        try:
            operation, values = self.urls.bind_to_environ(request.environ).match()
        except HTTPException as error:
            return None, {}, error
        return operation, values, None

    def _record(
        self,
        request: Request,
        operation: str | None,
        problems: tuple[str, ...],
        status: int | None,
    ) -> None:
        hidden = {name.lower() for name in self.credentials}
        entry = Received(
            operation=operation,
            method=request.method,
            path=raw_path(request),
            query=request.query_string.decode("latin-1"),
            headers={k: v for k, v in request.headers.items() if k.lower() not in hidden},
            body=request.get_data(cache=True),
            at=self.clock.now(),
            problems=problems,
            status=status,
        )
        with self.lock:
            self.requests.append(entry)


def json_response(body: object, status: int = HTTPStatus.OK) -> Response:
    """Return an answer with a body of JSON."""
    # Halves of surrogate pairs, which UTF-8 cannot hold, stay the escapes that JSON has for them.
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, mimetype="application/json")


def raw_path(request: Request) -> str:
    """Return the path below the sandbox's address with its percent-encoding untouched.

    WSGI decodes paths, so that `%2F` inside a segment cannot be told from `/` between two;
    the servers of Werkzeug and others keep the original beside it.
    """
    raw: str | None = request.environ.get("RAW_URI")
    if raw is None:
        return quote(request.path)
    return raw.partition("?")[0].removeprefix(quote(request.root_path))


def read_json(content: bytes | str) -> Any:
    """Return the JSON of a body.

    Raises:
        ValueError: it is none, or nested deeper than can be read.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
