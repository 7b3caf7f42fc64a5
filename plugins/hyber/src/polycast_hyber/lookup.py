"""Whether a broadcast whose reply was lost has arrived, asked by its recipients' extra ids."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from polycast import BulkReceipt, NotFound, OutcomeUnknown, Receipt, State

from polycast_hyber._client import models as m
from polycast_hyber.encoding import Sending
from polycast_hyber.mapping import extra_receipts, overall, to_report
from polycast_hyber.states import moment

__all__ = ["look_up"]

#: Reports are asked for one by one; more would be an attack.
_MOST_QUESTIONS = 100


def look_up(
    sending: Sending, since: datetime, ask: Callable[[str], m.Report]
) -> BulkReceipt | None:
    """Return what is known of a broadcast, or None where none of its recipients is known.

    Hyber takes a request as a whole, so the first recipient that it knows settles it.

    Args:
        sending: what was sent.
        since: a moment before it left.
        ask: asks for the report of one extra id.

    Raises:
        OutcomeUnknown: it knows one from before `since`, or nobody of a part of a long list.
    """
    ids = sending.extra_ids
    unknown: set[int] = set()
    for place in _spread(len(ids)):
        try:
            report = ask(ids[place])
        except NotFound:
            unknown.add(place)
            continue
        return _found(sending, since, place, report, unknown)
    if len(unknown) < len(ids):
        raise _in_doubt(
            f"it knows none of {len(unknown)} recipients, spread over a list of {len(ids)}; the "
            "others were not asked about"
        )
    return None


def _spread(count: int) -> Sequence[int]:
    if count <= _MOST_QUESTIONS:
        return range(count)
    return [step * (count - 1) // (_MOST_QUESTIONS - 1) for step in range(_MOST_QUESTIONS)]


def _found(
    sending: Sending, since: datetime, place: int, told: m.Report, unknown: set[int]
) -> BulkReceipt:
    report = to_report(told)
    at = moment(told.time)
    if at is not None and at < since:
        raise _in_doubt(
            f"it knows {sending.extra_ids[place]!r} from {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} "
            "UTC, before the moment that was asked about: something alike was sent earlier",
            told,
        )
    receipts = list(extra_receipts(sending.recipients, sending.extra_ids, State.QUEUED, None))
    recipient = sending.recipients[place]
    receipts[place] = Receipt(
        report.id, report.state, recipient.to, recipient.reference, report.words, told
    )
    for other in unknown:
        recipient = sending.recipients[other]
        receipts[other] = Receipt(
            None, State.UNKNOWN, recipient.to, recipient.reference, "hyber does not know it"
        )
    # Which campaign it is no report tells.
    id = report.id if len(receipts) == 1 else None
    return BulkReceipt(id, overall(receipts), tuple(receipts), raw=told)


def _in_doubt(words: str, raw: object = None) -> OutcomeUnknown:
    return OutcomeUnknown(
        words, provider="hyber", operation="get_report_simple_by_extra_id", raw=raw
    )
