"""How the tests run the command."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from polycast.cli.app import app
from typer.testing import CliRunner, Result

Run = Callable[..., Result]
Spawn = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder, with no settings of the person who runs the tests.

    What is written there is readable to its owner alone, as settings with secrets have to be.
    """
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("HOME", str(folder))
    for name in ("COLUMNS", "POLYCAST_LEDGER", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    mask = os.umask(0o077)
    yield folder
    os.umask(mask)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Let `-v` hold for one test: the loggers belong to the whole process."""
    logger = logging.getLogger("polycast")
    handlers, level = logger.handlers, logger.level
    yield
    logger.handlers = handlers
    logger.setLevel(level)


@pytest.fixture
def run(home: Path, memory: ModuleType, quiet: None) -> Run:
    """Return a function that runs the command in this process."""

    def run(*args: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, args, input=stdin, catch_exceptions=False)

    return run


@pytest.fixture
def spawn(home: Path, memory: ModuleType) -> Spawn:
    """Return a function that runs the command as a process of its own."""

    def spawn(*args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        assert memory.__file__ is not None
        return subprocess.run(
            [sys.executable, "-m", "polycast", *args],
            env={**os.environ, "PYTHONPATH": str(Path(memory.__file__).parent), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=600,
        )

    return spawn
