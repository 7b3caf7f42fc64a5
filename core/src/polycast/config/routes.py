"""Reads routes: several accounts that one name stands for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from polycast.config.profiles import (
    DEFAULT_FILES,
    ConfigFile,
    Documents,
    Profile,
    profiles_in,
    read_documents,
)
from polycast.errors import SettingsError
from polycast.masking.secret import hiding_locals

__all__ = ["RouteProfile", "read_accounts", "read_routes"]

#: Ways to choose a member, as keys of a route's table.
_WAYS = ("failover", "round_robin")


@attrs.frozen
class RouteProfile:
    """A route as a settings file describes it.

    Args:
        name: what `connect` is given.
        members: profiles or providers, in the order of preference.
        weights: how many of all calls go to each member first; None to prefer the first always.
        per: by member, the fields of a message that differ there; not yet checked.
        path: the file.
    """

    name: str
    members: tuple[str, ...]
    weights: Mapping[str, int] | None
    per: Mapping[str, Mapping[str, Any]]
    path: Path

    @property
    def place(self) -> str:
        """Where it stands, for errors."""
        return f"{self.path}, routes.{self.name}"


@hiding_locals
def read_routes(config: ConfigFile = DEFAULT_FILES) -> dict[str, RouteProfile]:
    """Read the routes of one file, or of the default ones; nearer files win.

    A file reads::

        [routes.sms]
        failover = ["hyber", "smsby"]           # the first that takes it

        [routes.sms.per.smsby]
        sender = "Inn"                          # differs there

        [routes.balanced]
        round_robin = { hyber = 3, smsby = 1 }  # three of four calls go to hyber first

    Args:
        config: as `read_profiles` has it.

    Raises:
        SettingsError: a file is not TOML of this form.
    """
    return _routes_in(read_documents(config))


@hiding_locals
def read_accounts(
    config: ConfigFile = DEFAULT_FILES,
) -> tuple[dict[str, Profile], dict[str, RouteProfile]]:
    """Read the profiles and the routes of the same files, each file once.

    Args:
        config: as `read_profiles` has it.

    Raises:
        SettingsError: a file is not TOML of this form.
    """
    documents = read_documents(config)
    return profiles_in(documents), _routes_in(documents)


@hiding_locals
def _routes_in(documents: Documents) -> dict[str, RouteProfile]:
    routes: dict[str, RouteProfile] = {}
    for path, document in documents:
        tables = document.get("routes", {})
        if not isinstance(tables, dict):
            raise SettingsError(f"{path}: routes is not a table.")
        for name, table in tables.items():
            routes[name] = _route(name, table, path)
            if name in document.get("profiles", {}):
                raise SettingsError(f"{path}: {name!r} is both a profile and a route.")
    return routes


def _route(name: str, table: object, path: Path) -> RouteProfile:
    place = f"{path}, routes.{name}"
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: routes.{name} is not a table.")
    ways = [way for way in _WAYS if way in table]
    unknown = [key for key in table if key not in (*_WAYS, "per")]
    if unknown:
        raise SettingsError(
            f"{place}: a route has no {unknown[0]!r}; it has {', '.join(_WAYS)}, per."
        )
    if len(ways) != 1:
        raise SettingsError(f"{place}: a route has either failover or round_robin.")
    listed = table[ways[0]]
    weights = listed if isinstance(listed, dict) else None
    if weights is not None and ways == ["failover"]:
        raise SettingsError(f"{place}.failover is a list of names: weights belong to round_robin.")
    if not isinstance(listed, list | dict) or not all(isinstance(each, str) for each in listed):
        raise SettingsError(f"{place}.{ways[0]} is not a list of names of profiles or providers.")
    if weights is None and ways == ["round_robin"]:
        weights = dict.fromkeys(listed, 1)
    per = table.get("per", {})
    if not isinstance(per, dict) or not all(isinstance(each, dict) for each in per.values()):
        raise SettingsError(f"{place}.per holds a table for each member.")
    return RouteProfile(name, tuple(listed), weights, per, path)
