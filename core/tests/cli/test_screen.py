"""What it looks like: on a terminal, on a narrow one, in a pipe."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import polycast
import pytest
from polycast import Broadcast
from polycast.campaign import Ledger
from polycast.cli.screen import shown

COLOURS = re.compile(r"\x1b\[[0-9;]*3[0-9]m")


def on_a_terminal(
    module: ModuleType, *args: str, typed: str = "", code: int = 0, **environment: str
) -> str:
    """Run the command on a terminal, and return everything that was written to it."""
    assert module.__file__ is not None
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "polycast", *args],
        env={
            **os.environ,
            "PYTHONPATH": str(Path(module.__file__).parent),
            "TERM": "xterm",
            "COLUMNS": "80",
            **environment,
        },
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    os.write(master, typed.encode())
    written = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # Linux's way to say that nobody holds the other end any more
            break
        if not piece:
            break
        written += piece
    os.close(master)
    assert process.wait() == code
    return written.decode()


class TestATerminal:
    def test_watch_changes_one_line(self, home: Path, memory: ModuleType) -> None:
        """A watch shows a line that changes in place, then the final status for good."""
        written = on_a_terminal(
            memory, "watch", "broadcast:1", "--profile", "memory", "--interval", "0.2"
        )
        assert "\x1b[2K" in written
        words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
        assert "sending (under way): 2 sent, of 3" in words
        assert words.splitlines()[-2:] == [
            "state     delivered: 3 delivered, of 3",
            "finished  2026-01-01 12:00:00+00:00",
        ]

    def test_what_to_do_next(self, home: Path, memory: ModuleType) -> None:
        """A person is told how to follow what was sent; a pipe is not."""
        (home / "a b.toml").write_text("")
        written = on_a_terminal(
            memory, "--config", "a b.toml", "send", "memory", "+380961234501", "--text", "Hi"
        )
        assert "polycast --config 'a b.toml' watch message:1 --profile memory" in written

    def test_colours(self, home: Path, memory: ModuleType) -> None:
        """States are coloured, and are not where NO_COLOR asks for that."""
        assert COLOURS.search(on_a_terminal(memory, "status", "failed", "--profile", "memory"))
        plain = on_a_terminal(memory, "status", "failed", "--profile", "memory", NO_COLOR="1")
        assert "failed" in plain
        assert not COLOURS.search(plain)


class TestWidths:
    def test_a_narrow_terminal(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a table does not fit, each row becomes lines, and no word is broken."""
        monkeypatch.setenv("COLUMNS", "46")
        lines = run("providers").stdout.splitlines()
        assert "provider         memory" in lines
        assert "actions          pause, resume, stop" in lines
        assert max(map(len, lines)) <= 46

    def test_a_pipe(self, run: Any) -> None:
        """In a pipe nothing is folded, coloured or filled up: a line is a record."""
        long = "x" * 300
        result = run("broadcast", "memory", "-", "--text", long, "--dry-run", stdin="to\ncontact:7")
        assert f"contact:7          2   {long}" in result.stdout.splitlines()
        assert "\x1b" not in result.stdout
        assert not any(line.endswith(" ") for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Zoë, Олена 👩\u200d🍳\nnext", "Zoë, Олена 👩\u200d🍳\nnext"),
        ("\x1b[31mred\x07\r\t\x9b", "\\x1b[31mred\\x07\\r\\t\\x9b"),
        ("a\u202eb\ud800", "a\\u202eb\\ud800"),
    ],
)
def test_what_is_shown(text: str, seen: str) -> None:
    """Letters of any script are shown as they are; what acts on a terminal is spelled out."""
    assert shown(text) == seen


