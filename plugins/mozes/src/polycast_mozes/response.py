"""What Mozes answers, in Polycast's words: receipts, states, errors."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from polycast import BulkReceipt, Receipt, Recipient, State, Status, errors
from polycast.providers import receipts_for
from polycast.wire import (
    UNSET,
    Answer,
    DecodeError,
    Unset,
    judge_by_code,
    judge_by_status,
    read_datetime,
)

from polycast_mozes._client import models as m


def to_bulk_receipt(
    made: m.BroadcastReply | None,
    recipients: Sequence[Recipient],
    refusals: Mapping[int, errors.ProviderError],
) -> BulkReceipt:
    """Return the receipt of a broadcast, its recipients in the order given.

    Mozes has one id for all of them.

    Args:
        made: what Mozes answered; None when every recipient was refused, and nothing was sent.
        recipients: all of them.
        refusals: why some were left out, by their places among all.
    """
    id_, state = (None, State.REJECTED) if made is None else (made.response.client_id, State.QUEUED)
    receipts = list(receipts_for(recipients, id_, state, raw=made))
    for place, error in refusals.items():
        each, detail = recipients[place], error.detail or str(error)
        receipts[place] = Receipt(None, State.REJECTED, each.to, each.reference, detail, error.raw)
    return BulkReceipt(id_, state, tuple(receipts), raw=made)


#: "Get Broadcast Status": what `delivered` says, as text, and what that means. It says that the
#: broadcast is through, and nothing of anybody's handset.
DELIVERED: Mapping[str, tuple[State, str]] = {
    "1": (State.SENT, "completed"),
    "true": (State.SENT, "completed"),
    "0": (State.SENDING, "incomplete"),
    "false": (State.SENDING, "incomplete"),
}


def to_status(told: m.BroadcastStatus, id_: str) -> Status:
    """Return how far a broadcast has come.

    Mozes never tells more of a broadcast than that it is completed, so SENT is final here.

    Args:
        told: as answered.
        id_: what was asked for.
    """
    state, detail = _state(told.delivered)
    expected = _count(told.recipient_count)
    completed = state is State.SENT
    return Status(
        id=id_,
        state=state,
        counts={State.SENT: expected} if completed and expected is not None else {},
        started_at=_moment(told.created_ts),
        finished_at=_moment(told.delivered_ts) if completed else None,
        detail=detail,
        expected=expected,
        final=True if completed else None,
        raw=told,
    )


def _state(delivered: int | str | bool | Unset) -> tuple[State, str | None]:
    if delivered is UNSET:
        return State.UNKNOWN, None
    word = str(delivered).strip()
    return DELIVERED.get(word.lower(), (State.UNKNOWN, word))


def _count(value: int | str | Unset) -> int | None:
    # In quotes in the sample of "Get Broadcast Status".
    text = "" if value is UNSET else str(value).strip()
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def _moment(value: str | int | Unset | None) -> datetime | None:
    """Read a moment; what stands for none (null, an empty string, 0) is not documented."""
    try:
        return read_datetime(value)
    except DecodeError:
        return None


# Errors

#: "Return Codes", those of every endpoint together; 0 is success.
CODES: Mapping[int, type[errors.ProviderError]] = {
    10004: errors.NotFound,  # INVALID_MOZES_ID
    11001: errors.Rejected,  # USER_INVALID_PHONE_FORMAT
    11002: errors.Rejected,  # USER_UNDERAGE
    11003: errors.Rejected,  # USER_BLOCKED
    11004: errors.Rejected,  # USER_LANDLINE
    12000: errors.Conflict,  # BROADCAST_LIST_DUPLICATE_LIST
    12001: errors.NotFound,  # BROADCAST_LIST_LIST_NOT_FOUND
    12002: errors.Rejected,  # BROADCAST_LIST_INVALID_LIST_PROJECT
    13000: errors.Conflict,  # PROJECT_ALREADY_SUBSCRIBED
    13003: errors.NotFound,  # PROJECT_INVALID_CAMPAIGN_ID
    14000: errors.Rejected,  # BROADCAST_MESSAGE_LENGTH_EXCEEDED
    14001: errors.Rejected,  # BROADCAST_USER_NOT_SUBSCRIBED
    14002: errors.NotFound,  # BROADCAST_STATUS_NOT_FOUND
}

#: INVALID_MOZES_ID: to a send it refuses the whole call, without naming the user that it is about.
_INVALID_USER = 10004
#: The thousand of the codes about the request as a whole, of which only 10004 is published, and a
#: word of the name of one about credentials.
_REQUEST = 10
_CREDENTIALS = re.compile(r"AUTH|KEY(?![A-Z])|SECRET")


def classify_response(answer: Answer) -> errors.PolycastError | None:
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
        why = "its body says OK, and its HTTP status the opposite"
        return answer.error(errors.OutcomeUnknown, why, code=code)
    if not answer.safe and _names_broadcast(answer):
        why = f"it refuses ({detail or code}), and names what it took on"
        return answer.error(errors.OutcomeUnknown, why, code=code)
    if code == _INVALID_USER and answer.operation.startswith("send_"):
        return answer.error(errors.Rejected, detail, code=code)
    if isinstance(code, int) and code in CODES:
        return answer.error(CODES[code], detail, code=code)
    if answer.status < 500 and _is_about_credentials(code, envelope):
        return answer.error(errors.AuthenticationFailed, detail, code=code)
    return judge_by_code(answer, None, detail, code=code)


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
