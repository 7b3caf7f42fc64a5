"""The kill test of single messages: a process that sends with keys is killed at random instants.

The sandbox stands in this process and is what counts. By hand, long:

    python core/tests/campaign/killing_sends.py --provider hyber --kills 200

The ledger is a file of its own, or an empty database: `--ledger postgresql://user@host/name`.
"""

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
from polycast import sandbox

if __package__:
    from .killing import SETTLE, digits, numbers, start
else:
    from killing import SETTLE, digits, numbers, start  # type: ignore[import-not-found,no-redef]

__all__ = ["KilledSends", "kill_and_repeat"]

#: Seconds in which no process gets to believe that the provider does not have a message.
_LONG = 600.0

#: What the child does: it sends to each person by a key, and says what it knows of each.
CHILD = """
import json, sys, time
import polycast
from polycast import InFlight, Message, OutcomeUnknown
from polycast.campaign import Ledger
url, name, settings, people, first, settle, patient = json.loads(sys.stdin.read())
with Ledger.open(url) as ledger, polycast.connect(name, **settings) as client:
    print("ready", flush=True)
    for place in range(first, len(people)):
        while True:
            try:
                message = Message(people[place], text="Hello")
                ledger.send(client, message, key=f"key-{place}", settle=settle)
                told = "sent"
            except InFlight as error:
                told = "in flight"
                if patient:
                    time.sleep(error.retry_after)
                    continue
            except OutcomeUnknown:
                told = "in doubt"
            break
        print(place, told, flush=True)
"""


@attrs.frozen
class KilledSends:
    """What came of it.

    Args:
        kills: how many times the process was killed while it sent.
        lost: people whom the provider never got, and of whom the last call did not say so.
        doubled: people whom the provider got more than once.
        in_doubt: people of whom the last call said that nobody knows.
    """

    kills: int
    lost: int
    doubled: int
    in_doubt: int


def kill_and_repeat(
    name: str, url: str, *, kills: int, longest: float = 0.3, seed: int = 4
) -> KilledSends:
    """Send by keys in processes that are killed, and ask each key at last what became of it.

    Args:
        name: the provider's name.
        url: the ledger's; it is empty.
        kills: how many processes to kill.
        longest: seconds that a process may send before it is killed, at most.
        seed: of the instants.
    """
    instants = random.Random(seed)
    people = list(islice(numbers(), 200 * kills))
    done = first = 0
    with sandbox.host([sandbox.installed()[name]()]) as hosted:
        fake: Any = hosted.sandboxes[name]
        settings = {**fake.settings(), "base_url": hosted.base_url(name)}

        def order(first: int, settle: float, *, patient: bool) -> str:
            return json.dumps([url, name, settings, people[:upto], first, settle, patient])

        upto = len(people)
        while done < kills:
            told = _run(order(first, _LONG, patient=False), instants.uniform(0.0, longest))
            done += 1
            # The last one may have been under way: its key is asked again.
            first = max([first, *told])
        upto = first + 1
        last = _run(order(0, SETTLE, patient=True), None)
        got = Counter(digits(message.to) for message in fake.accepted)
    assert len(last) == upto
    return KilledSends(
        done,
        sum(word == "sent" and not got[digits(people[place])] for place, word in last.items()),
        sum(times > 1 for times in got.values()),
        sum(word == "in doubt" for word in last.values()),
    )


def _run(order: str, instant: float | None) -> dict[int, str]:
    """Let one process send; return what it said of each place."""
    child = start(CHILD, order)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    if instant is not None:
        time.sleep(instant)
        os.kill(child.pid, signal.SIGKILL)
    told, errors = child.communicate(timeout=1800)
    if child.returncode != (0 if instant is None else -signal.SIGKILL):
        raise AssertionError(errors)
    lines = (line.partition(" ") for line in told.splitlines(keepends=True))
    return {int(place): word.strip() for place, _, word in lines if word.endswith("\n")}


def main() -> None:
    """Run it by hand, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", default="hyber")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--longest", type=float, default=0.3)
    parser.add_argument("--ledger", help="the URL of an empty one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.ledger or str(Path(folder) / "ledger.sqlite")
        told = kill_and_repeat(
            asked.provider, url, kills=asked.kills, longest=asked.longest, seed=asked.seed
        )
    print(told)  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
