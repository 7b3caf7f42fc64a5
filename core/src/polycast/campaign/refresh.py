"""Asks the provider how far each batch has come, and writes down what it says of each person."""

from collections.abc import Iterable

import attrs
from sqlalchemy import Connection, and_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, people_of
from polycast.campaign.recipient_results import RecipientResults, ReportMatcher, written_counts
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import NotFound, PolycastError
from polycast.model.messages import Report, Status

__all__ = ["Applied", "apply_reports", "refresh"]

_b = schema.batches.c
_p = schema.people.c
_o = schema.outcomes.c


@attrs.frozen
class Applied:
    """What came of reports.

    Args:
        found: how many were about somebody of the batch.
        all_final: whether the outcome stands of everybody they were about.
    """

    found: int
    all_final: bool


def refresh(store: Store, client: Client, builder: BatchBuilder) -> tuple[int, list[str]]:
    """Pull the states of all batches whose outcome does not stand yet.

    Returns:
        How many batches were asked about, and what went wrong, one sentence per batch. A batch
        that cannot be asked about costs no other.
    """
    asked, problems = 0, []
    with store.read() as connection:
        rows = connection.execute(
            select(_b.number, _b.provider_id)
            .where(
                _b.campaign == builder.campaign,
                _b.state == BatchState.ACCEPTED,
                _b.provider_final == 0,
            )
            .order_by(_b.number)
        ).all()
    for row in rows:
        try:
            if row.provider_id is None:
                _refresh_one_by_one(store, client, builder.campaign, row.number)
            else:
                status = client.status(row.provider_id)
                apply_reports(store, builder.campaign, row.number, status.reports, status)
        except PolycastError as error:
            problems.append(f"batch {row.number}: {error}")
        else:
            asked += 1
    return asked, problems


def _refresh_one_by_one(store: Store, client: Client, campaign: str, number: int) -> None:
    """Ask about the message of everybody whose outcome does not stand: the batch has no id.

    Raises:
        PolycastError: somebody could not be asked about; what was told before that is kept.
    """
    with store.read() as connection:
        outcomes = RecipientResults.read(_stored(connection, campaign, number))
    told: list[Report] = []
    stands, failure = True, None
    for place, id in enumerate(outcomes.ids):
        known = outcomes.of(place)
        if id is None or (known is not None and known.state.is_final):
            continue
        try:
            status = client.status(id)
        except NotFound:
            # Whom the provider refused at once it may never know.
            continue
        except PolycastError as error:
            failure = error
            break
        stands = stands and status.is_final
        report = next(iter(status.reports), None) or Report(
            None, status.state, detail=status.detail
        )
        told.append(attrs.evolve(report, state=status.state, id=id))
    apply_reports(store, campaign, number, told)
    if failure is not None:
        raise failure
    if stands:
        with store.write() as connection:
            connection.execute(
                schema.batches.update()
                .where(_b.campaign == campaign, _b.number == number)
                .values(provider_final=1)
            )


def apply_reports(
    store: Store,
    campaign: str,
    number: int,
    reports: Iterable[Report],
    status: Status | None = None,
) -> Applied:
    """Write down what was told of the people of one batch, asked for or pushed.

    People are known by the id of their message, by their reference, or by their address, in this
    order; a report that is about nobody of the batch is passed over. What was told of somebody
    stays where a report comes late: it tells of a moment before, or takes back what was final.

    Args:
        store: the ledger's database.
        campaign: its id.
        number: which batch.
        reports: about its people; read once.
        status: what was told of the batch as a whole with them, if anything. It is final only
            once all of its people's reports are.

    Raises:
        LedgerError: the ledger cannot be written, or is damaged.
    """
    with store.read() as connection:
        row = connection.execute(
            select(_b.size, _p.people)
            .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
            .where(_b.campaign == campaign, _b.number == number)
        ).one()
        people = people_of(campaign, number, row.size, row.people)
        whom = ReportMatcher(people, RecipientResults.read(_stored(connection, campaign, number)))
    told = [(place, each) for each in reports if (place := whom.place(each)) is not None]
    all_final = all(report.state.is_final for _, report in told)
    with store.write() as connection:
        # Two processes may do this at once: each adds to what the other has written.
        connection.execute(
            select(_b.number).where(_b.campaign == campaign, _b.number == number).with_for_update()
        )
        stored = _stored(connection, campaign, number)
        outcomes = RecipientResults.read(stored)
        values: dict[str, object] = {}
        if status is not None:
            outcomes.drop_outdated_receipts()
            final = status.is_final and (all_final or status.final is True)
            values = {
                "provider_state": status.state,
                "provider_final": int(final),
                "detail": status.detail,
            }
        for place, report in told:
            outcomes.note(place, report, row.size)
        there = connection.execute(
            schema.batches.update()
            .where(_b.campaign == campaign, _b.number == number)
            .values(counts=written_counts(outcomes), **values)
        )
        if not there.rowcount:
            # It was divided meanwhile: its people are in others, by other places.
            return Applied(0, all_final=False)
        written = outcomes.write()
        if stored is None and outcomes:
            connection.execute(
                schema.outcomes.insert().values(campaign=campaign, number=number, outcomes=written)
            )
        elif stored is not None and written != stored:
            connection.execute(
                schema.outcomes.update()
                .where(_o.campaign == campaign, _o.number == number)
                .values(outcomes=written)
            )
    return Applied(len(told), all_final)


def _stored(connection: Connection, campaign: str, number: int) -> bytes | None:
    return connection.scalar(
        select(_o.outcomes).where(_o.campaign == campaign, _o.number == number)
    )
