"""What TextIt answers, in Polycast's words: states, receipts, reports, errors, pages."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from polycast import Batch, Broadcast, BulkReceipt, Receipt, Report, State, errors
from polycast.providers import none_if_unset, pages, receipts_for
from polycast.wire import (
    UNSET,
    Answer,
    DecodeError,
    Undecodable,
    Unset,
    judge_by_status,
    strict_json,
)

from polycast_textit._client import models as m
from polycast_textit.recipients import UUID, Addresses

# RapidPro's API guide, "Broadcasts Endpoint": the words of a broadcast's status. `completed`
# says that every message was made, and nothing of what became of them.
BROADCAST_STATES: Mapping[str, State] = {
    "pending": State.QUEUED,
    "queued": State.QUEUED,
    "started": State.SENDING,
    "completed": State.SENT,
    "failed": State.FAILED,
    "interrupted": State.CANCELLED,
    # RapidPro before 2024 said `sent` where TextIt says `completed`.
    "sent": State.SENT,
}

# RapidPro's API guide, "Messages Endpoint": the words of a message's status. `handled` is said
# of incoming messages alone, so that it has no place here.
MESSAGE_STATES: Mapping[str, State] = {
    "queued": State.QUEUED,
    "wired": State.SENDING,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "read": State.READ,
    # It failed once, and will be tried again.
    "errored": State.SENDING,
    "failed": State.FAILED,
}

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


# A broadcast goes by its UUID where the server gives one, and by its number on older servers.


def broadcast_id(broadcast: m.Broadcast) -> str | None:
    """Return the id that receipts give out, or None where the server gave none."""
    if broadcast.uuid is not UNSET and broadcast.uuid.strip():
        return broadcast.uuid
    return None if broadcast.id is UNSET else str(broadcast.id)


def to_id(id: str) -> int | str:
    """Return the number or the UUID that an id of ours is.

    Raises:
        UsageError: it is neither.
    """
    if _NUMBER.fullmatch(id):
        return int(id)
    if UUID.fullmatch(id):
        return id.lower()
    raise errors.UsageError(
        f"{id!r} is not the id of a textit broadcast: it is a UUID or a number."
    )


def broadcast_state(broadcast: m.Broadcast, *, silent: State) -> tuple[State, str | None]:
    """Return the state and TextIt's own word for it.

    Args:
        broadcast: as the server tells it.
        silent: what it means when the server tells no status, as older ones do.
    """
    word = none_if_unset(broadcast.status)
    if word is None:
        return silent, None
    return BROADCAST_STATES.get(word, State.UNKNOWN), word


def to_bulk_receipt(
    created: m.Broadcast, id: str, broadcast: Broadcast, addresses: Addresses
) -> BulkReceipt:
    """Return the receipts of a broadcast in the order given: TextIt has one id for all of them.

    An address that was named twice gets one message: the second receipt says so.
    """
    state, detail = broadcast_state(created, silent=State.QUEUED)
    recipients = tuple(broadcast.recipients)
    receipts = list(receipts_for(recipients, id, state, detail, created))
    for place, each in enumerate(recipients):
        first = addresses.first_of(place)
        if first != place:
            same = f"not sent: the same text goes to the same address, {recipients[first].to}"
            cancelled = State.CANCELLED
            receipts[place] = Receipt(None, cancelled, each.to, each.reference, same, created)
    batch = Batch(id, state, len(receipts), raw=created)
    return BulkReceipt(id, state, tuple(receipts), (batch,), created)


def to_report(message: m.Message | Undecodable) -> Report:
    """Return how far one recipient's message has come; UNKNOWN for a row that cannot be read."""
    if isinstance(message, Undecodable):
        detail = f"not readable: {message.error}"
        return Report(to=None, state=State.UNKNOWN, detail=detail, raw=message.raw)
    state = MESSAGE_STATES.get(message.status or "", State.UNKNOWN)
    sent = message.sent_on or None
    modified = message.modified_on or None
    return Report(
        to=_told_address(message),
        state=state,
        id=message.uuid or (None if message.id is UNSET else str(message.id)),
        detail=message.status or None,
        at=(sent or modified) if state is State.SENT else (modified or sent),
        channel=(message.channel.name or message.channel.uuid) if message.channel else None,
        raw=message,
    )


def _told_address(message: m.Message) -> str | None:
    # An anonymous workspace tells no URNs, and neither does a message that could not be sent.
    if message.urn:
        number = message.urn.removeprefix("tel:")
        return number if number.startswith("+") else message.urn
    return f"contact:{message.contact.uuid}" if message.contact else None


# Pages


def items(operation: str, fetch: Callable[[str | Unset], Any]) -> Iterator[Any]:
    """Yield what is on all the pages; each is fetched when the one before it has been read.

    Args:
        operation: what is listed, for errors.
        fetch: returns the page that a cursor begins; the first for `UNSET`.

    Raises:
        InvalidResponse: the pages go round in a circle, or tell no cursor.
    """

    def following(page: Any) -> str | None:
        more = page.next_ and page.results
        return _cursor(operation, page.next_) if more else None

    for page in pages("textit", operation, fetch, following):
        yield from page.results


def _cursor(operation: str, address: str) -> str:
    """Return the cursor of a page's address.

    The address itself is not followed: it may name another host, which must not see the token.
    """
    cursors = parse_qs(urlsplit(address).query).get("cursor")
    if not cursors:
        raise _invalid("the address of its next page has no cursor", operation)
    return cursors[0]


def _invalid(detail: str, operation: str) -> errors.InvalidResponse:
    return errors.InvalidResponse(detail, provider="textit", operation=operation)


# Errors

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
#: What is said of a contact or a group that is not there; the first one alone is named.
_MISSING = "No such object: "


def classify_response(answer: Answer) -> errors.PolycastError | None:
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
        why = "its body names what was made, and its HTTP status says the opposite"
        return answer.error(errors.OutcomeUnknown, why)
    whole = {key: body.get(key) for key in _WHOLE} if isinstance(body, dict) else body
    if answer.status == 400 and _BLOCKED.search(words_of(whole) or ""):
        return answer.error(errors.AccountBlocked, detail)
    return judge_by_status(answer, detail)


def _names_what_it_made(body: object) -> bool:
    if not isinstance(body, dict):
        return False
    uuid = body.get("uuid")
    return type(body.get("id")) is int or (isinstance(uuid, str) and bool(UUID.fullmatch(uuid)))


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