class TestQuestions:
    @pytest.fixture
    def many(self, home: Path) -> Path:
        """A list of more than a hundred."""
        path = home / "many.csv"
        path.write_text("to\n" + "".join(f"+38096123{n:04}\n" for n in range(6000, 6102)))
        return path

    @pytest.mark.parametrize(
        ("typed", "words", "code", "sent"),
        [("y\n", (), 0, 102), ("n\n", (), 1, 0), ("\n", (), 1, 0), ("", ("--yes",), 0, 102)],
    )
    def test_before_many_are_sent_to(
        self,
        many: Path,
        memory: ModuleType,
        typed: str,
        words: tuple[str, ...],
        code: int,
        sent: int,
    ) -> None:
        """More than a hundred are sent to after a yes; after a no, no campaign is left."""
        command = ("broadcast", "memory", many.name, "--text", "We open at six.", *words)
        written = on_a_terminal(memory, *command, typed=typed, code=code)
        assert ("102 recipients through memory, 102 segments as SMS" in written) is not bool(words)
        assert ("[y/N]" in written) is not bool(words)
        with Ledger.open() as ledger:
            found = [each.report().progress.total for each in ledger.campaigns()]
        assert found == ([sent] if sent else [])

    def test_a_script_is_not_asked(self, many: Path, spawn: Any) -> None:
        """Away from a terminal nothing is asked."""
        ended = spawn("broadcast", "memory", many.name, "--text", "Hi")
        assert ended.returncode == 0
        assert "[y/N]" not in ended.stderr

    @pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 1)])
    def test_before_the_same_is_sent_again(
        self, home: Path, memory: ModuleType, typed: str, code: int
    ) -> None:
        """The same text to the same list is sent once more after a yes alone."""
        (home / "list.csv").write_text("to\n+380961234501\n")
        with Ledger.open() as ledger, polycast.connect("memory") as client:
            people = ["+380961234501"]
            first = ledger.plan(client, Broadcast(text="Hi", recipients=people))
            command = ("broadcast", "memory", "list.csv", "--text", "Hi")
            written = on_a_terminal(memory, *command, typed=typed, code=code)
            assert f"{first.id}, planned" in written
            assert len(list(ledger.campaigns())) == (1 if code else 2)

    def test_before_a_campaign_is_forgotten(self, home: Path, memory: ModuleType) -> None:
        """`forget` asks, and says what it would remove."""
        with Ledger.open() as ledger, polycast.connect("memory") as client:
            people = ["+380961234501"]
            campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people, name="Friday"))
            campaign.run(client)
            written = on_a_terminal(memory, "forget", campaign.id, typed="n\n", code=1)
            assert f"Remove {campaign.id} (Friday) with 1 recipient from" in written
            assert len(list(ledger.campaigns())) == 1
            on_a_terminal(memory, "forget", campaign.id, typed="y\n")
            assert list(ledger.campaigns()) == []

    @pytest.mark.parametrize(("typed", "code", "calls"), [("y\n", 0, 5), ("n\n", 1, 3)])
    def test_a_test_goes_first(
        self, home: Path, memory: ModuleType, typed: str, code: int, calls: int
    ) -> None:
        """--test sends the first three texts to one's own phone, and asks before the rest."""
        rows = "".join(f"+38096123450{place},Guest {place}\n" for place in range(4))
        (home / "few.csv").write_text(f"to,name\n{rows}")
        log = home / "calls"
        command = ("broadcast", "memory", "few.csv", "--text", "Dear {name}", "--test")
        written = on_a_terminal(
            memory, *command, "+375291234567", typed=typed, code=code,
            COLUMNS="200", POLYCAST_MEMORY_LOG=str(log),
        )  # fmt: skip
        assert "Sent to +375291234567, and to nobody else yet: the texts of the first 3" in written
        told = [json.loads(line) for line in log.read_text().splitlines()]
        assert told[:3] == [[["+375291234567", f"Dear Guest {place}"]] for place in range(3)]
        assert len(told) == calls
        with Ledger.open() as ledger:
            assert len(list(ledger.campaigns())) == (1 if calls == 5 else 0)

    def test_a_test_needs_an_answer(self, home: Path, memory: ModuleType, spawn: Any) -> None:
        """In a script --test is refused without --yes, before anything is sent."""
        (home / "few.csv").write_text("to\n+380961234501\n")
        log = home / "calls"
        words = ("broadcast", "memory", "few.csv", "--text", "Hi", "--test", "+375291234567")
        ended = spawn(*words, POLYCAST_MEMORY_LOG=str(log))
        assert ended.returncode == 2
        assert "say --yes" in ended.stderr
        assert not log.exists()
        assert spawn(*words, "--yes", POLYCAST_MEMORY_LOG=str(log)).returncode == 0
        assert len(log.read_text().splitlines()) == 2
