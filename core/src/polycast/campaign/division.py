"""Replaces a batch by several: if some recipients were refused, or are to be sent to again.

Each part is a batch of its own, with a new number and so a new name at the provider. The old batch
is replaced in one transaction, so every recipient is always in exactly one batch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, and_, func, or_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import Claim, people_of
from polycast.campaign.recipient_batch import RecipientBatch
from polycast.campaign.recipient_results import RecipientResult, RecipientResults, written_counts
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import PolycastError
from polycast.model.messages import State
from polycast.sending.queue import Part, refusal_details

__all__ = ["divide", "refusals", "retry_rejected", "take_out"]

_b, _p, _o = schema.batches.c, schema.people.c, schema.outcomes.c
_c = schema.campaigns.c

#: Columns of a batch that its parts inherit.
_OWN = ("state", "submitted_at", "provider_id", "provider_state", "provider_final", "detail")


def refusals(error: PolycastError, places: Sequence[int], size: int) -> RecipientResults:
    """Return the results of the recipients that a refusal names, by their place among `places`."""
    detail = refusal_details(error, size)
    return RecipientResults(
        receipts={
            new: RecipientResult(State.REJECTED, detail[old])
            for new, old in enumerate(places)
            if old in detail
        }
    )


def divide(
    connection: Connection, campaign: str, owner: str, batch: Claim, parts: Sequence[Part]
) -> None:
    """Replace a refused batch by its parts, if it is still this owner's attempt.

    Args:
        connection: of a transaction that writes.
        campaign: the campaign's id.
        owner: who made the call.
        batch: as it was claimed.
        parts: each of its recipients is in one of them.
    """
    stopped = _lock(connection, campaign) == CampaignState.STOPPED
    own = connection.scalar(
        select(_b.number)
        .where(
            _b.campaign == campaign,
            _b.number == batch.number,
            _b.state == BatchState.SUBMITTING,
            _b.owner == owner,
            _b.submitted_at == batch.submitted_at,
        )
        .with_for_update()
    )
    if own is None:
        return
    pieces = []
    for part in parts:
        if part.error is None:
            state = BatchState.CANCELLED if stopped else BatchState.PLANNED
            pieces.append(_Piece(part.places, {"state": state}))
        else:
            refused = refusals(part.error, part.places, batch.size)
            values = {"state": BatchState.REJECTED, "detail": str(part.error)}
            pieces.append(_Piece(part.places, values, refused))
    _replace(connection, campaign, batch.number, batch.people, pieces)


def retry_rejected(store: Store, campaign: str) -> None:
    """Plan all rejected recipients again, on the operator's word.

    A recipient that the provider rejected within an accepted batch is moved to a new batch; the
    others of that batch are not sent to again.
    """
    rejected = or_(
        _b.state == BatchState.REJECTED,
        and_(
            _b.state == BatchState.ACCEPTED,
            or_(_b.provider_state == State.REJECTED, _b.counts.contains(f'"{State.REJECTED}"')),
        ),
    )
    with store.read() as connection:
        numbers = connection.scalars(
            select(_b.number).where(_b.campaign == campaign, rejected).order_by(_b.number)
        ).all()
    for number in numbers:
        with store.write() as connection:
            if _lock(connection, campaign) == CampaignState.STOPPED:
                return
            row = connection.execute(
                select(schema.batches, _p.people, _o.outcomes)
                .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
                .outerjoin(
                    schema.outcomes, and_(_o.campaign == _b.campaign, _o.number == _b.number)
                )
                .where(_b.campaign == campaign, _b.number == number, rejected)
                .with_for_update(of=schema.batches)
            ).one_or_none()
            if row is None:
                continue
            people = people_of(campaign, number, row.size, row.people)
            outcomes = RecipientResults.read(row.outcomes)
            refused = _rejected(row, outcomes)
            others = sorted(set(range(row.size)).difference(refused))
            pieces = [_Piece(refused, {"state": BatchState.PLANNED})] if refused else []
            if others:
                values = {name: getattr(row, name) for name in _OWN}
                pieces.append(_Piece(others, values, outcomes.take(others)))
            if refused:
                _replace(connection, campaign, number, people, pieces)


def take_out(
    store: Store, campaign: str, number: int, people: RecipientBatch, reasons: Mapping[int, str]
) -> None:
    """Leave recipients out of a batch that was never submitted.

    Args:
        store: the ledger's database.
        campaign: its id.
        number: which batch.
        people: its recipients.
        reasons: why, by their places in the batch, from 0.
    """
    with store.write() as connection:
        _lock(connection, campaign)
        waiting = connection.scalar(
            select(_b.number)
            .where(
                _b.campaign == campaign,
                _b.number == number,
                _b.state == BatchState.PLANNED,
                _b.submitted_at.is_(None),
            )
            .with_for_update()
        )
        if waiting is None:
            return
        others = [place for place in range(len(people.to)) if place not in reasons]
        pieces = [_Piece(others, {"state": BatchState.PLANNED})] if others else []
        _replace(connection, campaign, number, people, pieces)
        connection.execute(
            schema.dropped.insert(),
            [
                {
                    "campaign": campaign,
                    "position": people.positions[place],
                    "address": people.to[place],
                    "kind": "suppressed",
                    "detail": reason,
                }
                for place, reason in reasons.items()
            ],
        )


def _rejected(row: Any, outcomes: RecipientResults) -> list[int]:
    """Return the places of the rejected recipients."""
    if row.state == BatchState.REJECTED:
        return list(range(row.size))
    known = (outcomes.of(place) for place in range(row.size))
    return [
        place
        for place, each in enumerate(known)
        if (each.state if each else row.provider_state) == State.REJECTED
    ]


@attrs.frozen
class _Piece:
    """A part of a batch: places of its recipients, its columns, and their results."""

    places: Sequence[int]
    values: Mapping[str, Any]
    outcomes: RecipientResults = attrs.Factory(RecipientResults)


def _lock(connection: Connection, campaign: str) -> str | None:
    """Return the state of a campaign, and lock it: no other process divides its batches."""
    return connection.scalar(select(_c.state).where(_c.id == campaign).with_for_update())


def _replace(
    connection: Connection,
    campaign: str,
    number: int,
    people: RecipientBatch,
    pieces: Sequence[_Piece],
) -> None:
    last = connection.scalars(select(func.max(_b.number)).where(_b.campaign == campaign)).one()
    zones = connection.scalar(select(_b.zones).where(_b.campaign == campaign, _b.number == number))
    for table in (schema.people, schema.outcomes, schema.batches):
        connection.execute(
            table.delete().where(table.c.campaign == campaign, table.c.number == number)
        )
    for new, piece in enumerate(pieces, start=last + 1):
        place = {"campaign": campaign, "number": new}
        some = people.take(piece.places)
        connection.execute(schema.people.insert(), {**place, "people": some.write()})
        connection.execute(
            schema.batches.insert(),
            {
                **place,
                "first": some.positions[0],
                "last": some.positions[-1],
                "size": len(some.to),
                "counts": written_counts(piece.outcomes),
                "zones": zones,
                **piece.values,
            },
        )
        if piece.outcomes:
            connection.execute(
                schema.outcomes.insert(), {**place, "outcomes": piece.outcomes.write()}
            )
