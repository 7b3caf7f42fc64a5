"""The questions that a person on a terminal is asked before something that cannot be undone."""

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from polycast.cli.money import shown_cost
from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.client import Client
from polycast.errors import UsageError
from polycast.model.messages import Broadcast, Recipient
from polycast.model.segments import count_segments
from polycast.sending.queue import BatchState

if TYPE_CHECKING:
    from polycast.campaign import Campaign, Cost

__all__ = ["agreed_to_forget", "agreed_to_repeat", "agreed_to_send", "send_test"]

#: How long ago a campaign that is the same may have been planned without a question.
ALIKE = timedelta(days=1)
#: Recipients up to which a new campaign is sent without a question.
_FEW = 100
#: Recipients whose texts `--test` shows.
_TESTED = 3


def send_test(
    session: Session, client: Client, campaign: "Campaign", wanted: Broadcast, to: str, *, yes: bool
) -> None:
    """Send the texts of the first recipients to one address, such as the operator's own phone.

    Where it fails, the ledger forgets the campaign.

    Args:
        session: of this command.
        client: the campaign's account.
        campaign: planned, and not sent yet.
        wanted: what it says.
        to: the address.
        yes: whether `--yes` answered the question that follows.

    Raises:
        UsageError: nobody is there to be asked afterwards, or `to` is no address.
        ProviderError: the provider refused it, or was not reached.
    """
    try:
        if not (yes or session.can_ask):
            raise UsageError("--test asks before the rest is sent: use a terminal, or say --yes.")
        first = [each for _, each, _ in islice(campaign.planned(client), _TESTED)]
        session.at_stake = True
        for each in first:
            copied = Recipient(to, each.variables, each.text)
            client.send_bulk(attrs.evolve(wanted, recipients=[copied], send_at=None))
        session.at_stake = False
    except BaseException:
        campaign.discard()
        raise
    size = counted(len(first), "recipient")
    session.screen.remark(f"Sent to {to}, and to nobody else yet: the texts of the first {size}.")


def agreed_to_send(
    session: Session,
    client: Client,
    campaign: "Campaign",
    cost: "Cost | None",
    *,
    yes: bool,
    always: bool = False,
) -> bool:
    """Ask before a new campaign is sent to more than a hundred recipients.

    Where the answer is no, the ledger forgets the campaign.

    Args:
        session: of this command.
        client: the campaign's account.
        campaign: planned, and perhaps sent in part.
        cost: what it costs, if that is known.
        yes: whether `--yes` answered already.
        always: whether fewer recipients are asked about, too.
    """
    progress = campaign.progress()
    planned = progress.recipients[BatchState.PLANNED]
    if yes or planned < progress.total or not session.can_ask:
        return True
    if planned <= _FEW and not always:
        return True
    segments = 0
    first = None
    for _, _, text in campaign.planned(client):
        first = first or text
        segments += count_segments(text or "").parts
    costs = f", {shown_cost(cost)}" if cost else ""
    session.screen.remark(
        f"{counted(planned, 'recipient')} through {campaign.profile}, "
        f"{counted(segments, 'segment')} as SMS{costs}. The first text:"
    )
    session.screen.remark(f"  {first}")
    try:
        agreed = session.agrees("Send it?")
    except KeyboardInterrupt:
        campaign.discard()
        session.interruption = "Interrupted. Nothing was sent."
        raise
    if not agreed:
        campaign.discard()
        session.screen.complain("Nothing was sent.")
    return agreed


def agreed_to_repeat(session: Session, campaign: "Campaign", on: str) -> bool:
    """Ask before the same text is sent to the same list once more within a day.

    Where the answer is no, or nobody is there to be asked, the ledger forgets the campaign.

    Args:
        session: of this command.
        campaign: planned, and not sent yet.
        on: the command that goes on with a campaign, without its id.

    Raises:
        UsageError: nobody can be asked.
    """
    other = campaign.alike(ALIKE)
    if other is None:
        return True
    report = other.report()
    planned = report.created_at.astimezone().isoformat(" ", "minutes")[:16]
    same = (
        f"{other.id}, planned {planned} for {report.profile}, has the same text and the same list, "
        f"and is {report.state}."
    )
    agreed = False
    try:
        if not session.can_ask:
            raise UsageError(
                f"{same} Nothing was sent. To send it once more, say --again; to send the rest of "
                f"that one: {on} {other.id}. With --key a command can be repeated."
            )
        session.screen.remark(same)
        agreed = session.agrees("Send it once more?")
    finally:
        if not agreed:
            campaign.discard()
    if not agreed:
        session.screen.complain("Nothing was sent.")
    return agreed


def agreed_to_forget(session: Session, campaign: "Campaign", ledger: str, *, yes: bool) -> bool:
    """Ask before the ledger forgets a campaign.

    Args:
        session: of this command.
        campaign: which one.
        ledger: the name of the ledger.
        yes: whether `--yes` answered already.
    """
    if yes or not session.can_ask:
        return True
    report = campaign.report()
    people = counted(report.progress.total, "recipient")
    named = f" ({report.name})" if report.name else ""
    agreed = session.agrees(f"Remove {campaign.id}{named} with {people} from {ledger}?")
    if not agreed:
        session.screen.complain("Nothing was removed.")
    return agreed
