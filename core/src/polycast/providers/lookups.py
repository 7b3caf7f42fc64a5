"""Lists of a provider, searched for what was sent and may have arrived."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from polycast.errors import OutcomeUnknown
from polycast.wire import Undecodable

__all__ = ["found_on", "query_of", "the_only_one"]

T = TypeVar("T")


def query_of(url: object, **names: str) -> tuple[tuple[str, str], ...] | None:
    """Return what the address of the next page asks for; None where there is no next page.

    The address itself is not followed: another host must not see the credentials.

    Args:
        url: as an answer has it.
        **names: the parameters to take over, by what they are called in the result.
    """
    if not url or not isinstance(url, str):
        return None
    told = parse_qs(urlsplit(url).query)
    return tuple((name, told[key][0]) for name, key in names.items() if key in told)


def found_on(
    pages: Iterable[Iterable[T | Undecodable]], ids: Iterable[str], id_of: Callable[[T], str]
) -> dict[str, T]:
    """Return the rows with these ids, by their ids, from pages that list the newest first.

    A page with none of them is the last that is read: the rest is told sooner one by one.

    Args:
        pages: each a list of rows.
        ids: of the wanted rows.
        id_of: returns the id of a row.
    """
    wanted = {*ids}
    found: dict[str, T] = {}
    for page in pages:
        rows = {id_of(row): row for row in page if not isinstance(row, Undecodable)}
        news = rows.keys() & wanted
        found |= {id: rows[id] for id in news}
        if not news or len(found) == len(wanted):
            break
    return found


def the_only_one(
    listed: Iterable[T | Undecodable],
    judge: Callable[[T], bool | None],
    id_of: Callable[[T], str],
    *,
    may_lag: bool,
) -> T | None:
    """Return what was sent, of all that a provider lists; None where nothing of it can be it.

    Args:
        listed: all of them, in any order.
        judge: returns True for one that says the same and was made in time, False for one that is
            another, and None where that cannot be told.
        id_of: returns the id of one, as receipts have it.
        may_lag: whether what has just arrived may be missing on the list.

    Raises:
        OutcomeUnknown: it cannot be told; the candidates are the ids of all that it may be.
    """
    same: dict[str, T] = {}
    alike: dict[str, T] = {}
    unreadable: list[Undecodable] = []
    for row in listed:
        if isinstance(row, Undecodable):
            unreadable.append(row)
        elif (is_it := judge(row)) is not False:
            (same if is_it else alike)[id_of(row)] = row
    if len(same) == 1:
        return next(iter(same.values()))
    found = {**same, **alike}
    if found or unreadable:
        raise OutcomeUnknown(
            f"it lists {len(found) + len(unreadable)} that may be it",
            raw=[*found.values(), *unreadable],
            candidates=None if unreadable else list(found),
        )
    if may_lag:
        raise OutcomeUnknown(
            "it lists nothing that may be it, and its list may lag: ask again in 10 seconds"
        )
    return None
