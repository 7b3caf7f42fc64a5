"""A client and a route made when a module is imported, under servers that fork."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
]
pytest.importorskip("gunicorn", reason="gunicorn is not installed")
pytest.importorskip("celery", reason="Celery is not installed")

#: Messages that are sent through each server.
MESSAGES = 200
#: Seconds after which a server that does not answer has failed the test.
PATIENCE = 120


class Echo(BaseHTTPRequestHandler):
    """Takes TextIt's broadcasts; the id of each is the number that its text holds."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer with an id that only this request can have."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = (
            asked["text"] if isinstance(asked["text"], str) else next(iter(asked["text"].values()))
        )
        answer = {"uuid": f"00000000-0000-4000-8000-{int(text):012}", "id": int(text)}
        body = json.dumps({**answer, "status": "queued", "urns": asked["urns"]}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a server that speaks TextIt's language."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v2"
    server.shutdown()
    server.server_close()


#: Imported before any fork: both have sent, and hold an open connection.
CLIENT = """
import os
import polycast

address = os.environ["PROVIDER"]
client = polycast.connect("textit", token="t0ken", base_url=address, config=None)
FILE = os.path.join(os.path.dirname(__file__), "accounts.toml")
route = polycast.connect("both", config=FILE)
for each in (client, route, route):
    each.send(polycast.Message("+380961111110", text="0"))


def send(number):
    through = (client, route)[int(number) % 2]
    return through.send(polycast.Message("+380961111111", text=str(number))).id
"""

ACCOUNTS = """
[profiles.one]
provider = "textit"
token = "t0ken"
base_url = "env:PROVIDER"

[profiles.two]
provider = "textit"
token = "t0ken"
base_url = "env:PROVIDER"

[routes.both]
round_robin = ["one", "two"]
"""

WEB = """
from client import send


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [send(environ["QUERY_STRING"]).encode()]
"""

TASKS = """
import celery
import client

results = "file://" + client.os.getcwd() + "/results"
app = celery.Celery("tasks", broker="filesystem://", backend=results)
app.conf.broker_transport_options = {
    "data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control",
}


@app.task
def send(number):
    return client.send(number)
"""


@contextmanager
def running(folder: Path, provider: str, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server in a folder until the block ends."""
    environment = {**os.environ, "PROVIDER": provider, "PYTHONPATH": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def number_of(id: str) -> int:
    """Return the number of the message that a receipt's id belongs to."""
    return int(id.rpartition("-")[2])


def test_a_client_made_before_gunicorn_forks(tmp_path: Path, provider: str) -> None:
    """Under `gunicorn --preload` every request gets the receipt of its own message."""
    (tmp_path / "client.py").write_text(CLIENT)
    (tmp_path / "accounts.toml").write_text(ACCOUNTS)
    (tmp_path / "web.py").write_text(WEB)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ("gunicorn", "--preload", "--workers", "4", "--threads", "2", "--timeout", "100")

    with running(tmp_path, provider, *command, "--bind", f"127.0.0.1:{port}", "web:app") as server:

        def ask(number: int) -> int:
            url = f"http://127.0.0.1:{port}/?{number}"
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return number_of(answer.read().decode())

        until = time.monotonic() + PATIENCE
        while True:
            try:
                assert ask(1) == 1
                break
            except OSError:
                assert server.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.1)
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(ask, range(1, MESSAGES + 1)))

    assert told == list(range(1, MESSAGES + 1))


def test_a_client_made_before_celery_forks(
    tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Celery's prefork pool every task gets the receipt of its own message."""
    (tmp_path / "client.py").write_text(CLIENT)
    (tmp_path / "accounts.toml").write_text(ACCOUNTS)
    (tmp_path / "tasks.py").write_text(TASKS)
    for name in ("queue", "control", "results"):
        (tmp_path / name).mkdir()
    sending = (
        "from tasks import send; "
        f"results = [send.delay(number) for number in range(1, {MESSAGES + 1})]; "
        f"print(*(result.get(timeout={PATIENCE}, interval=0.05) for result in results))"
    )
    command = ("celery", "-A", "tasks", "worker", "--pool", "prefork", "--concurrency", "4")

    with running(tmp_path, provider, *command, "--without-gossip", "--without-mingle"):
        sent = subprocess.run(
            [sys.executable, "-c", sending],
            cwd=tmp_path,
            env={**os.environ, "PROVIDER": provider, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=False,
        )

    assert sent.returncode == 0, sent.stderr + (tmp_path / "log").read_text()
    assert [number_of(id) for id in sent.stdout.split()] == list(range(1, MESSAGES + 1))
