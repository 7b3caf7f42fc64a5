"""Commands of other distributions: `polycast new-provider`, of polycast-codegen."""

from typing import TYPE_CHECKING

import typer

from polycast.cli.exits import ExitCode
from polycast.errors import UsageError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUP", "HANDED_ON", "new_provider"]

#: The entry point group of commands: `name = "package.module:function"`. The function is given
#: what follows the command's name, and what a help text shall call it; it returns an exit code.
GROUP = "polycast.commands"

#: How a command is declared that only hands its arguments on, `--help` among them.
HANDED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def new_provider(ctx: typer.Context) -> int:
    """Write the package of a new provider, from its spec: NAME [--spec FILE] [--out FOLDER].

    Needs polycast-codegen.
    """
    command = _find("new-provider", "polycast-codegen")
    try:
        run = command.load()
    except Exception as error:
        owner = command.dist.name if command.dist is not None else "an unknown distribution"
        raise UsageError(
            f"{owner} offers the command, but importing {command.value} failed: {error}"
        ) from error
    outcome: int = run(ctx.args, ctx.command_path)
    return outcome or ExitCode.DONE


def _find(name: str, distribution: str) -> "EntryPoint":
    """Return the entry point of a command.

    Raises:
        UsageError: the distribution that brings it is not installed.
    """
    from importlib.metadata import entry_points  # it costs 27 ms: only this command pays them

    found = entry_points(group=GROUP, name=name)
    if not found:
        raise UsageError(
            f"polycast {name} comes with another distribution: pip install {distribution}"
        )
    return next(iter(found))
