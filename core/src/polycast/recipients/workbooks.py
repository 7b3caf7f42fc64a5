"""Workbooks: XLSX through openpyxl, XLS through xlrd, imported only when one is read.

A workbook gives values, not what its formats show: 12.5 formatted as "12.50 EUR" is `12.5`.
"""

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from polycast.errors import UsageError
from polycast.recipients.readers import Row
from polycast.recipients.sources import Source
from polycast.recipients.tables import fitted, header_names

__all__ = ["Workbook", "Xls", "Xlsx"]

#: A spreadsheet keeps this many digits of a number; the others it has made zeros.
_DIGITS = 15


class Workbook:
    """One sheet of a workbook; the first row that holds anything names the columns."""

    is_whole = False

    def __init__(self, source: Source, sheet: str | None) -> None:
        """Choose the sheet, and read its header.

        Raises:
            UsageError: it is no workbook, what reads it is not installed, the sheet is not
                there, or several hold something and none was named.
        """
        self._source = source
        self._sheet = self._chosen(sheet)
        header = next(self._filled(self._sheet), (0, []))[1]
        while header and not header[-1]:
            header.pop()
        self.names = header_names(source.name, [cell or "" for cell in header])

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header."""
        names = self.names
        width = len(names)
        filled = self._filled(self._sheet)
        next(filled)
        for number, values in filled:
            problem = next((value for value in values if isinstance(value, _Broken)), None)
            if problem is not None:
                yield Row(number, None, names, (), f"it holds {problem}")
                continue
            # A sheet ends each row where its last value is.
            values += [None] * (width - len(values))
            yield fitted(number, None, names, values)

    def _chosen(self, sheet: str | None) -> str:
        names = self._sheets()
        if sheet is not None:
            if sheet not in names:
                listed = ", ".join(map(repr, names))
                raise UsageError(f"{self._source.name} has no sheet {sheet!r}; it has {listed}.")
            return sheet
        filled = [name for name in names if next(self._filled(name), None) is not None]
        if not filled:
            raise UsageError(
                f"{self._source.name} is empty: its first row names the columns, one of them 'to'."
            )
        if len(filled) > 1:
            listed = ", ".join(map(repr, filled))
            raise UsageError(f"{self._source.name} has several sheets, {listed}: name one.")
        return filled[0]

    def _filled(self, sheet: str) -> Iterator[tuple[int, list[str | None]]]:
        for number, values in enumerate(self._values(sheet), start=1):
            cells = [self._written(value) for value in values]
            if any(cell and cell.strip() for cell in cells):
                yield number, cells

    def _sheets(self) -> list[str]:
        raise NotImplementedError

    def _values(self, sheet: str) -> Iterator[Sequence[Any]]:
        raise NotImplementedError

    def _written(self, value: Any) -> str | None:
        return written(value)


class _Broken(str):
    """What a formula left that failed, or a number that is no longer whole."""


def written(value: Any) -> str | None:
    """Return the value of a cell as text; None for an empty one."""
    if value is None or isinstance(value, str):
        return _Broken(f"the error {value}") if value in _ERRORS else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 10**_DIGITS
        return str(int(value)) if whole else repr(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


_ERRORS = frozenset(("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"))


class Xlsx(Workbook):
    """XLSX and XLSM. Rows are streamed; the texts that they share are held by openpyxl."""

    def __init__(self, source: Source, sheet: str | None) -> None:
        """Open it; see `Workbook`."""
        self._load = _needed(
            source.name, "openpyxl", lambda: import_module("openpyxl").load_workbook
        )
        super().__init__(source, sheet)

    def _sheets(self) -> list[str]:
        with self._source.open() as file:
            book = self._book(file)
            try:
                return [each.title for each in book.worksheets if each.sheet_state == "visible"]
            finally:
                book.close()

    def _values(self, sheet: str) -> Iterator[Sequence[Any]]:
        with self._source.open() as file:
            book = self._book(file)
            try:
                table = book[sheet]
                # What the file says of its size is wrong in many that programs write.
                table.reset_dimensions()
                yield from table.iter_rows(values_only=True)
            except UsageError:
                raise
            except Exception as error:  # whatever a parser says of a damaged file
                raise self._damaged(error) from error
            finally:
                book.close()

    def _book(self, file: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # on styles and validation, which nobody asked for
                return self._load(file, read_only=True, data_only=True)
        except Exception as error:  # whatever a parser says of a damaged file
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> UsageError:
        return UsageError(f"{self._source.name} cannot be read as XLSX: {error}.")


class Xls(Workbook):
    """XLS, the format of Excel before 2007: at most 65,536 rows, which xlrd holds in memory."""

    def __init__(self, source: Source, sheet: str | None) -> None:
        """Open it; see `Workbook`."""
        self._xlrd = _needed(source.name, "xlrd", lambda: import_module("xlrd"))
        with source.open() as file:
            content = file.read()
        try:
            self._book = self._xlrd.open_workbook(file_contents=content)
        except Exception as error:  # whatever a parser says of a damaged file
            raise UsageError(f"{source.name} cannot be read as XLS: {error}.") from error
        super().__init__(source, sheet)

    def _sheets(self) -> list[str]:
        return [each.name for each in self._book.sheets() if each.visibility == 0]

    def _values(self, sheet: str) -> Iterator[Sequence[Any]]:
        table = self._book.sheet_by_name(sheet)
        for row in range(table.nrows):
            yield table.row(row)

    def _written(self, value: Any) -> str | None:
        xlrd = self._xlrd
        if value.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        if value.ctype == xlrd.XL_CELL_ERROR:
            return _Broken(f"the error {xlrd.error_text_from_code.get(value.value, 'in it')}")
        if value.ctype == xlrd.XL_CELL_BOOLEAN:
            return written(bool(value.value))
        if value.ctype == xlrd.XL_CELL_DATE:
            return written(xlrd.xldate_as_datetime(value.value, self._book.datemode))
        return written(value.value)


def _needed(name: str, package: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except ImportError:
        raise UsageError(
            f"{name} is a workbook: {package} reads it; pip install 'polycast[excel]'."
        ) from None
