"""Lists of recipients: CSV, workbooks, JSON Lines, plain lists; read row by row."""

from collections.abc import Mapping
from typing import Literal

from polycast.recipients.bad_rows import BadRow, BadRows, Check, Problem
from polycast.recipients.columns import Columns
from polycast.recipients.options import Form, HiddenRows, ReadingOptions
from polycast.recipients.reading import SuppressedAddresses, read_list
from polycast.recipients.sources import Readable
from polycast.recipients.stream import Recipients

__all__ = ["BadRow", "BadRows", "Check", "Problem", "Recipients", "read_recipients"]


def read_recipients(
    source: Readable,
    *,
    form: Form | None = None,
    region: str | None = None,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    hidden_rows: HiddenRows | None = None,
    suppressed: SuppressedAddresses = None,
    bad_rows: Literal["stop", "skip"] = "stop",
    repeats: Literal["refuse", "allow"] = "refuse",
) -> Recipients:
    """Read a list of recipients: only its header now, its rows whenever it is iterated.

    The first row names the columns. `to` is required; `text` and `reference` are those of
    `Recipient`, and an empty cell leaves them out; every other column is a variable::

        to,name,table
        +380961234501,Olena,4
        +380961234502,"Kovalenko, Andrii",12

    CSV may be separated by commas, semicolons, tabs or bars, and the header (or Excel's line
    `sep=;`) tells which; values may be quoted, and then hold separators, line breaks and doubled
    quotes. Titles above the header and empty rows are passed over. Blanks around a value are no
    part of it. A workbook's only filled sheet is read as such a table. In JSON Lines each line is
    an object, its keys the columns. A plain list has one address a line, no header.

    Where no column is named `to` (in any case), one named like "Phone" or "Номер телефона" is
    taken if there is only one. Two that may be meant are an error: `columns` decides.

    Numbers become E.164; what has one reading is repaired, the rest is refused with the row's
    number. Where `phonenumbers` is installed (the extra `numbers`), it judges each number. Rows
    with an address that an earlier row has are left out if they are the same in everything, and
    bad if they are not. Rows on the suppression list are left out.

    Args:
        source: a path, `"-"` for standard input, or an open file, which is read at once.
        form: `"csv"`, `"lines"`, `"jsonl"`, `"xlsx"` or `"xls"`; by default the content tells.
        region: the country of numbers without a country code, two letters, e.g. `"UA"`; needs
            the extra `numbers`. Without it such numbers are refused.
        columns: our name to the list's, e.g. `{"to": "Mobile 2", "name": "First name"}`.
        delimiter: what separates the columns of CSV, one character.
        encoding: of text, e.g. `"windows-1251"`; by default UTF-8, or what a byte order mark
            says.
        sheet: of a workbook with several.
        hidden_rows: what happens to rows that a filter or somebody has hidden in a workbook:
            `"skip"` leaves them out, `"send"` takes them as the others. Without it they are bad
            rows. Hidden columns are read as the others are.
        suppressed: addresses that are not to be sent to: a list in any of these forms, or
            Python strings. It is read with the same region, and an address in it that cannot
            be read is an error: somebody would be sent to who must not be.
        bad_rows: what happens to a list in which rows have defects: `"stop"` raises before the
            first recipient comes out, `"skip"` goes on without them (`check` says how many).
        repeats: whether an address may come again with other values, `"allow"`, as where one
            person has two appointments. A row that is the same in everything never may.

    Returns:
        The recipients, in the order of the list.

    Raises:
        UsageError: the list cannot be opened, or its header is no header.
    """
    named = Columns(columns)
    options = ReadingOptions(form, named, delimiter, encoding, sheet, hidden_rows)
    return read_list(
        source,
        options,
        region=region,
        suppressed=suppressed,
        bad_rows=bad_rows,
        repeats=repeats,
    )
