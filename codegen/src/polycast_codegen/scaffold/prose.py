"""Sentences as source: wrapped to the width of a line, and unable to become code."""

import json
import textwrap
from typing import Final

from polycast_codegen.docstrings import inert

__all__ = ["comment", "cut", "plain", "strings"]

_WIDTH: Final = 100


def plain(text: str) -> str:
    """Return a spec's prose as one line that needs no escapes, in a docstring or anywhere."""
    return " ".join(inert(text.replace("\\", "/").replace('"""', '"')).split())


def comment(text: str, indent: int = 0, mark: str = "#") -> str:
    """Return text as the lines of a comment; the first one's indent is in the template.

    Args:
        text: a sentence or several, however it is broken into lines.
        indent: how many blanks stand before each line.
        mark: what each line begins with.
    """
    lines = textwrap.wrap(
        plain(text),
        _WIDTH - indent,
        initial_indent=f"{mark} ",
        subsequent_indent=f"{mark} ",
        break_long_words=True,
        break_on_hyphens=False,
    )
    return f"\n{' ' * indent}".join(lines)


def strings(text: str, indent: int) -> str:
    """Return text as a string literal, in as many parts as it needs lines."""
    lines = textwrap.wrap(
        # Room for the quotation marks, and the blank at the end of each part.
        plain(text), _WIDTH - indent - 3, break_on_hyphens=False,
    )  # fmt: skip
    parts = [*(f"{line} " for line in lines[:-1]), *lines[-1:]]
    return f"\n{' ' * indent}".join(json.dumps(part, ensure_ascii=False) for part in parts)


def cut(text: str, indent: int = 0) -> str:
    """Return text as the rest of one line, cut off where the line would be too long.

    Args:
        text: what to say.
        indent: how much of the line is taken by what stands around it.
    """
    line, room = plain(text), _WIDTH - indent
    return line if len(line) <= room else f"{line[: room - 1]}…"
