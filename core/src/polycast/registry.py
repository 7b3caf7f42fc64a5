"""Which providers are installed, and the import of exactly one, when it is asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from polycast.errors import BrokenProvider, UnknownProvider
from polycast.settings import suggestion

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["InstalledProvider", "installed_providers", "load_provider"]

#: The entry-point group in which distributions offer providers: `name = "package:Class"`.
GROUP = "polycast.providers"


@attrs.frozen
class InstalledProvider:
    """A provider that some distribution offers; not yet imported.

    Args:
        name: what `connect` is given.
        distribution: the distribution's name on the package index.
        version: the distribution's version.
    """

    name: str
    distribution: str
    version: str
    _entry_point: "EntryPoint" = attrs.field(repr=False, eq=False)

    def load(self) -> Any:
        """Import the provider's class.

        Raises:
            BrokenProvider: it cannot be imported, or is not a provider.
        """
        try:
            provider = self._entry_point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a stranger's module may even exit
            words = f"{type(error).__name__}: {error}"
            cause: BaseException | None = error
        else:
            lacking = [name for name in ("Settings", "features") if not hasattr(provider, name)]
            if not lacking and callable(provider):
                return provider
            words = (
                f"{self._entry_point.value} has no {' and no '.join(lacking or ['constructor'])}"
            )
            cause = None
        raise BrokenProvider(
            f"The provider {self.name!r}, from the distribution {self.distribution} "
            f"{self.version}, cannot be used: {words}."
        ) from cause


def installed_providers(group: str = GROUP) -> dict[str, list[InstalledProvider]]:
    """Return what is installed by name, sorted; a name that two distributions take has both."""
    from importlib.metadata import entry_points  # 27 ms: only those who ask pay for it

    found: dict[str, list[InstalledProvider]] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        distribution = point.dist
        offer = InstalledProvider(
            point.name,
            distribution.name if distribution else "an unknown distribution",
            distribution.version if distribution else "",
            point,
        )
        # An editable install may be listed twice, by its path and by its metadata.
        if offer not in found.setdefault(point.name, []):
            found[point.name].append(offer)
    return found


def load_provider(name: str, profiles: Iterable[str] = ()) -> Any:
    """Import one provider's class by name, and nothing else.

    Args:
        name: the provider's name.
        profiles: names that would also have been understood, for the suggestion.

    Raises:
        UnknownProvider: no installed distribution offers it.
        BrokenProvider: it cannot be imported, or two distributions offer it.
    """
    installed = installed_providers()
    offers = installed.get(name, [])
    if not offers:
        known = [*installed, *profiles]
        listed = ", ".join(installed) or "none"
        raise UnknownProvider(
            f"No provider or profile is named {name!r}{suggestion(name, known)}. "
            f"Installed providers: {listed}."
        )
    if len(offers) > 1:
        both = " and ".join(f"{offer.distribution} {offer.version}" for offer in offers)
        raise BrokenProvider(
            f"The provider name {name!r} is taken by {both}: uninstall one of them."
        )
    return offers[0].load()
