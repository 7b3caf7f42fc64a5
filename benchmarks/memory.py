"""How much memory one call takes: a fresh process each, and how far its peak rises.

Run as `python -m benchmarks.memory MODULE PART NAME FOLDER`; prints bytes. Linux alone tells the
peak of a process's own memory: `ru_maxrss` begins at that of the process which started it.
"""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

__all__ = ["peaks"]

_STATUS = Path("/proc/self/status")


def peaks(module: str, part: str, folder: Path) -> Mapping[str, float]:
    """Return how many bytes the first call of each contender needs at its peak.

    What a contender is given is there beforehand, and is not counted.

    Args:
        module: has `CONTENDERS`.
        part: which of them.
        folder: where stock clients are found, and the contenders' files.

    Returns:
        The bytes by name; nothing where the system does not tell.
    """
    if not _STATUS.exists():
        return {}
    paths = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    return {
        name: float(
            subprocess.run(
                [sys.executable, "-m", __name__, module, part, name, str(folder)],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONPATH": paths},
            ).stdout
        )
        for name in import_module(module).CONTENDERS[part]
    }


def _resident(name: str) -> int:
    found = re.search(rf"^{name}:\s*(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _main(module: str, part: str, name: str, folder: str) -> None:
    call = import_module(module).CONTENDERS[part][name](Path(folder))
    gc.collect()
    before = _resident("VmRSS")
    # From now on the peak is that of the call.
    Path("/proc/self/clear_refs").write_text("5")
    result = call()
    print(_resident("VmHWM") - before)
    del result


if __name__ == "__main__":
    _main(*sys.argv[1:])
