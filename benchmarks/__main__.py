"""Run the measurements: `nox -s bench`, or `python -m benchmarks` where all is installed."""

import argparse
import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import campaign, campaign_engine, decode, keys, send, startup
from benchmarks.rounds import Comparison

_PARTS: Mapping[str, tuple[Callable[..., list[Comparison]], int]] = {
    "startup": (startup.run, 15),
    "send": (send.run, 15),
    "keys": (keys.run, 5),
    "decode": (decode.run, 9),
    "campaign": (campaign.run, 9),
    "engine": (campaign_engine.run, 2),
}


def main() -> None:
    """Measure what was asked for, print tables, and write the figures where asked to."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"any of: {', '.join(_PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, help="turns each contender gets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--recipients",
        type=int,
        default=campaign_engine.RECIPIENTS,
        metavar="N",
        help="how many the part `engine` sends to (default: %(default)s; 1000000 takes minutes)",
    )
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(_PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(_PARTS)}")
    comparisons = []
    for name, (run, rounds) in _PARTS.items():
        if not arguments.parts or name in arguments.parts:
            more = {"recipients": arguments.recipients} if name == "engine" else {}
            for comparison in run(rounds=arguments.rounds or rounds, **more):
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
