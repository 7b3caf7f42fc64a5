"""What a cell holds, as text: one rule for every kind of list."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

__all__ = [
    "UNCOMPUTED",
    "BadValue",
    "cleaned",
    "escaped",
    "name_of",
    "unescaped",
    "unwrapped",
    "written",
]

#: A spreadsheet keeps this many digits of a number; the others it has made zeros.
_DIGITS = 15
#: Control characters and halves of surrogate pairs. Tabs and line breaks are text.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAK = re.compile("\r\n?")
#: Blanks of all scripts, and what has no width: no part of a value where it begins or ends.
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
#: What a formula left that failed.
_ERRORS = frozenset(
    (
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!"),
        *("#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA"),
    )
)
#: Stands for the value of a formula that the program that wrote it has not computed.
UNCOMPUTED = "#UNCOMPUTED"
_TEXT_FORMULA = re.compile(r'="([^"]*)"\Z')
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ESCAPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\r]|_(?=x[0-9A-Fa-f]{4}_)")


class BadValue(ValueError):
    """Why a value cannot be sent, as the end of a sentence that begins with its column.

    Args:
        place: which of the row's values it is.
    """

    def __init__(self, place: int, reason: str) -> None:
        """Keep the place."""
        super().__init__(reason)
        self.place = place


def cleaned(values: Sequence[str]) -> Sequence[str]:
    r"""Return the values of a row without blanks around them; every line break is `\n`.

    Raises:
        BadValue: one of them holds a control character or half of a character, or is the error
            that a spreadsheet shows for a formula.
    """
    joined = "|".join(values)
    if not joined.isprintable():
        found = _UNWANTED.search(joined)
        if found is not None:
            place = next(place for place, each in enumerate(values) if found[0] in each)
            kind = "half a character" if found[0] >= "\ud800" else "the control character"
            raise BadValue(place, f"holds {kind} {found[0]!r}")
        values = [_BREAK.sub("\n", value).strip(_BLANKS) for value in values]
    elif " |" in joined or "| " in joined or joined[:1] == " " or joined[-1:] == " ":
        values = [value.strip(" ") for value in values]
    if "#" in joined:
        for place, value in enumerate(values):
            if value == UNCOMPUTED:
                raise BadValue(
                    place,
                    "is a formula without its value: open the workbook in a spreadsheet program "
                    "and save it",
                )
            if value in _ERRORS:
                raise BadValue(place, f"is the error {value}")
    if '="' in joined:
        values = [unwrapped(value) for value in values]
    return values


def unwrapped(value: str) -> str:
    """Return what `="..."` says: it keeps a spreadsheet from making a number of a text."""
    formula = _TEXT_FORMULA.match(value)
    return value if formula is None else formula[1]


def name_of(header: str) -> str:
    """Return the name of a column: in one line, without what is invisible."""
    return " ".join("".join(c for c in header if c.isprintable() or c.isspace()).split())


def written(value: Any) -> str:
    """Return a workbook's value as text; an empty cell is an empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 10**_DIGITS
        return str(int(value)) if whole else format(value, f".{_DIGITS}g")
    if isinstance(value, dt.datetime):
        moment = _rounded(value)
        return moment.isoformat(" ") if moment.time() != dt.time() else moment.date().isoformat()
    if isinstance(value, dt.time):
        return _rounded(dt.datetime.combine(dt.date(2000, 1, 1), value)).time().isoformat()
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _rounded(value: dt.datetime) -> dt.datetime:
    """Return the nearest second: a spreadsheet's day is a fraction that hits none exactly."""
    return (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)


def unescaped(text: str) -> str:
    """Return a text of XLSX, whose control characters are written as `_x000D_`."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def escaped(text: str) -> str:
    """Return a text as XLSX writes it, see `unescaped`."""
    return _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
