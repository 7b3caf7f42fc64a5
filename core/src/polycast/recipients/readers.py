"""What every kind of list is made of: rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, Protocol

__all__ = ["Reader", "Row"]


class Row(NamedTuple):
    """One row, before anybody asked what it means.

    Args:
        number: as a spreadsheet counts, from 1.
        line: where it begins as an editor counts, from 1; None in a workbook.
        names: of its columns; the same object for every row of a table.
        values: as many as names, unless `problem` says otherwise.
        problem: why it is no row of this list, as the end of a sentence.
        is_hidden: whether the workbook hides it.
        raw: the line itself, where it is more than its values.
    """

    number: int
    line: int | None
    names: tuple[str, ...]
    values: Sequence[str]
    problem: str | None = None
    is_hidden: bool = False
    raw: str = ""


class Reader(Protocol):
    """One kind of list."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """The columns that the header names; None where every row names its own."""

    def rows(self) -> Iterator[Row]:
        """Read the list from its first row, the header and empty rows left out.

        Raises:
            UsageError: the list cannot be read on.
        """

    def write(self, file: BinaryIO, rows: Iterable[tuple[Row, str]]) -> None:
        """Write some of its rows as they came, each with a reason, so that they can be mended.

        Args:
            file: to write to.
            rows: as `rows` read them, each with what is wrong with it.
        """
