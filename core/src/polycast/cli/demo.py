"""`polycast demo`."""

import textwrap

import attrs
import typer
from rich.text import Text

from polycast.cli.exits import ExitCode
from polycast.cli.sandbox import need_sandbox
from polycast.cli.screen import Screen
from polycast.cli.session import Session

__all__ = ["demo"]

#: Characters in a line of prose.
_READABLE = 88


def demo(ctx: typer.Context) -> int:
    """Watch the main job go through every installed provider; no account is needed.

    Exits with 0 only when everything that it shows has really happened.
    """
    session: Session = ctx.obj
    need_sandbox()
    from polycast.demo import run

    voice = _Voice(session.screen)
    outcomes = run(voice)
    voice.title("What happened")
    session.screen.table(
        ("provider", "step", "result"),
        [
            (
                each.provider,
                each.step,
                Text(each.result, "green")
                if each.passed
                else Text(f"FAILED: {each.result}", "bold red"),
            )
            for each in outcomes
        ],
    )
    failed = sum(not each.passed for each in outcomes)
    session.screen.line()
    if failed:
        session.screen.complain(f"{failed} of {len(outcomes)} steps did not keep their promise.")
        return ExitCode.REFUSED
    session.screen.line("Everything shown here has happened, and was looked up where it arrived.")
    return ExitCode.DONE


@attrs.frozen
class _Voice:
    screen: Screen

    def title(self, text: str) -> None:
        self.screen.line()
        self.screen.line(text, "bold underline")

    def step(self, text: str) -> None:
        self.screen.line()
        self.screen.line(text, "bold")

    def says(self, text: str) -> None:
        self._fill(text, "  ", "")

    def code(self, text: str) -> None:
        self._fill(text, "    ", "cyan")

    def _fill(self, text: str, indent: str, style: str) -> None:
        width = min(self.screen.out.width, _READABLE)
        for line in textwrap.wrap(
            text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        ):
            self.screen.line(line, style)
