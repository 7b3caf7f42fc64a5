"""The suppression list of a ledger: addresses that must not be written to."""

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import IO

import attrs
from sqlalchemy import func, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import aware
from polycast.campaign.export import safe_cell, writing
from polycast.campaign.store import Store
from polycast.errors import UsageError
from polycast.model.validators import check_aware, check_optional, check_type
from polycast.plugins.hookspecs import hookimpl
from polycast.recipients.numbers import NotAnAddress, Numbers
from polycast.recipients.seen import Seen

__all__ = ["Suppression", "Suppressions"]

#: Entries that are read or written at a time.
_PAGE = 500
_s = schema.suppressions.c
_COLUMNS = ("to", "reason", "added_at")


@attrs.frozen
class Suppression:
    """An address that must not be written to.

    Args:
        to: the address, e.g. `"+380961111111"`; a phone number in E.164.
        reason: why, e.g. the words of a reply.
        added_at: since when; with its time zone.
    """

    to: str
    reason: str | None = attrs.field(default=None, validator=check_optional)
    added_at: datetime | None = attrs.field(default=None, validator=check_aware)


class Suppressions:
    """The suppression list of a ledger.

    All that this ledger sends leaves them out: single messages, and campaigns, when they are
    planned and whenever they go on; what was submitted before stays as it is.
    `connect(..., wrappers=[ledger.suppressions])` does the same for what is sent without a ledger.
    Who is in a group that the provider keeps is not known here: a group is one address.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = Numbers()

    def add(
        self,
        addresses: str | Suppression | Iterable[str | Suppression],
        *,
        reason: str | None = None,
        region: str | None = None,
    ) -> int:
        """Add addresses; what is on the list already keeps its moment and its reason.

        Args:
            addresses: one or more.
            reason: why, for those that do not say it themselves.
            region: the country of numbers without a country code, two letters; needs the extra
                `numbers`.

        Returns:
            How many were not on the list.

        Raises:
            UsageError: one of them is no address; none is added.
        """
        given = [addresses] if isinstance(addresses, str | Suppression) else addresses
        numbers = Numbers(region)
        now = datetime.now(UTC)
        rows: dict[str, dict[str, object]] = {}
        for place, each in enumerate(given, start=1):
            entry = each if isinstance(each, Suppression) else Suppression(each)
            to = _address(numbers, entry.to, place)
            row = {"address": to, "reason": entry.reason or reason}
            rows.setdefault(to, {**row, "added_at": entry.added_at or now, "noted_at": now})
        new = 0
        with self._store.write() as connection:
            for page in _pages(list(rows)):
                present = set(
                    connection.scalars(select(_s.address).where(_s.address.in_(page))).all()
                )
                missing = [rows[to] for to in page if to not in present]
                if missing:
                    connection.execute(schema.suppressions.insert(), missing)
                new += len(missing)
        return new

    def remove(self, addresses: str | Iterable[str], *, region: str | None = None) -> int:
        """Remove addresses; they may be written to again.

        Returns:
            How many were on the list.

        Raises:
            UsageError: one of them is no address; none is removed.
        """
        numbers = Numbers(region)
        given = [addresses] if isinstance(addresses, str) else addresses
        wanted = [_address(numbers, each, place) for place, each in enumerate(given, start=1)]
        removed = 0
        with self._store.write() as connection:
            for page in _pages(wanted):
                table = schema.suppressions
                removed += connection.execute(table.delete().where(_s.address.in_(page))).rowcount
        return removed

    def __len__(self) -> int:
        with self._store.read() as connection:
            counted = connection.scalar(select(func.count()).select_from(schema.suppressions))
        return counted or 0

    def __iter__(self) -> Iterator[Suppression]:
        """Yield all entries, by address."""
        after = ""
        while True:
            wanted = select(schema.suppressions).where(_s.address > after)
            with self._store.read() as connection:
                rows = connection.execute(wanted.order_by(_s.address).limit(_PAGE)).all()
            for row in rows:
                yield Suppression(row.address, row.reason, aware(row.added_at))
            if len(rows) < _PAGE:
                return
            after = rows[-1].address

    def __contains__(self, to: str) -> bool:
        return self.find(to) is not None

    def find(self, to: str) -> Suppression | None:
        """Return the entry of an address; None if it may be written to."""
        check_type("to", to, str, "an address")
        written = _spelling(self._numbers, to)
        with self._store.read() as connection:
            row = connection.execute(
                select(schema.suppressions).where(_s.address == schema.keepable(written))
            ).one_or_none()
        return None if row is None else Suppression(row.address, row.reason, aware(row.added_at))

    def write_csv(self, path: str | os.PathLike[str] | IO[str]) -> int:
        """Write the list as CSV (UTF-8), with the columns `to`, `reason` and `added_at`.

        Spreadsheets and terminals run nothing of it, as of `Campaign.write_csv`.

        Returns:
            How many entries it has.
        """
        count = 0
        with writing(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            for count, each in enumerate(self, start=1):  # noqa: B007 - returned
                at = each.added_at and each.added_at.isoformat()
                writer.writerow(map(safe_cell, (each.to, each.reason, at)))
        return count

    @hookimpl
    def suppression_reason(self, to: str) -> str | None:
        """Refuse a listed address."""
        found = self.find(to)
        if found is None:
            return None
        since = f"{found.added_at:%Y-%m-%d}" if found.added_at else "an unknown day"
        because = f": {found.reason}" if found.reason else ""
        return f"the address is on the suppression list since {since}{because}"

    def newest(self) -> datetime | None:
        """Return when the last entry was written; None if there is none."""
        with self._store.read() as connection:
            return aware(connection.scalar(select(func.max(_s.noted_at))))

    def rule(self) -> Callable[[str], str | None] | None:
        """Return the same as `suppression_reason`, for many addresses; None if there is no entry.

        The list is read once: of a million recipients, few are asked about in the database.
        """
        listed, numbers = Seen(), self._numbers
        place = 0
        for place, entry in enumerate(self, start=1):
            listed.add([(entry.to, place, 0)])
        if not place:
            return None
        return lambda to: self.suppression_reason(to) if _spelling(numbers, to) in listed else None


def _address(numbers: Numbers, written: object, place: int) -> str:
    check_type("an entry of the suppression list", written, str, "an address")
    try:
        return numbers.address(str(written))
    except NotAnAddress as error:
        raise UsageError(f"The suppression list, entry {place}: {error}.") from None


def _spelling(numbers: Numbers, to: str) -> str:
    """Return an address as the list has it."""
    try:
        return numbers.address(to)
    except NotAnAddress:
        return to


def _pages(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _PAGE):
        yield values[start : start + _PAGE]
