"""Which column is what: `to`, `reference` and `text`; every other one is a variable."""

import re
from collections.abc import Mapping, Sequence

import attrs

from polycast.errors import UsageError
from polycast.recipients.advice import Advise, in_python
from polycast.recipients.cells import name_of
from polycast.recipients.headers import Likeness, likeness

__all__ = ["FIELDS", "HEADER_WITHIN", "REASON", "Columns", "Layout"]

#: Columns that are fields of `Recipient`; every other column is a variable.
FIELDS = ("to", "text", "reference")
#: The column in which a file of bad rows gives the reason of each. It is no variable.
REASON = "polycast_reason"
#: Rows at the beginning of a table in which its header is looked for, below titles.
HEADER_WITHIN = 20


@attrs.frozen
class Layout:
    """The place of each field and variable in a row.

    Args:
        to, text, reference: places; the last two None where there is no such column.
        variables: names with their places.
        nameless: the places of columns without a name.
        reason: the place of the reasons in a file of bad rows; they are passed over.
    """

    to: int
    text: int | None
    reference: int | None
    variables: tuple[tuple[str, int], ...]
    nameless: tuple[int, ...]
    reason: int | None


class Columns:
    """Finds the layout of a list from the names of its columns.

    Args:
        named: our name to the column's: `{"to": "Mobile 2", "name": "First name"}`.
        advise: how a sentence names the option for it.

    Raises:
        UsageError: two of our names are given to one column.
    """

    def __init__(self, named: Mapping[str, str] | None = None, advise: Advise = in_python) -> None:
        """Remember what the caller named."""
        self.advise = advise
        self._named = {ours: name_of(column) for ours, column in (named or {}).items()}
        columns = list(self._named.values())
        twice = next((each for each in columns if columns.count(each) > 1), None)
        if twice is not None:
            raise UsageError(f"The column {twice!r} is named twice: each has one name.")

    def has_address(self, names: Sequence[str]) -> bool:
        """Whether a header may have a column of addresses, be it one too many."""
        if "to" in self._named:
            return self._named["to"] in names
        return any(_matches("to", name) or likeness(name) for name in names)

    def header_place(self, rows: Sequence[Sequence[str]]) -> int | None:
        """Return which of the first rows is the header; None if none has a column of addresses.

        Above it there may be titles, but no phone numbers.

        Args:
            rows: the first that hold anything, each the names that it would give.
        """
        for place, names in enumerate(rows[:HEADER_WITHIN]):
            if self.has_address(names):
                return place
            if any(map(_may_be_number, names)):
                return None
        return None

    def layout(self, name: str, names: Sequence[str], *, is_header: bool = True) -> Layout:
        """Find what each column is.

        Args:
            name: of the list, for errors.
            names: of its columns; "" for one without.
            is_header: whether a row names the columns, and not each row its own.

        Raises:
            UsageError: a column that is needed or was named is missing, or two may be meant.
        """
        for column in self._named.values():
            if column not in names:
                raise UsageError(f"{name} has no column {column!r}; it has {_listed(names)}.")
        fields = {field: self._field(name, field, names) for field in FIELDS}
        if fields["to"] is None:
            taken = [place for place in fields.values() if place is not None]
            fields["to"] = self._alias(name, names, taken, is_header)
        ours = {column: mine for mine, column in self._named.items()}
        occupied = set(fields.values())
        variables = tuple(
            (ours.get(column, column), place)
            for place, column in enumerate(names)
            if column and place not in occupied and column != REASON
        )
        plain = [variable for variable, _ in variables]
        twice = next((each for each in plain if plain.count(each) > 1), None)
        if twice is not None:
            raise UsageError(
                f"{name} has two columns for {twice!r}: one of its own, and one named."
            )
        nameless = tuple(place for place, column in enumerate(names) if not column)
        reason = names.index(REASON) if REASON in names else None
        to = fields["to"]
        assert to is not None
        return Layout(to, fields["text"], fields["reference"], variables, nameless, reason)

    def _field(self, name: str, field: str, names: Sequence[str]) -> int | None:
        if field in self._named:
            return names.index(self._named[field])
        others = self._named.values()
        found = [p for p, each in enumerate(names) if _matches(field, each) and each not in others]
        return self._only(name, field, names, found)

    def _alias(self, name: str, names: Sequence[str], taken: Sequence[int], is_header: bool) -> int:
        others = self._named.values()
        like = {
            place: likeness(each)
            for place, each in enumerate(names)
            if each not in others and place not in taken
        }
        # A number may be of anything beside a phone number.
        most = max(like.values(), default=Likeness.NONE)
        found = [place for place, each in like.items() if each and each == most]
        place = self._only(name, "to", names, found)
        if place is None:
            option = self.advise("columns", "COLUMN", "to")
            advice = f". Say which one holds the addresses: {option}." if option else "."
            if any(map(_may_be_number, names)):
                advice = ". Write the names in a row above it."
            where = "its first row names the columns, and reads" if is_header else "it has"
            raise UsageError(f"{name} has no column 'to': {where} {_listed(names)}{advice}")
        return place

    def _only(
        self, name: str, field: str, names: Sequence[str], found: Sequence[int]
    ) -> int | None:
        if len(found) > 1:
            listed = " and ".join(repr(names[place]) for place in found)
            option = self.advise("columns", names[found[0]], field)
            raise UsageError(
                f"{name} has the columns {listed}, and each may be {field!r}: "
                + (f"say which, e.g. {option}." if option else "rename one.")
            )
        return found[0] if found else None


def _matches(field: str, name: str) -> bool:
    return name.casefold() == field


def _may_be_number(value: str) -> bool:
    digits = sum(map(str.isdecimal, value))
    return digits >= _DIGITS and not any(map(str.isalpha, value)) and not _DATE(value)


#: A value with fewer is no phone number.
_DIGITS = 7
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}(?:[ T][\d:.]+)?\Z").match


def _listed(names: Sequence[str]) -> str:
    found = ", ".join(repr(name) for name in names if name)
    return (found if len(found) <= 200 else found[:199] + "…") or "no other"
