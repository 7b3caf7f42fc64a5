"""What a broadcast's text asks of a row: its variables, and a length."""

from collections.abc import Mapping
from typing import NamedTuple

import attrs

from polycast.model.segments import count_segments
from polycast.model.templates import Template
from polycast.recipients.bad_rows import Problem

__all__ = ["TextRules"]


class Fault(NamedTuple):
    """What is wrong with a row for this text."""

    problem: Problem
    reason: str
    column: str | None = None


@attrs.frozen
class TextRules:
    """The text that every row is to fill in, and how long it may become.

    Args:
        template: None where the broadcast has no text of its own.
        max_characters: as Python counts them.
        max_segments: SMS parts, see `polycast.model.segments`.
        allow_empty: whether a variable that the text needs may be empty.
    """

    template: Template | None = None
    max_characters: int | None = None
    max_segments: int | None = None
    allow_empty: bool = False

    def fault(self, variables: Mapping[str, str], own: str | None) -> Fault | None:
        """Return what is wrong with one row, if anything."""
        text = own
        if text is None:
            if self.template is None:
                return None
            for name in self.template.names:
                value = variables.get(name)
                if value is None or not (self.allow_empty or value.strip()):
                    state = "lacks" if value is None else "has nothing in"
                    reason = f"it {state} {{{name}}}, which the text needs"
                    return Fault(Problem.VARIABLE, reason, name)
            if self.max_characters is None and self.max_segments is None:
                return None
            text = self.template.render(variables)
        if self.max_characters is not None and len(text) > self.max_characters:
            reason = f"its text has {len(text)} characters, and {self.max_characters} are allowed"
            return Fault(Problem.LENGTH, reason)
        if self.max_segments is not None:
            size = count_segments(text)
            if size.parts > self.max_segments:
                reason = (
                    f"its text takes {size.parts} SMS ({size.units} units of {size.encoding}), "
                    f"and {self.max_segments} are allowed"
                )
                return Fault(Problem.LENGTH, reason)
        return None
