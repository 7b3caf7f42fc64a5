"""Per-recipient results that differ from the batch's own state, stored as one blob per batch."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import attrs

from polycast.campaign.recipient_batch import RecipientBatch, read_json, write_json
from polycast.errors import LedgerError
from polycast.model.messages import BulkReceipt, Report, State

__all__ = ["RecipientResult", "RecipientResults", "ReportMatcher", "bare_address", "written_counts"]


#: How far along a message is. A failure may still turn out to be one of several tries.
_STEP = {
    State.UNKNOWN: 0,
    State.QUEUED: 1,
    State.SCHEDULED: 1,
    State.PAUSED: 2,
    State.SENDING: 2,
    State.SENT: 3,
    State.FAILED: 4,
    State.EXPIRED: 4,
    State.REJECTED: 4,
    State.CANCELLED: 4,
    State.DELIVERED: 5,
    State.READ: 6,
}


@attrs.frozen
class RecipientResult:
    """The result of one recipient.

    Args:
        state: the provider's, in our words.
        detail: the provider's own.
        code: the provider's.
        channel: what it travelled by.
        at: when the state was reached.
    """

    state: State
    detail: str | None = None
    code: str | None = None
    channel: str | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, report: Report) -> Self:
        """Keep what a report says."""
        code = None if report.code is None else str(report.code)
        return cls(report.state, report.detail, code, report.channel, report.at)

    def supersedes_later(self, later: "RecipientResult") -> bool:
        """Whether this stays true after a report that came later: some overtake each other.

        A message never goes back: what was DELIVERED was not SENT afterwards, whatever a clock
        says. Of two steps that may follow each other either way, the later one is true.
        """
        if _STEP[self.state] != _STEP[later.state]:
            return _STEP[self.state] > _STEP[later.state]
        return self.at is not None and later.at is not None and self.at > later.at


@attrs.define
class RecipientResults:
    """The results of the recipients of one batch, by their place in it, from 0.

    Args:
        ids: the provider's handles for their messages, one for each; empty where it gave none.
        receipts: what the answer to the call said of some, where it is not what it said of all.
        reports: what was told of some later.
    """

    ids: list[str | None] = attrs.Factory(list)
    receipts: dict[int, RecipientResult] = attrs.Factory(dict)
    reports: dict[int, RecipientResult] = attrs.Factory(dict)

    @classmethod
    def of_answer(cls, answer: BulkReceipt, size: int) -> Self:
        """Return what an answer says of single recipients, where it differs from the whole."""
        outcomes = cls()
        if len(answer.receipts) != size:
            return outcomes
        ids = [each.id for each in answer.receipts]
        if any(id is not None and id != answer.id for id in ids):
            outcomes.ids = ids
        outcomes.receipts = {
            place: RecipientResult(each.state, each.detail)
            for place, each in enumerate(answer.receipts)
            if each.state is not answer.state or each.detail
        }
        return outcomes

    def __bool__(self) -> bool:
        return bool(self.ids or self.receipts or self.reports)

    def of(self, place: int) -> RecipientResult | None:
        """What is known of one of them, if anything."""
        return self.reports.get(place) or self.receipts.get(place)

    def id_of(self, place: int) -> str | None:
        """The handle for the message of one of them."""
        return self.ids[place] if self.ids else None

    def take(self, places: Sequence[int]) -> Self:
        """Return what is known of some of them, each by their place among `places`."""
        new = {old: place for place, old in enumerate(places)}
        return type(self)(
            [self.ids[place] for place in places] if self.ids else [],
            {new[place]: known for place, known in self.receipts.items() if place in new},
            {new[place]: known for place, known in self.reports.items() if place in new},
        )

    def drop_outdated_receipts(self) -> None:
        """Drop results of the answer to the call that a newer status of the batch replaces.

        A recipient that was rejected at once stays rejected, and an unnamed one stays unknown.
        """
        self.receipts = {
            place: known
            for place, known in self.receipts.items()
            if known.state.is_final or known.state is State.UNKNOWN
        }

    def note(self, place: int, report: Report, size: int) -> None:
        """Record the report of one recipient, unless the known result is newer or final.

        Args:
            place: theirs.
            report: about them.
            size: of the batch.
        """
        known = RecipientResult.of(report)
        before = self.reports.get(place)
        if before is None or not before.supersedes_later(known):
            self.reports[place] = known
        if report.id is not None:
            if not self.ids:
                self.ids = [None] * size
            self.ids[place] = report.id

    def counts(self) -> Counter[str]:
        """Count the recipients with a result of their own, by state."""
        return Counter(str(known.state) for known in {**self.receipts, **self.reports}.values())

    def write(self) -> bytes:
        """Return them as one value."""
        fields = {
            "ids": self.ids,
            "receipts": _rows(self.receipts),
            "reports": _rows(self.reports),
        }
        return write_json({name: value for name, value in fields.items() if value})

    @classmethod
    def read(cls, written: bytes | None) -> Self:
        """Return what `write` wrote; nothing is known where there is nothing.

        Raises:
            LedgerError: somebody else wrote it: the ledger is damaged.
        """
        if written is None:
            return cls()
        try:
            fields = read_json(written)
            return cls(
                fields.get("ids") or [],
                _known(fields.get("receipts") or []),
                _known(fields.get("reports") or []),
            )
        except (AttributeError, TypeError, ValueError):
            pass
        raise LedgerError(
            "The ledger is damaged: the results of a batch are corrupted. Restore it from a copy."
        )


def written_counts(outcomes: RecipientResults) -> str | None:
    """Return the counts as they stand beside a batch, the same for the same counts."""
    counts = outcomes.counts()
    return write_json(dict(sorted(counts.items()))).decode() if counts else None


def _rows(known: Mapping[int, RecipientResult]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for place, each in known.items():
        at = None if each.at is None else _utc(each.at).isoformat()
        row = [place, str(each.state), each.detail, each.code, each.channel, at]
        while row[-1] is None:
            del row[-1]
        rows.append(row)
    return rows


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _known(rows: Iterable[list[Any]]) -> dict[int, RecipientResult]:
    known = {}
    for place, state, *rest in rows:
        detail, code, channel, at = [*rest, None, None, None, None][:4]
        moment = None if at is None else datetime.fromisoformat(at)
        known[place] = RecipientResult(State(state), detail, code, channel, moment)
    return known


class ReportMatcher:
    """Matches the reports of a batch to recipients: by message id, then reference, then address.

    A value that two recipients share matches neither of them.
    """

    def __init__(self, people: RecipientBatch, outcomes: RecipientResults) -> None:
        """Remember their references, message ids and addresses."""
        self._by_message = _unambiguous(outcomes.ids)
        self._by_reference = _unambiguous(people.references or ())
        self._by_address = _unambiguous(map(bare_address, people.to))

    def place(self, report: Report) -> int | None:
        """Return the place of the recipient of a report, or None if no recipient matches."""
        for known, name in (
            (self._by_message, report.id),
            (self._by_reference, report.reference),
            (self._by_address, bare_address(report.to) if report.to else None),
        ):
            if name is not None and (place := known.get(name)) is not None:
                return place
        return None


def _unambiguous(names: Iterable[str | None]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for place, name in enumerate(names):
        if name is not None:
            found[name] = None if name in found else place
    return found


def bare_address(to: str) -> str:
    """An address as several providers write it: a number with or without plus sign and scheme."""
    return to.removeprefix("tel:").removeprefix("+")
