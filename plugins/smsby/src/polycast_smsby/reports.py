"""Answers whose form sms.by does not publish: read for what they may hold, and nothing lost.

They are the reply of `statusBulkSms`, and what is pushed to `callback_url`. Whatever has a phone
number or is listed beside what has one is a row, and becomes a report.
"""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from polycast import CallbackRequest, Report, State, UsageError
from polycast.wire import DecodeError
from polycast.wire import json as strict_json

from polycast_smsby.mapping import from_phone, read_local, read_seconds, sms_state

__all__ = ["from_callback", "overall_words", "row_report", "row_reports"]

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
    reports = list(row_reports(body, zone, batch))
    if reports:
        return reports
    return [Report(None, State.UNKNOWN, id=batch, words=overall_words(body), raw=body)]


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


def overall_words(body: object) -> str | None:
    """Return what an answer says of the whole: its error, status or acknowledgement."""
    if isinstance(body, Mapping):
        for name in ("error", "status", "success"):
            if body.get(name):
                return _words(body[name])
    return None


def row_reports(body: object, zone: ZoneInfo, batch: str | None) -> Iterator[Report]:
    """Yield a report for every row that an answer holds.

    Args:
        body: the JSON of the answer.
        zone: the account's.
        batch: the id of the call that the rows belong to, where it is known.
    """
    for row in _rows(body):
        yield row_report(row, zone, batch)


def row_report(row: object, zone: ZoneInfo, batch: str | None = None) -> Report:
    """Return what one row says; one that is none is UNKNOWN, with itself as `raw`."""
    if not isinstance(row, Mapping):
        return Report(None, State.UNKNOWN, id=batch, raw=row)
    sent, delivered = read_seconds(row.get("sent")), read_seconds(row.get("delivered"))
    words = _words(row.get("status"))
    if words is not None:
        state = sms_state(words)
    else:
        state = State.DELIVERED if delivered else State.SENT if sent else State.UNKNOWN
    # `d_sent` is when it was sent, which says nothing of when it was delivered.
    at = delivered if state is State.DELIVERED else None
    if state is State.SENT:
        at = sent or read_local(row.get("d_sent"), zone)
    sms_id = row.get("sms_id")
    return Report(
        to=from_phone(row.get("phone")),
        state=state,
        id=f"sms:{sms_id}" if type(sms_id) in (int, str) and sms_id else batch,
        words=words,
        at=at,
        raw=row,
    )


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


def _words(value: object) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
