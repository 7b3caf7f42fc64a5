"""Which error an answer is, by what its body says."""

from collections.abc import Mapping

from polycast.errors import PolycastError, ProviderError
from polycast.wire import Answer, judge_by_code

__all__ = ["judge_by_fields"]


def judge_by_fields(
    answer: Answer, kinds: Mapping[int, type[ProviderError]], code: str, *details: str
) -> PolycastError | None:
    """Return the error that an answer is, or None: by the code in its JSON, then by its status.

    A failure of the server (5xx) is that, whatever the code says: the call may have been carried
    out.

    Args:
        answer: the answer; one with a status of success is no error.
        kinds: what each code means.
        code: the field with the code, a whole number.
        *details: the fields with the provider's own words; the first that holds any counts.
    """
    if answer.is_success:
        return None
    told = answer.json_object or {}
    number = told.get(code) if type(told.get(code)) is int else None
    kind = None if number is None or answer.status >= 500 else kinds.get(number)
    words = (told.get(name) for name in details)
    detail = next((each for each in words if isinstance(each, str) and each), None)
    return judge_by_code(answer, kind, detail, code=number)
