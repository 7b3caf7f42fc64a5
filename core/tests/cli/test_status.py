"""`polycast status`, `watch`, and the commands that change a broadcast's course."""

import json
from types import ModuleType
from typing import Any

import pytest


class TestStatus:
    def test_what_is_known(self, run: Any, memory: ModuleType) -> None:
        """The state, the provider's own word and the counts are told; reports are not fetched."""
        result = run("status", "broadcast:1", "--profile", "memory")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "id     broadcast:1",
            "state  sending (under way): 2 sent, of 3",
        ]
        assert memory.reads == []

    def test_as_json(self, run: Any) -> None:
        """With --json it is one object, with `final` always true or false."""
        told = json.loads(run("status", "failed", "--profile", "memory", "--json").stdout)
        assert told["state"] == "failed"
        assert told["final"] is True
        assert "reports" not in told

    def test_reports(self, run: Any, memory: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        """--reports fetches and tells the state of each recipient."""
        made = memory.Memory.__init__

        def late(self: Any, settings: Any) -> None:
            made(self, settings, 5)

        monkeypatch.setattr(memory.Memory, "__init__", late)
        result = run("status", "broadcast:1", "--profile", "memory", "--reports")
        assert "+380961234501   a-1         delivered (ok)" in result.stdout
        told = json.loads(
            run("status", "broadcast:1", "--profile", "memory", "--reports", "--json").stdout
        )
        assert [each["state"] for each in told["reports"]] == ["delivered", "read"]
        assert told["finished_at"] == "2026-01-01T12:00:00+00:00"

    def test_an_unknown_id(self, run: Any) -> None:
        """An id that the provider does not know is a sentence and 1."""
        result = run("status", "nowhere", "--profile", "memory")
        assert result.exit_code == 1
        assert "memory did not find what status asked for: No such thing" in result.stderr

    def test_an_empty_id(self, run: Any) -> None:
        """An empty id is wrong usage."""
        assert run("status", "", "--profile", "memory").exit_code == 2


class TestWatch:
    def test_lines(self, run: Any) -> None:
        """Away from a terminal each change is a line, and the final state ends it."""
        result = run("watch", "broadcast:1", "--profile", "memory", "--interval", "0.01")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            "sending (under way): 2 sent, of 3",
            "delivered: 3 delivered, of 3",
        ]

    def test_json_lines(self, run: Any) -> None:
        """With --json each change is an object on a line of its own."""
        result = run("watch", "broadcast:1", "--profile", "memory", "--interval", "0.01", "--json")
        told = [json.loads(line) for line in result.stdout.splitlines()]
        assert [each["state"] for each in told] == ["sending", "delivered"]
        assert [each["final"] for each in told] == [False, True]

    @pytest.mark.parametrize(("id", "code"), [("failed", 1), ("mixed", 3)])
    def test_exit_by_the_outcome(self, run: Any, id: str, code: int) -> None:
        """What failed ends with 1, what failed for some with 3."""
        assert run("watch", id, "--profile", "memory").exit_code == code

    def test_a_timeout(self, run: Any) -> None:
        """When the time is up first, nobody knows yet: 3, and the last state is told."""
        args = ("watch", "stuck", "--profile", "memory", "--interval", "0.01", "--timeout", "0.02")
        result = run(*args)
        assert result.exit_code == 3
        assert result.stdout.splitlines() == ["sending"]
        assert "stuck was still sending after 0.02 s" in result.stderr
        told = run(*args, "--json")
        assert json.loads(told.stderr)["error"]["kind"] == "WaitTimeout"

    @pytest.mark.parametrize("interval", ["0", "-1", "nan", "inf", "soon"])
    def test_a_wrong_interval(self, run: Any, interval: str) -> None:
        """An interval that is no length of time is wrong usage."""
        assert run("watch", "stuck", "--profile", "memory", "--interval", interval).exit_code == 2


class TestControl:
    @pytest.mark.parametrize(
        ("command", "state"), [("pause", "paused"), ("resume", "sending"), ("stop", "sending")]
    )
    def test_what_is_offered(self, run: Any, command: str, state: str) -> None:
        """Each command carries its action out, and tells the state after it."""
        result = run(command, "broadcast:1", "--profile", "memory")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == ["id     broadcast:1", f"state  {state}"]
        told = json.loads(run(command, "broadcast:1", "--profile", "memory", "--json").stdout)
        assert told["state"] == state

    def test_what_is_not_offered(self, run: Any) -> None:
        """An action the provider lacks is refused, naming those it has."""
        result = run("delete", "broadcast:1", "--profile", "memory")
        assert result.exit_code == 2
        assert "memory cannot delete; it offers pause, resume, stop." in result.stderr

    @pytest.mark.parametrize("command", ["status", "watch", "pause", "resume", "stop"])
    def test_whose_id_it_is(self, run: Any, command: str) -> None:
        """An id that is no campaign's, without a profile, is wrong usage that says what to add."""
        result = run(command, "broadcast:1")
        assert result.exit_code == 2
        assert "--profile PROFILE" in result.stderr

    def test_a_conflict(self, run: Any) -> None:
        """What does not fit the present state is a refusal."""
        assert run("pause", "finished", "--profile", "memory").exit_code == 1
