"""Campaigns and messages that Celery's workers send, with workers that are killed meanwhile."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from polycast import Broadcast, Message, Recipient, UsageError, connect, sandbox
from polycast.campaign import BatchState, CampaignState, Ledger

from core.tests.campaign.killing import SETTLE, Clock, digits, numbers

pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
celery = pytest.importorskip("celery", reason="Celery is not installed")

REDIS = shutil.which("redis-server")
pytestmark = pytest.mark.skipif(
    REDIS is None or not hasattr(os, "fork"), reason="there is no redis-server here, or no fork"
)

#: Seconds after which what has not happened will not happen.
PATIENCE = 240

TASKS = """
import json, os
import celery, polycast
from polycast.celery import install

redis = "redis+socket://" + os.getcwd() + "/redis.sock"
app = celery.Celery("tasks", broker=redis, backend=redis)


def connect(profile):
    return polycast.connect(profile, config=os.devnull, **json.loads(os.environ["ACCOUNT"]))


tasks = install(
    app, ledger=os.environ["LEDGER"], connect=connect, every=1.0, concurrency=3, rate="60/s"
)
"""


@pytest.fixture
def hosted() -> Iterator[sandbox.Hosted]:
    """Hyber's sandbox on a port of its own."""
    with sandbox.host([sandbox.installed()["hyber"](Clock())]) as server:
        yield server


@pytest.fixture
def account(hosted: sandbox.Hosted) -> dict[str, Any]:
    """The settings of an account there."""
    settings = sandbox.installed()["hyber"].settings()
    return {**settings, "base_url": hosted.base_url("hyber")}


@contextmanager
def workers(folder: Path, url: str, account: dict[str, Any]) -> Iterator[Callable[[], None]]:
    """Run Celery's workers and its beat until the block ends; yield what kills them all."""
    environment = {**os.environ, "LEDGER": url, "ACCOUNT": json.dumps(account)}
    command = (
        *("celery", "-A", "tasks", "worker", "-B", "--concurrency", "3", "--without-gossip"),
        *("--schedule", f"schedule-{time.monotonic_ns()}"),  # a kill may leave half of one
    )
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--without-mingle", "--pool", "prefork"],
            cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield lambda: os.killpg(process.pid, signal.SIGKILL)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the workers run, with Redis behind a socket as their broker."""
    (tmp_path / "tasks.py").write_text(TASKS)
    server = [str(REDIS), "--port", "0", "--unixsocket", "redis.sock", "--save", ""]
    with subprocess.Popen(server, cwd=tmp_path, stdout=subprocess.DEVNULL) as redis:
        try:
            until((tmp_path / "redis.sock").exists, tmp_path)
            yield tmp_path
        finally:
            redis.kill()


def log(folder: Path) -> str:
    """The end of what the workers wrote."""
    path = folder / "log"
    return path.read_text()[-4000:] if path.exists() else ""


def until(true: Callable[[], Any], folder: Path) -> None:
    """Wait until it is so."""
    over = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < over, log(folder)
        time.sleep(0.02)


def test_workers_that_are_killed_send_a_campaign_to_everybody_once(
    folder: Path, hosted: sandbox.Hosted, account: dict[str, Any]
) -> None:
    """All workers are killed (SIGKILL) in the middle of their steps, again and again.

    Beat starts the steps again, although the broker has lost them; a run settles what is in doubt.
    """
    instants = random.Random(5)
    url = str(folder / "ledger.sqlite")
    people = [Recipient(number) for number in islice(numbers(), 240)]
    with Ledger.open(url) as ledger, connect("hyber", **account) as hyber:
        campaign = ledger.plan(hyber, Broadcast(text="Hi", recipients=people), batch_size=6)

        def left() -> int:
            return campaign.progress().batches[BatchState.PLANNED]

        for _ in range(3):
            before = left()
            with workers(folder, url, account) as kill:
                until(lambda before=before: left() < before, folder)  # type: ignore[misc]
                time.sleep(instants.uniform(0.0, 0.3))
                kill()
        assert left()
        with workers(folder, url, account):
            until(lambda: not list(ledger.sending()), folder)
        report = campaign.run(hyber, in_flight_grace=SETTLE)
    got = Counter(digits(message.to) for message in hosted.sandboxes["hyber"].accepted)

    assert report.state is CampaignState.DONE
    assert set(got.values()) == {1}
    assert len(got) == len(people)


def test_a_message_with_a_key_is_sent_once_by_any_number_of_tasks(
    folder: Path, hosted: sandbox.Hosted, account: dict[str, Any]
) -> None:
    """Tasks with the same key, delivered several times, make one call and have one receipt."""
    url = str(folder / "ledger.sqlite")
    message = Message("+12125550001", text="Your table is ready")
    sending = (
        "import json, sys; from tasks import tasks; "
        "task = ['hyber', json.loads(sys.argv[1]), 'table-7']; "
        "results = [tasks.send.delay(*task) for _ in range(4)]; "
        f"print(json.dumps([each.get(timeout={PATIENCE}, interval=0.05) for each in results]))"
    )
    with workers(folder, url, account):
        sent = subprocess.run(
            [sys.executable, "-c", sending, json.dumps(message.to_dict())],
            cwd=folder,
            env={**os.environ, "LEDGER": url, "ACCOUNT": json.dumps(account)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert sent.returncode == 0, sent.stderr + log(folder)
    receipts = json.loads(sent.stdout)

    assert len(hosted.sandboxes["hyber"].accepted) == 1
    assert receipts[0]["id"]
    assert [each["id"] for each in receipts] == [receipts[0]["id"]] * 4


@pytest.mark.parametrize("wrong", [{"every": 0.5}, {"concurrency": 0}, {"rate": "fast"}])
def test_what_makes_no_sense_is_refused_where_the_app_is_made(wrong: dict[str, Any]) -> None:
    """A wrong number fails at import, and not in a worker."""
    from polycast.celery import install

    with pytest.raises(UsageError):
        install(celery.Celery("tasks", set_as_current=False), **wrong)
