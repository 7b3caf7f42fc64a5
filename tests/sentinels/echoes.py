"""What careless servers answer: the request that they have read, in some form."""

import base64
import json
from collections.abc import Callable

from tests.faults.server import Peer, Request
from tests.sentinels.accounts import ACCOUNTS

__all__ = ["ECHOES", "answer", "echoing", "repeated"]

_SECRETS = [each for account in ACCOUNTS for each in account.secrets.values()]

ECHOES: dict[str, Callable[[str], str]] = {
    "as text": str,
    "in JSON": lambda read: json.dumps({"detail": read, "error": read, "text": read}),
    "in JSON in JSON": lambda read: json.dumps({"detail": json.dumps({"read": json.dumps(read)})}),
    "in XML": lambda read: (
        "<response><status>ERROR</status><code>1</code><result>"
        + read.replace("&", "&amp;").replace("<", "&lt;")
        + "</result></response>"
    ),
    "in Base64": lambda read: json.dumps(
        {"error": [base64.b64encode(each.encode()).decode() for each in _SECRETS if each in read]}
    ),
}


def echoing(status: int, write: Callable[[str], str]) -> Callable[[Peer], None]:
    """Return what answers each request with what `write` makes of it."""

    def play(peer: Peer) -> None:
        while request := peer.request():
            peer.send(answer(status, write(repeated(request))))

    return play


def repeated(request: Request) -> str:
    """Return what a careless server repeats: headers as they came, and decoded."""
    decoded = []
    for name in ("authorization", "proxy-authorization"):
        scheme, _, value = request.headers.get(name, "").partition(" ")
        if scheme == "Basic":
            decoded.append(base64.b64decode(value).decode())
    return "\n".join(
        [request.head.decode("latin-1"), request.body.decode("utf-8", "replace"), *decoded]
    )


def answer(status: int, body: str) -> bytes:
    """Return an answer with such a body."""
    content = body.encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nX-Echo: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
