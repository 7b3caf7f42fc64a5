"""What Twilio answers, in Polycast's words: ids, states, receipts, errors."""

import re
from collections.abc import Mapping

from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    NotFound,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    State,
    UsageError,
)
from polycast.wire import Answer, judge_by_code

#: "Messages resource", "Message status values".
STATES: Mapping[str, State] = {
    "accepted": State.QUEUED,
    "scheduled": State.SCHEDULED,
    "queued": State.QUEUED,
    "sending": State.SENDING,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    "undelivered": State.FAILED,
    "failed": State.FAILED,
    "canceled": State.CANCELLED,
}

#: Error 30036, "Validity Period Expired": the one failure that is about time.
_EXPIRED = 30036

_ID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")


def is_id(sid: str) -> bool:
    """Return whether this is the SID of a message."""
    return _ID.fullmatch(sid) is not None


def check_id(id: str) -> str:
    """Return the SID of a message.

    Raises:
        UsageError: it is none.
    """
    if not is_id(id):
        raise UsageError(
            f"{id!r} is not the id of a message of Twilio's: SM or MM, and 32 hexadecimal digits."
        )
    return id


def state_of(word: str, code: object) -> State:
    """Return what a status means; UNKNOWN for a word without a known meaning.

    Args:
        word: Twilio's, e.g. `"undelivered"`.
        code: the error code beside it, if there is one.
    """
    state = STATES.get(word, State.UNKNOWN)
    return State.EXPIRED if state is State.FAILED and str(code) == str(_EXPIRED) else state


#: What the codes of refusals mean, by the pages "Error and warning dictionary", error by error.
#: One that is not here goes by the HTTP status. Codes from 30000 on are of messages that were
#: taken on, and no refusals, except those on scheduling and cancelling.
CODES: Mapping[int, type[ProviderError]] = {
    # The account.
    10001: InsufficientFunds,
    20003: AuthenticationFailed,
    20005: InsufficientFunds,
    20006: AuthenticationFailed,
    **dict.fromkeys(range(20101, 20108), AuthenticationFailed),
    20151: AuthenticationFailed,
    20160: AuthenticationFailed,
    # "The account has been suspended or closed."
    20403: AccountBlocked,
    # The rate of calls; a queue of 10 hours that is full; half a million scheduled messages.
    20429: RateLimited,
    21611: RateLimited,
    35125: RateLimited,
    # What is asked about.
    20404: NotFound,
    20009: Conflict,
    20162: Conflict,
    20409: Conflict,
    30409: Conflict,
    # Twilio's own failures: the pages warn that a repeated call may send twice.
    20500: ProviderUnavailable,
    20503: ProviderUnavailable,
    # The recipient: no number, no permission, opted out, no route, a landline.
    **dict.fromkeys(
        (21211, 21214, 21217, 21408, 21604, 21608, 21610, 21612, 21614), Rejected
    ),
    # The request: a parameter, the sender, the content, the service, the moment.
    **dict.fromkeys(
        (
            20001, 20422, 21212, 21401, 21602, 21603, 21606, 21609, 21617, 21618, 21619, 21620,
            21621, 21622, 21623, 21624, 21654, 21655, 21656, 21657, 21701, 21702, 21703, 21704,
            21705, 21910, 30400, 35111, 35112, 35113, 35114, 35115, 35116, 35117, 35118, 35126,
            90007, 90014,
        ),
        Rejected,
    ),
}  # fmt: skip


def classify_response(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None: by Twilio's code, then by the HTTP status.

    A failure of the server (5xx) is that, whatever the code says: the call may have been carried
    out.
    """
    if answer.is_success:
        return None
    told = answer.json_object or {}
    code, detail = told.get("code"), told.get("message") or told.get("detail")
    code = code if type(code) is int else None
    kind = CODES.get(code) if code is not None else None
    if answer.status >= 500:
        kind = None
    return judge_by_code(answer, kind, detail if isinstance(detail, str) else None, code=code)
