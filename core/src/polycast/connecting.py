"""From names to a client: the provider, its settings, what stands around it; or a route."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from weakref import WeakSet

from polycast.client import Client
from polycast.config.profiles import DEFAULT_FILES, ConfigFile
from polycast.config.routes import RouteProfile, read_accounts
from polycast.config.settings import build_settings
from polycast.errors import SettingsError, UsageError
from polycast.masking.secret import hiding_locals
from polycast.model.messages import Message
from polycast.model.validators import check_type, check_whole_number
from polycast.plugins.hookspecs import Account
from polycast.plugins.registry import load_account, make_provider
from polycast.plugins.wrapping import build_wrappers
from polycast.routes import Member, Route, Turns

__all__ = ["connect", "connected_clients", "failover", "round_robin"]

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
    """Return a client for one account, or for a route; nothing is sent yet.

    Each setting is looked for among the keywords, then in the environment
    (`POLYCAST_HYBER_LOGIN` for the name `"hyber"`), then in the profile of that name in
    `polycast.toml` (the working folder's, then the user's config folder's). So is the list of
    wrappers: where it is given as a keyword, it takes the place of the profile's.

    Args:
        name: a profile's name, a provider's, or a route's.
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
    profiles, routes = read_accounts(config)
    profile = profiles.get(name)
    if profile is None and name in routes:
        if settings:
            raise SettingsError(
                f"{name} is a route and has no setting {next(iter(settings))!r}: give its members "
                "theirs."
            )
        return _connect_route(routes[name], routes, config, wrappers)
    provider = load_account(name, profile, [*profiles, *routes])
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


def failover(
    *members: str | Client,
    name: str | None = None,
    per: Mapping[str, Mapping[str, Any]] | None = None,
    config: ConfigFile = DEFAULT_FILES,
    wrappers: Iterable[object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Client:
    """Return a client that sends through the first of several accounts that takes the message.

    A call moves on to the next account only where its error says that nothing was carried out. A
    doubt stays with its provider, and so does the refusal of a recipient whom the provider names.
    Everything is checked against every account before the first try. An account that has failed
    five times in a row rests for a minute: it is tried last.

    The ids of what was sent begin with the account's name: `hyber/1234`.

    Args:
        *members: names as `connect` takes them, or clients, the preferred one first.
        name: what errors and ledgers call it; by default the members' names with a plus sign.
        per: by member, the fields of `Message` that differ there, such as `sender`, `channels` and
            `options`; not the text.
        config: as `connect` has it.
        wrappers: what stands around the route; each member keeps its own.
        clock: tells the time in seconds, for who rests.

    Raises:
        UsageError: there are fewer than two members, or one is named twice.
    """
    return _route(members, None, name, per, config, wrappers, clock)


def round_robin(
    *members: str | Client,
    weights: Mapping[str, int] | None = None,
    name: str | None = None,
    per: Mapping[str, Mapping[str, Any]] | None = None,
    config: ConfigFile = DEFAULT_FILES,
    wrappers: Iterable[object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Client:
    """Return a client that shares its calls among several accounts; otherwise like `failover`.

    Args:
        *members: as `failover` has them.
        weights: by member, how many of all calls go there first; 1 for those that are left out.
            A call is one message, or one batch of a broadcast.
        name: as `failover` has it.
        per: the same.
        config: the same.
        wrappers: the same.
        clock: the same.

    Raises:
        UsageError: there are fewer than two members, one is named twice, or a weight is no whole
            number of at least 1.
    """
    return _route(members, weights or {}, name, per, config, wrappers, clock)


def _route(
    named: Iterable[str | Client],
    weights: Mapping[str, int] | None,
    name: str | None,
    per: Mapping[str, Mapping[str, Any]] | None,
    config: ConfigFile,
    wrappers: Iterable[object] | None,
    clock: Callable[[], float] = time.monotonic,
) -> Client:
    clients = [each if isinstance(each, Client) else connect(each, config=config) for each in named]
    names = [client.account.name for client in clients]
    if len(names) < 2:
        raise UsageError("A route has at least two members.")
    for each in names:
        if names.count(each) > 1:
            raise UsageError(f"{each!r} is twice in the route; once is enough.")
        if "/" in each:
            raise UsageError(f"{each!r} cannot be in a route: ids would hold its slash.")
    for what, keys in (("per", per or {}), ("weights", weights or {})):
        for key in keys:
            if key not in names:
                raise UsageError(f"{what} names {key!r}; the members are {', '.join(names)}.")
    shares = None if weights is None else {**dict.fromkeys(names, 1), **weights}
    for each, weight in (shares or {}).items():
        check_whole_number(f"The weight of {each}", weight)
    called = "+".join(names) if name is None else name
    made = [
        Member(client, _differing(client.account.name, (per or {}).get(client.account.name, {})))
        for client in clients
    ]
    account = Account(called, called)
    around = build_wrappers(wrappers, called) if wrappers is not None else []
    return Client(
        called, Route(called, made, Turns(names, shares, clock)), wrappers=around, account=account
    )


#: The fields of a message that may differ between the members of a route.
_DIFFERING = ("sender", "channels", "ttl", "media", "callback_url", "options")


def _differing(member: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields that differ at a member, checked."""
    unknown = [key for key in values if key not in _DIFFERING]
    if unknown:
        raise UsageError(
            f"per: at {member}, {unknown[0]!r} cannot differ; {', '.join(_DIFFERING)} can."
        )
    sample = Message("contact:1", text="sample", **values)
    return {name: getattr(sample, name) for name in values}


def _connect_route(
    route: RouteProfile,
    routes: Iterable[str],
    config: ConfigFile,
    wrappers: Iterable[object] | None,
) -> Client:
    for each in route.members:
        if each in routes:
            raise SettingsError(f"{route.place}: {each!r} is a route; name its members instead.")
    clients = [connect(each, config=config) for each in route.members]
    per = {}
    for client in clients:
        values = dict(route.per.get(client.account.name, {}))
        try:
            if "ttl" in values:
                values["ttl"] = timedelta(seconds=values["ttl"])
            if isinstance(values.get("options"), Mapping):
                kind: Any = client.features.options
                values["options"] = kind(**values["options"])
        except (TypeError, ValueError, OverflowError) as error:
            raise SettingsError(f"{route.place}.per.{client.account.name}: {error}.") from None
        per[client.account.name] = values
    strangers = [each for each in route.per if each not in per]
    if strangers:
        raise SettingsError(f"{route.place}.per names {strangers[0]!r}, which is no member.")
    try:
        return _route(clients, route.weights, route.name, per, config, wrappers)
    except SettingsError:
        raise
    except UsageError as error:
        raise SettingsError(f"{route.place}: {error}") from None
