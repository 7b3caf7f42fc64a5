"""Reads an account's settings: keywords win over the environment, which wins over a profile."""

import difflib
import enum
import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import attrs
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError

from polycast.config.prices import Prices
from polycast.config.quiet import QuietHours
from polycast.config.strict import converter
from polycast.errors import BrokenProvider, SettingsError
from polycast.masking.secret import SecretUrl, hiding_locals

__all__ = [
    "DEFAULT_FILES",
    "ConfigFile",
    "NamedWrapper",
    "Profile",
    "ProviderSettings",
    "build_settings",
    "read_documents",
    "read_profiles",
    "setting_origins",
    "variable",
]

#: Keys of a profile, and keywords of `connect`, that are not settings.
_RESERVED = ("config", "name", "prices", "provider", "quiet", "wrappers")

#: The file that holds profiles, in the working folder or the user's config folder.
FILE_NAME = "polycast.toml"


class _Default(enum.Enum):
    FILES = "DEFAULT_FILES"

    def __repr__(self) -> str:
        return self.value


#: As `config`: the files of `default_files`.
DEFAULT_FILES: Final = _Default.FILES
#: Where profiles are read: a file, the default files, or (None) none at all.
ConfigFile = str | Path | Literal[_Default.FILES] | None


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


def _show_keys(values: Mapping[str, object]) -> str:
    return f"<{', '.join(values)}>"


@attrs.frozen
class NamedWrapper:
    """A wrapper as a profile names it.

    Args:
        name: the name that it is installed under.
        values: its settings, not yet checked.
    """

    name: str
    values: Mapping[str, object] = attrs.field(factory=dict, repr=_show_keys)


@attrs.frozen
class Profile:
    """One account as a settings file describes it.

    Args:
        name: what `connect` is given.
        provider: the provider it belongs to.
        values: its settings, not yet checked; `env:NAME` values not yet read.
        path: the file.
        wrappers: what stands around the provider, the outermost first.
        prices: what its messages cost.
        quiet: when its campaigns rest.
    """

    name: str
    provider: str
    values: Mapping[str, object] = attrs.field(repr=_show_keys)
    path: Path
    wrappers: tuple[NamedWrapper, ...] = ()
    prices: Prices | None = None
    quiet: QuietHours | None = None


def default_files() -> tuple[Path, ...]:
    """Return where profiles are looked for: the working folder, then the user's config folder."""
    import platformdirs

    return (Path(FILE_NAME), Path(platformdirs.user_config_dir("polycast")) / FILE_NAME)


def read_profiles(config: ConfigFile = DEFAULT_FILES) -> dict[str, Profile]:
    """Read the profiles of one file, or of the default ones; nearer files win.

    A file reads::

        [profiles.kyiv]
        provider = "hyber"              # left out: the profile's name is the provider's
        login = "reception"
        password = "env:HYBER_PASSWORD" # read from the environment when connecting
        wrappers = [                    # the outermost first; those with settings as tables
            "audit-log",
            { name = "rate-limit", rate = "100/s" },
        ]

    Args:
        config: a file to read instead of the default ones; it must exist. None for no file.

    Raises:
        SettingsError: a file is not TOML of this form.
    """
    profiles: dict[str, Profile] = {}
    for path, document in read_documents(config):
        profiles.update(_profiles(path, document))
    return profiles


def read_documents(config: ConfigFile) -> list[tuple[Path, dict[str, Any]]]:
    """Return what the files hold that there are, the nearest last; for `config` see `connect`."""
    if config is None:
        return []
    files = default_files() if config is DEFAULT_FILES else (Path(config),)
    return [
        (path, _read_file(path))
        for path in reversed(files)
        if config is not DEFAULT_FILES or path.is_file()
    ]


@hiding_locals
def _read_file(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        # Only the place: the message itself may quote the line, which may hold a secret.
        place = str(error).rpartition("(")[2].rstrip(")")
        raise SettingsError(f"{path} is not TOML ({place}).") from None
    strangers = [key for key in document if key not in ("profiles", "routes")]
    if strangers:
        raise SettingsError(
            f"{path} has {strangers[0]!r} at its top: profiles are written [profiles.NAME]."
        )
    return document


def _profiles(path: Path, document: Mapping[str, Any]) -> dict[str, Profile]:
    tables = document.get("profiles", {})
    profiles = {}
    if not isinstance(tables, dict):
        raise SettingsError(f"{path}: profiles is not a table.")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: profiles.{name} is not a table.")
        values = dict(table)
        provider = values.pop("provider", name)
        if not isinstance(provider, str) or not provider:
            raise SettingsError(f"{path}: profiles.{name}.provider is not a name.")
        wrappers = _wrappers(values.pop("wrappers", []), f"{path}, profiles.{name}.wrappers")
        prices = values.pop("prices", None)
        if prices is not None:
            prices = Prices.read(prices, f"{path}, profiles.{name}.prices")
        quiet = values.pop("quiet", None)
        if quiet is not None:
            quiet = QuietHours.read(quiet, f"{path}, profiles.{name}.quiet")
        profiles[name] = Profile(name, provider, values, path, wrappers, prices, quiet)
    return profiles


def _wrappers(listed: object, place: str) -> tuple[NamedWrapper, ...]:
    if not isinstance(listed, list):
        raise SettingsError(f"{place} is not a list of wrappers.")
    found = []
    for each in listed:
        values = dict(each) if isinstance(each, dict) else {"name": each}
        name = values.pop("name", None)
        if not isinstance(name, str) or not name:
            raise SettingsError(
                f'{place}: a wrapper is a name, or {{ name = "...", }} with its settings.'
            )
        found.append(NamedWrapper(name, values))
    return tuple(found)


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
