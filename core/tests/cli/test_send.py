"""`polycast send`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polycast import LedgerError, ProviderUnavailable
from polycast.campaign.sends import SingleSend
from polycast.plugins.caller import HookCaller


class TestSend:
    def test_a_receipt_is_printed(self, run: Any, memory: ModuleType) -> None:
        """One message is sent, and its receipt printed, unfolded, one fact a line."""
        result = run("send", "memory", "+380961234501", "--text", "Hello [you] :smile:")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "id     message:1",
            "to     +380961234501",
            "state  queued (as you wished)",
        ]
        assert [each.text for each in memory.sent] == ["Hello [you] :smile:"]

    def test_every_option_arrives(self, run: Any, memory: ModuleType, home: Path) -> None:
        """Sender, moment, URLs and files reach the provider as they were given."""
        (home / "menu.png").write_bytes(b"png")
        result = run(
            *("send", "memory", "contact:7", "--text", "Hi", "--sender", "Bistro"),
            *("--at", "2999-01-31T09:00Z", "--media", "menu.png", "--media", "https://x.test/a"),
        )
        assert result.exit_code == 0, result.stderr
        (message,) = memory.sent
        assert message.to == "contact:7"
        assert message.sender == "Bistro"
        assert message.send_at == datetime(2999, 1, 31, 9, tzinfo=UTC)
        assert message.media == (Path("menu.png"), "https://x.test/a")

    def test_as_json(self, run: Any) -> None:
        """With --json the receipt is one JSON object, and nothing else is printed."""
        result = run("send", "memory", "+380961234501", "--text", "Hi", "--json")
        assert json.loads(result.stdout) == {
            "id": "message:1",
            "state": "queued",
            "to": "+380961234501",
            "reference": None,
            "detail": "as you wished",
            "code": None,
            "price": None,
            "segments": None,
        }
        assert result.stderr == ""

    @pytest.mark.parametrize(
        ("to", "code", "words"),
        [
            ("+380961230000", 1, "memory refused send (HTTP 400)"),
            ("+380961234444", 1, "memory did not take the message to +380961234444: as you"),
            ("+380961233333", 3, "Nobody knows whether memory carried out send"),
            ("+380961235555", 3, ""),
        ],
    )
    def test_exit_codes(self, run: Any, to: str, code: int, words: str) -> None:
        """Refused is 1, in doubt is 3, and standard error says why in one sentence."""
        result = run("send", "memory", to, "--text", "Hi")
        assert result.exit_code == code
        assert words in result.stderr
        assert len(result.stderr.splitlines()) == (1 if words else 0)

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (("0961234501", "--text", "Hi"), "'0961234501' is not an address"),
            (
                ("+380961234501",),
                "The message to +380961234501 cannot be sent: there is nothing to say",
            ),
            (("+380961234501", "--text", " "), "The text is empty"),
            (("group:7", "--text", "Hi"), "memory does not take 'group' addresses"),
            (("+380961234501", "--text", "Hi", "--at", "tomorrow"), "is not a moment"),
            (("+380961234501", "--text", "Hi", "--at", "2030-01-31T09:00"), "has no zone"),
            (("+380961234501", "--text", "Hi", "--media", "no.png"), "there is no such file"),
            ((), "Missing argument 'TO'"),
            (("+380961234501", "--txt", "Hi"), "No such option: --txt"),
        ],
    )
    @pytest.mark.parametrize("as_json", [False, True])
    def test_wrong_usage_sends_nothing(
        self, run: Any, memory: ModuleType, args: tuple[str, ...], words: str, as_json: bool
    ) -> None:
        """What was asked wrongly ends with 2 and a sentence before anything is sent."""
        result = run("send", *(["--json"] if as_json else []), "memory", *args)
        assert result.exit_code == 2
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert words in (json.loads(line)["error"]["message"] if as_json else line)
        assert memory.sent == []


class TestKeys:
    def test_the_same_command_again(self, run: Any, memory: ModuleType) -> None:
        """A second call with the key prints the receipt of the first, and sends nothing."""
        command = ("send", "memory", "+380961234501", "--text", "Hi", "--key", "order-1")
        first, second = run(*command), run(*command)
        assert (first.exit_code, second.exit_code) == (0, 0)
        assert second.stdout == first.stdout
        assert len(memory.sent) == 1

    def test_other_content(self, run: Any, memory: ModuleType) -> None:
        """The same key with another text is wrong usage; so are options that need a key."""
        command = ("send", "memory", "+380961234501", "--key", "order-1", "--text")
        run(*command, "Hi")
        result = run(*command, "Hello")
        assert result.exit_code == 2
        assert "which has another text. Nothing was sent." in result.stderr
        for wrong in (
            ("--key", "x", "--no-record"),
            ("--resend-in-doubt",),
            ("--key", "{minute}"),
        ):
            assert run("send", "memory", "+380961234501", "--text", "Hi", *wrong).exit_code == 2
        assert len(memory.sent) == 1

    def test_doubt_stays_doubt(self, run: Any, memory: ModuleType) -> None:
        """A lost reply exits with 3 each time, and is sent again on the operator's word alone."""
        command = ("send", "memory", "+380961233333", "--text", "Hi", "--key", "k")
        for _ in range(2):
            result = run(*command)
            assert result.exit_code == 3
            assert "Nobody knows whether memory carried out send" in result.stderr
        assert "polycast send --resend-in-doubt" in result.stderr
        assert len(memory.sent) == 1
        run(*command, "--resend-in-doubt")
        assert len(memory.sent) == 2

    def test_a_refusal_may_be_tried_again(self, run: Any, memory: ModuleType) -> None:
        """A refusal exits with 1, and the next call tries again."""
        command = ("send", "memory", "+380961230000", "--text", "Hi", "--key", "k")
        assert [run(*command).exit_code for _ in range(2)] == [1, 1]
        assert len(memory.sent) == 2


