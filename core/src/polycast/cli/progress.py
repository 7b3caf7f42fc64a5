"""Progress of a running campaign: a bar on a terminal, else a line every ten seconds."""

import math
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from polycast.cli.screen import Screen

if TYPE_CHECKING:
    from polycast.campaign import Progress

__all__ = ["Gauge", "drained_at_interrupt", "showing"]

#: Seconds over which the rate is measured.
_WINDOW = 15.0
#: Seconds between two lines where there is no terminal.
_LINE_EVERY = 10.0
#: Columns of the bar, at most.
_BAR = 40

_ASKING = "Asking about what is in doubt, as soon as nothing can be on its way any more."
_DRAINING = "Stopping: waiting for what is in flight. Ctrl-C once more does not wait."


class Gauge:
    """The last progress and the rate.

    Args:
        clock: tells seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._progress: Progress | None = None
        self.draining = False

    def tell(self, progress: "Progress") -> None:
        """Record a progress."""
        now = self._clock()
        self._progress = progress
        self._seen.append((now, progress.settled))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Recipients settled per second over the last 15 seconds; None while unknown."""
        if not self._seen:
            return None
        (since, before), (now, after) = self._seen[0], self._seen[-1]
        return (after - before) / (now - since) if now > since and after > before else None

    def pace(self) -> str:
        """Return the rate and the remaining time, if known."""
        if self._progress is None or self.rate is None:
            return ""
        left = self._progress.total - self._progress.settled
        pace = f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.1f}/s"
        if not left:
            return pace
        return f"{pace}, {timedelta(seconds=math.ceil(left / self.rate))} left"

    def counts(self) -> Text:
        """Return how many recipients are accepted, rejected and in doubt."""
        text = Text()
        if self._progress is not None:
            people = {str(state): count for state, count in self._progress.recipients.items()}
            for state, style in (
                ("accepted", "green"),
                ("rejected", "red"),
                ("in doubt", "yellow"),
            ):
                count = people[state]
                text.append("  " if text else "")
                text.append(f"{state} {count:,}", style if count else "dim")
        return text

    def _asks(self) -> bool:
        """Whether batches in doubt are being looked up: at the end, or before anything is sent."""
        progress = self._progress
        if progress is None:
            return False
        people = {str(state): count for state, count in progress.recipients.items()}
        sends = people["submitting"] > 0 or self.rate is not None
        return people["in doubt"] > 0 and (progress.settled == progress.total or not sends)

    def line(self) -> str:
        """Return everything as one line of plain text."""
        progress = self._progress
        if progress is None:
            return ""
        parts = [f"{progress.settled:,} of {progress.total:,}", self.pace(), self.counts().plain]
        return f"{progress.campaign}: " + "; ".join(part for part in parts if part)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the bar and the numbers."""
        progress = self._progress
        if progress is None:
            return
        share = progress.settled / max(1, progress.total)
        percent = f"{int(share * 100):3}%"
        bar = ProgressBar(
            max(1, progress.total),
            progress.settled,
            width=max(8, min(_BAR, options.max_width - len(percent) - 1)),
        )
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(bar, percent)
        yield row
        amount = f"{progress.settled:,} of {progress.total:,}"
        pace = self.pace()
        yield Text(amount + (f"  {pace}" if pace else ""))
        yield self.counts()
        if self.draining:
            yield Text(_DRAINING, "yellow")
        elif self._asks():
            yield Text(_ASKING, "dim")


@contextmanager
def showing(screen: Screen, *, live: bool) -> Iterator[Callable[["Progress"], None]]:
    """Show progress on standard error while the block lasts.

    Args:
        screen: where to.
        live: a bar that changes in place, if standard error is a terminal.

    Yields:
        What takes each progress.
    """
    gauge = Gauge()
    if live and screen.err.is_terminal and not screen.err.is_dumb_terminal:
        with (
            drained_at_interrupt(lambda: setattr(gauge, "draining", True)),
            Live(gauge, console=screen.err, transient=True, refresh_per_second=8),
        ):
            yield gauge.tell
        return
    last_line = time.monotonic()

    def tell(progress: "Progress") -> None:
        nonlocal last_line
        gauge.tell(progress)
        if time.monotonic() - last_line >= _LINE_EVERY:
            last_line = time.monotonic()
            screen.remark(gauge.line())

    def say() -> None:
        # A signal may come in the middle of a write, which Python's own streams do not survive.
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"{_DRAINING}\n".encode())

    with drained_at_interrupt(say):
        yield tell


@contextmanager
def drained_at_interrupt(first: Callable[[], object]) -> Iterator[None]:
    """Do something at the first Ctrl-C, which interrupts all the same."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        first()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
