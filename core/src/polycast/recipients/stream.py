"""The stream of recipients that a list is read as."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import NoneType
from typing import Literal

import attrs

from polycast.errors import UsageError
from polycast.model.messages import Broadcast, Recipient, checked_recipient
from polycast.model.templates import Template
from polycast.model.validators import check_type, check_whole_number
from polycast.recipients.bad_rows import (
    BadRow,
    BadRows,
    Check,
    NobodyLeft,
    Problem,
    shown,
)
from polycast.recipients.cells import BadValue, cleaned
from polycast.recipients.columns import Layout
from polycast.recipients.mending import write_rows
from polycast.recipients.notes import Notes
from polycast.recipients.numbers import NotAnAddress, Numbers
from polycast.recipients.options import ReadingOptions
from polycast.recipients.readers import Reader, Row
from polycast.recipients.seen import Earlier, Seen
from polycast.recipients.texts import TextRules

__all__ = ["Numbered", "Recipients"]

#: Rows left out that a check keeps; all of them can be read again.
_EXAMPLES = 100
#: Rows that are read ahead, so that repeated addresses are asked for together.
_CHUNK = 100
#: Of a hash: SQLite's integers have a sign.
_BITS = 0x7FFFFFFFFFFFFFFF


#: A row's number, and what it says.
Numbered = tuple[int, Recipient | BadRow]
#: What a row says; the row; the place of its address; and a hash of what else it says, in 63 bits.
_Understood = tuple[Recipient | BadRow, Row, int, int]


@attrs.define(eq=False)
class Recipients(Iterable[Recipient]):
    """A list of recipients: read row by row, as often as it is iterated, never held whole.

    Made by `read_recipients`, and given to `Broadcast` as it is. Before the first recipient
    comes out, the whole list is read once and checked; a list that has been checked and has
    not changed since is not checked again.

    Args:
        name: of the list, as it was given.
        bad_rows: `"stop"` or `"skip"`.
        repeats: `"refuse"` or `"allow"`.
    """

    name: str
    bad_rows: Literal["stop", "skip"]
    repeats: Literal["refuse", "allow"]
    _reader: Reader = attrs.field(repr=False)
    _options: ReadingOptions = attrs.field(repr=False)
    #: Of a list with a header.
    _layout: Layout | None = attrs.field(repr=False)
    _numbers: Numbers = attrs.field(repr=False)
    _signature: Callable[[], tuple[int, ...]] = attrs.field(repr=False)
    _suppressed: Seen = attrs.field(repr=False)
    _rules: TextRules = attrs.field(factory=TextRules, repr=False)
    _checked: tuple[tuple[int, ...], Check] | None = attrs.field(default=None, repr=False)
    #: Rows that the provider's own check refuses, and why.
    _refused: dict[int, str] = attrs.field(factory=dict, repr=False)

    @property
    def columns(self) -> Mapping[str, str] | None:
        """Our names to the list's columns, `to` first; None where every row has its own."""
        names, layout = self._reader.names, self._layout
        if names is None or layout is None:
            return None
        fields = {"to": layout.to, "text": layout.text, "reference": layout.reference}
        meanings = {field: names[place] for field, place in fields.items() if place is not None}
        return meanings | {variable: names[place] for variable, place in layout.variables}

    def validated_for(
        self,
        text: str | Broadcast | None,
        *,
        max_characters: int | None = None,
        max_segments: int | None = None,
        allow_empty: bool = False,
    ) -> "Recipients":
        """Return the same list, whose rows must fit a text as well.

        Args:
            text: the template, or the broadcast that holds it.
            max_characters: of the text with its variables filled in, or of a row's own.
            max_segments: how many SMS it may take, see `polycast.model.segments`.
            allow_empty: take an empty value for a variable that the text needs. Without it,
                nobody gets "Dear !".

        Raises:
            UsageError: the text is not a template, or needs a variable that is no column.
        """
        if isinstance(text, Broadcast):
            allow_empty = allow_empty or text.allow_empty
            text = text.text
        check_type("text", text, (str, NoneType), "a string or a Broadcast")
        for name, most in (("max_characters", max_characters), ("max_segments", max_segments)):
            if most is not None:
                check_whole_number(name, most)
        template = None if text is None else Template.parse(text)
        columns = self.columns
        if template is not None and columns is not None and "text" not in columns:
            missing = template.missing(columns)
            if missing:
                named = ", ".join("{" + name + "}" for name in missing)
                listed = ", ".join(map(repr, columns.values()))
                option = self._options.advise("columns", "COLUMN", missing[0])
                raise UsageError(
                    f"The text needs {named}, and {self.name} has no such column: it has {listed}. "
                    f"{option} says which one it is."
                )
        rules = TextRules(template, max_characters, max_segments, allow_empty)
        return attrs.evolve(self, rules=rules, checked=None, refused={})

    def refuse(self, row: int, reason: str) -> None:
        """Make a row a bad row: the provider refuses it.

        Args:
            row: its number.
            reason: why, as the end of a sentence that begins with the row.
        """
        self._refused[row] = reason
        self._checked = None

    def __iter__(self) -> Iterator[Recipient]:
        """Read the recipients, in the order of the list.

        Raises:
            BadRows: rows have defects, and `bad_rows` is `"stop"`; nothing was given out.
            UsageError: the list cannot be read to its end, or has no recipients.
        """
        self._refuse(self.check())
        return (row for row in self.rows() if isinstance(row, Recipient))

    def pages(self) -> Iterator[list[Numbered]]:
        """Read every row once, the bad ones too, each with its number, from 1, as a table counts.

        For those who write down who was left out as well, as a campaign does; by the page, for
        that is faster.

        Raises:
            BadRows: as iterating does, but after the last row.
            UsageError: as iterating does, but where the list cannot be read on.
        """
        signature = self._signature()
        good = 0
        counts: Counter[Problem] = Counter()
        examples: list[BadRow] = []
        notes = Notes()
        for page in self._pages(notes):
            bad = [found for _, found in page if isinstance(found, BadRow)]
            good += len(page) - len(bad)
            for each in bad:
                counts[each.problem] += 1
                # A list may have more duplicates than examples, and defects must be among them.
                if counts[each.problem] <= _EXAMPLES:
                    examples.append(each)
            yield page
        rows = good + counts.total()
        check = Check(
            self.name,
            rows,
            good,
            dict(counts),
            tuple(examples),
            notes.sentences(self._rules.template),
            self._bad,
            self._write_bad_rows,
        )
        self._checked = signature, check
        self._refuse(check)

    def check(self) -> Check:
        """Read the whole list, and return what is wrong with it; nothing is raised for rows.

        A list that was read to its end, and has not changed since, is not read again.

        Raises:
            UsageError: the list cannot be read to its end.
        """
        if self._checked is not None and self._checked[0] == self._signature():
            return self._checked[1]
        before = self._checked
        try:
            for _ in self.pages():
                pass
        except UsageError:
            # What is wrong with rows is in the check; without a new one it could not be read.
            if self._checked is before:
                raise
        assert self._checked is not None
        return self._checked[1]

    def _refuse(self, check: Check) -> None:
        if check.bad and self.bad_rows == "stop":
            raise BadRows(check)
        if not check.rows:
            raise UsageError(f"{self.name} has a header, and no recipients below it.")
        if not check.good:
            raise NobodyLeft(check)

    def _bad(self) -> Iterator[BadRow]:
        return (row for row in self.rows() if isinstance(row, BadRow))

    def _write_bad_rows(self, path: str | os.PathLike[str]) -> int:
        rows = (
            (row, found)
            for row, found in zip(self._reader.rows(), self.rows(), strict=True)
            if isinstance(found, BadRow) and found.problem.is_mendable
        )
        return write_rows(path, self.name, self._reader, rows)

    def rows(self) -> Iterator[Recipient | BadRow]:
        """Read the list once, each row as a recipient or as what is wrong with it.

        This is for those who write everything down before they send anything, and need no
        check of their own: what is read here is read unconditionally.

        Raises:
            UsageError: the list cannot be read on.
        """
        return (found for page in self._pages(Notes()) for _, found in page)

    def _pages(self, notes: Notes) -> Iterator[list[Numbered]]:
        seen = Seen()
        rows = self._understood(notes)
        while chunk := list(islice(rows, _CHUNK)):
            earlier = seen.add(
                [
                    (self._key(found, content), row.number, content)
                    for found, row, _, content in chunk
                    if isinstance(found, Recipient)
                ]
            )
            if len(earlier) == len(chunk) == earlier.count(None):
                yield [(row.number, found) for found, row, _, _ in chunk]
                continue
            before = iter(earlier)
            yield [
                (
                    row.number,
                    _repeated(found, row, column, content, first)
                    if isinstance(found, Recipient) and (first := next(before)) is not None
                    else found,
                )
                for found, row, column, content in chunk
            ]

    def _key(self, recipient: Recipient, content: int) -> str:
        """Return what no two rows may share."""
        return recipient.to if self.repeats == "refuse" else f"{content} {recipient.to}"

    def _understood(self, notes: Notes) -> Iterator[_Understood]:
        """Yield what each row says."""
        layouts: dict[tuple[str, ...], Layout] = {}
        names, layout = self._reader.names, self._layout
        is_table = layout is not None
        columns = self._options.columns
        # Asked for every row otherwise, and there is mostly none.
        suppressed = self._suppressed or None
        variables = {name for name, _ in layout.variables} if layout is not None else set()
        notes.variables |= variables
        for row in self._reader.rows():
            if row.problem is not None:
                yield _bad(row, Problem.SHAPE, row.problem), row, 0, 0
                continue
            if layout is None or row.names is not names:
                try:
                    layout = layouts.get(row.names) or columns.layout(
                        self.name, row.names, is_header=False
                    )
                except UsageError as error:
                    yield _bad(row, Problem.SHAPE, _clause(self.name, error)), row, 0, 0
                    continue
                names = row.names
                variables = {name for name, _ in layout.variables}
                notes.variables |= variables
                if len(layouts) < _EXAMPLES:
                    layouts[names] = layout
            values = row.values
            if layout.reason is not None:
                values = [*values]
                values[layout.reason] = ""
            try:
                values = cleaned(values)
            except BadValue as error:
                reason = f"{row.names[error.place]!r} {error}"
                yield _bad(row, Problem.VALUE, reason, error.place), row, 0, 0
                continue
            found = self._recipient(row, values, layout, suppressed)
            if self._refused and row.number in self._refused and isinstance(found, Recipient):
                reason = self._refused[row.number]
                found = BadRow(row.number, Problem.REFUSED, reason, line=row.line, to=found.to)
            content = 0
            if isinstance(found, Recipient):
                notes.hidden += row.is_hidden
                if found.text is not None and "{" in found.text:
                    notes.own_text(row.number, found.text, variables)
                if not is_table:
                    content = hash((found.text, found.reference, *found.variables.items()))
                elif found.to == values[layout.to]:
                    # The same for the same row, and nothing need be put together for it.
                    content = hash(tuple(values))
                else:
                    content = hash((*values[: layout.to], found.to, *values[layout.to + 1 :]))
            yield found, row, layout.to, content & _BITS

    def _recipient(
        self, row: Row, values: Sequence[str], layout: Layout, suppressed: Seen | None
    ) -> Recipient | BadRow:
        for place in layout.nameless:
            if values[place]:
                reason = "it has a value in a column without a name"
                return _bad(row, Problem.SHAPE, reason, place)
        if row.is_hidden and self._options.hidden_rows != "send":
            return self._hidden(row)
        try:
            to = self._numbers.address(values[layout.to])
        except NotAnAddress as error:
            return _bad(row, Problem.ADDRESS, str(error), layout.to)
        variables = {name: values[place] for name, place in layout.variables}
        text = None if layout.text is None else values[layout.text] or None
        reference = None if layout.reference is None else values[layout.reference] or None
        if to.startswith("+"):
            recipient = checked_recipient(to, variables, text, reference)
        else:
            try:
                recipient = Recipient(to, variables, text, reference)
            except UsageError as error:
                return _bad(row, Problem.VALUE, _clause(self.name, error))
        if suppressed is not None and to in suppressed:
            reason = f"{shown(to)} is on the suppression list"
            return _bad(row, Problem.SUPPRESSED, reason, layout.to, to)
        fault = self._rules.fault(variables, text)
        if fault is not None:
            problem, reason, column = fault
            return BadRow(row.number, problem, reason, column, line=row.line, to=to)
        return recipient

    def _hidden(self, row: Row) -> BadRow:
        if self._options.hidden_rows == "skip":
            return _bad(row, Problem.HIDDEN, "it is hidden in the workbook")
        skip, send = (self._options.advise("hidden_rows", each) for each in ("skip", "send"))
        reason = (
            f"it is hidden in the workbook, as by a filter: {skip} leaves such rows out, {send} "
            "sends to them"
        )
        return _bad(row, Problem.UNDECIDED, reason)


def _bad(
    row: Row, problem: Problem, reason: str, column: int | None = None, to: str | None = None
) -> BadRow:
    if column is None:
        return BadRow(row.number, problem, reason, line=row.line)
    value = shown(row.values[column])
    return BadRow(row.number, problem, reason, row.names[column], value, row.line, to)


def _repeated(
    recipient: Recipient, row: Row, column: int, content: int, earlier: Earlier
) -> BadRow:
    reason = f"{shown(recipient.to)} stands in row {earlier.row} already"
    if earlier.content == content:
        return _bad(row, Problem.DUPLICATE, reason, column, recipient.to)
    return _bad(row, Problem.CONFLICT, f"{reason}, with other values", column, recipient.to)


def _clause(name: str, error: UsageError) -> str:
    """Return an error as the end of a sentence that begins with the list and the row."""
    return str(error).removeprefix(f"{name} ").removesuffix(".")
