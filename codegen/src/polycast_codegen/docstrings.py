"""Docstrings from a spec's prose, in Google style, which cannot become code."""

import re
import textwrap
from collections.abc import Iterable
from typing import Final

__all__ = ["docstring", "inert"]

# Fixed, not from unicodedata: its tables differ between Python versions, the output may not.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_WIDTH: Final = 100


def inert(text: str) -> str:
    """Return text that can stand inside a triple-quoted string: nothing invisible, no escapes."""
    visible = _INVISIBLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return visible.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def docstring(
    text: str, sections: Iterable[tuple[str, Iterable[tuple[str, str]]]], indent: int
) -> str:
    """Return the source of a docstring.

    Args:
        text: prose; its first sentence becomes the summary line.
        sections: titles such as `Args` with the names and descriptions in each.
        indent: how many blanks stand before it.
    """
    margin = " " * indent
    summary, rest = _split(text)
    blocks = [[summary]]
    blocks += [_wrapped(paragraph, indent) for paragraph in rest]
    for title, entries in sections:
        lines = [f"{title}:"]
        for name, words in entries:
            lines += _entry(name, words, indent)
        if len(lines) > 1:
            blocks.append(lines)
    flat = [line for block in blocks for line in ["", *block]][1:]
    body = "\n".join(f"{margin}{inert(line)}" if line else "" for line in flat).lstrip()
    if len(flat) > 1:
        return f'"""{body}\n{margin}"""'
    # A quotation mark or backslash at the very end would run into the closing marks.
    return f'"""{body[:-1]}\\""""' if body.endswith('"') else f'"""{body}"""'


def _split(text: str) -> tuple[str, list[str]]:
    paragraphs = [
        " ".join(_INVISIBLE.sub(" ", part).split()) for part in re.split(r"\n\s*\n", text.strip())
    ]
    first, *rest = paragraphs
    end = re.search(r"(?<=[.!?])\s+(?=[A-Z`])", first)
    if end:
        first, rest = first[: end.start()], [first[end.end() :], *rest]
    if first and first[0].isascii() and first[0].islower():
        first = first[0].upper() + first[1:]
    if not first.endswith((".", "!", "?")):
        first += "."
    return first, [paragraph for paragraph in rest if paragraph]


def _wrapped(paragraph: str, indent: int) -> list[str]:
    return textwrap.wrap(paragraph, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)


def _entry(name: str, words: str, indent: int) -> list[str]:
    plain = " ".join(_INVISIBLE.sub(" ", words).split())
    return textwrap.wrap(
        f"{name}: {plain}",
        _WIDTH - indent,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )
