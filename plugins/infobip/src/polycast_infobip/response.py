"""What Infobip answers, in Polycast's words: ids, states, receipts, errors."""

from collections.abc import Iterable, Mapping, Sequence

from polycast import (
    Conflict,
    InsufficientFunds,
    PolycastError,
    Receipt,
    Recipient,
    State,
    UsageError,
)
from polycast.wire import UNSET, Answer, Undecodable, Unset, judge_by_status

from polycast_infobip._client import models as m

# Ids.


def read_id(id: str) -> tuple[str, str]:
    """Return the kind of an id of ours (`"bulk"`, `"message"`) and Infobip's own.

    Raises:
        UsageError: it is none of ours.
    """
    kind, _, own = id.partition(":")
    if kind not in ("bulk", "message") or not own.strip() or "," in own:
        raise UsageError(f"{id!r} is no id of Infobip's: they begin with bulk: or message:.")
    return kind, own


# States, by the page "Response status and error codes".

#: What a group of statuses means; ACCEPTED has no published number.
GROUPS: Mapping[str, State] = {
    "ACCEPTED": State.QUEUED,
    "PENDING": State.SENDING,
    "UNDELIVERABLE": State.FAILED,
    # Some of the group are handed on, and not yet on the handset.
    "DELIVERED": State.SENT,
    "EXPIRED": State.EXPIRED,
    "REJECTED": State.REJECTED,
}
_NUMBERS = {1: "PENDING", 2: "UNDELIVERABLE", 3: "DELIVERED", 4: "EXPIRED", 5: "REJECTED"}

#: Statuses that say more than their group, or something else.
STATES: Mapping[tuple[str, int], State] = {
    # PENDING_WAITING_DELIVERY: the operator has it.
    ("PENDING", 3): State.SENT,
    ("PENDING", 26): State.QUEUED,
    ("DELIVERED", 5): State.DELIVERED,
    # SIGNALS_BLOCKED: the guard against fraud.
    ("EXPIRED", 87): State.REJECTED,
}

#: REJECTED_DUPLICATE_MESSAGE_ID: a message of this id was taken on before.
DUPLICATE = 23
#: NOT_ENOUGH_CREDITS, PREPAID_PACKAGE_EXPIRED.
_NO_FUNDS = {12, 17}

#: "Get scheduled SMS messages status".
BULKS: Mapping[str, State] = {
    "PENDING": State.SCHEDULED,
    "PAUSED": State.PAUSED,
    "PROCESSING": State.SENDING,
    "CANCELED": State.CANCELLED,
    "FINISHED": State.SENT,
    "FAILED": State.FAILED,
}


def _group(status: m.MessageStatus) -> str | Unset:
    known = UNSET if status.group_id is UNSET else _NUMBERS.get(status.group_id, UNSET)
    return status.group_name if known is UNSET else known


def state_of(status: m.MessageStatus | Unset) -> State:
    """Return what a status means: by its group and id, else by its group; ids repeat."""
    if status is UNSET:
        return State.UNKNOWN
    group = _group(status)
    if group is UNSET:
        return State.UNKNOWN
    by_group = GROUPS.get(group, State.UNKNOWN)
    return by_group if status.id is UNSET else STATES.get((group, status.id), by_group)


def bulk_state(bulk: m.Bulk) -> State:
    """Return what the status of a scheduled request means."""
    return State.UNKNOWN if bulk.status is UNSET else BULKS.get(bulk.status, State.UNKNOWN)


def is_duplicate(status: m.MessageStatus | Unset) -> bool:
    """Return whether a message is refused because its id is known."""
    return status is not UNSET and status.id == DUPLICATE and _group(status) == "REJECTED"


def words_of(status: m.MessageStatus | Unset) -> str | None:
    """Return Infobip's own word for a status, or its numbers where it has none."""
    if status is UNSET:
        return None
    if status.name or status.group_name:
        return status.name or status.group_name or None
    numbers = [str(each) for each in (status.group_id, status.id) if each is not UNSET]
    return f"status {' '.join(numbers)}" if numbers else None


# Receipts.


def to_receipts(
    rows: Iterable[m.SentMessage | Undecodable],
    recipients: Sequence[Recipient],
    ids: Sequence[str],
    accepted: State,
) -> tuple[Receipt, ...]:
    """Return one receipt per recipient, in their order; rows are matched by the ids we gave.

    Args:
        rows: of the answer.
        recipients: who was sent to.
        ids: their messages' ids.
        accepted: what a message is that Infobip has accepted.
    """
    told = {row.message_id: row for row in rows if isinstance(row, m.SentMessage)}
    return tuple(
        _to_receipt(told.get(id), recipient, id, accepted)
        for id, recipient in zip(ids, recipients, strict=True)
    )


def _to_receipt(
    row: m.SentMessage | None, recipient: Recipient, own: str, accepted: State
) -> Receipt:
    detail: str | None
    if row is None:
        state, detail = State.UNKNOWN, "the answer does not name this message"
    elif is_duplicate(row.status):
        # The earlier message of this id may be this one, sent again after a lost reply.
        state, detail = State.UNKNOWN, words_of(row.status)
    else:
        state, detail = state_of(row.status), words_of(row.status)
    if state is State.QUEUED:
        state = accepted
    id = None if state is State.REJECTED else f"message:{own}"
    return Receipt(id, state, recipient.to, recipient.reference, detail, row)


# Errors.


def classify_response(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None: by its HTTP status, with Infobip's code.

    A request of which every message is refused for lack of money is `InsufficientFunds`.
    """
    told = answer.json_object or {}
    if answer.is_success:
        ids = _refused(told) if not answer.safe else []
        if ids and set(ids) <= _NO_FUNDS:
            return answer.error(InsufficientFunds, "the account has no credit", code=ids[0])
        return None
    code, detail = _older(told) if "requestError" in told else _newer(told)
    if answer.operation == "update_bulk" and answer.status == 400:
        return answer.error(Conflict, detail, code=code)
    return judge_by_status(answer, detail, code=code)


def _refused(told: Mapping[str, object]) -> list[int]:
    """Return the status of each message, where all of them are refused; nothing otherwise."""
    rows = told.get("messages", [told])
    ids = []
    for row in rows if isinstance(rows, list) else ():
        status = row.get("status") if isinstance(row, dict) else None
        if not isinstance(status, dict) or status.get("groupId") != 5:
            return []
        ids.append(status.get("id"))
    return [id for id in ids if type(id) is int] if all(type(id) is int for id in ids) else []


def _newer(told: Mapping[str, object]) -> tuple[str | None, str | None]:
    code, violations = told.get("errorCode"), told.get("violations")
    said: list[object] = [told.get("description")]
    for each in violations if isinstance(violations, list) else ():
        if isinstance(each, dict):
            said.append(f"{each.get('property')}: {each.get('violation')}")
    return _text(code), " ".join(filter(None, map(_text, said))) or None


def _older(told: Mapping[str, object]) -> tuple[str | None, str | None]:
    error = told["requestError"]
    said = error.get("serviceException") if isinstance(error, dict) else None
    if not isinstance(said, dict):
        return None, None
    wrong = said.get("validationErrors")
    words: list[object] = [said.get("text")]
    for place, why in wrong.items() if isinstance(wrong, dict) else ():
        words.append(f"{place}: {', '.join(map(str, why)) if isinstance(why, list) else why}")
    return _text(said.get("messageId")), " ".join(filter(None, map(_text, words))) or None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
