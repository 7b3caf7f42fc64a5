"""`polycast providers`."""

from typing import Annotated, Any

import typer

from polycast import matrix
from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.session import Session
from polycast.cli.values import plain
from polycast.errors import BrokenProvider
from polycast.features import Features
from polycast.registry import InstalledProvider, installed_providers, load_provider

__all__ = ["providers"]

Markdown = Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")]


def providers(ctx: typer.Context, json: Json = False, markdown: Markdown = False) -> int:
    """List what is installed, and what each can do."""
    session: Session = ctx.obj
    found = [_look_at(name, offers) for name, offers in installed_providers().items()]
    if json:
        session.screen.json(
            [
                {
                    "name": name,
                    "distribution": offer.distribution,
                    "version": offer.version,
                    **({"error": told} if isinstance(told, str) else {"features": plain(told)}),
                }
                for name, offer, told in found
            ]
        )
        return ExitCode.DONE
    usable = {name: (offer, told) for name, offer, told in found if isinstance(told, Features)}
    if markdown:
        table = matrix.markdown({name: told for name, (_, told) in usable.items()})
        session.screen.line(table.rstrip())
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
                (name, offer.version, *(tell(told) for tell in matrix.FACTS.values()))
                for name, (offer, told) in usable.items()
            ],
        )
    broken = [told for _, _, told in found if isinstance(told, str)]
    if broken and usable:
        session.screen.line()
    for sentence in broken:
        session.screen.line(sentence, "red")
    return ExitCode.DONE


def _look_at(
    name: str, offers: list[InstalledProvider]
) -> tuple[str, InstalledProvider, Features | str]:
    """Return what a provider can do, or why it cannot be used."""
    try:
        features: Any = load_provider(name).features
    except BrokenProvider as error:
        return name, offers[0], str(error)
    if isinstance(features, Features):
        return name, offers[0], features
    return (
        name,
        offers[0],
        f"The provider {name!r}, from the distribution {offers[0].distribution} "
        f"{offers[0].version}, cannot be used: its features are not polycast.Features.",
    )
