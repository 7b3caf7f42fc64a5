"""Pages as TextIt answers them (TextIt page, sections 2.1 and 2.4), of any size."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["broadcast_page", "message_page"]

_START = datetime(2026, 3, 2, 17, 28, 12, 123456, tzinfo=UTC)


def broadcast_page(size: int) -> bytes:
    """Return a page of broadcasts, each with contacts, a group and two languages."""
    return _page([_broadcast(number) for number in range(size)])


def message_page(size: int) -> bytes:
    """Return a page of messages, each with a contact, a channel and three moments."""
    return _page([_message(number) for number in range(size)])


def _page(results: list[dict[str, Any]]) -> bytes:
    page = {
        "next": "https://textit.com/api/v2/broadcasts.json?cursor=cD0yMDI2LTAzLTAyKzE3%3D",
        "previous": None,
        "results": results,
    }
    return json.dumps(page).encode()


def _broadcast(number: int) -> dict[str, Any]:
    return {
        "id": 123456 + number,
        "uuid": _uuid(number),
        "urns": [f"tel:+250788{number:06}", f"tel:+250789{number:06}"],
        "contacts": [_reference(number * 5 + place) for place in range(5)],
        "groups": [_reference(number)],
        "text": {"eng": f"Dear guest {number}, your table is ready", "spa": "Su mesa está lista"},
        "attachments": {"eng": [f"image/jpeg:https://example.org/{number}.jpg"], "spa": []},
        "quick_replies": {"eng": [{"type": "text", "text": "Coming"}]},
        "base_language": "eng",
        "status": "completed",
        "progress": {"total": 7, "started": 7},
        "created_on": _moment(number),
    }


def _message(number: int) -> dict[str, Any]:
    return {
        "uuid": _uuid(number),
        "id": 4105423 + number,
        "broadcast": 123456,
        "contact": _reference(number),
        "urn": f"tel:+250788{number:06}",
        "channel": {"uuid": _uuid(1), "name": "Vonage"},
        "direction": "out",
        "type": "text",
        "status": "delivered",
        "visibility": "visible",
        "text": f"Dear guest {number}, your table is ready",
        "labels": [],
        "quick_replies": [],
        "flow": None,
        "attachments": [{"content_type": "image/jpeg", "url": f"https://example.org/{number}.jpg"}],
        "created_on": _moment(number),
        "sent_on": _moment(number + 1),
        "modified_on": _moment(number + 2),
    }


def _reference(number: int) -> dict[str, Any]:
    return {"uuid": _uuid(number), "name": f"Guest {number}"}


def _uuid(number: int) -> str:
    return f"09d23a05-47fe-11e4-bfe9-{number:012x}"


def _moment(number: int) -> str:
    return (_START + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
