"""Workbooks: XLSX through openpyxl, XLS through xlrd, imported only when one is read.

A workbook gives values, not what its formats show: 12.5 formatted as "12.50 EUR" is `12.5`.
"""

import codecs
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, BinaryIO

from polycast.errors import UsageError
from polycast.recipients.cells import UNCOMPUTED, name_of, unescaped, written
from polycast.recipients.columns import HEADER_WITHIN
from polycast.recipients.options import ReadingOptions
from polycast.recipients.readers import Row
from polycast.recipients.sheets import Note, read_notes
from polycast.recipients.sources import Encoding, Source
from polycast.recipients.tables import Dialect, fitted, header_names, write_csv

__all__ = ["Workbook", "Xls", "Xlsx", "needed"]

#: A row's number, its values as text, and whether it is hidden.
_Filled = tuple[int, list[str], bool]


class Workbook:
    """One sheet of a workbook; the first row with a column of addresses names the columns."""

    def __init__(self, source: Source, options: ReadingOptions) -> None:
        """Choose the sheet, and read its header.

        Raises:
            UsageError: it is no workbook, what reads it is not installed, the sheet is not
                there, or several hold something and none was named.
        """
        self._source = source
        self.sheet = self._chosen(options)
        rows = []
        for number, values, _ in self._filled(self.sheet):
            rows.append((number, [name_of(value) for value in values]))
            if len(rows) == HEADER_WITHIN:
                break
        place = options.columns.header_place([names for _, names in rows])
        self._header, header = rows[place or 0] if rows else (1, [])
        while header and not header[-1]:
            header.pop()
        self.names = header_names(source.name, header)

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header."""
        names = self.names
        width = len(names)
        for number, values, is_hidden in self._filled(self.sheet):
            if number > self._header:
                # A sheet ends each row where its last value is.
                values += [""] * (width - len(values))
                yield fitted(number, None, names, values, is_hidden)

    def write(self, file: BinaryIO, rows: Iterable[tuple[Row, str]]) -> None:
        """Write rows as CSV that a spreadsheet program opens."""
        dialect = Dialect(",", "", 1, has_address=True)
        write_csv(file, Encoding("utf-8", codecs.BOM_UTF8), dialect, self.names, rows)

    def _chosen(self, options: ReadingOptions) -> str:
        """Return the title of the sheet that was named, or of the only visible one with values."""
        name = self._source.name
        sheets = self._sheets()
        if options.sheet is not None:
            for title in sheets:
                if title.casefold() == options.sheet.strip().casefold():
                    return title
            listed = ", ".join(map(repr, sheets))
            raise UsageError(f"{name} has no sheet {options.sheet!r}; it has {listed}.")
        filled = [title for title in sheets if next(self._filled(title), None) is not None]
        visible = [title for title in filled if sheets[title]]
        if len(visible) == 1:
            return visible[0]
        if not filled:
            raise UsageError(f"{name} is empty: its first row names the columns, one of them 'to'.")
        option = options.advise("sheet", (visible or filled)[0])
        advice = f"say which, e.g. {option}" if option else "keep one that is not hidden"
        kind = "several sheets" if visible else "only hidden sheets"
        listed = ", ".join(map(repr, visible or filled))
        raise UsageError(f"{name} has {kind}, {listed}: {advice}.")

    def _filled(self, sheet: str) -> Iterator[_Filled]:
        """Yield the rows that hold anything."""
        for number, (values, is_hidden) in enumerate(self._values(sheet), start=1):
            if any(value.strip() for value in values):
                yield number, values, is_hidden

    def _sheets(self) -> dict[str, bool]:
        """Return the titles of the sheets, and whether each is visible."""
        raise NotImplementedError

    def _values(self, sheet: str) -> Iterator[tuple[list[str], bool]]:
        """Yield every row of a sheet: its values, and whether it is hidden."""
        raise NotImplementedError


class Xlsx(Workbook):
    """XLSX and XLSM. Rows are streamed; the texts that they share are held by openpyxl."""

    def __init__(self, source: Source, options: ReadingOptions) -> None:
        """Open it; see `Workbook`."""
        _check_archive(source)
        self._load = needed(
            source.name, "openpyxl", lambda: import_module("openpyxl").load_workbook
        )
        super().__init__(source, options)

    def _sheets(self) -> dict[str, bool]:
        with self._source.open() as file:
            book = self._book(file)
            try:
                return {each.title: each.sheet_state == "visible" for each in book.worksheets}
            finally:
                book.close()

    def _values(self, sheet: str) -> Iterator[tuple[list[str], bool]]:
        with self._source.open() as file:
            book = self._book(file)
            try:
                table = book[sheet]
                # What the file says of its size is wrong in many that programs write.
                table.reset_dimensions()
                with table._get_source() as xml:  # noqa: SLF001 - nothing public gives it
                    notes = read_notes(xml)
                    note = next(notes, None)
                    for number, row in enumerate(table.iter_rows(values_only=True), start=1):
                        while note is not None and note.number < number:
                            note = next(notes, None)
                        is_noted = note is not None and note.number == number
                        yield _row(row, note if is_noted else None)
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


def _row(row: Sequence[Any], note: Note | None) -> tuple[list[str], bool]:
    values = [unescaped(value) if isinstance(value, str) else written(value) for value in row]
    if note is None:
        return values, False
    for place in note.uncomputed:
        if place < len(values):
            values[place] = UNCOMPUTED
    return values, note.is_hidden


def _check_archive(source: Source) -> None:
    """Refuse what is a ZIP archive, as XLSX is, and something else.

    Raises:
        UsageError: what it is, and what to do.
    """
    try:
        with source.open() as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise UsageError(f"{source.name} cannot be read as XLSX: {error}.") from None
    if "xl/workbook.bin" in names:
        kind = "XLSB"
    elif "content.xml" in names:
        kind = "OpenDocument (ODS)"
    elif "Index/Document.iwa" in names or "index.apxl" in names:
        kind = "Numbers"
    elif "[Content_Types].xml" in names:
        return
    else:
        raise UsageError(f"{source.name} is a ZIP archive, and no workbook: unpack it first.")
    raise UsageError(f"{source.name} is in the format {kind}: save it as XLSX or CSV.")


class Xls(Workbook):
    """XLS, the format of Excel before 2007: at most 65,536 rows, which xlrd holds in memory."""

    def __init__(self, source: Source, options: ReadingOptions) -> None:
        """Open it; see `Workbook`."""
        self._xlrd = needed(source.name, "xlrd", lambda: import_module("xlrd"))
        with source.open() as file:
            content = file.read()
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UsageError(
                f"{source.name} is protected by a password: save it without one, as XLSX or CSV."
            )
        try:
            # With its formats: they tell hidden rows, and times from lengths of time.
            self._book = self._xlrd.open_workbook(
                file_contents=content,
                formatting_info=True,
                logfile=io.StringIO(),  # otherwise it prints to standard output
            )
        except Exception as error:  # whatever a parser says of a damaged file
            raise UsageError(f"{source.name} cannot be read as XLS: {error}.") from error
        super().__init__(source, options)

    def _sheets(self) -> dict[str, bool]:
        return {each.name: each.visibility == 0 for each in self._book.sheets()}

    def _values(self, sheet: str) -> Iterator[tuple[list[str], bool]]:
        table = self._book.sheet_by_name(sheet)
        for row in range(table.nrows):
            info = table.rowinfo_map.get(row)
            is_hidden = info is not None and bool(info.hidden)
            yield [self._written(cell) for cell in table.row(row)], is_hidden

    def _written(self, cell: Any) -> str:
        xlrd = self._xlrd
        value = cell.value
        if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return ""
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(value, "#VALUE!"))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return written(bool(value))
        if cell.ctype == xlrd.XL_CELL_DATE:
            try:
                return written(self._moment(cell))
            except (OverflowError, ValueError):
                return "#VALUE!"  # what a spreadsheet shows of a date before or after all dates
        return written(value)

    def _moment(self, cell: Any) -> Any:
        """Return what a number with the format of a date says: a date, a time or both."""
        days = dt.timedelta(days=cell.value)
        style = self._book.format_map.get(self._book.xf_list[cell.xf_index].format_key)
        if style is not None and "[h" in style.format_str.lower():
            return days
        if 0 <= cell.value < 1:
            return (dt.datetime(1900, 1, 1) + days).time()  # noqa: DTZ001 - of no zone
        return self._xlrd.xldate_as_datetime(cell.value, self._book.datemode)


def needed(name: str, package: str, load: Callable[[], Any]) -> Any:
    """Return what a package for workbooks offers.

    Args:
        name: of the workbook, for the sentence.
        package: which one.
        load: imports it.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return load()
    except ImportError:
        raise UsageError(
            f"{name} is a workbook, which needs {package}: pip install 'polycast[excel]'."
        ) from None
