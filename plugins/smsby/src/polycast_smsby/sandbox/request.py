"""What the server reads from requests: who asks, which rows of a list, and mailings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from attrs import frozen
from polycast.sandbox import Refused
from werkzeug.wrappers import Request

from polycast_smsby.sandbox.response import TOO_LONG
from polycast_smsby.sandbox.state import parts_of

__all__ = ["Mailing", "read_mailing", "rows_of"]

_SCHEDULE = "%Y-%m-%dT%H:%M:%S"


def rows_of(request: Request) -> slice:
    """Return which rows of a list are asked for.

    Raises:
        Refused: it is said how many to pass over, and not how many to tell.
    """
    offset, rows = request.args.get("limit_offset"), request.args.get("limit_rows")
    if offset is not None and rows is None:
        raise _contradiction("limit_rows is needed with limit_offset")
    start = int(offset or 0)
    return slice(start, None if rows is None else start + int(rows))


@frozen
class Mailing:
    """One mailing, its two kinds made alike.

    Attributes:
        letters: each number with its text.
        starts_at: when it leaves; at once when None.
    """

    alphaname_id: str
    letters: tuple[tuple[str, str], ...]
    starts_at: datetime | None


def read_mailing(mailing: dict[str, Any]) -> Mailing:
    """Read a mailing that fits the spec.

    The page has no words for these refusals, so they are this sandbox's own.

    Raises:
        Refused: its parts contradict each other, or its text is too long.
    """
    return Mailing(
        alphaname_id=mailing["alphaname_id"],
        letters=tuple(_bulk(mailing) if mailing["message_type"] == "bulk" else _personal(mailing)),
        starts_at=_moment(mailing.get("schedule_time")),
    )


def _bulk(mailing: dict[str, Any]) -> Iterator[tuple[str, str]]:
    text = mailing.get("text")
    if not text:
        raise _contradiction("a bulk mailing needs a text")
    if parts_of(text) is None:
        raise Refused(TOO_LONG)
    for phone in mailing["delivery_list"]:
        if not isinstance(phone, str):
            raise _contradiction("the delivery_list of a bulk mailing holds phone numbers")
        yield phone, text


def _personal(mailing: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for letter in mailing["delivery_list"]:
        if not isinstance(letter, dict):
            raise _contradiction("the delivery_list of a personal mailing holds phones with texts")
        yield letter["phone"], letter["text"]


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.strptime(f"{value}+0300", f"{_SCHEDULE}%z")
    except ValueError:
        raise _contradiction("schedule_time is not written as YYYY-MM-DDTHH:mm:ss") from None
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # The first hours of the year 1 in Minsk: as long past as anything can be.
        return datetime.min.replace(tzinfo=UTC)


def _contradiction(detail: str) -> Refused:
    return Refused(detail, HTTPStatus.BAD_REQUEST)
