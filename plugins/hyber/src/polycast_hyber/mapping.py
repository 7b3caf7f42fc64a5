"""Hyber's numbers and answers in Polycast's words: states, receipts, reports, statuses, ids."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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

__all__ = [
    "CODES",
    "STATUSES",
    "SUBSTATUSES",
    "extra_receipts",
    "matched_receipts",
    "moment",
    "overall",
    "read_id",
    "state_of",
    "to_job_status",
    "to_message_status",
    "to_report",
]

_Row: TypeAlias = m.Acceptance | m.MessageStatus | m.Report

# Hyber JSON V2, samples of replies and reports: every `error_code` and `hyber_status` they show.
# The section with the whole table is missing from the published documents.
CODES: Mapping[int, State] = {
    23011: State.DELIVERED,
    23033: State.DELIVERED,
    23043: State.DELIVERED,
    35015: State.EXPIRED,
    36024: State.REJECTED,
    # "Phone number incorrect" in the protocol before this one.
    1154: State.REJECTED,
}

# `substatus`, as far as samples and integrations tell. In every one of them it is the code
# without its last three digits. 24 is not here: nothing tells that it means "seen".
SUBSTATUSES: Mapping[int, State] = {
    11: State.SENDING,
    12: State.QUEUED,
    23: State.DELIVERED,
    26: State.EXPIRED,
    35: State.EXPIRED,
    36: State.FAILED,
}

# `status`: in every sample the first digit of `substatus`. -1 is "not sent to any channel, or no
# final status yet".
STATUSES: Mapping[int, State] = {
    -1: State.QUEUED,
    1: State.SENDING,
    2: State.DELIVERED,
    3: State.FAILED,
}

#: No number says that a message was read; its text does ("Delivery reports", Viber, WhatsApp).
_SEEN = re.compile(r"\b(seen|read)\b", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Below this a time is in seconds; what samples show is in milliseconds.
_MILLISECONDS = 100_000_000_000


# States


@lru_cache(maxsize=4096)
def state_of(
    *,
    accepted: bool | Unset = UNSET,
    error_code: int | Unset = UNSET,
    hyber_status: int | Unset = UNSET,
    substatus: int | Unset = UNSET,
    status: int | Unset = UNSET,
    text: str | Unset = UNSET,
) -> State:
    """Return what one row of an answer says of its message; every field may be missing.

    A refusal first, then the most exact number there is, then the words. `processed` is not
    asked: the samples of finished messages have it false.
    """
    if accepted is False:
        return State.REJECTED
    code = hyber_status if error_code is UNSET else error_code
    state = _numbered(code, substatus, status)
    if state is None:
        silent = code is UNSET and substatus is UNSET and status is UNSET
        if not silent:
            return State.UNKNOWN
        if text is not UNSET and _SEEN.search(text):
            return State.READ
        return State.QUEUED if accepted is True and text is UNSET else State.UNKNOWN
    if state is State.DELIVERED and text is not UNSET and _SEEN.search(text):
        return State.READ
    return state


def _numbered(code: int | Unset, substatus: int | Unset, status: int | Unset) -> State | None:
    if code is not UNSET:
        if code in CODES:
            return CODES[code]
        if substatus is UNSET and 10_000 <= code <= 99_999:
            substatus = code // 1000
    if substatus is not UNSET:
        if substatus in SUBSTATUSES:
            return SUBSTATUSES[substatus]
        if 10 <= substatus <= 39 and status is UNSET:
            status = substatus // 10
    return None if status is UNSET else STATUSES.get(status)


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


def moment(time: int | Unset) -> datetime | None:
    """Return Hyber's time, which is in milliseconds or, where it is small, in seconds."""
    if time is UNSET:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=time if time >= _MILLISECONDS else time * 1000)
    except OverflowError:
        return None


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
        words = "the answer does not name this recipient"
        return Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, words)
    if isinstance(row, Undecodable):
        words = f"the answer about this recipient cannot be read: {row.error}"
        return Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, words, row.raw)
    state = _row_state(row)
    if state is State.QUEUED:
        state = accepted
    id = None if row.message_id is UNSET or state is State.REJECTED else f"message:{row.message_id}"
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
    code = row.hyber_status if row.error_code is UNSET else row.error_code
    return Report(
        to=None if number is UNSET else _with_plus(number),
        state=_row_state(row),
        id=_report_id(row.message_id or None, extra_id),
        reference=reference_of(extra_id),
        words=_words(row),
        code=None if code is UNSET else code,
        at=moment(row.time),
        channel=channel,
        raw=row,
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
        words=f"it cannot be read: {row.error}",
        raw=row.raw,
    )


def _with_plus(number: object) -> str:
    return f"+{str(number).removeprefix('+')}"


def _report_id(message_id: str | None, extra_id: str | None) -> str | None:
    if message_id is not None:
        return f"message:{message_id}"
    return None if extra_id is None else f"extra:{extra_id}"


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
        state for state, row in zip(states, rows, strict=True) if not isinstance(row, Undecodable)
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
        words=decisive.words,
        code=decisive.code,
        at=decisive.at,
        channel=_channel(answer.delivered_via) or decisive.channel,
        raw=answer,
    )
    return Status(
        id=id,
        state=state,
        counts={state: 1},
        reports=(whole,),
        finished_at=whole.at if state.is_final else None,
        words=whole.words,
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
