"""What Twilio answers, in Polycast's words: ids, states, errors."""

from collections.abc import Mapping
from typing import Any

from polycast import PolycastError, ProviderError, State, errors
from polycast.providers import judge_by_fields, none_if_unset, read_price, read_whole_number
from polycast.wire import Answer

from polycast_twilio._client import models as m

#: "Messages resource", "Message status values".
STATES: Mapping[str, State] = {
    **dict.fromkeys(("accepted", "queued"), State.QUEUED),
    "scheduled": State.SCHEDULED,
    "sending": State.SENDING,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    **dict.fromkeys(("undelivered", "failed"), State.FAILED),
    "canceled": State.CANCELLED,
}

#: Error 30036, "Validity Period Expired": the one failure that is about time.
_EXPIRED = 30036

#: The SID of a message.
ID = "(SM|MM)[0-9a-fA-F]{32}"


def state_of(word: str, code: object) -> State:
    """Return what a status means; UNKNOWN for a word without a known meaning.

    Args:
        word: Twilio's, e.g. `"undelivered"`.
        code: the error code beside it, if there is one.
    """
    state = STATES.get(word, State.UNKNOWN)
    return State.EXPIRED if state is State.FAILED and code == _EXPIRED else state


def details_of(message: m.Message) -> dict[str, Any]:
    """Return what a receipt and a report tell in the same way: state, words, code, cost."""
    code, why = none_if_unset(message.error_code), message.error_message or None
    return {
        "state": state_of(message.status, code),
        "detail": f"{message.status}: {why}" if why else message.status,
        "code": code,
        # "0" until a messaging service has chosen a sender.
        "segments": read_whole_number(message.num_segments) or None,
        "price": read_price(message.price, message.price_unit),
        "raw": message,
    }


#: What the codes of refusals mean, by the pages "Error and warning dictionary", error by error.
#: One that is not here goes by the HTTP status. Codes from 30000 on are of messages that were
#: taken on, and no refusals, except those on scheduling and cancelling.
CODES: Mapping[int, type[ProviderError]] = {
    # The account.
    **dict.fromkeys(
        (20003, 20006, *range(20101, 20108), 20151, 20160), errors.AuthenticationFailed
    ),
    **dict.fromkeys((10001, 20005), errors.InsufficientFunds),
    # "The account has been suspended or closed."
    20403: errors.AccountBlocked,
    # The rate of calls; a queue of 10 hours that is full; half a million scheduled messages.
    **dict.fromkeys((20429, 21611, 35125), errors.RateLimited),
    # What is asked about.
    20404: errors.NotFound,
    **dict.fromkeys((20009, 20162, 20409, 30409), errors.Conflict),
    # Twilio's own failures: the pages warn that a repeated call may send twice.
    **dict.fromkeys((20500, 20503), errors.ProviderUnavailable),
    **dict.fromkeys(
        (
            # The recipient: no number, no permission, opted out, no route, a landline.
            21211, 21214, 21217, 21408, 21604, 21608, 21610, 21612, 21614,
            # The request: a parameter, the sender, the content, the service, the moment.
            20001, 20422, 21212, 21401, 21602, 21603, 21606, 21609, *range(21617, 21625),
            *range(21654, 21658), *range(21701, 21706), 21910, 30400, *range(35111, 35119), 35126,
            90007, 90014,
        ),
        errors.Rejected,
    ),
}  # fmt: skip


#: Of these, the ones that are about the recipient whatever provider is asked: no number, opted
#: out, a landline. The others are about Twilio's way there.
_RECIPIENT = frozenset({21211, 21217, 21610, 21614})


def classify_response(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None: by Twilio's code, then by the HTTP status.

    A message has one recipient: a refusal of the recipient names the first.
    """
    error = judge_by_fields(answer, CODES, "code", "message", "detail")
    if isinstance(error, errors.Rejected) and error.code in _RECIPIENT and not answer.safe:
        error.refused = {0: error.detail}
    return error
