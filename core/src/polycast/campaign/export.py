"""What became of everybody: counted, and one by one."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

import attrs
from sqlalchemy import ColumnElement, and_, func, select

from polycast.campaign import schema
from polycast.campaign.batches import aware, progress
from polycast.campaign.model import CampaignReport, Dropped, Result
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import UsageError

__all__ = ["dropped", "report", "results", "write_csv", "write_json_lines"]

_PAGE = 2_000
_COLUMNS = [field.name for field in attrs.fields(Result)]
_b, _r, _s = schema.batches.c, schema.recipients.c, schema.results.c


def report(store: Store, campaign: str) -> CampaignReport:
    """Count everything.

    Raises:
        UsageError: the ledger has no such campaign.
    """
    with store.read() as connection:
        row = connection.execute(
            select(schema.campaigns).where(schema.campaigns.c.id == campaign)
        ).one_or_none()
        if row is None:
            raise UsageError(f"The ledger {store.name} has no campaign {campaign!r}.")
        left_out = connection.execute(
            select(schema.dropped.c.kind, func.count().label("people"))
            .where(schema.dropped.c.campaign == campaign)
            .group_by(schema.dropped.c.kind)
        ).all()
        by_batch = connection.execute(
            select(_b.state, _b.provider_state, func.sum(_b.size))
            .where(_b.campaign == campaign)
            .group_by(_b.state, _b.provider_state)
        ).all()
        problems = connection.execute(
            select(_b.words, func.sum(_b.size))
            .where(
                _b.campaign == campaign,
                _b.words.is_not(None),
                _b.state.in_([BatchState.REJECTED, BatchState.IN_DOUBT]),
            )
            .group_by(_b.words)
            .order_by(func.sum(_b.size).desc())
            .limit(20)
        ).all()
        own = connection.execute(
            select(_s.state, _b.provider_state, func.count())
            .select_from(schema.results)
            .join(schema.recipients, and_(_r.campaign == _s.campaign, _r.position == _s.position))
            .join(schema.batches, _of_batch())
            .where(_s.campaign == campaign, _b.state == BatchState.ACCEPTED)
            .group_by(_s.state, _b.provider_state)
        ).all()
    states: Counter[str] = Counter()
    for state, provider_state, size in by_batch:
        accepted = state == BatchState.ACCEPTED
        states[provider_state if accepted else state] += int(size)
    for state, provider_state, count in own:
        states[provider_state] -= count
        states[state] += count
    return CampaignReport(
        id=row.id,
        provider=row.provider,
        profile=row.profile,
        name=row.name,
        state=CampaignState(row.state),
        words=row.words,
        created_at=aware(row.created_at) or row.created_at,
        progress=progress(store, campaign),
        states={state: count for state, count in states.items() if count},
        dropped={each.kind: each.people for each in left_out},
        problems={words: int(size) for words, size in problems},
    )


def _of_batch() -> ColumnElement[bool]:
    """Whose batch it is: known by its stretch of the list, and by what it says."""
    return and_(
        _b.campaign == _r.campaign,
        _r.position.between(_b.first, _b.last),
        _r.grouping.is_not_distinct_from(_b.grouping),
    )


def results(store: Store, campaign: str) -> Iterator[Result]:
    """Yield what became of everybody, in the order of the list; read page by page."""
    last = 0
    while True:
        with store.read() as connection:
            kept = connection.execute(
                select(
                    _r.position, _r.address, _r.reference, _b.number, _b.state, _b.words,
                    _b.provider_id, _b.provider_state, _s.state.label("own_state"),
                    _s.message_id, _s.words.label("own_words"), _s.code, _s.channel, _s.at,
                )
                .select_from(schema.recipients)
                .outerjoin(schema.batches, _of_batch())
                .outerjoin(
                    schema.results, and_(_s.campaign == _r.campaign, _s.position == _r.position)
                )
                .where(_r.campaign == campaign, _r.position > last)
                .order_by(_r.position)
                .limit(_PAGE)
            ).all()  # fmt: skip
        page = [_result(row) for row in kept]
        until = page[-1].position if len(page) == _PAGE else None
        page += [
            Result(each.position, each.to, None, each.kind, words=each.words)
            for each in dropped(store, campaign, last, until)
        ]
        yield from sorted(page, key=lambda result: result.position)
        if until is None:
            return
        last = until


def _result(row: Any) -> Result:
    accepted = row.state == BatchState.ACCEPTED
    state = (row.own_state or row.provider_state) if accepted else row.state
    return Result(
        position=row.position,
        to=row.address,
        reference=row.reference,
        state=state or BatchState.PLANNED,
        batch=row.number,
        batch_id=row.provider_id,
        message_id=row.message_id,
        words=row.own_words or row.words,
        code=row.code,
        channel=row.channel,
        at=aware(row.at),
    )


def dropped(
    store: Store, campaign: str, after: int = 0, until: int | None = None
) -> Iterator[Dropped]:
    """Yield who was left out, in the order of the list."""
    table = schema.dropped.c
    while True:
        wanted = select(schema.dropped).where(table.campaign == campaign, table.position > after)
        if until is not None:
            wanted = wanted.where(table.position <= until)
        with store.read() as connection:
            rows = connection.execute(wanted.order_by(table.position).limit(_PAGE)).all()
        for row in rows:
            yield Dropped(row.position, row.address, row.kind, row.words)
        if len(rows) < _PAGE:
            return
        after = rows[-1].position


def write_csv(file: IO[str], found: Iterator[Result]) -> int:
    """Write results as CSV with a header; return how many."""
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for result in found:
        writer.writerow(_plain(result))
        count += 1
    return count


def write_json_lines(file: IO[str], found: Iterator[Result]) -> int:
    """Write results as JSON Lines, leaving out what is not known; return how many."""
    count = 0
    for result in found:
        known = {name: value for name, value in _plain(result).items() if value is not None}
        file.write(json.dumps(known, ensure_ascii=False) + "\n")
        count += 1
    return count


def _plain(result: Result) -> dict[str, object]:
    row = {name: getattr(result, name) for name in _COLUMNS}
    row["at"] = result.at.isoformat() if result.at else None
    return row
