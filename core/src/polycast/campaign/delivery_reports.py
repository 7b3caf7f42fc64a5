"""Delivery reports that providers push: stored at once, and matched to recipients later.

A provider waits for the answer to its callback, and matching a report means to search all batches.
So a report is stored as it came, which takes one short transaction. All stored reports are matched
together before a campaign is reported.
"""

import hashlib
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Connection, Insert, Row, and_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from polycast.campaign import schema
from polycast.campaign.batch_builder import aware, people_of
from polycast.campaign.recipient_results import RecipientResults, bare_address
from polycast.campaign.refresh import write_reports
from polycast.campaign.single_reports import note_singles
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.errors import LedgerError
from polycast.model.messages import Report, State

__all__ = ["keep", "note_kept"]

#: Reports that are matched together.
_TOGETHER = 20_000
#: Rows that one statement names.
_ROWS = 1_000
#: Batches that are read together.
_BATCHES = 50
#: How long an unmatched report is kept: its batch may be about to be accepted.
_KEPT = timedelta(days=7)
#: How old a batch may be that a report is matched to.
_REACH = timedelta(days=30)
#: How far the clocks of the sending and the receiving machine may differ.
_CLOCKS = timedelta(minutes=5)

_b, _p, _o, _r = schema.batches.c, schema.people.c, schema.outcomes.c, schema.pushed.c


def keep(store: Store, provider: str, reports: Iterable[Report]) -> int:
    """Write down what a provider pushed; return how many reports are not kept already.

    One that tells nothing, because it cannot be read, is passed over.
    """
    known = [report for report in reports if report.state is not State.UNKNOWN]
    new = 0
    for start in range(0, len(known), _ROWS):
        page = known[start : start + _ROWS]
        with store.write() as connection:
            singles = note_singles(connection, provider, page)
            rows = [_row(provider, each) for at, each in enumerate(page) if at not in singles]
            some = {row["digest"]: row for row in rows}
            there = select(_r.digest).where(_r.provider == provider, _r.digest.in_(some))
            for digest in connection.scalars(there):
                del some[digest]
            if some:
                # Two processes may be pushed the same at once.
                connection.execute(_insert(connection), list(some.values()))
        new += len(some) + len(singles)
    return new


def _insert(connection: Connection) -> Insert:
    """Insert what is not there yet, in the words of each database."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(schema.pushed).on_conflict_do_nothing()
    return postgresql.insert(schema.pushed).on_conflict_do_nothing()


def _row(provider: str, report: Report) -> dict[str, object]:
    at = None if report.at is None else report.at.astimezone(UTC).isoformat()
    code = None if report.code is None else str(report.code)
    text = json.dumps(
        [
            report.to, str(report.state), report.id, report.reference, report.detail, code, at,
            report.channel, list(report.aliases),
        ]
    )  # fmt: skip
    digest = hashlib.blake2b(f"{provider}\n{text}".encode(), digest_size=16).digest()
    return {
        "digest": digest, "provider": provider, "received_at": datetime.now(UTC), "report": text,
    }  # fmt: skip


@attrs.frozen
class _Kept:
    """One stored report."""

    digest: bytes
    received_at: datetime
    report: Report

    @classmethod
    def of(cls, row: "Row[Any]") -> "_Kept":
        to, state, id, reference, detail, code, at, channel, aliases = json.loads(row.report)
        moment = None if at is None else datetime.fromisoformat(at)
        report = Report(
            to, State(state), id, reference, detail, code, moment, channel, aliases=tuple(aliases)
        )
        return cls(row.digest, aware(row.received_at) or datetime.now(UTC), report)

    @property
    def ids(self) -> tuple[str, ...]:
        """All message ids in the report."""
        own = () if self.report.id is None else (self.report.id,)
        return (*own, *self.report.aliases)

    @property
    def latest(self) -> datetime:
        """The last moment at which its message can have been sent."""
        return self.received_at + _CLOCKS


def note_kept(store: Store) -> None:
    """Match every stored report to its recipient, and delete unmatched ones that are too old.

    Raises:
        LedgerError: the ledger cannot be written, or is damaged.
    """
    for provider, kept in _kept(store):
        # A report may come before the answer to the call was written down.
        with store.write() as connection:
            singles = note_singles(connection, provider, [each.report for each in kept])
            digests = [kept[place].digest for place in singles]
            for start in range(0, len(digests), _ROWS):
                page = digests[start : start + _ROWS]
                connection.execute(schema.pushed.delete().where(_r.digest.in_(page)))
        kept = [each for place, each in enumerate(kept) if place not in singles]
        if not kept:
            continue
        found, noted = _Search(kept).run(store, provider)
        for (campaign, number), reports in found.items():
            write_reports(store, campaign, number, reports)
        now = datetime.now(UTC)
        done = [
            each.digest for each in kept if each.digest in noted or now - each.received_at > _KEPT
        ]
        for start in range(0, len(done), _ROWS):
            with store.write() as connection:
                some = done[start : start + _ROWS]
                connection.execute(schema.pushed.delete().where(_r.digest.in_(some)))


def _kept(store: Store) -> Iterator[tuple[str, list[_Kept]]]:
    last: tuple[str, bytes] | None = None
    while True:
        wanted = select(schema.pushed).order_by(_r.provider, _r.digest).limit(_TOGETHER)
        if last is not None:
            wanted = wanted.where(tuple_(_r.provider, _r.digest) > last)
        with store.read() as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return
        for provider, some in itertools.groupby(rows, lambda row: str(row.provider)):
            yield provider, [_Kept.of(row) for row in some]
        last = rows[-1].provider, rows[-1].digest


@attrs.frozen
class _Place:
    """A recipient's place in a batch."""

    campaign: str
    number: int
    place: int
    id: str | None


