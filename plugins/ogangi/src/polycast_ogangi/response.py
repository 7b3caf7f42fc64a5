"""What Ogangi answers, in Polycast's words: states, ids, dates, receipts, statuses, errors."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from polycast import Action, Receipt, Recipient, Report, State, Status, errors
from polycast.providers import match_in_turn, none_if_unset, status_of_one, with_plus
from polycast.wire import (
    UNSET,
    Answer,
    DecodeError,
    Undecodable,
    Unset,
    judge_by_status,
    strict_xml,
)

from polycast_ogangi._client import models as m

# States of messages

#: "Message's Status", older and newer, and the samples of "Broadcasts"; words as `_word` has
#: them. The carrier's having a message (DELIVERED_TO_CARRIER) is not the handset's having it.
MESSAGE_STATES: Mapping[str, State] = {
    word: state
    for state, words in {
        State.QUEUED: "PENDING",
        State.SENDING: "SENDING BUFFRED CARRIER_GATEWAY_ERROR",
        State.SENT: "SENT SENT_TO_CARRIER DELIVERED_TO_CARRIER SENT_TO_DEVICE ACCEPTD",
        State.DELIVERED: "DELIVERED_TO_DEVICE DELIVRD",
        State.READ: "READ",
        State.EXPIRED: "EXPIRED",
        State.FAILED: "UNREACHABLE UNDELIVERED UNDELIV NOT_SENT INTERNAL_ERROR",
        State.REJECTED: "BAD_FROM BAD_TO BAD_ENCODING BAD_TIMEZONE BAD_CARRIER/FROM BAD_ADDRESS "
        "INVALID_ROUTING INVALID_TEMPLATE_ID INVALID_TEMPLATE_PARAMETERS INVALID_TEMPLATE_TYPE "
        "TEMPLATE_NOT_SUPPORTED REJECTD NOT_ENOUGH_FUNDS",
        # Removed by somebody else's hand; the page does not say whether before or after a failure.
        State.CANCELLED: "DELETED",
    }.items()
    for word in words.split()
} | {
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
    number = (broadcast.status or "").strip()
    told = (BROADCAST_NUMBERS.get(number, number), (broadcast.status_description or "").strip())
    words = [word for word in told if word]
    for word in words:
        state = BROADCAST_STATES.get(_word(word).removeprefix("STATUS_"))
        if state is not None:
            return state, word
    return State.UNKNOWN, words[0] if words else None


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
    match = _DATE.match("" if text is UNSET else text)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat("".join(part for part in match.groups() if part))
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    return None if zone is None else moment.replace(tzinfo=zone)


# Ids

#: -1 is what Ogangi is told instead of a number when a broadcast is yet to be made.
_BROADCAST_ID = re.compile(r"broadcast:(?!-1\Z)(-?[0-9]{1,19})")

_MESSAGE = "message:"


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
    if is_message(id_):
        raise errors.UsageError(
            f"{id_} is a single message: Ogangi can be asked about it, and cannot change it. "
            "Options(delivery='broadcast') makes a broadcast, which can be controlled."
        )
    raise errors.UsageError(f"{id_!r} is not an id of Ogangi's, such as broadcast:1542.")


def is_message(id_: str) -> bool:
    """Whether an id is of a single message."""
    return id_.startswith(_MESSAGE)


def message_number(id_: str) -> str:
    """Return Ogangi's own id of the message that an id is of: a number, or a UUID.

    Raises:
        UsageError: there is none in it.
    """
    number = id_.removeprefix(_MESSAGE)
    if not number.strip() or "/" in number:
        raise errors.UsageError(
            f"{id_!r} is not an id of Ogangi's, such as message:-6710228708174720670."
        )
    return number


# Receipts and statuses

_SEPARATORS = re.compile(r"[\s+().-]")


def to_receipt(message: m.Message, recipient: Recipient) -> Receipt:
    """Return the receipt for one message of a file."""
    number = message.id.strip()
    return Receipt(
        id=f"{_MESSAGE}{number}" if number else None,
        state=message_state(message.status or ""),
        to=recipient.to,
        reference=recipient.reference,
        detail=(message.status or "").strip() or None,
        raw=message,
    )


def plain_number(number: str) -> str:
    """Return a phone number as Ogangi writes it: digits, with no plus sign or separators."""
    digits = _SEPARATORS.sub("", number)
    return digits if digits.isdecimal() else number.strip()


def plain_code(code: str) -> str:
    """Return a short code without its zeros: one table of the pages calls it a number."""
    return code.strip().lstrip("0")


def bare_text(text: str) -> str:
    """Return the words of a text: blanks, line ends and accents are written in several ways."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def letters_of(text: str) -> str:
    """Return the letters and digits of a text: what is left of it whatever a server normalises."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, folded))


def match_messages(
    answered: Sequence[m.Message | Undecodable], recipients: Sequence[Recipient]
) -> tuple[Receipt, ...]:
    """Return one receipt per recipient, in the recipients' order.

    Messages are matched by number, those to one number in turn. If as many messages as
    recipients are left then, Ogangi has written their numbers in another way, and they are
    matched in turn. A recipient that is not answered for, or not in a form that can be read,
    gets an UNKNOWN receipt.
    """
    messages = [message for message in answered if isinstance(message, m.Message)]
    found = match_in_turn(
        (plain_number(recipient.address) for recipient in recipients),
        ((plain_number(message.to or ""), message) for message in messages),
    )
    taken = set(map(id, found))
    left = [message for message in messages if id(message) not in taken]
    if found.count(None) == len(left) and len(messages) == len(answered):
        spare = iter(left)
        found = [next(spare) if message is None else message for message in found]
    return tuple(
        to_receipt(message, recipient)
        if message is not None
        else Receipt(None, State.UNKNOWN, recipient.to, recipient.reference, _UNANSWERED)
        for message, recipient in zip(found, recipients, strict=True)
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
    state, detail = broadcast_state(broadcast)
    ended = state is State.SENT or state.is_final
    sent = broadcast.sent_messages
    return Status(
        id=id_,
        state=state,
        counts={} if sent is UNSET else {State.SENT: sent},
        started_at=None if state is State.SCHEDULED else parse_date(broadcast.start_date, zone),
        finished_at=parse_date(broadcast.end_date, zone) if ended else None,
        detail=detail,
        expected=none_if_unset(broadcast.expected_messages),
        final=True if state is State.SENT else None,
        raw=broadcast,
    )


def to_message_status(message: m.Message, id_: str, zone: tzinfo | None = None) -> Status:
    """Return how far a single message has come.

    Args:
        message: as answered.
        id_: what was asked for.
        zone: whose clock a date is by that has no offset.
    """
    report = Report(
        to=with_plus(plain_number(message.to or "")),
        state=message_state(message.status or ""),
        id=id_,
        detail=(message.status or "").strip() or None,
        raw=message,
    )
    return status_of_one(report, id_, started_at=parse_date(message.date, zone))


# Errors

_ELEMENTS = ("input", "status", "description", "result")


def classify_response(answer: Answer) -> errors.PolycastError | None:
    """Say what an answer means: its envelope's `status` first, its HTTP status second.

    From "The Response XML": OK, BAD_SIGNATURE, and ERROR for everything else, with no cause.
    A wrong id, an unknown short code and a fault of Ogangi's own are all ERROR; whether
    anything had been done by then is not said either. So ERROR is a plain `ProviderError`,
    never repeated by itself, and safe to repeat only where the call read.

    What is no envelope is judged by its HTTP status; a 2xx goes on to be decoded, where it
    ends as `OutcomeUnknown` after a call that changes something.
    """
    envelope = _envelope(answer)
    code = _text(envelope.get("status", UNSET))
    detail = _text(envelope.get("description", UNSET))
    if code is None or not (code or answer.is_success):
        return judge_by_status(answer)
    if code.upper() == "OK":
        if answer.is_success or answer.safe:
            return judge_by_status(answer, detail)
        why = "its body says OK, and its HTTP status the opposite"
        return answer.error(errors.OutcomeUnknown, why, code=code)
    if not code:
        kind = errors.InvalidResponse if answer.safe else errors.OutcomeUnknown
        return answer.error(kind, "its status is empty")
    if code.upper() == "BAD_SIGNATURE":
        return answer.error(errors.AuthenticationFailed, detail, code=code)
    # HTTP 500 says no more than ERROR does; any other refusal by HTTP says what kind it is.
    if not answer.is_success and answer.status != 500:
        return judge_by_status(answer, detail)
    return answer.error(
        errors.ProviderError,
        f"{detail or 'no description'}. It names no cause: a wrong id, an unknown short code and a "
        "fault of its own are answered alike",
        code=code,
        safe_to_retry=answer.safe,
    )


def _envelope(answer: Answer) -> Mapping[str, Any]:
    try:
        return strict_xml.rootless(answer.xml, strict_xml.element, _ELEMENTS, ("status",))
    except DecodeError:
        return {}


def _text(node: object) -> str | None:
    """The element's text; None where it is lacking, repeated, or holds elements."""
    try:
        return strict_xml.text(node).strip()
    except DecodeError:
        return None
