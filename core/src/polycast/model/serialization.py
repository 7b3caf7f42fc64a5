"""The model as plain JSON values, and back.

A moment is text in ISO 8601, with its offset from UTC; a length of time is a number of seconds; an
amount of money is text; a local file is `{"path": ...}`. The provider's own answer (`raw`) may have
any form and is left out.
"""

import enum
import types
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

import attrs

from polycast import errors
from polycast.errors import PolycastError, UsageError
from polycast.model.options import read_options, write_options

__all__ = ["Serializable", "SerializableContent", "error_to_dict", "plain"]


class Serializable:
    """What goes to JSON and back."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as values that `json.dumps` takes; without `raw`."""
        return {name: plain(getattr(self, name)) for name in _types(type(self))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_dict` was called on; fields with a default may be missing.

        Raises:
            UsageError: a key is unknown or missing, or a value is not of its type.
        """
        made: Self = _structure(cls, values, "")
        return made


class SerializableContent(Serializable):
    """The same, for what may have a provider's own options."""

    __slots__ = ()
    options: object

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as values that `json.dumps` takes.

        Raises:
            UsageError: the options hold what JSON cannot, or the recipients are a stream.
        """
        fields: dict[str, Any] = {}
        for name in _types(type(self)):
            value = getattr(self, name)
            if name == "recipients" and not isinstance(value, tuple):
                raise UsageError(
                    f"recipients is a stream ({type(value).__name__}): only a list can be written "
                    "as JSON. Give Broadcast a list of recipients."
                )
            fields[name] = write_options(value) if name == "options" else plain(value)
        return fields

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, options: type | None = None) -> Self:
        """Return what `to_dict` was called on; fields with a default may be missing.

        Args:
            values: what `to_dict` returned.
            options: the provider's class of options, where there are any: no other package's
                classes are made.

        Raises:
            UsageError: a key is unknown or missing, or a value is not of its type.
        """
        given: Any = values
        if isinstance(given, Mapping) and (written := given.get("options")) is not None:
            if options is None:
                raise UsageError(
                    f"The {cls.__name__} has a provider's options: name their class, e.g. "
                    f"{cls.__name__}.from_dict(values, options=polycast_textit.Options)."
                )
            given = {**given, "options": read_options(written, options)}
        made: Self = _structure(cls, given, "")
        return made


def plain(value: Any) -> Any:
    """Return a value of the model as `json.dumps` takes it."""
    match value:
        case enum.Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Serializable():
            return value.to_dict()
        case datetime():
            return value.isoformat()
        case timedelta():
            whole = value.days * 86_400 + value.seconds
            return value.total_seconds() if value.microseconds else whole
        case Decimal():
            return str(value)
        case Path():
            return {"path": str(value)}
        case PolycastError():
            return error_to_dict(value)
        case Mapping():
            return {str(plain(key)): plain(each) for key, each in value.items()}
        case Iterable():
            return [plain(each) for each in value]
    return {
        field.name: plain(getattr(value, field.name))
        for field in attrs.fields(type(value))
        if field.name != "raw"
    }


#: What `_types` has found.
_known: dict[type, dict[str, Any]] = {}


def _types(cls: Any) -> dict[str, Any]:
    """Return the types of the fields that are written, by name."""
    if cls not in _known:
        hints = get_type_hints(cls)
        names = [field.name for field in attrs.fields(cls) if field.name != "raw"]
        _known[cls] = {name: hints[name] for name in names}
    return _known[cls]


def _structure(cls: Any, values: object, place: str) -> Any:
    at = f"{place}: " if place else ""
    if not isinstance(values, Mapping):
        raise UsageError(f"{at}a {cls.__name__} is a mapping, not {type(values).__name__}.")
    known = _types(cls)
    unknown = [key for key in values if key not in known]
    if unknown:
        raise UsageError(
            f"{at}a {cls.__name__} has no key {unknown[0]!r}; it has {', '.join(known)}."
        )
    given = {
        name: values[name] if name == "options" else _read(kind, values[name], _in(place, name))
        for name, kind in known.items()
        if name in values
    }
    for field in attrs.fields(cls):
        if field.default is attrs.NOTHING and field.name not in given:
            raise UsageError(f"{at}the key {field.name!r} of a {cls.__name__} is missing.")
    try:
        return cls(**given)
    except UsageError as error:
        raise UsageError(f"{at}{error}") from None


def _in(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _read(kind: Any, value: Any, place: str) -> Any:
    """Return a value of a field's type from what `plain` made of it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_union(inner, value, place)
    if origin is tuple or (origin is not None and issubclass(origin, Iterable)):
        if issubclass(origin, Mapping):
            _need(isinstance(value, Mapping), "a mapping", value, place)
            return {
                _read(inner[0], key, place): _read(inner[1], each, _in(place, str(key)))
                for key, each in value.items()
            }
        _need(isinstance(value, list | tuple), "a list", value, place)
        return tuple(
            _read(inner[0], each, f"{place}[{number}]") for number, each in enumerate(value)
        )
    if kind is PolycastError:
        return _error_from_dict(value, place)
    if attrs.has(kind):
        return _structure(kind, value, place)
    return _read_one(kind, value, place)


def _read_union(kinds: Iterable[Any], value: Any, place: str) -> Any:
    if value is None:
        _need(type(None) in kinds, "a value", value, place)
        return None
    problems = []
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, value, place)
            except UsageError as error:
                problems.append(error)
    raise problems[0]


def _read_one(kind: Any, value: Any, place: str) -> Any:
    try:
        if issubclass(kind, enum.Enum):
            _need(value in [*kind], f"one of {', '.join(kind)}", value, place)
            return kind(value)
        if kind is datetime:
            _need(isinstance(value, str), "a moment in ISO 8601", value, place)
            return datetime.fromisoformat(value)
        if kind is timedelta:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            _need(is_number, "a number of seconds", value, place)
            return timedelta(seconds=value)
        if kind is Decimal:
            _need(isinstance(value, str), "a decimal number as text", value, place)
            return Decimal(value)
        if kind is Path:
            is_path = isinstance(value, Mapping) and [*value] == ["path"]
            _need(is_path and isinstance(value["path"], str), '{"path": ...}', value, place)
            return Path(value["path"])
    except UsageError:
        raise
    except (ValueError, OverflowError, InvalidOperation):
        raise UsageError(f"{place} has a wrong value: {value!r}.") from None
    fits = isinstance(value, (int, float) if kind is float else kind)
    fits = fits and (kind is bool or not isinstance(value, bool))
    _need(fits, _NAMED[kind], value, place)
    return value


#: What a value of a type is called.
_NAMED = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def _need(fits: bool, named: str, value: object, place: str) -> None:
    if not fits:
        raise UsageError(f"{place} is {named}, not {value!r:.80}.")


# Errors.

#: What an error says besides its kind, and the types.
_FACTS: dict[str, Any] = {
    "message": str,
    "notes": tuple[str, ...],
    "safe_to_retry": bool,
    "carried_out": bool | None,
    "provider": str,
    "operation": str | None,
    "http_status": int | None,
    "code": str | int | None,
    "detail": str,
    "retry_after": float | None,
    "refused": Mapping[str, str] | None,
    "candidates": tuple[str, ...] | None,
}


def error_to_dict(error: PolycastError) -> dict[str, Any]:
    """Return an error as JSON values: its kind is the nearest public class of `polycast.errors`."""
    facts = {name: getattr(error, name) for name in _FACTS if hasattr(error, name)}
    facts |= {"message": str(error), "notes": getattr(error, "__notes__", ())}
    for name in ("refused", "candidates"):  # told where there are any
        if facts.get(name) is None:
            facts.pop(name, None)
    if "candidates" in facts:
        facts["candidates"] = sorted(facts["candidates"])
    kind = next(each.__name__ for each in type(error).__mro__ if _public(each.__name__))
    return {"kind": kind, **{name: plain(facts[name]) for name in _FACTS if name in facts}}


def _public(kind: object) -> type[PolycastError] | None:
    return getattr(errors, str(kind)) if kind in errors.__all__ else None


def _error_from_dict(values: object, place: str) -> PolycastError:
    _need(isinstance(values, Mapping), "a mapping", values, place)
    assert isinstance(values, Mapping)
    kind = _public(values.get("kind"))
    if kind is None:
        raise UsageError(f"{place}.kind is no name in polycast.errors: {values.get('kind')!r}.")
    unknown = [key for key in values if key not in _FACTS and key != "kind"]
    if unknown:
        raise UsageError(f"{place}: an error has no key {unknown[0]!r}.")
    facts = {
        name: _read(kind, values[name], _in(place, name))
        for name, kind in _FACTS.items()
        if name in values
    }
    message, notes = facts.pop("message", ""), facts.pop("notes", ())
    try:
        if "provider" in facts:
            if facts.get("refused"):
                facts["refused"] = {int(at): why for at, why in facts["refused"].items()}
            made = kind(facts.pop("detail", ""), **facts)
        else:
            made = kind(message)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{place} is not an error that to_dict wrote: {error}.") from None
    for note in notes:
        made.add_note(note)
    return made
