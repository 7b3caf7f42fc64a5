"""What Twilio answers: messages, and refusals with their codes."""

from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from polycast.sandbox import Refused, json_response
from werkzeug.wrappers import Request, Response

from polycast_twilio.sandbox.state import ACCOUNT, Record

__all__ = ["CodedRefusal", "message", "missing", "refused"]


class CodedRefusal(Refused):
    """Twilio refuses a request.

    Args:
        code: its error code.
        detail: its words.
        status: the HTTP status.
    """

    def __init__(self, code: int, detail: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        more = f"https://www.twilio.com/docs/errors/{code}"
        super().__init__(
            {"code": code, "message": detail, "more_info": more, "status": int(status)}, status
        )


def missing(request: Request) -> CodedRefusal:
    """Return the refusal of an address at which there is nothing."""
    detail = f"The requested resource {request.path} was not found"
    return CodedRefusal(20404, detail, HTTPStatus.NOT_FOUND)


def refused(refusal: CodedRefusal) -> Response:
    """Return the answer that refuses."""
    return json_response(refusal.said, refusal.status or HTTPStatus.BAD_REQUEST)


def message(record: Record, now: datetime) -> dict[str, Any]:
    """Return a message as Twilio tells it."""
    wanted = record.wanted
    status, code = record.status(now), record.error_code(now)
    sent = record.sent_at if record.sent_at is not None and record.sent_at <= now else None
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": wanted.text,
        "date_created": _moment(record.at),
        "date_sent": None if sent is None else _moment(sent),
        "date_updated": _moment(record.updated_at(now)),
        "direction": "outbound-api",
        "error_code": code,
        "error_message": None if code is None else "Message delivery failed",
        # A service chooses the number when it sends.
        "from": wanted.sender or (record.sender if sent else None),
        "messaging_service_sid": wanted.service,
        "num_media": str(len(wanted.media)),
        "num_segments": "0" if wanted.service and not sent else "1",
        "price": None if sent is None else "-0.00750",
        "price_unit": None if sent is None else "USD",
        "sid": record.sid,
        "status": status,
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/Media.json"},
        "to": wanted.to,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{record.sid}.json",
    }


def _moment(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))
