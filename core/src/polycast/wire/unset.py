"""The mark of a value that was not given, which is something else than null."""

from enum import Enum
from typing import Final, Literal, TypeAlias

__all__ = ["UNSET", "Unset"]


class _Mark(Enum):
    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> Literal[False]:
        return False


#: The type of `UNSET`, for annotations such as `str | Unset`. `value is UNSET` narrows it away.
Unset: TypeAlias = Literal[_Mark.UNSET]

#: Not given: left out of a request, or absent from an answer. Falsy, as `None` is.
UNSET: Final = _Mark.UNSET
