"""Ogangi's vocabularies: the states of messages and broadcasts, and the types of broadcasts."""

import re
from collections.abc import Mapping

from polycast import Action, State
from polycast.wire import UNSET, Unset

from polycast_ogangi._client import models as m

__all__ = [
    "AFTER",
    "BROADCAST_NUMBERS",
    "BROADCAST_STATES",
    "BROADCAST_TYPES",
    "MESSAGE_STATES",
    "broadcast_state",
    "is_unpaid",
    "message_state",
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


def is_unpaid(word: str) -> bool:
    """Whether a message's status says that the account has no credit."""
    return _word(word) == "NOT_ENOUGH_FUNDS"


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
    detail = [word for word in candidates if word]
    for word in detail:
        state = BROADCAST_STATES.get(_word(word).removeprefix("STATUS_"))
        if state is not None:
            return state, word
    return State.UNKNOWN, detail[0] if detail else None


def _text(value: str | Unset) -> str:
    return "" if value is UNSET else value


# Types of broadcasts

#: "Broadcast Types and Status": how a broadcast's recipients were chosen. Which of these
#: `createBroadcastFromJson` makes is not told.
BROADCAST_TYPES: Mapping[int, str] = {
    1: "BY_DISTRIBUTION_LIST",
    2: "BY_USERPREFERENCES",
    3: "BY_OSM",
    4: "BY_CUSTOM_LIST",
    5: "BY_FTP",
    6: "BY_FILE_UPLOAD",
    7: "BY_EMAIL",
    8: "COMBINED",
    9: "BY_EMAIL_CUSTOM",
    10: "BY_ADDR_BOOK",
    11: "BY_GEO_PUSH",
}
