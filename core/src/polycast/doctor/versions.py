"""Which versions are installed of what Polycast and its plugins are made of."""

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

import attrs

from polycast.plugins.entry_points import PluginEntry

__all__ = ["Installed", "versions"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)""")


@attrs.frozen
class Installed:
    """A distribution.

    Args:
        name: its name on the package index.
        version: what is installed of it; None where nothing is.
        extra: the extra of Polycast that needs it, where it is only for some.
    """

    name: str
    version: str | None
    extra: str | None = None


def versions(offers: Iterable[PluginEntry]) -> tuple[Installed, ...]:
    """Return the versions of Polycast, the generator, the plugins, and what Polycast needs.

    Args:
        offers: what plugins offer; their distributions are told.
    """
    plugins = sorted({each.distribution for each in offers} - {"polycast"})
    found = [Installed(name, _version(name)) for name in ("polycast", *plugins)]
    generator = Installed("polycast-codegen", _version("polycast-codegen"))
    if generator.version is not None:
        found.insert(1, generator)
    seen = {each.name for each in found}
    for line in _needs():
        named = _NAME.match(line)
        if named is not None and named[0] not in seen:
            seen.add(named[0])
            extra = _EXTRA.search(line)
            needed = Installed(named[0], _version(named[0]), extra[1] if extra else None)
            if needed.version is not None or needed.extra is not None:
                found.append(needed)
    return tuple(found)


def _needs() -> list[str]:
    try:
        return requires("polycast") or []
    except PackageNotFoundError:  # it runs from its source
        return []


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
