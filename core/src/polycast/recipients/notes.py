"""What a reading of a list found that is no defect, and that whoever sends it should know."""

import re

import attrs

from polycast.model.templates import Template

__all__ = ["Notes"]

_BRACES = re.compile(r"\{\s*([^\W\d]\w*)\s*\}")


@attrs.define
class Notes:
    """Gathered while the rows are read, each time anew.

    Args:
        hidden: rows that the workbook hides, and that are sent to.
        variables: the names that any row has a value for.
        unfilled: the first row whose own text names a variable in braces, and the name.
    """

    hidden: int = 0
    variables: set[str] = attrs.Factory(set)
    unfilled: tuple[int, str] | None = None

    def own_text(self, row: int, text: str, names: set[str]) -> None:
        """Look at the text that a row brings itself: it is sent as it stands."""
        if self.unfilled is None:
            found = next((name for name in _BRACES.findall(text) if name in names), None)
            self.unfilled = None if found is None else (row, found)

    def sentences(self, template: Template | None) -> tuple[str, ...]:
        """Return what is to be said before anything is sent.

        Args:
            template: the text that is filled in for each row.
        """
        notes = []
        if self.hidden:
            rows = "1 row is" if self.hidden == 1 else f"{self.hidden:,} rows are"
            notes.append(f"{rows} hidden in the workbook, and sent to.")
        literal = "" if template is None else "\n".join(template.parts[::2])
        for name in dict.fromkeys(_BRACES.findall(literal)):
            if name in self.variables:
                notes.append(
                    f"The text has {name!r} in double braces, which stay in it: everybody gets "
                    f"{{{name}}}. With single braces it is filled in from the column."
                )
        if self.unfilled is not None:
            row, name = self.unfilled
            notes.append(
                f"The text of row {row} has {{{name}}}, which stays in it: texts of the list are "
                "sent as they are. Only the text of the whole broadcast is filled in."
            )
        return tuple(notes)
