"""The global options and the output of one run of the command."""

import logging
import shlex
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO, TypeVar

import attrs
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from polycast.cli.exits import ExitCode, for_error
from polycast.cli.screen import Screen
from polycast.client import Client, put_inside
from polycast.config.profiles import DEFAULT_FILES, Profile
from polycast.config.routes import RouteProfile, read_accounts
from polycast.connecting import connect
from polycast.errors import PolycastError
from polycast.model.serialization import error_to_dict

__all__ = ["Session", "log_to_stderr"]

T = TypeVar("T")


@attrs.define
class Session:
    """One run.

    Args:
        screen: where it prints.
        config: the settings file to read in place of the default ones.
        verbose: whether logs are shown.
        json: whether the result is for a machine.
        at_stake: whether a call that sends or changes something is running.
        interruption: what to say of Ctrl-C, where it is known better than by `at_stake`.
    """

    screen: Screen = attrs.field(factory=Screen)
    config: Path | None = None
    verbose: bool = False
    json: bool = False
    at_stake: bool = False
    interruption: str | None = None

    @cached_property
    def accounts(self) -> tuple[dict[str, Profile], dict[str, RouteProfile]]:
        """The profiles and the routes of the settings files, read once.

        Raises:
            SettingsError: a file cannot be read.
        """
        return read_accounts(self.config or DEFAULT_FILES)

    def connect(self, name: str, *, dry_run: bool = False) -> Client:
        """Return a client for a profile, or for a provider; close it.

        Args:
            name: of the profile.
            dry_run: nothing that it is asked to send or change reaches the provider.
        """
        client = connect(name, config=self.config or DEFAULT_FILES)
        if dry_run:
            from polycast.wrappers import DryRun  # they read lists, which costs time to import

            put_inside(client, DryRun())
        return client

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to be asked: a script is not."""
        return sys.stdin.isatty() and self.screen.err.is_terminal

    def agrees(self, question: str) -> bool:
        """Ask a person on a terminal a question; anything but yes is no."""
        self.screen.remark(f"{question} [y/N]")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def follow_up(self, profile: str, id: str | None) -> None:
        """Print on a terminal how to follow a message."""
        if id is not None:
            self.screen.aside(f"Follow it with: {self.command('watch', id, '--profile', profile)}")

    def follow(
        self, found: Iterable[T], describe: Callable[[T], object], line: Callable[[T], Text]
    ) -> T:
        """Show each change of what is found, as JSON or as a line, and return the last.

        On a terminal one line changes in place.

        Args:
            found: one thing again and again; at least once.
            describe: makes JSON values of it.
            line: makes a line of it.
        """
        if self.screen.is_live and not self.json and not self.verbose:
            spinner = Spinner("dots", Text("asking ..."))
            with Live(spinner, console=self.screen.out, transient=True):
                for last in found:
                    spinner.update(text=line(last))
            return last
        show, before = self.screen.json if self.json else self.screen.line, None
        for last in found:
            current: Any = describe(last) if self.json else line(last)
            if current != before:
                show(current)
            before = current
        return last

    def command(self, *words: str) -> str:
        """Return a command line with this run's `--config`."""
        before = ["--config", str(self.config)] if self.config else []
        return shlex.join(["polycast", *before, *words])

    def fail(self, error: PolycastError) -> ExitCode:
        """Print an expected error, and return the exit code."""
        if self.json:
            self.screen.json({"error": error_to_dict(error)}, sys.stderr)
        else:
            self.screen.complain(str(error), getattr(error, "__notes__", ()))
        return for_error(error, at_stake=self.at_stake)

    def refuse(self, sentence: str) -> ExitCode:
        """Print that the command line is invalid, and return the exit code."""
        self._tell("UsageError", sentence)
        return ExitCode.WRONG_USAGE

    def interrupted(self) -> ExitCode:
        """Print that Ctrl-C was pressed and what may have been sent; return the exit code."""
        self._tell(
            "Interrupted",
            self.interruption
            or (
                "Interrupted while a request was under way: it may have been carried out. "
                "Ask the provider before repeating it."
                if self.at_stake
                else "Interrupted."
            ),
        )
        return ExitCode.INTERRUPTED

    def _tell(self, kind: str, sentence: str) -> None:
        if self.json:
            described = {"kind": kind, "message": sentence, "notes": []}
            self.screen.json({"error": described}, sys.stderr)
        else:
            self.screen.complain(sentence)


class _CurrentStderr(logging.StreamHandler[TextIO]):
    """Writes to the current `sys.stderr`, which tests and live lines replace."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        raise AttributeError("the stream is always sys.stderr")


def log_to_stderr() -> None:
    """Show Polycast's own logs, which never hold a secret; those of other libraries may."""
    handler = _CurrentStderr()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("polycast")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG)
