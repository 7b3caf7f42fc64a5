"""What every kind of list is made of: rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Reader", "Row"]


class Row(NamedTuple):
    """One row, before anybody asked what it means.

    Args:
        number: as a spreadsheet counts, from 1.
        line: where it begins as an editor counts, from 1; None in a workbook.
        names: of its columns; the same object for every row of a table.
        values: as many as names, unless `problem` says otherwise.
        problem: why it is no row of this list, as the end of a sentence.
    """

    number: int
    line: int | None
    names: tuple[str, ...]
    values: Sequence[str | None]
    problem: str | None = None


class Reader(Protocol):
    """One kind of list.

    Attributes:
        is_whole: whether no value can hold half of a surrogate pair: what was UTF-8 cannot.
    """

    is_whole: bool

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns that the header names; None where every row names its own."""

    def rows(self) -> Iterator[Row]:
        """Read the list from its first row, the header and empty rows left out.

        Raises:
            UsageError: the list cannot be read on.
        """
