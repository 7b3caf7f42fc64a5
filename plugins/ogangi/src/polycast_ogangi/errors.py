"""What Ogangi's answers mean when they are no success."""

from collections.abc import Mapping
from typing import Any

from polycast import (
    AuthenticationFailed,
    InvalidResponse,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
)
from polycast.wire import UNSET, Answer, DecodeError, judge_by_status, strict_xml

__all__ = ["judge"]

_ELEMENTS = ("input", "status", "description", "result")


def judge(answer: Answer) -> PolycastError | None:
    """Say what an answer means: its envelope's `status` first, its HTTP status second.

    From "The Response XML": OK, BAD_SIGNATURE, and ERROR for everything else, with no cause.
    A wrong id, an unknown short code and a fault of Ogangi's own are all ERROR; whether
    anything had been done by then is not said either. So ERROR is a plain `ProviderError`,
    never repeated by itself, and safe to repeat only where the call read.

    What is no envelope is judged by its HTTP status; a 2xx goes on to be decoded, where it
    ends as `OutcomeUnknown` after a call that changes something.
    """
    envelope = _envelope(answer)
    code = _text(envelope.get("status", UNSET))
    detail = _text(envelope.get("description", UNSET))
    if code is None or not (code or answer.is_success):
        return judge_by_status(answer)
    if code.upper() == "OK":
        if answer.is_success or answer.safe:
            return judge_by_status(answer, detail)
        return answer.error(
            OutcomeUnknown, "its body says OK, and its HTTP status the opposite", code=code
        )
    if not code:
        kind = InvalidResponse if answer.safe else OutcomeUnknown
        return answer.error(kind, "its status is empty")
    if code.upper() == "BAD_SIGNATURE":
        return answer.error(AuthenticationFailed, detail, code=code)
    # HTTP 500 says no more than ERROR does; any other refusal by HTTP says what kind it is.
    if not answer.is_success and answer.status != 500:
        return judge_by_status(answer, detail)
    return answer.error(
        ProviderError,
        f"{detail or 'no description'}. It names no cause: a wrong id, an unknown short code and a "
        "fault of its own are answered alike",
        code=code,
        safe_to_retry=answer.safe,
    )


def _envelope(answer: Answer) -> Mapping[str, Any]:
    try:
        return strict_xml.rootless(answer.xml, strict_xml.element, _ELEMENTS, ("status",))
    except DecodeError:
        return {}


def _text(node: object) -> str | None:
    """The element's text; None where it is lacking, repeated, or holds elements."""
    try:
        return strict_xml.text(node).strip()
    except DecodeError:
        return None
