"""Each account: where its settings come from, what is wrong with them, and who answers there."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from polycast.config.settings import (
    Profile,
    ProviderSettings,
    build_settings,
    default_files,
    read_profiles,
    setting_origins,
    suggestion,
    variable,
)
from polycast.doctor.reaching import Reached, reach_all
from polycast.errors import BrokenProvider, PolycastError, SettingsError, UnknownProvider
from polycast.masking.secret import Secret
from polycast.plugins.entry_points import Finding
from polycast.plugins.registry import load_account, make_provider
from polycast.plugins.wrapping import build_wrappers

__all__ = ["Account", "SettingsFile", "examine_accounts"]


@attrs.frozen
class SettingsFile:
    """A place where profiles are looked for.

    Args:
        path: the file.
        found: whether it is there.
        problem: why it cannot be read, as a sentence.
    """

    path: Path
    found: bool
    problem: str | None = None


@attrs.frozen
class Account:
    """What a profile, or a provider with settings in the environment, amounts to.

    Args:
        name: what `connect` is given.
        provider: its provider.
        path: the file that describes it, if one does.
        origins: where each setting comes from; None where one is missing.
        wrappers: the names of its wrappers, the outermost first.
        problems: what keeps it from being connected, a sentence each.
        servers: who was asked for an answer, and what came of it.
    """

    name: str
    provider: str
    path: Path | None
    origins: Mapping[str, str | None] = attrs.field(factory=dict)
    wrappers: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    servers: tuple[Reached, ...] = ()


def examine_accounts(
    config: Path | None, only: str | None, providers: Sequence[Finding], *, reach: bool
) -> tuple[tuple[SettingsFile, ...], tuple[Account, ...]]:
    """Look at the settings files, and at every account that they and the environment describe.

    Args:
        config: the settings file to read instead of the default ones.
        only: the one account to look at; all by default.
        providers: what is installed.
        reach: whether to ask the accounts' servers for an answer.

    Raises:
        UnknownProvider: there is no account of the name given.
        SettingsError: the settings file that was named is not there.
    """
    files = tuple(_read(path) for path in ([config] if config else default_files()))
    if config and not files[0].found:
        read_profiles(config)
    if any(each.problem for each in files):
        return files, ()
    profiles = read_profiles(config)
    broken = {each.offer.name: each.problem for each in providers}
    names = {*profiles, *broken}
    chosen = [*profiles, *_in_environment(set(broken) - set(profiles), names)]
    if only is not None:
        chosen = [only]
    return files, tuple(
        _examine(name, profiles.get(name), names, broken, config, reach=reach) for name in chosen
    )


def _read(path: Path) -> SettingsFile:
    whole = path.absolute()
    if not path.is_file():
        return SettingsFile(whole, found=False)
    try:
        read_profiles(path)
    except SettingsError as error:
        return SettingsFile(whole, found=True, problem=str(error))
    return SettingsFile(whole, found=True)


def _in_environment(providers: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    return (name for name in sorted(providers) if any(_own_variables(name, names)))


def _own_variables(name: str, names: Iterable[str]) -> list[str]:
    """Return the environment variables that look like settings of this account, and no other."""
    prefix = variable(name, "")
    longer = tuple(
        other
        for other in (*(variable(each, "") for each in names), variable(name, "wrappers"))
        if other.startswith(prefix) and other != prefix
    )
    return [each for each in os.environ if each.startswith(prefix) and not each.startswith(longer)]


def _examine(
    name: str,
    profile: Profile | None,
    names: Iterable[str],
    broken: Mapping[str, str | None],
    config: Path | None,
    *,
    reach: bool,
) -> Account:
    provider = profile.provider if profile else name
    path = profile.path if profile else None
    wrappers = _wrappers(name, profile)
    problem = broken.get(provider)
    if problem is not None:
        return Account(name, provider, path, wrappers=wrappers, problems=(problem,))
    try:
        kind = load_account(name, profile, names)
    except (BrokenProvider, UnknownProvider) as error:
        if profile is None and isinstance(error, UnknownProvider):
            raise
        return Account(name, provider, path, wrappers=wrappers, problems=(str(error),))
    fields = [field.name for field in attrs.fields(kind.Settings)]
    account = Account(
        name,
        provider,
        path,
        setting_origins(kind.Settings, name, profile=profile),
        wrappers,
    )
    problems = [
        f"The environment's {each} is no setting of {name}"
        f"{suggestion(each.removeprefix(variable(name, '')).lower(), fields)}."
        for each in _own_variables(name, names)
        if each not in {variable(name, key) for key in fields}
    ]
    problems += _open_secrets(kind.Settings, profile)
    # What `connect` does, but for telling wrappers that they are connected: some make files then.
    try:
        build_wrappers(None, name, profile)
    except PolycastError as error:
        problems.append(str(error))
    servers: list[Reached] = []
    try:
        settings = build_settings(kind.Settings, name, keywords={}, profile=profile)
        made = make_provider(provider, kind, settings)
    except PolycastError as error:
        problems.append(str(error))
    else:
        if reach:
            servers = reach_all(_addresses(made, settings))
    return attrs.evolve(account, problems=tuple(problems), servers=tuple(servers))


def _open_secrets(kind: type[ProviderSettings], profile: Profile | None) -> Iterator[str]:
    """Say which secrets stand in a file that other users of the machine can read."""
    if profile is None or os.name != "posix" or not profile.path.stat().st_mode & 0o077:
        return
    secrets = [each.name for each in attrs.fields(kind) if each.type in (Secret, Secret | None)]
    shown = [n for n in secrets if not str(profile.values.get(n, "env:")).startswith("env:")]
    if shown:
        yield (
            f"{profile.path} holds the {' and the '.join(shown)} of {profile.name}, and other "
            f"users of this machine can read the file: run chmod 600 {profile.path}, or write "
            f'{shown[0]} = "env:NAME" and set NAME in the environment.'
        )


def _wrappers(name: str, profile: Profile | None) -> tuple[str, ...]:
    listed = os.environ.get(variable(name, "wrappers"))
    if listed is not None:
        return tuple(each.strip() for each in listed.split(",") if each.strip())
    return tuple(each.name for each in profile.wrappers) if profile else ()


def _addresses(provider: Any, settings: ProviderSettings) -> list[str]:
    """Return where a provider's calls go to; without a generated client, `base_url` tells."""
    servers = getattr(getattr(provider, "api", None), "servers", None)
    if isinstance(servers, Mapping):
        return list(dict.fromkeys(map(str, servers.values())))
    return [settings.base_url.reveal()] if settings.base_url else []
