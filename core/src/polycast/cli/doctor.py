"""`polycast doctor`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.text import Text

from polycast.cli.exits import ExitCode
from polycast.cli.options import Json
from polycast.cli.screen import Screen, counted, shown
from polycast.cli.session import Session
from polycast.doctor import examine

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
    """Show what is installed and configured, and what is wrong with it. Nothing is sent.

    Secrets are not shown: only where each setting comes from. Exits with 1 when something is
    broken.
    """
    session: Session = ctx.obj
    with session.screen.busy("Looking at everything"):
        found = examine(session.config, profile=profile, ask_servers=reach)
    if json:
        session.screen.json(found)
    else:
        _show(session.screen, found)
    return ExitCode.REFUSED if found["problems"] else ExitCode.DONE


def _show(screen: Screen, found: Mapping[str, Any]) -> None:
    screen.facts({"python": found["python"], "platform": found["platform"]})
    screen.line()
    rows = [
        (
            each["name"],
            each["version"] or Text("not installed", "dim"),
            f"polycast[{each['extra']}]" if each["extra"] else "",
        )
        for each in found["distributions"]
    ]
    screen.table(("distribution", "version", "for"), rows)
    for kind in ("providers", "wrappers", "sandboxes"):
        plugins = [
            (each["name"], each["distribution"], each["version"], _state("fine", each["error"]))
            for each in found[kind] or ()
        ]
        if plugins:
            screen.line()
            screen.table((kind, "distribution", "version", "state"), plugins)
    if found["sandboxes"] is None:
        screen.line()
        screen.line('Sandboxes need their extra: pip install "polycast[sandbox]"')
    screen.line()
    files = [
        (each["path"], _state("found", each["error"]) if each["found"] else "not found")
        for each in found["files"]
    ]
    screen.table(("settings file", "state"), files)
    for account in found["accounts"]:
        _show_account(screen, account)
    if not found["accounts"] and not any(each["error"] for each in found["files"]):
        screen.line()
        screen.line("No account is described, neither in a settings file nor in the environment.")
    screen.line()
    ledger = found["ledger"]
    screen.facts({"ledger": ledger["place"], "state": _state(ledger["detail"], ledger["error"])})
    screen.line()
    for sentence in found["problems"]:
        screen.line(sentence, "red")
    if found["problems"]:
        screen.line(f"{counted(len(found['problems']), 'problem')} found.", "bold")
    else:
        screen.line("All is well.", "green")


def _show_account(screen: Screen, account: Mapping[str, Any]) -> None:
    screen.line()
    name = (shown(account["name"]), "bold")
    screen.line(Text.assemble(name, f", of the provider {account['provider']}"))
    facts: dict[str, object] = {
        f"  {setting}": Text("missing", "red") if origin is None else f"from {origin}"
        for setting, origin in account["settings"].items()
    }
    facts["  wrappers"] = ", ".join(account["wrappers"])
    for server in account["servers"]:
        answer = f"answers (HTTP {server['http_status']})"
        facts[f"  {server['address']}"] = _state(answer, server["error"])
    screen.facts(facts)


def _state(detail: str, problem: str | None) -> Text:
    return Text("broken: see below", "red") if problem else Text(shown(detail), "green")
