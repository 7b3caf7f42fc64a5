"""What Hyber's answers mean when they are no success."""

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

#: What a report of one message holds beside an error code, which is then the message's own.
_ABOUT_A_MESSAGE = frozenset(
    ("message_id", "extra_id", "phone_number", "number", "messages", "reports", "time", "status")
)


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: its `error_code` first, its HTTP status second.

    A refusal may come with any HTTP status. An answer to a question may hold an error code
    without being one: the failure of the message that was asked about.
    """
    body = answer.json_or_none
    if not isinstance(body, dict):
        return judge_by_status(answer)
    words = body.get("error_text")
    words = words if isinstance(words, str) and words.strip() else None
    code = body.get("error_code")
    if isinstance(code, bool) or not isinstance(code, int | str):
        return judge_by_status(answer, words)
    if answer.is_success and answer.safe and not _ABOUT_A_MESSAGE.isdisjoint(body):
        return None
    if not answer.safe and (body.get("job_id") or body.get("messages")):
        return answer.error(
            OutcomeUnknown, f"it refuses ({words or code}), and names what it took on", code=code
        )
    kind = REFUSALS.get(code) if isinstance(code, int) else None
    if kind is None and not answer.is_success:
        error = judge_by_status(answer, words)
        assert isinstance(error, ProviderError)
        return answer.error(type(error), error.words, code=code, safe_to_retry=error.safe_to_retry)
    return answer.error(kind or Rejected, words or "it gives no words", code=code)
