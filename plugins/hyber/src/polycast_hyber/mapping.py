"""Hyber's answers in Polycast's words: ids, receipts, reports, statuses."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import TypeAlias

from polycast import (
    Receipt,
    Recipient,
    Report,
    Reports,
    State,
    Status,
    UsageError,
)
from polycast.wire import UNSET, Undecodable, Unset

from polycast_hyber._client import models as m
from polycast_hyber.identities import reference_of
from polycast_hyber.states import moment, state_of

__all__ = [
    "extra_receipts",
    "matched_receipts",
    "overall",
    "read_id",
    "to_job_status",
    "to_message_status",
    "to_report",
]

_Row: TypeAlias = m.Acceptance | m.MessageStatus | m.Report

# Ids

_KINDS = ("job", "message", "extra")


def read_id(id: str) -> tuple[str, str]:
    """Return the kind of an id of ours (`"job"`, `"message"`, `"extra"`) and Hyber's own.

    Raises:
        UsageError: it is none of ours.
    """
    kind, _, own = id.partition(":")
    if kind not in _KINDS or not own.strip():
        raise UsageError(f"{id!r} is no id of hyber's: they begin with job:, message: or extra:.")
    return kind, own


# Rows


def _row_state(row: _Row | Undecodable) -> State:
    if isinstance(row, Undecodable):
        return State.UNKNOWN
    if isinstance(row, m.Acceptance):
        return state_of(accepted=row.accepted, error_code=row.error_code, text=row.error_text)
    return state_of(
        accepted=row.accepted,
        error_code=row.error_code,
        hyber_status=row.hyber_status,
        substatus=row.substatus,
        status=row.status,
        text=row.status_text,
    )


def _words(row: _Row) -> str | None:
    if row.error_text is not UNSET:
        return row.error_text
    if isinstance(row, m.Acceptance) or row.status_text is UNSET:
        return None
    return row.status_text


# Receipts


def overall(receipts: Sequence[Receipt]) -> State:
    """Return the state of a whole from those of its recipients."""
    return State.overall([receipt.state for receipt in receipts])


def extra_receipts(
    recipients: Sequence[Recipient], extra_ids: Sequence[str], state: State, raw: object
) -> tuple[Receipt, ...]:
    """Return receipts of recipients of whom Hyber has told nothing by themselves yet."""
    return tuple(
        Receipt(f"extra:{extra_id}", state, recipient.to, recipient.reference, None, raw)
        for recipient, extra_id in zip(recipients, extra_ids, strict=True)
    )


def matched_receipts(
    rows: Sequence[m.Acceptance | Undecodable],
    recipients: Sequence[Recipient],
    extra_ids: Sequence[str],
    accepted: State,
) -> tuple[Receipt, ...]:
    """Return one receipt per recipient, in the recipients' order; Hyber promises none.

    Rows are matched by extra id, then by phone number, those to one number in turn.

    Args:
        rows: of the answer.
        recipients: who was sent to.
        extra_ids: theirs.
        accepted: what a message is that Hyber has accepted.
    """
    by_extra: defaultdict[str, deque[m.Acceptance | Undecodable]] = defaultdict(deque)
    for row in rows:
        by_extra[_told(row, "extra_id")].append(row)
    found = [queue.popleft() if (queue := by_extra.get(each)) else None for each in extra_ids]
    if None in found:
        by_phone: defaultdict[str, deque[m.Acceptance | Undecodable]] = defaultdict(deque)
        for queue in by_extra.values():
            for row in queue:
                by_phone[_told(row, "phone_number")].append(row)
        for place, recipient in enumerate(recipients):
            queue = by_phone[recipient.address.removeprefix("+")]
            if found[place] is None and queue:
                found[place] = queue.popleft()
    return tuple(
        _to_receipt(row, recipient, accepted)
        for row, recipient in zip(found, recipients, strict=True)
    )


def _told(row: m.Acceptance | Undecodable, name: str) -> str:
    """What a row says of whom it is about, even one that cannot be read as a whole."""
    if isinstance(row, Undecodable):
        raw = row.raw if isinstance(row.raw, dict) else {}
        value = raw.get(name, "")
        return str(value) if type(value) in (int, str) else ""
    value = getattr(row, name)
    return "" if value is UNSET else str(value).removeprefix("+")


def _to_receipt(
    row: m.Acceptance | Undecodable | None, recipient: Recipient, accepted: State
) -> Receipt:
    if row is None:
        detail = "the answer does not name this recipient"
        return Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, detail)
    if isinstance(row, Undecodable):
        detail = f"the answer about this recipient cannot be read: {row.error}"
        return Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, detail, row.raw)
    state = _row_state(row)
    # An id without a refusal is an acceptance, also where `accepted` could not be read.
    silent = row.error_code is UNSET and row.error_text is UNSET
    if state is State.QUEUED or (state is State.UNKNOWN and row.message_id and silent):
        state = accepted
    id = f"message:{row.message_id}" if row.message_id and state is not State.REJECTED else None
    return Receipt(id, state, recipient.to, recipient.reference, _words(row), row)


# Reports


def to_report(row: m.MessageStatus | m.Report | Undecodable) -> Report:
    """Return how far one recipient's message has come, from any kind of report."""
    if isinstance(row, Undecodable):
        return _unreadable(row)
    number: int | str | Unset = row.phone_number
    channel: str | None = None
    if isinstance(row, m.Report):
        number = row.number if number is UNSET else number
        channel = _channel(row.sent_via or row.last_partner or row.delivered_via)
    extra_id = row.extra_id or None
    # The most exact number there is: a row may lack the code, and have what it would begin with.
    numbers = (row.error_code, row.hyber_status, row.substatus, row.status)
    code = next((number for number in numbers if number is not UNSET), None)
    return Report(
        to=None if number is UNSET else _with_plus(number),
        state=_row_state(row),
        id=_report_id(row.message_id or None, extra_id),
        reference=reference_of(extra_id),
        detail=_words(row),
        code=code,
        at=moment(row.time),
        channel=channel,
        raw=row,
        aliases=_aliases(row.message_id or None, extra_id),
    )


