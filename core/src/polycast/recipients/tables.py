"""Lists that are text in rows: CSV with any delimiter, and one address a line."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from typing import IO, Any, BinaryIO, NamedTuple

import attrs

from polycast.errors import UsageError
from polycast.recipients.advice import Advise
from polycast.recipients.cells import name_of
from polycast.recipients.columns import HEADER_WITHIN, REASON
from polycast.recipients.options import ReadingOptions
from polycast.recipients.readers import Row
from polycast.recipients.sources import Encoding, Source

__all__ = [
    "DELIMITERS",
    "Dialect",
    "Lines",
    "Table",
    "TextFile",
    "find_dialect",
    "fitted",
    "header_names",
    "with_reasons",
    "write_csv",
]

#: Tried in this order; the header tells which one a file uses.
DELIMITERS = (",", ";", "\t", "|")
#: The line by which Excel tells itself the delimiter. Excel does not count it as a row.
_SEPARATOR_LINE = re.compile(r'"?sep=([^\r\n"])"?[,;\t| ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)


@attrs.frozen
class TextFile:
    """A list that is text, in its encoding."""

    source: Source
    encoding: Encoding
    _advise: Advise = attrs.field(repr=False)

    @property
    def name(self) -> str:
        """The list's name, for sentences."""
        return self.source.name

    def open(self) -> AbstractContextManager[IO[str]]:
        """Open it from its first character, with its line ends as they are."""
        return self.source.text(self.encoding, self._advise)


class Dialect(NamedTuple):
    """How a table is written.

    Args:
        delimiter: between two values.
        separator_line: `sep=;` with its line end, where it begins the file.
        header: the number of the row that names the columns.
        has_address: whether one of them may hold the addresses.
    """

    delimiter: str
    separator_line: str
    header: int
    has_address: bool


