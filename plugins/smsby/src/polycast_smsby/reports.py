"""What became of messages, as statuses and reports.

sms.by does not publish the form of two answers: the reply of `statusBulkSms`, and what is pushed
to `callback_url`. They are read for what they may hold, and nothing is lost: whatever has a phone
number, or is listed beside what has one, is a row and becomes a report.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from polycast import CallbackRequest, Report, State, Status, UsageError
from polycast.providers import status_of_many, status_of_one
from polycast.wire import DecodeError, Undecodable, strict_json

from polycast_smsby._client import models as m
from polycast_smsby.response import as_text, read_local, read_seconds, sms_id, sms_state

#: Where rows are looked for, beside the top: the words of sms.by's other answers, and of the
#: request.
_HOLDERS = ("result", "messages", "data", "delivery_list")
#: What marks an object as a row.
_MARKS = ("phone", "sms_id")
#: Objects and lists inside each other; mailings with their rows need five.
_DEEPEST = 8


def from_callback(request: CallbackRequest, zone: ZoneInfo) -> list[Report]:
    """Return what sms.by pushed, row by row; what cannot be understood is UNKNOWN, and kept.

    Args:
        request: as it came: JSON, or the fields of a form.
        zone: the account's.

    Raises:
        UsageError: it says nothing at all.
    """
    if not request.body.strip():
        raise UsageError("The request has no body: this is nothing that smsby pushes.")
    body = _read(request.body)
    batch = _batch_id(body)
    reports = list(_row_reports(body, zone, batch))
    if reports:
        return reports
    return [Report(None, State.UNKNOWN, id=batch, detail=_overall_words(body), raw=body)]


def _read(content: bytes) -> object:
    try:
        return strict_json.parse(content)
    except DecodeError:
        text = content.decode("utf-8", "replace")
    try:
        return dict(parse_qsl(text.strip(), keep_blank_values=True, strict_parsing=True))
    except ValueError:
        return text


def _batch_id(body: object) -> str | None:
    if not isinstance(body, Mapping):
        return None
    for holder in (body, *(body.get(name) for name in _HOLDERS)):
        uuid = holder.get("uuid") if isinstance(holder, Mapping) else None
        if isinstance(uuid, str) and uuid:
            return f"bulk:{uuid}"
    return None


def _overall_words(body: object) -> str | None:
    """Return what an answer says of the whole: its error, status or acknowledgement."""
    if isinstance(body, Mapping):
        for name in ("error", "status", "success"):
            if body.get(name):
                return as_text(body[name])
    return None


def sms_status(check: m.SmsCheck, id_: str) -> Status:
    """Return how far one message has come, from the answer of `checkSMS`.

    Args:
        check: the answer. Without a status, its two moments tell the state.
        id_: what was asked for.
    """
    report = _report(
        {"status": check.status, "sent": check.sent, "delivered": check.delivered}, None, id_, check
    )
    finished_at = report.at if report.state is State.DELIVERED else None
    return status_of_one(report, id_, started_at=read_seconds(check.sent), finished_at=finished_at)


def bulk_status(answer: object, id_: str, zone: ZoneInfo) -> Status:
    """Return how far a call of mailings has come, from the answer of `statusBulkSms`.

    Args:
        answer: the JSON of the answer.
        id_: what was asked for.
        zone: the account's.
    """
    reports = tuple(_row_reports(answer, zone, id_))
    if not reports:
        detail = _overall_words(answer)
        return Status(id_, sms_state(detail or ""), detail=detail, raw=answer)
    return status_of_many(reports, id_, raw=answer)


def delivery_report(row: m.Delivery | Undecodable, zone: ZoneInfo) -> Report:
    """Return what one row of a delivery list says; one that does not fit is read as it may be.

    Args:
        row: of the answer of `getSmsDeliveryList`.
        zone: the account's.
    """
    if isinstance(row, Undecodable):
        return _row_report(row.raw, zone, None)
    fields = {"phone": row.phone, "status": row.status, "d_sent": row.d_sent}
    return _report(fields, zone, None, row)


def _row_reports(body: object, zone: ZoneInfo, batch: str | None) -> Iterator[Report]:
    return (_row_report(row, zone, batch) for row in _rows(body))


def _row_report(row: object, zone: ZoneInfo, batch: str | None) -> Report:
    if not isinstance(row, Mapping):
        return Report(None, State.UNKNOWN, id=batch, raw=row)
    return _report(row, zone, sms_id(row.get("sms_id")) or batch, row)


def _report(
    fields: Mapping[str, object], zone: ZoneInfo | None, id_: str | None, raw: object
) -> Report:
    sent, delivered = read_seconds(fields.get("sent")), read_seconds(fields.get("delivered"))
    detail = as_text(fields.get("status"))
    if detail is not None:
        state = sms_state(detail)
    else:
        state = State.DELIVERED if delivered else State.SENT if sent else State.UNKNOWN
    # `d_sent` is when it was sent, which says nothing of when it was delivered.
    at = delivered if state is State.DELIVERED else None
    if state is State.SENT:
        at = sent or (None if zone is None else read_local(fields.get("d_sent"), zone))
    return Report(
        to=from_phone(fields.get("phone")), state=state, id=id_, detail=detail, at=at, raw=raw
    )


_PHONE = re.compile(r"\+?([1-9][0-9]{6,14})")


def from_phone(value: object) -> str | None:
    """Return a number that sms.by tells, as a number or a string, as an address of ours."""
    text = str(value).strip() if type(value) in (int, str) else ""
    match = _PHONE.fullmatch(text)
    if match is not None:
        return f"+{match[1]}"
    return text or None


def _rows(value: object, depth: int = 0) -> Iterator[object]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        holds_rows = any(map(_is_row, value))
        for item in value:
            # Beside a row, whatever is listed was meant as one.
            if holds_rows and not _is_row(item):
                yield item
            else:
                yield from _rows(item, depth + 1)
    elif isinstance(value, Mapping):
        if _is_row(value):
            yield value
        else:
            for name in _HOLDERS:
                yield from _rows(value.get(name), depth + 1)


def _is_row(value: object) -> bool:
    return isinstance(value, Mapping) and any(mark in value for mark in _MARKS)
