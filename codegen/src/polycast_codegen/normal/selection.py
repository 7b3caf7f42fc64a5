"""Which operations a client is made of."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from polycast_codegen.errors import SpecError, SpecErrors
from polycast_codegen.normal.names import derived_id

__all__ = ["METHODS", "selected", "split_names"]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

#: Between names; paths may have commas, too, e.g. in `GET /@{latitude},{longitude}`.
_COMMA: Final = re.compile(r",(?=\s*(?:[A-Za-z]+\s+/|[^\s{},]+\s*(?:,|$)|$))")


def split_names(asked: Iterable[str]) -> tuple[str, ...]:
    """Return the names in what `--only` was given, repeated or with commas, each once."""
    names = (" ".join(name.split()) for one in asked for name in _COMMA.split(one))
    return tuple(dict.fromkeys(name for name in names if name))


def selected(paths: Mapping[str, Mapping[str, Any]], only: Iterable[str]) -> set[tuple[str, str]]:
    """Return the path and the method of each operation asked for.

    Args:
        paths: the path items of the spec.
        only: operation ids, or a method and a path such as `POST /messages`.

    Raises:
        SpecError: there is no such operation.
    """
    by_name: dict[str, list[tuple[str, str]]] = {}
    for path, item in paths.items():
        for method in METHODS:
            if isinstance(item.get(method), dict):
                operation_id = item[method].get("operationId") or derived_id(method, path)
                for name in (f"{method.upper()} {path}", str(operation_id)):
                    by_name.setdefault(name, []).append((path, method))
    chosen: set[tuple[str, str]] = set()
    problems = []
    for name in only:
        method, space, path = name.partition(" ")
        found = by_name.get(name) or by_name.get(f"{method.upper()} {path}" if space else "")
        if found is None:
            near = get_close_matches(name, by_name, 3, 0.5)
            words = f"; it has {', '.join(map(repr, near))}" if near else ""
            problems.append(SpecError("", f"the spec has no operation {name!r}{words}"))
        elif len(found) > 1:
            ways = " or ".join(f"{one.upper()} {path}" for path, one in found)
            problems.append(SpecError("", f"{name!r} is several operations: say {ways}"))
        else:
            chosen.update(found)
    if problems:
        raise problems[0] if len(problems) == 1 else SpecErrors(problems)
    return chosen