class Table:
    """CSV: the first row that has a column of addresses names the columns."""

    def __init__(self, file: TextFile, dialect: Dialect) -> None:
        """Read the header.

        Raises:
            UsageError: there is none, or it names a column twice.
        """
        self._file = file
        self._dialect = dialect
        with file.open() as text:
            self.names = header_names(file.name, next(self._cells(text), (0, 0, []))[2])

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header."""
        names = self.names
        width = len(names)
        make = tuple.__new__  # a third of the time that `Row()` takes
        with self._file.open() as text:
            cells = self._cells(text)
            next(cells)
            for number, line, values in cells:
                if len(values) == width:
                    yield make(Row, (number, line, names, values, None, False, ""))
                else:
                    yield fitted(number, line, names, values)

    def write(self, file: BinaryIO, rows: Iterable[tuple[Row, str]]) -> None:
        """Write rows in the encoding and with the delimiter that they came with."""
        write_csv(file, self._file.encoding, self._dialect, self.names, rows)

    def _cells(self, file: IO[str]) -> Iterator[tuple[int, int, list[str]]]:
        """Yield the header and the rows below it that hold anything: number, line, values."""
        delimiter, separator_line, header, _ = self._dialect
        above = 0
        if separator_line:
            file.read(len(separator_line))
            above = 1
        reader = _reader(file, delimiter, strict=True)
        number, line = 0, above
        try:
            for values in reader:
                number += 1
                begun, line = line + 1, above + reader.line_num
                # Nearly always the first cell holds something.
                if number >= header and ((values and values[0].strip()) or "".join(values).strip()):
                    yield number, begun, values
        except csv.Error as error:
            at = "" if number == line else f" (line {line + 1})"
            raise UsageError(
                f"{self._file.name}, row {number + 1}{at}: it cannot be read as CSV ({error}): "
                "look at its quotes."
            ) from None


class Lines:
    """One address a line, and nothing else."""

    def __init__(self, file: TextFile) -> None:
        """Nothing is read: there is no header."""
        self._file = file
        self.names = ("to",)

    def rows(self) -> Iterator[Row]:
        """Read the lines that are not blank."""
        with self._file.open() as text:
            for number, line in enumerate(text, start=1):
                address = line.strip()
                if address:
                    yield Row(number, number, self.names, (address,))

    def write(self, file: BinaryIO, rows: Iterable[tuple[Row, str]]) -> None:
        """Write rows as a table, which has room for the reasons."""
        write_csv(file, self._file.encoding, Dialect("\t", "", 1, True), self.names, rows)


def header_names(name: str, header: list[str]) -> tuple[str, ...]:
    """Return the names of the columns, each in one line.

    Raises:
        UsageError: there are none, or two are the same.
    """
    columns = tuple(map(name_of, header))
    if not any(columns):
        raise UsageError(f"{name} is empty: its first row names the columns, one of them 'to'.")
    twice = next((column for column in columns if column and columns.count(column) > 1), None)
    if twice is not None:
        raise UsageError(f"{name} has two columns named {twice!r}: rename one.")
    return columns


def fitted(
    number: int,
    line: int | None,
    names: tuple[str, ...],
    values: list[str],
    is_hidden: bool = False,
) -> Row:
    """Return a row that does not have as many values as there are columns."""
    width = len(names)
    problem = None
    if len(values) < width:
        problem = f"it ends before the column {names[len(values)]!r}"
    elif any(value.strip() for value in values[width:]):
        problem = f"it has {len(values)} values for {width} columns"
    else:
        values = values[:width]
    return Row(number, line, names, values, problem, is_hidden)


def find_dialect(head: str, options: ReadingOptions) -> Dialect:
    """Return how a table is written: so that its header has a column of addresses.

    A statistical guess (`csv.Sniffer`) is misled by commas inside names and texts.
    """
    separator = _SEPARATOR_LINE.match(head)
    separator_line = separator[0] if separator is not None else ""
    delimiters: Iterable[str] = DELIMITERS
    if options.delimiter is not None:
        delimiters = (options.delimiter,)
    elif separator is not None:
        delimiters = (separator[1], *DELIMITERS)  # some programs write another one below it
    text = head[len(separator_line) :]

    def tried(delimiter: str) -> tuple[bool, int, bool, int, Dialect]:
        rows = _first_rows(text, delimiter)
        place = options.columns.header_place([names for _, names in rows])
        number, names = rows[place or 0] if rows else (1, [])
        width = len(names)
        # Rows that are as wide tell where commas within names are no delimiters.
        as_wide = 0
        if place is not None:
            as_wide = sum(len(each) == width for _, each in rows[place + 1 :])
        dialect = Dialect(delimiter, separator_line, number, place is not None)
        # Commas stand in names of columns as well; the others hardly ever do.
        is_sure = width > 1 and delimiter != ","
        return place is not None, as_wide, is_sure, width, dialect

    return max(map(tried, delimiters), key=lambda found: found[:-1])[-1]


def _first_rows(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the first rows that hold anything, with their numbers, blanks removed."""
    rows = []
    reader = enumerate(_reader(io.StringIO(text, newline=""), delimiter), start=1)
    try:
        for number, row in islice(reader, _LOOKED_AT):
            if "".join(row).strip():
                rows.append((number, [name_of(cell) for cell in row]))
            if len(rows) == HEADER_WITHIN:
                break
    except csv.Error:
        pass
    return rows


#: Rows, empty ones too, in which the header is looked for.
_LOOKED_AT = 1000


def _reader(file: Iterable[str], delimiter: str, *, strict: bool = False) -> Any:
    # Strict: a quote that never closes would otherwise swallow the rest of the list in silence.
    return csv.reader(file, delimiter=delimiter, skipinitialspace=delimiter != " ", strict=strict)


def write_csv(
    file: BinaryIO,
    encoding: Encoding,
    dialect: Dialect,
    names: tuple[str, ...],
    rows: Iterable[tuple[Row, str]],
) -> None:
    """Write a table of bad rows as the list is written."""
    file.write(encoding.mark)
    text = codecs.getwriter(encoding.codec)(file, "backslashreplace")
    text.write(dialect.separator_line)
    writer = csv.writer(text, delimiter=dialect.delimiter)
    writer.writerows(with_reasons(names, rows))


def with_reasons(names: tuple[str, ...], rows: Iterable[tuple[Row, str]]) -> Iterator[list[str]]:
    """Yield the header of a list and some of its rows, each with a reason before it.

    The reason comes first: a row with too few or too many values keeps that defect.
    """
    earlier = {place for place, name in enumerate(names) if name == REASON}
    yield [REASON, *(name for place, name in enumerate(names) if place not in earlier)]
    for row, reason in rows:
        yield [reason, *(value for place, value in enumerate(row.values) if place not in earlier)]
