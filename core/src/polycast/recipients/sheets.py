"""What a sheet of an XLSX file says beside its values: hidden rows, formulas without a value."""

from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple
from xml.etree import ElementTree as ET

__all__ = ["Note", "read_notes"]


class Note(NamedTuple):
    """What is said of a row.

    Args:
        number: of the row.
        is_hidden: whether a filter, a group or somebody hides it.
        uncomputed: the places of formulas whose value the program that wrote them left out.
    """

    number: int
    is_hidden: bool
    uncomputed: Sequence[int]


def read_notes(file: IO[bytes]) -> Iterator[Note]:
    """Yield the rows of a sheet that have something to be said of them, in order.

    Args:
        file: the XML of the sheet.
    """
    number = place = 0
    empty: list[int] = []
    table: ET.Element | None = None
    for event, element in ET.iterparse(file, events=("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            if tag == "sheetData":
                table = element
            elif tag == "row":
                number = int(element.get("r") or number + 1)
                place = -1
            continue
        if tag == "c":
            place = _column(element.get("r")) if element.get("r") else place + 1
            if _is_formula_without_value(element):
                empty.append(place)
        elif tag == "row":
            is_hidden = element.get("hidden") in ("1", "true")
            if is_hidden or empty:
                yield Note(number, is_hidden, empty)
                empty = []
            if table is not None:
                table.clear()  # otherwise all rows would stay in memory


def _is_formula_without_value(cell: ET.Element) -> bool:
    formula = value = None
    for child in cell:
        if child.tag.endswith("}f"):
            formula = child
        elif child.tag.endswith("}v"):
            value = child
    # An empty text is a value.
    is_text = cell.get("t") == "str" and value is not None
    return formula is not None and not is_text and (value is None or not value.text)


def _column(reference: str | None) -> int:
    """Return the place of a column from a cell's name such as `"AB12"`."""
    place = 0
    for letter in (reference or "").rstrip("0123456789"):
        place = place * 26 + ord(letter.upper()) - ord("A") + 1
    return place - 1
