"""Fair timing: contenders take turns, and the best turn of each counts."""

import gc
import time
from collections.abc import Callable, Mapping

import attrs

__all__ = ["Comparison", "compare"]


@attrs.frozen
class Comparison:
    """What one comparison found.

    Attributes:
        title: what was done.
        reference: the contender that the others are measured against.
        target: the ratio that `contender` is to stay under.
        contender: ours.
        seconds: the best time of one call, by contender.
    """

    title: str
    reference: str
    contender: str
    target: float
    seconds: Mapping[str, float]

    def ratio(self, name: str) -> float:
        """Return a contender's time as a multiple of the reference's."""
        return self.seconds[name] / self.seconds[self.reference]

    def table(self) -> str:
        """Return the findings as text, fastest first."""
        lines = [self.title, f"{'':40}{'µs each':>12}{'ratio':>8}"]
        for name in sorted(self.seconds, key=self.ratio):
            mark = ""
            if name == self.reference:
                mark = "  the measure"
            elif name == self.contender:
                reached = "reached" if self.ratio(name) <= self.target else "MISSED"
                mark = f"  target {self.target:g}: {reached}"
            lines.append(
                f"  {name:38}{self.seconds[name] * 1e6:12,.1f}{self.ratio(name):8.2f}{mark}"
            )
        return "\n".join(lines)


def compare(
    contenders: Mapping[str, Callable[[], object]], *, calls: int, rounds: int
) -> dict[str, float]:
    """Return the seconds that one call of each contender takes, in its best round.

    The contenders take turns within every round, so that whatever else the machine does
    falls on all of them; the minimum is the round it fell on least.

    Args:
        contenders: what to call, by name.
        calls: how many calls make one turn.
        rounds: how many turns each contender gets.
    """
    best = dict.fromkeys(contenders, float("inf"))
    for call in contenders.values():
        call()
    for _ in range(rounds):
        for name, call in contenders.items():
            gc.collect()
            started = time.perf_counter()
            for _ in range(calls):
                call()
            best[name] = min(best[name], (time.perf_counter() - started) / calls)
    return best
