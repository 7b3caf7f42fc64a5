"""`polycast status`, `watch`, `pause`, `stop` and `delete`."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.text import Text

from polycast.cli.exits import ExitCode, for_outcome
from polycast.cli.ledgers import is_campaign, note_status, profile_of
from polycast.cli.options import Id, Json, LedgerUrl, ProfileOption
from polycast.cli.screen import Screen, state_text
from polycast.cli.session import Session
from polycast.cli.watch import (
    control_campaign,
    status_of_campaign,
    watch_campaign,
)
from polycast.errors import WaitTimeout
from polycast.model.messages import Action, Status

__all__ = ["control", "control_broadcast", "status", "watch"]


def status(
    ctx: typer.Context,
    id: Id,
    profile: ProfileOption = None,
    reports: Annotated[
        bool, typer.Option("--reports", help="Also tell the state of each recipient.")
    ] = False,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Show the state of a message, a broadcast or a campaign.

    The answers about what the ledger has are kept in it.
    """
    session: Session = ctx.obj
    if is_campaign(id):
        return status_of_campaign(session, id, profile, ledger, reports=reports)
    with session.connect(profile_of(id, profile)) as client:
        found = client.status(id)
        note_status(session, client, found, ledger)
        if json:
            session.screen.json(_describe(found, reports=reports))
            return ExitCode.DONE
        _show_status(session.screen, found)
        if reports:
            session.screen.line()
            session.screen.table(
                ("to", "reference", "state", "at"),
                [
                    (each.to, each.reference, state_text(each.state, each.detail), each.at)
                    for each in found.reports
                ],
            )
    return ExitCode.DONE


def watch(
    ctx: typer.Context,
    id: Id,
    profile: ProfileOption = None,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", help="Between two questions.")
    ] = 2.0,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", help="Give up after so long, with exit code 3."
        ),
    ] = None,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Follow a message, a broadcast or a campaign until its state is final, and exit by it.

    Each change is a line; with --json, each line is a JSON object.
    """
    session: Session = ctx.obj
    if is_campaign(id):
        return watch_campaign(session, id, profile, ledger, interval=interval, timeout=timeout)
    with session.connect(profile_of(id, profile)) as client:
        statuses = client.watch(id, timeout=timeout, interval=interval)
        last = session.follow(statuses, _describe, progress)
        note_status(session, client, last, ledger)
    if not last.is_final:
        raise WaitTimeout(f"{id} was still {last.state} after {timeout or 0:g} s.", last)
    if session.screen.is_live and not json:
        _show_status(session.screen, last)
    return for_outcome(last)


def progress(found: Status) -> Text:
    """Return a status on one line: its state and its counts."""
    line = state_text(found.state, found.detail)
    counted = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    if counted:
        total = f", of {found.expected}" if found.expected is not None else ""
        line.append(f": {counted}{total}", "default")
    return line


def control(action: Action) -> Callable[..., int]:
    """Return the command for an action."""

    def command(
        ctx: typer.Context,
        id: Id,
        profile: ProfileOption = None,
        ledger: LedgerUrl = None,
        json: Json = False,
    ) -> int:
        session: Session = ctx.obj
        if is_campaign(id):
            return control_campaign(session, id, profile, action, ledger)
        return control_broadcast(session, id, profile, action)

    command.__doc__ = (
        f"{action.capitalize()} a broadcast, where the provider can; a campaign, always."
    )
    return command


def control_broadcast(session: Session, id: str, profile: str | None, action: Action) -> ExitCode:
    """Do it to a broadcast at its provider, and show its state."""
    with session.connect(profile_of(id, profile)) as client:
        session.at_stake = True
        found = client.control(id, action)
        session.at_stake = False
    if session.json:
        session.screen.json(_describe(found))
    else:
        _show_status(session.screen, found)
    return ExitCode.DONE


def _show_status(screen: Screen, found: Status) -> None:
    screen.facts(
        {
            "id": found.id,
            "state": progress(found),
            "expected": None if found.counts else found.expected,
            "started": found.started_at,
            "finished": found.finished_at,
        }
    )


def _describe(status: Status, *, reports: bool = False) -> dict[str, Any]:
    """Return a status as JSON values: `final` says whether asking again can bring news."""
    return {**status.to_dict(reports=reports), "final": status.is_final}
