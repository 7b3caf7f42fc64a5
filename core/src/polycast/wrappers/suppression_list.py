"""A list of addresses that must not be written to."""

import os
from collections.abc import Sequence

import attrs

from polycast.concurrency.forking import ProcessLock
from polycast.errors import UsageError
from polycast.model.validators import to_strings
from polycast.plugins.hookspecs import hookimpl
from polycast.recipients.addresses import read_addresses
from polycast.recipients.numbers import NotAnAddress, Numbers
from polycast.recipients.seen import Seen

__all__ = ["SuppressionList"]


@attrs.define(eq=False, kw_only=True)
class SuppressionList:
    """Refuses to send to the addresses on a list.

    A message to one of them is refused with `Suppressed`; a broadcast leaves them out, and their
    receipts say why. The list is read once, when the client is connected; each of its rows must be
    a valid address, so that none is missed. A campaign asks when it
    is planned, and not again when it goes on. Who is in a group that the provider keeps is not
    known here: a group is one address.

    Args:
        file: a list in any form that `read_recipients` takes, e.g. one address a line.
        addresses: addresses, as strings; both may be given.
        region: the country of numbers without a country code, two letters; needs the extra
            `numbers`.

    Raises:
        UsageError: there is no list, it cannot be read, or a row of it is no address.
    """

    file: str | os.PathLike[str] | None = None
    addresses: Sequence[str] = attrs.field(default=(), converter=to_strings)
    region: str | None = None
    _listed: tuple[Seen, ...] = attrs.field(init=False)
    _numbers: Numbers = attrs.field(init=False)
    _lock: ProcessLock = attrs.field(factory=ProcessLock, init=False)

    def __attrs_post_init__(self) -> None:
        if self.file is None and not self.addresses:
            raise UsageError("A suppression list needs a file, or addresses.")
        self._numbers = Numbers(self.region)
        self._listed = (
            read_addresses(self.file, self._numbers),
            read_addresses(tuple(self.addresses), self._numbers),
        )

    @hookimpl
    def suppression_reason(self, to: str) -> str | None:
        """Refuse a listed address."""
        written = self._normalised(to)
        # A long list is in a database, and all threads share its connection.
        with self._lock:
            listed = any(written in addresses for addresses in self._listed)
        return "the address is on the suppression list" if listed else None

    def _normalised(self, to: str) -> str:
        try:
            return self._numbers.address(to)
        except NotAnAddress:
            return to
