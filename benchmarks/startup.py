"""How long a script takes to start: a fresh process each, with few and with many plugins there."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import Comparison, compare

__all__ = ["run"]

_CONNECT = 'import polycast; polycast.connect("textit", token="t")'
_SCRIPTS = {
    "python alone": "pass",
    "requests": "import requests",
    "polycast, imported": "import polycast",
    "polycast, connected": _CONNECT,
    "polycast, connected, 50 plugins more": _CONNECT,
}
_METADATA = """Metadata-Version: 2.1
Name: {name}
Version: 1.0
Requires-Python: >=3.11
Requires-Dist: polycast>=0.1,<0.2
"""


def run(*, rounds: int) -> list[Comparison]:
    """Measure what is there before a script's own first line.

    Args:
        rounds: how many turns each contender gets.
    """
    with tempfile.TemporaryDirectory() as folder:
        _install(Path(folder), 50)
        contenders = {
            name: _process(code, Path(folder) if "50" in name else None)
            for name, code in _SCRIPTS.items()
        }
        seconds = compare(contenders, calls=1, rounds=rounds)
    few, many = list(seconds)[-2:]
    return [
        Comparison(
            title="from nothing to a client: a fresh process with the plugins that are installed",
            reference="requests",
            contender="polycast",
            target=None,
            seconds=seconds,
        ),
        Comparison(
            title="the same, with 50 plugins more",
            reference=few,
            contender=many,
            target=1.1,
            seconds={few: seconds[few], many: seconds[many]},
        ),
    ]


def _install(folder: Path, count: int) -> None:
    for number in range(count):
        name = f"stranger_{number}"
        metadata = folder / f"{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(_METADATA.format(name=name))
        (metadata / "entry_points.txt").write_text(
            f"[polycast.providers]\n{name} = {name}:Provider\n"
            f"[polycast.sandboxes]\n{name} = {name}.sandbox:Sandbox\n"
        )
        (folder / f"{name}.py").write_text("raise SystemExit('nobody asked for this one')\n")


def _process(code: str, site: Path | None) -> Callable[[], object]:
    environment = {**os.environ, **({"PYTHONPATH": str(site)} if site else {})}

    def start() -> None:
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)

    return start
