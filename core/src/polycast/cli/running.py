"""Runs a campaign, shows its progress, and prints how to send the rest."""

from functools import partial
from typing import TYPE_CHECKING

from polycast.cli.progress import showing
from polycast.cli.report import how_to_go_on
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.errors import PolycastError

if TYPE_CHECKING:
    from polycast.campaign import Campaign, CampaignReport
    from polycast.client import Client

__all__ = ["run_campaign"]


def run_campaign(
    session: Session,
    client: "Client",
    campaign: "Campaign",
    ledger: str | None,
    *,
    workers: int,
    rate: str | None,
    error_threshold: int,
    in_flight_grace: float = 30.0,
    resend_in_doubt: bool = False,
    retry_rejected: bool = False,
    reopen: bool = False,
    wait_for_hours: bool = True,
) -> "CampaignReport":
    """Send the rest of a campaign, and show its progress.

    Args:
        session: of this command.
        client: the campaign's account.
        campaign: which one.
        ledger: what `--ledger` named, to tell how to go on.
        workers: calls at a time.
        rate: how fast, if there is a limit.
        error_threshold: failed calls in a row after which it pauses; 0 for never.
        in_flight_grace: seconds that a request may be on its way after its process died.
        resend_in_doubt: send again the batches in doubt.
        retry_rejected: send again to the rejected recipients.
        reopen: open it if it is paused.
        wait_for_hours: wait where nothing may be submitted at this hour of the day.

    Raises:
        PolycastError: it could not be run to its end; the notes say how to go on.
        KeyboardInterrupt: what was in flight was waited for; the session knows what to say.
    """
    on = how_to_go_on(session, campaign.id, ledger)
    if not session.json:
        progress = campaign.progress()
        calls = sum(progress.batches.values())
        people = counted(progress.total, "recipient")
        session.screen.remark(f"{campaign.id}: {people} in {counted(calls, 'call')}")
    run = partial(
        campaign.run,
        client,
        workers=workers,
        rate=rate,
        error_threshold=error_threshold or None,
        in_flight_grace=in_flight_grace,
        resend_in_doubt=resend_in_doubt,
        retry_rejected=retry_rejected,
        reopen=reopen,
        wait_for_hours=wait_for_hours,
    )
    _tell_hours(session, client, campaign, waits=wait_for_hours)
    session.interruption = f"Interrupted before anything was sent. Send it with: {on}"
    session.at_stake = True
    try:
        if session.json:
            report = run()
        else:
            with showing(session.screen, live=not session.verbose) as tell:
                report = run(on_progress=tell)
    except KeyboardInterrupt:
        session.interruption = _interruption(campaign, on)
        raise
    except PolycastError as error:
        if _can_resume(campaign):
            error.add_note(f"Go on with: {on}")
        raise
    session.at_stake = False
    return report


def _tell_hours(session: Session, client: "Client", campaign: "Campaign", *, waits: bool) -> None:
    """Say when something may be submitted next, where nothing may be now."""
    moment = campaign.opens_at(client)
    if moment is not None and not session.json:
        at = moment.astimezone().isoformat(" ", "minutes")
        rest = "Waiting for it; Ctrl-C ends that." if waits else "It is not waited for."
        session.screen.remark(f"Nothing may be submitted at this hour, but at {at}. {rest}")


def _can_resume(campaign: "Campaign") -> bool:
    try:
        return campaign.report().can_resume
    except PolycastError:
        # A ledger that cannot be read now may be read later.
        return True


def _interruption(campaign: "Campaign", on: str) -> str:
    report = campaign.report()
    left = {str(state): count for state, count in report.progress.recipients.items()}
    if left["submitting"]:
        drained = (
            f"Nobody waited for the reply about {counted(left['submitting'], 'recipient')}: "
            "what became of them is in doubt."
        )
    else:
        drained = "What was in flight has been waited for and written down."
    if report.state == "done":
        return f"Interrupted. {drained} Nothing was left to send."
    if not report.can_resume:
        return f"Interrupted. {drained} The campaign is {report.state}."
    settled = f"{report.progress.settled:,} of {report.progress.total:,} recipients are settled."
    return f"Interrupted. {drained} {settled} Go on with: {on}"
