"""The results of a campaign: counted, and one by one."""

import csv
import heapq
import json
import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from io import TextIOBase
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import attrs
from sqlalchemy import Connection, and_, func, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, aware, people_of
from polycast.campaign.batches import count_batches
from polycast.campaign.recipient_batch import read_json, write_json
from polycast.campaign.recipient_results import RecipientResults
from polycast.campaign.results import CampaignReport, Dropped, Progress, Result
from polycast.campaign.serialization import send_at_of
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import UsageError
from polycast.model.messages import Recipient
from polycast.model.validators import check_type
from polycast.recipients.temporary import ExternalSorter

__all__ = [
    "dropped",
    "planned",
    "planned_by_state",
    "report",
    "results",
    "safe_cell",
    "variable_names",
    "write_csv",
    "write_json_lines",
    "writing",
]

#: Recipients that are read in one query.
_PAGE = 2_000
#: What spreadsheets take for the beginning of a formula, also in its full width.
_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile("[+][0-9]+")
#: Sequences that a terminal obeys (ECMA-48: with parameters, with a text, others), then whatever
#: else is no character to be read.
_CONTROL = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"
    "|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?"
    "|\x1b[ -/]*[0-~]"
    "|[\0-\x09\x0b-\x1f\x7f-\x9f]"
)
_COLUMNS = [field.name for field in attrs.fields(Result) if field.name != "variables"]
#: The state of recipients who are in no batch.
LEFT_OUT = "left out"
_b, _p, _o = schema.batches.c, schema.people.c, schema.outcomes.c


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
        counted = count_batches(connection, campaign)
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
            select(_b.detail, func.sum(_b.size))
            .where(
                _b.campaign == campaign,
                _b.detail.is_not(None),
                _b.state.in_([BatchState.REJECTED, BatchState.IN_DOUBT]),
            )
            .group_by(_b.detail)
            .order_by(func.sum(_b.size).desc())
            .limit(20)
        ).all()
        own = connection.execute(
            select(_b.provider_state, _b.counts, func.count().label("batches"))
            .where(
                _b.campaign == campaign,
                _b.state == BatchState.ACCEPTED,
                _b.counts.is_not(None),
            )
            .group_by(_b.provider_state, _b.counts)
        ).all()
    states: Counter[str] = Counter()
    for state, provider_state, size in by_batch:
        accepted = state == BatchState.ACCEPTED
        states[provider_state if accepted else state] += int(size)
    for each in own:
        for state, some in read_json(each.counts).items():
            states[each.provider_state] -= some * each.batches
            states[state] += some * each.batches
    return CampaignReport(
        id=row.id,
        provider=row.provider,
        profile=row.profile,
        name=row.name,
        state=_state(row.state, counted),
        detail=row.detail,
        created_at=aware(row.created_at) or row.created_at,
        progress=counted,
        states={state: some for state, some in states.items() if some},
        dropped={each.kind: each.people for each in left_out},
        problems={detail: int(size) for detail, size in problems},
        send_at=send_at_of(row.content),
        hours=row.hours,
        key=row.key,
    )


def _state(stored: str, counted: Progress) -> CampaignState:
    """Return the state of a campaign: an open one with nothing left is done."""
    left = (BatchState.PLANNED, BatchState.SUBMITTING, BatchState.IN_DOUBT)
    if stored == CampaignState.OPEN and not any(counted.batches[state] for state in left):
        return CampaignState.DONE
    return CampaignState(stored)


def results(store: Store, campaign: str) -> Iterator[Result]:
    """Yield the result of every recipient, in the order of the list; read page by page.

    All is read in one transaction: a recipient whose batch is divided meanwhile comes once.
    """
    with store.read() as connection:
        kept = _kept(connection, campaign)
        if _is_mixed(connection, campaign):
            kept = _in_order(kept)
        left_out = (
            Result(each.position, each.to, None, LEFT_OUT, detail=each.detail, left_out=each.kind)
            for each in dropped(store, campaign)
        )
        yield from heapq.merge(kept, left_out, key=lambda result: result.position)


def _is_mixed(connection: Connection, campaign: str) -> bool:
    """Return whether the recipients of different batches are mixed in the list."""
    before = func.lag(_b.last).over(order_by=_b.number).label("before")
    batches = select(_b.first, before).where(_b.campaign == campaign).subquery()
    mixed = connection.scalar(
        select(batches.c.first).where(batches.c.first <= batches.c.before).limit(1)
    )
    return mixed is not None


def _in_order(found: Iterator[Result]) -> Iterator[Result]:
    """Sort results by position; there may be more than fit into memory."""
    kept = ExternalSorter()
    kept.add((b"", each.position, write_json(_plain(each))) for each in found)
    for _, _, written in kept.read():
        fields = read_json(written)
        at = fields["at"]
        yield Result(**{**fields, "at": None if at is None else datetime.fromisoformat(at)})


def _kept(connection: Connection, campaign: str) -> Iterator[Result]:
    """Yield the results of the recipients in batches, batch by batch."""
    for row in _batches(connection, campaign):
        yield from results_of_batch(campaign, row)


def planned(store: Store, builder: BatchBuilder) -> Iterator[tuple[int, Recipient, str | None]]:
    """Yield the number of each call with each of its recipients and their text."""
    with store.read() as connection:
        for row in _batches(connection, builder.campaign):
            people = people_of(builder.campaign, row.number, row.size, row.people)
            for recipient in people.recipients():
                yield row.number, recipient, builder.text_for(recipient)


