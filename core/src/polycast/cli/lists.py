"""Lists of recipients on the command line: how they are read, and what is said of them."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from polycast.cli.screen import counted
from polycast.cli.session import Session
from polycast.errors import UsageError
from polycast.recipients import Recipients
from polycast.recipients.columns import Columns
from polycast.recipients.options import HiddenRows, ReadingOptions
from polycast.recipients.reading import read_list

__all__ = [
    "BadRowsFile",
    "Column",
    "Delimiter",
    "Encoding",
    "Hidden",
    "ListFile",
    "ListText",
    "Region",
    "Sheet",
    "Suppress",
    "noting_bad_rows",
    "open_addresses",
    "open_list",
]

ListFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="A list with a column 'to': CSV, XLSX, XLS, JSON Lines; or one number a line. "
        "Other columns are variables. '-' reads standard input.",
    ),
]
ListText = Annotated[
    str | None,
    typer.Option("--text", "-t", help="What to say; {name} is filled in from the column 'name'."),
]
Region = Annotated[
    str | None,
    typer.Option("--region", metavar="UA", help="The country of numbers without its code."),
]
Suppress = Annotated[
    str | None,
    typer.Option("--suppress", metavar="FILE", help="A list of addresses to leave out this time."),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Of a text list that is not UTF-8: windows-1251, cp866, koi8-r, ...",
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHAR",
        help="Between the columns of CSV, or 'tab'; by default the header tells.",
    ),
]
Sheet = Annotated[
    str | None, typer.Option("--sheet", metavar="TITLE", help="Of a workbook with several.")
]
Column = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=COLUMN",
        help="Which column is what: to=Mobile, name='First Name'; may be repeated.",
    ),
]
Hidden = Annotated[
    HiddenRows | None,
    typer.Option(
        "--hidden-rows",
        metavar="skip|send",
        help="Leave out, or send to, the rows that a filter hides in a workbook.",
    ),
]
BadRowsFile = Annotated[
    Path | None,
    typer.Option(
        "--bad-rows",
        metavar="FILE",
        help="Write the bad rows here with their reasons, to be mended and sent.",
    ),
]


def open_list(
    file: str,
    *,
    region: str | None,
    suppress: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    column: list[str] | None,
    hidden_rows: HiddenRows | None,
    skip_bad_rows: bool = False,
) -> Recipients:
    """Return the list that the options describe; its sentences advise options.

    Raises:
        UsageError: it cannot be opened, its header is no header, or an option has no such value.
    """
    columns = {}
    for each in column or ():
        ours, equals, theirs = each.partition("=")
        if not (ours and equals and theirs):
            raise UsageError(f"--column {each!r} is not NAME=COLUMN: write it as to=Mobile.")
        if ours in columns:
            raise UsageError(f"--column names {ours!r} twice.")
        columns[ours] = theirs
    options = ReadingOptions(
        columns=Columns(columns, _advise),
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter),
        encoding=encoding,
        sheet=sheet,
        hidden_rows=hidden_rows,
        advise=_advise,
    )
    return read_list(
        file,
        options,
        region=region,
        suppressed=suppress,
        bad_rows="skip" if skip_bad_rows else "stop",
    )


def open_addresses(file: str, region: str | None) -> Recipients:
    """Return a list of addresses alone, for whose reading `--region` is the only option.

    Hidden rows are read, too, and an address may come again.
    """

    def advise(option: str, value: str, ours: str | None = None) -> str | None:
        return _advise(option, value, ours) if option == "region" else None

    options = ReadingOptions(columns=Columns(advise=advise), hidden_rows="send", advise=advise)
    return read_list(file, options, region=region, repeats="allow")


def _advise(option: str, value: str, ours: str | None = None) -> str | None:
    """Write an option of the command line."""
    name = {"columns": "column"}.get(option, option).replace("_", "-")
    return f"--{name} {shlex.quote(value if ours is None else f'{ours}={value}')}"


@contextmanager
def noting_bad_rows(session: Session, people: Recipients, path: Path | None) -> Iterator[None]:
    """Write the bad rows to a file, if one is named.

    Args:
        session: of this command.
        people: the list.
        path: the file; it is written even if the list was refused.
    """
    refusal: UsageError | None = None
    try:
        yield
    except UsageError as error:
        refusal = error
    if path is not None:
        written = people.check().write_bad_rows(path)
        session.screen.aside(f"Written to {path}: {counted(written, 'row')}.")
    if refusal is not None:
        raise refusal
