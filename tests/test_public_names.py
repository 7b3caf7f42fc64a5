"""What is public says so, and says what it is for."""

import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest

from tests.workspace import DISTRIBUTIONS

MODULES = [
    module
    for distribution in DISTRIBUTIONS
    for module, _ in distribution.modules()
    if not any(part.startswith("_") for part in module.split("."))
]


def _undocumented(module_name: str) -> Iterator[str]:
    module = import_module(module_name)
    if not (module.__doc__ or "").strip():
        yield module_name
    for name in module.__all__:
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
    """`__all__` is there, names what exists, and names nothing twice."""
    names = import_module(module).__all__

    assert len(set(names)) == len(names)
    assert all(hasattr(import_module(module), name) for name in names)
