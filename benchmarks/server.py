"""A provider that costs next to nothing: every POST gets one fixed answer.

Run as `python -m benchmarks.server`; it prints its port and serves until its standard input
ends. It is a process of its own, so that its work is not counted as a client's.
"""

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

__all__ = ["BROADCAST", "serving"]

#: What TextIt answers to a broadcast (TextIt page, sections 2.1 and 2.2), old and new fields.
BROADCAST = {
    "id": 123456,
    "uuid": "0199bb98-3637-778d-9dac-9ec1b6d19ddd",
    "urns": ["tel:+250788123123"],
    "contacts": [],
    "groups": [],
    "text": {"eng": "Your table is ready"},
    "attachments": {"eng": []},
    "quick_replies": {},
    "base_language": "eng",
    "status": "pending",
    "progress": {"total": -1, "started": 0},
    "created_on": "2026-03-02T17:28:12.123456Z",
}
_BODY = json.dumps(BROADCAST).encode()
_ANSWER = (
    b"HTTP/1.1 201 Created\r\n"
    b"Server: nginx\r\n"
    b"Date: Mon, 02 Mar 2026 17:28:12 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: %d\r\n"
    b"X-Temba-Workspace: 3ac3e1e7-2de4-4d33-a3b7-2a4f3b3a2f1e\r\n"
    b"\r\n" % len(_BODY)
) + _BODY


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve in another process, and give the address, such as `http://127.0.0.1:8025`."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=10)


def _answer_all(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    with connection, contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            received += chunk
            head, complete, body = received.partition(b"\r\n\r\n")
            if complete and len(body) >= _length(head):
                connection.sendall(_ANSWER)
                received = b""


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _accept_all(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_answer_all, args=(connection,), daemon=True).start()


def _main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    threading.Thread(target=_accept_all, args=(listener,), daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _main()
