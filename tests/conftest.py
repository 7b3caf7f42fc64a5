"""Somebody who follows the manual's pages, for the tests that look at them."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from polycast.sandbox import ManualClock, host, installed

from tests.installing import install
from tests.reader import Reader
from tests.workspace import ROOT


@pytest.fixture
def reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Reader]:
    """Somebody in an empty folder, all of whose accounts lead to sandboxes.

    Who reads the page of an example is in a copy of its folder, where it is installed.
    """
    # It stands still but for what is waited for, and is ahead: what a page takes down as the
    # moment before a call is before all that the sandboxes say of it.
    clock = ManualClock(datetime.now(UTC) + timedelta(hours=1))

    def sleep(seconds: float) -> None:
        if seconds >= 3600:
            raise KeyboardInterrupt  # whoever waits for ever is told to stop
        clock.advance(seconds)

    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    page = ROOT / parameters.get("page", "")
    if page.is_relative_to(ROOT / "examples") and (page.parent / "pyproject.toml").exists():
        shutil.copytree(
            page.parent, tmp_path, ignore=shutil.ignore_patterns(".*_cache"), dirs_exist_ok=True
        )
        install(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setattr(time, "sleep", sleep)
    with host([sandbox(clock) for sandbox in installed().values()]) as hosted:
        yield Reader(tmp_path, hosted, monkeypatch)
