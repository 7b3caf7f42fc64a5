"""What sms.by's refusals mean: they come in words alone, often with HTTP status 200."""

import json
from collections.abc import Mapping

from polycast import (
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    NotFound,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from polycast.wire import Answer, judge_by_status

__all__ = ["WORDS", "judge", "words_of"]

#: What the words of an error mean: the first that an error holds decides, in any case. sms.by's
#: own clients and its public API page quote the English ones, integrations of others the alpha
#: name in Russian. The last four are the words of "Bulk sms" for 400, 404, 429 and 500.
WORDS: Mapping[str, type[ProviderError]] = {
    "the same message exists": Conflict,
    "alphaname": Rejected,
    "буквенном имени": Rejected,
    "message is too long": Rejected,
    "incorrect phone number": Rejected,
    "len value must be": Rejected,
    "billing error": InsufficientFunds,
    "limit exceeded": RateLimited,
    "access denied": AuthenticationFailed,
    "not found": NotFound,
    "undefined error": ProviderError,
    "некорректный запрос": Rejected,
    "страница не найдена": NotFound,
    "превышен лимит запросов": RateLimited,
    "сервер недоступен": ProviderUnavailable,
}


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: the words of its body first, its HTTP status second.

    An answer is an error when its body says so, whatever its status. Words that are in no table
    go by the status. Where that says nothing either (2xx, and 500, with which sms.by refuses as
    well), the error is a plain `ProviderError`, safe to repeat only where the call read.
    """
    words = words_of(answer.json_or_none)
    if words is None:
        return judge_by_status(answer)
    said = " ".join(words.casefold().split())
    kind = next((kind for known, kind in WORDS.items() if known in said), None)
    if kind is None:
        if answer.status != 500 and not answer.is_success:
            return judge_by_status(answer, words)
        kind = ProviderError
    safe = answer.safe if kind in (ProviderError, ProviderUnavailable) else None
    return answer.error(kind, words, safe_to_retry=safe)


def words_of(body: object) -> str | None:
    """Return an error body's own words, or None where the body is no error.

    Args:
        body: the JSON of the answer. `{"error": "..."}` is the usual form; the value may also be
            a number or an object, the whole may stand in a list of one, and older methods say
            `{"status": "error", "message": "..."}`.
    """
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        return None
    error, message = body.get("error"), body.get("message")
    if error is True and message:
        error = message
    if not error and str(body.get("status")).casefold() == "error" and message:
        error = message
    if not error:
        return None
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)
