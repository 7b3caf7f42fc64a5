"""Which wrappers act for an account: named in the call, the environment or the profile; made."""

import inspect
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import attrs

from polycast.config.profiles import NamedWrapper, Profile
from polycast.config.settings import build_settings, suggestion, variable
from polycast.errors import PolycastError, SettingsError, UnknownProvider
from polycast.plugins.caller import Wrapper
from polycast.plugins.entry_points import PluginEntry, offers, taken
from polycast.plugins.hookspecs import Hooks
from polycast.plugins.registry import hooks_of, misfit

__all__ = ["InstalledWrapper", "build_wrappers", "installed_wrappers"]


class InstalledWrapper(PluginEntry):
    """A wrapper that some distribution offers; not yet imported."""

    group = "polycast.wrappers"
    kind = "wrapper"

    def problem(self, value: Any) -> str | None:
        """Return what keeps a class from being a wrapper, or None."""
        if not inspect.isclass(value):
            return f"{self.value} is not a class"
        if not hooks_of(value):
            return f"{self.value} has no method that is marked with @hookimpl"
        if getattr(value, "__hash__", None) is None:
            return "it compares by value: declare it with @attrs.define(eq=False)"
        return misfit(value, Hooks, wraps=True)

    def describe(self, value: Any) -> dict[str, Any]:
        """Return what the wrapper is for, in its own words, and its settings."""
        docstring = inspect.getdoc(value) or ""
        return {"about": docstring.partition("\n")[0], "settings": _settings(value)}

    @property
    def label(self) -> str:
        """What sentences call it."""
        return (
            f"the wrapper {self.name!r}, from the distribution {self.distribution} {self.version}"
        )


def installed_wrappers() -> dict[str, list[InstalledWrapper]]:
    """Return what is installed by name, sorted; a name that two distributions take has both."""
    return offers(InstalledWrapper)


def build_wrappers(
    given: Iterable[object] | None,
    account: str,
    profile: Profile | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[Wrapper]:
    """Return the wrappers of an account, made with their settings, the outermost first.

    Args:
        given: names, `(name, settings)` or wrappers themselves; they take the place of those that
            the environment names, which take the place of the profile's. None gives none.
        account: what `connect` was given.
        profile: the profile of that name, if there is one.
        environment: `os.environ` by default.

    Raises:
        UnknownProvider: no installed distribution offers a wrapper of this name.
        BrokenProvider: it is installed but cannot be used.
        SettingsError: its settings do not fit, or this is no list of wrappers.
    """
    maker = _Maker(account, profile, os.environ if environment is None else environment)
    return [maker.wrapper(each) for each in maker.chosen(given)]


@attrs.frozen
class _Maker:
    """Makes the wrappers of one account."""

    account: str
    profile: Profile | None
    environ: Mapping[str, str] = attrs.field(repr=False)

    @cached_property
    def installed(self) -> dict[str, list[InstalledWrapper]]:
        """All of them: to look for each alone would take as long every time."""
        return installed_wrappers()

    def chosen(self, given: Iterable[object] | None) -> Iterable[object]:
        """Return what the nearest place names that names any."""
        if isinstance(given, str):
            raise SettingsError(f"wrappers is a list, not the single string {given!r}.")
        if given is not None:
            return given
        listed = self.environ.get(variable(self.account, "wrappers"))
        if listed is not None:
            return [name.strip() for name in listed.split(",") if name.strip()]
        return self.profile.wrappers if self.profile else ()

    def wrapper(self, each: object) -> Wrapper:
        """Return what one entry of the list means."""
        match each:
            case NamedWrapper():
                return self._built(each.name, {}, each)
            case str():
                return self._built(each, {})
            case (str() as name, Mapping() as settings):
                return self._built(name, settings)
            case type():
                raise SettingsError(
                    f"{each.__module__}.{each.__qualname__} is a class: give a wrapper made of it."
                )
            case tuple() | None:
                raise SettingsError(
                    f"{each!r} is no wrapper: give a name, (name, settings), or a wrapper itself."
                )
            case _:
                return Wrapper.of(each)

    def _built(
        self, name: str, keywords: Mapping[str, object], named: NamedWrapper | None = None
    ) -> Wrapper:
        """Make a wrapper; the profile's settings for it count also where it is named elsewhere."""
        offer = self._offer(name)
        kind = offer.load()
        path = f"{self.account}.wrappers.{name}"
        if named is None and self.profile is not None:
            named = next((each for each in self.profile.wrappers if each.name == name), None)
        values = named.values if named else {}
        if not attrs.has(kind) and (keywords or values):
            raise SettingsError(f"{path}: it takes no settings.")
        stored = Profile(path, name, values, self.profile.path) if self.profile else None
        try:
            if not attrs.has(kind):
                return Wrapper(kind(), offer.label)
            made = build_settings(
                kind, path, keywords=keywords, profile=stored, environment=self.environ
            )
        except PolycastError:
            raise
        except Exception as error:
            # Its words are left to the cause: they may repeat a setting.
            raise offer.broken(f"making it raised {type(error).__name__}") from error
        return Wrapper(made, offer.label)

    def _offer(self, name: str) -> InstalledWrapper:
        found = self.installed.get(name, [])
        if not found:
            raise UnknownProvider(
                f"No wrapper is named {name!r}{suggestion(name, [*self.installed])}. "
                f"Installed wrappers: {', '.join(self.installed) or 'none'}."
            )
        if len(found) > 1:
            raise taken(name, found)
        return found[0]


def _settings(kind: type) -> list[str]:
    return [field.name for field in attrs.fields(kind) if field.init] if attrs.has(kind) else []
