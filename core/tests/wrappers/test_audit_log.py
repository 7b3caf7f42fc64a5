"""An audit log: what was asked, by whom, and what became of it; and no more than that."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import (
    Account,
    Action,
    AuditLogError,
    Broadcast,
    CallbackRequest,
    Client,
    Message,
    OutcomeUnknown,
    ProviderSettings,
    ProviderUnavailable,
    Receipt,
    Recipient,
    Rejected,
    Secret,
    State,
    UsageError,
)
from polycast.wrappers import AuditLog, DryRun, SuppressionList

Connect = Callable[..., Client]
TO = "+380961234501"
HELLO = Message(TO, text="Your code is 1234")
TONIGHT = Broadcast(
    text="Dear {name}",
    recipients=[Recipient(TO, {"name": "Olena"}), Recipient("contact:77", {"name": "Ivan"})],
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log is."""
    return tmp_path / "audit.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def facts(line: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(line.get(name) for name in names)


def test_a_send_is_an_attempt_and_an_outcome(path: Path, provider: Any) -> None:
    """
    Both say when, whose account and which hook; the outcome says what the provider answered.
    """
    account = Account("acme", "kyiv")
    before = datetime.now(UTC)

    Client("acme", provider, wrappers=[AuditLog(path)], account=account).send(HELLO)

    attempt, outcome = lines(path)
    assert facts(attempt, "event", "account", "provider", "hook", "count", "to") == (
        *("attempt", "kyiv", "acme", "send", 1),
        ["...4501"],
    )
    assert facts(outcome, "event", "account", "provider", "hook", "count", "id", "state") == (
        *("outcome", "kyiv", "acme", "send", 1, "m1", "queued"),
    )
    assert attempt["operation"] == outcome["operation"]
    assert outcome["seconds"] >= 0
    at = datetime.fromisoformat(attempt["time"])
    assert at.utcoffset() == before.utcoffset()
    assert abs((at - before).total_seconds()) < 3600


def test_every_operation_has_its_lines(path: Path, connect: Connect) -> None:
    """
    What changes something has two lines, what only reads one; each names what it was about.
    """
    client = connect(AuditLog(path))

    sent = client.send_bulk(TONIGHT)
    assert sent.id is not None
    client.control(sent.id, Action.PAUSE)
    client.status(sent.id)
    client.lookup(TONIGHT, datetime.now(UTC))
    client.receive(CallbackRequest(body=b"{}"))

    assert [facts(line, "hook", "event", "count", "id", "state") for line in lines(path)] == [
        ("send_bulk", "attempt", 2, None, None),
        ("send_bulk", "outcome", 2, "b1", "queued"),
        ("control", "attempt", None, "b1", None),
        ("control", "outcome", None, "b1", "paused"),
        ("status", "outcome", None, "b1", "sent"),
        ("lookup", "outcome", 2, "b1", "queued"),
        ("receive", "outcome", 1, None, None),
    ]
    assert lines(path)[1]["states"] == {"queued": 2}
    assert lines(path)[3]["action"] == "pause"
    assert len({line["operation"] for line in lines(path)}) == 5


