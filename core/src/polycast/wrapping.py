"""Which wrappers act for an account: named in the call, the environment or the profile; made."""

import inspect
import os
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from polycast.calls import Wrapper
from polycast.errors import PolycastError, SettingsError, UnknownProvider
from polycast.hooks import Hooks
from polycast.offers import Offer, offers, taken
from polycast.registry import hooks_of, misfit
from polycast.settings import NamedWrapper, Profile, build_settings, suggestion, variable

__all__ = ["InstalledWrapper", "build_wrappers", "installed_wrappers"]


class InstalledWrapper(Offer):
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
        told = inspect.getdoc(value) or ""
        return {"about": told.partition("\n")[0], "settings": _settings(value)}

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
    environ = os.environ if environment is None else environment
    listed = environ.get(variable(account, "wrappers"))
    chosen: Iterable[object]
    if given is not None:
        if isinstance(given, str):
            raise SettingsError(f"wrappers is a list, not the single string {given!r}.")
        chosen = given
    elif listed is not None:
        chosen = [name.strip() for name in listed.split(",") if name.strip()]
    else:
        chosen = profile.wrappers if profile else ()
    return [_wrapper(each, account, profile, environ) for each in chosen]


def _wrapper(
    each: object, account: str, profile: Profile | None, environ: Mapping[str, str]
) -> Wrapper:
    match each:
        case NamedWrapper():
            return _built(each.name, {}, account, each, profile, environ)
        case str():
            return _built(each, {}, account, None, profile, environ)
        case (str() as name, Mapping() as settings):
            return _built(name, settings, account, None, profile, environ)
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
    name: str,
    keywords: Mapping[str, object],
    account: str,
    named: NamedWrapper | None,
    profile: Profile | None,
    environ: Mapping[str, str],
) -> Wrapper:
    """Make a wrapper; the profile's settings for it count also where something else names it."""
    offer = _offer(name)
    kind = offer.load()
    path = f"{account}.wrappers.{name}"
    if named is None and profile is not None:
        named = next((each for each in profile.wrappers if each.name == name), None)
    values = named.values if named else {}
    if not attrs.has(kind):
        if keywords or values:
            raise SettingsError(f"{path}: it takes no settings.")
        return Wrapper(_made(kind, offer), offer.label)
    stored = Profile(path, name, values, profile.path) if profile else None
    try:
        made = build_settings(kind, path, keywords=keywords, profile=stored, environment=environ)
    except PolycastError:
        raise
    except Exception as error:
        # Its words are left to the cause: they may repeat a setting.
        raise offer.broken(f"making it raised {type(error).__name__}") from error
    return Wrapper(made, offer.label)


def _made(kind: type, offer: InstalledWrapper) -> object:
    try:
        return kind()
    except PolycastError:
        raise
    except Exception as error:
        # Its words are left to the cause: they may repeat a setting.
        raise offer.broken(f"making it raised {type(error).__name__}") from error


def _offer(name: str) -> InstalledWrapper:
    found = offers(InstalledWrapper, name).get(name, [])
    if not found:
        installed = installed_wrappers()
        raise UnknownProvider(
            f"No wrapper is named {name!r}{suggestion(name, [*installed])}. "
            f"Installed wrappers: {', '.join(installed) or 'none'}."
        )
    if len(found) > 1:
        raise taken(name, found)
    return found[0]


def _settings(kind: type) -> list[str]:
    return [field.name for field in attrs.fields(kind) if field.init] if attrs.has(kind) else []
