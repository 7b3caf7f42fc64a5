"""`polycast wrappers`."""

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.session import Session
from polycast.plugins.entry_points import inspect
from polycast.plugins.wrapping import InstalledWrapper

__all__ = ["wrappers"]


def wrappers(ctx: typer.Context, json: Json = False) -> int:
    """List the installed wrappers, and those that are broken, with the reason."""
    session: Session = ctx.obj
    with session.screen.busy("Looking at what is installed"):
        found = inspect(InstalledWrapper)
    if json:
        session.screen.json(
            [
                {
                    **each.source,
                    **(each.description if each.problem is None else {"error": each.problem}),
                }
                for each in found
            ]
        )
        return ExitCode.DONE
    session.screen.table(
        ("wrapper", "from", "settings", "what it is for"),
        [
            (
                each.offer.name,
                f"{each.offer.distribution} {each.offer.version}",
                ", ".join(each.description["settings"]) or None,
                each.description["about"],
            )
            for each in found
            if each.problem is None
        ],
    )
    for sentence in dict.fromkeys(each.problem for each in found if each.problem is not None):
        session.screen.line(sentence, "red")
    return ExitCode.DONE