@pytest.mark.parametrize(
    ("settings", "to", "text"),
    [
        ({}, ["...4501", "contact:..."], None),
        ({"addresses": "count"}, None, None),
        ({"addresses": "full", "texts": True}, [TO, "contact:77"], ["Dear Olena", "Dear Ivan"]),
    ],
)
def test_what_it_tells_of_people_is_chosen(
    path: Path, connect: Connect, settings: dict[str, Any], to: Any, text: Any
) -> None:
    """
    Addresses are shortened, whole or only counted; texts are left out unless they are wanted.
    """
    connect(AuditLog(path, **settings)).send_bulk(TONIGHT)

    attempt, outcome = lines(path)
    assert facts(attempt, "count", "to", "text") == (2, to, text)
    assert facts(outcome, "count", "to", "text") == (2, None, None)


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (Rejected(f"{TO} has no such thing as 'Your code is 1234'", provider="acme", raw=TO,
                  http_status=400, code="E7"), None),
        (OutcomeUnknown("lost", provider="acme", http_status=502), "unknown"),
        (ProviderUnavailable("broken", provider="acme", http_status=500), "unknown"),
        (ProviderUnavailable("away", provider="acme", safe_to_retry=True), None),
        (KeyError(TO), "unknown"),
        (KeyboardInterrupt(), "unknown"),
    ],
)  # fmt: skip
def test_a_failure_is_logged_by_its_class(
    path: Path, connect: Connect, provider: Any, failure: BaseException, state: str | None
) -> None:
    """
    The outcome names the error, with its HTTP status and code, never its words: they may quote.
    Where nobody knows whether it was carried out, its state is unknown.
    """
    provider.failure = failure

    with pytest.raises((type(failure), OutcomeUnknown)):
        connect(AuditLog(path)).send(HELLO)

    _, outcome = lines(path)
    assert outcome["error"] == type(failure).__name__
    assert outcome.get("state") == state
    assert outcome.get("http_status") == getattr(failure, "http_status", None)
    assert outcome.get("code") == getattr(failure, "code", None)
    assert TO not in path.read_text()
    assert "code is" not in path.read_text()


def test_a_question_that_fails_leaves_nothing_in_doubt(
    path: Path, connect: Connect, provider: Any
) -> None:
    """
    What only reads is never of unknown state for having failed.
    """
    provider.failure = ProviderUnavailable("broken", provider="acme", http_status=500)

    with pytest.raises(ProviderUnavailable):
        connect(AuditLog(path)).status("b1")

    [outcome] = lines(path)
    assert facts(outcome, "error", "state") == ("ProviderUnavailable", None)


