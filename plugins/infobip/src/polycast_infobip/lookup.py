"""Whether a request whose reply was lost has arrived, asked by the ids that we chose for it.

Infobip takes a request as a whole, so a message that it lists settles it. Its logs go back 48
hours, may lag, and may leave out what is still to be sent: that is asked for as a scheduled bulk.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from polycast import OutcomeUnknown, Receipt, State
from polycast.wire import Undecodable

from polycast_infobip._client import models as m
from polycast_infobip.reports import Row, latest, to_report
from polycast_infobip.request import Sending
from polycast_infobip.response import bulk_state

#: Assumed: how long the logs lag behind what Infobip takes on.
LAG = timedelta(seconds=10)
#: "Get SMS logs": how far they go back.
KEPT = timedelta(hours=48)
#: Assumed: how far apart two clocks are when their distance was measured in whole seconds.
_CLOCKS = timedelta(seconds=2)


def look_up(
    sending: Sending,
    rows: Sequence[Row],
    begun: datetime,
    scheduled: Callable[[], m.Bulk | None],
) -> tuple[Receipt, ...] | None:
    """Return the receipts of a request that arrived; None where nothing is known of it.

    Args:
        sending: what may have arrived.
        rows: what Infobip lists of its ids.
        begun: a moment before it left, by Infobip's clock.
        scheduled: returns the request as a scheduled bulk, if there is one.

    Raises:
        OutcomeUnknown: what is listed may be an earlier request with the same ids, or cannot be
            read.
    """
    told = [row for row in latest(rows) if isinstance(row, m.Report) and row.message_id]
    found = {row.message_id: row for row in told if row.message_id in sending.message_ids}
    for id, row in found.items():
        if not row.sent_at or row.sent_at < begun - _CLOCKS:
            detail = (
                f"it knows {id} from {row.sent_at or 'a moment it does not tell'}, and the request "
                f"left after {begun.astimezone(UTC)}: the same may have been sent before"
            )
            raise doubt(sending, detail, rows)
    if not found and any(isinstance(row, Undecodable) or not row.message_id for row in rows):
        raise doubt(sending, "it lists messages that cannot be told apart", rows)
    bulk = None if found else scheduled()
    if not found and bulk is None:
        return None
    return tuple(
        _receipt(sending, place, found.get(id), bulk)
        for place, id in enumerate(sending.message_ids)
    )


def _receipt(sending: Sending, place: int, row: m.Report | None, bulk: m.Bulk | None) -> Receipt:
    state, detail = State.QUEUED, "the request arrived, and this message is not listed yet"
    if row is not None:
        state, detail = to_report(row).state, to_report(row).detail or ""
    elif bulk is not None:
        state, detail = bulk_state(bulk), bulk.status or ""
    to, id = sending.recipients[place], f"message:{sending.message_ids[place]}"
    return Receipt(id, state, to.to, to.reference, detail, row or bulk)


def doubt(sending: Sending, detail: str, rows: Sequence[Row]) -> OutcomeUnknown:
    """Return the error that says why nothing can be told."""
    operation = f"list_{sending.channel}"
    return OutcomeUnknown(detail, provider="infobip", operation=operation, raw=rows)
