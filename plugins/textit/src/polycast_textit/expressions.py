"""Values of recipients in texts that TextIt evaluates: kept from being expressions."""

import re

from polycast import UsageError

__all__ = ["escape"]

#: A doubled @, the beginning of an expression in brackets, a name after @, and a lone @.
_TOKEN = re.compile(r"@@|@\(|@[\w.]+|@")
#: What a name has to begin with, or TextIt leaves it alone, as in an e-mail address.
_NAMES = (
    "child", "contact", "fields", "globals", "input", "legacy_extra", "locals", "node", "parent",
    "results", "resume", "run", "ticket", "trigger", "urns", "webhook",
)  # fmt: skip


def escape(value: str, before: str) -> str:
    """Return a value so that TextIt sends it as it stands: each @ is doubled.

    Args:
        value: what stands in the recipient's row.
        before: the text up to it, in which the author's expressions stay what they are.

    Raises:
        UsageError: it would become a part of an expression of the author's.

    Source: goflow's scanner of templates, which RapidPro evaluates broadcasts with.
    """
    escaped = value.replace("@", "@@")
    place = 0
    while (found := _TOKEN.search(before, place)) is not None:
        place = found.end()
        if found[0] == "@(":
            place = _end_of_brackets(before, place)
            if place > len(before):
                raise UsageError(
                    "a placeholder stands inside of an expression, @(...): TextIt would evaluate "
                    "its value; put the placeholder outside of it"
                )
        elif place == len(before) and found[0] == "@":
            # The author's own sign, and none of an expression's.
            return f"@{escaped}"
        elif place == len(before) and found[0] != "@@" and _goes_on(found[0][1:], value):
            raise UsageError(
                f"a value that begins with {value[0]!r} follows the expression {found[0]}, and "
                f"would become a part of it; write @({found[0][1:].rstrip('.')}) in the text"
            )
    return escaped


def _end_of_brackets(text: str, place: int) -> int:
    """Return the place after the bracket that ends an expression; beyond the text if none does."""
    depth = 1
    for index in range(place, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if not depth:
            return index + 1
    return len(text) + 1


def _goes_on(name: str, value: str) -> bool:
    first, dot, _ = name.lower().partition(".")
    known = first in _NAMES if dot else any(each.startswith(first) for each in _NAMES)
    return known and re.match(r"[\w.]", value) is not None
