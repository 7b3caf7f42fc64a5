"""Somebody who follows the manual's pages, for the tests that look at them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from polycast.sandbox import Clock, host, installed

from tests.reader import Reader


class _Clock(Clock):
    """The real time, and the time that has been waited for."""

    def __init__(self) -> None:
        self.waited = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.waited


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody in an empty folder, all of whose accounts lead to sandboxes."""
    clock = _Clock()

    def sleep(seconds: float) -> None:
        if seconds >= 3600:
            raise KeyboardInterrupt  # whoever waits for ever is told to stop
        clock.waited += timedelta(seconds=seconds)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setattr(time, "sleep", sleep)
    with host([sandbox(clock) for sandbox in installed().values()]) as hosted:
        yield Reader(tmp_path, hosted, monkeypatch)
