"""`polycast sandbox` and `polycast demo`."""

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polycast import demo
from polycast.demo import stage, steps


@contextmanager
def sandbox(site: Path, *args: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `polycast sandbox` until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "polycast", "sandbox", "--port", "0", *args],
        env={**os.environ, "PYTHONPATH": str(site)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


class TestSandbox:
    def test_what_it_prints_is_a_settings_file(
        self, run: Any, acme: ModuleType, home: Path
    ) -> None:
        """What is printed, kept in a file, leads to the sandbox; Ctrl-C ends it with 0."""
        assert acme.__file__ is not None
        with sandbox(Path(acme.__file__).parent) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            assert lines[0].startswith("# What arrives is shown at http://127.0.0.1:")
            while '"acme"' not in lines[-1]:
                lines.append(process.stdout.readline())
            lines += [process.stdout.readline() for _ in range(3)]
            text = "".join(lines)
            profile = tomllib.loads(text)["profiles"]["acme-sandbox"]
            assert profile["provider"] == "acme"
            assert profile["token"] == "acme-token"
            assert profile["timeout"] == 5.5
            settings = home / "sandbox.toml"
            settings.write_text(text)
            sent = run(
                *("--config", str(settings)),
                *("send", "acme-sandbox", "+380961234501", "--text", "Hello"),
            )
            assert sent.exit_code == 0, sent.stderr
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""

    def test_a_broken_sandbox(self, install_distribution: Any, acme: ModuleType) -> None:
        """A sandbox that cannot be imported is named on standard error; the others are hosted."""
        assert acme.__file__ is not None
        install_distribution(
            "stranger-broken",
            {"polycast.sandboxes": {"broken": "stranger_broken:Fake"}},
            "raise SystemExit(9)",
        )
        with sandbox(Path(acme.__file__).parent) as process:
            assert process.stdout is not None
            while "[profiles.acme-sandbox]" not in process.stdout.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            told, complaints = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "broken-sandbox" not in told
        assert "Left out: The sandbox 'broken', from the distribution stranger-broken" in complaints

    def test_a_taken_port(self, run: Any, acme: ModuleType) -> None:
        """A port that somebody else listens on is a sentence and 2."""
        from polycast.sandbox import host

        with host([]) as hosted:
            port = hosted.url.rpartition(":")[2]
            result = run("sandbox", "--port", port)
        assert result.exit_code == 2
        assert f"127.0.0.1:{port}" in result.stderr

    @pytest.mark.parametrize("command", ["sandbox", "demo"])
    def test_nothing_to_host(self, run: Any, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a provider that brings a sandbox it says what to install."""
        monkeypatch.setattr("polycast.sandbox.installed", lambda _: {})
        monkeypatch.setattr("polycast.demo.installed", lambda _: {})
        result = run(command)
        assert result.exit_code == 2
        assert "pip install" in result.stderr

    @pytest.mark.parametrize("command", ["sandbox", "demo"])
    def test_without_the_extra(
        self, run: Any, command: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without what sandboxes need, it says which extra brings it."""
        for name in list(sys.modules):
            if name.startswith(("polycast.sandbox", "polycast.demo", "werkzeug")):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "werkzeug", None)
        result = run(command)
        assert result.exit_code == 2
        assert 'pip install "polycast[sandbox]"' in result.stderr


class TestDemoOfTheRest:
    def test_a_broken_sandbox(
        self, run: Any, install_distribution: Any, monkeypatch: pytest.MonkeyPatch, acme: ModuleType
    ) -> None:
        """A sandbox that cannot be imported is named, and the demo is that of the others."""
        install_distribution(
            "stranger-broken", {"polycast.sandboxes": {"broken": "stranger_broken:Fake"}}, "1 / 0"
        )
        monkeypatch.setattr(demo, "STEPS", [])
        result = run("demo")
        assert result.exit_code == 0
        told = " ".join(result.stdout.split())
        assert "Left out: The sandbox 'broken', from the distribution stranger-broken" in told
        assert "acme" in told

    def test_a_broken_provider(
        self, run: Any, install_distribution: Any, monkeypatch: pytest.MonkeyPatch, acme: ModuleType
    ) -> None:
        """A provider that exits is left out, however good its sandbox is."""
        install_distribution(
            "stranger-exits",
            {"polycast.providers": {"exits": "stranger_exits:X"}},
            "raise SystemExit(9)",
        )
        fakes = {"acme": acme.AcmeSandbox, "exits": acme.AcmeSandbox}
        monkeypatch.setattr(demo, "installed", lambda _: fakes)
        monkeypatch.setattr(demo, "STEPS", [])
        result = run("demo")
        assert result.exit_code == 0
        told = " ".join(result.stdout.split())
        assert "Left out: The provider 'exits', from the distribution stranger-exits" in told
        assert "pretends to be acme. " in told


@pytest.fixture
def quick(acme: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Let the demo show the provider `acme` alone, in a fast time."""
    monkeypatch.setattr(demo, "installed", lambda _: {"acme": acme.AcmeSandbox})
    monkeypatch.setattr(demo, "inspect", lambda _: [])
    monkeypatch.setattr(stage.Clock, "speed", 20.0)
    return acme


class TestDemo:
    def test_everything_is_shown(self, run: Any, quick: ModuleType) -> None:
        """Each step is explained, each result is in the table, and the end is 0."""
        result = run("demo")
        assert result.exit_code == 0, result.stdout
        for title, _ in steps.STEPS:
            assert result.stdout.count(title) == 2
        assert "OutcomeUnknown: Nobody knows whether acme carried out broadcasts" in result.stdout
        assert "paused, resumed to the end, stopped for good" in result.stdout
        assert "10 personal texts in 1 request, each arrived once" in result.stdout
        assert "FAILED" not in result.stdout
        assert "Traceback" not in result.stdout + result.stderr

    def test_what_is_not_offered_is_refused(
        self, run: Any, quick: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where a provider has no pause, the refusal is what is shown."""
        from attrs import evolve

        monkeypatch.setattr(
            quick.Acme, "features", evolve(quick.Acme.features, actions=frozenset())
        )
        result = run("demo")
        assert result.exit_code == 0, result.stdout
        assert "acme cannot pause; it offers no actions on broadcasts." in result.stdout

    @pytest.mark.parametrize(
        ("defect", "title"),
        [
            ("repeats blindly", "A lost reply"),
            ("sends with any token", "Wrong credentials"),
            ("mixes texts up", "A personal broadcast"),
            ("obeys in words only", "Pause, resume, stop"),
        ],
    )
    def test_it_checks_what_it_says(
        self,
        run: Any,
        quick: ModuleType,
        monkeypatch: pytest.MonkeyPatch,
        defect: str,
        title: str,
    ) -> None:
        """A provider that does it wrongly is found out: the step has failed, and the end is 1."""
        step = dict(steps.STEPS)[title]
        monkeypatch.setattr(demo, "STEPS", [(title, step)])
        monkeypatch.setattr(quick, "defect", defect)
        monkeypatch.setattr(stage, "PATIENCE", 1.0)
        result = run("demo")
        assert result.exit_code == 1
        assert "FAILED: " in result.stdout
        assert "1 of 1 steps did not keep their promise." in result.stderr
