"""What `status`, `watch`, `pause`, `stop` and `delete` do with a campaign."""

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from polycast.cli.exits import ExitCode, for_campaign
from polycast.cli.ledgers import open_ledger, the_campaign
from polycast.cli.report import (
    describe_report,
    problem_notes,
    show_report,
    standing,
    state_counts,
)
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.errors import UsageError, WaitTimeout
from polycast.model.messages import Action
from polycast.model.serialization import plain

if TYPE_CHECKING:
    from polycast.campaign import Campaign, CampaignReport, Outcome
    from polycast.client import Client

__all__ = ["control_campaign", "resume_at_provider", "status_of_campaign", "watch_campaign"]


def status_of_campaign(
    session: Session, id: str, profile: str | None, ledger: str | None, *, reports: bool
) -> ExitCode:
    """Ask the provider about each batch, keep the answers in the ledger, and show them."""
    with open_ledger(ledger) as opened:
        campaign = the_campaign(opened, id, profile)
        busy = session.screen.busy(f"Asking {campaign.provider} ...")
        with session.connect(campaign.profile) as client, busy:
            problems = campaign.refresh(client)
        report = campaign.report()
        if session.json:
            document = {**describe_report(report), "problems_asking": list(problems)}
            if reports:
                document["reports"] = [plain(result) for result in campaign.results()]
            session.screen.json(document)
        else:
            show_report(session.screen, report)
            if reports:
                session.screen.line()
                session.screen.table(
                    ("to", "reference", "state", "detail", "at"),
                    [
                        (each.to, each.reference, each.state, each.detail, each.at)
                        for each in campaign.results()
                    ],
                )
    if problems and not session.json:
        session.screen.complain(
            f"{counted(len(problems), 'call')} could not be asked about.", problem_notes(problems)
        )
    return ExitCode.IN_DOUBT if problems else ExitCode.DONE


def watch_campaign(
    session: Session,
    id: str,
    profile: str | None,
    ledger: str | None,
    *,
    interval: float,
    timeout: float | None,
) -> ExitCode:
    """Follow a campaign until it is final, and return the exit code for its results."""
    if not 0 < interval < math.inf:
        raise UsageError(f"--interval must be a positive number of seconds, got {interval:g}.")
    with open_ledger(ledger) as opened:
        campaign = the_campaign(opened, id, profile)
        with session.connect(campaign.profile) as client:
            reports = _reports(campaign, client, interval, timeout)
            report = session.follow(reports, describe_report, _progress)
        is_final = campaign.is_final
    if session.screen.is_live and not session.json:
        show_report(session.screen, report)
    if not is_final:
        raise WaitTimeout(f"{id} was still under way after {timeout or 0:g} s.", None)
    return for_campaign(report.states)


def _reports(
    campaign: "Campaign", client: "Client", interval: float, timeout: float | None
) -> Iterator["CampaignReport"]:
    """Ask until the campaign is final or the time is over."""
    give_up = math.inf if timeout is None else time.monotonic() + timeout
    while True:
        campaign.refresh(client)
        yield campaign.report()
        left = give_up - time.monotonic()
        if campaign.is_final or left <= 0:
            return
        time.sleep(min(interval, left))


def _progress(report: "CampaignReport") -> Text:
    line = standing(report)
    return line.append(f": {state_counts(report)}, of {report.progress.total:,}", "default")


def resume_at_provider(session: Session, client: "Client", campaign: "Campaign") -> ExitCode:
    """Tell the provider to resume what it has paused of a campaign."""
    session.at_stake = True
    outcome = campaign.control(client, Action.RESUME)
    session.at_stake = False
    if not session.json:
        _complain(session, outcome)
    return ExitCode.IN_DOUBT if outcome.problems else ExitCode.DONE


def control_campaign(
    session: Session, id: str, profile: str | None, action: Action, ledger: str | None
) -> ExitCode:
    """Pause, stop or delete a campaign, here and at the provider."""
    with open_ledger(ledger) as opened:
        campaign = the_campaign(opened, id, profile)
        with session.connect(campaign.profile) as client:
            session.at_stake = True
            with session.screen.busy(f"Telling {client.provider_name} ..."):
                outcome = campaign.control(client, action)
            session.at_stake = False
        left = campaign.report()
    if session.json:
        session.screen.json({"id": id, **plain(outcome)})
    else:
        session.screen.facts(
            {
                "campaign": id,
                "state": standing(left),
                "succeeded": f"{counted(outcome.succeeded, 'call')}, at {client.provider_name}",
                "unsupported": f"{counted(outcome.unsupported, 'call')}: {client.provider_name} "
                f"has no {action} for them"
                if outcome.unsupported
                else None,
                "in flight": outcome.in_flight or None,
            }
        )
        _complain(session, outcome)
    return ExitCode.IN_DOUBT if outcome.problems else ExitCode.DONE


def _complain(session: Session, outcome: "Outcome") -> None:
    if outcome.problems:
        session.screen.complain(
            f"{counted(len(outcome.problems), 'call')} did not obey.",
            problem_notes(outcome.problems),
        )
