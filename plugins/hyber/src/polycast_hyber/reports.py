"""How far messages have come: reports as they are asked for or pushed, and statuses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from polycast import CallbackRequest, Reply, Report, Reports, State, Status, UsageError
from polycast.providers import none_if_unset, status_of_one, with_plus
from polycast.wire import UNSET, DecodeError, Undecodable, Unset, strict_json

from polycast_hyber._client import models as m
from polycast_hyber.recipients import reference_of
from polycast_hyber.response import moment, row_state, state_of, words_of

#: "Two-way messaging": where a reply has its pictures and files.
_MEDIA = ("media", "image_url", "video_url", "audio_url", "doc_url")
_KYIV = ZoneInfo("Europe/Kyiv")

# Reports


def to_report(row: m.MessageStatus | m.Report | Undecodable) -> Report:
    """Return how far one recipient's message has come, from any kind of report."""
    if isinstance(row, Undecodable):
        told = row.raw if isinstance(row.raw, dict) else {}
        phone = told.get("phone_number", told.get("number"))
        return _report(
            phone if type(phone) in (int, str) else UNSET,
            *(told.get(name) or "" for name in ("message_id", "extra_id")),
            state=State.UNKNOWN,
            detail=f"it cannot be read: {row.error}",
            raw=row.raw,
        )
    number = row.phone_number
    channel: str | None = None
    if isinstance(row, m.Report):
        number = row.number if number is UNSET else number
        channel = _channel(row.sent_via or row.last_partner or row.delivered_via)
    # The most exact number there is: a row may lack the code, and have what it would begin with.
    numbers = (row.error_code, row.hyber_status, row.substatus, row.status)
    return _report(
        number,
        row.message_id or "",
        row.extra_id or "",
        state=row_state(row),
        detail=words_of(row),
        code=next((number for number in numbers if number is not UNSET), None),
        at=moment(row.time),
        channel=channel,
        segments=none_if_unset(row.total_sms_parts),
        raw=row,
    )


def _report(number: object, message_id: object, extra_id: object, **facts: Any) -> Report:
    # Receipts of broadcasts gave out the extra id, for they know no message id yet.
    ids = [
        f"{kind}:{told}"
        for kind, told in (("message", message_id), ("extra", extra_id))
        if told and isinstance(told, str)
    ]
    return Report(
        to=None if number is UNSET else f"+{str(number).removeprefix('+')}",
        id=ids[0] if ids else None,
        reference=reference_of(extra_id) if extra_id and isinstance(extra_id, str) else None,
        aliases=tuple(ids[1:]),
        **facts,
    )


def _channel(told: str | Unset) -> str | None:
    # `hyber` is no channel: the platform blocked the message, or knows nothing final of it.
    return None if told is UNSET or told == "hyber" else told


# Statuses


def to_job_status(
    id: str, answer: m.CampaignStatus, rows: Sequence[m.MessageStatus | Undecodable]
) -> Status:
    """Return how far a campaign has come; its reports are made when they are read.

    A row that cannot be read counts as UNKNOWN, and does not keep the whole from its end.
    """
    states = list(map(row_state, rows))
    counts = Counter(states)
    readable = (
        state
        for state, row in zip(states, rows, strict=True)
        if not isinstance(row, Undecodable) and not (state is State.UNKNOWN and row.unread)
    )
    state = State.overall(readable if State.UNKNOWN in counts else counts)
    times = [row.time for row in rows if isinstance(row, m.MessageStatus) and row.time is not UNSET]
    return Status(
        id=id,
        state=state,
        counts=dict(counts),
        reports=Reports(lambda: map(to_report, rows)),
        finished_at=moment(max(times)) if state.is_final and times else None,
        expected=len(rows),
        raw=answer,
    )


def to_message_status(id: str, answer: m.AdvancedReport) -> Status:
    """Return how far one message has come: a failure on one channel is none of the message."""
    rows = [] if answer.reports is UNSET else answer.reports
    reports = [to_report(row) for row in rows]
    state = _message_state(answer, [report.state for report in reports])
    decisive = next(
        (report for report in reversed(reports) if report.state is state),
        reports[-1] if reports else Report(None, state),
    )
    whole = attrs.evolve(
        decisive,
        state=state,
        id=decisive.id or id,
        channel=_channel(answer.delivered_via) or decisive.channel,
        raw=answer,
    )
    return status_of_one(whole, id, finished_at=whole.at if state.is_final else None)


def _message_state(answer: m.AdvancedReport, states: Sequence[State]) -> State:
    for arrived in (State.READ, State.DELIVERED):
        if arrived in states:
            return arrived
    if answer.status == 2:
        return State.DELIVERED
    under_way = answer.processing is True or answer.status == -1
    if under_way or State.SENDING in states or State.QUEUED in states:
        begun = answer.started is True or answer.processing is True or bool(states)
        return State.SENDING if begun else State.QUEUED
    if states:
        return states[-1]
    return state_of(status=answer.status)


# Callbacks


def read_pushed(request: CallbackRequest) -> list[Report | Reply]:
    """Return one report or reply per row; one that cannot be read is UNKNOWN, and costs no other.

    Hyber authenticates nothing that it pushes: whoever knows the address can push, too.

    Raises:
        UsageError: it is nothing that Hyber pushes.
    """
    try:
        body = strict_json.parse(request.body)
    except DecodeError as error:
        raise UsageError(f"This is none of hyber's reports: {error}.") from None
    rows = body if isinstance(body, list) else [body]
    if rows and not any(_reply(row) or _is_report(row) for row in rows):
        raise UsageError("This is none of hyber's reports: it names no message.")
    return [_reply(row) or to_report(_read(row)) for row in rows]


def _is_report(row: object) -> bool:
    return isinstance(row, Mapping) and bool(row.keys() & {"message_id", "extra_id"})


def _reply(row: object) -> Reply | None:
    """Return what a recipient wrote; None where a row is something else.

    Source: "Two-way messaging". Its `message_id` is that of the message that it answers.
    """
    if not isinstance(row, Mapping) or not isinstance(row.get("phone"), str | int):
        return None
    text, id = row.get("text_from_subscriber"), row.get("umid")
    media = [row.get(name) for name in _MEDIA]
    return Reply(
        sender=with_plus(row["phone"]) or "",
        text=text if isinstance(text, str) and text else None,
        id=id if isinstance(id, str) and id else None,
        received_at=_written(row.get("time")),
        media=tuple(url for url in media if isinstance(url, str) and "://" in url),
        raw=row,
    )


def _written(time: object) -> datetime | None:
    """Return the moment of a reply: with its zone on WhatsApp, by Kyiv's clock on Viber."""
    try:
        told = datetime.fromisoformat(str(time))
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=_KYIV)


def _read(row: object) -> m.Report | Undecodable:
    try:
        return m.CONVERTERS["json"].structure(row, m.Report)
    except DecodeError as error:
        return Undecodable(row, error)
