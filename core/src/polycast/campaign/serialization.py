"""What a broadcast says, as JSON for the ledger and back.

Only plain values and the provider's own options classes are written, and only the latter are
made again: reading a ledger runs nobody else's code.
"""

import enum
import json
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from polycast.errors import UsageError
from polycast.model.features import Features
from polycast.model.messages import Broadcast, MessageTemplate

__all__ = ["FIELDS", "from_json", "to_json"]

#: Of `Broadcast`: all that is not its recipients.
FIELDS = tuple(field.name for field in attrs.fields(Broadcast) if field.name != "recipients")

_KIND = "__kind__"


def to_json(broadcast: Broadcast, features: Features) -> str:
    """Write down everything of a broadcast but its recipients.

    Raises:
        UsageError: its options hold what cannot be written down.
    """
    fields = {name: getattr(broadcast, name) for name in FIELDS}
    written = json.dumps({name: _plain(value) for name, value in fields.items()})
    if from_json(written, features) != fields:
        raise UsageError("The options of this broadcast cannot be kept in a ledger as they are.")
    return written


def from_json(written: str, features: Features) -> dict[str, Any]:
    """Return the fields of a broadcast that `to_json` wrote down."""
    package = features.options.__module__.partition(".")[0] if features.options else None
    return {name: _value(value, package) for name, value in json.loads(written).items()}


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
    if isinstance(value, MessageTemplate):
        return {_KIND: "template", "value": _plain(attrs.asdict(value))}
    own = type(value)
    if attrs.has(own):
        fields = {
            field.alias: _plain(getattr(value, field.name))
            for field in attrs.fields(own)
            if field.init
        }
        return {_KIND: "attrs", "class": _class_name(own), "value": fields}
    raise UsageError(f"A ledger cannot keep the option {value!r} ({type(value).__name__}).")


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
        case "template":
            return MessageTemplate(**_value(value, package))
        case "enum":
            return _class(plain["class"], package)(value)
        case _:
            fields = {name: _value(each, package) for name, each in value.items()}
            return _class(plain["class"], package)(**fields)


def _class_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str, package: str | None) -> Any:
    """Return one of the provider's own classes; its package has been imported to connect."""
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] != package or module not in sys.modules:
        raise UsageError(f"The ledger names options {name}, which are not this provider's.")
    found: Any = sys.modules[module]
    for part in qualified.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and (attrs.has(found) or issubclass(found, enum.Enum))):
        raise UsageError(f"The ledger names options {name}, which are none.")
    return found
