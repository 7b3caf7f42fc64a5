"""What Infobip answers, in Polycast's words: ids, states, receipts, errors."""

import re
from collections.abc import Mapping, Set
from urllib.parse import unquote

import attrs
from polycast import PolycastError, Receipt, Recipient, State, errors
from polycast.providers import check_id, none_if_unset
from polycast.wire import UNSET, Answer, Unset, judge_by_status

from polycast_infobip._client import models as m

# Ids.


def read_id(id: str) -> tuple[str, "OwnId"]:
    """Return the kind of an id of ours (`"bulk"`, `"message"`) and what Infobip's own tells.

    Raises:
        UsageError: it is none of ours.
    """
    form = "bulk: or message:, and an id of Infobip's"
    kind, _, own = check_id(id, r"(bulk|message):\s*[^\s,][^,]*", "Infobip", form).partition(":")
    return kind, OwnId.read(own)


_OWN = re.compile(r"(polycast-(sms|viber|whatsapp)-[0-9a-f]{24})(?:-[0-9]+(?:-(.+))?)?")


@attrs.frozen
class OwnId:
    """What an id tells that we chose for a request or a message, see `request.make_ids`.

    Args:
        id: itself.
        bulk: the id of the request.
        channel: the first that it was sent by.
        reference: the recipient's own; None where there is none.
    """

    id: str
    bulk: str
    channel: str | None = "sms"
    reference: str | None = None

    @classmethod
    def read(cls, id: str) -> "OwnId":
        """Read an id; a foreign one is taken for that of a request by SMS."""
        own = _OWN.fullmatch(id)
        return cls(id, own[1], own[2], own[3] and unquote(own[3])) if own else cls(id, id)


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
STATES: Mapping[tuple[str, int | Unset], State] = {
    # PENDING_WAITING_DELIVERY: the operator has it.
    ("PENDING", 3): State.SENT,
    ("PENDING", 26): State.QUEUED,
    ("DELIVERED", 5): State.DELIVERED,
    # SIGNALS_BLOCKED: the guard against fraud.
    ("EXPIRED", 87): State.REJECTED,
}

#: REJECTED_DUPLICATE_MESSAGE_ID: a message of this id was taken on before.
_DUPLICATE = ("REJECTED", 23)
#: NOT_ENOUGH_CREDITS, PREPAID_PACKAGE_EXPIRED.
NO_FUNDS: Set[object] = {12, 17}

#: "Get scheduled SMS messages status".
BULKS: Mapping[str | Unset, State] = {
    "PENDING": State.SCHEDULED,
    "PAUSED": State.PAUSED,
    "PROCESSING": State.SENDING,
    "CANCELED": State.CANCELLED,
    "FINISHED": State.SENT,
    "FAILED": State.FAILED,
}


def _pair(status: m.MessageStatus) -> tuple[str, int | Unset]:
    return _NUMBERS.get(status.group_id or 0) or status.group_name or "", status.id


def state_of(status: m.MessageStatus | Unset) -> State:
    """Return what a status means: by its group and id, else by its group; ids repeat."""
    pair = _pair(status or m.MessageStatus())
    return STATES.get(pair, GROUPS.get(pair[0], State.UNKNOWN))


def bulk_state(bulk: m.Bulk) -> State:
    """Return what the status of a scheduled request means."""
    return BULKS.get(bulk.status, State.UNKNOWN)


def is_duplicate(status: m.MessageStatus | Unset) -> bool:
    """Return whether a message is refused because its id is known."""
    return status is not UNSET and _pair(status) == _DUPLICATE


def words_of(status: m.MessageStatus | Unset) -> str | None:
    """Return Infobip's own word for a status, or its numbers where it has none."""
    told = status or m.MessageStatus()
    numbers = " ".join(str(each) for each in (told.group_id, told.id) if each is not UNSET)
    return told.name or told.group_name or (f"status {numbers}" if numbers else None)


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
    status, state = told.status or m.MessageStatus(), state_of(told.status)
    if is_duplicate(status):
        # The earlier message of this id may be this one, sent again after a lost reply.
        state = State.UNKNOWN
    refused = state is State.REJECTED
    return Receipt(
        None if refused else f"message:{own}",
        accepted if state is State.QUEUED else state,
        recipient.to,
        recipient.reference,
        words_of(status) if row else "the answer does not name this message",
        row,
        code=none_if_unset(status.id) if refused else None,
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
    words += [f"{place}: {', '.join(why)}" for place, why in (old.validation_errors or {}).items()]
    code, detail = told.error_code or old.message_id or None, " ".join(words).strip() or None
    if answer.operation == "update_bulk" and answer.status == 400:
        return answer.error(errors.Conflict, detail, code=code)
    return judge_by_status(answer, detail, code=code)
