"""Which sandboxes are installed."""

from importlib.metadata import entry_points

from polycast.errors import BrokenProvider
from polycast.sandbox.fake import Sandbox

__all__ = ["GROUP", "installed"]

#: The entry point group under which plugins offer their sandboxes.
GROUP = "polycast.sandboxes"


def installed() -> dict[str, type[Sandbox]]:
    """Import and return the sandbox of every installed provider that brings one, by name.

    Raises:
        BrokenProvider: a sandbox cannot be imported, or is not what it says.
    """
    found: dict[str, type[Sandbox]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        owner = entry.dist.name if entry.dist is not None else "an unknown distribution"
        try:
            sandbox = entry.load()
        except Exception as error:
            raise BrokenProvider(
                f"{owner} offers the sandbox {entry.name!r}, but importing {entry.value} failed:"
                f" {error}"
            ) from error
        if not (isinstance(sandbox, type) and issubclass(sandbox, Sandbox)):
            raise BrokenProvider(
                f"{owner} offers the sandbox {entry.name!r}, but {entry.value} is not a subclass"
                " of polycast.sandbox.Sandbox"
            )
        if sandbox.name != entry.name:
            raise BrokenProvider(
                f"{owner} offers the sandbox {entry.name!r}, but {entry.value} calls itself"
                f" {sandbox.name!r}"
            )
        found[entry.name] = sandbox
    return found
