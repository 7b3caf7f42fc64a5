"""`polycast send`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


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
