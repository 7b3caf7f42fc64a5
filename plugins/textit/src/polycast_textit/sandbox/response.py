"""Pages of things, newest first, with cursors nobody should look into."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from polycast.sandbox import Refused
from werkzeug.wrappers import Request

__all__ = ["filtered", "integer", "page"]


class Listed(Protocol):
    """Anything the server lists."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def uuid(self) -> UUID:
        """Its UUID."""

    @property
    def created_on(self) -> datetime:
        """When it was created."""


T = TypeVar("T", bound=Listed)


class Nothing(Exception):
    """A filter that nothing passes."""


def integer(request: Request, name: str) -> int | None:
    """Read a whole number from the query.

    Raises:
        Refused: it is not one.
    """
    value = request.args.get(name)
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise Refused({"detail": f"Value for {name} must be an integer"}) from None


def filtered(request: Request, things: Sequence[T], *, by_uuid: bool = True) -> list[T]:
    """Apply the filters every list has: `id`, `uuid`, `before` and `after`.

    Both moments are inclusive, and one that cannot be read lets nothing pass.

    Args:
        request: with the filters.
        things: all that there are.
        by_uuid: whether the server knows the filter `uuid`; RapidPro 9.0.0 lists everything.

    Raises:
        Refused: the id or the UUID is malformed.
    """
    # A server takes the number 0 for none.
    number = integer(request, "id") or None
    uuid = _uuid(request) if by_uuid else None
    try:
        before, after = _moment(request, "before"), _moment(request, "after")
    except Nothing:
        return []
    return [
        thing
        for thing in things
        if (number is None or thing.id == number)
        and (uuid is None or thing.uuid == uuid)
        and (before is None or thing.created_on <= before)
        and (after is None or thing.created_on >= after)
    ]


def page(
    request: Request,
    things: Sequence[T],
    size: int,
    json: Callable[[T], dict[str, Any]],
    moment: Callable[[T], datetime] = lambda thing: thing.created_on,
) -> dict[str, Any]:
    """Return one page of things, with the addresses of the pages beside it.

    Raises:
        Refused: the query's cursor is not one of ours.
    """

    def key(thing: T) -> tuple[str, int]:
        return moment(thing).isoformat(timespec="microseconds"), thing.id

    ordered = sorted(things, key=key, reverse=True)
    backwards, position = _read_cursor(request)
    if position is None:
        start = 0
    elif backwards:
        start = max(0, sum(key(thing) > position for thing in ordered) - size)
    else:
        start = sum(key(thing) >= position for thing in ordered)
    shown = ordered[start : start + size]
    return {
        "next": _address(request, key(shown[-1]), backwards=False)
        if start + size < len(ordered)
        else None,
        "previous": _address(request, key(shown[0]), backwards=True) if start and shown else None,
        "results": [json(thing) for thing in shown],
    }


def _uuid(request: Request) -> UUID | None:
    value = request.args.get("uuid")
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise Refused({"detail": f"Param 'uuid': {value} is not a valid UUID."}) from None


def _moment(request: Request, name: str) -> datetime | None:
    value = request.args.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Nothing from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _address(request: Request, position: tuple[str, int], *, backwards: bool) -> str:
    direction = "p" if backwards else "n"
    cursor = base64.b64encode(f"{direction}|{position[0]}|{position[1]}".encode()).decode()
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{request.base_url}?{urlencode([*query, ('cursor', cursor)])}"


def _read_cursor(request: Request) -> tuple[bool, tuple[str, int] | None]:
    cursor = request.args.get("cursor")
    if not cursor:
        return False, None
    try:
        direction, moment, number = base64.b64decode(cursor, validate=True).decode().split("|")
        return direction == "p", (moment, int(number))
    except (binascii.Error, ValueError):
        raise Refused({"detail": "Invalid cursor"}, HTTPStatus.NOT_FOUND) from None
