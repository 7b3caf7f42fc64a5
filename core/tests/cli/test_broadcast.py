"""`polycast broadcast`: what is sent, what is refused, and what a dry run shows."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import polycast
import pytest
from polycast import Action, Broadcast, connect
from polycast.campaign import Ledger
from polycast.cli.options import filled_key

GUESTS = 'to,name,reference\n+380961234501,"Kovalenko, Olena",a-1\n+380961234502,Andrii,\n'


@pytest.fixture
def guests(home: Path) -> Path:
    """Write a list of two."""
    path = home / "guests.csv"
    path.write_text(GUESTS)
    return path


def numbers(*endings: str) -> str:
    """Return a list of different numbers, whose endings say what becomes of them."""
    return "to\n" + "".join(f"+3809{place}123{end}\n" for place, end in enumerate(endings))


class TestSending:
    def test_personal_texts(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """Columns fill the text's placeholders, and the report counts what became of all."""
        result = run("broadcast", "memory", str(guests), "--text", "Dear {name}!", "--name", "May")
        assert result.exit_code == 0, result.stderr
        facts = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[:7])
        assert facts["state"] == "done"
        assert (facts["name"], facts["recipients"], facts["calls"]) == ("May", "2", "1")
        assert result.stdout.splitlines()[-1].split() == ["queued", "2"]
        assert result.stderr == f"{facts['campaign']}: 2 recipients in 1 call\n"
        (broadcast,) = memory.sent
        assert broadcast.name == f"May ({facts['campaign']}-1)"
        assert [broadcast.text_for(each) for each in broadcast.recipients] == [
            "Dear Kovalenko, Olena!",
            "Dear Andrii!",
        ]

    def test_the_sending_can_be_left_to_workers(
        self, run: Any, memory: ModuleType, guests: Path
    ) -> None:
        """With --celery it is planned and open for steps, nothing is sent, and watch is named."""
        told = run("broadcast", "memory", str(guests), "--text", "Hi", "--celery")
        assert told.exit_code == 0, told.stderr
        assert not memory.sent
        facts = dict(line.split(maxsplit=1) for line in told.stdout.splitlines()[:5])
        assert facts["state"] == "open"
        assert f"polycast watch {facts['campaign']}" in told.stderr

        with Ledger.open() as ledger:
            [campaign] = ledger.sending()
            with connect("memory") as client:
                assert campaign.step(client).done
        assert len(memory.sent) == 1

    def test_from_standard_input(self, run: Any, memory: ModuleType) -> None:
        """`-` reads the list from standard input; it may bring each text itself."""
        result = run("broadcast", "memory", "-", stdin="to;text\n+380961234501;Вітаю, [друже]\n")
        assert result.exit_code == 0, result.stderr
        assert memory.sent[0].recipients[0].text == "Вітаю, [друже]"

    def test_as_json(self, run: Any, guests: Path) -> None:
        """With --json the campaign's report is one object, and nothing else is printed."""
        guests.write_text(GUESTS + "+380961234502,Andrii,\n")
        result = run("broadcast", "memory", str(guests), "--text", "Hi", "--json")
        told = json.loads(result.stdout)
        assert (told["state"], told["recipients"], told["calls"]) == ("done", 2, 1)
        assert told["states"] == {"queued": 2}
        assert told["dropped"] == {"duplicate": 1}
        assert result.stderr == ""

    @pytest.mark.parametrize(
        ("endings", "code", "sentences"),
        [
            (("4444", "4444"), 1, ["2 of 2 recipients were not accepted."]),
            (("4501", "4444"), 3, ["1 of 2 recipients were not accepted."]),
            (("4501", "5555"), 3, ["The outcome of 1 of 2 recipients is unknown"]),
            (
                ("3333", "4501"),
                3,
                ["The outcome of 2 of 2 recipients is unknown", " --resend-in-doubt"],
            ),
            (
                ("4501", "4502", "4444", "3333"),
                3,
                [
                    "1 of 4 recipients were not accepted.",
                    "The outcome of 1 of 4 recipients is unknown",
                    " --resend-in-doubt",
                ],
            ),
        ],
    )
    def test_partly_failed(
        self, run: Any, endings: tuple[str, ...], code: int, sentences: list[str]
    ) -> None:
        """All refused is 1; some refused, or in doubt, is 3; and each is said."""
        result = run("broadcast", "memory", "-", "--text", "Hi", stdin=numbers(*endings))
        assert result.exit_code == code
        _, *lines = result.stderr.splitlines()
        assert len(lines) == len(sentences)
        assert all(words in line for words, line in zip(sentences, lines, strict=True))

    def test_a_profile_and_a_ledger(self, run: Any, home: Path) -> None:
        """The campaign keeps the profile's name, in the ledger that was named."""
        settings = home / "accounts file.toml"
        settings.write_text('[profiles.kyiv]\nprovider = "memory"\ntoken = "s3cr3t"\n')
        args = ("--config", str(settings), "broadcast", "kyiv", "-", "--text", "Hi")
        result = run(*args, "--ledger", "a b.sqlite", "--json", stdin=numbers("4501"))
        told = json.loads(result.stdout)
        assert (told["profile"], told["provider"]) == ("kyiv", "memory")
        assert (home / "a b.sqlite").is_file()

    def test_without_the_extra(
        self, run: Any, memory: ModuleType, guests: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without SQLAlchemy it says how to install it, and exits with 2; nothing was sent."""
        for name in list(sys.modules):
            if name.startswith(("sqlalchemy", "polycast.campaign")):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "sqlalchemy", None)
        result = run("broadcast", "memory", str(guests), "--text", "Hi")
        assert result.exit_code == 2
        assert 'pip install "polycast[campaign]"' in result.stderr
        assert memory.sent == []

    @pytest.mark.parametrize(
        "options",
        [
            ("--rate", "fast"),
            ("--workers", "0"),
            ("--error-threshold", "-1"),
            ("--ledger", "mysql://x@y/z"),
        ],
    )
    def test_wrong_options(
        self, run: Any, memory: ModuleType, guests: Path, options: tuple[str, ...]
    ) -> None:
        """An option that makes no sense is one sentence and 2, and there is no campaign."""
        result = run("broadcast", "memory", str(guests), "--text", "Hi", *options)
        assert result.exit_code == 2
        assert memory.sent == []
        assert json.loads(run("campaigns", "--json").stdout) == []

    def test_a_ledger_that_is_none(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A ledger that cannot be used is a sentence and 1 before anything is sent."""
        result = run("broadcast", "memory", str(guests), "--text", "Hi", "--ledger", str(guests))
        assert result.exit_code == 1
        assert "is not a ledger, or is damaged" in result.stderr
        assert memory.sent == []


class TestLists:
    def test_bad_rows(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A bad row ends it with 2, naming file and row, before anything is sent."""
        guests.write_text(GUESTS + "12,x,\n13,y,\n")
        result = run("broadcast", "memory", str(guests), "--text", "Dear {name}!")
        assert result.exit_code == 2
        first, second, hint = result.stderr.splitlines()
        assert "guests.csv, row 4: '12' is not an address" in first
        assert "guests.csv, row 5: '13' is not an address" in second
        assert "--skip-bad-rows" in hint
        assert memory.sent == []

    def test_bad_rows_are_skipped_on_request(
        self, run: Any, memory: ModuleType, guests: Path
    ) -> None:
        """With --skip-bad-rows the others are sent to; --bad-rows lists who was left out."""
        guests.write_text(GUESTS + "12,x,\n+380961234501,Olena,\n")
        result = run(
            *("broadcast", "memory", str(guests), "--text", "Dear {name}!"),
            *("--skip-bad-rows", "--bad-rows", "bad.csv"),
        )
        assert result.exit_code == 0, result.stderr
        assert [each.to for each in memory.sent[0].recipients] == ["+380961234501", "+380961234502"]
        header, first, second = Path("bad.csv").read_text(encoding="utf-8").splitlines()
        assert header == "polycast_reason,to,name,reference"
        assert first.startswith("\"row 4: '12' is not an address")
        assert first.endswith(",12,x,")
        assert second.startswith("\"row 5: '+380961234501' stands in row 2 already")
        assert second.endswith(",+380961234501,Olena,")
        told = [" ".join(line.split()) for line in result.stdout.splitlines()]
        assert "left out: no valid address 1" in told
        assert "left out: listed twice with other values 1" in told

    @pytest.mark.parametrize("options", [(), ("--dry-run",), ("--skip-bad-rows",)])
    def test_bad_rows_are_written_whatever_comes_of_it(
        self, run: Any, memory: ModuleType, guests: Path, options: tuple[str, ...]
    ) -> None:
        """--bad-rows lists who is left out also where that stops it, and where nobody is left."""
        guests.write_text("to\n12\n13\n")
        result = run(
            *("broadcast", "memory", str(guests), "--text", "Hi", "--bad-rows", "bad.csv"),
            *options,
        )
        assert result.exit_code == 2
        assert len(Path("bad.csv").read_text().splitlines()) == 3
        assert memory.sent == []

    def test_region_and_suppression(self, run: Any, memory: ModuleType, home: Path) -> None:
        """--region reads national numbers, and --suppress leaves out whom it lists."""
        (home / "never.txt").write_text("0961234502\n")
        result = run(
            *("broadcast", "memory", "-", "--text", "Hi", "--region", "UA"),
            *("--suppress", "never.txt", "--json"),
            stdin="to\n096 123 45 01\n096 123 45 02\n",
        )
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["dropped"] == {"suppressed": 1}
        assert [each.to for each in memory.sent[0].recipients] == ["+380961234501"]

    def test_a_missing_variable(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A placeholder without a column ends it with 2 before anything is sent."""
        result = run("broadcast", "memory", str(guests), "--text", "Dear {nmae}!")
        assert result.exit_code == 2
        assert "{nmae}" in result.stderr
        assert memory.sent == []


class TestDryRun:
    def test_what_is_shown(self, run: Any, memory: ModuleType, guests: Path, home: Path) -> None:
        """It shows calls, segments and texts, keeps nothing in the ledger, and sends nothing."""
        args = ("broadcast", "memory", str(guests), "--text", "Dear {name}!", "--dry-run")
        result = run(*args)
        assert result.exit_code == 0
        assert "Dear Kovalenko, Olena!" in result.stdout
        assert "calls       1, of 2 recipients each" in result.stdout
        assert "as SMS      2 segments (2 in GSM-7 for 2)" in result.stdout
        assert json.loads(run(*args, "--json").stdout) == {
            "dry_run": True,
            "provider": "memory",
            "stopped": False,
            "recipients": 2,
            "segments": {"total": 2, "GSM-7": 2},
            "left_out": {},
            "warnings": [],
            "bad_rows": [],
            "calls": [
                {
                    "recipients": [
                        {
                            "to": "+380961234501",
                            "reference": "a-1",
                            "text": "Dear Kovalenko, Olena!",
                            "segments": 1,
                            "encoding": "GSM-7",
                        },
                        {
                            "to": "+380961234502",
                            "reference": None,
                            "text": "Dear Andrii!",
                            "segments": 1,
                            "encoding": "GSM-7",
                        },
                    ],
                }
            ],
        }
        assert memory.sent == []
        assert json.loads(run("campaigns", "--json").stdout) == []

    def test_bad_rows_and_duplicates(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """Rows that would be left out are shown with the plan; that they stop it is 2."""
        guests.write_text(GUESTS + "12,x,\n+380961234502,Andrii,\n")
        args = ("broadcast", "memory", str(guests), "--text", "Привіт {name}", "--dry-run")
        result = run(*args)
        assert result.exit_code == 2
        assert "left out    1 no valid address, 1 duplicate" in result.stdout
        assert "2 segments (2 in UCS-2 for 2)" in result.stdout
        assert "Nothing would be sent, because of 1 bad row." in result.stderr
        told = json.loads(run(*args, "--json").stdout)
        assert told["stopped"] is True
        assert [(each["row"], each["problem"]) for each in told["bad_rows"]] == [
            (4, "address"),
            (5, "duplicate"),
        ]
        assert run(*args, "--skip-bad-rows").exit_code == 0
        assert memory.sent == []

    def test_a_long_one_is_cut(self, run: Any) -> None:
        """A person sees the first recipients, and how many more there are."""
        rows = "".join(f"+3809612345{place:02}\n" for place in range(25))
        result = run("broadcast", "memory", "-", "--text", "Hi", "--dry-run", stdin="to\n" + rows)
        assert "9, of 1 to 3 recipients each" in result.stdout
        assert "... and 5 more" in result.stdout
        assert result.stdout.count("+380961") == 20


class TestKeys:
    def test_the_same_command_again(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A second call with the key says that the campaign is done, and sends nothing new."""
        command = ("broadcast", "memory", str(guests), "--text", "Dear {name}!", "--key", "may")
        first = run(*command)
        assert first.exit_code == 0, first.stderr
        second = run(*command)
        assert second.exit_code == 0
        campaign = first.stdout.split()[1]
        assert second.stdout.split()[1] == campaign
        assert second.stderr == (
            f"{campaign}, which has the key may, is done: nothing new was sent.\n"
        )
        assert len(memory.sent) == 1
        told = json.loads(run(*command, "--json").stdout)
        assert (told["id"], told["key"], told["state"]) == (campaign, "may", "done")

    def test_with_rejections_it_is_done_too(self, run: Any, memory: ModuleType, home: Path) -> None:
        """What the provider refused once is not sent again by a repeated command: exit code 0."""
        (home / "list.csv").write_text(numbers("4444", "4444"))
        command = ("broadcast", "memory", "list.csv", "--text", "Hi", "--key", "may")
        assert [run(*command).exit_code, run(*command).exit_code] == [1, 0]
        assert len(memory.sent) == 1

    def test_other_content(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """The same key with another text is wrong usage, and the error says what differs."""
        run("broadcast", "memory", str(guests), "--text", "Hi", "--key", "may")
        result = run("broadcast", "memory", str(guests), "--text", "Hello", "--key", "may")
        assert result.exit_code == 2
        assert "which has another text. Nothing was sent." in result.stderr
        assert len(memory.sent) == 1

    def test_an_interrupted_campaign_goes_on(
        self, run: Any, memory: ModuleType, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the first command did not send, the second one does."""
        rows = numbers("4501", "4502", "4503")
        (home / "list.csv").write_text(rows)
        command = ("broadcast", "memory", "list.csv", "--text", "Hi", "--key", "may")

        class Interrupted(list[object]):
            def append(self, told: object) -> None:
                super().append(told)
                if len(self) == 1:
                    raise KeyboardInterrupt

        monkeypatch.setattr(memory, "sent", Interrupted())
        first = run(*command, "--batch-size", "1", "--workers", "1")
        assert first.exit_code == 130
        second = run(*command)
        assert second.exit_code == 3, second.stderr
        got = [each.to for sent in memory.sent for each in sent.recipients]
        assert sorted(got) == [line for line in rows.splitlines() if line != "to"]

    def test_a_paused_campaign_stays_paused(
        self, run: Any, memory: ModuleType, guests: Path
    ) -> None:
        """A repeated command opens no paused campaign, and says how to go on."""
        (guests.parent / "more.csv").write_text(numbers("4501", "3333", "4502"))
        command = ("broadcast", "memory", "more.csv", "--text", "Hi", "--key", "may", "--json")
        threshold = ("--batch-size", "1", "--workers", "1", "--error-threshold", "1")
        campaign = json.loads(run(*command, *threshold).stdout)["id"]
        sent = len(memory.sent)
        result = run(*command[:-1])
        assert result.exit_code == 3
        assert f"Go on with: polycast resume {campaign}" in " ".join(result.stderr.split())
        assert len(memory.sent) == sent

    def test_the_date_and_the_hour(self) -> None:
        """`{date}` and `{hour}` are filled in by the local clock."""
        now = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)
        assert filled_key("daily-{date}", now) == "daily-2026-11-27"
        assert filled_key("{date} {hour} {{x}}", now) == "2026-11-27 09 {x}"
        assert filled_key(None) is None

    def test_other_placeholders(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """A placeholder that is none of these is refused before anything is read."""
        for key in ("daily-{day}", "daily-{"):
            result = run("broadcast", "memory", str(guests), "--text", "Hi", "--key", key)
            assert result.exit_code == 2
            assert "there are {date} and {hour}" in result.stderr
        assert memory.sent == []


class TestTheSameAgain:
    """Without a key, the same text to the same list within a day."""

    def test_a_script_is_refused(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """The second command sends nothing, exits with 2 and says what to do; --again sends it."""
        command = ("broadcast", "memory", str(guests), "--text", "Hi")
        first = run(*command).stdout.split()[1]
        second = run(*command, "--name", "Friday", "--yes")
        assert second.exit_code == 2
        assert f"{first}, planned " in second.stderr
        assert f"say --again; to send the rest of that one: polycast resume {first}." in (
            second.stderr
        )
        assert len(memory.sent) == 1
        assert [each["id"] for each in json.loads(run("campaigns", "--json").stdout)] == [first]
        assert run(*command, "--again").exit_code == 0
        assert len(memory.sent) == 2

    def test_what_is_not_the_same(self, run: Any, memory: ModuleType, guests: Path) -> None:
        """Another text, another list or a key of its own is sent without a question."""
        command = ("broadcast", "memory", str(guests), "--text")
        run(*command, "Hi")
        codes = [run(*command, "Hello").exit_code, run(*command, "Hi", "--key", "k").exit_code]
        guests.write_text(GUESTS + "+380961234503,Ivan,\n")
        codes.append(run(*command, "Hi").exit_code)
        assert codes == [0, 0, 0]
        assert len(memory.sent) == 4

    def test_one_that_was_refused(self, run: Any, memory: ModuleType, home: Path) -> None:
        """A campaign that sent nothing, and never will, is no reason to ask."""
        with Ledger.open() as ledger, polycast.connect("memory") as client:
            broadcast = Broadcast(text="Hi", recipients=["+380961234501"])
            campaign = ledger.plan(client, broadcast)
            campaign.control(client, Action.STOP)
        (home / "list.csv").write_text("to\n+380961234501\n")
        assert run("broadcast", "memory", "list.csv", "--text", "Hi").exit_code == 0

    def test_yesterday(
        self, run: Any, memory: ModuleType, guests: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After a day the same may be sent again."""
        run("broadcast", "memory", str(guests), "--text", "Hi")
        monkeypatch.setattr("polycast.cli.asking.ALIKE", timedelta(0))
        assert run("broadcast", "memory", str(guests), "--text", "Hi").exit_code == 0
