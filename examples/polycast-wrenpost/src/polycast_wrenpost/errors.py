"""What Wrenpost's refusals mean."""

from polycast import PolycastError
from polycast.wire import Answer, judge_by_status

__all__ = ["judge"]


def judge(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None.

    An answer is judged by its HTTP status alone, and its words are the start of its body. Where
    Wrenpost says more, look into the body first: `answer.json_or_none`, `answer.xml`,
    `answer.body`. A table tells its codes, `answer.error(Rejected, words, code=code)` makes the
    error, and `judge_by_status(answer, words)` knows what is left.
    """
    return judge_by_status(answer)
