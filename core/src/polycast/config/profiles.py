"""Reads profiles: the accounts that a settings file describes."""

import enum
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from polycast.config.prices import Prices
from polycast.config.quiet import QuietHours
from polycast.errors import SettingsError
from polycast.masking.secret import hiding_locals

__all__ = [
    "DEFAULT_FILES",
    "FILE_NAME",
    "ConfigFile",
    "Documents",
    "NamedWrapper",
    "Profile",
    "default_files",
    "profiles_in",
    "read_documents",
    "read_profiles",
]

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
#: What settings files hold, each with its path, the nearest last.
Documents = list[tuple[Path, dict[str, Any]]]


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


@hiding_locals
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
    return profiles_in(read_documents(config))


@hiding_locals
def profiles_in(documents: Documents) -> dict[str, Profile]:
    """Return the profiles of what `read_documents` has read.

    Raises:
        SettingsError: a file is not of the form that `read_profiles` describes.
    """
    profiles: dict[str, Profile] = {}
    for path, document in documents:
        profiles.update(_profiles(path, document))
    return profiles


def read_documents(config: ConfigFile) -> Documents:
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
