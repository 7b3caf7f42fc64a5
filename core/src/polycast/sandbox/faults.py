"""What can go wrong between a client and a provider, switched on request by request.

sandbox.faults.add(Throttle(retry_after=2), times=3)
sandbox.faults.add(LoseReply(), operation="create_broadcast")
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from http import HTTPStatus
from types import NoneType
from typing import ClassVar, Protocol

from attrs import field, frozen, validators
from werkzeug.wrappers import Response

__all__ = [
    "KINDS",
    "Answer",
    "ConnectionDropped",
    "Delay",
    "Error",
    "Fault",
    "Faults",
    "Garbage",
    "LoseReply",
    "Refuse",
    "Throttle",
    "Truncate",
]


class ConnectionDropped(ConnectionError):
    """Raised inside a sandbox to close the client's connection without (the rest of) a reply.

    Args:
        reset: reset the connection instead of closing it in order.
    """

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("the sandbox dropped the connection on purpose")
        self.reset = reset


class Afflicted(Protocol):
    """What a fault needs to know of the sandbox it happens to."""

    def throttled(self, retry_after: int | str | None) -> Response:
        """Return the provider's answer to a client that asks too often."""

    def broken(self, status: int) -> Response:
        """Return the provider's answer when it fails on its own side."""

    def wait(self, seconds: float) -> None:
        """Let real time pass, unless the sandbox closes."""


@frozen
class Fault(ABC):
    """One thing going wrong with one request."""

    #: The name of this kind where faults are written as JSON.
    kind: ClassVar[str]

    @abstractmethod
    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer a request wrongly.

        Args:
            sandbox: whose request it is.
            proceed: carries the request out and returns the right answer.

        Raises:
            ConnectionDropped: the connection ends without a reply.
        """


@frozen
class Refuse(Fault):
    """The connection closes before the request's body is read: nothing is carried out."""

    kind: ClassVar[str] = "refuse"

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Drop the connection."""
        raise ConnectionDropped(reset=True)


@frozen
class Delay(Fault):
    """The request is carried out after some seconds of real time."""

    kind: ClassVar[str] = "delay"
    seconds: float = field(converter=float, validator=validators.ge(0))

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Wait, then answer."""
        sandbox.wait(self.seconds)
        return proceed()


@frozen
class LoseReply(Fault):
    """The request is read whole and carried out, then the connection ends without a reply.

    Attributes:
        reset: the client sees the connection reset instead of closed.
    """

    kind: ClassVar[str] = "lose"
    reset: bool = field(default=False, validator=validators.instance_of(bool))

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Carry the request out and drop the connection."""
        proceed()
        raise ConnectionDropped(reset=self.reset)


@frozen
class Throttle(Fault):
    """The client is told to slow down (429); nothing is carried out.

    Attributes:
        retry_after: the `Retry-After` header: seconds, an HTTP date, or None to leave it out.
    """

    kind: ClassVar[str] = "throttle"
    retry_after: int | str | None = field(
        default=1, validator=validators.instance_of((int, str, NoneType))
    )

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer as the provider does."""
        return sandbox.throttled(self.retry_after)


@frozen
class Error(Fault):
    """The provider fails on its own side; nothing is carried out.

    Attributes:
        status: the HTTP status, 500 to 599.
    """

    kind: ClassVar[str] = "error"
    status: int = field(default=500, validator=[validators.ge(500), validators.le(599)])

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer as the provider does."""
        return sandbox.broken(self.status)


@frozen
class Truncate(Fault):
    """The request is carried out and its reply breaks off half-way through the body."""

    kind: ClassVar[str] = "truncate"

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Announce the whole body, send half."""
        response = proceed()
        whole = response.get_data()

        def cut_off() -> Iterator[bytes]:
            yield whole[: len(whole) // 2]
            raise ConnectionDropped

        response.response = cut_off()
        response.content_length = len(whole)
        return response


@frozen
class Garbage(Fault):
    """Something on the way answers with a web page and status 200; nothing is carried out."""

    kind: ClassVar[str] = "garbage"

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer with a page of another server."""
        page = "<!DOCTYPE html>\n<html><body><h1>Please log in</h1></body></html>\n"
        return Response(page, HTTPStatus.OK, mimetype="text/html")


@frozen
class Answer(Fault):
    """The provider answers something of your choosing; nothing is carried out.

    Attributes:
        status: the HTTP status.
        body: the body.
        media_type: the `Content-Type`.
    """

    kind: ClassVar[str] = "answer"
    status: int = field(validator=[validators.ge(200), validators.le(599)])
    body: str = field(validator=validators.instance_of(str))
    media_type: str = field(default="text/plain", validator=validators.instance_of(str))

    def happen(self, sandbox: Afflicted, proceed: Callable[[], Response]) -> Response:
        """Answer as told."""
        return Response(self.body, self.status, content_type=self.media_type)


#: Every kind of fault by its name.
KINDS: dict[str, type[Fault]] = {
    kind.kind: kind
    for kind in (Refuse, Delay, LoseReply, Throttle, Error, Truncate, Garbage, Answer)
}


class Faults:
    """The faults that wait for requests to happen to. Each request takes at most one."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, str | None]] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, times: int = 1, operation: str | None = None) -> None:
        """Let a fault happen to the next requests.

        Args:
            fault: what goes wrong.
            times: to how many requests.
            operation: only to requests of this operation; to any request when None.
        """
        if times < 1:
            raise ValueError(f"a fault happens at least once, not {times} times")
        with self._lock:
            self._waiting += [(fault, operation)] * times

    def clear(self) -> None:
        """Forget the faults that have not happened yet."""
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str | None) -> Fault | None:
        """Remove and return the first fault that waits for this operation."""
        with self._lock:
            for index, (fault, wanted) in enumerate(self._waiting):
                if wanted is None or wanted == operation:
                    del self._waiting[index]
                    return fault
        return None

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting)
