"""Polycast's words and Wrenpost's, each as the other: pure functions and tables."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from polycast import (
    Broadcast,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    Receipt,
    Recipient,
    Report,
    State,
    Status,
    UsageError,
)
from polycast.wire import UNSET

from polycast_wrenpost._client import models as m
from polycast_wrenpost.errors import refusal_of
from polycast_wrenpost.options import Options

__all__ = ["STATES", "check_id", "state_of", "to_receipts", "to_sms", "to_status"]

#: README, "Delivery codes".
STATES: Mapping[str, State] = {
    "0": State.SCHEDULED,
    "1": State.QUEUED,
    "2": State.SENT,
    "3": State.DELIVERED,
    "4": State.FAILED,
    "5": State.EXPIRED,
    "6": State.REJECTED,
    "7": State.CANCELLED,
}

_PHONE = re.compile(r"\+?([1-9][0-9]{6,14})")
_IDS = re.compile(r"[0-9]+(,[0-9]+)*")


def state_of(code: str) -> State:
    """Return what a delivery code means; UNKNOWN for one of no document."""
    return STATES.get(code, State.UNKNOWN)


def to_sms(asked: Message | Broadcast, recipients: Sequence[Message | Recipient]) -> m.Sms:
    """Return a text for one number or several as `POST /send` takes it.

    Raises:
        UsageError: an address is no number, or there is no text.
    """
    if not asked.text:
        raise UsageError("Wrenpost sends texts: there is none.")
    flash = asked.options.flash if isinstance(asked.options, Options) else None
    return m.Sms(
        to=",".join(_to_phone(recipient) for recipient in recipients),
        text=asked.text,
        from_=asked.sender or UNSET,
        at=UNSET if asked.send_at is None else _whole_second(asked.send_at),
        ttl=UNSET if asked.ttl is None else math.ceil(asked.ttl / timedelta(minutes=1)),
        flash=UNSET if flash is None else 1 if flash else 0,
    )


def _to_phone(recipient: Message | Recipient) -> str:
    match = _PHONE.fullmatch(recipient.address)
    if match is None:
        raise UsageError(
            f"{recipient.to!r} is not a number that Wrenpost can be told: it takes 7 to 15 digits "
            "that begin with the country code, e.g. +48600100200."
        )
    return match[1]


def _whole_second(moment: datetime) -> datetime:
    """Round up: nothing goes out before it was asked to."""
    late = moment.replace(microsecond=0)
    return late if late == moment else late + timedelta(seconds=1)


def to_receipts(answer: str, asked: Message | Broadcast, now: datetime) -> tuple[Receipt, ...]:
    """Return our receipts for the answer of `POST /send` that came `now`, one for each number.

    Raises:
        OutcomeUnknown: it has not a line for each.
    """
    lines = answer.splitlines()
    recipients = (asked,) if isinstance(asked, Message) else tuple(asked.recipients)
    if len(lines) != len(recipients):
        detail = f"{len(lines)} lines answer {len(recipients)} numbers"
        raise OutcomeUnknown(detail, provider="wrenpost", operation="send_sms", raw=answer)
    later = asked.send_at is not None and asked.send_at > now
    accepted = State.SCHEDULED if later else State.QUEUED
    receipts = []
    for recipient, line in zip(recipients, lines, strict=True):
        refused = refusal_of(line) is not None
        receipts.append(
            Receipt(
                None if refused else line.removeprefix("OK: "),
                State.REJECTED if refused else accepted,
                recipient.to,
                getattr(recipient, "reference", None),
                detail=line,
                raw=answer,
            )
        )
    return tuple(receipts)


def check_id(id: str) -> str:
    """Return an id of ours, which is the messages' numbers with commas between them.

    Raises:
        UsageError: it is none.
    """
    if not _IDS.fullmatch(id):
        raise UsageError(f"{id!r} is not an id of Wrenpost's, such as 123 or 123,124.")
    return id


def to_status(answer: str, id: str) -> Status:
    """Return our status for the answer of `GET /state`.

    Raises:
        InvalidResponse: it has not a line for each message.
    """
    lines, ids = answer.splitlines(), id.split(",")
    if len(lines) != len(ids):
        detail = f"{len(lines)} lines answer {len(ids)} ids"
        raise InvalidResponse(detail, provider="wrenpost", operation="get_state", raw=answer)
    reports = tuple(_to_report(line, each) for line, each in zip(lines, ids, strict=True))
    states = [report.state for report in reports]
    return Status(
        id,
        State.overall(states),
        counts={state: states.count(state) for state in states},
        reports=reports,
        detail=reports[0].detail if len(reports) == 1 else None,
        raw=answer,
    )


def _to_report(line: str, id: str) -> Report:
    if refusal := refusal_of(line):
        return Report(None, State.UNKNOWN, id, detail=refusal[1], code=refusal[0], raw=line)
    _, code, reached, number = line.split(" ")
    at = datetime.fromtimestamp(int(reached), UTC)
    return Report(f"+{number}", state_of(code), id, detail=code, code=code, at=at, raw=line)
