"""Hyber's numbers in Polycast's words: what a message's state is, and since when."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from polycast import State
from polycast.wire import UNSET, Unset

__all__ = ["CODES", "STATUSES", "SUBSTATUSES", "moment", "state_of"]

# Hyber JSON V2, samples of replies and reports: every `error_code` and `hyber_status` they show.
# The section with the whole table is missing from the published documents.
CODES: Mapping[int, State] = {
    23011: State.DELIVERED,
    23033: State.DELIVERED,
    23043: State.DELIVERED,
    35015: State.EXPIRED,
    36024: State.REJECTED,
    # "Phone number incorrect" in the protocol before this one.
    1154: State.REJECTED,
}

# `substatus`, as far as samples and integrations tell. In every one of them it is the code
# without its last three digits. 24 is not here: nothing tells that it means "seen".
SUBSTATUSES: Mapping[int, State] = {
    11: State.SENDING,
    12: State.QUEUED,
    23: State.DELIVERED,
    26: State.EXPIRED,
    35: State.EXPIRED,
    36: State.FAILED,
}

# `status`: in every sample the first digit of `substatus`. -1 is "not sent to any channel, or no
# final status yet".
STATUSES: Mapping[int, State] = {
    -1: State.QUEUED,
    1: State.SENDING,
    2: State.DELIVERED,
    3: State.FAILED,
}

#: No number says that a message was read; its text does ("Delivery reports", Viber, WhatsApp).
_SEEN = re.compile(r"\b(seen|read)\b", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Below this a time is in seconds; what samples show is in milliseconds.
_MILLISECONDS = 100_000_000_000


@lru_cache(maxsize=4096)
def state_of(
    *,
    accepted: bool | Unset = UNSET,
    error_code: int | Unset = UNSET,
    hyber_status: int | Unset = UNSET,
    substatus: int | Unset = UNSET,
    status: int | Unset = UNSET,
    text: str | Unset = UNSET,
) -> State:
    """Return what one row of an answer says of its message; every field may be missing.

    A refusal first, then the most exact number there is, then the words. `processed` is not
    asked: the samples of finished messages have it false.
    """
    if accepted is False:
        return State.REJECTED
    code = hyber_status if error_code is UNSET else error_code
    state = _numbered(code, substatus, status)
    if state is None:
        silent = code is UNSET and substatus is UNSET and status is UNSET
        if not silent:
            return State.UNKNOWN
        if text is not UNSET and _SEEN.search(text):
            return State.READ
        return State.QUEUED if accepted is True and text is UNSET else State.UNKNOWN
    if state is State.DELIVERED and text is not UNSET and _SEEN.search(text):
        return State.READ
    return state


def _numbered(code: int | Unset, substatus: int | Unset, status: int | Unset) -> State | None:
    if code is not UNSET:
        if code in CODES:
            return CODES[code]
        if substatus is UNSET and 10_000 <= code <= 99_999:
            substatus = code // 1000
    if substatus is not UNSET:
        if substatus in SUBSTATUSES:
            return SUBSTATUSES[substatus]
        if 10 <= substatus <= 39 and status is UNSET:
            status = substatus // 10
    return None if status is UNSET else STATUSES.get(status)


def moment(time: int | Unset) -> datetime | None:
    """Return Hyber's time, which is in milliseconds or, where it is small, in seconds."""
    if time is UNSET:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=time if time >= _MILLISECONDS else time * 1000)
    except OverflowError:
        return None
