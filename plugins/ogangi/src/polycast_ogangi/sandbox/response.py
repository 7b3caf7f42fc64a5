"""The replies: XML without a root, `input`, `status`, `description`, `result` side by side.

(Ogangi page, "Response XML".)
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

__all__ = ["BAD_SIGNATURE", "ERROR", "OK", "Tree", "envelope", "long_date", "short_date"]

#: A status and its description.
OK = ("OK", "Completed")
BAD_SIGNATURE = ("BAD_SIGNATURE", "Invalid signature, access denied")
ERROR = ("ERROR", "Internal error, please report this to support@messangi.com")

#: Elements by name; a list repeats its element, a None leaves it out.
Tree = Mapping[str, "str | int | Tree | Sequence[Tree] | None"]

#: What XML 1.0 cannot hold at all, and what a parser would take for a line break.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_RETURN = {"\r": "&#13;"}


def envelope(method: str, outcome: tuple[str, str], result: Tree | None = None) -> str:
    """Write a reply.

    Args:
        method: what `input` says.
        outcome: one of the three outcomes.
        result: what the method found or made; control methods have no such element.
    """
    status, description = outcome
    head = _xml({"input": method, "status": status, "description": description})
    return head if result is None else f"{head}<result>{_xml(result)}</result>"


def _xml(tree: Tree) -> str:
    return "".join(_element(name, value) for name, value in tree.items())


def _element(name: str, value: "str | int | Tree | Sequence[Tree] | None") -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return f"<{name}>{_xml(value)}</{name}>"
    if isinstance(value, str | int):
        possible = _IMPOSSIBLE.sub("\ufffd", str(value))
        return f"<{name}>{escape(possible, _RETURN)}</{name}>"
    return "".join(_element(name, item) for item in value)


def long_date(moment: datetime) -> str:
    """Write a moment as messages and new broadcasts have it: with milliseconds."""
    return moment.isoformat(timespec="milliseconds")


def short_date(moment: datetime) -> str:
    """Write a moment as broadcasts that are asked for have it: without milliseconds."""
    return moment.isoformat(timespec="seconds")
