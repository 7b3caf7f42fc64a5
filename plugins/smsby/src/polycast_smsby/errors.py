"""What sms.by's refusals mean: they come in words alone, often with HTTP status 200."""

import json
import re
from collections.abc import Mapping

from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from polycast.wire import Answer, judge_by_status

__all__ = ["WORDS", "judge", "words_of"]

#: What the words of an error mean. They are compared whole, in any case and without a full stop
#: at their end; a pattern stands where they hold a number or a list of limits. sms.by's own clients
#: and its public API page quote the English ones; integrations of others the alpha name in Russian
#: and what refuses the account. The last four are the words of "Bulk sms" for 400, 404, 429, 500.
WORDS: Mapping[str, type[ProviderError]] = {
    r"the same message exists with id=\d+": Conflict,
    r"message is too long\b.*": Rejected,
    r"incorrect phone number": Rejected,
    r"len value must be beetwen 1 and 16": Rejected,
    # The name that messages come from is not this account's, or not approved.
    r"wrong alphaname\. check it is correct and approved": AccountBlocked,
    r"alphaname is error": AccountBlocked,
    r"ошибка в буквенном имени": AccountBlocked,
    # The mailing is not approved by sms.by's administrator: this is not about the token.
    r"access denied": AccountBlocked,
    # The messages that the account may send are used up: this is not a rate.
    r"limit (exceeded|excided)": AccountBlocked,
    r"billing error": InsufficientFunds,
    r"invalid token|token is invalid": AuthenticationFailed,
    r"not found": NotFound,
    r"undefined error": ProviderError,
    r"некорректный запрос": Rejected,
    r"страница не найдена": NotFound,
    r"превышен лимит запросов": RateLimited,
    r"сервер недоступен": ProviderUnavailable,
}


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: the words of its body first, its HTTP status second.

    An answer is an error when its body says so, whatever its status: older servers refuse with
    500. Words that are in no table go by the status. With a 2xx they are a plain `ProviderError`,
    which is safe to repeat only where the call read. A 5xx to a send is never repeated, even
    where its words are about a rate: it may have been carried out. Nor is what a refusal names an
    id of.
    """
    body = answer.json_object
    detail = words_of(body)
    refuses = detail is not None or not answer.is_success
    if refuses and not answer.safe and _names_what_it_made(body):
        return answer.error(
            OutcomeUnknown, f"it refuses ({detail or 'without detail'}), and names what it took on"
        )
    if detail is None:
        return judge_by_status(answer)
    said = " ".join(detail.casefold().split()).removesuffix(".")
    kind = next((kind for known, kind in WORDS.items() if re.fullmatch(known, said)), None)
    if kind is None and not answer.is_success:
        return judge_by_status(answer, detail)
    if kind is RateLimited and answer.status >= 500:
        kind = ProviderUnavailable
    kind = kind or ProviderError
    safe = answer.safe if kind in (ProviderError, ProviderUnavailable) else None
    return answer.error(kind, detail, safe_to_retry=safe)


def words_of(body: object) -> str | None:
    """Return an error body's own words, or None where the body is no error.

    Args:
        body: the JSON object of the answer. `{"error": "..."}` is the usual form; the value may
            also be a number or an object, and older methods say
            `{"status": "error", "message": "..."}`.
    """
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


def _names_what_it_made(body: object) -> bool:
    told = [body.get("sms_id"), body.get("uuid")] if isinstance(body, dict) else []
    return any(type(each) in (int, str) and str(each).strip() for each in told)
