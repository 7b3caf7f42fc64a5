"""Removes recipients from a planned campaign who were suppressed after it was planned."""

from collections.abc import Callable

from sqlalchemy import and_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import aware, people_of
from polycast.campaign.division import take_out
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.campaign.suppressions import Suppressions

__all__ = ["leave_out_suppressed"]

_b, _c, _p = schema.batches.c, schema.campaigns.c, schema.people.c


def leave_out_suppressed(store: Store, campaign: str, *, whole: bool = False) -> None:
    """Take recipients whom the list names out of the batches that were never submitted.

    A batch that was submitted before and is planned again stays whole: its first call may still
    be answered.

    Args:
        store: the ledger's database.
        campaign: its id.
        whole: look for all who are listed, and not only if somebody was listed since the last time.
    """
    suppressions = Suppressions(store)
    newest = suppressions.newest()
    with store.read() as connection:
        done = aware(connection.scalar(select(_c.suppressed_at).where(_c.id == campaign)))
    if newest is None or done is None or (newest <= done and not whole):
        return
    rule = suppressions.rule()
    if rule is not None:
        _apply(store, campaign, rule)
    with store.write() as connection:
        connection.execute(
            schema.campaigns.update().where(_c.id == campaign).values(suppressed_at=newest)
        )


def _apply(store: Store, campaign: str, rule: Callable[[str], str | None]) -> None:
    waiting = and_(
        _b.campaign == campaign, _b.state == BatchState.PLANNED, _b.submitted_at.is_(None)
    )
    with store.read() as connection:
        numbers = connection.scalars(select(_b.number).where(waiting).order_by(_b.number)).all()
    for number in numbers:
        with store.read() as connection:
            row = connection.execute(
                select(_b.size, _p.people)
                .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
                .where(waiting, _b.number == number)
            ).one_or_none()
        if row is None:
            continue
        people = people_of(campaign, number, row.size, row.people)
        reasons = {
            place: reason for place, to in enumerate(people.to) if (reason := rule(to)) is not None
        }
        if reasons:
            take_out(store, campaign, number, people, reasons)