class TestRecording:
    def test_by_default(self, run: Any, home: Path) -> None:
        """A message is recorded in the ledger that campaigns use, and is not with --no-record."""
        ledger = home / ".local/share/polycast/ledger.sqlite"
        command = ("send", "memory", "+380961234501", "--text", "Hi")
        run(*command, "--no-record")
        assert not ledger.exists()
        run(*command)
        assert ledger.exists()
        run(*command, "--ledger", "other.sqlite")
        assert (home / "other.sqlite").exists()

    def test_a_ledger_that_cannot_be_used(self, run: Any, memory: ModuleType, home: Path) -> None:
        """Nothing is sent that cannot be recorded, and the error says how to send it anyhow."""
        (home / "broken.sqlite").write_text("no database at all" * 100)
        command = ("send", "memory", "+380961234501", "--text", "Hi", "--ledger", "broken.sqlite")
        result = run(*command)
        assert result.exit_code == 1
        assert "--no-record" in result.stderr
        assert memory.sent == []
        assert run(*command, "--no-record").exit_code == 0

    def test_without_the_extra(
        self, run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        """Without the extra that keeps ledgers a message is sent; one with a key is not."""
        monkeypatch.setattr("polycast.cli.ledgers.find_spec", lambda _: None)
        assert run("send", "memory", "+380961234501", "--text", "Hi").exit_code == 0
        assert not (home / ".local").exists()
        assert len(memory.sent) == 1


@pytest.mark.parametrize("record", [(), ("--no-record",)])
def test_an_answer_that_leaves_doubt(
    run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch, record: tuple[str, ...]
) -> None:
    """HTTP 500 to a send does not say that nothing was sent: the exit code is 3."""

    def failing(*_: object) -> None:
        raise ProviderUnavailable(provider="memory", operation="send", http_status=500)

    monkeypatch.setattr(HookCaller, "send", failing)
    result = run("send", "memory", "+380961234501", "--text", "Hi", *record)
    assert (result.exit_code, result.stdout) == (3, "")


@pytest.mark.parametrize(("step", "code"), [("_claim_first", 1), ("_end", 3)])
def test_a_ledger_that_fails(
    run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    """A ledger that fails before the message leaves is a failure, and afterwards a doubt."""

    def failing(*_: object) -> None:
        raise LedgerError("The disk is full.")

    monkeypatch.setattr(SingleSend, step, failing)
    result = run("send", "memory", "+380961234501", "--text", "Hi", "--key", "order-1042")
    assert result.exit_code == code
    assert len(memory.sent) == (code == 3)
    assert ("memory had answered: queued, message:1." in result.stderr) is (code == 3)
