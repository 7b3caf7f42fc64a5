"""Which providers are installed, and the import of exactly one, when it is asked for."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from polycast.config.profiles import Profile
from polycast.config.settings import ProviderSettings, suggestion
from polycast.errors import BrokenProvider, PolycastError, UnknownProvider
from polycast.model.features import Features
from polycast.plugins import matrix
from polycast.plugins.entry_points import PluginEntry, offers, taken
from polycast.plugins.hookspecs import PROJECT, ProviderHooks

__all__ = [
    "InstalledProvider",
    "hooks_of",
    "installed_providers",
    "load_account",
    "load_installed",
    "load_provider",
    "make_provider",
    "misfit",
    "standing_in",
]

#: What pluggy's marker leaves on a function.
_MARK = f"{PROJECT}_impl"


class InstalledProvider(PluginEntry):
    """A provider that some distribution offers; not yet imported."""

    group = "polycast.providers"
    kind = "provider"

    def problem(self, value: Any) -> str | None:
        """Return what keeps a class from being a provider, or None."""
        lacking = [name for name in ("Settings", "features") if not hasattr(value, name)]
        if not callable(value):
            lacking.append("constructor")
        if lacking:
            return f"{self.value} has no {' and no '.join(lacking)}"
        if not isinstance(value.features, Features):
            return "its features are not polycast.Features"
        settings = value.Settings
        if not (
            isinstance(settings, type)
            and issubclass(settings, ProviderSettings)
            and attrs.has(settings)
        ):
            return "its Settings are no subclass of polycast.ProviderSettings"
        return misfit(value, ProviderHooks)

    def describe(self, value: Any) -> dict[str, Any]:
        """Return what the provider can do: all features, and the facts of the matrix."""
        return {"features": matrix.plain(value.features), "facts": matrix.facts(value.features)}


def installed_providers() -> dict[str, list[InstalledProvider]]:
    """Return what is installed by name, sorted; a name that two distributions take has both."""
    return offers(InstalledProvider)


def load_provider(name: str, profiles: Iterable[str] = ()) -> Any:
    """Import one provider's class by name, and nothing else.

    Args:
        name: the provider's name.
        profiles: names that would also have been understood, for the suggestion.

    Raises:
        UnknownProvider: no installed distribution offers it.
        BrokenProvider: it cannot be imported, does not keep to the hooks, or two distributions
            offer it.
    """
    if _stand_ins:
        return _stand_ins[-1](name, profiles)
    return load_installed(name, profiles)


#: What answers in place of every provider while a test wants it to, the latest last.
_stand_ins: list[Callable[[str, Iterable[str]], Any]] = []


@contextmanager
def standing_in(answer: Callable[[str, Iterable[str]], Any]) -> Iterator[None]:
    """Let something else answer `load_provider`, in the whole process, until the block ends."""
    _stand_ins.append(answer)
    try:
        yield
    finally:
        _stand_ins.remove(answer)


def load_installed(name: str, profiles: Iterable[str] = ()) -> Any:
    """Import one provider's class by name, as `load_provider` does, without an override."""
    found = offers(InstalledProvider, name).get(name, [])
    if not found:
        raise UnknownProvider(f"No provider or profile is named {_unknown(name, profiles)}")
    if len(found) > 1:
        raise taken(name, found)
    return found[0].load()


def _unknown(name: str, profiles: Iterable[str] = ()) -> str:
    """Return the end of a sentence about a name that no provider has, and what to do."""
    installed = installed_providers()
    listed = ", ".join(installed) or "none"
    near = suggestion(name, [*installed, *profiles])
    own = "" if near else " Your own package is known after `pip install -e .` in its folder."
    return f"{name!r}{near}. Installed providers: {listed}.{own}"


def load_account(name: str, profile: Profile | None, profiles: Iterable[str] = ()) -> Any:
    """Import the class of an account's provider, and nothing else.

    Args:
        name: what `connect` is given, a profile's name or a provider's.
        profile: the profile of that name, if there is one.
        profiles: names that would also have been understood, for the suggestion.

    Raises:
        UnknownProvider: as `load_provider`; where a profile names it, with the place.
        BrokenProvider: as `load_provider`.
    """
    if profile is None:
        return load_provider(name, profiles)
    try:
        return load_provider(profile.provider)
    except UnknownProvider:
        raise UnknownProvider(
            f"{profile.path}, profiles.{name}.provider: no provider is named "
            f"{_unknown(profile.provider)}"
        ) from None


def make_provider(name: str, provider: Any, settings: object) -> Any:
    """Make a provider with its settings.

    Raises:
        BrokenProvider: it raised what is none of our errors. Its words are left to the cause: they
            may repeat a setting.
    """
    try:
        return provider(settings)
    except PolycastError:
        raise
    except (Exception, SystemExit) as error:
        detail = f"making it raised {type(error).__name__}"
        for offer in offers(InstalledProvider, name).get(name, []):
            raise offer.broken(detail) from error
        raise BrokenProvider(f"The provider {name!r} cannot be used: {detail}.") from error


def hooks_of(plugin: type) -> dict[str, Any]:
    """Return the methods of a provider that are marked as hooks, by the name of the hook."""
    return {
        getattr(member, _MARK).get("specname") or name: member
        for name, member in inspect.getmembers_static(plugin)
        if hasattr(member, _MARK)
    }


def misfit(plugin: type, contract: type, *, wraps: bool = False) -> str | None:
    """Return how a class does not keep to the hooks, or None.

    pluggy would tell only of an instance, which takes settings to make, and not of all this.

    Args:
        plugin: a provider's class, or a wrapper's.
        contract: the hooks that there are for it.
        wraps: whether its hooks may surround those of others.
    """
    hooks = hooks_of(plugin)
    # Each with the arguments that it is given.
    known = {
        name: [*inspect.signature(hook).parameters][1:]
        for kind in reversed(contract.__mro__)
        for name, hook in vars(kind).items()
        if inspect.isfunction(hook)
    }
    for name in known:
        if name not in hooks and inspect.isfunction(inspect.getattr_static(plugin, name, None)):
            return f"its method {name} is not marked with @hookimpl, and would never be called"
    for name, hook in hooks.items():
        if name not in known:
            near = suggestion(name, [*known])
            return f"there is no hook {name!r}{near}; there are {', '.join(known)}"
        detail = _mismatch(hook, known[name], wraps)
        if detail is not None:
            return f"its hook {name} {detail}"
    return None


def _mismatch(hook: Any, given: list[str], wraps: bool) -> str | None:
    function = getattr(hook, "__func__", hook)
    if inspect.iscoroutinefunction(function):
        return "is async: hooks are called plainly"
    options = getattr(hook, _MARK)
    if not wraps and (options.get("wrapper") or options.get("hookwrapper")):
        return "is a wrapper, which belongs into polycast.wrappers"
    parameters = [*inspect.signature(function).parameters.values()]
    if not isinstance(hook, staticmethod):
        parameters = parameters[1:]
    for each in parameters:
        if each.name not in given:
            return (
                f"has a parameter {str(each).split(':')[0]!r}: the parameters of this hook are "
                f"called {', '.join(given)}"
            )
        if each.default is not each.empty:
            # Older releases of pluggy never pass these.
            return f"has a default for {each.name}: hooks have none"
    return None
