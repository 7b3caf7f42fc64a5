"""`{name}` as Hyber has it, `%name%`, in a notation that knows no escape."""

import re
from collections.abc import Iterable, Mapping

import attrs
from polycast import Template, UsageError

__all__ = ["Notation"]

#: What a recipient has besides variables ("Mass messages sending").
_RESERVED = ("phone_number", "extra_id")
_PLACEHOLDER = re.compile("%([A-Za-z_][A-Za-z0-9_]*)%")
_LOOKS_SO = re.compile("(?<=%)[A-Za-z_][A-Za-z0-9_]*(?=%)")
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")


@attrs.frozen
class Notation:
    """How the variables of one broadcast are written for Hyber.

    Args:
        variables: Hyber's name for each of ours; the same, unless Hyber could not read it.
        literals: what looks like a variable and is meant as it stands (`%D0%` in an address).
            There is no escape, so each travels as a variable that is filled with itself.
    """

    variables: Mapping[str, str]
    literals: Mapping[str, str]

    @classmethod
    def of(cls, templates: Iterable[Template]) -> "Notation":
        """Find the names for all variables that these templates use.

        Raises:
            UsageError: something has a name that is Hyber's own, or text beside a placeholder
                would be taken for a part of it.
        """
        templates = tuple(templates)
        names = tuple(dict.fromkeys(name for each in templates for name in each.names))
        for name in names:
            if name in _RESERVED:
                raise UsageError(
                    f"{{{name}}} cannot be a variable: hyber gives {' and '.join(_RESERVED)} "
                    "another meaning."
                )
        texts = [part for each in templates for part in each.parts[::2] if "%" in part]
        looks_so = {word for text in texts for word in _LOOKS_SO.findall(text)}
        variables: dict[str, str] = {}
        for number, name in enumerate(names, start=1):
            variables[name] = name
            if name in looks_so or not _NAME.fullmatch(name):
                variables[name] = _free(f"variable{number}", {*names, *looks_so})
        literals: dict[str, str] = {}
        if texts:
            for each in templates:
                for word in _taken_literally(each, variables):
                    if word in _RESERVED:
                        raise UsageError(
                            f"%{word}% cannot be told hyber as it stands: it would be taken for "
                            "the recipient's."
                        )
                    literals[word] = f"%{word}%"
        return cls(variables, literals)

    def write(self, template: Template) -> str:
        """Return a template as Hyber reads it."""
        return template.translate(lambda name: f"%{self.variables[name]}%")


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _taken_literally(template: Template, variables: Mapping[str, str]) -> list[str]:
    """Return the words that Hyber would take for variables though they are none."""
    native = ""
    meant: set[int] = set()
    for index, part in enumerate(template.parts):
        if index % 2:
            meant.add(len(native))
            native += f"%{variables[part]}%"
        else:
            native += part
    found = {match.start(): match[1] for match in _PLACEHOLDER.finditer(native)}
    if not meant <= found.keys():
        raise UsageError(
            f"{native!r} cannot be told hyber: a percent sign and a word stand before a "
            "placeholder without a blank, and would be taken for a variable."
        )
    return [word for start, word in found.items() if start not in meant]
