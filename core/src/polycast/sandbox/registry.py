"""Which sandboxes are installed."""

from collections.abc import Callable
from typing import Any

from polycast.errors import BrokenProvider
from polycast.plugins.entry_points import PluginEntry, inspect, offers, taken
from polycast.sandbox.fake import Sandbox

__all__ = ["InstalledSandbox", "installed"]


class InstalledSandbox(PluginEntry):
    """A sandbox that some distribution offers; not yet imported."""

    group = "polycast.sandboxes"
    kind = "sandbox"

    def problem(self, value: Any) -> str | None:
        """Return what keeps a class from being this provider's sandbox, or None."""
        if not (isinstance(value, type) and issubclass(value, Sandbox)):
            return f"{self.value} is not a subclass of polycast.sandbox.Sandbox"
        if value.name != self.name:
            return f"{self.value} calls itself {value.name!r}"
        return None

    def describe(self, value: type[Sandbox]) -> None:
        """Make an instance, as hosting does: a sandbox that cannot be made is broken."""
        value()
        value.base_url("http://127.0.0.1/" + self.name)
        value.settings()


def installed(
    on_broken: Callable[[BrokenProvider], object] | None = None,
) -> dict[str, type[Sandbox]]:
    """Import and return the sandbox of every installed provider that brings one, by name.

    Args:
        on_broken: is called with each that cannot be used, which is then left out. All are imported
            in another process first: one that would hang this process, or end it, is found out.

    Raises:
        BrokenProvider: one cannot be imported or is not what it says, and `on_broken` is not
            given.
    """
    if on_broken is None:
        return {
            name: _only(name, several).load() for name, several in offers(InstalledSandbox).items()
        }
    found = {}
    findings = inspect(InstalledSandbox)
    for finding in findings:
        if finding.problem is None:
            try:
                found[finding.offer.name] = finding.offer.load()
            except BrokenProvider as error:
                on_broken(error)
    for problem in dict.fromkeys(each.problem for each in findings if each.problem is not None):
        on_broken(BrokenProvider(problem))
    return found


def _only(name: str, several: list[InstalledSandbox]) -> InstalledSandbox:
    if len(several) > 1:
        raise taken(name, several)
    return several[0]
