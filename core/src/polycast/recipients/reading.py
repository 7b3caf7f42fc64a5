"""Opens a list: what `read_recipients` does, and the command line with options of its own."""

from typing import Literal

from polycast.errors import UsageError
from polycast.recipients.addresses import read_addresses
from polycast.recipients.formats import choose_reader
from polycast.recipients.numbers import Numbers
from polycast.recipients.options import ReadingOptions
from polycast.recipients.sources import Readable, open_source
from polycast.recipients.stream import Recipients

__all__ = ["SuppressedAddresses", "read_list"]

SuppressedAddresses = Readable | list[str] | tuple[str, ...] | frozenset[str] | set[str] | None


def read_list(
    source: Readable,
    options: ReadingOptions,
    *,
    region: str | None = None,
    suppressed: SuppressedAddresses = None,
    bad_rows: Literal["stop", "skip"] = "stop",
    repeats: Literal["refuse", "allow"] = "refuse",
) -> Recipients:
    """Read a list of recipients; see `read_recipients`.

    Args:
        source: a path, `"-"` for standard input, or an open file.
        options: what the list is like.
        region: the country of numbers without a country code.
        suppressed: addresses that are not to be sent to.
        bad_rows: what happens to a list in which rows have defects.
        repeats: whether an address may come again with other values.

    Raises:
        UsageError: the list cannot be opened, or its header is no header.
    """
    if bad_rows not in ("stop", "skip"):
        raise UsageError(f"bad_rows is 'stop' or 'skip', not {bad_rows!r}.")
    if repeats not in ("refuse", "allow"):
        raise UsageError(f"repeats is 'refuse' or 'allow', not {repeats!r}.")
    numbers = Numbers(region, options.advise)
    taken = open_source(source)
    reader = choose_reader(taken, options)
    listed = read_addresses(suppressed, numbers)
    layout = None if reader.names is None else options.columns.layout(taken.name, reader.names)
    return Recipients(
        taken.name, bad_rows, repeats, reader, options, layout, numbers, taken.signature, listed
    )