def _channel(told: str | Unset) -> str | None:
    # `hyber` is no channel: the platform blocked the message, or knows nothing final of it.
    return None if told is UNSET or told == "hyber" else told


def _unreadable(row: Undecodable) -> Report:
    told: dict[str, object] = row.raw if isinstance(row.raw, dict) else {}
    number = told.get("phone_number", told.get("number"))
    message_id, extra_id = (
        value if isinstance(value := told.get(name), str) and value else None
        for name in ("message_id", "extra_id")
    )
    return Report(
        to=_with_plus(number) if type(number) in (int, str) else None,
        state=State.UNKNOWN,
        id=_report_id(message_id, extra_id),
        reference=reference_of(extra_id),
        detail=f"it cannot be read: {row.error}",
        raw=row.raw,
        aliases=_aliases(message_id, extra_id),
    )


def _with_plus(number: object) -> str:
    return f"+{str(number).removeprefix('+')}"


def _report_id(message_id: str | None, extra_id: str | None) -> str | None:
    if message_id is not None:
        return f"message:{message_id}"
    return None if extra_id is None else f"extra:{extra_id}"


def _aliases(message_id: str | None, extra_id: str | None) -> tuple[str, ...]:
    """The id that receipts of broadcasts gave out, which know no message id yet."""
    return () if message_id is None or extra_id is None else (f"extra:{extra_id}",)


# Statuses


def to_job_status(
    id: str, answer: m.CampaignStatus, rows: Sequence[m.MessageStatus | Undecodable]
) -> Status:
    """Return how far a campaign has come; its reports are made when they are read.

    A row that cannot be read counts as UNKNOWN, and does not keep the whole from its end.
    """
    states = list(map(_row_state, rows))
    counts = Counter(states)
    readable = (
        state
        for state, row in zip(states, rows, strict=True)
        if not isinstance(row, Undecodable) and not (state is State.UNKNOWN and row.unread)
    )
    state = State.overall(readable if State.UNKNOWN in counts else counts)
    times = [row.time for row in rows if isinstance(row, m.MessageStatus) and row.time is not UNSET]
    return Status(
        id=id,
        state=state,
        counts=dict(counts),
        reports=Reports(lambda: map(to_report, rows)),
        finished_at=moment(max(times)) if state.is_final and times else None,
        expected=len(rows),
        raw=answer,
    )


def to_message_status(id: str, answer: m.AdvancedReport) -> Status:
    """Return how far one message has come: a failure on one channel is none of the message."""
    rows = [] if answer.reports is UNSET else answer.reports
    reports = [to_report(row) for row in rows]
    state = _message_state(answer, [report.state for report in reports])
    decisive = next(
        (report for report in reversed(reports) if report.state is state),
        reports[-1] if reports else Report(None, state),
    )
    whole = Report(
        to=decisive.to,
        state=state,
        id=decisive.id or id,
        reference=decisive.reference,
        detail=decisive.detail,
        code=decisive.code,
        at=decisive.at,
        channel=_channel(answer.delivered_via) or decisive.channel,
        raw=answer,
        aliases=decisive.aliases,
    )
    return Status(
        id=id,
        state=state,
        counts={state: 1},
        reports=(whole,),
        finished_at=whole.at if state.is_final else None,
        detail=whole.detail,
        expected=1,
        raw=answer,
    )


def _message_state(answer: m.AdvancedReport, states: Sequence[State]) -> State:
    for arrived in (State.READ, State.DELIVERED):
        if arrived in states:
            return arrived
    if answer.status == 2:
        return State.DELIVERED
    under_way = answer.processing is True or answer.status == -1
    if under_way or State.SENDING in states or State.QUEUED in states:
        begun = answer.started is True or answer.processing is True or bool(states)
        return State.SENDING if begun else State.QUEUED
    if states:
        return states[-1]
    return state_of(status=answer.status)
