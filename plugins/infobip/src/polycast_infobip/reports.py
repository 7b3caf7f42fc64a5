"""How far messages have come: reports as they are listed or pushed, and statuses."""

from collections.abc import Callable, Iterable, Iterator

import attrs
from polycast import CallbackRequest, InvalidResponse, Report, State, UsageError
from polycast.wire import UNSET, DecodeError, Undecodable, Unset, strict_json

from polycast_infobip._client import models as m
from polycast_infobip.recipients import channel_of, reference_of
from polycast_infobip.response import is_duplicate, state_of, words_of

Row = m.Report | Undecodable


def pages(fetch: Callable[[str | Unset], m.LogPage], operation: str) -> Iterator[Row]:
    """Yield the messages of all pages.

    Args:
        fetch: returns the page of a cursor; the first for `UNSET`.
        operation: what lists them.

    Raises:
        InvalidResponse: the pages go round in a circle.
    """
    cursor: str | Unset = UNSET
    seen: set[str | Unset] = set()
    while cursor not in seen:
        seen.add(cursor)
        page = fetch(cursor)
        yield from page.results
        following = UNSET if page.cursor is UNSET else page.cursor.next_cursor
        if not following or not page.results:
            return
        cursor = following
    raise InvalidResponse("its pages go round in a circle", provider="infobip", operation=operation)


def latest(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each message; a refused duplicate says nothing of the first message."""
    told: dict[object, Row] = {}
    for row in rows:
        known = isinstance(row, m.Report) and row.message_id
        key = known or id(row)
        if key not in told or not (isinstance(row, m.Report) and is_duplicate(row.status)):
            told[key] = row
    return list(told.values())


def to_report(row: Row) -> Report:
    """Return how far a message has come."""
    if isinstance(row, Undecodable):
        return Report(None, State.UNKNOWN, detail=f"it cannot be read: {row.error}", raw=row.raw)
    own = row.message_id or None
    number = row.destination or row.to or None
    state, error = state_of(row.status), row.error
    if row.status is UNSET and row.seen_at is not UNSET:
        state = State.READ
    why, code = None, None
    if error is not UNSET and error.id not in (UNSET, 0):
        why, code = error.name or error.description or None, error.id
    word = "seen" if state is State.READ else words_of(row.status)
    moments = (row.seen_at, row.done_at, row.sent_at) if state.is_final else (row.sent_at,)
    at = next((each for each in moments if each is not UNSET), None)
    return Report(
        to=f"+{number}" if number and number.isdecimal() else number,
        state=state,
        id=f"message:{own}" if own else None,
        reference=reference_of(own) if own else None,
        detail=f"{word}: {why}" if why else word,
        code=code,
        at=None if state is State.QUEUED else at,
        channel=channel_of(own) if own else None,
        raw=row,
    )


def held(report: Report, state: State, word: str) -> Report:
    """Return the report of a message that waits, or does not any more, with its request."""
    return attrs.evolve(report, state=state, detail=word, at=None)


def from_callback(request: CallbackRequest) -> list[Report]:
    """Return what Infobip pushed to a URL for reports; a row that cannot be read is UNKNOWN.

    Raises:
        UsageError: it is something else, e.g. an inbound message or a click.
    """
    try:
        body = strict_json.parse(request.body)
        pushed = m.CONVERTERS["json"].structure(body, m.Push)
    except DecodeError as error:
        told = "a click" if b'"notificationType"' in request.body else "no report"
        raise UsageError(f"Infobip pushes lists of reports, and this is {told}: {error}.") from None
    if any(isinstance(row, dict) and "receivedAt" in row for row in body["results"]):
        raise UsageError("This is an inbound message, and no report.")
    return [to_report(row) for row in pushed.results]
