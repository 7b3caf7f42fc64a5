"""Tells the reference what griffe, which reads sources, does not see.

The fields of attrs classes are asked of the class itself, so that defaults and what is inherited
are those of the code. Attributes are explained by the `#:` comments above them, and the members
of enumerations by their values. Examples are blocks of code.
"""

import enum
import pkgutil
import re
from pathlib import Path
from typing import Any

import attrs
import griffe

__all__ = ["Described"]


#: An example as an interpreter shows it, from its first line to the empty one behind it.
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)


class Described(griffe.Extension):
    """Gives attrs classes the parameters of their `__init__`, and attributes their words."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Visit the classes of a package, once all of it has been read."""
        _visit(pkg)


def _visit(scope: griffe.Module | griffe.Class) -> None:
    for member in [*scope.members.values()]:
        if member.is_alias:
            continue
        if member.docstring is not None:
            member.docstring.value = _EXAMPLE.sub(r"```pycon\n\g<0>\n```", member.docstring.value)
        if isinstance(member, griffe.Attribute) and isinstance(scope, griffe.Class):
            _explain(member)
        if isinstance(member, griffe.Module | griffe.Class):
            _visit(member)
        if isinstance(member, griffe.Class):
            made = pkgutil.resolve_name(member.path)
            if attrs.has(made) and "__init__" not in member.members:
                _add_init(member, made)
            if issubclass(made, enum.Enum):
                _add_values(member, made)


def _explain(attribute: griffe.Attribute) -> None:
    lines = attribute.lines_collection[Path(str(attribute.filepath))]
    last = (attribute.lineno or 1) - 1
    first = last
    while first and lines[first - 1].lstrip().startswith("#:"):
        first -= 1
    words = " ".join(line.strip().removeprefix("#:").strip() for line in lines[first:last])
    if words and attribute.docstring is None:
        attribute.docstring = griffe.Docstring(words, parent=attribute)


def _add_values(described: griffe.Class, made: type[enum.Enum]) -> None:
    for name, value in made.__members__.items():
        member = described.members[name]
        if isinstance(member, griffe.Attribute) and member.docstring is None:
            member.docstring = griffe.Docstring(f"`{value.value!r}`", parent=member)


def _add_init(described: griffe.Class, made: Any) -> None:
    parameters = [
        griffe.Parameter(
            field.alias,
            annotation=_annotation(described, field.name),
            kind=(
                griffe.ParameterKind.keyword_only
                if field.kw_only
                else griffe.ParameterKind.positional_or_keyword
            ),
            default=_default(field.default),
        )
        for field in attrs.fields(made)
        # What is private is passed by the package itself.
        if field.init and not field.name.startswith("_")
    ]
    parameters.sort(key=lambda each: each.kind is griffe.ParameterKind.keyword_only)
    described.set_member(
        "__init__",
        griffe.Function(
            "__init__",
            parent=described,
            parameters=griffe.Parameters(
                griffe.Parameter("self", kind=griffe.ParameterKind.positional_or_keyword),
                *parameters,
            ),
        ),
    )


def _annotation(described: griffe.Class, name: str) -> "str | griffe.Expr | None":
    for owner in [described, *described.mro()]:
        member = owner.members.get(name)
        if isinstance(member, griffe.Attribute):
            return member.annotation
    return None


def _default(value: Any) -> str | None:
    if value is attrs.NOTHING:
        return None
    if not isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        # The address of a function is another each time.
        return "..." if callable(value) else repr(value)
    if value.takes_self:
        return "..."  # it follows from the other fields
    made = value.factory()
    return repr(made) if isinstance(made, dict | list | tuple) else f"{type(made).__name__}()"
