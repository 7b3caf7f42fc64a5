"""Prints the fault matrix: `python -m tests.faults [PROVIDER ...] [-k WORDS]`."""

import argparse
import sys
import time

from rich.console import Console

from tests.faults.cells import Matrix
from tests.faults.matrix import FAULTS, printed, wanted
from tests.faults.providers import PROVIDERS, installed_sandboxes


def main() -> int:
    """Print the matrix of the providers that are named, or of all; 1 where a cell is red."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("providers", nargs="*", help="all of them when none is named")
    parser.add_argument("-k", default="", help="only faults whose name or group holds these words")
    given = parser.parse_args()
    providers = [
        each for each in PROVIDERS if each.name in (given.providers or installed_sandboxes())
    ]
    faults = [each for each in FAULTS if given.k in f"{each.group}: {each.name}"]
    started = time.monotonic()
    with Matrix() as matrix:
        findings = list(matrix.run(wanted(providers, faults)))
    # As wide as it needs: it is read in logs, too.
    red = printed(providers, findings, Console(width=160, soft_wrap=False))
    print(f"{time.monotonic() - started:.0f} s")  # noqa: T201 - this is a command
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
