"""What TextIt's refusals mean: every shape of an error body, as one readable sentence."""

import json
from collections.abc import Iterator

from polycast import PolycastError
from polycast.wire import Answer, judge_by_status

__all__ = ["judge", "words_of"]

#: More would not be read: a list of 100 wrong numbers is refused number by number.
_MOST_PROBLEMS = 10
#: Observed bodies nest four levels at most: field, language, place, problem.
_DEEPEST = 8
#: Keys that name no field of the request.
_WHOLE = ("detail", "non_field_errors")


def judge(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None.

    TextIt answers a wrong token with 403, because session authentication comes first in its
    list and has no challenge to offer; 401 means the same.
    """
    if answer.is_success:
        return None
    return judge_by_status(answer, words_of(answer.json_or_none))


def words_of(body: object) -> str | None:
    """Return an error body as readable words, or None where it holds none.

    `{"urns": {"0": ["Invalid URN: foo:bar."]}}` becomes `"urns[0]: Invalid URN: foo:bar."`.

    Args:
        body: the JSON of the answer, in any of the shapes Django REST framework gives errors.
    """
    words = ""
    for count, (place, problem) in enumerate(_problems(body, "")):
        if count == _MOST_PROBLEMS:
            return f"{words} And there is more."
        separator = "" if not words else " " if words[-1] in ".!?" else "; "
        words += separator + (f"{place}: {problem}" if place else problem)
    return words or None


def _problems(value: object, place: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value.strip():
            yield place, " ".join(value.split())
    elif depth == _DEEPEST or not isinstance(value, list | dict):
        if value is not None:
            yield place, json.dumps(value)[:200]
    elif isinstance(value, list):
        for index, item in enumerate(value):
            # A problem stands in a list of its own; only nested ones go by their place.
            inner = place if isinstance(item, str) else f"{place}[{index}]"
            yield from _problems(item, inner, depth + 1)
    else:
        for key, item in value.items():
            yield from _problems(item, _inside(place, key), depth + 1)


def _inside(place: str, key: str) -> str:
    if key in _WHOLE:
        return place
    if key.isdecimal():
        return f"{place}[{key}]"
    return f"{place}.{key}" if place else key
