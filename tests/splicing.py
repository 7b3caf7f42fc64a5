"""Puts what a page shows of a file into that file, in place of what has the same names there."""

import ast
from collections.abc import Iterable

__all__ = ["splice"]


def splice(old: str, shown: str) -> str:
    """Return a module with what is shown in place of what has its names.

    Imports go before the others of the module, new names to the end of what they are in; a class
    that is shown with `...` keeps what is not shown of it.

    Args:
        old: the module.
        shown: what a page shows of it.
    """
    lines = old.splitlines()
    changes: list[tuple[int, int, list[str]]] = []
    _collect(ast.parse(old), ast.parse(shown), lines, shown.splitlines(), changes)
    for first, last, new in sorted(changes, key=lambda change: change[0], reverse=True):
        lines[first:last] = new
    return "\n".join(lines) + "\n"


def _collect(
    old: ast.Module | ast.ClassDef,
    shown: ast.Module | ast.ClassDef,
    lines: list[str],
    shown_lines: list[str],
    changes: list[tuple[int, int, list[str]]],
) -> None:
    """Note which lines of the old become which of the shown."""
    there = {name: node for node in old.body for name in _names(node)}
    end = old.body[-1].end_lineno or 0
    for node in shown.body:
        if isinstance(node, ast.Expr):
            continue  # `...`, or a docstring
        new = shown_lines[_first(node, shown_lines) : node.end_lineno]
        known = next((there[name] for name in _names(node) if name in there), None)
        if isinstance(node, ast.Import | ast.ImportFrom):
            place = next(_first(each, lines) for each in old.body if _is_import(each))
            changes.append((place, place, new))
        elif known is None:
            changes.append((end, end, ["", *new]))
        elif isinstance(node, ast.ClassDef) and isinstance(known, ast.ClassDef):
            _collect(known, node, lines, shown_lines, changes)
        else:
            changes.append((_first(known, lines), _last(known, lines), new))


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _names(node: ast.stmt) -> Iterable[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _first(node: ast.stmt, lines: list[str]) -> int:
    """The index of a statement's first line, with its decorators and the comments above it."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    first = min([node.lineno, *(each.lineno for each in decorators)]) - 1
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first


def _last(node: ast.stmt, lines: list[str]) -> int:
    """The index behind a statement's last line, with what is commented out below it."""
    last = node.end_lineno or 0
    inside = " " * (node.col_offset + 1)
    while last < len(lines) and lines[last].startswith(inside) and lines[last].strip()[0] == "#":
        last += 1
    return last
