"""TextIt's pages, one after the other, as far as somebody reads."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from polycast import InvalidResponse
from polycast.wire import UNSET, Unset

__all__ = ["items"]

T = TypeVar("T")


class _Page(Protocol[T]):
    @property
    def next_(self) -> str | Unset | None: ...

    @property
    def results(self) -> list[T]: ...


def items(operation: str, fetch: Callable[[str | Unset], _Page[T]]) -> Iterator[T]:
    """Yield what is on all the pages; each is fetched when the one before it has been read.

    Args:
        operation: what is listed, for errors.
        fetch: returns the page that a cursor begins; the first for `UNSET`.

    Raises:
        InvalidResponse: the pages go round in a circle, or tell no cursor.
    """
    cursor: str | Unset = UNSET
    seen: set[str | Unset] = set()
    while cursor not in seen:
        seen.add(cursor)
        page = fetch(cursor)
        yield from page.results
        if not page.next_ or not page.results:
            return
        cursor = _cursor(operation, page.next_)
    raise InvalidResponse("its pages go round in a circle", provider="textit", operation=operation)


def _cursor(operation: str, address: str) -> str:
    """Return the cursor of a page's address.

    The address itself is not followed: it may name another host, which must not see the token.
    """
    cursors = parse_qs(urlsplit(address).query).get("cursor")
    if not cursors:
        raise InvalidResponse(
            "the address of its next page has no cursor", provider="textit", operation=operation
        )
    return cursors[0]
