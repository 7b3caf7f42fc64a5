"""OpenAPI Overlay 1.0: what only we can say of a vendor's spec, in a file beside it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import jsonpath

from polycast_codegen.dialect import place_of
from polycast_codegen.errors import SpecError, SpecErrors

__all__ = ["overlaid"]


def overlaid(document: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document with the actions of an overlay carried out, in their order.

    Args:
        document: the spec's; it stays as it is.
        overlay: the overlay's.

    Raises:
        SpecError: it is no overlay, or a target is no JSONPath or is not in the document.
    """
    version, actions = overlay.get("overlay"), overlay.get("actions")
    if not str(version).startswith("1.") or not isinstance(actions, list):
        raise SpecError("", "the overlay has no `overlay: 1.0.0` with a list of `actions`")
    made: dict[str, Any] = deepcopy(dict(document))
    problems = []
    for index, action in enumerate(actions):
        try:
            made = _acted(made, action)
        except SpecError as error:
            problems.append(SpecError(place_of("overlay.actions", index), error.problem))
    if problems:
        raise problems[0] if len(problems) == 1 else SpecErrors(problems)
    return made


def _acted(document: dict[str, Any], action: object) -> dict[str, Any]:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise SpecError("", "expected a `target`, and `update` or `remove`")
    target = action["target"]
    try:
        found = jsonpath.finditer(target, document)
        matches = list(found)
    except jsonpath.JSONPathError as error:
        raise SpecError("", f"the target {target!r} is no JSONPath: {error}") from error
    if not matches:
        raise SpecError("", f"the target {target!r} is not in the spec")
    if action.get("remove") is True:
        # From the end, so that the places of list items stay what they are.
        for match in reversed(matches):
            parent = match.parent.obj if match.parent is not None else None
            step: Any = match.parts[-1] if match.parts else None
            if isinstance(parent, dict | list):
                del parent[step]
        return document
    for match in matches:
        if isinstance(match.obj, list):
            match.obj.append(deepcopy(action.get("update")))
        elif isinstance(match.obj, dict) and isinstance(action.get("update"), dict):
            _merge(match.obj, action["update"])
        else:
            raise SpecError(
                "",
                f"the target {target!r} is no object and no list, so it cannot be updated",
            )
    return document


def _merge(into: dict[str, Any], update: Mapping[str, Any]) -> None:
    """Merge an object into another, as the Overlay Specification has it."""
    for word, value in update.items():
        if isinstance(value, dict) and isinstance(into.get(word), dict):
            _merge(into[word], value)
        elif isinstance(value, list) and isinstance(into.get(word), list):
            into[word] += deepcopy(value)
        else:
            into[word] = deepcopy(value)
