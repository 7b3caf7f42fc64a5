"""How far messages have come: reports as they are listed or pushed, and what people write back."""

from collections.abc import Iterable
from typing import Any

from polycast import CallbackRequest, Price, Reply, Report, State, UsageError
from polycast.providers import none_if_unset, read_price, with_plus
from polycast.wire import UNSET, DecodeError, Undecodable, Unset, strict_json

from polycast_infobip._client import models as m
from polycast_infobip.response import OwnId, is_duplicate, state_of, words_of

Row = m.Report | Undecodable


def latest(rows: Iterable[Row]) -> list[Row]:
    """Return one row for each message; a refused duplicate says nothing of the first message."""
    told: dict[object, Row] = {}
    for row in rows:
        report = row if isinstance(row, m.Report) else m.Report()
        if not is_duplicate(report.status) or report.message_id not in told:
            told[report.message_id or id(row)] = row
    return list(told.values())


def next_cursor(page: m.LogPage) -> str | Unset | None:
    """Return the cursor of the page after this one; nothing after the last."""
    return page.cursor.next_cursor if page.cursor and page.results else None


def to_report(row: Row) -> Report:
    """Return how far a message has come."""
    if isinstance(row, Undecodable):
        return Report(None, State.UNKNOWN, detail=f"it cannot be read: {row.error}", raw=row.raw)
    id, error = row.message_id or None, row.error or m.MessageError()
    own = OwnId.read(id) if id else OwnId("", "", None)
    seen = row.status is UNSET and row.seen_at is not UNSET
    state = State.READ if seen else state_of(row.status)
    words = ["seen" if seen else words_of(row.status)]
    if error.id:
        words.append(error.name or error.description or None)
    moments = (row.seen_at, row.done_at, row.sent_at) if state.is_final else (row.sent_at,)
    return Report(
        to=with_plus(row.destination or row.to),
        state=state,
        id=f"message:{id}" if id else None,
        reference=own.reference,
        detail=": ".join(filter(None, words)) or None,
        code=error.id or None,
        at=next((each for each in moments if each and state is not State.QUEUED), None),
        channel=own.channel,
        raw=row,
        segments=none_if_unset(row.message_count),
        price=_price(row),
    )


def from_callback(request: CallbackRequest) -> list[Report | Reply]:
    """Return what Infobip pushed to a URL; a row that cannot be read is UNKNOWN.

    Raises:
        UsageError: it is something else, e.g. a click.
    """
    try:
        pushed = m.CONVERTERS["json"].structure(strict_json.parse(request.body), m.Push)
    except DecodeError as error:
        told = "a click" if b'"notificationType"' in request.body else "something else"
        raise UsageError(
            f"Infobip pushes lists of reports and replies, and this is {told}: {error}."
        ) from None
    return [_to_reply(row) or to_report(row) for row in pushed.results]


def _to_reply(row: Row) -> Reply | None:
    """Return what a person wrote; None where a row is a report."""
    if isinstance(row, Undecodable) or row.received_at is UNSET or row.status is not UNSET:
        return None
    # SMS has the text beside the rest, WhatsApp in an object, MMS in a list of parts.
    told: list[Any] = row.message if isinstance(row.message, list) else [row.message]
    parts = [part for part in told if isinstance(part, dict)]
    texts = [row.text, *(part.get("text") or part.get("value") for part in parts)]
    return Reply(
        sender=with_plus(row.from_) or "",
        to=row.to or None,
        text="\n".join(text for text in texts if text and isinstance(text, str)) or None,
        id=row.message_id or None,
        received_at=row.received_at,
        media=tuple(part["url"] for part in parts if isinstance(part.get("url"), str)),
        raw=row,
    )


def _price(row: m.Report) -> Price | None:
    """Return what a message costs, all parts together: Infobip tells the price of one."""
    price = row.price or m.Price()
    told = read_price(price.price_per_message, price.currency)
    return told and Price(told.amount * (row.message_count or 1), told.currency)
