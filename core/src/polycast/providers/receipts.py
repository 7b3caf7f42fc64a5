"""Receipts and statuses that providers make in the same way."""

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from polycast.model.messages import BulkReceipt, Message, Receipt, Recipient, Report, State, Status
from polycast.model.prices import total

__all__ = [
    "match_in_turn",
    "receipt_from",
    "receipt_of_many",
    "receipts_for",
    "status_of_many",
    "status_of_one",
]

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def receipts_for(
    recipients: Iterable[Message | Recipient],
    id: str | None,
    state: State,
    detail: str | None = None,
    raw: object = None,
) -> tuple[Receipt, ...]:
    """Return the receipts of recipients of whom the provider says the same."""
    return tuple(
        Receipt(id, state, each.to, getattr(each, "reference", None), detail, raw)
        for each in recipients
    )


def receipt_from(report: Report, recipient: Recipient) -> Receipt:
    """Return the receipt of a recipient whose message was found by its report."""
    return Receipt(
        report.id, report.state, recipient.to, recipient.reference, report.detail, report.raw
    )


def receipt_of_many(receipts: Iterable[Receipt], id: str | None, raw: object) -> BulkReceipt:
    """Return the receipt of a broadcast from those of its recipients.

    Args:
        receipts: in the order of the recipients.
        id: that of the broadcast; None where it has none.
        raw: what the provider answered.
    """
    receipts = tuple(receipts)
    return BulkReceipt(id, State.overall(each.state for each in receipts), receipts, raw=raw)


def match_in_turn(keys: Iterable[K], rows: Iterable[tuple[K, T]]) -> list[T | None]:
    """Return for each key the first row with this key that no earlier key has; None without one.

    Args:
        keys: e.g. the recipients' numbers, in the order given.
        rows: the rows of an answer in any order, each with its key.
    """
    waiting: defaultdict[K, deque[T]] = defaultdict(deque)
    for key, row in rows:
        waiting[key].append(row)
    return [queue.popleft() if (queue := waiting.get(key)) else None for key in keys]


def status_of_one(report: Report, id: str, **facts: Any) -> Status:
    """Return the status of one message from its report.

    Args:
        report: how far the message has come.
        id: what was asked for.
        **facts: other fields of the `Status`.
    """
    return Status(
        id,
        report.state,
        counts={report.state: 1},
        reports=(report,),
        detail=report.detail,
        expected=1,
        raw=report.raw,
        code=report.code,
        segments=report.segments,
        price=report.price,
        **facts,
    )


def status_of_many(reports: Iterable[Report], id: str, **facts: Any) -> Status:
    """Return the status of a broadcast from the reports of its recipients.

    Args:
        reports: one per recipient.
        id: what was asked for.
        **facts: other fields of the `Status`.
    """
    reports = tuple(reports)
    counts = Counter(report.state for report in reports)
    segments = [report.segments for report in reports if report.segments is not None]
    return Status(
        id,
        State.overall(counts),
        counts=dict(counts),
        reports=reports,
        segments=sum(segments) if reports and len(segments) == len(reports) else None,
        price=total(report.price for report in reports),
        **facts,
    )
