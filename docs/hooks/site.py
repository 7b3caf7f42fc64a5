"""Makes a site of pages that are also read in the repository: links stay true in both.

Pages that live beside what they describe (each plugin's README, CONTRIBUTING) are in the site
as well, and a link to one by its place in the repository leads to its place in the site.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

__all__ = ["on_files", "on_page_content", "on_page_markdown", "on_post_page"]

ROOT = Path(__file__).parents[2]

#: A page's place in the repository -> its place in the site, where it is not in `docs/`.
ELSEWHERE = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "codegen/README.md": "codegen.md",
    "examples/polycast-wrenpost/README.md": "example.md",
    "plugins/README.md": "plugins.md",
    **{
        path.relative_to(ROOT).as_posix(): f"providers/{path.parent.name}.md"
        for path in sorted(ROOT.glob("plugins/*/README.md"))
    },
}

_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")


#: What a browser would fetch from elsewhere.
_FETCHED = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are elsewhere in the repository."""
    for source, target in ELSEWHERE.items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links that are true in the repository be true in the site."""
    here = Path(page.file.abs_src_path).relative_to(ROOT).as_posix()
    return _LINK.sub(lambda link: _in_site(link, here, page.file.src_uri), markdown)


def _in_site(link: re.Match[str], source: str, page: str) -> str:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
    if target == "README.md":
        target = "docs/index.md"
    place = ELSEWHERE.get(target) or target.removeprefix("docs/")
    return posixpath.relpath(place, posixpath.dirname(page) or ".") + (link["anchor"] or "")


def on_page_content(html: str, **_: Any) -> str:
    """Show a colon where a docstring introduces an example with two."""
    return html.replace("::</p>", ":</p>")


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Refuse a page that needs a network to be read."""
    fetched = _FETCHED.search(output)
    if fetched:
        raise PluginError(f"{page.file.src_uri} would fetch {fetched[0]}")
    return output
