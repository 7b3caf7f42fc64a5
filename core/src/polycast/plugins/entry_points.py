"""What installed distributions offer under Polycast's entry points, and the import of one of it."""

import sys
from collections.abc import Iterable
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import attrs

from polycast.errors import BrokenProvider

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

__all__ = ["Finding", "PluginEntry", "inspect", "offers", "taken", "unreadable", "words_of"]

O = TypeVar("O", bound="PluginEntry")  # noqa: E741 - a PluginEntry


@attrs.frozen
class PluginEntry:
    """What a distribution offers under a name; not yet imported.

    Each entry-point group has a subclass of its own, which knows what is wanted there.

    Args:
        name: what the offer is asked for by.
        distribution: the distribution's name on the package index.
        version: the distribution's version.
    """

    #: The entry-point group: `name = "package:Thing"`.
    group: ClassVar[str]
    #: What stands under it, in a word.
    kind: ClassVar[str]

    name: str
    distribution: str
    version: str
    _entry_point: "EntryPoint" = attrs.field(repr=False, eq=False)

    @classmethod
    def of(cls, point: "EntryPoint") -> Self:
        """Return the offer that an entry point makes."""
        return cls(point.name, *_told(point.dist), point)

    @property
    def value(self) -> str:
        """What the entry point names: `"package.module:Thing"`."""
        return self._entry_point.value

    def load(self) -> Any:
        """Import what is offered, and check that it is what is wanted here.

        What the module prints while it is imported goes to standard error. An import that never
        ends is waited for, and one that ends the process ends it: `polycast -v` names the module
        before it is imported.

        Raises:
            BrokenProvider: it cannot be imported, or is not what is wanted.
        """
        import logging

        # What ends the process leaves no other trace.
        logging.getLogger("polycast").debug(
            "importing %s, from %s %s", self.value, self.distribution, self.version
        )
        error: BaseException | None = None
        detail: str | None = None
        try:
            if not self._entry_point.pattern.match(self.value):
                detail = f"{self.value!r} does not name a module and what is in it"
            else:
                with redirect_stdout(sys.stderr):
                    value = self._entry_point.load()
                    detail = self.problem(value)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # noqa: BLE001 - a stranger's module may even exit
            detail, error = words_of(raised), raised
        if detail is not None:
            raise self.broken(detail) from error
        return value

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with what was imported, as the end of a sentence, or None."""
        raise NotImplementedError

    def describe(self, value: Any) -> Any:
        """Return what a list of all offers tells of this one, as JSON values.

        What it raises is a defect of the plugin.
        """
        return None

    def broken(self, detail: str) -> BrokenProvider:
        """Return the error that says why this offer cannot be used."""
        return BrokenProvider(
            f"The {self.kind} {self.name!r}, from the distribution {self.distribution} "
            f"{self.version}, cannot be used: {detail}."
        )


def offers(kind: type[O], name: str | None = None) -> dict[str, list[O]]:
    """Return what is installed by name, sorted; a name that two distributions take has both.

    Args:
        kind: what to look for.
        name: the one name to look for; the metadata of what has other names is not read.
    """
    found: dict[str, list[O]] = {}
    points = _points(kind.group)
    for point in sorted(points, key=lambda point: point.name):
        if name not in (None, point.name):
            continue
        offer = kind.of(point)
        # An editable install may be listed twice, by its path and by its metadata.
        if offer not in found.setdefault(point.name, []):
            found[point.name].append(offer)
    return found


@attrs.frozen
class Finding:
    """What there is to say of one offer.

    Args:
        offer: what was looked at.
        description: what `PluginEntry.describe` said of it.
        problem: why it cannot be used, as a sentence; None where it can.
    """

    offer: PluginEntry
    description: Any = None
    problem: str | None = None

    @property
    def source(self) -> dict[str, str]:
        """Its name, its distribution and the version of that, as JSON values."""
        offer = self.offer
        return {
            "name": offer.name,
            "distribution": offer.distribution,
            "version": offer.version,
        }


def inspect(kind: type[PluginEntry]) -> list[Finding]:
    """Import everything of a kind that is installed, and tell of each.

    Args:
        kind: e.g. `polycast.plugins.registry.InstalledProvider`.
    """
    return [_finding(name, each, several) for name, several in offers(kind).items()
            for each in several]  # fmt: skip


def _finding(name: str, offer: PluginEntry, several: list[Any]) -> Finding:
    if len(several) > 1:
        return Finding(offer, problem=str(taken(name, several)))
    try:
        value = offer.load()
        with redirect_stdout(sys.stderr):
            return Finding(offer, offer.describe(value))
    except BrokenProvider as error:
        return Finding(offer, problem=str(error))
    except Exception as error:  # noqa: BLE001 - describing runs a stranger's code
        return Finding(offer, problem=str(offer.broken(words_of(error))))


def unreadable() -> list[str]:
    """Return a sentence about each distribution whose entry points nobody can read."""
    from importlib.metadata import distributions

    sentences = []
    for distribution in distributions():
        try:
            _ = distribution.entry_points
        except Exception as error:  # noqa: BLE001 - a stranger's file may hold anything
            name, version = _told(distribution)
            sentences.append(
                f"What the distribution {name} {version} offers cannot be read: {words_of(error)}."
            )
    return sentences


def _points(group: str) -> "Iterable[EntryPoint]":
    from importlib.metadata import distributions, entry_points  # 27 ms: who asks pays for it

    try:
        return entry_points(group=group)
    except Exception:  # noqa: BLE001 - one malformed file must not cost everybody everything
        points: list[EntryPoint] = []
        for distribution in distributions():
            with suppress(Exception):
                points += distribution.entry_points.select(group=group)
        return points


def _told(distribution: "Distribution | None") -> tuple[str, str]:
    """Return a distribution's name and version, even where its metadata is damaged."""
    name = version = None
    if distribution is not None:
        with suppress(Exception):
            name, version = distribution.name, distribution.version
    return name or "an unknown distribution", version or "of no version"


def taken(name: str, several: list[O]) -> BrokenProvider:
    """Return the error about a name that several distributions take."""
    all_of_them = " and ".join(f"{offer.distribution} {offer.version}" for offer in several)
    return BrokenProvider(
        f"The {several[0].kind} name {name!r} is taken by {all_of_them}: uninstall one of them."
    )


def words_of(error: BaseException) -> str:
    """Return an error of a stranger's code in one line."""
    from traceback import format_exception_only

    # It copes with errors whose own words raise, too.
    return format_exception_only(error)[-1].strip().rstrip(".")
