"""Finds what became of the messages to one address, or with one reference, id or key.

The recipients of a batch are one value in the ledger: an index of them would cost a row for each
recipient. So all batches are searched for the bytes, by the database, and only those that have
them are read.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, and_, func, literal, or_, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import aware
from polycast.campaign.delivery_reports import note_kept
from polycast.campaign.export import results_of_batch
from polycast.campaign.recipient_batch import write_json
from polycast.campaign.recipient_results import RecipientResult, bare_address
from polycast.campaign.results import Found, Result
from polycast.campaign.single_reports import report_of
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.errors import UsageError
from polycast.model.receipts import Receipt
from polycast.recipients.numbers import NotAnAddress, Numbers

__all__ = ["find", "forget_singles", "in_batches"]

_b, _p, _o, _c = (
    table.c for table in (schema.batches, schema.people, schema.outcomes, schema.campaigns)
)
_s, _d = schema.sends.c, schema.dropped.c

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def find(store: Store, what: str) -> list[Found]:
    """Return every message to an address, or with a reference, an id or a key; the latest first."""
    note_kept(store)
    name = _spelled(what)
    with store.read() as connection:
        found = [
            *_singles(connection, what, name),
            *in_batches(connection, what, name, is_sqlite=store.is_sqlite),
            *_left_out(connection, name),
        ]
    return sorted(found, key=lambda each: each.sent_at or _BEGINNING, reverse=True)


def forget_singles(store: Store, what: str, *, in_doubt: bool) -> int:
    """Remove the single messages to an address, or with an id or a key, and return how many.

    Their keys stay.

    Args:
        store: the ledger's database.
        what: the address, the id or the key.
        in_doubt: also those in doubt.

    Raises:
        UsageError: one is being sent, or in doubt.
    """
    chosen = _is_single(what, _spelled(what))
    with store.write() as connection:
        states = set(connection.scalars(select(_s.state).where(chosen)))
        if BatchState.SUBMITTING in states:
            raise UsageError(f"A message to {what} is being sent: nothing was removed.")
        if BatchState.IN_DOUBT in states and not in_doubt:
            raise UsageError(
                f"A message to {what} is in doubt, and the ledger is the only record of it. To "
                "remove it all the same, say so: polycast forget --in-doubt, in Python "
                "forget_messages(in_doubt=True)."
            )
        return connection.execute(schema.sends.delete().where(chosen)).rowcount


def _spelled(what: str) -> str:
    """Return a number in E.164, whichever way it is written; anything else as it is."""
    try:
        return Numbers().address(what)
    except NotAnAddress:
        return what


def _is_single(what: str, name: str) -> ColumnElement[bool]:
    keyed = select(schema.keys.c.holder).where(schema.keys.c.key == what)
    return or_(_s.address == bare_address(name), _s.provider_id == what, _s.id.in_(keyed))


def _singles(connection: Connection, what: str, name: str) -> Iterator[Found]:
    rows = connection.execute(select(schema.sends).where(_is_single(what, name)))
    yield from map(_single, rows)


def _single(row: "Row[Any]") -> Found:
    receipt = None if row.receipt is None else Receipt.from_dict(json.loads(row.receipt))
    known = report_of(row)
    if known is None and receipt is not None:
        code = None if receipt.code is None else str(receipt.code)
        known = RecipientResult(receipt.state, receipt.detail, code)
    return Found(
        to=json.loads(row.content)["to"],
        state=known.state if known and row.state == BatchState.ACCEPTED else row.state,
        provider=row.provider,
        profile=row.profile,
        key=row.key,
        sent_at=aware(row.submitted_at),
        message_id=row.provider_id,
        detail=(known.detail if known else None) or row.detail,
        code=known.code if known else None,
        channel=known.channel if known else None,
        at=known.at if known else None,
    )


def in_batches(
    connection: Connection, what: str, name: str | None = None, *, is_sqlite: bool
) -> Iterator[Found]:
    """Yield the recipients of campaigns with an address, a reference or an id.

    Args:
        connection: of a transaction.
        what: the reference or the id.
        name: the address; the same as `what` when None.
        is_sqlite: which database it is.
    """
    name = what if name is None else name
    names = {bare_address(name), what}

    def holds(column: ColumnElement[bytes]) -> ColumnElement[bool]:
        sought = [literal(write_json(each)[1:-1], LargeBinary) for each in names]
        if is_sqlite:
            return or_(*(func.instr(column, each) > 0 for each in sought))
        return or_(*(func.position(each.op("IN")(column)) > 0 for each in sought))

    rows = connection.execute(
        select(
            _b.number, _b.size, _b.state, _b.detail, _b.provider_id, _b.provider_state,
            _b.submitted_at, _b.campaign, _p.people, _o.outcomes, _c.provider, _c.profile, _c.key,
        )
        .join(schema.campaigns, _c.id == _b.campaign)
        .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
        .outerjoin(schema.outcomes, and_(_o.campaign == _b.campaign, _o.number == _b.number))
        .where(
            or_(_b.provider_id == what, holds(_p.people), holds(_o.outcomes)),
        )
    )  # fmt: skip
    for row in rows:
        for result in results_of_batch(row.campaign, row):
            if _is_sought(result, what, bare_address(name)):
                yield _of_campaign(row, result)


def _is_sought(result: Result, what: str, address: str) -> bool:
    return bare_address(result.to) == address or what in (
        result.reference, result.message_id, result.batch_id,
    )  # fmt: skip


def _of_campaign(row: Any, result: Result) -> Found:
    return Found(
        to=result.to,
        state=result.state,
        provider=row.provider,
        profile=row.profile,
        campaign=row.campaign,
        key=row.key,
        reference=result.reference,
        sent_at=aware(row.submitted_at),
        batch_id=result.batch_id,
        message_id=result.message_id,
        detail=result.detail,
        code=result.code,
        channel=result.channel,
        at=result.at,
    )


def _left_out(connection: Connection, name: str) -> Iterator[Found]:
    bare = bare_address(name)
    rows = connection.execute(
        select(schema.dropped, _c.provider, _c.profile, _c.key)
        .join(schema.campaigns, _c.id == _d.campaign)
        .where(_d.address.in_([name, bare, f"+{bare}", f"tel:+{bare}"]))
    )
    for row in rows:
        yield Found(
            to=row.address,
            state=row.kind,
            provider=row.provider,
            profile=row.profile,
            campaign=row.campaign,
            key=row.key,
            detail=row.detail,
        )
