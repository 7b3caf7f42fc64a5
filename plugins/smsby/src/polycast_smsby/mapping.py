"""sms.by's words and ours: numbers, clocks, ids and states, as pure functions and tables."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from polycast import Message, Recipient, State, UsageError
from polycast.wire import on_local_clock

__all__ = [
    "MESSAGE_STATES",
    "SMS_STATES",
    "bulk_id",
    "from_phone",
    "local_start",
    "message_state",
    "read_local",
    "read_seconds",
    "sent_state",
    "sms_id",
    "sms_state",
    "split_id",
    "to_phone",
]

# Phone numbers

_PHONE = re.compile(r"\+?([1-9][0-9]{6,14})")


def to_phone(recipient: Message | Recipient) -> str:
    """Return a phone number as sms.by has it: digits with the country code, and no plus sign.

    Raises:
        UsageError: the address is no such number.
    """
    match = _PHONE.fullmatch(recipient.address)
    if match is None:
        raise UsageError(
            f"{recipient.to!r} is not a number that smsby can be told: it takes 7 to 15 digits "
            "that begin with the country code, e.g. +375291234567."
        )
    return match[1]


def from_phone(value: object) -> str | None:
    """Return a number that sms.by tells, as a number or a string, as an address of ours."""
    text = str(value).strip() if type(value) in (int, str) else ""
    match = _PHONE.fullmatch(text)
    if match is not None:
        return f"+{match[1]}"
    return text or None


# Clocks


def local_start(send_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment to start at, as the account's clock shows it.

    It travels to the second and without a zone ("Bulk sms", `schedule_time`). Fractions are
    rounded up: nothing goes out before it was asked to.

    Args:
        send_at: aware.
        zone: the account's, from the settings.

    Raises:
        UsageError: the account's clock shows this moment twice, or never.
    """
    return on_local_clock(
        send_at, zone, step=timedelta(seconds=1), provider="smsby", pattern="%Y-%m-%d %H:%M:%S"
    )


_LOCAL = re.compile(r"\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)\s*", re.ASCII)


def read_local(value: object, zone: ZoneInfo) -> datetime | None:
    """Return a moment that sms.by tells by the account's clock, e.g. `2021-03-22 11:32:32`.

    Returns:
        An aware datetime; None where it is no date: an unsent message has none.
    """
    match = _LOCAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=zone)
    except ValueError:
        return None


def read_seconds(value: object) -> datetime | None:
    """Return a moment that sms.by tells in seconds since 1970; it says 0 for "not yet"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}", value):
        value = int(value)
    if type(value) is not int or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


# Ids: three kinds, each of a call of its own.

_IDS = re.compile(r"(sms|message):([0-9]{1,18})|(bulk):([!-~]{1,100})")


def split_id(id_: str) -> tuple[str, str]:
    """Return the kind of an id, and what sms.by knows it by.

    `sms:` is one message to one number, `bulk:` one call of sendBulkSms with all of its mailings,
    `message:` a message that was created first and then sent to a list.

    Raises:
        UsageError: it is none of the three.
    """
    match = _IDS.fullmatch(id_)
    if match is None:
        raise UsageError(
            f"{id_!r} is not an id of smsby's, such as sms:2197871, message:2604834 or "
            "bulk:cc9c8043-8caf-11ef-b035-9e8f47954dec."
        )
    return (match[1], match[2]) if match[1] else (match[3], match[4])


def sms_id(number: object) -> str | None:
    """Return our id of one message to one number; None where sms.by's is no number."""
    return _id(f"sms:{number}")


def bulk_id(uuid: str) -> str | None:
    """Return our id of a call of sendBulkSms; None where sms.by's is empty, or no word."""
    return _id(f"bulk:{uuid}")


def _id(id_: str) -> str | None:
    return id_ if _IDS.fullmatch(id_) else None


# States

#: The states of one message to one number: replies to sends in capitals, "Delivery" in small
#: letters. UNDELIVERED and FAILED are from integrations of others.
SMS_STATES: Mapping[str, State] = {
    "new": State.QUEUED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
}

#: The states of a message that is created first (`checkSMSMessageStatus`): awaiting the
#: moderator, and approved. Neither says anything of a delivery.
MESSAGE_STATES: Mapping[str, State] = {
    "new": State.QUEUED,
    "moderated": State.QUEUED,
}

#: What sms.by says where a state could stand, and which only acknowledges the call.
_ACKNOWLEDGEMENTS = ("", "ok", "success")


def sms_state(word: str) -> State:
    """Return what a status of a message to one number means; UNKNOWN for a word of no page."""
    return SMS_STATES.get(word.strip().casefold(), State.UNKNOWN)


def sent_state(word: str) -> State:
    """Return what the status in the reply to a send means: an acknowledged one is QUEUED."""
    acknowledged = word.strip().casefold() in _ACKNOWLEDGEMENTS
    return State.QUEUED if acknowledged else sms_state(word)


def message_state(word: str) -> State:
    """Return what a status of a created message means; UNKNOWN for a word of no page."""
    return MESSAGE_STATES.get(word.strip().casefold(), State.UNKNOWN)
