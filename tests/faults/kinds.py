"""The faults: the rows of the matrix."""

from collections.abc import Callable, Mapping
from typing import Literal

import attrs

from tests.faults.providers import Good
from tests.faults.rules import Means
from tests.faults.server import Peer, Request

__all__ = ["QUICK", "Address", "Fault", "Scene", "answers"]

#: Seconds of the time-outs of a client that is to run into one.
QUICK = 0.3

#: Where the client is sent: to the server, to a port where nobody listens, to a name that nobody
#: has, or to a listener that takes no more connections.
Address = Literal["server", "nobody", "no name", "full"]


@attrs.frozen
class Scene:
    """What a fault may need while it is played.

    Args:
        request: the request that it answers.
        good: carries the request out at the sandbox, and returns the provider's own answer.
        secrets: the credentials that the request came with.
        elsewhere: the address of another host.
    """

    request: Request
    good: Callable[[], Good]
    secrets: tuple[str, ...]
    elsewhere: str


@attrs.frozen(kw_only=True, eq=False)
class Fault:
    """One row.

    Args:
        name: what it is called there.
        group: the heading that it is under.
        means: what it means for the caller.
        plays: answers one request; the connection is kept for the next, unless it closes it.
        opens: deals with a connection before anything is read; True where that is all.
        first: whether only the first request meets it, and the others are answered well.
        primed: whether the client makes one call before, which is answered well.
        followed: whether the next call, of the same client, must get an answer of its own.
        certificate: what the server shakes hands with; None for plain HTTP.
        secure: whether the client is told `https`.
        address: where the client is sent.
        proxy: the name of the proxy that the client has to use.
        blames_proxy: whether the error has to name the proxy's address.
        environment: variables that the client finds.
        shows: what else the error has to name, so that one knows what to correct.
        retry_after: the seconds that the error has to tell; None where it must tell none.
        other_texts: whether the answers tell other texts than were sent: a `lookup` may then say
            that it is not there.
        quick: whether it runs into a time-out by its nature.
        formats: the formats of answers that it can be played on.
    """

    name: str
    group: str
    means: Means
    plays: Callable[[Peer, Scene], object] = lambda peer, scene: peer.send(scene.good().bytes())
    opens: Callable[[Peer], bool] | None = None
    first: bool = False
    primed: bool = False
    followed: bool = False
    certificate: str | None = None
    secure: bool = False
    address: Address = "server"
    proxy: str | None = None
    blames_proxy: bool = False
    environment: Mapping[str, str] = attrs.field(factory=dict)
    shows: str = ""
    retry_after: tuple[float, float] | None = None
    other_texts: bool = False
    quick: bool = False
    formats: tuple[str, ...] = ("json", "xml", "text")

    @property
    def scheme(self) -> str:
        """The scheme of the address."""
        return "https" if self.secure else "http"


def page(status: str, scene: Scene, **headers: str) -> bytes:
    """Return a web page that tells the request again, as debug pages of servers do."""
    told = scene.request.head.decode("latin-1").replace("<", "&lt;")
    body = (
        f"<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status}</h1>"
        f"<pre>{told}</pre><p>{' '.join(scene.secrets)}</p></body></html>"
    ).encode()
    kind = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**kind, **headers}.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1") + body


def answers(status: str, **headers: str) -> Callable[[Peer, Scene], object]:
    """Answer with a status line, headers and a web page."""
    return lambda peer, scene: peer.send(page(status, scene, **headers))
