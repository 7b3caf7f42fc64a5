"""What sms.by answers, in Polycast's words: ids, states, errors, money, clocks."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from polycast import Balance, State, errors
from polycast.wire import UNSET, Answer, Unset, judge_by_code, judge_by_status

from polycast_smsby._client import models as m

# Clocks

_LOCAL = re.compile(r"\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)\s*", re.ASCII)


def read_local(value: object, zone: ZoneInfo) -> datetime | None:
    """Return a moment that sms.by tells by the account's clock, e.g. `2021-03-22 11:32:32`.

    Returns:
        An aware datetime; None where it is no date: an unsent message has none.
    """
    match = _LOCAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=zone)
    except ValueError:
        return None


def read_seconds(value: object) -> datetime | None:
    """Return a moment that sms.by tells in seconds since 1970; it says 0 for "not yet"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,11}", value):
        value = int(value)
    if type(value) is not int or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


# Ids: three kinds, each of a call of its own.

_IDS = re.compile(r"(sms|message):([0-9]{1,18})|(bulk):([!-~]{1,100})")


def split_id(id_: str) -> tuple[str, str]:
    """Return the kind of an id, and what sms.by knows it by.

    `sms:` is one message to one number, `bulk:` one call of sendBulkSms with all of its mailings,
    `message:` a message that was created first and then sent to a list.

    Raises:
        UsageError: it is none of the three.
    """
    match = _IDS.fullmatch(id_)
    if match is None:
        raise errors.UsageError(
            f"{id_!r} is not an id of smsby's, such as sms:2197871, message:2604834 or "
            "bulk:cc9c8043-8caf-11ef-b035-9e8f47954dec."
        )
    return (match[1], match[2]) if match[1] else (match[3], match[4])


def sms_id(number: object) -> str | None:
    """Return our id of one message to one number; None where sms.by's is no number."""
    return _id(f"sms:{number}")


def bulk_id(uuid: str) -> str | None:
    """Return our id of a call of sendBulkSms; None where sms.by's is empty, or no word."""
    return _id(f"bulk:{uuid}")


def _id(id_: str) -> str | None:
    return id_ if _IDS.fullmatch(id_) else None


# States

#: The states of one message to one number: replies to sends in capitals, "Delivery" in small
#: letters. UNDELIVERED and FAILED are from integrations of others.
SMS_STATES: Mapping[str, State] = {
    "new": State.QUEUED,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
}

#: The states of a message that is created first (`checkSMSMessageStatus`): awaiting the
#: moderator, and approved. Neither says anything of a delivery.
MESSAGE_STATES: Mapping[str, State] = {
    "new": State.QUEUED,
    "moderated": State.QUEUED,
}

#: What sms.by says where a state could stand, and which only acknowledges the call.
_ACKNOWLEDGEMENTS = ("", "ok", "success")


def sms_state(word: str) -> State:
    """Return what a status of a message to one number means; UNKNOWN for a word of no page."""
    return SMS_STATES.get(word.strip().casefold(), State.UNKNOWN)


def sent_state(word: str) -> State:
    """Return what the status in the reply to a send means: an acknowledged one is QUEUED."""
    acknowledged = word.strip().casefold() in _ACKNOWLEDGEMENTS
    return State.QUEUED if acknowledged else sms_state(word)


def message_state(word: str) -> State:
    """Return what a status of a created message means; UNKNOWN for a word of no page."""
    return MESSAGE_STATES.get(word.strip().casefold(), State.UNKNOWN)


# Errors: they come in words alone, often with HTTP status 200.

#: What the words of an error mean. They are compared whole, in any case and without a full stop
#: at their end; a pattern stands where they hold a number or a list of limits. sms.by's own clients
#: and its public API page quote the English ones; integrations of others the alpha name in Russian
#: and what refuses the account. The last four are the words of "Bulk sms" for 400, 404, 429, 500.
WORDS: Mapping[str, type[errors.ProviderError]] = {
    r"the same message exists with id=\d+": errors.Conflict,
    r"message is too long\b.*": errors.Rejected,
    r"incorrect phone number": errors.Rejected,
    r"len value must be beetwen 1 and 16": errors.Rejected,
    # The name that messages come from is not this account's, or not approved.
    r"wrong alphaname\. check it is correct and approved": errors.AccountBlocked,
    r"alphaname is error": errors.AccountBlocked,
    r"ошибка в буквенном имени": errors.AccountBlocked,
    # The mailing is not approved by sms.by's administrator: this is not about the token.
    r"access denied": errors.AccountBlocked,
    # The messages that the account may send are used up: this is not a rate.
    r"limit (exceeded|excided)": errors.AccountBlocked,
    r"billing error": errors.InsufficientFunds,
    r"invalid token|token is invalid": errors.AuthenticationFailed,
    r"not found": errors.NotFound,
    r"undefined error": errors.ProviderError,
    r"некорректный запрос": errors.Rejected,
    r"страница не найдена": errors.NotFound,
    r"превышен лимит запросов": errors.RateLimited,
    r"сервер недоступен": errors.ProviderUnavailable,
}


def classify_response(answer: Answer) -> errors.PolycastError | None:
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
        why = f"it refuses ({detail or 'without detail'}), and names what it took on"
        return answer.error(errors.OutcomeUnknown, why)
    if detail is None:
        return judge_by_status(answer)
    said = " ".join(detail.casefold().split()).removesuffix(".")
    kind = next((kind for known, kind in WORDS.items() if re.fullmatch(known, said)), None)
    if kind is None:
        return judge_by_code(answer, None, detail)
    if kind is errors.RateLimited and answer.status >= 500:
        kind = errors.ProviderUnavailable
    safe = answer.safe if kind in (errors.ProviderError, errors.ProviderUnavailable) else None
    return answer.error(kind, detail, safe_to_retry=safe)


def as_text(value: object) -> str | None:
    """Return what sms.by says in a field as text; None where it says nothing."""
    if value is None or value is UNSET or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
    return as_text(error or None)


def _names_what_it_made(body: object) -> bool:
    told = [body.get("sms_id"), body.get("uuid")] if isinstance(body, dict) else []
    return any(type(each) in (int, str) and str(each).strip() for each in told)


# The account


def to_balance(answer: m.Balance) -> Balance:
    """Return the account's money from the answer of `getBalance`.

    Raises:
        ValueError: it names no amount.
    """
    first = answer.result[0] if answer.result else m.Money()
    amount = _decimal(first.balance)
    if amount is None:
        raise ValueError("it names no balance")
    viber = _decimal(first.viber_balance)
    channels = {} if viber is None else {"viber": viber}
    return Balance(amount, answer.currency or None, channels)


def to_limit(answer: m.Limit) -> int:
    """Return how many messages the money buys, from the answer of `getLimit`.

    Raises:
        ValueError: it is no whole number.
    """
    try:
        return int(answer.limit)
    except ValueError:
        raise ValueError("its limit is no whole number") from None


def to_alphanames(answer: dict[str, str]) -> dict[int, str]:
    """Return names by their numbers, from the answer of `getAlphanames`.

    Raises:
        ValueError: a number is none.
    """
    try:
        return {int(number): name for number, name in answer.items()}
    except ValueError:
        raise ValueError("the number of a name is none") from None


def _decimal(value: float | str | Unset | None) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
