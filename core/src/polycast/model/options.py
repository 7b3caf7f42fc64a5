"""A provider's own options as plain JSON values, and back.

Only plain values and the provider's own classes are written, and only the latter are made again:
what is read runs nobody else's code.
"""

import enum
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from polycast.errors import UsageError

__all__ = ["read_options", "write_options"]

_KIND = "__kind__"


def write_options(options: object) -> object:
    """Return options as `json.dumps` takes them.

    Raises:
        UsageError: they hold what cannot be written, or would not be read as the same.
    """
    written = _plain(options)
    if read_options(written, type(options)) != options:
        raise UsageError("The options cannot be written as JSON: they would not be read the same.")
    return written


def read_options(written: object, kind: type | None) -> Any:
    """Return the options that `write_options` wrote.

    Args:
        written: as it was returned.
        kind: the provider's class of options: only classes of its package are made.

    Raises:
        UsageError: they name another class, or do not have the form that is written.
    """
    package = kind.__module__.partition(".")[0] if kind else None
    try:
        return _value(written, package)
    except UsageError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"options: this is not what to_dict wrote ({error!r}).") from None


def _plain(value: object) -> object:
    match value:
        case enum.Enum():
            return {_KIND: "enum", "class": _class_name(type(value)), "value": value.value}
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return {_KIND: "datetime", "value": value.isoformat()}
        case timedelta():
            parts = [value.days, value.seconds, value.microseconds]
            return {_KIND: "timedelta", "value": parts}
        case Path():
            return {_KIND: "path", "value": str(value)}
        case tuple() | list():
            kind = "tuple" if isinstance(value, tuple) else "list"
            return {_KIND: kind, "value": [_plain(each) for each in value]}
        case Mapping():
            return {_KIND: "mapping", "value": [[_plain(k), _plain(v)] for k, v in value.items()]}
    own = type(value)
    if attrs.has(own):
        fields = {
            field.alias: _plain(getattr(value, field.name))
            for field in attrs.fields(own)
            if field.init
        }
        return {_KIND: "attrs", "class": _class_name(own), "value": fields}
    raise UsageError(f"The option {value!r} ({type(value).__name__}) cannot be written as JSON.")


def _value(plain: Any, package: str | None) -> Any:
    if not isinstance(plain, dict):
        return plain
    value = plain["value"]
    match plain[_KIND]:
        case "datetime":
            return datetime.fromisoformat(value)
        case "timedelta":
            return timedelta(*value)
        case "path":
            return Path(value)
        case "tuple":
            return tuple(_value(each, package) for each in value)
        case "list":
            return [_value(each, package) for each in value]
        case "mapping":
            return {_value(k, package): _value(v, package) for k, v in value}
        case "enum":
            return _class(plain["class"], package)(value)
        case "attrs":
            fields = {name: _value(each, package) for name, each in value.items()}
            return _class(plain["class"], package)(**fields)
        case other:
            raise UsageError(f"options: {other!r} is no kind of value.")


def _class_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str, package: str | None) -> Any:
    """Return one of the provider's own classes."""
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] != package or module not in sys.modules:
        raise UsageError(f"The options are of the class {name}, which is not this provider's.")
    found: Any = sys.modules[module]
    for part in qualified.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and (attrs.has(found) or issubclass(found, enum.Enum))):
        raise UsageError(f"The options are of the class {name}, which is no class of options.")
    return found
