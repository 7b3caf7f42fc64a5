"""What TextIt's refusals mean: every shape of an error body, as one readable sentence."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from polycast import AccountBlocked, OutcomeUnknown, PolycastError
from polycast.wire import Answer, DecodeError, judge_by_status, strict_json

__all__ = ["judge", "refused_entries", "words_of"]

#: More would not be read: a list of 100 wrong numbers is refused number by number.
_MOST_PROBLEMS = 10
#: Characters of one problem, or of the name of a field.
_LONGEST = 300
#: Observed bodies nest four levels at most: field, language, place, problem.
_DEEPEST = 8
#: Keys that name no field of the request.
_WHOLE = ("detail", "non_field_errors")
#: What a workspace is told that may not send, whatever the message is: measured on 26.1.99. Older
#: servers call it an account, and may say so in a bare string or as `detail` (RapidPro's history).
_BLOCKED = re.compile(r"\b(workspace|account) is currently (suspended|flagged)\b")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: What is said of a contact or a group that is not there; the first one alone is named.
_MISSING = "No such object: "


def judge(answer: Answer) -> PolycastError | None:
    """Return the error that an answer is, or None.

    TextIt answers a wrong token with 403, because session authentication comes first in its
    list and has no challenge to offer; 401 means the same. A refusal names fields and problems;
    what names an id as well may have been carried out.
    """
    if answer.is_success:
        return None
    body = answer.json_or_none
    detail = words_of(body)
    if not answer.safe and _names_what_it_made(body):
        return answer.error(
            OutcomeUnknown, "its body names what was made, and its HTTP status says the opposite"
        )
    whole = {key: body.get(key) for key in _WHOLE} if isinstance(body, dict) else body
    if answer.status == 400 and _BLOCKED.search(words_of(whole) or ""):
        return answer.error(AccountBlocked, detail)
    return judge_by_status(answer, detail)


def _names_what_it_made(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    uuid = body.get("uuid")
    return type(body.get("id")) is int or (isinstance(uuid, str) and bool(_UUID.fullmatch(uuid)))


def refused_entries(
    body: object, fields: Mapping[str, Sequence[str]]
) -> dict[tuple[str, int], str] | None:
    """Return which entries of a call's recipients a refusal is about, with the words for each.

    TextIt names URNs by their index (`{"urns": {"99": ["Invalid URN: ..."]}}`), and the first
    contact or group that it does not know by its value (`{"groups": ["No such object: VIP"]}`).

    Args:
        body: the refusal, as `error.raw` has it: JSON, or its text.
        fields: the entries that were sent, by field: `urns`, `contacts`, `groups`.

    Returns:
        The words by field and index; None where the refusal is about anything else as well.
    """
    if isinstance(body, str):
        try:
            body = strict_json.parse(body.encode())
        except DecodeError:
            return None
    if not isinstance(body, dict):
        return None
    found: dict[tuple[str, int], str] = {}
    for field, problems in body.items():
        entries = fields.get(field)
        if entries is None:
            return None
        if isinstance(problems, dict):
            named = {_index(key, entries): words_of(said) for key, said in problems.items()}
        else:
            named = dict(_named(problems, entries))
        for index, detail in named.items():
            if index is None or detail is None:
                return None
            found[field, index] = detail
    return found or None


def _index(key: object, entries: Sequence[str]) -> int | None:
    written = isinstance(key, str) and key.isascii() and key.isdecimal() and len(key) < 10
    return int(str(key)) if written and int(str(key)) < len(entries) else None


def _named(problems: object, entries: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    for problem in problems if isinstance(problems, list) else [problems]:
        detail = problem if isinstance(problem, str) else ""
        value = detail.removeprefix(_MISSING)
        if value == detail or value not in entries:
            yield None, detail
        else:
            yield entries.index(value), detail


def words_of(body: object) -> str | None:
    """Return an error body as readable words, or None where it holds none.

    `{"urns": {"0": ["Invalid URN: foo:bar."]}}` becomes `"urns[0]: Invalid URN: foo:bar."`.

    Args:
        body: the JSON of the answer, in any of the shapes Django REST framework gives errors.
    """
    detail = ""
    for count, (place, problem) in enumerate(_problems(body, "")):
        if count == _MOST_PROBLEMS:
            return f"{detail} And there is more."
        separator = "" if not detail else " " if detail[-1] in ".!?" else "; "
        detail += separator + (f"{place}: {problem}" if place else problem)
    return detail or None


def _problems(value: object, place: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if value.strip():
            yield place, _bounded(" ".join(value.split()))
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


def _bounded(detail: str) -> str:
    return detail if len(detail) <= _LONGEST else f"{detail[: _LONGEST - 1]}…"


def _inside(place: str, key: str) -> str:
    if key in _WHOLE:
        return place
    key = _bounded(key)
    if key.isdecimal():
        return f"{place}[{key}]"
    return f"{place}.{key}" if place else key
