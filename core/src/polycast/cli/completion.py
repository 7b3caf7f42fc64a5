"""What a shell completes: the names of profiles, and the ids of campaigns."""

from collections.abc import Iterator

import typer

from polycast.cli.ledgers import open_ledger
from polycast.config.profiles import DEFAULT_FILES
from polycast.config.routes import read_accounts
from polycast.errors import PolycastError
from polycast.plugins.registry import installed_providers

__all__ = ["campaigns", "profiles"]

#: Campaigns that are offered, the latest first.
_OFFERED = 50


def profiles(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the profiles, routes and providers that begin so."""
    config = ctx.find_root().params.get("config")
    try:
        files = config or DEFAULT_FILES
        profiles, routes = read_accounts(files)
        known = [*profiles, *routes, *installed_providers()]
    except PolycastError:
        return []
    return [name for name in dict.fromkeys(known) if name.startswith(incomplete)]


def campaigns(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the latest campaigns that begin so, each with what it is."""
    try:
        return list(_campaigns(ctx.params.get("ledger"), incomplete))
    except (PolycastError, ModuleNotFoundError):
        return []


def _campaigns(url: str | None, incomplete: str) -> Iterator[tuple[str, str]]:
    from polycast.campaign.store import place

    _, file = place(url)
    if file is not None and not file.exists():
        # To complete a word must not make a ledger.
        return
    with open_ledger(url) as ledger:
        for offered, campaign in enumerate(ledger.campaigns()):
            if offered == _OFFERED:
                return
            if campaign.id.startswith(incomplete):
                report = campaign.report()
                yield report.id, " ".join(filter(None, (report.profile, report.name, report.state)))
