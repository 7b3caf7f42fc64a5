"""What Mozes's answers mean when they are no success."""

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

#: The thousands of the codes above that are about what was asked: users, lists, projects,
#: broadcasts. A code that is not published, and begins like one of them, is a refusal too.
_REFUSALS = (11, 12, 13, 14)
#: The thousand of the codes about the request as a whole, of which only 10004 is published, and
#: what the name of one about credentials is expected to hold.
_REQUEST = 10
_CREDENTIALS = ("AUTH", "KEY", "SECRET")


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: its envelope's code first, its HTTP status second.

    The pages do not say which HTTP status comes with an error, so a code decides whatever it
    is. A code that they do not list goes by the HTTP status, and where that is a success by the
    thousand it belongs to; failing that it is a plain `ProviderError`, safe to repeat only where
    the call read.

    What is no envelope is judged by its HTTP status; a 2xx goes on to be decoded, where it ends
    as `OutcomeUnknown` after a call that changes something.
    """
    envelope = _envelope(answer)
    if envelope is None:
        return judge_by_status(answer)
    code, words = _code(envelope["code"]), _words(envelope)
    if code == 0:
        if answer.is_success or answer.safe:
            return judge_by_status(answer, words)
        return answer.error(
            OutcomeUnknown, "its body says OK, and its HTTP status the opposite", code=code
        )
    if isinstance(code, int) and code in CODES:
        return answer.error(CODES[code], words, code=code)
    thousand = code // 1000 if isinstance(code, int) else None
    if thousand == _REQUEST and any(word in words.upper() for word in _CREDENTIALS):
        return answer.error(AuthenticationFailed, words, code=code)
    if not answer.is_success:
        return judge_by_status(answer, words, code=code)
    if thousand in _REFUSALS:
        return answer.error(Rejected, words, code=code)
    return answer.error(ProviderError, words, code=code, safe_to_retry=answer.safe)


def _envelope(answer: Answer) -> Mapping[str, Any] | None:
    """Return the `status` of an envelope; None where there is none, or none with a code."""
    body = answer.json_or_none
    status = body.get("status") if isinstance(body, dict) else None
    if not isinstance(status, dict):
        return None
    code = status.get("code")
    return status if isinstance(code, int | str) and not isinstance(code, bool) else None


def _code(code: int | str) -> int | str:
    """Return a code as a number, however it is written: ids come in quotes now and then."""
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) < 10:
        return int(code)
    return code


def _words(envelope: Mapping[str, Any]) -> str:
    """Return the name and the description; half of the pages call the name `message`."""
    told = [envelope.get("name") or envelope.get("message"), envelope.get("description")]
    return ": ".join(
        dict.fromkeys(each.strip() for each in told if isinstance(each, str) and each.strip())
    )
