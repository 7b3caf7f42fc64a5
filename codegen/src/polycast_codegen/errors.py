"""What goes wrong on purpose."""

__all__ = ["SpecError"]


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
