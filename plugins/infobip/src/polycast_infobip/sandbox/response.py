"""What Infobip answers: messages, log entries, reports, and refusals in both of its forms."""

from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

from polycast.sandbox import Refused, json_response
from werkzeug.wrappers import Response

from polycast_infobip.sandbox.state import ERRORS, STATUSES, Record, Wanted

__all__ = ["entry", "message", "refused", "report", "violation"]

#: The page's samples have times of Central Europe.
_ZONE = timezone(timedelta(hours=1))
#: The code and the words of each HTTP status, in the newer form and in the older one.
_NEWER = {
    400: ("E400", "Request cannot be processed."),
    401: ("E401", "The request lacks valid authentication credentials."),
    403: ("E403", "You are not authorized to access this resource."),
    404: ("E404", "The requested resource was not found."),
    429: ("E429", "Too many requests."),
    500: ("E500", "Internal server error."),
}
_OLDER = {
    400: ("BAD_REQUEST", "Bad Request"),
    401: ("UNAUTHORIZED", "Invalid login details"),
    403: ("FORBIDDEN", "Forbidden"),
    404: ("NOT_FOUND", "Requested URL not found"),
    429: ("TOO_MANY_REQUESTS", "Too many requests"),
    500: ("GENERAL_ERROR", "Something went wrong. Please contact support."),
}


def violation(place: str, why: str) -> Refused:
    """Return the refusal of a request for one of its fields."""
    return Refused({place: why}, HTTPStatus.BAD_REQUEST)


def refused(refusal: Refused, *, older: bool) -> Response:
    """Return the answer that refuses.

    Args:
        refusal: its words, or what is wrong by field.
        older: in the form of bulks and WhatsApp.
    """
    status = refusal.status or HTTPStatus.BAD_REQUEST
    wrong = refusal.said if isinstance(refusal.said, dict) else {}
    code, text = (_OLDER if older else _NEWER)[min(500, status)]
    if isinstance(refusal.said, str):
        text = refusal.said
    if older:
        error: dict[str, Any] = {"messageId": code, "text": text}
        if wrong:
            error["validationErrors"] = {place: [why] for place, why in wrong.items()}
        return json_response({"requestError": {"serviceException": error}}, status)
    violations = [{"property": place, "violation": why} for place, why in wrong.items()]
    return json_response(
        {
            "errorCode": code,
            "description": text,
            "action": "Check the syntax, violations and adjust the request.",
            "violations": violations,
            "resources": [],
        },
        status,
    )


def message(wanted: Wanted, id: str, status: int, *, parts: bool) -> dict[str, Any]:
    """Return what the answer to a send tells of one recipient."""
    told: dict[str, Any] = {"messageId": id, "status": _status(status)}
    if wanted.channel == "whatsapp":
        return {"to": wanted.to, "messageCount": 1, **told}
    told["destination"] = wanted.to
    if parts:
        told["details"] = {"messageCount": _parts(wanted.text)}
    return told


def entry(record: Record, now: datetime) -> dict[str, Any]:
    """Return a message as the logs list it."""
    told = report(record, now)
    told["destination"] = told.pop("to")
    told["content"] = {"text": record.wanted.text}
    return told


def report(record: Record, now: datetime) -> dict[str, Any]:
    """Return a message as it is pushed."""
    entered, status, error = record.step(now)
    group, name, word, words, permanent = ERRORS[error]
    return {
        "bulkId": record.bulk.id,
        "messageId": record.id,
        "to": record.wanted.to,
        "sender": record.wanted.sender,
        "sentAt": _moment(record.begins or record.bulk.at),
        "doneAt": _moment(entered),
        "messageCount": _parts(record.wanted.text),
        "price": {"pricePerMessage": 0.01, "currency": "EUR"},
        "status": _status(status),
        "error": {
            "groupId": group,
            "groupName": name,
            "id": error,
            "name": word,
            "description": words,
            "permanent": permanent,
        },
    }


def _status(id: int) -> dict[str, Any]:
    group, name, word, words = STATUSES[id]
    return {"groupId": group, "groupName": name, "id": id, "name": word, "description": words}


def _parts(text: str) -> int:
    alone, joined = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= alone else -(-len(text) // joined)


def _moment(moment: datetime) -> str:
    local = moment.astimezone(_ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03}{local:%z}"