def planned_by_state(
    store: Store, builder: BatchBuilder
) -> Iterator[tuple[str, Recipient, str | None]]:
    """Yield each recipient with the state of their batch before, and their text behind."""
    with store.read() as connection:
        for row in _batches(connection, builder.campaign):
            people = people_of(builder.campaign, row.number, row.size, row.people)
            for recipient in people.recipients():
                yield row.state, recipient, builder.text_for(recipient)


def _batches(connection: Connection, campaign: str) -> Iterator[Any]:
    """Yield the batches with their recipients and results; read page by page."""
    last = 0
    while True:
        sizes = connection.execute(
            select(_b.number, _b.size)
            .where(_b.campaign == campaign, _b.number > last)
            .order_by(_b.number)
            .limit(_PAGE)
        ).all()
        people = list(accumulate(row.size for row in sizes))
        # At least one batch, and as many as have no more than a page of recipients.
        page = sizes[: max(1, bisect_right(people, _PAGE))]
        if not page:
            return
        yield from connection.execute(
            select(
                _b.number, _b.size, _b.state, _b.detail, _b.provider_id, _b.provider_state,
                _p.people, _o.outcomes,
            )
            .outerjoin(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
            .outerjoin(schema.outcomes, and_(_o.campaign == _b.campaign, _o.number == _b.number))
            .where(_b.campaign == campaign, _b.number > last, _b.number <= page[-1].number)
            .order_by(_b.number)
        ).all()  # fmt: skip
        last = page[-1].number


def results_of_batch(campaign: str, row: Any) -> Iterator[Result]:
    """Yield the results of the recipients of one batch.

    Args:
        campaign: its id.
        row: of the batch, with its recipients and their results.
    """
    people = people_of(campaign, row.number, row.size, row.people)
    accepted = row.state == BatchState.ACCEPTED
    outcomes = RecipientResults.read(row.outcomes)
    state = row.provider_state if accepted else row.state
    everybody = zip(people.positions, people.to, people.each_variables(), strict=True)
    for place, (position, to, variables) in enumerate(everybody):
        known = outcomes.of(place)
        yield Result(
            position=position,
            to=to,
            reference=people.references[place] if people.references else None,
            state=known.state if known else state,
            batch=row.number,
            batch_id=row.provider_id,
            message_id=outcomes.id_of(place),
            detail=(known.detail if known else None) or row.detail,
            code=known.code if known else None,
            channel=known.channel if known else None,
            at=known.at if known else None,
            variables=variables,
        )


def dropped(store: Store, campaign: str) -> Iterator[Dropped]:
    """Yield the recipients who were left out, in the order of the list."""
    table = schema.dropped.c
    after = 0
    while True:
        wanted = select(schema.dropped).where(table.campaign == campaign, table.position > after)
        with store.read() as connection:
            rows = connection.execute(wanted.order_by(table.position).limit(_PAGE)).all()
        for row in rows:
            yield Dropped(row.position, row.address, row.kind, row.detail)
        if len(rows) < _PAGE:
            return
        after = rows[-1].position


def variable_names(store: Store, campaign: str) -> list[str]:
    """Return the names of all variables of a campaign's recipients, in the order they come."""
    names: dict[str, None] = {}
    with store.read() as connection:
        for row in _batches(connection, campaign):
            people = people_of(campaign, row.number, row.size, row.people)
            names.update(dict.fromkeys(people.variable_names()))
    return list(names)


def write_csv(file: IO[str], found: Iterator[Result], variables: Sequence[str]) -> int:
    """Write results as CSV with a header; return how many.

    Nothing in it is run by a spreadsheet, or by a terminal that shows it: see `safe_cell`.

    Args:
        file: where to.
        found: the results.
        variables: the names of their variables: the last columns. One that is named like another
            column has `variable_` before it.
    """
    named = {name: f"variable_{name}" if name in _COLUMNS else name for name in variables}
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*_COLUMNS, *map(safe_cell, named.values())])
    count = 0
    for result in found:
        row = _plain(result)
        cells = [row[name] for name in _COLUMNS]
        writer.writerow(map(safe_cell, [*cells, *(result.variables.get(name) for name in named)]))
        count += 1
    return count


def write_json_lines(file: IO[str], found: Iterator[Result]) -> int:
    """Write results as JSON Lines, leaving out what is not known; return how many."""
    count = 0
    for result in found:
        known = {name: value for name, value in _plain(result).items() if value not in (None, {})}
        file.write(json.dumps(known, ensure_ascii=False) + "\n")
        count += 1
    return count


def _plain(result: Result) -> dict[str, object]:
    row = {name: getattr(result, name) for name in (*_COLUMNS, "variables")}
    row["at"] = result.at.isoformat() if result.at else None
    return row


def safe_cell(value: object) -> object:
    """Return a value as a cell that is safe in a spreadsheet and a terminal.

    Control characters, and the sequences that they begin, are left out, but for the line feed. A
    text that a spreadsheet would take for a formula gets an apostrophe before it; a plus sign and
    digits alone is a phone number, and stays as it is.
    """
    if not isinstance(value, str):
        return value
    text = _CONTROL.sub("", value)
    is_formula = text.lstrip()[:1] in _FORMULA and text.strip() and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


@contextmanager
def writing(path: str | os.PathLike[str] | IO[str]) -> Iterator[IO[str]]:
    """Open a file to write it; an open one is left open."""
    if not isinstance(path, (str, os.PathLike)):
        check_type("path", path, (TextIOBase,), "a path or an open text file")
        yield path
        return
    with ExitStack() as opened:
        try:
            file = opened.enter_context(Path(path).open("w", encoding="utf-8", newline=""))
        except OSError as error:
            raise UsageError(f"{os.fspath(path)} cannot be written: {error.strerror}.") from None
        yield file
