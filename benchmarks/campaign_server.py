"""A provider that takes whole campaigns: one fixed answer per batch, after as long as is asked.

Run as `python -m benchmarks.campaign_server ANSWER SECONDS`; it prints its port and serves until
its standard input ends. A POST is answered and counted; a GET tells what was counted since the
last one: how many POSTs, their bytes, and the first batch, so that contenders can be held to
having said the same.
"""

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import TypedDict

__all__ = ["Told", "serving", "told"]

#: What a campaign calls a batch, and what no two campaigns share of it.
_FIRST = re.compile(rb"\(c-\w{6}-1\)")


class Told(TypedDict):
    """What a server was told: how many POSTs, how many bytes in them, and the first batch."""

    posts: int
    bytes: int
    first: str


@contextlib.contextmanager
def serving(answer: dict[str, object], *, status: str, seconds: float = 0.0) -> Iterator[str]:
    """Serve in another process, and give the address, such as `http://127.0.0.1:8025`."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, json.dumps(answer), status, str(seconds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


def told(address: str) -> Told:
    """Ask a server what it was told since it was last asked."""
    with urllib.request.urlopen(address) as answer:
        found: Told = json.load(answer)
    return found


class _Provider:
    def __init__(self, body: bytes, status: str, seconds: float) -> None:
        self._answer = _response(status, body)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._told = Told(posts=0, bytes=0, first="")

    def converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = bytearray()
        with connection, contextlib.suppress(ConnectionError):
            while chunk := connection.recv(1 << 18):
                received += chunk
                place = received.find(b"\r\n\r\n")
                if place < 0 or len(received) - place - 4 < _length(received[:place]):
                    continue
                if received.startswith(b"GET "):
                    connection.sendall(self._tell())
                else:
                    self._count(bytes(received[place + 4 :]))
                    time.sleep(self._seconds)
                    connection.sendall(self._answer)
                received.clear()

    def _count(self, body: bytes) -> None:
        first = _FIRST.search(body, 0, 1_000)
        with self._lock:
            self._told["posts"] += 1
            self._told["bytes"] += len(body)
            if first:
                self._told["first"] = _FIRST.sub(b"", body, count=1).decode()

    def _tell(self) -> bytes:
        with self._lock:
            body = json.dumps(self._told).encode()
            self._told = Told(posts=0, bytes=0, first="")
        return _response("200 OK", body)


def _response(status: str, body: bytes) -> bytes:
    return (
        b"HTTP/1.1 %b\r\n"
        b"Content-Type: application/json\r\n"
        b"Content-Length: %d\r\n"
        b"\r\n" % (status.encode(), len(body))
    ) + body


def _length(head: bytes | bytearray) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def _main(answer: str, status: str, seconds: str) -> None:
    provider = _Provider(answer.encode(), status, float(seconds))
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=provider.converse, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main(*sys.argv[1:])
