"""`polycast providers`."""

from typing import Any

import typer

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.session import Session
from polycast.cli.values import plain
from polycast.errors import BrokenProvider
from polycast.features import Features
from polycast.registry import InstalledProvider, installed_providers, load_provider

__all__ = ["providers"]

_COLUMNS = (
    "provider",
    "version",
    "sends by",
    "takes addresses",
    "takes",
    "personal texts",
    "per call",
    "actions",
    "reports",
)


def providers(ctx: typer.Context, json: Json = False) -> int:
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
    if not found:
        session.screen.line(
            "No provider is installed. Install one, e.g.: pip install polycast-textit"
        )
        return ExitCode.DONE
    usable = [_row(name, offer, told) for name, offer, told in found if isinstance(told, Features)]
    if usable:
        session.screen.table(_COLUMNS, usable)
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


def _row(name: str, offer: InstalledProvider, features: Features) -> tuple[object, ...]:
    schemes = ["any"] if "*" in features.schemes else features.schemes
    return (
        name,
        offer.version,
        ", ".join(features.channels) or "its choice",
        ", ".join(schemes),
        ", ".join(_takes(features)),
        features.personalisation,
        features.bulk_limit or "no limit",
        ", ".join(sorted(features.actions)) or "none",
        "per recipient" if features.reports else "in all",
    )


def _takes(features: Features) -> list[str]:
    offered = {
        "moment": features.scheduling,
        "lifetime": features.ttl,
        "sender": features.sender,
        "media": features.media,
        "callback": features.callbacks,
        "options": features.options is not None,
    }
    return ["text", *(name for name, given in offered.items() if given)]
