"""`polycast doctor`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.screen import Screen, counted, shown
from polycast.cli.session import Session
from polycast.doctor import Account, Examination, examine
from polycast.plugins.entry_points import Finding

__all__ = ["doctor"]


def doctor(
    ctx: typer.Context,
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="PROFILE", help="Look at this one alone."),
    ] = None,
    reach: Annotated[
        bool,
        typer.Option("--reach", help="Ask each account's servers for an answer, anonymously."),
    ] = False,
    json: Json = False,
) -> int:
    """Tell what is installed and described here, and what is wrong with it. Nothing is sent.

    Secrets are not shown: only where each setting comes from. Exits with 1 when something is
    broken.
    """
    session: Session = ctx.obj
    with session.screen.busy("Looking at everything"):
        found = examine(session.config, profile=profile, reach=reach)
    if json:
        session.screen.json(_plain(found))
    else:
        _show(session.screen, found)
    return ExitCode.REFUSED if found.problems else ExitCode.DONE


def _plain(found: Examination) -> dict[str, Any]:
    return {
        "python": found.python,
        "platform": found.platform,
        "distributions": [
            {"name": each.name, "version": each.version, "extra": each.extra}
            for each in found.distributions
        ],
        "providers": _plain_offers(found.providers),
        "wrappers": _plain_offers(found.wrappers),
        "sandboxes": None if found.sandboxes is None else _plain_offers(found.sandboxes),
        "files": [
            {"path": str(each.path), "found": each.found, "error": each.problem}
            for each in found.files
        ],
        "accounts": [
            {
                "name": each.name,
                "provider": each.provider,
                "path": str(each.path) if each.path else None,
                "settings": dict(each.origins),
                "wrappers": list(each.wrappers),
                "errors": list(each.problems),
                "servers": [
                    {
                        "address": server.address,
                        "http_status": server.http_status,
                        "error": server.problem,
                    }
                    for server in each.servers
                ],
            }
            for each in found.accounts
        ],
        "ledger": {
            "place": found.ledger.place,
            "detail": found.ledger.detail,
            "error": found.ledger.problem,
        },
        "problems": found.problems,
    }


def _plain_offers(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.offer.name,
            "distribution": each.offer.distribution,
            "version": each.offer.version,
            "error": each.problem,
        }
        for each in findings
    ]


def _show(screen: Screen, found: Examination) -> None:
    screen.facts({"python": found.python, "platform": found.platform})
    screen.line()
    screen.table(
        ("distribution", "version", "for"),
        [
            (
                each.name,
                each.version or Text("not installed", "dim"),
                f"polycast[{each.extra}]" if each.extra else "",
            )
            for each in found.distributions
        ],
    )
    for heading, findings in (
        ("provider", found.providers),
        ("wrapper", found.wrappers),
        ("sandbox", found.sandboxes or ()),
    ):
        _show_offers(screen, heading, findings)
    if found.sandboxes is None:
        screen.line()
        screen.line('Sandboxes need their extra: pip install "polycast[sandbox]"')
    screen.line()
    screen.table(
        ("settings file", "is"),
        [
            (each.path, _fine("there", each.problem) if each.found else "not there")
            for each in found.files
        ],
    )
    for account in found.accounts:
        _show_account(screen, account)
    if not found.accounts and not any(each.problem for each in found.files):
        screen.line()
        screen.line("No account is described, neither in a settings file nor in the environment.")
    screen.line()
    ledger = found.ledger
    screen.facts({"ledger": ledger.place, "it": _fine(ledger.detail, ledger.problem)})
    screen.line()
    for sentence in found.problems:
        screen.line(sentence, "red")
    if found.problems:
        screen.line(f"{counted(len(found.problems), 'problem')} found.", "bold")
    else:
        screen.line("All is well.", "green")


def _show_offers(screen: Screen, heading: str, findings: Sequence[Finding]) -> None:
    if findings:
        screen.line()
        screen.table(
            (heading, "distribution", "version", "is"),
            [
                (
                    each.offer.name,
                    each.offer.distribution,
                    each.offer.version,
                    _fine("fine", each.problem),
                )
                for each in findings
            ],
        )


def _show_account(screen: Screen, account: Account) -> None:
    screen.line()
    title = Text.assemble((shown(account.name), "bold"), f", of the provider {account.provider}")
    screen.line(title)
    screen.facts(
        {
            **{
                f"  {setting}": Text("missing", "red") if origin is None else f"from {origin}"
                for setting, origin in account.origins.items()
            },
            "  wrappers": ", ".join(account.wrappers),
            **{
                f"  {server.address}": _fine(f"answers (HTTP {server.http_status})", server.problem)
                for server in account.servers
            },
        }
    )


def _fine(detail: str, problem: str | None) -> Text:
    return Text("broken: see below", "red") if problem else Text(shown(detail), "green")