def test_an_attempt_is_written_before_the_provider_is_asked(
    path: Path, connect: Connect, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A process that dies while it sends leaves the attempt, without an outcome.
    """
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(
        type(provider), "_ask", lambda self, *what: seen.extend(lines(path)), raising=True
    )

    connect(AuditLog(path)).send(HELLO)

    assert [line["event"] for line in seen] == ["attempt"]


class TestUnwritable:
    @pytest.fixture(autouse=True)
    def _once_writable(self, path: Path, connect: Connect) -> None:
        self.client = connect(AuditLog(path))
        path.unlink()

    @pytest.mark.parametrize(
        "call",
        [
            lambda client: client.send(HELLO),
            lambda client: client.send_bulk(TONIGHT),
            lambda client: client.control("b1", Action.STOP),
        ],
    )
    def test_what_cannot_be_written_down_is_not_sent(
        self, path: Path, provider: Any, call: Callable[[Client], object]
    ) -> None:
        """
        A log that cannot be written stops what would change something, and says so.
        """
        path.mkdir()

        with pytest.raises(AuditLogError, match=r"audit\.jsonl cannot be written") as caught:
            call(self.client)
        assert caught.value.safe_to_retry
        assert provider.asked == []

    def test_what_was_sent_is_not_lost_with_its_line(
        self,
        path: Path,
        provider: Any,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """
        A log that breaks while a message is sent costs no receipt; the failure is logged.
        """

        def ask(*_: object) -> None:
            path.unlink()
            path.mkdir()

        monkeypatch.setattr(type(provider), "_ask", ask)

        with caplog.at_level(logging.ERROR, "polycast"):
            receipt = self.client.send(HELLO)

        assert receipt == Receipt("m1", State.QUEUED, TO)
        assert "AuditLog failed after acme had answered send: AuditLogError" in caplog.text
        assert "The answer stands." in caplog.text


def test_a_log_that_was_never_writable_is_told_when_connecting(
    tmp_path: Path, connect: Connect
) -> None:
    """
    Nobody has to send something to find out.
    """
    log = AuditLog(tmp_path / "nowhere" / "audit.jsonl")

    with pytest.raises(AuditLogError, match="cannot be written: No such file or directory"):
        connect(log)
    (tmp_path / "nowhere").mkdir()
    assert connect(log).send(HELLO).id == "m1"


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has such permissions")
def test_it_is_for_its_owner_alone(path: Path, connect: Connect) -> None:
    """
    A log that it makes can be read by nobody else.
    """
    connect(AuditLog(path))

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_was_moved_away_is_begun_anew(path: Path, connect: Connect) -> None:
    """
    Rotating a log needs no word to the process that writes it.
    """
    client = connect(AuditLog(path))
    client.send(HELLO)
    path.rename(path.with_suffix(".1"))
    client.send(HELLO)

    assert len(lines(path)) == len(lines(path.with_suffix(".1"))) == 2


def test_dry_runs_and_answers_of_other_wrappers_are_seen(path: Path, connect: Connect) -> None:
    """
    A dry run is logged as one; whoever is suppressed was never attempted.
    """
    client = connect(DryRun(), AuditLog(path), SuppressionList(addresses=[TO]))

    client.send_bulk(TONIGHT)
    with pytest.raises(UsageError):
        client.send(HELLO)

    attempt, outcome = lines(path)
    assert attempt["to"] == ["contact:..."]
    assert outcome["id"].startswith("dry-run:")
    assert outcome["states"] == {"cancelled": 1}


def test_no_secret_is_written(path: Path, provider: Any) -> None:
    """
    Neither the settings nor what the provider answered are in the log.
    """

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: Secret

    account = Account("acme", "kyiv", Settings(token=Secret("sentinel-42")))
    log = AuditLog(path, texts=True, addresses="full")
    client = Client("acme", provider, wrappers=[log], account=account)
    provider.failure = Rejected("sentinel-42", provider="acme", raw={"token": "sentinel-42"})

    with pytest.raises(Rejected):
        client.send(HELLO)

    assert len(lines(path)) == 2
    assert "sentinel-42" not in path.read_text()
    assert "sentinel-42" not in repr(log)


def test_nothing_in_a_text_ends_a_line(path: Path, connect: Connect) -> None:
    """
    Line ends of any kind, and half characters, stay within their line.
    """
    connect(AuditLog(path, texts=True)).send(Message(TO, text="a\nb\r\u2028\x85c"))

    assert len(path.read_bytes().splitlines()) == 2
    assert lines(path)[0]["text"] == "a\nb\r\u2028\x85c"


def test_a_logger_takes_the_place_of_a_file(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The lines go to a logger by name, for whoever has one that keeps them.
    """
    with caplog.at_level(logging.INFO, "acme.audit"):
        connect(AuditLog(logger="acme.audit")).send(HELLO)

    assert [json.loads(record.message)["event"] for record in caplog.records] == [
        "attempt",
        "outcome",
    ]


def test_lines_of_threads_and_processes_are_whole(
    path: Path, connect: Connect, tmp_path: Path
) -> None:
    """
    Each line is one write: however many write, none is cut or mixed with another.
    """
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from conftest import Provider
from polycast import Broadcast, Client
from polycast.wrappers import AuditLog
client = Client("acme", Provider(), wrappers=[AuditLog({str(path)!r}, addresses="full")])
people = [f"+3809{{n:08}}" for n in range(2)]
for _ in range(100):
    client.send_bulk(Broadcast(text="Hello", recipients=people))
"""
    other = subprocess.Popen([sys.executable, "-c", script])
    client = connect(AuditLog(path, texts=True))
    threads = [
        threading.Thread(target=lambda: [client.send(HELLO) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert other.wait() == 0
    assert len(lines(path)) == 2 * (100 + 4 * 50)


def test_one_log_is_one_client_s(path: Path, connect: Connect) -> None:
    """
    Two clients would be mixed up in one: each has its own, and they may share the file.
    """
    log = AuditLog(path)
    connect(log).send(HELLO)

    with pytest.raises(UsageError, match="give each its own"):
        connect(log)
    connect(AuditLog(path)).send(HELLO)
    assert len(lines(path)) == 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "a file, or a logger"),
        ({"file": "a", "logger": "b"}, "a file, or a logger"),
        ({"file": "a", "addresses": "none"}, "addresses is one of count, short, full"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], words: str) -> None:
    """
    What makes no log is refused where it is written.
    """
    with pytest.raises(UsageError, match=words):
        AuditLog(**settings)
