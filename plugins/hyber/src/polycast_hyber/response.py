"""What Hyber answers, in Polycast's words: ids, states, receipts, errors."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

from polycast import Receipt, Recipient, State, errors
from polycast.providers import match_in_turn, none_if_unset
from polycast.wire import UNSET, Answer, Undecodable, Unset, judge_by_code, judge_by_status

from polycast_hyber._client import models as m

Row: TypeAlias = m.Acceptance | m.MessageStatus | m.Report

# States

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
        if substatus is UNSET:
            substatus = code // 1000
    if substatus is not UNSET:
        if substatus in SUBSTATUSES:
            return SUBSTATUSES[substatus]
        if 10 <= substatus <= 39 and status is UNSET:
            status = substatus // 10
    return None if status is UNSET else STATUSES.get(status)


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
        raise errors.UsageError(
            f"{id!r} is no id of hyber's: they begin with job:, message: or extra:."
        )
    return kind, own


# Rows


def row_state(row: Row | Undecodable) -> State:
    """Return what one row of an answer says of its message."""
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


def words_of(row: Row) -> str | None:
    """Return Hyber's own words about a message."""
    if isinstance(row, m.Acceptance):
        return none_if_unset(row.error_text)
    return none_if_unset(row.status_text if row.error_text is UNSET else row.error_text)


# Receipts


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
    found = match_in_turn(extra_ids, ((_told(row, "extra_id"), row) for row in rows))
    missing = [place for place, row in enumerate(found) if row is None]
    if missing:
        taken = set(map(id, found))
        left = ((_told(row, "phone_number"), row) for row in rows if id(row) not in taken)
        numbers = (recipients[place].address.removeprefix("+") for place in missing)
        for place, row in zip(missing, match_in_turn(numbers, left), strict=True):
            found[place] = row
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
    state = row_state(row)
    # An id without a refusal is an acceptance, also where `accepted` could not be read.
    silent = row.error_code is UNSET and row.error_text is UNSET
    if state is State.QUEUED or (state is State.UNKNOWN and row.message_id and silent):
        state = accepted
    id = f"message:{row.message_id}" if row.message_id and state is not State.REJECTED else None
    return Receipt(id, state, recipient.to, recipient.reference, words_of(row), row)


# Errors

# Hyber JSON V2, "Sending a message", the sample of a fault. 1154 is the same of an older
# protocol. What is not here is judged by its HTTP status.
REFUSALS: Mapping[int, type[errors.ProviderError]] = {
    36024: errors.Rejected,
    1154: errors.Rejected,
}

_DIGITS = re.compile(r"-?[0-9]{1,18}")

#: What a report of one message holds beside an error code, which is then the message's own.
_ABOUT_A_MESSAGE = frozenset(
    ("message_id", "extra_id", "phone_number", "number", "messages", "reports", "time", "status")
)


def classify_response(answer: Answer) -> errors.PolycastError | None:
    """Say what an answer means: its `error_code` first, its HTTP status second.

    A refusal may come with any HTTP status. An answer to a question may hold an error code
    without being one: the failure of the message that was asked about. A code that is not in
    `REFUSALS` and comes with HTTP 200 says nothing of what was carried out: a plain
    `ProviderError`.
    """
    body = answer.json_or_none
    if not isinstance(body, dict):
        return judge_by_status(answer)
    detail = body.get("error_text")
    detail = detail if isinstance(detail, str) and detail.strip() else None
    code = _code(body.get("error_code"))
    whole = body.get("job_id") or body.get("messages")
    if code is None:
        if not (answer.is_success or answer.safe) and (whole or body.get("message_id")):
            why = "its body names what it took on, and its HTTP status refuses it"
            return answer.error(errors.OutcomeUnknown, why)
        return judge_by_status(answer, detail)
    if answer.is_success and answer.safe and not _ABOUT_A_MESSAGE.isdisjoint(body):
        return None
    kind = REFUSALS.get(code) if isinstance(code, int) else None
    if not answer.safe and (whole or (kind is None and body.get("message_id"))):
        # 0 is no error, as a client in TypeScript reads it.
        if code == 0 and answer.is_success:
            return None
        why = f"it refuses ({detail or code}), and names what it took on"
        return answer.error(errors.OutcomeUnknown, why, code=code)
    return judge_by_code(answer, kind, detail, code=code)


def _code(told: object) -> int | str | None:
    """Return an error code, as a number where it is one, also one that is told as a string."""
    if isinstance(told, str):
        told = told.strip()
        return int(told) if _DIGITS.fullmatch(told) else told or None
    return told if type(told) is int else None
