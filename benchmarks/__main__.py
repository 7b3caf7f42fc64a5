"""Run the measurements: `nox -s bench`, or `python -m benchmarks` where all is installed."""

import argparse
import json
import platform
from pathlib import Path

from benchmarks import campaign, decode, send

_PARTS = {"send": (send.run, 15), "decode": (decode.run, 9), "campaign": (campaign.run, 9)}


def main() -> None:
    """Measure what was asked for, print tables, and write the figures where asked to."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"any of: {', '.join(_PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="turns each contender gets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(_PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}")
    comparisons = []
    for name, (run, rounds) in _PARTS.items():
        if not arguments.parts or name in arguments.parts:
            for comparison in run(rounds=arguments.rounds or rounds):
                print(comparison.table(), end="\n\n", flush=True)
                comparisons.append(comparison)
    if arguments.json:
        figures = {
            "python": platform.python_version(),
            "machine": platform.platform(),
            "comparisons": [
                {
                    "title": each.title,
                    "reference": each.reference,
                    "contender": each.contender,
                    "target": each.target,
                    "ratio": each.ratio(each.contender),
                    "seconds": dict(each.seconds),
                    "memory": dict(each.memory),
                }
                for each in comparisons
            ],
        }
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
