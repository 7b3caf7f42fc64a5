"""`polycast campaigns`, `resume`, `report` and `forget`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from polycast.cli import completion
from polycast.cli.asking import agreed_to_forget
from polycast.cli.exits import ExitCode
from polycast.cli.ledgers import is_campaign, open_ledger, the_campaign
from polycast.cli.moments import NoWait
from polycast.cli.money import cost_in_ledger, cost_of
from polycast.cli.options import (
    CampaignId,
    ErrorThreshold,
    Id,
    Json,
    LedgerUrl,
    ProfileOption,
    Rate,
    Settle,
    Workers,
    Yes,
)
from polycast.cli.report import describe_report, finish, show_report, standing, state_counts
from polycast.cli.running import run_campaign
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.cli.status import control_broadcast
from polycast.cli.watch import resume_at_provider
from polycast.errors import UsageError
from polycast.model.messages import Action
from polycast.sending.dispatcher import ERROR_THRESHOLD, WORKERS

if TYPE_CHECKING:
    from polycast.campaign import Ledger

__all__ = ["campaigns", "forget", "report", "resume"]


def campaigns(ctx: typer.Context, ledger: LedgerUrl = None, json: Json = False) -> int:
    """List the campaigns of the ledger, the latest first."""
    session: Session = ctx.obj
    with open_ledger(ledger) as opened:
        found = [campaign.report() for campaign in opened.campaigns()]
        name = opened.name
    if json:
        session.screen.json([describe_report(each) for each in found])
        return ExitCode.DONE
    if not found:
        session.screen.line(f"The ledger {name} has no campaigns yet.")
        return ExitCode.DONE
    session.screen.table(
        ("campaign", "planned", "profile", "name", "state", "recipients"),
        [
            (
                each.id,
                each.created_at.astimezone().isoformat(" ", "minutes")[:16],
                each.profile,
                each.name,
                standing(each, why=False),
                state_counts(each),
            )
            for each in found
        ],
    )
    return ExitCode.DONE


def resume(
    ctx: typer.Context,
    id: Id,
    profile: ProfileOption = None,
    resend_in_doubt: Annotated[
        bool,
        typer.Option(
            "--resend-in-doubt",
            help="Send again the batches in doubt: a recipient who has the message gets it twice.",
        ),
    ] = False,
    retry_rejected: Annotated[
        bool,
        typer.Option(
            "--retry-rejected",
            help="Send again to the rejected recipients, e.g. once the account is in order.",
        ),
    ] = False,
    no_wait: NoWait = False,
    rate: Rate = None,
    workers: Workers = WORKERS,
    error_threshold: ErrorThreshold = ERROR_THRESHOLD,
    settle: Settle = 30.0,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Send the rest of a campaign after a pause, an interruption or a crash; nothing goes twice.

    What is paused at the provider is resumed there. What is in doubt is looked up at the provider,
    where it has a list, and held otherwise.

    Of a broadcast at the provider (with --profile), only the provider is told to resume.
    """
    session: Session = ctx.obj
    if not is_campaign(id):
        return control_broadcast(session, id, profile, Action.RESUME)
    with open_ledger(ledger) as opened:
        chosen = the_campaign(opened, id, profile)
        where = opened.name if ledger is not None else None
        with session.connect(chosen.profile) as client:
            exit_code = resume_at_provider(session, client, chosen)
            done = run_campaign(
                session,
                client,
                chosen,
                where,
                workers=workers,
                rate=rate,
                error_threshold=error_threshold,
                in_flight_grace=settle,
                resend_in_doubt=resend_in_doubt,
                retry_rejected=retry_rejected,
                reopen=True,
                wait_for_hours=not no_wait,
            )
            cost = cost_of(session, client, chosen, chosen.profile)
    if json:
        session.screen.json(describe_report(done, cost))
    else:
        show_report(session.screen, done, cost)
    return max(exit_code, finish(session, done, where))


def report(
    ctx: typer.Context,
    campaign: CampaignId,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Write what became of each recipient here; '-' is standard output.",
        ),
    ] = None,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", metavar="FILE", help="The same, as JSON Lines."),
    ] = None,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Show the results of a campaign from the ledger; `status` asks the provider.

    The exit code does not depend on the results.
    """
    session: Session = ctx.obj
    printed = [csv == "-", jsonl == "-", json].count(True)
    if printed > 1:
        raise UsageError("Only one of --csv -, --jsonl - and --json can have standard output.")
    with open_ledger(ledger) as opened:
        chosen = opened.campaign(campaign)
        found = chosen.report()
        cost = cost_in_ledger(session, chosen)
        for path, write in ((csv, chosen.write_csv), (jsonl, chosen.write_json_lines)):
            if path == "-":
                write(sys.stdout)
            elif path is not None:
                with session.screen.busy(f"Writing {path} ..."):
                    written = write(path)
                session.screen.aside(f"Written to {path}: {counted(written, 'recipient')}.")
    if json:
        session.screen.json(describe_report(found, cost))
    elif not printed:
        show_report(session.screen, found, cost)
    return ExitCode.DONE


def forget(
    ctx: typer.Context,
    campaign: Annotated[
        str,
        typer.Argument(
            metavar="CAMPAIGN",
            help="Its id; or the address, the provider's id or the key of single messages.",
            autocompletion=completion.campaigns,
        ),
    ],
    in_doubt: Annotated[
        bool,
        typer.Option(
            "--in-doubt",
            help="Also with batches in doubt: the only record of them is removed.",
        ),
    ] = False,
    yes: Yes = False,
    ledger: LedgerUrl = None,
    json: Json = False,
) -> int:
    """Remove a campaign and its recipients from the ledger, once nothing of it is open.

    So are single messages to an address. Keys stay, and send nothing again. The provider is not
    informed; `delete` does that.
    """
    session: Session = ctx.obj
    if not is_campaign(campaign):
        with open_ledger(ledger) as opened:
            return _forget_messages(session, opened, campaign, in_doubt=in_doubt, yes=yes)
    with open_ledger(ledger) as opened:
        chosen, name = opened.campaign(campaign), opened.name
        if not agreed_to_forget(session, chosen, name, yes=yes):
            return ExitCode.REFUSED
        chosen.delete(in_doubt=in_doubt)
    if json:
        session.screen.json({"id": campaign, "forgotten": True})
    else:
        session.screen.line(f"{campaign} and its people are no longer in {name}.")
    return ExitCode.DONE


def _forget_messages(
    session: Session, ledger: "Ledger", what: str, *, in_doubt: bool, yes: bool
) -> ExitCode:
    found = [each for each in ledger.find(what) if each.campaign is None]
    if not found:
        raise UsageError(f"The ledger {ledger.name} has no campaign or single message {what!r}.")
    messages = counted(len(found), "single message")
    if (
        not yes
        and session.can_ask
        and not session.agrees(f"Remove {messages} with {what} from {ledger.name}?")
    ):
        session.screen.complain("Nothing was removed.")
        return ExitCode.REFUSED
    removed = ledger.forget_messages(what, in_doubt=in_doubt)
    if session.json:
        session.screen.json({"id": what, "forgotten": True, "messages": removed})
    else:
        session.screen.line(f"{messages} with {what} removed from {ledger.name}.")
    return ExitCode.DONE
