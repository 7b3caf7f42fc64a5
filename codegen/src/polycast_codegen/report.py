"""What a spec says that a client does without, and what stops its generation."""

import sys
from collections.abc import Sequence

from polycast_codegen.errors import SpecError, SpecErrors

__all__ = ["Report", "tell_passed"]

_SHOWN = 3


class Report:
    """Collects while a spec is read, so that everything is told in one run."""

    def __init__(self) -> None:
        self._passed: dict[str, dict[str, None]] = {}
        self._problems: dict[tuple[str, str], SpecError] = {}

    def pass_over(self, what: str, place: str) -> None:
        """Note something that is not needed.

        Args:
            what: it, and what becomes of it, as a sentence without a stop.
            place: where it stands in the spec.
        """
        self._passed.setdefault(what, {})[place] = None

    def refuse(self, place: str, problem: str) -> None:
        """Note what cannot be read; reading goes on, to find the others."""
        self._problems.setdefault((place, problem), SpecError(place, problem))

    def settle(self) -> None:
        """Stop where something cannot be read.

        Raises:
            SpecError: with all the places.
        """
        problems = list(self._problems.values())
        if len(problems) == 1:
            raise problems[0]
        if problems:
            raise SpecErrors(problems)

    @property
    def sentences(self) -> list[str]:
        """What was passed over, one sentence for each kind, with the first places."""
        found = []
        for what, places in self._passed.items():
            shown = [place or "the document" for place in places][:_SHOWN]
            more = f" and {len(places) - len(shown)} more" if len(places) > len(shown) else ""
            found.append(f"{what} ({', '.join(shown)}{more})")
        return found


def tell_passed(passed: Sequence[str]) -> None:
    """Tell on stderr what of a spec was passed over."""
    if passed:
        lines = "\n".join(f"  {sentence}" for sentence in passed)
        print(f"Passed over, as a client does without:\n{lines}", file=sys.stderr)  # noqa: T201
