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
        contender: ours; the names of its variants begin with it.
        target: the ratio that `contender` is to stay under; None where there is none.
        seconds: the best time of one call, by contender.
        memory: the bytes that one call adds to a fresh process's peak, where that was measured.
    """

    title: str
    reference: str
    contender: str
    target: float | None
    seconds: Mapping[str, float]
    memory: Mapping[str, float] = {}

    def ratio(self, name: str) -> float:
        """Return a contender's time as a multiple of the reference's."""
        return self.seconds[name] / self.seconds[self.reference]

    def table(self) -> str:
        """Return the findings as text, fastest first."""
        head = f"{'':40}{'µs each':>12}{'ratio':>8}"
        lines = [self.title, f"{head}{'peak MB':>10}" if self.memory else head]
        for name in sorted(self.seconds, key=self.ratio):
            mark = ""
            if name == self.reference:
                mark = "  the measure"
            elif name.startswith(self.contender) and self.target is not None:
                reached = "reached" if self.ratio(name) <= self.target else "MISSED"
                mark = f"  target {self.target:g}: {reached}"
            peak = f"{self.memory[name] / 1e6:10.1f}" if name in self.memory else ""
            lines.append(
                f"  {name:38}{self.seconds[name] * 1e6:12,.1f}{self.ratio(name):8.2f}{peak}{mark}"
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
    # What one contender was given is not for another's garbage collections to look through.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, call in contenders.items():
            gc.collect()
            started = time.perf_counter()
            for _ in range(calls):
                call()
            best[name] = min(best[name], (time.perf_counter() - started) / calls)
    gc.unfreeze()
    return best
