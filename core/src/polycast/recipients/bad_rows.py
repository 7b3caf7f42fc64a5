"""The defects of a list: bad rows, their counts, and the error for them."""

import os
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

import attrs

from polycast.errors import UsageError

__all__ = ["BadRow", "BadRows", "Check", "NobodyLeft", "Problem", "shown"]

#: Maximum number of bad rows in one error.
_TOLD = 10
#: Characters of a value that are shown.
_SHOWN = 60


class Problem(StrEnum):
    """What kind of thing is wrong with a row."""

    #: The row is not made as the others are: too few values, or too many, or no value to read.
    SHAPE = "shape"
    #: The address is none, or can be read in more than one way.
    ADDRESS = "address"
    #: A value of another column cannot be used.
    VALUE = "value"
    #: The text needs a variable that the row lacks.
    VARIABLE = "variable"
    #: The text, filled in, is longer than allowed.
    LENGTH = "length"
    #: The provider's own check refuses it.
    REFUSED = "refused"
    #: The same address stands in an earlier row, with other values.
    CONFLICT = "conflict"
    #: The same row stands in the list already.
    DUPLICATE = "duplicate"
    #: The address is on the suppression list.
    SUPPRESSED = "suppressed"
    #: The workbook hides the row, and the caller leaves such rows out.
    HIDDEN = "hidden"
    #: The workbook hides the row, and the caller has not said what happens to such rows.
    UNDECIDED = "undecided"

    @property
    def is_defect(self) -> bool:
        """Whether the row stops the list; the others are just left out."""
        return self not in (Problem.DUPLICATE, Problem.SUPPRESSED, Problem.HIDDEN)

    @property
    def is_mendable(self) -> bool:
        """Whether the row itself can be corrected; a hidden row needs a decision instead."""
        return self.is_defect and self is not Problem.UNDECIDED


@attrs.frozen
class BadRow:
    """A row of a list that nothing is sent to.

    Args:
        row: its number as a spreadsheet counts, the header being row 1.
        problem: the kind of thing that is wrong.
        reason: what is wrong, as the end of a sentence that begins with the row.
        column: the name of the column in the list, where it is about one.
        value: what stands there, cut to a length and with everything invisible escaped.
        line: where the row begins as an editor counts lines; None in a workbook. It is not
            the row's number when values above hold line breaks.
        to: the row's address as it would have been sent to, where it has one.
    """

    row: int
    problem: Problem
    reason: str
    column: str | None = None
    value: str | None = None
    line: int | None = None
    to: str | None = None

    def __str__(self) -> str:
        at = f" (line {self.line})" if self.line not in (None, self.row) else ""
        return f"row {self.row}{at}: {self.reason}"


def shown(value: object) -> str:
    """Return a value as a message may show it: quoted, escaped and not too long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


@attrs.frozen
class Check:
    """What reading a whole list has shown. Nothing in it grows with the list.

    Args:
        name: of the list.
        rows: how many it has, the header and empty rows left aside.
        good: how many of them are recipients.
        counts: how many of the others have each problem; each row is counted once.
        examples: the first rows that are left out.
        warnings: sentences about what is no defect and may be meant otherwise, e.g. braces that
            are not filled in.
    """

    name: str
    rows: int
    good: int
    counts: Mapping[Problem, int]
    examples: tuple[BadRow, ...]
    warnings: tuple[str, ...]
    _again: Callable[[], Iterable[BadRow]] = attrs.field(repr=False, eq=False)
    _write: Callable[[str | os.PathLike[str]], int] = attrs.field(repr=False, eq=False)

    @property
    def bad(self) -> int:
        """How many rows have a defect."""
        return sum(number for problem, number in self.counts.items() if problem.is_defect)

    @property
    def left_out(self) -> int:
        """How many rows are no recipients: the bad ones, duplicates and the suppressed."""
        return self.rows - self.good

    def bad_rows(self) -> Iterable[BadRow]:
        """Read the list again for every row that is left out, in order."""
        return self._again()

    def write_bad_rows(self, path: str | os.PathLike[str]) -> int:
        """Write every row with a defect as it stands in the list, by reading the list again.

        The file has the encoding, the delimiter and the columns of the list, so that it can be
        mended and sent in the same way; the reasons stand in a column before them,
        `polycast_reason`, which is passed over when it is read. What is only left out
        (duplicates, the suppressed, hidden rows) is not in it: it would be sent to.

        Args:
            path: of the file, which is replaced. One that ends in `.xlsx` becomes a workbook;
                otherwise the rows of a workbook become CSV in UTF-8, those of JSON Lines lines,
                and those of a plain list a table with tabs.

        Returns:
            How many rows were written.

        Raises:
            UsageError: the file is the list itself, or cannot be written.
        """
        return self._write(path)


class BadRows(UsageError):
    """A list has rows with defects. Nothing was sent; `check` lists all of them."""

    def __init__(self, check: Check) -> None:
        """Compose the sentence from the first bad row, and notes from some of the others."""
        examples = [row for row in check.examples if row.problem.is_defect][:_TOLD]
        super().__init__(f"{check.name}, {examples[0]}")
        self.check = check
        for row in examples[1:]:
            self.add_note(f"{check.name}, {row}")
        if check.bad > len(examples):
            self.add_note(f"{check.bad - len(examples)} more rows are wrong.")

    def __reduce__(self) -> tuple[object, ...]:
        # What reads the list again stays behind: it holds open files.
        return _rebuild, (attrs.evolve(self.check, again=tuple, write=_nothing),)


class NobodyLeft(UsageError):
    """None of a list's rows is a recipient; the notes give reasons."""

    def __init__(self, check: Check) -> None:
        """Compose the sentence, and notes from the first rows."""
        super().__init__(f"{check.name} has {check.rows} rows, and none can be sent to.")
        for row in check.examples[:_TOLD]:
            self.add_note(f"{check.name}, {row}")
        if check.left_out > _TOLD:
            self.add_note(f"{check.left_out - _TOLD} more rows are left out.")


def _nothing(path: str | os.PathLike[str]) -> int:
    raise UsageError("Only the process that read the list can write its bad rows.")


def _rebuild(check: Check) -> BadRows:
    return BadRows(check)
