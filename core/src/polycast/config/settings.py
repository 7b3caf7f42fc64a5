"""Reads an account's settings: keywords win over the environment, which wins over a profile."""

import difflib
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import attrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

from polycast.config.profiles import FILE_NAME, Profile
from polycast.config.strict import converter
from polycast.errors import BrokenProvider, SettingsError
from polycast.masking.secret import SecretUrl, hiding_locals

__all__ = [
    "ProviderSettings",
    "build_settings",
    "setting_origins",
    "variable",
]

#: Keys of a profile, and keywords of `connect`, that are not settings.
_RESERVED = ("config", "name", "prices", "provider", "quiet", "wrappers")


def _positive(instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{attribute.name} is a positive number of seconds")


def _at_least_one(instance: object, attribute: "attrs.Attribute[Any]", value: int) -> None:
    if value < 1:
        raise ValueError(f"{attribute.name} is a whole number of at least 1")


@attrs.frozen(kw_only=True)
class ProviderSettings:
    """The settings that every provider has; a provider's own `Settings` extends this class.

    Credentials are declared as `Secret`, so that they never print.

    Args:
        base_url: the provider's address, in place of its public one. A string is taken, too.
        timeout: seconds without a byte of an answer before a call is given up.
        deadline: seconds for a whole call: its tries, the waiting between them, and an answer
            that comes slowly. A `timeout` that is longer has no effect.
        attempts: how many times a request is made in all, where it may be repeated; 1 for no
            repetition. A send that may have been carried out is never repeated.
        connections: how many connections are kept open for reuse: as many as there are threads
            that send at a time.
    """

    base_url: SecretUrl | None = attrs.field(
        default=None, converter=attrs.converters.optional(SecretUrl)
    )
    timeout: float = attrs.field(default=30.0, validator=_positive)
    deadline: float = attrs.field(default=120.0, validator=_positive)
    attempts: int = attrs.field(default=5, validator=_at_least_one)
    connections: int = attrs.field(default=10, validator=_at_least_one)


S = TypeVar("S")


def variable(name: str, setting: str) -> str:
    """Return the environment variable that holds a setting of what `connect` was given."""
    return f"POLYCAST_{_upper(name)}_{_upper(setting)}"


def _upper(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name).upper()


@hiding_locals
def build_settings(
    kind: type[S],
    name: str,
    *,
    keywords: Mapping[str, object],
    profile: Profile | None = None,
    environment: Mapping[str, str] | None = None,
) -> S:
    """Collect an account's settings and check them.

    Args:
        kind: the provider's `Settings`, or a wrapper's own class.
        name: what `connect` was given; the environment is read as `POLYCAST_<NAME>_<SETTING>`.
        keywords: win over the environment, which wins over the profile.
        profile: the profile of that name, if there is one.
        environment: `os.environ` by default.

    Raises:
        SettingsError: naming the setting, and where it came from.
        BrokenProvider: a setting has a name that is not the provider's to give.
    """
    environ = os.environ if environment is None else environment
    fields = _known(kind)
    for field in fields:
        if field in _RESERVED:
            raise BrokenProvider(
                f"{kind.__module__}.{kind.__qualname__} cannot be used: no setting can be called "
                f"{field!r}, for that name has a meaning of its own in profiles."
            )
    values, origins = gather(fields, name, keywords, profile, environ)
    for key, value in values.items():
        if isinstance(value, str) and value.startswith("env:"):
            values[key] = _from_environment(value[4:], environ, origins[key])
            origins[key] += f" (from {value[4:]})"
    try:
        return converter.structure(values, kind)
    except ClassValidationError as group:
        errors = _leaves(group)
        problems = [
            _sentence(error, name, kind, origins)
            for error in errors
            if not isinstance(error, KeyError)
        ]
        missing = [str(error.args[0]) for error in errors if isinstance(error, KeyError)]
    if missing:
        problems.append(_missing(name, missing, variable(name, "")))
    raise SettingsError(" ".join(problems))


def gather(
    fields: Iterable[str],
    name: str,
    keywords: Mapping[str, object],
    profile: Profile | None,
    environ: Mapping[str, str],
) -> tuple[dict[str, object], dict[str, str]]:
    """Return the unchecked values of an account's settings, and the source of each."""
    prefix = variable(name, "")
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for key, value in (profile.values if profile else {}).items():
        values[key] = value
        origins[key] = f"{profile.path}, profiles.{name}.{key}" if profile else key
    for key in fields:
        if prefix + key.upper() in environ:
            values[key] = environ[prefix + key.upper()]
            origins[key] = f"the environment's {prefix}{key.upper()}"
    for key, value in keywords.items():
        values[key] = value
        origins[key] = f"the keyword {key}"
    return values, origins


def setting_origins(
    kind: type,
    name: str,
    *,
    keywords: Mapping[str, object] | None = None,
    profile: Profile | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, str | None]:
    """Return the source of each setting of an account, in words; never its value.

    A setting that is needed and not given has None. One that the provider does not have is in it
    too, where it is given.

    Args:
        kind: the provider's `Settings`.
        name: what `connect` is given.
        keywords: as `connect` is given them.
        profile: the profile of that name, if there is one.
        environment: `os.environ` by default.
    """
    environ = os.environ if environment is None else environment
    known = {field.name: field.default for field in attrs.fields(kind) if field.init}
    values, origins = gather(known, name, keywords or {}, profile, environ)
    sources: dict[str, str | None] = {
        key: None if default is attrs.NOTHING else "the default" for key, default in known.items()
    }
    for key, origin in origins.items():
        value = values[key]
        named = isinstance(value, str) and value.startswith("env:")
        sources[key] = (
            f"the environment's {str(value)[4:]}, which {origin} names" if named else origin
        )
    return sources


def _known(kind: type) -> list[str]:
    return [field.name for field in attrs.fields(kind) if field.init]


def _missing(name: str, missing: list[str], prefix: str) -> str:
    listed = ", ".join(repr(each) for each in missing)
    if len(missing) == 1:
        return (
            f"{name} needs the setting {listed}: give it as a keyword, as "
            f"{prefix}{missing[0].upper()} in the environment, or in {FILE_NAME}."
        )
    return (
        f"{name} needs the settings {listed}: give them as keywords, in the environment as "
        f"{prefix}{missing[0].upper()} and so on, or in {FILE_NAME}."
    )


def _from_environment(variable: str, environ: Mapping[str, str], origin: str) -> str:
    if variable not in environ:
        raise SettingsError(
            f"{origin} asks for the environment variable {variable}: it is not set."
        )
    return environ[variable]


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            leaves += _leaves(error)
        else:
            leaves.append(error)
    return leaves


def _sentence(
    error: BaseException,
    name: str,
    kind: type,
    origins: Mapping[str, str],
) -> str:
    known = _known(kind)
    if isinstance(error, ForbiddenExtraKeysError):
        return " ".join(
            f"{origins[key]}: {name} has no setting {key!r}"
            f"{suggestion(key, known)}; it takes {', '.join(known)}."
            for key in sorted(error.extra_fields)
        )
    field = next(
        (note.name for note in getattr(error, "__notes__", ()) if hasattr(note, "name")), None
    )
    place = origins.get(str(field), str(field)) if field else name
    return f"{place}: {str(error).rstrip('.')}."


def suggestion(given: str, known: list[str]) -> str:
    """Return `"; did you mean 'near'?"` without the mark, or "" where nothing is near."""
    near = difflib.get_close_matches(given, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
