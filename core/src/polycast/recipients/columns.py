"""Which column is what: `to`, `reference` and `text`; every other one is a variable."""

from collections.abc import Mapping, Sequence

import attrs

from polycast.errors import UsageError

__all__ = ["Columns", "Layout"]

#: Columns that are fields of `Recipient`; every other column is a variable.
FIELDS = ("to", "text", "reference")
#: What people call a column of addresses, with everything but letters removed. One of these is
#: taken for `to` where there is no `to`, and only if there is no second.
_ALIASES = frozenset(
    (
        *("phone", "phonenumber", "phoneno", "telephone", "telephonenumber", "tel"),
        *("mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "msisdn"),
        *("recipient", "телефон", "номертелефона", "номертелефону", "мобильный", "мобільний"),
    )
)


@attrs.frozen
class Layout:
    """The place of each field and variable in a row.

    Args:
        to, text, reference: places; the last two None where there is no such column.
        variables: names with their places.
        nameless: the places of columns without a name.
    """

    to: int
    text: int | None
    reference: int | None
    variables: tuple[tuple[str, int], ...]
    nameless: tuple[int, ...]


class Columns:
    """Finds the layout of a list from the names of its columns.

    Args:
        named: our name to the column's: `{"to": "Mobile 2", "name": "First name"}`.

    Raises:
        UsageError: two of our names are given to one column.
    """

    def __init__(self, named: Mapping[str, str] | None = None) -> None:
        """Remember what the caller named."""
        self._named = dict(named or {})
        columns = list(self._named.values())
        twice = next((each for each in columns if columns.count(each) > 1), None)
        if twice is not None:
            raise UsageError(f"columns names the column {twice!r} twice.")

    def has_address(self, names: Sequence[str]) -> bool:
        """Whether a header may have a column of addresses, be it one too many."""
        if "to" in self._named:
            return self._named["to"] in names
        return any(_matches("to", name) or _bare(name) in _ALIASES for name in names)

    def layout(self, name: str, names: Sequence[str]) -> Layout:
        """Find what each column is.

        Args:
            name: of the list, for errors.
            names: of its columns; "" for one without.

        Raises:
            UsageError: a column that is needed or was named is missing, or two may be meant.
        """
        for column in self._named.values():
            if column not in names:
                raise UsageError(f"{name} has no column {column!r}; it has {_listed(names)}.")
        fields = {field: self._field(name, field, names) for field in FIELDS}
        if fields["to"] is None:
            fields["to"] = self._alias(name, names, [v for v in fields.values() if v is not None])
        ours = {column: mine for mine, column in self._named.items()}
        taken = set(fields.values())
        variables = tuple(
            (ours.get(column, column), place)
            for place, column in enumerate(names)
            if column and place not in taken
        )
        plain = [variable for variable, _ in variables]
        twice = next((each for each in plain if plain.count(each) > 1), None)
        if twice is not None:
            raise UsageError(
                f"{name} has two columns for {twice!r}: one of its own, and one named."
            )
        nameless = tuple(place for place, column in enumerate(names) if not column)
        to = fields["to"]
        assert to is not None
        return Layout(to, fields["text"], fields["reference"], variables, nameless)

    def _field(self, name: str, field: str, names: Sequence[str]) -> int | None:
        if field in self._named:
            return names.index(self._named[field])
        others = self._named.values()
        found = [p for p, each in enumerate(names) if _matches(field, each) and each not in others]
        return _only(name, field, names, found)

    def _alias(self, name: str, names: Sequence[str], taken: Sequence[int]) -> int:
        others = self._named.values()
        found = [
            place
            for place, each in enumerate(names)
            if _bare(each) in _ALIASES and each not in others and place not in taken
        ]
        place = _only(name, "to", names, found)
        if place is None:
            raise UsageError(
                f"{name} has no column 'to': its first row names the columns, and reads "
                f"{_listed(names)}."
            )
        return place


def _matches(field: str, name: str) -> bool:
    return name.casefold() == field


def _bare(name: str) -> str:
    return "".join(filter(str.isalpha, name.casefold()))


def _only(name: str, field: str, names: Sequence[str], found: Sequence[int]) -> int | None:
    if len(found) > 1:
        listed = " and ".join(repr(names[place]) for place in found)
        raise UsageError(
            f"{name} has the columns {listed}, and each may be {field!r}: say which, "
            f"e.g. columns={{{field!r}: {names[found[0]]!r}}}."
        )
    return found[0] if found else None


def _listed(names: Sequence[str]) -> str:
    found = ", ".join(repr(name) for name in names if name)
    return found if len(found) <= 200 else found[:199] + "…"
