"""Options, with one field less at a time: so that each one is known to matter."""

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from polycast.errors import UsageError

__all__ = ["names", "parts", "without"]


def without(options: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield these options without one of the fields they use, by the name of the field.

    Args:
        options: an instance of a class of attrs; those inside of it are taken apart too.
        path: where it stands in a larger one.
    """
    for field in attrs.fields(type(options)):
        value = getattr(options, field.name)
        default = _default(field)
        if value == default:
            continue
        name = f"{path}{field.name}"
        yield name, _lacking(options, field, default)
        if attrs.has(type(value)):
            for inner, lacking in without(value, f"{name}."):
                yield inner, attrs.evolve(options, **{field.alias: lacking})


def _lacking(options: Any, field: "attrs.Attribute[Any]", default: Any) -> Any:
    """Return options with the default of a field; None where they cannot be without the field."""
    if field.default is attrs.NOTHING:
        return None
    try:
        return attrs.evolve(options, **{str(field.alias): default})
    except UsageError:
        return None


def names(kind: type, inside: Iterable[type]) -> Iterator[str]:
    """Yield the name of every field of a class of options, and of those inside of it.

    Args:
        kind: the class.
        inside: the classes of attrs that fields of it may hold.
    """
    for field in attrs.fields(attrs.resolve_types(kind)):
        yield field.name
        for inner in inside:
            if inner is not kind and inner.__name__ in str(field.type).replace("|", " ").split("."):
                yield from (f"{field.name}.{name}" for name in names(inner, ()))


def parts(samples: Iterable[Any]) -> Iterator[Any]:
    """Yield every instance of a class of attrs that a field of these samples holds."""
    for sample in samples:
        for field in attrs.fields(type(sample)):
            value = getattr(sample, field.name)
            if attrs.has(type(value)):
                yield value


def _default(field: "attrs.Attribute[Any]") -> Any:
    default = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, typed as a function
        return default.factory()  # type: ignore[union-attr]
    return None if default is attrs.NOTHING else default
