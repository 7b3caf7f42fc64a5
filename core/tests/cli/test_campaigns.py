"""`polycast campaigns`, `resume` and `report`, and the other commands on a campaign's id."""

import csv
import json
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import polycast
import pytest
from polycast import Action, Broadcast, NotFound, Rejected, hookimpl
from polycast.campaign import Ledger


@pytest.fixture
def broadcast(run: Any) -> Any:
    """Return a function that broadcasts to numbers with these endings; it returns the id."""

    def send(*endings: str) -> str:
        rows = "".join(f"+3809{place}123{end}\n" for place, end in enumerate(endings))
        told = run("broadcast", "memory", "-", "--text", "Hi", "--json", stdin="to\n" + rows)
        return str(json.loads(told.stdout)["id"])

    return send


@pytest.fixture
def guests(run: Any) -> str:
    """Broadcast to the two whom the provider's reports name; return the campaign's id."""
    rows = "to\n+380961234501\n+380961234502\n"
    told = run("broadcast", "memory", "-", "--text", "Hi", "--json", stdin=rows)
    return str(json.loads(told.stdout)["id"])


class TestList:
    def test_nothing_yet(self, run: Any, home: Path) -> None:
        """An empty ledger says so, and where it is."""
        result = run("campaigns")
        assert result.exit_code == 0
        assert result.stdout.startswith(f"The ledger {home}/.local/share/polycast/ledger.sqlite")

    def test_all_of_them(self, run: Any, broadcast: Any) -> None:
        """Each campaign is a line, the latest first."""
        first, second = broadcast("4501"), broadcast("3333")
        lines = run("campaigns").stdout.splitlines()
        assert [line.split()[0] for line in lines[2:]] == [second, first]
        assert lines[2].endswith("open    1 in doubt")
        told = json.loads(run("campaigns", "--json").stdout)
        assert [(each["id"], each["state"]) for each in told] == [(second, "open"), (first, "done")]

    def test_what_is_in_flight(
        self, run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """People whose call is not answered yet are counted."""
        called, answered = threading.Event(), threading.Event()

        class Held(list[object]):
            def append(self, told: object) -> None:
                called.set()
                assert answered.wait(60)

        monkeypatch.setattr(memory, "sent", Held())
        with Ledger.open() as ledger, polycast.connect("memory") as client:
            campaign = ledger.plan(client, Broadcast(text="Hi", recipients=["+380961234501"]))
            assert "submitting" not in run("campaigns").stdout
            sending = threading.Thread(target=campaign.run, args=(client,))
            sending.start()
            assert called.wait(60)
            lines = run("campaigns").stdout.splitlines()
            answered.set()
            sending.join()
        assert lines[2].endswith("1 submitting")

    def test_another_ledger(self, run: Any, broadcast: Any, monkeypatch: Any) -> None:
        """--ledger and POLYCAST_LEDGER name another one."""
        broadcast("4501")
        other = ("--ledger", "other.sqlite")
        run("suppress", "add", "+380961234599", *other)
        assert json.loads(run("campaigns", "--json", *other).stdout) == []
        monkeypatch.setenv("POLYCAST_LEDGER", "third.sqlite")
        assert json.loads(run("campaigns", "--json").stdout) == []
        assert Path("third.sqlite").is_file()


class TestContinue:
    def test_the_rejected_on_the_operators_word(
        self, run: Any, broadcast: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """--retry-rejected sends to the rejected again; without it they are left alone."""

        @hookimpl
        def send_bulk(self: Any, broadcast: Broadcast) -> None:
            raise Rejected("barred", provider="memory")

        with monkeypatch.context() as patch:
            patch.setattr(memory.Memory, "send_bulk", send_bulk)
            id = broadcast("4501", "4502")
        result = run("resume", id)
        assert (result.exit_code, len(memory.sent)) == (1, 0)
        assert run("resume", id, "--retry-rejected").exit_code == 0
        assert len(memory.sent) == 1

    def test_what_is_done_is_not_sent_again(
        self, run: Any, broadcast: Any, memory: ModuleType
    ) -> None:
        """Nothing is sent for what the provider has."""
        id = broadcast("4501", "4502")
        result = run("resume", id)
        assert result.exit_code == 0, result.stderr
        assert len(memory.sent) == 1

    def test_what_is_in_doubt(self, run: Any, broadcast: Any, memory: ModuleType) -> None:
        """What is in doubt is held, and sent again only on the operator's word."""
        id = broadcast("3333")
        assert run("resume", id).exit_code == 3
        assert len(memory.sent) == 1
        assert run("resume", id, "--resend-in-doubt").exit_code == 3
        assert len(memory.sent) == 2

    def test_an_unknown_one(self, run: Any) -> None:
        """An id that the ledger does not have is a sentence and 2."""
        result = run("resume", "c-222222")
        assert result.exit_code == 2
        assert "has no campaign 'c-222222'" in result.stderr

    def test_failures_in_a_row(self, run: Any, memory: ModuleType) -> None:
        """--error-threshold pauses it after so many failed calls; 0 lets it try them all."""
        rows = "to\n" + "".join(f"+38096{place}003333\n" for place in range(1, 6))
        few = ("--batch-size", "1", "--workers", "1", "--json", "--error-threshold")
        told = json.loads(run("broadcast", "memory", "-", "-t", "Hi", *few, "2", stdin=rows).stdout)
        assert (told["state"], len(memory.sent)) == ("paused", 2)
        told = json.loads(run("resume", told["id"], "--json", "--error-threshold", "0").stdout)
        assert (told["state"], len(memory.sent)) == ("open", 5)


class TestReport:
    def test_counts(self, run: Any, broadcast: Any) -> None:
        """It counts recipients by state, and tells what was said of those in doubt."""
        id = broadcast("4501", "4502", "4444", "3333")
        lines = [line.split() for line in run("report", id).stdout.splitlines()]
        for counted in (["queued", "2"], ["rejected", "1"], ["in", "doubt", "1"]):
            assert counted in lines
        assert any("the reply was lost" in " ".join(line) for line in lines)
        told = json.loads(run("report", id, "--json").stdout)
        assert told["states"] == {"queued": 2, "rejected": 1, "in doubt": 1}
        assert told["in_doubt"] == 1

    def test_files(self, run: Any, broadcast: Any) -> None:
        """--csv and --jsonl write what became of each recipient."""
        id = broadcast("4501", "4444")
        assert run("report", id, "--csv", "a.csv", "--jsonl", "a.jsonl").exit_code == 0
        with Path("a.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [(row["to"], row["state"]) for row in rows] == [
            ("+380901234501", "queued"),
            ("+380911234444", "rejected"),
        ]
        told = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
        assert [each["state"] for each in told] == ["queued", "rejected"]
        assert run("report", id, "--csv", "nowhere/a.csv").exit_code == 2
        # '-' is standard output, which nothing else is written to.
        assert run("report", id, "--csv", "-").stdout == Path("a.csv").read_text()
        assert run("report", id, "--jsonl", "-").stdout == Path("a.jsonl").read_text()
        assert run("report", id, "--csv", "-", "--json").exit_code == 2
        assert not Path("-").exists()


class TestForget:
    def test_what_is_over(self, run: Any, broadcast: Any) -> None:
        """A campaign that is over leaves the ledger with all of its people."""
        id = broadcast("4501")
        assert run("forget", id).exit_code == 0
        assert json.loads(run("campaigns", "--json").stdout) == []
        assert run("forget", id).exit_code == 2

    def test_what_is_in_doubt(self, run: Any, broadcast: Any) -> None:
        """What is in doubt is not forgotten: the ledger is the only record of it."""
        id = broadcast("3333")
        result = run("forget", id)
        assert result.exit_code == 2
        assert "in doubt" in result.stderr
        assert "forget --in-doubt" in " ".join(result.stderr.split())
        assert len(json.loads(run("campaigns", "--json").stdout)) == 1

    def test_what_is_in_doubt_on_an_explicit_word(self, run: Any, broadcast: Any) -> None:
        """Where nobody can ever know, --in-doubt forgets it all the same."""
        id = broadcast("3333")
        assert run("forget", id, "--in-doubt").exit_code == 0
        assert json.loads(run("campaigns", "--json").stdout) == []


class TestOtherCommands:
    def test_status(
        self, run: Any, guests: str, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`status` asks the provider about each call, and the ledger keeps what it says."""
        assert json.loads(run("report", guests, "--json").stdout)["states"] == {"queued": 2}
        made = memory.Memory.__init__

        def late(self: Any, settings: Any) -> None:
            made(self, settings, 5)

        monkeypatch.setattr(memory.Memory, "__init__", late)
        told = json.loads(run("status", guests, "--json", "--reports").stdout)
        assert told["states"] == {"delivered": 1, "read": 1}
        assert [each["state"] for each in told["reports"]] == ["delivered", "read"]
        assert json.loads(run("report", guests, "--json").stdout)["states"] == told["states"]
        result = run("status", guests, "--reports")
        assert "+380961234501   delivered" in result.stdout

    def test_status_of_what_is_unknown(self, run: Any, guests: str, monkeypatch: Any) -> None:
        """A call that cannot be asked about is told, and is 3; the counts are shown anyway."""

        def fail(*_: object) -> None:
            raise NotFound("No such thing", provider="memory", operation="status")

        monkeypatch.setattr("polycast.client.Client.status", fail)
        result = run("status", guests)
        assert result.exit_code == 3
        assert "1 call could not be asked about" in result.stderr
        assert ["queued", "2"] in map(str.split, result.stdout.splitlines())

    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_watch(self, run: Any, guests: str, form: list[str]) -> None:
        """`watch` tells each change until nothing changes any more, and exits by the outcome."""
        result = run("watch", guests, "--interval", "0.01", *form)
        assert result.exit_code == 0, result.stderr
        first, last = result.stdout.splitlines()
        if form:
            assert json.loads(first)["states"] == {"sending": 2}
            assert json.loads(last)["states"] == {"delivered": 1, "read": 1}
        else:
            assert first == "done: 2 sending, of 2"
            assert sorted(last[len("done: ") :].split(", ")) == ["1 delivered", "1 read", "of 2"]

    def test_watch_gives_up(self, run: Any, broadcast: Any) -> None:
        """When the time is up first it is 3, and what is under way is said to be."""
        id = broadcast("4501")
        result = run("watch", id, "--interval", "0.01", "--timeout", "0")
        assert result.exit_code == 3
        assert f"{id} was still under way" in result.stderr
        assert run("watch", id, "--interval", "0").exit_code == 2

    def test_pause_and_resume(self, run: Any, broadcast: Any) -> None:
        """A pause is the campaign's own and the provider's; a resume undoes it."""
        id = broadcast("4501", "4502")
        result = run("pause", id)
        assert result.exit_code == 0, result.stderr
        assert "state      paused" in result.stdout
        assert "succeeded  1 call, at memory" in result.stdout
        assert json.loads(run("report", id, "--json").stdout)["state"] == "paused"
        assert json.loads(run("report", id, "--json").stdout)["states"] == {"paused": 2}
        told = json.loads(run("resume", id, "--json").stdout)
        assert (told["state"], told["states"]) == ("done", {"sending": 2})

    def test_resume_sends_the_rest(
        self, run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One command undoes a pause: the provider is told, and what was not sent is sent."""
        told: list[Action] = []
        own, take = memory.Memory.control, memory.Memory.send_bulk

        @hookimpl
        def control(self: Any, id: str, action: Action) -> Any:
            told.append(action)
            return own(self, id, action)

        @hookimpl
        def send_bulk(self: Any, broadcast: Broadcast) -> Any:
            if len(memory.sent) == 1:
                campaign.control(client, Action.PAUSE)
            return take(self, broadcast)

        monkeypatch.setattr(memory.Memory, "control", control)
        monkeypatch.setattr(memory.Memory, "send_bulk", send_bulk)
        with Ledger.open() as ledger, polycast.connect("memory") as client:
            people = [f"+38096123450{place}" for place in range(9)]
            campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))
            campaign.run(client, workers=1)
        assert told == [Action.PAUSE]
        assert run("resume", campaign.id).exit_code == 0
        assert told == [Action.PAUSE, Action.RESUME]
        assert len(memory.sent) == 3
        # What the provider does not hold is not resumed there.
        assert run("resume", campaign.id).exit_code == 0
        assert len(told) == 2

    def test_no_advice_that_does_not_work(self, run: Any, broadcast: Any) -> None:
        """A stopped campaign is not advised to be gone on with: it would be refused."""
        id = broadcast("3333", "4444")
        assert run("stop", id).exit_code == 0
        result = run("resume", id)
        assert result.exit_code == 2
        assert "was stopped" in result.stderr
        assert "resume" not in result.stderr

    def test_stop_and_delete(self, run: Any, broadcast: Any) -> None:
        """What was stopped is not gone on with; a provider that cannot delete is said to."""
        id = broadcast("4501")
        assert run("stop", id).exit_code == 0
        result = run("resume", id)
        assert result.exit_code == 2
        assert "was stopped" in result.stderr
        deleted = run("delete", id)
        assert deleted.exit_code == 0
        assert "unsupported  1 call: memory has no delete for them" in deleted.stdout

    def test_another_profile(self, run: Any, broadcast: Any, home: Path) -> None:
        """A campaign is not asked about at another account."""
        id = broadcast("4501")
        (home / "polycast.toml").write_text('[profiles.b]\nprovider = "memory"\ntoken = "x"\n')
        result = run("status", id, "--profile", "b")
        assert result.exit_code == 2
        assert "was planned for the profile 'memory'" in result.stderr
