"""A file of bad rows: as the list has them, each with its reason, to be mended and sent."""

import os
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from polycast.errors import UsageError
from polycast.recipients.bad_rows import BadRow
from polycast.recipients.cells import escaped
from polycast.recipients.readers import Reader, Row
from polycast.recipients.tables import with_reasons
from polycast.recipients.workbooks import Workbook, needed

__all__ = ["write_rows"]

_WORKBOOK = ".xlsx"


def write_rows(
    path: str | os.PathLike[str],
    name: str,
    reader: Reader,
    rows: Iterable[tuple[Row, BadRow]],
) -> int:
    """Write bad rows to a file, and return how many they are.

    Args:
        path: to write to; it is replaced.
        name: of the list, as it was given.
        reader: of the list.
        rows: of the list, with what is wrong with each.

    Raises:
        UsageError: the file is the list itself, or cannot be written.
    """
    target = Path(path)
    written = 0

    def counted() -> Iterator[tuple[Row, str]]:
        nonlocal written
        for row, bad in rows:
            written += 1
            yield row, f"row {bad.row}: {bad.reason}"

    try:
        if target.exists() and Path(name).exists() and target.samefile(name):
            raise UsageError(f"{target} is the list itself: name another file for its bad rows.")
        if target.suffix.lower() == _WORKBOOK and reader.names is not None:
            title = reader.sheet if isinstance(reader, Workbook) else "Rows"
            _write_workbook(target, title, with_reasons(reader.names, counted()))
        else:
            with target.open("wb") as file:
                reader.write(file, counted())
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    return written


def _write_workbook(path: Path, title: str, rows: Iterable[Iterable[str]]) -> None:
    """Write rows as XLSX, every cell as text: no spreadsheet makes numbers of it."""
    make = needed(str(path), "openpyxl", lambda: import_module("openpyxl").Workbook)
    cell_of = import_module("openpyxl.cell").WriteOnlyCell
    book = make(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        cells = []
        for value in row:
            cell = cell_of(sheet, escaped(value))
            cell.data_type = "s"
            cell.number_format = "@"
            cells.append(cell)
        sheet.append(cells)
    book.save(path)
