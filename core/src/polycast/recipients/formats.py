"""What kind of list it is: what the caller says, else what the content shows."""

import codecs
import re
from typing import Literal, get_args

from polycast.errors import UsageError
from polycast.recipients.columns import Columns
from polycast.recipients.json_lines import JsonLines
from polycast.recipients.readers import Reader
from polycast.recipients.sources import Source
from polycast.recipients.tables import DELIMITERS, Lines, Table, find_delimiter, first_row
from polycast.recipients.workbooks import Xls, Xlsx

__all__ = ["Form", "choose_reader"]

Form = Literal["csv", "lines", "jsonl", "xlsx", "xls"]

#: A ZIP archive, and an OLE2 container.
_XLSX = b"PK\x03\x04"
_XLS = b"\xd0\xcf\x11\xe0"


def choose_reader(
    source: Source,
    columns: Columns,
    form: Form | None,
    delimiter: str | None,
    encoding: str | None,
    sheet: str | None,
) -> Reader:
    """Return what reads a list.

    Raises:
        UsageError: an argument makes no sense for such a list, or its header is none.
    """
    if form is not None and form not in get_args(Form):
        raise UsageError(f"form is one of {', '.join(map(repr, get_args(Form)))}, not {form!r}.")
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise UsageError(f"The delimiter is one character, not {delimiter!r}.")
    form = form or _workbook(source.head)
    if form in ("xlsx", "xls"):
        return Xlsx(source, sheet) if form == "xlsx" else Xls(source, sheet)
    if sheet is not None:
        raise UsageError(f"{source.name} is no workbook: it has no sheet {sheet!r}.")
    name = source.encoding(encoding)
    head = _head(source, name)
    form = form or _text(head, columns, delimiter)
    if form == "jsonl":
        return JsonLines(source, name)
    if form == "lines":
        return Lines(source, name)
    return Table(source, name, delimiter or find_delimiter(head, columns.has_address))


def _workbook(head: bytes) -> Form | None:
    if head.startswith(_XLSX):
        return "xlsx"
    return "xls" if head.startswith(_XLS) else None


def _head(source: Source, encoding: str) -> str:
    """Return the beginning of the text."""
    # What follows a wrong byte is not needed here; reading on will name the byte.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(source.head).removeprefix("\ufeff")


def _text(head: str, columns: Columns, delimiter: str | None) -> Form:
    first = next((line for line in head.splitlines() if line.strip()), "").strip()
    if first.startswith("{"):
        return "jsonl"
    if delimiter is not None:
        return "csv"
    header = [cell.strip() for cell in first_row(head, find_delimiter(head, columns.has_address))]
    if columns.has_address(header) or not _is_address(first):
        return "csv"
    return "lines"


def _is_address(line: str) -> bool:
    """Whether a line is an address and can be no header: digits, or a scheme and a value."""
    if _SCHEME(line):
        return True
    if any(delimiter in line for delimiter in DELIMITERS):
        return False
    digits = sum(map(str.isdecimal, line))
    return digits >= _DIGITS and not any(map(str.isalpha, line.upper().replace("E+", "")))


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,;|]+\Z").match
#: A line with fewer may be anything.
_DIGITS = 5
