"""What Infobip reads from a request that fits the spec, and why it refuses one."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from polycast.sandbox import SimulatedOutcome

from polycast_infobip.sandbox.response import violation
from polycast_infobip.sandbox.state import Wanted, Window

__all__ = ["due_of", "pace_of", "refusal_of", "wanted_of"]

_TO = re.compile(r"[1-9][0-9]{6,14}")
_LONGEST = 48 * 3600
_UNITS = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600}
_SPEEDS = {"MINUTE": 60, "HOUR": 3600, "DAY": 86_400}
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
#: "Message length": parts of an SMS, and bytes of its text.
_PARTS, _BYTES = 25, 4000


def wanted_of(operation: str, body: Mapping[str, Any], sender: str) -> Iterator[Wanted]:
    """Yield what is asked for each recipient.

    Args:
        operation: what was called.
        body: what was posted.
        sender: the account's own.

    Raises:
        Refused: something in it is wrong.
    """
    channel = "whatsapp" if operation in ("send_whatsapp", "send_template") else operation[5:]
    if channel != "whatsapp":
        for place, entry in enumerate(body["messages"]):
            yield from _entry(channel, entry, f"messages[{place}]", sender)
        return
    for each in body.get("messages", [body]):
        content = each["content"]
        text = content.get("text", content.get("templateName"))
        yield Wanted(
            channel=channel,
            to=each["to"],
            text=text,
            sender=each["from"],
            message_id=each.get("messageId", ""),
            validity=_LONGEST,
            url=each.get("notifyUrl"),
        )


def _entry(channel: str, entry: Mapping[str, Any], place: str, sender: str) -> Iterator[Wanted]:
    options = entry.get("options", {})
    period = options.get("validityPeriod", {"amount": _LONGEST, "timeUnit": "SECONDS"})
    # More than 48 hours is cut, in silence.
    validity = min(_LONGEST, period["amount"] * _UNITS[period.get("timeUnit", "MINUTES")])
    window = options.get("deliveryTimeWindow")
    hook = entry.get("webhooks", {}).get("delivery", {})
    for destination in entry["destinations"]:
        yield Wanted(
            channel=channel,
            to=destination["to"],
            text=entry["content"].get("text", ""),
            sender=entry.get("sender", sender),
            message_id=destination.get("messageId", ""),
            validity=validity,
            opens=None if window is None else _window(window, place),
            url=hook.get("url"),
            failover="smsFailover" in options,
        )


def _window(window: Mapping[str, Any], place: str) -> Window:
    where = f"{place}.options.deliveryTimeWindow"
    days = frozenset(_DAYS.index(day) for day in window["days"])
    if ("from" in window) != ("to" in window):
        raise violation(where, "from and to are given together")
    start, end = (_minute(window[name]) if name in window else 0 for name in ("from", "to"))
    if "from" in window and abs(end - start) < 60:
        raise violation(where, "from and to are at least an hour apart")
    return Window(days, start, end)


def _minute(told: Mapping[str, int]) -> int:
    return told["hour"] * 60 + told["minute"]


def refusal_of(wanted: Wanted) -> int | None:
    """Return the status that a recipient is refused with at once; None for one who is taken."""
    if not _TO.fullmatch(wanted.to) or SimulatedOutcome.of(wanted.to) is SimulatedOutcome.REFUSED:
        return 52
    if wanted.channel == "sms":
        size = len(wanted.text)
        room = _PARTS * (153 if wanted.text.isascii() else 67)
        if size > room or len(wanted.text.encode()) > _BYTES:
            return 25
    return None


def due_of(body: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return when a request is sent; None for at once.

    Raises:
        Refused: the moment is not written as it should be, or is too far ahead.
    """
    told = body.get("options", {}).get("schedule", {}).get("sendAt")
    if told is None:
        return None
    where = "options.schedule.sendAt"
    # The page has `.SSSZ`; Infobip's own client writes other fractions and a colon in the offset.
    try:
        due = datetime.fromisoformat(told)
    except ValueError:
        due = None
    if due is None or due.utcoffset() is None:
        raise violation(where, "must be written as yyyy-MM-dd'T'HH:mm:ss.SSSZ")
    if due > now + timedelta(days=180):
        raise violation(where, "must be at most 180 days in the future")
    return due if due > now else None


def pace_of(body: Mapping[str, Any]) -> float:
    """Return the seconds between two messages of a request."""
    limit = body.get("options", {}).get("schedule", {}).get("sendingSpeedLimit")
    if limit is None:
        return 0.0
    seconds: float = _SPEEDS[limit.get("timeUnit", "MINUTE")] / limit["amount"]
    return seconds
