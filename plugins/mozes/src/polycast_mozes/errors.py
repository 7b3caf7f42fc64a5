"""What Mozes's answers mean when they are no success."""

import re
from collections.abc import Mapping
from typing import Any

from polycast import (
    AuthenticationFailed,
    Conflict,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    Rejected,
)
from polycast.wire import Answer, judge_by_status

__all__ = ["CODES", "judge"]

#: "Return Codes", those of every endpoint together; 0 is success.
CODES: Mapping[int, type[ProviderError]] = {
    10004: NotFound,  # INVALID_MOZES_ID
    11001: Rejected,  # USER_INVALID_PHONE_FORMAT
    11002: Rejected,  # USER_UNDERAGE
    11003: Rejected,  # USER_BLOCKED
    11004: Rejected,  # USER_LANDLINE
    12000: Conflict,  # BROADCAST_LIST_DUPLICATE_LIST
    12001: NotFound,  # BROADCAST_LIST_LIST_NOT_FOUND
    12002: Rejected,  # BROADCAST_LIST_INVALID_LIST_PROJECT
    13000: Conflict,  # PROJECT_ALREADY_SUBSCRIBED
    13003: NotFound,  # PROJECT_INVALID_CAMPAIGN_ID
    14000: Rejected,  # BROADCAST_MESSAGE_LENGTH_EXCEEDED
    14001: Rejected,  # BROADCAST_USER_NOT_SUBSCRIBED
    14002: NotFound,  # BROADCAST_STATUS_NOT_FOUND
}

#: INVALID_MOZES_ID: to a send it refuses the whole call, without naming the user that it is about.
_INVALID_USER = 10004
#: The thousand of the codes about the request as a whole, of which only 10004 is published, and a
#: word of the name of one about credentials.
_REQUEST = 10
_CREDENTIALS = re.compile(r"AUTH|KEY(?![A-Z])|SECRET")


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: its envelope's code first, its HTTP status second.

    The pages do not say which HTTP status comes with an error, so a published code decides
    whatever it is. A code that they do not list goes by the HTTP status. Where that is a success
    it is a plain `ProviderError`, safe to repeat only where the call read: nobody knows what
    became of a send.

    What is no envelope is judged by its HTTP status; a 2xx goes on to be decoded, where it ends
    as `OutcomeUnknown` after a call that changes something.
    """
    envelope = _envelope(answer)
    if envelope is None:
        return judge_by_status(answer)
    code, detail = _code(envelope["code"]), _words(envelope)
    if code == 0:
        if answer.is_success or answer.safe:
            return judge_by_status(answer, detail)
        return answer.error(
            OutcomeUnknown, "its body says OK, and its HTTP status the opposite", code=code
        )
    if not answer.safe and _names_broadcast(answer):
        return answer.error(
            OutcomeUnknown, f"it refuses ({detail or code}), and names what it took on", code=code
        )
    if code == _INVALID_USER and answer.operation.startswith("send_"):
        return answer.error(Rejected, detail, code=code)
    if isinstance(code, int) and code in CODES:
        return answer.error(CODES[code], detail, code=code)
    if answer.status < 500 and _is_about_credentials(code, envelope):
        return answer.error(AuthenticationFailed, detail, code=code)
    if not answer.is_success:
        return judge_by_status(answer, detail, code=code)
    return answer.error(ProviderError, detail, code=code, safe_to_retry=answer.safe)


def _envelope(answer: Answer) -> Mapping[str, Any] | None:
    """Return the `status` of an envelope; None where there is none, or none with a code."""
    body = answer.json_object
    status = body.get("status") if body is not None else None
    if not isinstance(status, dict):
        return None
    code = status.get("code")
    return status if isinstance(code, int | str) and not isinstance(code, bool) else None


def _names_broadcast(answer: Answer) -> bool:
    response = answer.json_object.get("response")
    told = response.get("client_id") if isinstance(response, dict) else None
    return type(told) in (int, str) and bool(str(told).strip())


def _is_about_credentials(code: int | str, envelope: Mapping[str, Any]) -> bool:
    """Tell by a code's thousand and name; the description may speak of any key."""
    in_range = isinstance(code, int) and code // 1000 == _REQUEST
    return in_range and _CREDENTIALS.search(_name(envelope).upper()) is not None


def _code(code: int | str) -> int | str:
    """Return a code as a number, however it is written: ids come in quotes now and then."""
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 10:
        return int(code)
    return code


def _words(envelope: Mapping[str, Any]) -> str:
    """Return the name and the description; half of the pages call the name `message`."""
    told = (_name(envelope), _text(envelope.get("description")))
    return ": ".join(dict.fromkeys(each for each in told if each))


def _name(envelope: Mapping[str, Any]) -> str:
    return _text(envelope.get("name")) or _text(envelope.get("message"))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
