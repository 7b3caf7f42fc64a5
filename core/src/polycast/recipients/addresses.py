"""A list of addresses alone, such as a suppression list."""

from collections.abc import Iterable

from polycast.errors import UsageError
from polycast.recipients.advice import nowhere
from polycast.recipients.cells import BadValue, cleaned
from polycast.recipients.columns import Columns
from polycast.recipients.formats import choose_reader
from polycast.recipients.numbers import NotAnAddress, Numbers
from polycast.recipients.options import ReadingOptions
from polycast.recipients.seen import Seen
from polycast.recipients.sources import Readable, open_source

__all__ = ["read_addresses"]


def read_addresses(listed: Readable | Iterable[str] | None, numbers: Numbers) -> Seen:
    """Read a suppression list.

    Args:
        listed: a path or an open file, in any of the forms of a list of recipients, or Python
            strings.
        numbers: how its numbers are written.

    Raises:
        UsageError: it cannot be read, or one of its rows is no address.
    """
    addresses = Seen()
    if listed is None:
        return addresses
    if isinstance(listed, list | tuple | set | frozenset):
        for place, written in enumerate(listed, start=1):
            try:
                addresses.add([(numbers.address(written), place, 0)])
            except NotAnAddress as error:
                raise UsageError(f"The suppression list, entry {place}: {error}.") from None
        return addresses
    source = open_source(listed)  # type: ignore[arg-type]  # no other iterable is offered
    # A hidden row is somebody who must not be sent to, too.
    columns = Columns(advise=nowhere)
    reader = choose_reader(source, ReadingOptions(columns=columns, advise=nowhere))
    for row in reader.rows():
        try:
            if row.problem is not None:
                raise NotAnAddress(row.problem)
            layout = columns.layout(source.name, row.names)
            written = cleaned(row.values)[layout.to]
            addresses.add([(numbers.address(written), row.number, 0)])
        except (NotAnAddress, BadValue) as error:
            raise UsageError(
                f"{source.name}, row {row.number}: {error}. A suppression list must be right in "
                "every row."
            ) from None
    return addresses
