"""Turns errors into sentences and exit codes."""

import os
import sys
from typing import Any

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.help import Group
from polycast.cli.session import Session
from polycast.errors import PolycastError

__all__ = ["Boundary"]


class Boundary(Group):
    """The whole command: an expected error ends it with a sentence, never with a traceback.

    An unexpected error keeps its traceback: it is a defect. Python's tracebacks show no values of
    variables.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        session: Session = ctx.ensure_object(Session)
        try:
            outcome = super().invoke(ctx)
            sys.stdout.flush()
        except PolycastError as error:
            code = session.fail(error)
        except KeyboardInterrupt:
            code = session.interrupted()
        except BrokenPipeError:
            code = _reader_is_gone()
        else:
            return outcome
        raise typer.Exit(code)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run and exit; an invalid command line is reported like any other error."""
        kwargs["standalone_mode"] = False
        try:
            try:
                outcome = super().main(*args, **kwargs)
            finally:
                # Help and versions are printed outside `invoke`.
                sys.stdout.flush()
        except typer.Abort:
            outcome = Session().interrupted()
        except BrokenPipeError:
            outcome = _reader_is_gone()
        except Exception as error:
            # The base of Typer's own errors has had a public name only since 0.27.
            if not hasattr(error, "format_message"):
                raise
            context = getattr(error, "ctx", None)
            session = Session(json="--json" in (kwargs.get("args") or sys.argv))
            sentence = error.format_message()
            outcome = ExitCode.WRONG_USAGE
            # Without arguments, the help has been printed already.
            if sentence:
                where = f" Try: {context.command_path} --help" if context else ""
                session.refuse(f"{sentence.rstrip('.')}.{where}")
        sys.exit(outcome if isinstance(outcome, int) else ExitCode.DONE)


def _reader_is_gone() -> ExitCode:
    """Return the exit code where the reader of standard output closed it."""
    # Python flushes standard output once more when it ends, and must not fail there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.PIPE_CLOSED
