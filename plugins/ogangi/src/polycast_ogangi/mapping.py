"""Ogangi's words and ours: states, dates, ids and receipts, as pure functions and tables."""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from polycast import Action, Receipt, Recipient, State, Status, UsageError
from polycast.wire import UNSET, Unset

from polycast_ogangi._client import models as m

__all__ = [
    "AFTER",
    "broadcast_id",
    "broadcast_number",
    "broadcast_state",
    "local_start",
    "match_messages",
    "message_state",
    "parse_date",
    "to_receipt",
    "to_status",
]

# States of messages

#: "Message's Status", older and newer, and the samples of "Broadcasts"; words as `_word` has
#: them. The carrier's having a message (DELIVERED_TO_CARRIER) is not the handset's having it.
MESSAGE_STATES: Mapping[str, State] = {
    "PENDING": State.QUEUED,
    "SENDING": State.SENDING,
    "BUFFRED": State.SENDING,
    "CARRIER_GATEWAY_ERROR": State.SENDING,
    "SENT": State.SENT,
    "SENT_TO_CARRIER": State.SENT,
    "DELIVERED_TO_CARRIER": State.SENT,
    "SENT_TO_DEVICE": State.SENT,
    "ACCEPTD": State.SENT,
    "DELIVERED_TO_DEVICE": State.DELIVERED,
    "DELIVRD": State.DELIVERED,
    "READ": State.READ,
    "EXPIRED": State.EXPIRED,
    "UNREACHABLE": State.FAILED,
    "UNDELIVERED": State.FAILED,
    "UNDELIV": State.FAILED,
    "NOT_SENT": State.FAILED,
    "INTERNAL_ERROR": State.FAILED,
    "BAD_FROM": State.REJECTED,
    "BAD_TO": State.REJECTED,
    "BAD_ENCODING": State.REJECTED,
    "BAD_TIMEZONE": State.REJECTED,
    "BAD_CARRIER/FROM": State.REJECTED,
    "BAD_ADDRESS": State.REJECTED,
    "INVALID_ROUTING": State.REJECTED,
    "INVALID_TEMPLATE_ID": State.REJECTED,
    "INVALID_TEMPLATE_PARAMETERS": State.REJECTED,
    "INVALID_TEMPLATE_TYPE": State.REJECTED,
    "TEMPLATE_NOT_SUPPORTED": State.REJECTED,
    "REJECTD": State.REJECTED,
    "NOT_ENOUGH_FUNDS": State.REJECTED,
    # Removed by somebody else's hand; the page does not say whether before or after a failure.
    "DELETED": State.CANCELLED,
    # Of e-mail.
    "BOUNCED": State.FAILED,
    "COMPLAINED": State.FAILED,
    "UNSUPPORTED_ATTACHMENT_TYPE": State.REJECTED,
    "EXCEEDS_SIZE_OF_ATTACHMENTS": State.REJECTED,
    # "SMS Status" of the API's successor.
    "QUEUE": State.QUEUED,
    "DEQUEUED": State.SENDING,
    "INCOMPLETE": State.SENDING,
    "ENROUTE": State.SENT,
    "EXHAUSTED": State.EXPIRED,
    "CODE_NOT_ALLOWED": State.REJECTED,
    "BLACKLISTED": State.REJECTED,
    "SEGMENTS_EXCEEDED": State.REJECTED,
}


def _word(text: str) -> str:
    """Bring a status to one spelling: the pages write `BAD ADDRESS` and `BAD_TO`."""
    return re.sub(r"[\s-]+", "_", text.strip()).upper()


def message_state(word: str) -> State:
    """Return what a message's status means; UNKNOWN for a word on none of the pages."""
    return MESSAGE_STATES.get(_word(word), State.UNKNOWN)


# States of broadcasts

#: "Broadcast Types and Status": numbers, and the names it gives them.
BROADCAST_NUMBERS: Mapping[str, str] = {
    "1": "STATUS_SENDING",
    "2": "STATUS_DONE",
    "3": "STATUS_SUSPENDED",
    "4": "STATUS_ABORTED",
    "5": "STATUS_FORCED_SUSPENDED",
}

#: The same names, as they are found in texts with and without their prefix; SCHEDULED is from
#: the sample of "Broadcasts", FINISHED from the blasts of "Push" and "E-mail".
BROADCAST_STATES: Mapping[str, State] = {
    "SCHEDULED": State.SCHEDULED,
    "SENDING": State.SENDING,
    "SUSPENDED": State.PAUSED,
    "FORCED_SUSPENDED": State.PAUSED,
    "DONE": State.SENT,
    "FINISHED": State.SENT,
    "ABORTED": State.CANCELLED,
}

#: What a broadcast is after an action that Ogangi answered with OK; it says no more than that.
AFTER: Mapping[Action, State] = {
    Action.PAUSE: State.PAUSED,
    Action.RESUME: State.SENDING,
    Action.STOP: State.CANCELLED,
    Action.DELETE: State.CANCELLED,
}


def broadcast_state(broadcast: m.Broadcast) -> tuple[State, str | None]:
    """Return what a broadcast's status means, and Ogangi's word for it.

    `getBroadcast` tells a number, `createBroadcastFromJson` a text. A number that is not in
    the table gives way to a text that is.
    """
    number = _text(broadcast.status).strip()
    text = _text(broadcast.status_description).strip()
    candidates = [BROADCAST_NUMBERS.get(number, number), text]
    words = [word for word in candidates if word]
    for word in words:
        state = BROADCAST_STATES.get(_word(word).removeprefix("STATUS_"))
        if state is not None:
            return state, word
    return State.UNKNOWN, words[0] if words else None


