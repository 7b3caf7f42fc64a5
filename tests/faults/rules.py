"""What a cell has to show: one table, by what a fault means and whether the hook changes anything.

It says what the manual promises (docs/guarantees.md), not what the code does.
"""

from collections.abc import Collection, Mapping
from enum import Enum

import attrs
from polycast import (
    AuthenticationFailed,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    SettingsError,
)

__all__ = ["MOST", "RULES", "Means", "Rule"]

#: Requests that one call may make of a provider that fails each time.
MOST = 5
ONE = range(1, 2)
NONE = range(1)
SOME = range(1, MOST + 1)


class Means(Enum):
    """What a fault means, as far as a client can tell."""

    WORKS = "nothing went wrong that the caller need know of"
    READ_ON = "the answer may be understood or not, and costs no more than itself"
    NOT_SENT = "nothing left, and it may work later"
    CANNOT_SEND = "nothing left, and waiting does not help"
    NOTHING_LEFT = "nothing left; whether waiting helps is not known"
    MAY_BE_LOST = "the request may have been read; the server read nothing"
    LOST = "the request was read, and its answer did not come, or not whole"
    LOST_ONCE = "so it was, but only the first time"
    UNREADABLE = "an answer that says yes in no form of the provider's"
    FAILED = "the provider failed on its own side"
    FAILED_ONCE = "so it failed, but only the first time"
    COME_BACK = "the provider is down, and says until when"
    SLOW_DOWN = "the provider limits the rate"
    NOT_NOW = "the provider limits the rate for longer than anybody waits"
    SLOW_DOWN_ONCE = "so it did, but only the first time"
    NOT_ALLOWED = "the credentials are not accepted"
    NOT_THERE = "what was asked for is not known"
    ELSEWHERE = "the provider has another address"


@attrs.frozen(kw_only=True)
class Rule:
    """What has to come of a call.

    Args:
        works: whether the call may succeed.
        errors: the errors that it may end in; their subclasses are meant, too.
        carried_out: what the error may say of that.
        safe: what the error may say of repeating the call.
        requests: how many the server may have read; of a call that succeeds, one more for each
            that it needs anyway.
    """

    works: bool = False
    errors: tuple[type[PolycastError], ...] = ()
    carried_out: Collection[bool | None] = (False, None)
    safe: Collection[bool] = (True, False)
    requests: range = ONE


_UNKNOWN = {"errors": (OutcomeUnknown,), "carried_out": (None,), "safe": (False,)}
_UNAVAILABLE = {"errors": (ProviderUnavailable,), "safe": (True,)}
_SLOW = {"errors": (RateLimited,), "carried_out": (False,), "safe": (True,)}


def _unreached(**changes: object) -> Rule:
    facts = {"errors": (ProviderUnavailable,), "carried_out": (False,), "requests": NONE}
    return Rule(**{**facts, **changes})  # type: ignore[arg-type]


def _both(rule: Rule) -> tuple[Rule, Rule]:
    return rule, rule


#: For a hook that changes something, and for one that reads.
RULES: Mapping[Means, tuple[Rule, Rule]] = {
    Means.WORKS: _both(Rule(works=True)),
    Means.READ_ON: (
        Rule(works=True, **_UNKNOWN),  # type: ignore[arg-type]
        Rule(works=True, errors=(InvalidResponse, ProviderUnavailable), requests=SOME),
    ),
    Means.NOT_SENT: _both(_unreached(safe=(True,))),
    Means.CANNOT_SEND: _both(
        _unreached(errors=(ProviderUnavailable, SettingsError), safe=(False,))
    ),
    Means.NOTHING_LEFT: _both(_unreached()),
    Means.MAY_BE_LOST: (
        Rule(errors=(OutcomeUnknown, ProviderUnavailable), requests=NONE),
        Rule(works=True, **_UNAVAILABLE, requests=range(2)),  # type: ignore[arg-type]
    ),
    Means.LOST: (
        Rule(**_UNKNOWN),  # type: ignore[arg-type]
        Rule(errors=(ProviderUnavailable, InvalidResponse), safe=(True,), requests=SOME),
    ),
    Means.LOST_ONCE: (
        Rule(**_UNKNOWN),  # type: ignore[arg-type]
        Rule(works=True, requests=range(2, 3)),
    ),
    Means.UNREADABLE: (
        Rule(**_UNKNOWN),  # type: ignore[arg-type]
        Rule(errors=(InvalidResponse,), safe=(True,), requests=SOME),
    ),
    Means.FAILED: (
        Rule(errors=(ProviderUnavailable, OutcomeUnknown), carried_out=(None,), safe=(False,)),
        Rule(**_UNAVAILABLE, requests=SOME),  # type: ignore[arg-type]
    ),
    Means.FAILED_ONCE: (
        Rule(errors=(ProviderUnavailable, OutcomeUnknown), carried_out=(None,), safe=(False,)),
        Rule(works=True, requests=range(2, 3)),
    ),
    Means.COME_BACK: (
        Rule(**_UNAVAILABLE, carried_out=(False,), requests=SOME),  # type: ignore[arg-type]
        Rule(**_UNAVAILABLE, requests=SOME),  # type: ignore[arg-type]
    ),
    Means.SLOW_DOWN: _both(Rule(**_SLOW, requests=SOME)),  # type: ignore[arg-type]
    Means.NOT_NOW: _both(Rule(**_SLOW)),  # type: ignore[arg-type]
    Means.SLOW_DOWN_ONCE: (
        # A broadcast does not wait with its claim held.
        Rule(works=True, **_SLOW, requests=range(1, 3)),  # type: ignore[arg-type]
        Rule(works=True, requests=range(2, 3)),
    ),
    Means.NOT_ALLOWED: _both(
        Rule(errors=(AuthenticationFailed,), carried_out=(False,), safe=(False,))
    ),
    Means.NOT_THERE: _both(Rule(errors=(NotFound, OutcomeUnknown), safe=(False,))),
    Means.ELSEWHERE: _both(Rule(errors=(ProviderUnavailable,), safe=(False,))),
}
