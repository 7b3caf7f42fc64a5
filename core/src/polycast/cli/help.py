"""Help pages: how a command is used, what it does, its arguments, options and commands.

They are our own, because those of Typer change with its version.
"""

from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from polycast.cli.screen import Screen

__all__ = ["Command", "Group", "described", "option_names", "usage"]

#: Columns of the help, at most: longer lines are hard to read.
_WIDTH = 100
#: What an option takes that does not say so itself.
_KINDS = {"int": "N", "float": "N"}


class Command(TyperCommand):
    """A command whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page."""
        _print_page(self, ctx)


class Group(TyperGroup):
    """A group of commands whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page, with a line for each command."""
        _print_page(self, ctx)


def usage(command: Any, path: str) -> str:
    """Return how a command is called: `"polycast send PROFILE TO [OPTIONS]"`."""
    words = [path, *(_argument(each) for each in _arguments(command)), "[OPTIONS]"]
    if hasattr(command, "commands"):
        words.append("COMMAND ...")
    return " ".join(words)


def option_names(option: Any) -> str:
    """Return the names of an option, each with what it takes: `"--text TEXT, -t TEXT"`."""
    takes = "" if option.is_flag else f" {_takes(option)}"
    return ", ".join(f"{name}{takes}" for name in option.opts)


def described(parameter: Any) -> str:
    """Return what is said of an argument or option, with its default."""
    words = str(parameter.help or "")
    if parameter.default not in (None, False, (), []):
        words += f" [default: {parameter.default}]"
    return words


def _arguments(command: Any) -> list[Any]:
    return [each for each in command.params if each.param_type_name == "argument"]


def _argument(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    name += "..." if argument.nargs != 1 else ""
    return name if argument.required else f"[{name}]"


def _takes(option: Any) -> str:
    kind = option.type.name.removesuffix(" range").removesuffix("eger")
    return str(option.metavar or _KINDS.get(kind, "TEXT"))


def _print_page(command: Any, ctx: Any) -> None:
    screen = Screen()
    screen.out.width = min(screen.out.width, _WIDTH)
    screen.out.print(Text.assemble(("Usage: ", "bold"), usage(command, ctx.command_path)))
    for paragraph in (command.help or "").split("\n\n"):
        screen.line()
        screen.out.print(Text(paragraph))
    for title, rows in _sections(command, ctx):
        screen.line()
        screen.line(title, "bold")
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, words in rows:
            table.add_row(Text(f"  {name}", "cyan"), Text(words))
        screen.grid(table)


def _sections(command: Any, ctx: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    arguments = [(_argument(each), described(each)) for each in _arguments(command)]
    options = [
        (option_names(each), described(each))
        for each in command.get_params(ctx)
        if each.param_type_name == "option" and not each.hidden
    ]
    commands = [
        (name, (each.help or "").partition("\n\n")[0])
        for name, each in getattr(command, "commands", {}).items()
        if not each.hidden
    ]
    for title, rows in (("Commands", commands), ("Arguments", arguments), ("Options", options)):
        if rows:
            yield title, rows
