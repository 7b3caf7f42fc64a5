"""How far a running campaign has come, on terminals of any width and in a log."""

import io
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from polycast.campaign import BatchState, Progress
from polycast.cli.progress import Gauge
from rich.console import Console

from .test_screen import COLOURS, on_a_terminal


def progress(planned: int, accepted: int, in_doubt: int = 0) -> Progress:
    """Return a progress of so many recipients."""
    people = Counter(
        {
            **dict.fromkeys(BatchState, 0),
            BatchState.PLANNED: planned,
            BatchState.ACCEPTED: accepted,
            BatchState.IN_DOUBT: in_doubt,
        }
    )
    return Progress("c-222222", people, Counter(dict.fromkeys(BatchState, 0)))


def gauge_after(*told: Progress) -> Gauge:
    """Return a gauge that was told these, two seconds apart."""
    moments = iter(range(0, 1000, 2))
    gauge = Gauge(lambda: float(next(moments)))
    for each in told:
        gauge.tell(each)
    return gauge


def drawn(gauge: Gauge, width: int) -> list[str]:
    """Return what is drawn on a terminal of this width."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(gauge)
    return [line.rstrip() for line in captured.get().splitlines()]


class TestGauge:
    def test_rate_and_remaining_time(self) -> None:
        """The rate is that of the recipients settled, and the remaining time follows from it."""
        gauge = gauge_after(progress(4000, 0), progress(3000, 900, 100))
        assert gauge.line() == (
            "c-222222: 1,000 of 4,000; 500/s, 0:00:06 left; accepted 900  rejected 0  in doubt 100"
        )

    def test_before_anything_is_known(self) -> None:
        """Where nothing has happened yet, no rate is made up."""
        assert gauge_after().line() == ""
        assert gauge_after(progress(10, 0)).line() == (
            "c-222222: 0 of 10; accepted 0  rejected 0  in doubt 0"
        )

    def test_the_rate_is_of_late(self) -> None:
        """What was sent long ago says nothing about the rate of now."""
        slow = [progress(1000 - done, done) for done in range(20)]
        fast = [progress(1000 - done, done) for done in range(20, 500, 40)]
        assert gauge_after(*slow, *fast).rate == 20.0

    @pytest.mark.parametrize("width", [24, 40, 80, 200])
    def test_no_line_is_too_long(self, width: int) -> None:
        """The bar and its words fit, however narrow the terminal is."""
        lines = drawn(gauge_after(progress(4000, 0), progress(3000, 900, 100)), width)
        assert max(map(len, lines)) <= width
        assert lines[0].endswith(" 25%")
        told = " ".join(lines).split()
        assert [told[told.index(word) + 1] for word in ("accepted", "rejected")] == ["900", "0"]

    def test_what_it_waits_for(self) -> None:
        """At the end it says why it goes on, and after Ctrl-C what it waits for."""
        gauge = gauge_after(progress(0, 90, 10))
        assert "Asking about what is in doubt" in drawn(gauge, 100)[-1]
        gauge.draining = True
        assert "Stopping: waiting for what is in flight" in drawn(gauge, 100)[-1]

    def test_what_it_does_before_it_sends(self) -> None:
        """A campaign that goes on asks first: a bar that stands still says why."""
        gauge = gauge_after(progress(30, 5, 5))
        assert "Asking about what is in doubt" in drawn(gauge, 100)[-1]
        gauge = gauge_after(progress(30, 5, 5), progress(20, 15, 5))
        assert "Asking" not in drawn(gauge, 100)[-1]


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"COLUMNS": "40"}])
def test_on_a_terminal(home: Path, memory: ModuleType, environment: dict[str, str]) -> None:
    """A broadcast shows its bar in place, and takes it away for the report."""
    (home / "guests.csv").write_text("to\n+380961234501\n")
    args = ("broadcast", "memory", "guests.csv", "--text", "Hi")
    written = on_a_terminal(memory, *args, typed="", code=0, **environment)
    assert "\x1b[2K" in written
    assert bool(COLOURS.search(written)) == ("NO_COLOR" not in environment)
    words = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
    assert "accepted 1" in words
    assert "polycast watch c-" in " ".join(words.split())
