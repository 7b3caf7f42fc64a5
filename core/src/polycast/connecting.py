"""From a name to a client: the provider, its settings, and what stands around it."""

import os
from collections.abc import Iterable
from weakref import WeakSet

from polycast.client import Client
from polycast.config.settings import DEFAULT_FILES, ConfigFile, build_settings, read_profiles
from polycast.masking.secret import hiding_locals
from polycast.model.validators import check_type
from polycast.plugins.hookspecs import Account
from polycast.plugins.registry import load_account, make_provider
from polycast.plugins.wrapping import build_wrappers

__all__ = ["connect", "connected_clients"]

#: The clients that `connect` made, while they are in use: an outbox takes their calls as well.
_connected: WeakSet[Client] = WeakSet()


@hiding_locals
def connect(
    name: str,
    *,
    config: ConfigFile = DEFAULT_FILES,
    wrappers: Iterable[object] | None = None,
    **settings: object,
) -> Client:
    """Return a client for one account; nothing is sent yet.

    Each setting is looked for among the keywords, then in the environment
    (`POLYCAST_HYBER_LOGIN` for the name `"hyber"`), then in the profile of that name in
    `polycast.toml` (the working folder's, then the user's config folder's). So is the list of
    wrappers: where it is given as a keyword, it takes the place of the profile's.

    Args:
        name: a profile's name, or a provider's.
        config: a settings file to read instead of the default ones; None to read no file.
        wrappers: what stands around the provider, the outermost first: names of installed
            wrappers, `(name, settings)`, or wrappers themselves, such as
            `polycast.wrappers.DryRun()`.
        **settings: the provider's settings; its README lists them.

    Raises:
        UnknownProvider: no installed distribution offers it, or one of the wrappers.
        BrokenProvider: it is installed but cannot be used, or one of the wrappers.
        SettingsError: a setting is missing, misspelt or not of its type.
        UsageError: an argument is of a wrong type.
    """
    check_type("name", name, str, "a string")
    if config is not None and config is not DEFAULT_FILES:
        check_type("config", config, (str, os.PathLike), "a path")
    profiles = read_profiles(config)
    profile = profiles.get(name)
    provider = load_account(name, profile, profiles)
    checked = build_settings(provider.Settings, name, keywords=settings, profile=profile)
    around = build_wrappers(wrappers, name, profile)
    account = Account(profile.provider if profile else name, name, checked)
    made = make_provider(account.provider, provider, checked)
    client = Client(account.provider, made, wrappers=around, account=account)
    _connected.add(client)
    return client


def connected_clients() -> list[Client]:
    """Return the clients that `connect` made and that are in use; not public: for the outbox."""
    return list(_connected)
