"""Lists of recipients: a CSV file whose header names the columns."""

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from polycast.errors import UsageError
from polycast.model import Recipient

__all__ = ["read_recipients"]

#: Tried in this order; the header tells which one a file uses.
_DELIMITERS = (",", ";", "\t")
#: Columns that are fields of `Recipient`; every other column is a variable.
_FIELDS = ("to", "text", "reference")
#: Bad rows that one error tells of.
_TOLD = 10


def read_recipients(source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> Iterable[Recipient]:
    """Read a list of recipients from CSV: all of it is checked before any of it is returned.

    The first row names the columns. `to` is required; `text` and `reference` are those of
    `Recipient`, and an empty cell leaves them out; every other column is a variable::

        to,name,table
        +380961234501,Olena,4
        +380961234502,"Kovalenko, Andrii",12

    Columns are separated by commas, semicolons or tabs; the header tells which. Values may be
    quoted, and then hold separators, line breaks and doubled quotes; blanks before an unquoted
    value do not belong to it. Empty rows are passed over.

    Args:
        source: a path, `"-"` for standard input, or an open file. UTF-8, with or without a
            byte order mark.

    Returns:
        The recipients, in the order of the file.

    Raises:
        UsageError: naming the file, and the row as a spreadsheet counts it. When several rows
            are wrong it tells of the first, and its notes of the others.
    """
    name, text = _read(source)
    rows = _rows(name, text, _delimiter(text))
    columns = _columns(name, rows)
    recipients: list[Recipient] = []
    problems: list[str] = []
    for number, row in rows:
        try:
            recipients.append(_recipient(columns, row))
        except UsageError as error:
            problems.append(f"{name}, row {number}: {error}")
    if problems:
        failure = UsageError(problems[0])
        for problem in problems[1:_TOLD]:
            failure.add_note(problem)
        if len(problems) > _TOLD:
            failure.add_note(f"{len(problems) - _TOLD} more rows are wrong.")
        raise failure
    if not recipients:
        raise UsageError(f"{name} has a header, and no recipients below it.")
    return recipients


def _read(source: str | os.PathLike[str] | IO[str] | IO[bytes]) -> tuple[str, str]:
    """Return a name for errors, and the whole text."""
    try:
        if isinstance(source, str | os.PathLike):
            if source == "-":
                name, content = "standard input", sys.stdin.buffer.read()
            else:
                name = os.fspath(source)
                with open(name, "rb") as file:  # noqa: PTH123 - the name shows as it was given
                    content = file.read()
        else:
            name, content = str(getattr(source, "name", "the list")), source.read()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
    if isinstance(content, str):
        return name, content.removeprefix("\ufeff")
    try:
        return name, content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {error.start + 1}): save the list as CSV in UTF-8."
        ) from None


def _delimiter(text: str) -> str:
    """Return what separates the columns: by it, the header has a column `to`.

    A statistical guess (`csv.Sniffer`) is misled by commas inside names and texts.
    """

    def fit(delimiter: str) -> tuple[bool, int]:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
        )
        try:
            header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        except csv.Error:
            return (False, 0)
        return ("to" in [cell.strip() for cell in header], len(header))

    return max(_DELIMITERS, key=fit)


def _rows(name: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, numbered as a spreadsheet numbers them."""
    # Strict: a quote that never closes would otherwise swallow the rest of the list in silence.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    number = 0
    try:
        for row in reader:
            number += 1
            if any(cell.strip() for cell in row):
                yield number, row
    except csv.Error as error:
        raise UsageError(
            f"{name}, row {number + 1}: it cannot be read as CSV ({error}): look at its quotes."
        ) from None


def _columns(name: str, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    header = next(rows, None)
    if header is None:
        raise UsageError(f"{name} is empty: its first row names the columns, one of them 'to'.")
    columns = [cell.strip() for cell in header[1]]
    named = [column for column in columns if column]
    if "to" not in named:
        found = ", ".join(map(repr, named))
        raise UsageError(
            f"{name} has no column 'to': its first row names the columns, and reads "
            f"{found if len(found) <= 200 else found[:199] + '…'}."
        )
    twice = next((column for column in named if named.count(column) > 1), None)
    if twice is not None:
        raise UsageError(f"{name} has two columns named {twice!r}.")
    return columns


def _recipient(columns: list[str], row: list[str]) -> Recipient:
    if len(row) < len(columns):
        raise UsageError(f"it ends before the column {columns[len(row)]!r}.")
    if any(cell.strip() for cell in row[len(columns) :]):
        raise UsageError(f"it has {len(row)} values for {len(columns)} columns.")
    nameless = [cell for column, cell in zip(columns, row, strict=False) if not column]
    if any(cell.strip() for cell in nameless):
        raise UsageError("it has a value in a column without a name.")
    cells = {column: cell for column, cell in zip(columns, row, strict=False) if column}
    return Recipient(
        cells["to"].strip(),
        variables={name: cell for name, cell in cells.items() if name not in _FIELDS},
        text=cells.get("text") or None,
        reference=cells.get("reference") or None,
    )
