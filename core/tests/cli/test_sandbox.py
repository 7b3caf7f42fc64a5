"""`polycast sandbox`."""

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
            assert process.wait(600) == 0
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
            told, complaints = process.communicate(timeout=600)
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

    def test_nothing_to_host(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a provider that brings a sandbox it says what to install."""
        monkeypatch.setattr("polycast.sandbox.installed", lambda _: {})
        result = run("sandbox")
        assert result.exit_code == 2
        assert "pip install" in result.stderr

    def test_without_the_extra(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without what sandboxes need, it says which extra brings it."""
        for name in list(sys.modules):
            if name.startswith(("polycast.sandbox", "werkzeug")):
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "werkzeug", None)
        result = run("sandbox")
        assert result.exit_code == 2
        assert 'pip install "polycast[sandbox]"' in result.stderr
