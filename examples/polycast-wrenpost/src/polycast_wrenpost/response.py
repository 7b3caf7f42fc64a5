"""What Wrenpost answers, in Polycast's words: states, receipts, statuses, errors."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from polycast import Broadcast, Receipt, Report, State, Status, errors
from polycast.providers import status_of_many
from polycast.wire import Answer, judge_by_status

__all__ = ["KINDS", "STATES", "check_id", "classify_response", "to_receipts", "to_status"]

#: README, "Delivery codes".
STATES: Mapping[str, State] = {
    "0": State.SCHEDULED,
    "1": State.QUEUED,
    "2": State.SENT,
    "3": State.DELIVERED,
    "4": State.FAILED,
    "5": State.EXPIRED,
    "6": State.REJECTED,
    "7": State.CANCELLED,
}

_IDS = re.compile(r"[0-9]+(,[0-9]+)*")


def to_receipts(answer: str, broadcast: Broadcast, accepted: State) -> tuple[Receipt, ...]:
    """Return our receipts for the answer of `POST /send`, one for each number.

    Args:
        answer: a line for each number.
        broadcast: what was sent.
        accepted: the state of what was taken.

    Raises:
        OutcomeUnknown: it has not a line for each.
    """
    lines = answer.splitlines()
    recipients = tuple(broadcast.recipients)
    if len(lines) != len(recipients):
        detail = f"{len(lines)} lines answer {len(recipients)} numbers"
        raise errors.OutcomeUnknown(detail, provider="wrenpost", operation="send_sms", raw=answer)
    receipts = []
    for recipient, line in zip(recipients, lines, strict=True):
        refused = refusal_of(line) is not None
        receipts.append(
            Receipt(
                None if refused else line.removeprefix("OK: "),
                State.REJECTED if refused else accepted,
                recipient.to,
                recipient.reference,
                detail=line,
                raw=answer,
            )
        )
    return tuple(receipts)


def check_id(id: str) -> str:
    """Return an id of ours, which is the messages' numbers with commas between them.

    Raises:
        UsageError: it is none.
    """
    if not _IDS.fullmatch(id):
        raise errors.UsageError(f"{id!r} is not an id of Wrenpost's, such as 123 or 123,124.")
    return id


def to_status(answer: str, id: str) -> Status:
    """Return our status for the answer of `GET /state`.

    Raises:
        InvalidResponse: it has not a line for each message.
    """
    lines, ids = answer.splitlines(), id.split(",")
    if len(lines) != len(ids):
        detail = f"{len(lines)} lines answer {len(ids)} ids"
        raise errors.InvalidResponse(detail, provider="wrenpost", operation="get_state", raw=answer)
    reports = tuple(_to_report(line, each) for line, each in zip(lines, ids, strict=True))
    word = reports[0].detail if len(reports) == 1 else None
    return status_of_many(reports, id, detail=word, raw=answer)


def _to_report(line: str, id: str) -> Report:
    if refusal := refusal_of(line):
        return Report(None, State.UNKNOWN, id, detail=refusal[1], code=refusal[0], raw=line)
    _, code, reached, number = line.split(" ")
    at = datetime.fromtimestamp(int(reached), UTC)
    return Report(
        f"+{number}", STATES.get(code, State.UNKNOWN), id, detail=code, code=code, at=at, raw=line
    )


# Errors: HTTP says 200 to everything, a line says what went wrong.

#: README, "Refusals".
KINDS: Mapping[int, type[errors.ProviderError]] = {
    101: errors.AuthenticationFailed,
    103: errors.Rejected,
    104: errors.InsufficientFunds,
    105: errors.Rejected,
    106: errors.AccountBlocked,
    107: errors.RateLimited,
    108: errors.NotFound,
    109: errors.Conflict,
    190: errors.ProviderUnavailable,
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


def classify_response(answer: Answer) -> errors.PolycastError | None:
    """Return the error that an answer is, or None. A single refusal is about the whole request."""
    if not answer.is_success:
        # Wrenpost says 200 to everything: this is a gateway's word.
        return judge_by_status(answer)
    lines = answer.body.decode("utf-8", "replace").splitlines()
    if len(lines) == 1 and (refusal := refusal_of(lines[0])):
        code, detail = refusal
        kind = KINDS.get(code, errors.ProviderError)
        # 190 says that nothing was done.
        return answer.error(kind, detail, code=code, safe_to_retry=True if code == 190 else None)
    known = _LINES[answer.operation]
    if lines and all(known.fullmatch(line) or refusal_of(line) for line in lines):
        return None
    return answer.error(errors.InvalidResponse if answer.safe else errors.OutcomeUnknown)