def _text(value: str | Unset) -> str:
    return "" if value is UNSET else value


# Dates

_DATE = re.compile(
    r"\s*(?P<clock>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,9})?"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)


def parse_date(text: str | Unset, zone: tzinfo | None = None) -> datetime | None:
    """Read a date of an answer, with or without milliseconds; what follows it is passed over.

    One sample of "Broadcasts" has the offset `-04:002`, which is read as `-04:00`.

    Args:
        text: as received.
        zone: whose clock it is if it has no offset.

    Returns:
        An aware datetime, or None if it is none, or nobody knows whose clock it is.
    """
    match = _DATE.match(_text(text))
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat("".join(part for part in match.groups() if part))
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    return None if zone is None else moment.replace(tzinfo=zone)


def local_start(send_at: datetime, zone: ZoneInfo | None) -> datetime:
    """Return the moment to start at, as the workspace's clock shows it.

    It travels as day and minute, without a zone ("Broadcasts", `date`). Seconds are rounded up:
    nothing goes out before it was asked to.

    Args:
        send_at: aware.
        zone: the workspace's, from the settings.

    Raises:
        UsageError: the zone is not set, or its clock shows this minute twice that day.
    """
    if zone is None:
        raise UsageError(
            "Ogangi starts broadcasts by the workspace's clock, whose time zone it does not "
            "tell: set timezone, e.g. timezone='America/Caracas', to use send_at."
        )
    moment = send_at.astimezone(UTC)
    started = moment.replace(second=0, microsecond=0)
    if started < moment:
        started += timedelta(minutes=1)
    local = started.astimezone(zone)
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        raise UsageError(
            f"The clock of {zone.key} shows {local:%d-%m-%Y %H:%M} twice, and Ogangi cannot be "
            "told which is meant: choose another time."
        )
    return local.replace(tzinfo=None, fold=0)


# Ids

#: -1 is what Ogangi is told instead of a number when a broadcast is yet to be made.
_BROADCAST_ID = re.compile(r"broadcast:(?!-1\Z)(-?[0-9]{1,19})")


def broadcast_id(number: int) -> str:
    """Return our id of a broadcast."""
    return f"broadcast:{number}"


def broadcast_number(id_: str) -> int:
    """Return Ogangi's number of the broadcast that an id is of.

    Raises:
        UsageError: it is the id of a message, or of nothing.
    """
    if match := _BROADCAST_ID.fullmatch(id_):
        return int(match[1])
    if id_.startswith("message:"):
        raise UsageError(
            f"{id_} is a message sent by file: Ogangi told its state in the receipt, and its "
            "broadcast methods cannot ask about it or control it again. "
            "Options(delivery='broadcast') makes a broadcast, which can be."
        )
    raise UsageError(f"{id_!r} is not an id of Ogangi's, such as broadcast:1542.")


# Receipts and statuses


def to_receipt(message: m.Message, recipient: Recipient) -> Receipt:
    """Return the receipt for one message of a file."""
    return Receipt(
        id=f"message:{message.id.strip()}",
        state=message_state(message.status),
        to=recipient.to,
        reference=recipient.reference,
        words=message.status.strip() or None,
        raw=message,
    )


def match_messages(
    messages: Sequence[m.Message], recipients: Iterable[Recipient]
) -> tuple[Receipt, ...]:
    """Return one receipt per recipient, in the recipients' order.

    Messages are matched by number, those to one number in turn. If as many messages as
    recipients are left then, Ogangi has written their numbers in another way, and they are
    matched in turn. A recipient that is not answered for gets an UNKNOWN receipt.
    """
    by_number: defaultdict[str, deque[m.Message]] = defaultdict(deque)
    for message in messages:
        by_number[message.to.strip().removeprefix("+")].append(message)
    asked = list(recipients)
    found = [
        queue.popleft() if (queue := by_number.get(r.address.removeprefix("+"))) else None
        for r in asked
    ]
    taken = {id(message) for message in found}
    left = [message for message in messages if id(message) not in taken]
    if found.count(None) == len(left):
        spare = iter(left)
        found = [next(spare) if message is None else message for message in found]
    return tuple(
        to_receipt(message, recipient)
        if message is not None
        else Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, _UNANSWERED)
        for message, recipient in zip(found, asked, strict=True)
    )


_UNANSWERED = "Ogangi's answer does not name this recipient."


def to_status(broadcast: m.Broadcast, id_: str, zone: tzinfo | None = None) -> Status:
    """Return how far a broadcast has come.

    A broadcast's last state is "done": handed to the carriers. Ogangi never tells more of it,
    so SENT is final here. When a scheduled one starts is in `raw`: it has not begun.

    Args:
        broadcast: as answered.
        id_: what was asked for.
        zone: whose clock a date is by that has no offset.
    """
    state, words = broadcast_state(broadcast)
    ended = state is State.SENT or state.is_final
    sent = broadcast.sent_messages
    expected = broadcast.expected_messages
    return Status(
        id=id_,
        state=state,
        counts={} if sent is UNSET else {State.SENT: sent},
        started_at=None if state is State.SCHEDULED else parse_date(broadcast.start_date, zone),
        finished_at=parse_date(broadcast.end_date, zone) if ended else None,
        words=words,
        expected=None if expected is UNSET else expected,
        final=True if state is State.SENT else None,
        raw=broadcast,
    )
