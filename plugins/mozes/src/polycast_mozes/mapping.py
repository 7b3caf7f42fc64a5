"""Polycast's words and Mozes's: addresses, texts, receipts and statuses, as pure functions."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from polycast import (
    Broadcast,
    BulkReceipt,
    Message,
    ProviderError,
    Receipt,
    Recipient,
    State,
    Status,
    Unsupported,
    UsageError,
)
from polycast.wire import UNSET, DecodeError, Unset, read_datetime

from polycast_mozes._client import models as m

__all__ = [
    "DELIVERED",
    "LONGEST",
    "to_bulk_receipt",
    "to_list",
    "to_number",
    "to_person",
    "to_receipt",
    "to_status",
    "to_stored_list",
    "to_text",
]

# Texts

#: Characters. Mozes puts the project's name before a message and a signature behind it, and takes
#: 160 in all ("Send Broadcast to a Single User"). Neither text is published, so only what is too
#: long by itself is known to be; the rest is for Mozes to refuse, with code 14000.
LONGEST = 160


def to_text(request: Message | Broadcast) -> str:
    """Return what is to be said.

    Raises:
        UsageError: nothing is, or it is too long whatever Mozes adds.
    """
    text = request.text
    if text is None:
        raise UsageError("There is nothing to say: give a text.")
    if len(text) > LONGEST:
        raise UsageError(
            f"The text has {len(text)} characters: Mozes takes {LONGEST}, and counts the "
            "project's name and a signature, which it adds."
        )
    return text


# Addresses

_ID = re.compile("[1-9][0-9]{0,17}")
#: "user/lookup": eleven digits, the first of them 1; they travel without a plus sign.
_PHONE = re.compile(r"\+?(1[0-9]{10})")


def to_number(value: int | str) -> int | None:
    """Return an id of an answer as a number, in quotes or not; None where it is none."""
    text = str(value)
    return int(text) if _ID.fullmatch(text) else None


def to_person(recipient: Recipient | Message) -> int | str:
    """Return a user's Mozes ID, or the phone number by which it has to be looked up first.

    Raises:
        UsageError: `to` is neither.
    """
    if recipient.scheme == "contact":
        return _number(recipient.to, recipient.address, "a Mozes ID, such as contact:1283228")
    if recipient.scheme == "tel" and (phone := _PHONE.fullmatch(recipient.address)):
        return phone[1]
    raise UsageError(
        f"{recipient.to} cannot be reached: Mozes takes mobile phones of the United States, such "
        "as +13105551234, and users by their Mozes ID, such as contact:1283228."
    )


def to_stored_list(group: str) -> int:
    """Return the number of the stored list that an address such as `group:1483228` is of.

    Raises:
        UsageError: it is no such address.
    """
    scheme, _, number = group.partition(":")
    wanted = "a broadcast list, such as group:1483228"
    return _number(group, number if scheme == "group" else "", wanted)


def _number(address: str, digits: str, wanted: str) -> int:
    if not _ID.fullmatch(digits):
        raise UsageError(f"{address!r} is not {wanted}.")
    return int(digits)


def to_list(recipients: Sequence[Recipient]) -> int | None:
    """Return the stored list that a call goes to, or None where it goes to persons.

    One call of Mozes's reaches one list, or a set of users. The features say so, and a client
    gives each list a call of its own; what comes here all the same was handed over by hand.

    Raises:
        Unsupported: there are several lists, or a list among persons.
        UsageError: an address cannot be one of Mozes's.
    """
    lists = [to_stored_list(each.to) for each in recipients if each.scheme == "group"]
    if lists and len(recipients) > 1:
        among = "several broadcast lists" if len(lists) == len(recipients) else "lists and persons"
        raise Unsupported(
            f"Mozes sends to one broadcast list at a time, or to persons; this broadcast goes to "
            f"{among}. Make one broadcast for each list, and one for all persons."
        )
    return lists[0] if lists else None


# Receipts and statuses


def to_receipt(made: m.BroadcastReply, recipient: Recipient) -> Receipt:
    """Return the receipt of one recipient: Mozes knows them by their broadcast alone."""
    return Receipt(
        made.response.client_id, State.QUEUED, recipient.to, recipient.reference, raw=made
    )


def to_bulk_receipt(
    made: m.BroadcastReply | None,
    recipients: Sequence[Recipient],
    refusals: Mapping[int, ProviderError],
) -> BulkReceipt:
    """Return the receipt of a broadcast, its recipients in the order given.

    Args:
        made: what Mozes answered; None when every recipient was refused, and nothing was sent.
        recipients: all of them.
        refusals: why some were left out, by their places among all.
    """
    receipts = tuple(
        _refused(recipient, refusals[place])
        if made is None or place in refusals
        else to_receipt(made, recipient)
        for place, recipient in enumerate(recipients)
    )
    if made is None:
        return BulkReceipt(None, State.REJECTED, receipts)
    return BulkReceipt(made.response.client_id, State.QUEUED, receipts, raw=made)


def _refused(recipient: Recipient, error: ProviderError) -> Receipt:
    detail = error.detail or str(error)
    return Receipt(None, State.REJECTED, recipient.to, recipient.reference, detail, error.raw)


#: "Get Broadcast Status": what `delivered` says, as text, and what that means. It says that the
#: broadcast is through, and nothing of anybody's handset.
DELIVERED: Mapping[str, tuple[State, str]] = {
    "1": (State.SENT, "completed"),
    "true": (State.SENT, "completed"),
    "0": (State.SENDING, "incomplete"),
    "false": (State.SENDING, "incomplete"),
}


def to_status(told: m.BroadcastStatus, id_: str) -> Status:
    """Return how far a broadcast has come.

    Mozes never tells more of a broadcast than that it is completed, so SENT is final here.

    Args:
        told: as answered.
        id_: what was asked for.
    """
    state, detail = _state(told.delivered)
    expected = _count(told.recipient_count)
    completed = state is State.SENT
    return Status(
        id=id_,
        state=state,
        counts={State.SENT: expected} if completed and expected is not None else {},
        started_at=_moment(told.created_ts),
        finished_at=_moment(told.delivered_ts) if completed else None,
        detail=detail,
        expected=expected,
        final=True if completed else None,
        raw=told,
    )


def _state(delivered: int | str | bool | Unset) -> tuple[State, str | None]:
    if delivered is UNSET:
        return State.UNKNOWN, None
    word = str(delivered).strip()
    return DELIVERED.get(word.lower(), (State.UNKNOWN, word))


def _count(value: int | str | Unset) -> int | None:
    # In quotes in the sample of "Get Broadcast Status".
    text = "" if value is UNSET else str(value).strip()
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def _moment(value: str | int | Unset | None) -> datetime | None:
    """Read a moment; what stands for none (null, an empty string, 0) is not documented."""
    try:
        return read_datetime(value)
    except DecodeError:
        return None
