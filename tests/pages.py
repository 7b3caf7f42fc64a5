"""The pages of the manual, as blocks that can be followed."""

import re

import attrs
from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

from tests.workspace import ROOT

#: Every page that tells somebody what to write, by its place in the repository.
PAGES = [
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "[!.]*/README.md", "[!.]*/*/README.md")
    for path in sorted(ROOT.glob(pattern))
]

_FENCED = RawFencedCodeBlockLexer(re.compile(r"(?P<language>[\w-]*)(?P<attributes>[^\n]*)\n"))
_TITLE = re.compile(r'title="(?P<name>[^"]+)"')
_NOT_RUN = re.compile(r"<!-- not run: (?P<why>[^>]+) -->\s*\Z")


@attrs.frozen
class Block:
    """A fenced block of a page.

    Args:
        language: what stands behind the fence.
        title: the file that it is to be kept as, or "".
        text: what stands in it.
        line: the line of the page on which its text begins.
        not_run: why it cannot be run, from the comment before it; or "".
    """

    language: str
    title: str
    text: str
    line: int
    not_run: str


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in order."""
    document = Document.parse(str(ROOT / page), _FENCED)
    found = []
    for example in document.examples():
        lexemes = example.region.lexemes
        title = _TITLE.search(str(lexemes["attributes"]))
        mark = _NOT_RUN.search(document.text[: example.start])
        found.append(
            Block(
                str(lexemes["language"]),
                title["name"] if title else "",
                str(lexemes["source"]),
                example.line + 1,
                mark["why"] if mark else "",
            )
        )
    return found
