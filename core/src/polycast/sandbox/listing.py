"""How a sandbox lists what it holds: at once and in order, or as badly as servers may."""

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from attrs import define

__all__ = ["Listing"]

T = TypeVar("T")


@define
class Listing:
    """What tests change about a sandbox's lists; a sandbox asks it where it lists something.

    Attributes:
        lag: seconds until what was accepted is listed or shown in any other answer.
        shuffled: whether items, and the parts of an item that have no order, come in another
            order each time.
        page_size: items on a page, where the provider has pages; the provider's own when None.
    """

    lag: float = 0.0
    shuffled: bool = False
    page_size: int | None = None

    def known(
        self, items: Iterable[T], accepted: Callable[[T], datetime], now: datetime
    ) -> list[T]:
        """Return the items that are listed by now.

        Args:
            items: all there are.
            accepted: returns when one was accepted.
            now: the time at the sandbox.
        """
        latest = now - timedelta(seconds=self.lag)
        return [item for item in items if accepted(item) <= latest]

    def ordered(self, items: Iterable[T]) -> list[T]:
        """Return items in the order they are told in."""
        told = list(items)
        if self.shuffled:
            random.shuffle(told)
        return told
