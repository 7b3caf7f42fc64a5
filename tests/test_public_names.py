"""What is public says so, and says what it is for."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

from tests.workspace import DISTRIBUTIONS, PLUGINS

PLUGIN_PACKAGES = {plugin.package for plugin in PLUGINS}

MODULES = [
    module
    for distribution in DISTRIBUTIONS
    for module, _ in distribution.modules()
    if not any(part.startswith("_") for part in module.split("."))
]


def _public(module: ModuleType) -> list[str]:
    if hasattr(module, "__all__"):
        return list(module.__all__)
    made_here = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    if module.__name__.partition(".")[0] in PLUGIN_PACKAGES:
        # Users import from a plugin's package; its modules share names without a list.
        return made_here
    assert not made_here, f"{module.__name__} has no __all__"
    return []


def _undocumented(module_name: str) -> Iterator[str]:
    module = import_module(module_name)
    if not (module.__doc__ or "").strip():
        yield module_name
    for name in _public(module):
        value = getattr(module, name)
        if not (inspect.isclass(value) or inspect.isroutine(value)):
            continue
        if not (value.__doc__ or "").strip():
            yield f"{module_name}.{name}"
        if inspect.isclass(value):
            for member_name, member in vars(value).items():
                if member_name.startswith("_") or not (
                    inspect.isroutine(member) or isinstance(member, property | classmethod)
                ):
                    continue
                # An override may leave the words to what it overrides.
                if not inspect.getdoc(getattr(value, member_name)):
                    yield f"{module_name}.{name}.{member_name}"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_explained(module: str) -> None:
    """Every module, and every class, function and method that it makes public, has a docstring."""
    assert not list(_undocumented(module))


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_exists(module: str) -> None:
    """What a module makes public is there, and named once; without `__all__` nothing is public."""
    names = _public(import_module(module))

    assert len(set(names)) == len(names)
    assert all(hasattr(import_module(module), name) for name in names)
