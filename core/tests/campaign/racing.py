"""Two processes that plan and run a campaign of one key at the same instant.

The sandbox stands in this process and is what counts. By hand, long:

    python core/tests/campaign/racing.py --rounds 50

The ledger is a file of its own, or an empty database: `--ledger postgresql://user@host/name`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
from polycast import sandbox
from polycast.campaign import Ledger

if __package__:
    from .killing import digits, numbers
else:
    from killing import digits, numbers  # type: ignore[import-not-found,no-redef]

__all__ = ["Raced", "race"]

#: What each process does in every round, once it is told to.
CHILD = """
import json, sys
import polycast
from polycast import Broadcast
from polycast.campaign import Ledger
url, name, settings, people, rounds = json.loads(sys.stdin.readline())
with Ledger.open(url) as ledger, polycast.connect(name, **settings) as client:
    for each in range(rounds):
        print("ready", flush=True)
        sys.stdin.readline()
        broadcast = Broadcast(text=f"Round {each}", recipients=people)
        ledger.plan(client, broadcast, batch_size=10, key=f"round-{each}").run(client)
    print("done", flush=True)
"""


@attrs.frozen
class Raced:
    """What came of it.

    Args:
        campaigns: how many there are in the ledger.
        lost: texts that somebody did not get.
        doubled: texts that somebody got more than once.
    """

    campaigns: int
    lost: int
    doubled: int


def race(url: str, *, rounds: int, recipients: int, name: str = "hyber") -> Raced:
    """Let two processes plan and run the same campaign, once in each round.

    Args:
        url: the ledger's; it is empty.
        rounds: how many campaigns, each with a key of its own.
        recipients: how many people each is sent to.
        name: the provider's name.
    """
    people = list(islice(numbers(), recipients))
    with sandbox.host([sandbox.installed()[name]()]) as hosted, Ledger.open(url) as ledger:
        fake: Any = hosted.sandboxes[name]
        settings = {**fake.settings(), "base_url": hosted.base_url(name)}
        order = json.dumps([url, name, settings, people, rounds]) + "\n"
        children = [
            subprocess.Popen(
                [sys.executable, "-c", CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for each in range(rounds + 1):
            for child in children:
                assert child.stdin is not None
                assert child.stdout is not None
                if not each:
                    child.stdin.write(order)
                    child.stdin.flush()
                assert child.stdout.readline() == ("done\n" if each == rounds else "ready\n")
            for child in children if each < rounds else ():
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
        for child in children:
            child.communicate(timeout=60)
        got = Counter((digits(message.to), message.text) for message in fake.accepted)
        campaigns = len(list(ledger.campaigns()))
    wanted = {(digits(to), f"Round {each}") for to in people for each in range(rounds)}
    return Raced(
        campaigns,
        len(wanted - got.keys()),
        sum(times > 1 for times in got.values()),
    )


def main() -> None:
    """Run it by hand, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", default="hyber")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--recipients", type=int, default=100)
    parser.add_argument("--ledger", help="the URL of an empty one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.ledger or str(Path(folder) / "ledger.sqlite")
        told = race(url, rounds=asked.rounds, recipients=asked.recipients, name=asked.provider)
    print(told)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
