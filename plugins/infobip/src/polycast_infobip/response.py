"""What Infobip answers, in Polycast's words: ids, states, receipts, errors."""

from collections.abc import Mapping, Set

from polycast import Conflict, PolycastError, Receipt, Recipient, State, UsageError
from polycast.providers import none_if_unset
from polycast.wire import UNSET, Answer, Unset, judge_by_status

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
NO_FUNDS: Set[object] = {12, 17}

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


def to_receipt(
    row: m.SentMessage | None, recipient: Recipient, own: str, accepted: State
) -> Receipt:
    """Return the receipt of a recipient.

    Args:
        row: what the answer says of the message; None where it does not name it.
        recipient: who was sent to.
        own: the message's id.
        accepted: what a message is that Infobip has accepted.
    """
    told = row or m.SentMessage()
    state = state_of(told.status)
    if is_duplicate(told.status):
        # The earlier message of this id may be this one, sent again after a lost reply.
        state = State.UNKNOWN
    elif state is State.QUEUED:
        state = accepted
    refused = state is State.REJECTED and told.status
    return Receipt(
        None if refused else f"message:{own}",
        state,
        recipient.to,
        recipient.reference,
        words_of(told.status) if row else "the answer does not name this message",
        row,
        code=none_if_unset(refused.id) if refused else None,
        segments=none_if_unset(told.details.message_count) if told.details else None,
    )


# Errors.


def classify_response(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None: by its HTTP status, with Infobip's code."""
    if answer.is_success:
        return None
    told = m.CONVERTERS["json"].structure(answer.json_object or {}, m.Refusal)
    # The older form, of bulks and WhatsApp.
    old = (told.request_error or m.RequestError()).service_exception or m.ServiceException()
    words = [told.description or old.text or ""]
    words += [f"{each.property_}: {each.violation}" for each in told.violations or ()]
    wrong = (old.validation_errors or {}).items()
    words += [f"{place}: {', '.join(why)}" for place, why in wrong]
    code, detail = told.error_code or old.message_id or None, " ".join(words).strip() or None
    if answer.operation == "update_bulk" and answer.status == 400:
        return answer.error(Conflict, detail, code=code)
    return judge_by_status(answer, detail, code=code)
