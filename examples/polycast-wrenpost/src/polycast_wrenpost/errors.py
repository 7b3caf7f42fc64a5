"""What Wrenpost's refusals mean: HTTP says 200 to everything, a line says what went wrong."""

import re
from collections.abc import Mapping

from polycast import (
    AccountBlocked,
    AuthenticationFailed,
    Conflict,
    InsufficientFunds,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from polycast.wire import Answer, judge_by_status

__all__ = ["KINDS", "judge", "refusal_of"]

#: README, "Refusals".
KINDS: Mapping[int, type[ProviderError]] = {
    101: AuthenticationFailed,
    103: Rejected,
    104: InsufficientFunds,
    105: Rejected,
    106: AccountBlocked,
    107: RateLimited,
    108: NotFound,
    109: Conflict,
    190: ProviderUnavailable,
}

_REFUSAL = re.compile(r"ERR (\d+): (.+)", re.ASCII)
#: A line that says yes, by operation.
_LINES = {
    "send_sms": re.compile(r"OK: \d+", re.ASCII),
    "get_state": re.compile(r"\d+ \S+ \d+ \d+", re.ASCII),
    "cancel": re.compile(r"OK: \d+", re.ASCII),
}


def refusal_of(line: str) -> tuple[int, str] | None:
    """Return the code and the words of a line that refuses; None for any other line."""
    match = _REFUSAL.fullmatch(line)
    return (int(match[1]), match[2]) if match else None


def judge(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None. A single refusal is about the whole request."""
    if not answer.is_success:
        # Wrenpost says 200 to everything: this is a gateway's word.
        return judge_by_status(answer)
    lines = answer.body.decode("utf-8", "replace").splitlines()
    if len(lines) == 1 and (refusal := refusal_of(lines[0])):
        code, detail = refusal
        kind = KINDS.get(code, ProviderError)
        # 190 says that nothing was done.
        return answer.error(kind, detail, code=code, safe_to_retry=True if code == 190 else None)
    known = _LINES[answer.operation]
    if lines and all(known.fullmatch(line) or refusal_of(line) for line in lines):
        return None
    return answer.error(InvalidResponse if answer.safe else OutcomeUnknown)
