"""Asks the provider for the status of each batch, and records the result of each recipient."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import attrs
from sqlalchemy import Connection, and_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, people_of
from polycast.campaign.recipient_results import RecipientResults, ReportMatcher, written_counts
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of
from polycast.errors import NotFound, PolycastError
from polycast.model.messages import Report, State, Status
from polycast.sending import admission

__all__ = ["refresh", "write_reports"]

S = TypeVar("S", Report, Status)

_b = schema.batches.c
_p = schema.people.c
_o = schema.outcomes.c

#: Batches that are asked about together, where the provider can be asked so.
_TOGETHER = 1_000


def refresh(store: Store, client: Client, builder: BatchBuilder) -> list[str]:
    """Pull the states of all batches whose outcome does not stand yet.

    Returns:
        What went wrong, one sentence per batch, or per list of them where the provider lists
        many. The other batches are asked about all the same.
    """
    problems = []
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
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        try:
            listed = caller_of(client).listed([row.provider_id for row in some if row.provider_id])
        except PolycastError as error:
            problems.append(f"batches {some[0].number} to {some[-1].number}: {error}")
            continue
        for row in some:
            try:
                if row.provider_id is None:
                    _refresh_one_by_one(store, client, builder, row.number)
                else:
                    status = listed.get(row.provider_id) or client.status(row.provider_id)
                    _apply(store, builder, row.number, status.reports, status)
            except PolycastError as error:
                problems.append(f"batch {row.number}: {error}")
    return problems


def _refresh_one_by_one(store: Store, client: Client, builder: BatchBuilder, number: int) -> None:
    """Ask for the status of each message that is not final: the batch has no id.

    Raises:
        PolycastError: somebody could not be asked about; what was told before that is kept.
    """
    campaign = builder.campaign
    with store.read() as connection:
        outcomes = RecipientResults.read(_stored(connection, campaign, number))
    fresh: list[Report] = []
    stands, failure = True, None
    for place, id in enumerate(outcomes.ids):
        known = outcomes.of(place)
        if id is None or (known is not None and known.state.is_final):
            continue
        try:
            status = client.status(id)
        except NotFound:
            # Recipients rejected on submission may be unknown to the provider.
            continue
        except PolycastError as error:
            failure = error
            break
        stands = stands and status.is_final
        report = next(iter(status.reports), None) or Report(
            None, status.state, detail=status.detail
        )
        fresh.append(attrs.evolve(report, state=status.state, id=id))
    _apply(store, builder, number, fresh)
    if failure is not None:
        raise failure
    if stands:
        with store.write() as connection:
            connection.execute(
                schema.batches.update()
                .where(_b.campaign == campaign, _b.number == number)
                .values(provider_final=1)
            )


def _apply(
    store: Store,
    builder: BatchBuilder,
    number: int,
    reports: Iterable[Report],
    status: Status | None = None,
) -> None:
    """Match the reports of one batch to its recipients, and write them to the ledger.

    A report is matched by message id, then reference, then address. One that matches no recipient
    of the batch is ignored. Until the moment that the broadcast is sent at, what is queued is
    scheduled.
    """
    campaign, send_at = builder.campaign, builder.content["send_at"]
    if send_at is not None and admission.now() < send_at:
        reports = [_scheduled(each) for each in reports]
        status = None if status is None else _scheduled(status)
    with store.read() as connection:
        row = connection.execute(
            select(_b.size, _p.people)
            .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
            .where(_b.campaign == campaign, _b.number == number)
        ).one()
        people = people_of(campaign, number, row.size, row.people)
        matcher = ReportMatcher(
            people, RecipientResults.read(_stored(connection, campaign, number))
        )
    matched = [(place, each) for each in reports if (place := matcher.place(each)) is not None]
    write_reports(store, campaign, number, matched, status)


def _scheduled(answer: S) -> S:
    return attrs.evolve(answer, state=State.SCHEDULED) if answer.state is State.QUEUED else answer


def write_reports(
    store: Store,
    campaign: str,
    number: int,
    reports: Sequence[tuple[int, Report]],
    status: Status | None = None,
) -> None:
    """Write what was reported of the recipients of one batch, asked for or pushed.

    A recipient keeps the result it has if a report comes late: one of an earlier moment, or one
    that would take back a final state.

    Args:
        store: the ledger's database.
        campaign: its id.
        number: which batch.
        reports: each with the place of its recipient in the batch, from 0.
        status: of the batch as a whole, if it was asked for. It is final only once all of these
            reports are.

    Raises:
        LedgerError: the ledger cannot be written, or is damaged.
    """
    place = and_(_b.campaign == campaign, _b.number == number)
    with store.write() as connection:
        # Two processes may do this at once: each adds to what the other has written.
        size = connection.scalar(select(_b.size).where(place).with_for_update())
        if size is None:
            # It was divided meanwhile: its recipients are in other batches, at other places.
            return
        stored = _stored(connection, campaign, number)
        outcomes = RecipientResults.read(stored)
        values: dict[str, object] = {}
        if status is not None:
            outcomes.drop_outdated_receipts()
            all_final = all(report.state.is_final for _, report in reports)
            values = {
                "provider_state": status.state,
                "provider_final": int(status.is_final and (all_final or status.final is True)),
                "detail": status.detail,
            }
        for at, report in reports:
            outcomes.note(at, report, size)
        connection.execute(
            schema.batches.update().where(place).values(counts=written_counts(outcomes), **values)
        )
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


def _stored(connection: Connection, campaign: str, number: int) -> bytes | None:
    return connection.scalar(
        select(_o.outcomes).where(_o.campaign == campaign, _o.number == number)
    )
