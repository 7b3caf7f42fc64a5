"""Ogangi's words and ours: dates, ids, receipts and statuses, as pure functions."""

import re
import unicodedata
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from polycast import Receipt, Recipient, Report, State, Status, UsageError
from polycast.wire import UNSET, Undecodable, Unset, on_local_clock

from polycast_ogangi._client import models as m
from polycast_ogangi.states import broadcast_state, message_state

__all__ = [
    "bare_text",
    "broadcast_id",
    "broadcast_number",
    "is_message",
    "letters_of",
    "local_start",
    "match_messages",
    "message_number",
    "parse_date",
    "plain_code",
    "plain_number",
    "to_message_status",
    "to_receipt",
    "to_status",
]

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
    return on_local_clock(
        send_at, zone, step=timedelta(minutes=1), provider="Ogangi", pattern="%d-%m-%Y %H:%M"
    )


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
        raise UsageError(
            f"{id_} is a single message: Ogangi can be asked about it, and cannot change it. "
            "Options(delivery='broadcast') makes a broadcast, which can be controlled."
        )
    raise UsageError(f"{id_!r} is not an id of Ogangi's, such as broadcast:1542.")


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
        raise UsageError(f"{id_!r} is not an id of Ogangi's, such as message:-6710228708174720670.")
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
    answered: Sequence[m.Message | Undecodable], recipients: Iterable[Recipient]
) -> tuple[Receipt, ...]:
    """Return one receipt per recipient, in the recipients' order.

    Messages are matched by number, those to one number in turn. If as many messages as
    recipients are left then, Ogangi has written their numbers in another way, and they are
    matched in turn. A recipient that is not answered for, or not in a form that can be read,
    gets an UNKNOWN receipt.
    """
    messages = [message for message in answered if isinstance(message, m.Message)]
    by_number: defaultdict[str, deque[m.Message]] = defaultdict(deque)
    for message in messages:
        by_number[plain_number(message.to or "")].append(message)
    asked = list(recipients)
    found = [
        queue.popleft() if (queue := by_number.get(plain_number(r.address))) else None
        for r in asked
    ]
    taken = {id(message) for message in found}
    left = [message for message in messages if id(message) not in taken]
    if found.count(None) == len(left) and len(messages) == len(answered):
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
    state, detail = broadcast_state(broadcast)
    ended = state is State.SENT or state.is_final
    sent = broadcast.sent_messages
    expected = broadcast.expected_messages
    return Status(
        id=id_,
        state=state,
        counts={} if sent is UNSET else {State.SENT: sent},
        started_at=None if state is State.SCHEDULED else parse_date(broadcast.start_date, zone),
        finished_at=parse_date(broadcast.end_date, zone) if ended else None,
        detail=detail,
        expected=None if expected is UNSET else expected,
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
    state, detail = message_state(message.status or ""), (message.status or "").strip() or None
    number = plain_number(message.to or "")
    report = Report(
        to=f"+{number}" if number.isdecimal() else number or None,
        state=state,
        id=id_,
        detail=detail,
        raw=message,
    )
    return Status(
        id=id_,
        state=state,
        counts={state: 1},
        reports=(report,),
        started_at=parse_date(message.date, zone),
        detail=detail,
        expected=1,
        raw=message,
    )
