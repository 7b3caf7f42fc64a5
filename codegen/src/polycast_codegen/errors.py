"""What goes wrong on purpose."""

from collections.abc import Sequence

__all__ = ["SpecError", "SpecErrors"]


class SpecError(Exception):
    """A spec was not understood.

    Attributes:
        place: where in the spec, e.g. `components.schemas.Broadcast.properties.text`.
        problem: what is not understood there, as the rest of a sentence.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.place else self.problem

    @property
    def each(self) -> tuple["SpecError", ...]:
        """The errors this one is made of: itself, where it is one alone."""
        return (self,)


class SpecErrors(SpecError):
    """A spec was not understood in several places.

    Attributes:
        each: one error for each place, in the order in which they were found.
    """

    def __init__(self, errors: Sequence[SpecError]) -> None:
        super().__init__(errors[0].place, errors[0].problem)
        self._each = tuple(dict.fromkeys(one for error in errors for one in error.each))

    def __str__(self) -> str:
        return "\n".join(map(str, self._each))

    @property
    def each(self) -> tuple[SpecError, ...]:
        """One error for each place."""
        return self._each
