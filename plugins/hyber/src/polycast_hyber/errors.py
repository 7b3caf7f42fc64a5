"""What Hyber's answers mean when they are no success."""

import re
from collections.abc import Mapping

from polycast import OutcomeUnknown, PolycastError, ProviderError, Rejected
from polycast.wire import Answer, judge_by_status

__all__ = ["REFUSALS", "judge"]

# Hyber JSON V2, "Sending a message", the sample of a fault. 1154 is the same of an older
# protocol. What is not here is judged by its HTTP status.
REFUSALS: Mapping[int, type[ProviderError]] = {
    36024: Rejected,
    1154: Rejected,
}

_DIGITS = re.compile(r"-?[0-9]{1,18}")

#: What a report of one message holds beside an error code, which is then the message's own.
_ABOUT_A_MESSAGE = frozenset(
    ("message_id", "extra_id", "phone_number", "number", "messages", "reports", "time", "status")
)


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: its `error_code` first, its HTTP status second.

    A refusal may come with any HTTP status. An answer to a question may hold an error code
    without being one: the failure of the message that was asked about. A code that is not in
    `REFUSALS` and comes with HTTP 200 says nothing of what was carried out: a plain
    `ProviderError`.
    """
    body = answer.json_or_none
    if not isinstance(body, dict):
        return judge_by_status(answer)
    detail = body.get("error_text")
    detail = detail if isinstance(detail, str) and detail.strip() else None
    code = _code(body.get("error_code"))
    whole = body.get("job_id") or body.get("messages")
    if code is None:
        if not (answer.is_success or answer.safe) and (whole or body.get("message_id")):
            return answer.error(
                OutcomeUnknown, "its body names what it took on, and its HTTP status refuses it"
            )
        return judge_by_status(answer, detail)
    if answer.is_success and answer.safe and not _ABOUT_A_MESSAGE.isdisjoint(body):
        return None
    kind = REFUSALS.get(code) if isinstance(code, int) else None
    if not answer.safe and (whole or (kind is None and body.get("message_id"))):
        # 0 is no error, as a client in TypeScript reads it.
        if code == 0 and answer.is_success:
            return None
        return answer.error(
            OutcomeUnknown, f"it refuses ({detail or code}), and names what it took on", code=code
        )
    if kind is None and not answer.is_success:
        return judge_by_status(answer, detail, code=code)
    return answer.error(
        kind or ProviderError,
        detail or "it gives no words",
        code=code,
        safe_to_retry=answer.safe if kind is None else None,
    )


def _code(told: object) -> int | str | None:
    """Return an error code, as a number where it is one, also one that is told as a string."""
    if isinstance(told, str):
        told = told.strip()
        return int(told) if _DIGITS.fullmatch(told) else told or None
    return told if type(told) is int else None
