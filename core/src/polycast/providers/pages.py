"""Lists that a provider answers a page at a time."""

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from polycast.errors import InvalidResponse
from polycast.wire import UNSET, Unset

__all__ = ["pages"]

C = TypeVar("C", bound=Hashable)
P = TypeVar("P")


def pages(
    provider: str,
    operation: str,
    fetch: Callable[[C | Unset], P],
    following: Callable[[P], C | Unset | None],
) -> Iterator[P]:
    """Yield all pages of a list; each is fetched when the one before it has been read.

    Args:
        provider: the provider's name, for the error.
        operation: what is listed, by its name in the spec.
        fetch: returns the page that begins at a cursor; the first for `UNSET`.
        following: returns the cursor that a page tells of the next; nothing on the last page.

    Raises:
        InvalidResponse: the pages go round in a circle.
    """
    cursor: C | Unset = UNSET
    seen: set[C | Unset] = set()
    while cursor not in seen:
        seen.add(cursor)
        page = fetch(cursor)
        yield page
        told = following(page)
        if not told:
            return
        cursor = told
    raise InvalidResponse("its pages go round in a circle", provider=provider, operation=operation)
