"""The first minutes: `polycast init`, and what the shell completes."""

import stat
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ONE = "+380961234501"


class TestInit:
    def test_a_file_is_written(self, run: Any, memory: ModuleType, home: Path) -> None:
        """Each installed provider has a profile as a comment, with its settings."""
        result = run("init")
        assert result.exit_code == 0, result.stderr
        path = home / "polycast.toml"
        assert tomllib.loads(path.read_text()) == {}
        assert "# [profiles.memory]" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert run("providers").exit_code == 0

    def test_the_providers_that_are_named(
        self, run: Any, memory: ModuleType, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Their profiles are no comments: once the environment has the secrets, they send."""
        assert run("init", "memory").exit_code == 0
        profiles = tomllib.loads((home / "polycast.toml").read_text())["profiles"]
        assert profiles == {"memory": {"provider": "memory", "token": "env:MEMORY_TOKEN"}}
        monkeypatch.delenv("POLYCAST_MEMORY_TOKEN")
        monkeypatch.setenv("MEMORY_TOKEN", "s3cr3t")
        assert run("send", "memory", ONE, "--text", "Hi").exit_code == 0

    def test_what_is_there_is_not_touched(self, run: Any, home: Path) -> None:
        """A file of that name stays as it is, and so it does for a provider nobody knows."""
        (home / "polycast.toml").write_text("# mine\n")
        result = run("init")
        assert result.exit_code == 2
        assert "was not touched" in result.stderr
        assert (home / "polycast.toml").read_text() == "# mine\n"
        assert run("--config", "other.toml", "init", "nobody").exit_code == 2
        assert not Path("other.toml").exists()


class TestCompletion:
    @pytest.fixture
    def complete(self, spawn: Any) -> Any:
        def complete(*words: str) -> list[str]:
            ended = spawn(
                _POLYCAST_COMPLETE="complete_bash",
                COMP_WORDS=" ".join(["polycast", *words]),
                COMP_CWORD=str(len(words)),
            )
            return [line.split(",")[-1] for line in ended.stdout.splitlines() if line]

        return complete

    def test_profiles(self, complete: Any, home: Path) -> None:
        """A profile's name is completed, from the file and from the providers."""
        (home / "polycast.toml").write_text('[profiles.kyiv]\nprovider = "memory"\n')
        assert complete("send", "ky") == ["kyiv"]
        assert complete("send", "mem") == ["memory"]
        assert complete("watch", "c-222222", "--profile", "ky") == ["kyiv"]

    def test_campaigns(self, complete: Any, run: Any, home: Path) -> None:
        """A campaign's id is completed, also of the ledger that is named; none is made for it."""
        assert complete("report", "c-") == []
        assert not (home / ".local" / "share" / "polycast" / "ledger.sqlite").exists()
        run("broadcast", "memory", "-", "--text", "Hi", stdin=f"to\n{ONE}\n")
        (id,) = complete("report", "c-")
        assert run("report", id).exit_code == 0
        assert complete("report", "--ledger", "other.sqlite", "c-") == []
        assert not Path("other.sqlite").exists()