class _Search:
    """Matches reports to recipients: by message id, then reference, then address.

    A report that matches several recipients by the best of these is ambiguous, and is discarded.
    """

    def __init__(self, kept: Iterable[_Kept]) -> None:
        self._kept = sorted(kept, key=lambda each: each.received_at)
        self._by: tuple[defaultdict[str, list[int]], ...] = tuple(
            defaultdict(list) for _ in range(3)
        )
        for index, each in enumerate(self._kept):
            to = each.report.to and bare_address(each.report.to)
            for by, names in zip(self._by, (each.ids, [each.report.reference], [to]), strict=True):
                for name in names:
                    if name:
                        by[name].append(index)
        self._best: dict[int, tuple[int, list[_Place]]] = {}

    def run(
        self, store: Store, provider: str
    ) -> tuple[dict[tuple[str, int], list[tuple[int, Report]]], set[bytes]]:
        """Search all batches of a provider.

        Returns:
            The reports by campaign and batch, and the digests of those.
        """
        since = self._kept[0].received_at - _REACH
        for row in _batches(store, provider, since):
            self._look_at(row)
        found: defaultdict[tuple[str, int], list[tuple[int, Report]]] = defaultdict(list)
        noted: set[bytes] = set()
        for index, each in enumerate(self._kept):
            _, places = self._best.get(index, (0, []))
            if len(places) == 1:
                (one,) = places
                report = attrs.evolve(each.report, id=one.id or each.report.id)
                found[one.campaign, one.number].append((one.place, report))
                noted.add(each.digest)
        return found, noted

    def _look_at(self, row: Any) -> None:
        try:
            people = people_of(row.campaign, row.number, row.size, row.people)
            outcomes = RecipientResults.read(row.outcomes)
        except LedgerError:
            # Reading that campaign raises this error; reports of others are matched all the same.
            return
        submitted_at = aware(row.submitted_at)
        named: tuple[Sequence[str | None], ...] = (
            outcomes.ids, people.references or (), [bare_address(to) for to in people.to],
        )  # fmt: skip
        for rank, (by, names) in enumerate(zip(self._by, named, strict=True)):
            if not by:
                continue
            for place, name in enumerate(names):
                for index in by.get(name, ()) if name is not None else ():
                    kept, id = self._kept[index], outcomes.id_of(place)
                    if submitted_at is not None and submitted_at > kept.latest:
                        continue
                    if rank == 0 or not _is_another(id, kept.ids):
                        self._take(index, rank, _Place(row.campaign, row.number, place, id))

    def _take(self, index: int, rank: int, place: _Place) -> None:
        best, places = self._best.get(index, (rank, []))
        if rank < best:
            best, places = rank, []
        if rank == best and place not in places:
            places.append(place)
        self._best[index] = best, places


def _is_another(known: str | None, ids: Sequence[str]) -> bool:
    """Return whether a report with these ids is about another message than the one with this id."""
    if known is None:
        return False
    kind = known.partition(":")[0]
    return any(id.partition(":")[0] == kind for id in ids) and known not in ids


def _batches(store: Store, provider: str, since: datetime) -> Iterator[Any]:
    last: tuple[str, int] | None = None
    while True:
        wanted = (
            select(_b.campaign, _b.number, _b.size, _b.submitted_at, _p.people, _o.outcomes)
            .join(schema.campaigns, schema.campaigns.c.id == _b.campaign)
            .join(schema.people, and_(_p.campaign == _b.campaign, _p.number == _b.number))
            .outerjoin(schema.outcomes, and_(_o.campaign == _b.campaign, _o.number == _b.number))
            .where(
                schema.campaigns.c.provider == provider,
                # The row of a batch's outcomes is made when it is accepted.
                _b.state == BatchState.ACCEPTED,
                _b.submitted_at >= since,
            )
            .order_by(_b.campaign, _b.number)
            .limit(_BATCHES)
        )
        if last is not None:
            wanted = wanted.where(tuple_(_b.campaign, _b.number) > last)
        with store.read() as connection:
            rows = connection.execute(wanted).all()
        yield from rows
        if len(rows) < _BATCHES:
            return
        last = rows[-1].campaign, rows[-1].number
