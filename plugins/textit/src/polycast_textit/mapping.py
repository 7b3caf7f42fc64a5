"""Polycast's words and TextIt's, each as the other: addresses, ids, states, receipts, reports."""

import re
from collections.abc import Mapping

from polycast import (
    Batch,
    Broadcast,
    BulkReceipt,
    Message,
    Receipt,
    Recipient,
    Report,
    State,
    UsageError,
)
from polycast.wire import UNSET, Undecodable

from polycast_textit._client import models as m
from polycast_textit.addresses import Addresses

__all__ = [
    "BROADCAST_STATES",
    "MESSAGE_STATES",
    "broadcast_id",
    "broadcast_state",
    "to_bulk_receipt",
    "to_id",
    "to_receipt",
    "to_report",
]

# RapidPro's API guide, "Broadcasts Endpoint": the words of a broadcast's status. `completed`
# says that every message was made, and nothing of what became of them.
BROADCAST_STATES: Mapping[str, State] = {
    "pending": State.QUEUED,
    "queued": State.QUEUED,
    "started": State.SENDING,
    "completed": State.SENT,
    "failed": State.FAILED,
    "interrupted": State.CANCELLED,
    # RapidPro before 2024 said `sent` where TextIt says `completed`.
    "sent": State.SENT,
}

# RapidPro's API guide, "Messages Endpoint": the words of a message's status. `handled` is said
# of incoming messages alone, so that it has no place here.
MESSAGE_STATES: Mapping[str, State] = {
    "queued": State.QUEUED,
    "wired": State.SENDING,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    # It failed once, and will be tried again.
    "errored": State.SENDING,
    "failed": State.FAILED,
}

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


# A broadcast goes by its UUID where the server gives one, and by its number on older servers.


def broadcast_id(broadcast: m.Broadcast) -> str | None:
    """Return the id that receipts give out, or None where the server gave none."""
    if broadcast.uuid is not UNSET and broadcast.uuid.strip():
        return broadcast.uuid
    return None if broadcast.id is UNSET else str(broadcast.id)


def to_id(id: str) -> int | str:
    """Return the number or the UUID that an id of ours is.

    Raises:
        UsageError: it is neither.
    """
    if _NUMBER.fullmatch(id):
        return int(id)
    if _UUID.fullmatch(id):
        return id.lower()
    raise UsageError(f"{id!r} is not the id of a textit broadcast: it is a UUID or a number.")


def broadcast_state(broadcast: m.Broadcast, *, silent: State) -> tuple[State, str | None]:
    """Return the state and TextIt's own word for it.

    Args:
        broadcast: as the server tells it.
        silent: what it means when the server tells no status, as older ones do.
    """
    word = broadcast.status
    if word is UNSET or word is None:
        return silent, None
    return BROADCAST_STATES.get(word, State.UNKNOWN), word


def to_receipt(created: m.Broadcast, id: str, recipient: Message | Recipient) -> Receipt:
    """Return the receipt of one recipient: TextIt knows them by their broadcast alone."""
    state, detail = broadcast_state(created, silent=State.QUEUED)
    reference = recipient.reference if isinstance(recipient, Recipient) else None
    return Receipt(id, state, recipient.to, reference, detail, created)


def to_bulk_receipt(
    created: m.Broadcast, id: str, broadcast: Broadcast, addresses: Addresses
) -> BulkReceipt:
    """Return the receipt of a broadcast, its recipients in the order given.

    An address that was named twice gets one message: the second receipt says so.
    """
    recipients = tuple(broadcast.recipients)
    receipts = []
    for place, recipient in enumerate(recipients):
        first = addresses.first_of(place)
        if first == place:
            receipts.append(to_receipt(created, id, recipient))
        else:
            detail = f"not sent: the same text goes to the same address, {recipients[first].to}"
            to, reference = recipient.to, recipient.reference
            receipts.append(Receipt(None, State.CANCELLED, to, reference, detail, created))
    state, _ = broadcast_state(created, silent=State.QUEUED)
    batch = Batch(id, state, len(receipts), raw=created)
    return BulkReceipt(id, state, tuple(receipts), (batch,), created)


def to_report(message: m.Message | Undecodable) -> Report:
    """Return how far one recipient's message has come; UNKNOWN for a row that cannot be read."""
    if isinstance(message, Undecodable):
        detail = f"not readable: {message.error}"
        return Report(to=None, state=State.UNKNOWN, detail=detail, raw=message.raw)
    state = MESSAGE_STATES.get(message.status or "", State.UNKNOWN)
    sent = message.sent_on or None
    modified = message.modified_on or None
    return Report(
        to=_told_address(message),
        state=state,
        id=message.uuid or (None if message.id is UNSET else str(message.id)),
        detail=message.status or None,
        at=(sent or modified) if state is State.SENT else (modified or sent),
        channel=(message.channel.name or message.channel.uuid) if message.channel else None,
        raw=message,
    )


def _told_address(message: m.Message) -> str | None:
    # An anonymous workspace tells no URNs, and neither does a message that could not be sent.
    if message.urn:
        number = message.urn.removeprefix("tel:")
        return number if number.startswith("+") else message.urn
    return f"contact:{message.contact.uuid}" if message.contact else None
