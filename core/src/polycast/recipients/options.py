"""How a list is to be read, as the caller said."""

from typing import Literal, get_args

import attrs

from polycast.errors import UsageError
from polycast.recipients.advice import Advise, in_python
from polycast.recipients.columns import Columns

__all__ = ["Form", "HiddenRows", "ReadingOptions"]

Form = Literal["csv", "lines", "jsonl", "xlsx", "xls"]
HiddenRows = Literal["skip", "send"]


@attrs.frozen
class ReadingOptions:
    """The arguments of `read_recipients` that say what the list is like.

    Raises:
        UsageError: one of them has no such value.
    """

    form: Form | None = None
    columns: Columns = attrs.field(factory=Columns)
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    hidden_rows: HiddenRows | None = None
    advise: Advise = in_python

    def __attrs_post_init__(self) -> None:
        for name, kinds in (("form", Form), ("hidden_rows", HiddenRows)):
            value = getattr(self, name)
            if value is not None and value not in get_args(kinds):
                listed = ", ".join(map(repr, get_args(kinds)))
                raise UsageError(f"{name} is one of {listed}, not {value!r}.")
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise UsageError(f"The delimiter is one character, not {self.delimiter!r}.")
