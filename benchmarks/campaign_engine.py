"""Whole campaigns, from a file to the last answer, with a ledger on the disk."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from benchmarks.campaign_runs import BY_HAND, HYBER, LIST, RAPIDPRO, TEXTIT, write_list
from benchmarks.campaign_server import serving, told
from benchmarks.rounds import Comparison
from benchmarks.server import BROADCAST

__all__ = ["RECIPIENTS", "Growth", "run"]

#: Of the Hyber campaign, where nobody asks for more.
RECIPIENTS: Final = 100_000
_TEXTIT: Final = 10_000
_LATENCY: Final = 0.05
_FAST: Final = "polycast[fast]"
_JOB: Final[dict[str, object]] = {"job_id": "66591729-cb47-5ef9-964b-949dc6aff84f"}


@attrs.frozen
class Growth(Comparison):
    """A comparison whose ratios are of memory: what a longer list adds to a process's peak."""

    def ratio(self, name: str) -> float:
        """Return a contender's peak as a multiple of the reference's."""
        return self.memory[name] / self.memory[self.reference]


@attrs.define
class _Best:
    seconds: dict[str, float] = attrs.Factory(dict)
    memory: dict[str, float] = attrs.Factory(dict)

    def keep(self, name: str, address: str, source: Path) -> None:
        """Run a contender in a fresh process and folder; keep its best times and worst peak."""
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, LIST).symlink_to(source / LIST)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.campaign_runs", name, address, folder],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        found: dict[str, Any] = json.loads(done.stdout)
        parts: Mapping[str, float] = found["seconds"]
        if parts["all"] < self.seconds.get(name, float("inf")):
            self.seconds[name] = parts["all"]
            self.seconds |= {f"  {name}: {part}": parts[part] for part in parts if part != "all"}
        if found["peak"] is not None:
            self.memory[name] = max(found["peak"], self.memory.get(name, 0))


def run(*, rounds: int, recipients: int = RECIPIENTS) -> list[Comparison]:
    """Measure, and return the comparisons of time, of memory, and with rapidpro-python.

    Args:
        rounds: turns each contender gets.
        recipients: of the Hyber campaign; memory is compared with a fifth, from a million with
            a tenth of them.
    """
    fewer = recipients // (10 if recipients >= 1_000_000 else 5)
    best, small = _Best(), _Best()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(_JOB, status="200 OK") as address,
    ):
        write_list(Path(folder), recipients)
        for _ in range(rounds):
            _all_the_same(best, (BY_HAND, HYBER, _FAST), address, Path(folder))
        write_list(Path(folder), fewer)
        small.keep(HYBER, address, Path(folder))
    title = f"A Hyber campaign of {recipients:,}, a CSV file to the last answer"
    found = [Comparison(title, BY_HAND, HYBER, 2.0, best.seconds, best.memory)]
    if best.memory:
        names = (f"{fewer:,} recipients", f"{recipients:,} recipients")
        seconds = dict(zip(names, (small.seconds[HYBER], best.seconds[HYBER]), strict=True))
        memory = dict(zip(names, (small.memory[HYBER], best.memory[HYBER]), strict=True))
        found.append(Growth("Its peak memory", names[0], names[1], 1.2, seconds, memory))
    return [*found, _with_rapidpro(rounds)]


def _with_rapidpro(rounds: int) -> Comparison:
    best = _Best()
    with tempfile.TemporaryDirectory() as folder:
        write_list(Path(folder), _TEXTIT)
        with serving(BROADCAST, status="201 Created", seconds=_LATENCY) as address:
            for _ in range(rounds):
                for name in (RAPIDPRO, TEXTIT):
                    best.keep(name, address, Path(folder))
                    assert told(address)["posts"] == _TEXTIT // 100, "somebody was left out"
    title = f"A TextIt campaign of {_TEXTIT:,}, {_LATENCY * 1000:.0f} ms each call"
    return Comparison(title, RAPIDPRO, TEXTIT, 1 / 7, best.seconds, best.memory)


def _all_the_same(best: _Best, names: Iterable[str], address: str, folder: Path) -> None:
    said = set()
    for name in names:
        best.keep(name, address, folder)
        heard = told(address)
        said.add((heard["posts"], heard["bytes"], heard["first"]))
    assert len(said) == 1, "they do not say the same"
