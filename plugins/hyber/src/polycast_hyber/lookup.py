"""Whether a broadcast whose reply was lost has arrived, asked by its recipients' extra ids."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from polycast import BulkReceipt, NotFound, OutcomeUnknown, Receipt, Report, State

from polycast_hyber._client import models as m
from polycast_hyber.encoding import Sending
from polycast_hyber.identities import reference_of
from polycast_hyber.mapping import extra_receipts, overall, to_report

__all__ = ["look_up"]

#: How many references are asked about, where the first of them is known already.
_SAMPLE = 100


def look_up(
    sending: Sending, since: datetime, ask: Callable[[str], m.Report]
) -> BulkReceipt | None:
    """Return what is known of a broadcast, or None where none of its recipients is known.

    Hyber takes a request as a whole, so a recipient that it knows settles it. They are asked
    about one by one, from all parts of the list, until one is known; a list of which nobody is
    known takes as many questions as it has recipients.

    An extra id that was made here is of this broadcast alone. A reference may have been given
    to an earlier one as well, and a report tells when something happened last, not when the
    message was sent: so of references a sample is asked about, and none of them may be known
    from earlier.

    Args:
        sending: what was sent.
        since: a moment before it left.
        ask: asks for the report of one extra id.

    Raises:
        OutcomeUnknown: one is known from before `since`, and that may be all there is.
    """
    known: dict[int, Report] = {}
    unknown: list[int] = []
    given = 0
    for place in _order(sending.extra_ids):
        if known and given >= _SAMPLE:
            break
        extra_id = sending.extra_ids[place]
        try:
            report = to_report(ask(extra_id))
        except NotFound:
            unknown.append(place)
        else:
            if report.at is not None and report.at < since:
                raise _in_doubt(extra_id, report.at, report.raw)
            known[place] = report
            if reference_of(extra_id) is None:
                break
        given += reference_of(extra_id) is not None
    return _found(sending, known, unknown) if known else None


def _order(extra_ids: Sequence[str]) -> Iterable[int]:
    """Yield every place once: those of extra ids made here first, and all parts of the list soon.

    A part of a list may be unknown for a reason of its own, such as numbers of one network.
    """
    own: list[int] = []
    given: list[int] = []
    for place, extra_id in enumerate(extra_ids):
        (own if reference_of(extra_id) is None else given).append(place)
    for places in (own, given):
        steps = max(1, (len(places) + _SAMPLE - 1) // _SAMPLE)
        for first in range(steps):
            yield from places[first::steps]


def _found(sending: Sending, known: dict[int, Report], unknown: Iterable[int]) -> BulkReceipt:
    receipts = list(extra_receipts(sending.recipients, sending.extra_ids, State.QUEUED, None))
    for place, report in known.items():
        recipient = sending.recipients[place]
        receipts[place] = Receipt(
            report.id, report.state, recipient.to, recipient.reference, report.words, report.raw
        )
    for place in unknown:
        recipient = sending.recipients[place]
        receipts[place] = Receipt(
            None, State.UNKNOWN, recipient.to, recipient.reference, "hyber does not know it"
        )
    # Which campaign it is no report tells.
    id = receipts[0].id if len(receipts) == 1 else None
    raw = next(iter(known.values())).raw
    return BulkReceipt(id, overall(receipts), tuple(receipts), raw=raw)


def _in_doubt(extra_id: str, at: datetime, raw: object) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"it knows {extra_id!r} from {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, before the moment "
        "that was asked about: something alike was sent earlier",
        provider="hyber",
        operation="get_report_simple_by_extra_id",
        raw=raw,
    )
