"""Whether a request whose reply was lost has arrived, asked by the ids that we chose for it.

Infobip takes a request as a whole, so a message that it lists settles it. Its logs go back 48
hours, may lag, and may leave out what is still to be sent: that is asked for as a scheduled bulk.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from polycast import OutcomeUnknown, Receipt, State
from polycast.wire import UNSET, Undecodable

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
    listed: Iterable[Row],
    begun: datetime,
    scheduled: Callable[[], m.Bulk | None],
) -> tuple[Receipt, ...] | None:
    """Return the receipts of a request that arrived; None where nothing is known of it.

    Args:
        sending: what may have arrived.
        listed: what Infobip lists of its ids.
        begun: a moment before it left, by Infobip's clock.
        scheduled: returns the request as a scheduled bulk, if there is one.

    Raises:
        OutcomeUnknown: what is listed may be an earlier request with the same ids, or cannot be
            read.
    """
    rows = list(listed)
    found = {
        row.message_id: row
        for row in latest(rows)
        if isinstance(row, m.Report) and row.message_id in sending.message_ids
    }
    for id, row in found.items():
        if row.sent_at is UNSET or row.sent_at < begun - _CLOCKS:
            when = "a moment it does not tell" if row.sent_at is UNSET else _clock(row.sent_at)
            raise _doubt(
                f"it knows {id} from {when}, and the request left after {_clock(begun)}: the same "
                "may have been sent before",
                sending,
                rows,
            )
    if found:
        return tuple(
            _receipt(sending, place, found.get(id)) for place, id in enumerate(sending.message_ids)
        )
    unreadable = [row for row in rows if isinstance(row, Undecodable) or not row.message_id]
    if unreadable:
        raise _doubt(f"it lists {len(unreadable)} messages that cannot be told", sending, rows)
    bulk = scheduled()
    if bulk is None:
        return None
    state, word = bulk_state(bulk), bulk.status or None
    return tuple(
        Receipt(f"message:{id}", state, each.to, each.reference, word, bulk)
        for id, each in zip(sending.message_ids, sending.recipients, strict=True)
    )


def _receipt(sending: Sending, place: int, row: m.Report | None) -> Receipt:
    recipient, id = sending.recipients[place], f"message:{sending.message_ids[place]}"
    if row is None:
        detail = "the request arrived, and this message is not listed yet"
        return Receipt(id, State.QUEUED, recipient.to, recipient.reference, detail)
    told = to_report(row)
    return Receipt(id, told.state, recipient.to, recipient.reference, told.detail, row)


def _doubt(detail: str, sending: Sending, rows: list[Row]) -> OutcomeUnknown:
    return OutcomeUnknown(detail, provider="infobip", operation=f"list_{sending.channel}", raw=rows)


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
