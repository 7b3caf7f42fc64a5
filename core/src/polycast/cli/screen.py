"""What the command prints: facts, tables and lines for people, JSON for machines."""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from polycast.cli.exits import NOT_SENT
from polycast.model.messages import State

__all__ = ["Screen", "counted", "shown", "state_text"]

#: Width for files and pipes, where lines are not wrapped.
_UNFOLDED = 1_000_000

#: Control characters, unpaired surrogates and bidirectional marks.
_UNSHOWN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: A number, which is aligned right.
_NUMBER = re.compile(r"[0-9,]*")


def shown(value: object) -> str:
    """Return a text without control sequences, safe to show on a terminal.

    Texts come from lists and providers and could move the cursor or hide a line.
    """
    return _UNSHOWN.sub(lambda found: ascii(found[0])[1:-1], str(value))


def counted(number: int, noun: str) -> str:
    """Return how many of something there are: `"1 call"`, `"12,000 calls"`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def state_text(state: State, detail: str | None = None) -> Text:
    """Return a state in its colour, with the provider's own word if it differs."""
    text = Text(state, _style(state))
    if detail and detail.lower() != state:
        text.append(f" ({shown(detail)})", "default")
    return text


def _style(state: State) -> str:
    if state in NOT_SENT:
        return "red"
    if state in (State.UNKNOWN, State.PAUSED):
        return "yellow"
    if state in (State.SENT, State.DELIVERED, State.READ):
        return "green"
    return "cyan"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let `Boundary` choose the exit code; Rich would exit with 1."""
        raise BrokenPipeError


def _console(file: TextIO) -> Console:
    folded = file.isatty() or "COLUMNS" in os.environ
    # Brackets in a text are not markup.
    return _Console(
        stderr=file is sys.stderr,
        width=None if folded else _UNFOLDED,
        markup=False,
        highlight=False,
        emoji=False,
    )


class Screen:
    """Standard output for results, standard error for everything else."""

    def __init__(self) -> None:
        """Prepare standard output and standard error."""
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                # A character that the terminal cannot show must not stop the command.
                reconfigure(errors="backslashreplace")
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    @property
    def is_live(self) -> bool:
        """Whether standard output is a terminal on which lines may change in place."""
        return self.out.is_terminal and not self.out.is_dumb_terminal

    def line(self, text: str | Text = "", style: str = "") -> None:
        """Print one line of a result."""
        self.out.print(_text(text, style), soft_wrap=not self.out.is_terminal)

    def aside(self, text: str, style: str = "dim") -> None:
        """Print a hint on standard error, on a terminal only."""
        if self.err.is_terminal:
            self.err.print(_text(text, style))

    def remark(self, text: str) -> None:
        """Print a line on standard error that is not part of the result."""
        self.err.print(_text(text, ""), soft_wrap=not self.err.is_terminal)

    def complain(self, sentence: str, notes: Iterable[str] = ()) -> None:
        """Print an error on standard error: one sentence, with notes below it."""
        wrap = not self.err.is_terminal
        detail = Text.assemble(("Error:", "bold red"), " ", shown(_one_line(sentence)))
        self.err.print(detail, soft_wrap=wrap)
        for note in notes:
            self.err.print(Text("  " + shown(_one_line(note))), soft_wrap=wrap)

    def warn(self, sentence: str) -> None:
        """Print on standard error what is right, and may be meant otherwise."""
        warning = Text.assemble(("Warning:", "bold yellow"), " ", shown(_one_line(sentence)))
        self.err.print(warning, soft_wrap=not self.err.is_terminal)

    def facts(self, facts: Mapping[str, object]) -> None:
        """Print names and values, one pair a line, without those that have no value."""
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in facts.items():
            if value is not None and value != "":
                grid.add_row(name, _cell(value))
        self.grid(grid)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table; if it is too wide for the terminal, print each row as names and values.

        An empty column is left out.
        """
        cells = [[_cell(value) for value in row] for row in rows]
        filled = [place for place in range(len(columns)) if any(row[place].plain for row in cells)]
        kept = [[row[place] for place in filled] for row in cells]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for place in filled:
            numbers = all(_NUMBER.fullmatch(row[place].plain) for row in cells)
            table.add_column(
                columns[place], overflow="fold", justify="right" if numbers else "left"
            )
        for row in kept:
            table.add_row(*row)
        # A table that is narrower than its longest words would break them.
        unbounded = self.out.options.update_width(_UNFOLDED)
        if self.out.measure(table, options=unbounded).minimum <= self.out.width:
            self.grid(table)
            return
        for place, row in enumerate(cells):
            if place:
                self.line()
            self.facts({name: cell for name, cell in zip(columns, row, strict=True) if cell.plain})

    def grid(self, table: Table) -> None:
        """Print a table without blanks at the ends of its lines."""
        # Rich pads each line with blanks; files and pipes do not need them.
        for line in self.out.render_lines(table, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            if line:
                last = line.pop()
                line.append(Segment(last.text.rstrip(), last.style))
            self.out.print(Segments([*line, Segment.line()]), end="")

    def json(self, value: Any, file: TextIO | None = None) -> None:
        """Print one JSON document on one line."""
        file = file or sys.stdout
        unicode = (file.encoding or "").lower().replace("-", "") == "utf8"
        file.write(json.dumps(value, ensure_ascii=not unicode) + "\n")
        file.flush()

    def json_with_lists(self, head: Mapping[str, Any], **lists: Iterable[Any]) -> None:
        """Print one JSON object on one line, whose lists are written as they are read.

        Args:
            head: its first fields.
            **lists: the fields that follow, each a list that may be longer than the memory.
        """
        unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        write = partial(json.dumps, ensure_ascii=not unicode)
        sys.stdout.write(write(head).removesuffix("}"))
        for name, items in lists.items():
            sys.stdout.write(f", {write(name)}: [")
            for number, item in enumerate(items):
                sys.stdout.write((", " if number else "") + write(item))
            sys.stdout.write("]")
        sys.stdout.write("}\n")
        sys.stdout.flush()

    @contextmanager
    def busy(self, detail: str) -> Iterator[None]:
        """Show a spinner on a terminal."""
        if self.err.is_terminal and not self.err.is_dumb_terminal:
            with self.err.status(_text(detail, "")):
                yield
        else:
            yield


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    if isinstance(value, State):
        return state_text(value)
    return Text("" if value is None else shown(value))


def _text(text: str | Text, style: str) -> Text:
    return text if isinstance(text, Text) else Text(shown(text), style)


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))
