"""`polycast send` and `polycast broadcast`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

GUESTS = 'to,name,reference\n+380961234501,"Kovalenko, Olena",a-1\n+380961234502,Andrii,\n'


@pytest.fixture
def guests(home: Path) -> Path:
    """A list of two."""
    path = home / "guests.csv"
    path.write_text(GUESTS)
    return path


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
            *("--at", "2030-01-31T09:00Z", "--media", "menu.png", "--media", "https://x.test/a"),
        )
        assert result.exit_code == 0, result.stderr
        (message,) = memory.sent
        assert message.to == "contact:7"
        assert message.sender == "Bistro"
        assert message.send_at == datetime(2030, 1, 31, 9, tzinfo=UTC)
        assert message.media == (Path("menu.png"), "https://x.test/a")

    def test_as_json(self, run: Any) -> None:
        """With --json the receipt is one JSON object, and nothing else is printed."""
        result = run("send", "memory", "+380961234501", "--text", "Hi", "--json")
        assert json.loads(result.stdout) == {
            "id": "message:1",
            "state": "queued",
            "to": "+380961234501",
            "reference": None,
            "words": "as you wished",
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
            (("+380961234501",), "There is nothing to say to +380961234501"),
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


class TestBroadcast:
    def test_personal_texts(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """Columns fill the text's placeholders, and the receipt tells what became of all."""
        result = run("broadcast", "memory", str(guests), "--text", "Dear {name}!", "--name", "May")
        assert result.exit_code == 0, result.stderr
        assert result.stdout.splitlines() == [
            "id          broadcast:1",
            "state       queued",
            "recipients  2",
            "calls       1",
        ]
        (broadcast,) = memory.sent
        assert broadcast.name == "May"
        assert [broadcast.text_for(each) for each in broadcast.recipients] == [
            "Dear Kovalenko, Olena!",
            "Dear Andrii!",
        ]

    def test_from_standard_input(self, run: Any, memory: ModuleType) -> None:
        """`-` reads the list from standard input; it may bring each text itself."""
        result = run("broadcast", "memory", "-", stdin="to;text\n+380961234501;Вітаю, [друже]\n")
        assert result.exit_code == 0, result.stderr
        assert memory.sent[0].recipients[0].text == "Вітаю, [друже]"

    def test_as_json(self, run: Any, guests: Path) -> None:
        """With --json every recipient and every call is told."""
        result = run("broadcast", "memory", str(guests), "--text", "Hi", "--json")
        told = json.loads(result.stdout)
        assert (told["id"], told["state"]) == ("broadcast:1", "queued")
        assert [each["reference"] for each in told["receipts"]] == ["a-1", None]
        assert [each["size"] for each in told["batches"]] == [2]

    def test_dry_run(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A dry run shows the calls and each one's text, and sends nothing."""
        result = run("broadcast", "memory", str(guests), "--text", "Dear {name}!", "--dry-run")
        assert result.exit_code == 0
        assert "Dear Kovalenko, Olena!" in result.stdout
        told = run(
            "broadcast", "memory", str(guests), "--text", "Dear {name}!", "--dry-run", "--json"
        )
        assert json.loads(told.stdout) == {
            "dry_run": True,
            "provider": "memory",
            "recipients": 2,
            "calls": [
                {
                    "text": "Dear {name}!",
                    "recipients": [
                        {
                            "to": "+380961234501",
                            "reference": "a-1",
                            "text": "Dear Kovalenko, Olena!",
                        },
                        {"to": "+380961234502", "reference": None, "text": "Dear Andrii!"},
                    ],
                }
            ],
        }
        assert memory.sent == []

    def test_a_long_dry_run_is_cut(self, run: Any, home: Path) -> None:
        """A person sees the first recipients, and how many more there are."""
        rows = "".join(f"+3809612345{place:02}\n" for place in range(25))
        result = run("broadcast", "memory", "-", "--text", "Hi", "--dry-run", stdin="to\n" + rows)
        assert "9, of 1 to 3 recipients each" in result.stdout
        assert "... and 5 more" in result.stdout
        assert result.stdout.count("+380961") == 20

    @pytest.mark.parametrize(
        ("endings", "code", "sentences"),
        [
            (("4444", "4444"), 3, ["2 of 2 recipients were not accepted."]),
            (("4501", "4444"), 3, ["1 of 2 recipients were not accepted."]),
            (("4501", "5555"), 3, ["Nobody knows about 1 of 2 recipients"]),
            (("3333", "4501"), 3, ["Nobody knows whether memory carried out send_bulk"]),
            (
                ("4501", "4502", "4444", "3333"),
                3,
                ["1 of 4 recipients were not accepted.", "Nobody knows about 1 of 4 recipients"],
            ),
        ],
    )
    def test_partly_failed(
        self, run: Any, endings: tuple[str, ...], code: int, sentences: list[str]
    ) -> None:
        """When some are refused, or in doubt, the exit code is 3 and each of them is shown."""
        rows = "".join(f"+3809{place}123{end}\n" for place, end in enumerate(endings))
        result = run("broadcast", "memory", "-", "--text", "Hi", stdin="to\n" + rows)
        assert result.exit_code == code
        lines = result.stderr.splitlines()
        assert len(lines) == len(sentences)
        assert all(words in line for words, line in zip(sentences, lines, strict=True))

    def test_bad_rows(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A bad row ends it with 2, naming file and row, before anything is sent."""
        guests.write_text(GUESTS + "12,x,\n13,y,\n")
        result = run("broadcast", "memory", str(guests), "--text", "Dear {name}!")
        assert result.exit_code == 2
        first, second = result.stderr.splitlines()
        assert "guests.csv, row 4: '12' is not an address" in first
        assert "guests.csv, row 5: '13' is not an address" in second
        assert memory.sent == []

    def test_a_missing_variable(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A placeholder without a column ends it with 2 before anything is sent."""
        result = run("broadcast", "memory", str(guests), "--text", "Dear {nmae}!")
        assert result.exit_code == 2
        assert "{nmae}" in result.stderr
        assert memory.sent == []
