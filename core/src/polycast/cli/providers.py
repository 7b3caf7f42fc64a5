"""`polycast providers`."""

from typing import Annotated

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.session import Session
from polycast.plugins import matrix
from polycast.plugins.entry_points import inspect
from polycast.plugins.registry import InstalledProvider

__all__ = ["providers"]

Markdown = Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")]


def providers(ctx: typer.Context, json: Json = False, markdown: Markdown = False) -> int:
    """List the installed providers with what each can do, and the broken ones with the reason."""
    session: Session = ctx.obj
    with session.screen.busy("Looking at what is installed"):
        found = inspect(InstalledProvider)
    if json:
        session.screen.json(
            [
                {
                    **each.source,
                    **(
                        {"features": each.description["features"]}
                        if each.problem is None
                        else {"error": each.problem}
                    ),
                }
                for each in found
            ]
        )
        return ExitCode.DONE
    usable = [each for each in found if each.problem is None]
    broken = list(dict.fromkeys(each.problem for each in found if each.problem is not None))
    if markdown:
        table = matrix.markdown({each.offer.name: each.description["facts"] for each in usable})
        lines = [table.rstrip(), *([""] if broken else []), *(f"- {each}" for each in broken)]
        session.screen.line("\n".join(lines))
        return ExitCode.DONE
    if not found:
        session.screen.line(
            "No provider is installed. Install one, e.g.: pip install polycast-textit"
        )
        return ExitCode.DONE
    if usable:
        session.screen.table(
            ("provider", "version", *matrix.FACTS),
            [
                (each.offer.name, each.offer.version, *each.description["facts"].values())
                for each in usable
            ],
        )
    if broken and usable:
        session.screen.line()
    for sentence in broken:
        session.screen.line(sentence, "red")
    return ExitCode.DONE
