"""Whatever ends the command half-way, `polycast resume` goes on: none lost, none twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import attrs
import pytest
from polycast import LedgerError
from polycast.campaign import BatchState, Ledger
from polycast.campaign.queue import SqlQueue
from polycast.sandbox import Hosted, host, installed
from polycast.sandbox.faults import Delay, Fault, LoseReply, Throttle

_PEOPLE = 60


@pytest.fixture
def hosted(acme: ModuleType, home: Path) -> Iterator[Hosted]:
    """Host the provider's sandbox, and write down its profile and a list."""
    with host([acme.AcmeSandbox()]) as hosted:
        settings = {"provider": "acme", "base_url": hosted.base_url("acme"), "token": "acme-token"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (home / "polycast.toml").write_text("[profiles.a]\n" + "\n".join(lines) + "\n")
        rows = [f"+3809612345{place:02}" for place in range(1, _PEOPLE + 1)]
        (home / "guests.csv").write_text("to\n" + "\n".join(rows) + "\n")
        yield hosted


@attrs.frozen
class Command:
    """Runs the command as a process of its own."""

    site: str

    def start(self, *args: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "polycast", *args],
            env={**os.environ, "PYTHONPATH": self.site},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def broadcast(self) -> "subprocess.Popen[str]":
        """Start a broadcast of twenty calls, by two workers."""
        return self.start(
            *("broadcast", "a", "guests.csv", "--text", "Hi"),
            *("--batch-size", "3", "--workers", "2"),
        )

    def end(self, *args: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*args)
        out, errors = process.communicate(timeout=600)
        return subprocess.CompletedProcess(args, process.returncode, out, errors)


@pytest.fixture
def command(acme: ModuleType) -> Command:
    """Return what runs the command."""
    assert acme.__file__ is not None
    return Command(str(Path(acme.__file__).parent))


def arrived(hosted: Hosted) -> Counter[str]:
    """Count how many times each was sent to."""
    fake: Any = hosted.sandboxes["acme"]
    return Counter(to for job in list(fake.jobs) for to, _ in job.texts)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is certain to come."""
    give_up = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def test_killed_half_way(hosted: Hosted, command: Command, home: Path) -> None:
    """After SIGKILL nobody is lost and nobody is sent to twice; what is in doubt is held."""
    hosted.sandboxes["acme"].faults.add(Delay(0.05), times=100)
    process = command.broadcast()
    until(lambda: len(arrived(hosted)) >= _PEOPLE // 2)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    (told,) = json.loads(command.end("campaigns", "--json").stdout)
    assert told["state"] == "open"
    ended = command.end("resume", told["id"], "--json")
    report = json.loads(ended.stdout)
    assert command.end("report", told["id"], "--jsonl", "r.jsonl").returncode == 0
    results = [json.loads(line) for line in (home / "r.jsonl").read_text().splitlines()]
    in_doubt = {each["to"] for each in results if each["state"] == "in doubt"}
    got = arrived(hosted)
    lost = [each["to"] for each in results if not got[each["to"]] and each["to"] not in in_doubt]
    assert (len(results), lost, [to for to, times in got.items() if times > 1]) == (_PEOPLE, [], [])
    assert report["in_doubt"] == len(in_doubt) <= 6
    assert ended.returncode == (3 if in_doubt else 0)


def test_killed_where_the_provider_can_be_asked(command: Command, home: Path) -> None:
    """Of a provider that tells what it has, no doubt is left: everybody gets it exactly once."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    with host([installed()["hyber"]()]) as hosted:
        fake: Any = hosted.sandboxes["hyber"]
        settings = {**fake.settings(), "provider": "hyber", "base_url": hosted.base_url("hyber")}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (home / "polycast.toml").write_text("[profiles.a]\n" + "\n".join(lines) + "\n")
        rows = [f"+3809612345{place:02}" for place in range(1, _PEOPLE + 1)]
        (home / "guests.csv").write_text("to\n" + "\n".join(rows) + "\n")
        fake.faults.add(LoseReply(), times=1, operation="send_broadcast")
        fake.faults.add(Delay(0.05), times=100, operation="send_broadcast")
        process = command.broadcast()
        until(lambda: len(fake.accepted) >= _PEOPLE // 2)
        process.kill()
        process.communicate()
        (told,) = json.loads(command.end("campaigns", "--json").stdout)
        assert told["in_doubt"] >= 3
        ended = command.end("resume", told["id"], "--settle", "0.5", "--json")
        got = Counter(message.to for message in fake.accepted)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["in_doubt"] == 0
    assert (len(got), set(got.values())) == (_PEOPLE, {1})


def test_interrupted_half_way(hosted: Hosted, command: Command) -> None:
    """Ctrl-C waits for what is in flight, and tells the exact command that goes on."""
    hosted.sandboxes["acme"].faults.add(Delay(0.05), times=100)
    process = command.broadcast()
    until(lambda: len(arrived(hosted)) >= 6)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 130
    first, draining, last = errors.splitlines()
    assert draining.startswith("Stopping: waiting for what is in flight.")
    words, _, on = last.partition(" Go on with: ")
    assert "What was in flight has been waited for and written down." in words
    assert on == f"polycast resume {first.partition(':')[0]}"
    done = command.end(*on.split()[1:], "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "done"
    assert set(arrived(hosted).values()) == {1}
    assert len(arrived(hosted)) == _PEOPLE


def test_a_lost_reply(hosted: Hosted, command: Command) -> None:
    """A lost reply is in doubt, and that call is not made again without the operator's word."""
    hosted.sandboxes["acme"].faults.add(LoseReply(), times=1)
    process = command.broadcast()
    out, errors = process.communicate(timeout=600)
    assert process.returncode == 3
    assert "The outcome of 3 of 60 recipients is unknown" in errors
    again = errors.splitlines()[-1].partition("own word: ")[2].split()[1:]
    assert again[-1] == "--resend-in-doubt"
    assert command.end(*again[:-1]).returncode == 3
    assert set(arrived(hosted).values()) == {1}
    assert command.end(*again).returncode == 0
    assert sorted(arrived(hosted).values()) == [1] * 57 + [2] * 3
    assert "in doubt" in out


@pytest.fixture
def hyber(home: Path) -> Iterator[Any]:
    """Host a provider that talks by our own wire, write down its profile and a list; return it."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    with host([installed()["hyber"]()]) as hosted:
        fake = hosted.sandboxes["hyber"]
        settings = {**fake.settings(), "provider": "hyber", "base_url": hosted.base_url("hyber")}
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (home / "polycast.toml").write_text(
            "[profiles.a]\ntimeout = 120.0\n" + "\n".join(lines) + "\n"
        )
        rows = [f"+3809612345{place:02}" for place in range(1, _PEOPLE + 1)]
        (home / "guests.csv").write_text("to\n" + "\n".join(rows) + "\n")
        yield fake


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_ended_while_the_provider_is_waited_for(
    hyber: Any, command: Command, home: Path, how: signal.Signals
) -> None:
    """Killed, or told Ctrl-C once, while a 429 is waited out: all is planned, nothing in doubt."""
    hyber.faults.add(Throttle(retry_after=300), times=100)
    process = command.broadcast()
    until(lambda: bool(hyber.requests))
    with Ledger.open(home / ".local/share/polycast/ledger.sqlite") as ledger:
        [campaign] = ledger.campaigns()
        until(lambda: campaign.progress().batches[BatchState.PLANNED] == 20)
        process.send_signal(how)
        process.communicate(timeout=600)
        assert process.returncode == (130 if how == signal.SIGINT else -how)
        assert campaign.report().states == {"planned": _PEOPLE}
    hyber.faults.clear()
    ended = command.end("resume", campaign.id, "--json")

    assert ended.returncode == 0, ended.stderr
    got = Counter(message.to for message in hyber.accepted)
    assert (len(got), set(got.values())) == (_PEOPLE, {1})


@attrs.frozen
class Hold(Fault):
    """The request is carried out, and answered once the test says so."""

    kind: ClassVar[str] = "hold"
    over: threading.Event

    def happen(self, sandbox: Any, proceed: Callable[[], Any]) -> Any:
        answer = proceed()
        assert self.over.wait(60)
        return answer


def test_with_nothing_left_to_do_it_ends_well(hyber: Any, command: Command) -> None:
    """While another process has the last call in flight, `resume` exits with 0, and says so."""
    over = threading.Event()
    hyber.faults.add(Hold(over))
    process = command.start("broadcast", "a", "guests.csv", "--text", "Hi")
    until(lambda: len(hyber.accepted) == _PEOPLE)
    (told,) = json.loads(command.end("campaigns", "--json").stdout)
    ended = command.end("resume", told["id"])
    over.set()
    process.communicate(timeout=600)

    assert ended.returncode == 0, ended.stderr
    assert "Another process is sending what is left of it." in ended.stderr
    assert process.returncode == 0
    assert len(hyber.accepted) == _PEOPLE


def test_a_ledger_that_fails_after_the_answer(
    run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call whose answer could not be written down is in doubt: the exit code is 3."""

    def failing(*_: object, **__: object) -> None:
        raise LedgerError("The disk is full.")

    monkeypatch.setattr(SqlQueue, "accept", failing)
    result = run("broadcast", "memory", "-", "--text", "Hi", stdin="to\n+380961234501\n")
    assert result.exit_code == 3
    assert "The disk is full." in result.stderr
    assert len(memory.sent) == 1
