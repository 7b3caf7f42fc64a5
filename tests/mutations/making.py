"""What mutations are made of: the table they are entered in, and ways to break a provider."""

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

import attrs
import pytest
from polycast import (
    hookimpl,
)
from polycast.plugins.registry import load_provider

__all__ = [
    "MUTATIONS",
    "Mutation",
    "Patch",
    "after_making",
    "around",
    "claim",
    "dropping",
    "module",
    "mutation",
    "secret_of",
]

Patch = pytest.MonkeyPatch


@attrs.frozen
class Mutation:
    """One way to break a provider.

    Attributes:
        words: what is broken.
        provider: whose it is.
        promise: the test of the contract that has to fail, with its parameters.
        breaks: does it, until the patch is undone.
    """

    words: str
    provider: str
    promise: str
    breaks: Callable[[Patch], None] = attrs.field(repr=False)


MUTATIONS: list[Mutation] = []


def mutation(
    provider: str, promise: str
) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Enter a mutation in the table; its docstring says what it breaks."""

    def enter(breaks: Callable[[Patch], None]) -> Callable[[Patch], None]:
        MUTATIONS.append(Mutation(str(breaks.__doc__).rstrip("."), provider, promise, breaks))
        return breaks

    return enter


def module(name: str) -> Any:
    """Return a module of a plugin, such as `"textit.response"`."""
    provider, _, inside = name.partition(".")
    return import_module(f"polycast_{provider}.{inside}")


def claim(patch: Patch, provider: str, **features: object) -> None:
    """Let a provider claim something else than it does."""
    plugin = load_provider(provider)
    patch.setattr(plugin, "features", attrs.evolve(plugin.features, **features))


def around(
    patch: Patch, provider: str, hooks: str, call: Callable[[Callable[[Any], Any], Any, Any], Any]
) -> None:
    """Put something around hooks of a provider that take one value, and what was prepared of it.

    Args:
        patch: undoes it.
        provider: its name.
        hooks: their names.
        call: is given the hook, the provider and the value; another value is prepared anew.
    """
    plugin = load_provider(provider)
    for name in hooks.split():
        own = getattr(plugin, name)
        value, *payload = list(inspect.signature(own).parameters)[1:]

        def run(self: Any, asked: Any, *prepared: Any, own: Any = own) -> Any:
            def inner(changed: Any) -> Any:
                built = prepared if changed is asked else [self.prepare(changed) for _ in prepared]
                return own(self, changed, *built)

            return call(inner, self, asked)

        # pluggy passes arguments by the names that it finds in the signature.
        namespace: dict[str, Any] = {"run": run}
        names = ", ".join([value, *payload])
        exec(f"def {name}(self, {names}):\n    return run(self, {names})\n", namespace)
        patch.setattr(plugin, name, hookimpl(namespace[name]))


def dropping(field: str, nothing: object = None) -> Callable[[Any, Any, Any], Any]:
    """Return what forgets a field of a message or a broadcast."""
    return lambda own, _, asked: own(attrs.evolve(asked, **{field: nothing}))


def secret_of(provider: Any) -> str:
    """Return a secret of an account."""
    for name in ("token", "password", "private_key", "api_key"):
        if hasattr(provider.settings, name):
            return str(getattr(provider.settings, name).reveal())
    raise AssertionError(f"{provider} has no secret.")


def after_making(patch: Patch, provider: str, change: Callable[[Any], None]) -> None:
    """Change every provider of a kind that is made."""
    plugin = load_provider(provider)
    own = plugin.__init__

    def make(self: Any, settings: Any) -> None:
        own(self, settings)
        change(self)

    patch.setattr(plugin, "__init__", make)
