"""Whether a broadcast whose reply was lost has arrived, asked by its recipients' extra ids."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from polycast import BulkReceipt, Receipt, Recipient, Report, State, errors
from polycast.providers import receipt_from, receipt_of_many
from polycast.wire import UNSET, DecodeError, strict_json

from polycast_hyber._client import models as m
from polycast_hyber.recipients import reference_of
from polycast_hyber.reports import to_report
from polycast_hyber.request import Sending, phone_number
from polycast_hyber.response import extra_receipts

#: How many recipients are asked about after an answer that proves nothing, and how many
#: references after the first that is known.
_SAMPLE = 100
_OPERATION = "get_report_simple_by_extra_id"


def look_up(
    sending: Sending, since: Callable[[], datetime], ask: Callable[[str], m.Report]
) -> BulkReceipt | None:
    """Return what is known of a broadcast, or None where Hyber denies every recipient.

    Hyber takes a request as a whole, so a recipient that it knows settles it. They are asked
    about one by one, from all parts of the list, until one is known. A report proves that one
    is known, see `_is_of`; a refusal proves that one is unknown, see `_denies`. Everything else
    proves nothing: then None is out of reach, and a sample of the list is asked about.

    An extra id that was made here is of this broadcast alone. A reference may have been given
    to an earlier one as well, and a report tells when something happened last, not when the
    message was sent: so of references a sample is asked about, and none of them may be known
    from earlier.

    Args:
        sending: what was sent.
        since: returns a moment before it left, by Hyber's clock. Called after an answer, whose
            `Date` tells that clock.
        ask: asks for the report of one extra id.

    Raises:
        OutcomeUnknown: none is proven to be known, and not every one to be unknown; or one is
            known from before `since`, and that may be all there is.
    """
    known: dict[int, Report] = {}
    unknown: list[int] = []
    unproven: list[int] = []
    given = 0
    for place in _order(sending.extra_ids):
        if len(unproven) >= _SAMPLE or (known and given >= _SAMPLE):
            break
        extra_id = sending.extra_ids[place]
        given += reference_of(extra_id) is not None
        try:
            row = ask(extra_id)
        except errors.ProviderError as error:
            if type(error) not in (errors.NotFound, errors.Rejected, errors.ProviderError):
                raise
            (unknown if _denies(error, extra_id) else unproven).append(place)
            continue
        if not _is_of(row, extra_id, sending.recipients[place]):
            unproven.append(place)
            continue
        report = to_report(row)
        if report.at is not None and report.at < since():
            raise _in_doubt(extra_id, report.at, report.raw)
        known[place] = report
        if reference_of(extra_id) is None:
            break
    if known:
        return _found(sending, known, [*unknown, *unproven])
    if unproven:
        raise _unproven([sending.extra_ids[place] for place in unproven])
    return None


def _is_of(row: m.Report, extra_id: str, recipient: Recipient) -> bool:
    """Whether a report is about this message: it names the extra id, and Hyber's own id.

    A reference may be somebody else's from earlier, so the phone number has to fit as well.
    """
    if row.extra_id != extra_id or not (row.message_id and row.message_id.strip()):
        return False
    number = row.phone_number
    if reference_of(extra_id) is None or number is UNSET:
        return True
    return str(number).strip().removeprefix("+") == str(phone_number(recipient))


def _denies(error: errors.ProviderError, extra_id: str) -> bool:
    """Whether a refusal is Hyber's own word that it does not know this extra id.

    ASSUMED, as the page does not tell what is answered then: 404 or 410, an `error_code`, and
    the extra id that was asked for. What lacks one of these may be anybody's: a gateway's, a
    web server's, or about something else.
    """
    if not isinstance(error, errors.NotFound) or error.code is None:
        return False
    try:
        body = strict_json.parse(str(error.raw).encode())
    except DecodeError:
        return False
    if not isinstance(body, dict) or body.get("message_id"):
        return False
    return body.get("extra_id") == extra_id


def _order(extra_ids: Sequence[str]) -> Iterable[int]:
    """Yield every place once: those of extra ids made here first, and all parts of the list soon.

    A part of a list may be unknown for a reason of its own, such as numbers of one network.
    """
    own: list[int] = []
    given: list[int] = []
    for place, extra_id in enumerate(extra_ids):
        (own if reference_of(extra_id) is None else given).append(place)
    for places in (own, given):
        steps = (len(places) + _SAMPLE - 1) // _SAMPLE
        for first in range(steps):
            yield from places[first::steps]


def _found(sending: Sending, known: dict[int, Report], others: Iterable[int]) -> BulkReceipt:
    receipts = list(extra_receipts(sending.recipients, sending.extra_ids, State.QUEUED, None))
    for place, report in known.items():
        receipts[place] = receipt_from(report, sending.recipients[place])
    for place in others:
        recipient = sending.recipients[place]
        receipts[place] = Receipt(
            None, State.UNKNOWN, recipient.to, recipient.reference, "hyber does not know it"
        )
    # Which campaign it is no report tells.
    id = receipts[0].id if len(receipts) == 1 else None
    raw = next(iter(known.values())).raw
    return receipt_of_many(receipts, id, raw)


def _in_doubt(extra_id: str, at: datetime, raw: object) -> errors.OutcomeUnknown:
    return errors.OutcomeUnknown(
        f"it knows {extra_id!r} from {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, before the moment "
        "that was asked about: something alike was sent earlier",
        provider="hyber",
        operation=_OPERATION,
        raw=raw,
    )


def _unproven(extra_ids: Sequence[str]) -> errors.OutcomeUnknown:
    return errors.OutcomeUnknown(
        f"of {len(extra_ids)} extra ids, {extra_ids[0]!r} among them, it neither has a report nor "
        "says that it does not know them",
        provider="hyber",
        operation=_OPERATION,
    )
