"""Whether a request whose reply was lost has arrived, asked by the ids that we chose for it.

Infobip takes a request as a whole, so a message that it lists settles it. Its logs go back 48
hours, may lag, and may leave out what is still to be sent: that is asked for as a scheduled bulk.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs
from polycast import OutcomeUnknown, Receipt, Report, State
from polycast.providers import receipt_from
from polycast.wire import Undecodable

from polycast_infobip._client import models as m
from polycast_infobip.reports import Row, latest, to_report
from polycast_infobip.request import Sending
from polycast_infobip.response import bulk_state

#: Assumed: how long the logs lag; "Get SMS logs": how far they go back.
_LAG, _KEPT = timedelta(seconds=10), timedelta(hours=48)
#: Assumed: how far apart two clocks are when their distance was measured in whole seconds.
_CLOCKS = timedelta(seconds=2)


def found_in(rows: Sequence[Row], sending: Sending, begun: datetime) -> Mapping[str, m.Report]:
    """Return the rows of the messages that were sent, by their ids; none where none is listed.

    Args:
        rows: what Infobip lists of the request.
        sending: what may have arrived.
        begun: a moment before it left, by Infobip's clock.

    Raises:
        OutcomeUnknown: what is listed may be an earlier request with the same ids, or cannot be
            read.
    """
    ids = sending.recipients.keys()
    told = {row.message_id or "": row for row in latest(rows) if isinstance(row, m.Report)}
    found = {id: told[id] for id in ids if id in told}
    for id, row in found.items():
        if not row.sent_at or row.sent_at < begun - _CLOCKS:
            raise OutcomeUnknown(
                f"it knows {id} from {row.sent_at or 'a moment it does not tell'}, and the request "
                f"left after {begun.astimezone(UTC)}: the same may have been sent before",
                raw=rows,
            )
    if not found and any(isinstance(row, Undecodable) or not row.message_id for row in rows):
        raise OutcomeUnknown("it lists messages that cannot be told apart", raw=rows)
    return found


def check_absence(age: timedelta, rows: Sequence[Row]) -> None:
    """Refuse to believe that what is not listed did not arrive, where the logs cannot tell.

    Args:
        age: how long before the question the request left.
        rows: what Infobip lists.

    Raises:
        OutcomeUnknown: the logs may lag, or have forgotten.
    """
    if not _LAG <= age < _KEPT:
        detail = "nothing is listed, but logs may lag 10 seconds and go back 48 hours"
        raise OutcomeUnknown(detail, raw=rows)


def receipts_of(
    sending: Sending, found: Mapping[str, m.Report], bulk: m.Bulk | None
) -> list[Receipt]:
    """Return the receipts of a request that arrived: by its messages, or as a scheduled bulk."""
    detail = "the request arrived, and this message is not listed yet"
    other = Report(None, State.QUEUED, detail=detail)
    if bulk is not None:
        other = Report(None, bulk_state(bulk), detail=bulk.status or None, raw=bulk)
    reports = {id: attrs.evolve(other, id=f"message:{id}") for id in sending.recipients}
    reports |= {id: to_report(row) for id, row in found.items()}
    return list(map(receipt_from, reports.values(), sending.recipients.values()))
