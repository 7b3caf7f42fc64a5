"""What installed distributions offer under Polycast's entry points, and the import of one of it."""

import math
import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import attrs

from polycast.errors import BrokenProvider, SettingsError
from polycast.forking import ProcessLock

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

__all__ = ["PATIENCE", "Offer", "offers", "overdue", "patience", "taken", "unreadable", "words_of"]

#: Names the seconds that an import may take, in place of `PATIENCE`.
VARIABLE = "POLYCAST_IMPORT_SECONDS"
#: Seconds that an import may take. Cold disks and slow machines have been seen to need five.
PATIENCE = 20.0

O = TypeVar("O", bound="Offer")  # noqa: E741 - it is an Offer


def patience() -> float:
    """Return the seconds that an import may take.

    Raises:
        SettingsError: the environment's `POLYCAST_IMPORT_SECONDS` is not a positive number.
    """
    given = os.environ.get(VARIABLE)
    if given is None:
        return PATIENCE
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise SettingsError(f"The environment's {VARIABLE} is not a positive number of seconds.")
    return seconds


@attrs.frozen
class Offer:
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

        The import runs in a thread of its own and is given up after `PATIENCE` seconds, or as
        many as the environment's `POLYCAST_IMPORT_SECONDS` says. It is not stopped: nothing can
        stop it, and it ends with the process.

        Raises:
            BrokenProvider: it cannot be imported, or is not what is wanted.
        """
        import logging

        # What ends the process leaves no other trace.
        logging.getLogger("polycast").debug(
            "importing %s, from %s %s", self.value, self.distribution, self.version
        )
        value, error = _imported(self._entry_point, patience())
        words = words_of(error) if error else None
        if words is None:
            try:
                words = self.problem(value)
            except Exception as raised:  # noqa: BLE001 - looking at a stranger's class runs its code
                words, error = words_of(raised), raised
        if words is None:
            return value
        raise self.broken(words) from error

    def problem(self, value: Any) -> str | None:
        """Return what is wrong with what was imported, as the end of a sentence, or None."""
        raise NotImplementedError

    def describe(self, value: Any) -> Any:
        """Return what a list of all offers tells of this one, as JSON values.

        What it raises is a defect of the plugin.
        """
        return None

    def broken(self, words: str) -> BrokenProvider:
        """Return the error that says why this offer cannot be used."""
        return BrokenProvider(
            f"The {self.kind} {self.name!r}, from the distribution {self.distribution} "
            f"{self.version}, cannot be used: {words}."
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


class _Import(threading.Thread):
    """An import that can be given up: a thread that nobody has to wait for."""

    def __init__(self, point: "EntryPoint") -> None:
        super().__init__(name=f"import of {point.value}", daemon=True)
        self._point = point
        self.value: object = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self._point.load()
        except BaseException as error:  # noqa: BLE001 - a stranger's module may even exit
            self.error = error


#: The imports that have not ended, also those that were given up: a second one would wait for
#: the module's lock with no limit of time.
_under_way: dict[str, _Import] = {}
_lock = ProcessLock()


def _imported(point: "EntryPoint", seconds: float) -> tuple[object, BaseException | None]:
    """Return what an entry point names, or why it cannot be imported."""
    if not point.pattern.match(point.value):
        return None, ValueError(f"{point.value!r} does not name a module and what is in it")
    with _lock:
        under_way = _under_way.get(point.value)
        if under_way is None and not _is_needed_here(point.module):
            under_way = _under_way[point.value] = _Import(point)
            under_way.start()
    if under_way is None:
        try:
            return point.load(), None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a stranger's module may even exit
            return None, error
    under_way.join(seconds)
    if under_way.is_alive():
        return None, TimeoutError(overdue(point.value, seconds))
    with _lock:
        _under_way.pop(point.value, None)
    return under_way.value, under_way.error


def _is_needed_here(module: str) -> bool:
    """Return whether this very thread must import a module.

    That is so while a package around it is being imported, perhaps by whoever called us: its
    lock is theirs, and another thread would wait for it for ever. What has been imported before
    needs no thread either.
    """
    if module in sys.modules and not _is_initializing(module):
        return True
    parts = module.split(".")
    return any(_is_initializing(".".join(parts[:end])) for end in range(1, len(parts) + 1))


def _is_initializing(module: str) -> bool:
    # What Python itself asks before it says "partially initialized module".
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def overdue(value: str, seconds: float) -> str:
    """Return what to say of an import that was given up."""
    return (
        f"importing {value} has not ended after {seconds:g} s "
        f"(the environment's {VARIABLE} can give it longer)"
    )


def words_of(error: BaseException) -> str:
    """Return an error of a stranger's code in one line."""
    if error.__traceback__ is None:
        return str(error)  # our own: it was never raised
    from traceback import format_exception_only

    # It copes with errors whose own words raise, too.
    return format_exception_only(error)[-1].strip().rstrip(".")
