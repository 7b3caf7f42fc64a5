"""What nobody knows: asked for at the provider, or held until the operator decides."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from polycast.campaign import schema
from polycast.campaign.batches import (
    accept,
    doubts,
    hold_orphans,
    is_stopped,
    latest_doubt,
    load,
    move,
    owners_in_flight,
    put_back,
    same_id_elsewhere,
)
from polycast.campaign.owners import dead_owners
from polycast.campaign.script import Claim, Script
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import OutcomeUnknown, PolycastError
from polycast.model import BulkReceipt

__all__ = ["adopt_orphans", "ask", "resend", "wait_before_asking"]

#: How much earlier than it left a batch may be said to have been made: some providers tell whole
#: seconds, and clocks differ a little.
_MARGIN = timedelta(seconds=2)


def adopt_orphans(store: Store, campaign: str) -> int:
    """Hold as in doubt what processes that have ended were submitting; return how many batches."""
    owners = owners_in_flight(store, campaign)
    return hold_orphans(store, campaign, dead_owners(store, owners)) if owners else 0


def wait_before_asking(store: Store, campaign: str, settle: float) -> float:
    """Return the seconds until the last batch in doubt may be asked about.

    A request that left just before its process ended may still be on its way: asked too early,
    the provider would say that it does not have it, and a moment later have it.

    Args:
        store: the ledger's database.
        campaign: its id.
        settle: seconds that a request may be on its way.
    """
    latest = latest_doubt(store, campaign)
    if latest is None:
        return 0.0
    return max(0.0, (latest + timedelta(seconds=settle) - datetime.now(UTC)).total_seconds())


def ask(store: Store, client: Client, script: Script) -> None:
    """Ask the provider about every batch in doubt, while nothing of the campaign is in flight.

    What it has is accepted, what it does not have is planned again. An answer that fits several
    batches proves nothing about any of them: those stay in doubt. Where the provider can only
    name what a batch may be, and all of that is other batches of the campaign, it does not have
    it.
    """
    answers = {
        number: _find(store, client, script.campaign, load(store, script, number))
        for number in doubts(store, script.campaign)
    }
    told = Counter(
        answer.id for answer in answers.values() if isinstance(answer, BulkReceipt) and answer.id
    )
    for number, answer in answers.items():
        claim = load(store, script, number)
        with store.write() as connection:
            if answer is None:
                put_back(
                    connection, script.campaign, claim.number,
                    only_from=[BatchState.IN_DOUBT], words=None,
                )  # fmt: skip
                continue
            words = answer if isinstance(answer, str) else None
            if isinstance(answer, BulkReceipt) and answer.id:
                other = same_id_elsewhere(
                    connection, client.provider_name, script.campaign, claim.number, answer.id
                )
                if told[answer.id] > 1:
                    other = "another batch in doubt"
                if other:
                    words = f"the provider knows one alike, which may be {other}"
            if words is None and isinstance(answer, BulkReceipt):
                accept(connection, script.campaign, claim, answer)
            else:
                move(
                    connection, script.campaign, claim.number, BatchState.IN_DOUBT,
                    only_from=[BatchState.IN_DOUBT], words=words,
                )  # fmt: skip


def _find(store: Store, client: Client, campaign: str, claim: Claim) -> BulkReceipt | str | None:
    """Ask about one batch: what the provider has, None, or why it cannot tell."""
    try:
        return client.find(claim.broadcast, claim.submitted_at - _MARGIN)
    except OutcomeUnknown as error:
        # Only of this campaign: another may have gone by another account, with ids of its own.
        if error.candidates and error.candidates <= _accepted(store, campaign):
            return None
        return error.words or str(error)
    except PolycastError as error:
        return f"the provider could not be asked: {error}"


def _accepted(store: Store, campaign: str) -> set[str]:
    """Return the provider's ids of the campaign's batches that it has for certain."""
    with store.read() as connection:
        return set(
            connection.scalars(
                select(schema.batches.c.provider_id).where(
                    schema.batches.c.campaign == campaign,
                    schema.batches.c.state == BatchState.ACCEPTED,
                    schema.batches.c.provider_id.is_not(None),
                )
            )
        )


def resend(store: Store, campaign: str) -> int:
    """Plan every batch in doubt again, on the operator's word; return how many.

    Whoever got such a batch gets it a second time.
    """
    with store.write() as connection:
        if is_stopped(connection, campaign):
            return 0
        done = connection.execute(
            schema.batches.update()
            .where(
                schema.batches.c.campaign == campaign,
                schema.batches.c.state == BatchState.IN_DOUBT,
            )
            .values(state=BatchState.PLANNED, owner=None, words=None)
        )
        return done.rowcount
