"""Lists that are text in rows: CSV with any delimiter, and one address a line."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import IO

from polycast.errors import UsageError
from polycast.recipients.readers import Row
from polycast.recipients.sources import Source

__all__ = ["DELIMITERS", "Lines", "Table", "find_delimiter", "first_row"]

#: Tried in this order; the header tells which one a file uses.
DELIMITERS = (",", ";", "\t", "|")
#: Encodings, as `Source.encoding` names them, in which nobody can write half of a surrogate pair.
_WHOLE = ("utf-8", "utf-8-sig", "ascii")


class Table:
    """CSV: the first row that holds anything names the columns."""

    def __init__(self, source: Source, encoding: str, delimiter: str) -> None:
        """Read the header.

        Raises:
            UsageError: there is none, or it names a column twice.
        """
        self._source = source
        self._encoding = encoding
        self._delimiter = delimiter
        self.is_whole = encoding in _WHOLE
        with source.text(encoding) as file:
            self.names = header_names(source.name, next(self._cells(file), (0, 0, []))[2])

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header."""
        names = self.names
        width = len(names)
        make = tuple.__new__  # a third of the time that `Row()` takes
        with self._source.text(self._encoding) as file:
            cells = self._cells(file)
            next(cells)
            for number, line, values in cells:
                if len(values) == width:
                    yield make(Row, (number, line, names, values, None))
                else:
                    yield fitted(number, line, names, values)

    def _cells(self, file: IO[str]) -> Iterator[tuple[int, int, list[str]]]:
        """Yield the rows that hold anything: number, first line, values."""
        # Strict: a quote that never closes would otherwise swallow the rest of the list in silence.
        reader = csv.reader(
            file, delimiter=self._delimiter, skipinitialspace=self._delimiter != " ", strict=True
        )
        number = line = 0
        try:
            for values in reader:
                number += 1
                begun, line = line + 1, reader.line_num
                # Nearly always the first cell holds something.
                if (values and values[0].strip()) or "".join(values).strip():
                    yield number, begun, values
        except csv.Error as error:
            at = "" if number == line else f" (line {line + 1})"
            raise UsageError(
                f"{self._source.name}, row {number + 1}{at}: it cannot be read as CSV ({error}): "
                "look at its quotes."
            ) from None


class Lines:
    """One address a line, and nothing else."""

    def __init__(self, source: Source, encoding: str) -> None:
        """Nothing is read: there is no header."""
        self._source = source
        self._encoding = encoding
        self.is_whole = encoding in _WHOLE
        self.names = ("to",)

    def rows(self) -> Iterator[Row]:
        """Read the lines that are not blank."""
        with self._source.text(self._encoding) as file:
            for number, line in enumerate(file, start=1):
                address = line.strip()
                if address:
                    yield Row(number, number, self.names, (address,))


def header_names(name: str, header: list[str]) -> tuple[str, ...]:
    """Return the names of the columns, blanks removed.

    Raises:
        UsageError: there are none, or two are the same.
    """
    columns = tuple(cell.strip() for cell in header)
    if not any(columns):
        raise UsageError(f"{name} is empty: its first row names the columns, one of them 'to'.")
    twice = next((column for column in columns if column and columns.count(column) > 1), None)
    if twice is not None:
        raise UsageError(f"{name} has two columns named {twice!r}.")
    return columns


def fitted(
    number: int, line: int | None, names: tuple[str, ...], values: list[str | None] | list[str]
) -> Row:
    """Return a row that does not have as many values as there are columns."""
    width = len(names)
    if len(values) < width:
        return Row(number, line, names, values, f"it ends before the column {names[len(values)]!r}")
    if any((value or "").strip() for value in values[width:]):
        detail = f"it has {len(values)} values for {width} columns"
        return Row(number, line, names, values, detail)
    return Row(number, line, names, values[:width])


def first_row(head: str, delimiter: str) -> list[str]:
    """Return the first row that holds anything, as this delimiter divides it."""
    reader = csv.reader(
        io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " "
    )
    try:
        return next((row for row in reader if "".join(row).strip()), [])
    except csv.Error:
        return []


def find_delimiter(head: str, has_address: Callable[[list[str]], bool]) -> str:
    """Return what separates the columns: by it, the header has a column of addresses.

    A statistical guess (`csv.Sniffer`) is misled by commas inside names and texts.
    """

    def fit(delimiter: str) -> tuple[bool, int]:
        header = [cell.strip() for cell in first_row(head, delimiter)]
        return (has_address(header), len(header))

    return max(DELIMITERS, key=fit)
