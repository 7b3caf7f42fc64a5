"""The kill test: a campaign whose process is killed at random instants, and continued each time.

The sandbox stands in this process and is what counts. It keeps texts and numbers in its own
form, and lists them in any order. By hand, long:

    python core/tests/campaign/killing.py --provider hyber --recipients 10000 --kills 200

The ledger is a file of its own, or an empty database: `--ledger postgresql://user@host/name`.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import attrs
from polycast import Broadcast, Recipient, sandbox
from polycast.campaign import BatchState, CampaignReport, Ledger
from polycast.connecting import connect

__all__ = ["SETTLE", "Clock", "Killed", "digits", "kill_and_continue", "numbers"]

#: Seconds in which a request of a dead process reaches a server on the same machine.
SETTLE = 0.5
#: Seconds in which no process gets to ask about what the one before it left in doubt.
_LONG = 600.0

#: What the child does: it goes on with a campaign, and knows nothing of what was before.
CHILD = """
import json, sys
import polycast
from polycast.campaign import Ledger
url, campaign, name, settings, workers, settle = json.loads(sys.stdin.read())
with Ledger.open(url) as ledger, polycast.connect(name, **settings) as client:
    print("ready", flush=True)
    ledger.campaign(campaign).run(client, workers=workers, in_flight_grace=settle)
"""


@attrs.frozen
class Killed:
    """What came of it.

    Args:
        kills: how many times the process was killed while it ran.
        lost: recipients that the provider never got, and that are not in doubt.
        doubled: recipients that the provider got more than once.
        most_in_doubt: batches in doubt or in flight after one kill, at most.
        report: the ledger's own, at the end.
    """

    kills: int
    lost: int
    doubled: int
    most_in_doubt: int
    report: CampaignReport


def kill_and_continue(
    name: str,
    url: str,
    *,
    recipients: int,
    kills: int,
    batch_size: int,
    workers: int = 4,
    longest: float = 0.3,
    seed: int = 4,
) -> Killed:
    """Run a campaign in processes that are killed, until it is done.

    Args:
        name: the provider's name.
        url: the ledger's.
        recipients: how many people.
        kills: how many processes to kill; the one after the last may finish.
        batch_size: recipients per call.
        workers: calls at a time.
        longest: seconds that a process may send before it is killed, at most.
        seed: of the instants.
    """
    instants = random.Random(seed)
    people = [
        Recipient(number, {"name": f"N{place % 3}"})
        for place, number in enumerate(islice(numbers(), recipients))
    ]
    clock = Clock()
    with sandbox.host([sandbox.installed()[name](clock)]) as hosted, Ledger.open(url) as ledger:
        fake: Any = hosted.sandboxes[name]
        # What it keeps and lists is not what it was sent.
        fake.listing.shuffled = True
        if hasattr(fake, "normalises"):
            fake.normalises = True
        settings: dict[str, Any] = {**fake.settings(), "base_url": hosted.base_url(name)}
        with connect(name, **settings) as client:
            broadcast = Broadcast(text="  Dear  {name}! ", recipients=people, name="Kill test")
            campaign = ledger.plan(client, broadcast, batch_size=batch_size)
            asks = client.features.lookup

        def order(settle: float) -> str:
            return json.dumps([url, campaign.id, name, settings, workers, settle])

        done = most = 0
        while done < kills and campaign.progress().batches[BatchState.PLANNED]:
            # Most are killed while they send; some of them while they ask about what is in doubt.
            sends = not asks or instants.random() < 0.8
            within = longest if sends else 4 * longest
            if _run(order(_LONG if sends else SETTLE), instants.uniform(0.0, within)):
                done += 1
            batches = campaign.progress().batches
            found = batches[BatchState.SUBMITTING]
            most = max(most, found)
        _run(order(SETTLE), None)
        report = campaign.report()
        in_doubt = {
            result.to for result in campaign.results() if result.state == BatchState.IN_DOUBT
        }
        # By then a provider that works a broadcast off has done so.
        clock.ahead = timedelta(days=1)
        got = Counter(digits(message.to) for message in fake.accepted)
    lost = [each for each in people if not got[digits(each.to)] and each.to not in in_doubt]
    return Killed(done, len(lost), sum(times > 1 for times in got.values()), most, report)


def start(program: str, order: str) -> "subprocess.Popen[str]":
    """Start a process of Python, and give it its order on standard input."""
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(order)
    child.stdin.close()
    child.stdin = None
    return child


def _run(order: str, instant: float | None) -> bool:
    """Let one process go on; return whether it was killed while it ran."""
    child = start(CHILD, order)
    assert child.stdout is not None
    if instant is None:
        _, errors = child.communicate(timeout=1800)
        if child.returncode:
            raise AssertionError(errors)
        return False
    child.stdout.readline()
    time.sleep(instant)
    os.kill(child.pid, signal.SIGKILL)
    _, errors = child.communicate()
    if child.returncode != -signal.SIGKILL and child.returncode:
        raise AssertionError(errors)
    return child.returncode == -signal.SIGKILL


class Clock(sandbox.Clock):
    """The real time, or later."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the moment."""
        return super().now() + self.ahead


def numbers() -> Iterator[str]:
    """North American and fictitious numbers, whose messages all go well."""
    for place in count(0):
        number = f"+1{212 + place // 10_000}555{place % 10_000:04}"
        if sandbox.SimulatedOutcome.of(number) is sandbox.SimulatedOutcome.DELIVERED:
            yield number


def digits(address: str) -> str:
    """The part of a number that every provider tells alike."""
    return "".join(filter(str.isdigit, address))[-10:]


def main() -> None:
    """Run it by hand, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", default="hyber")
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--longest", type=float, default=0.3)
    parser.add_argument("--ledger", help="the URL of an empty one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = kill_and_continue(
            asked.provider,
            asked.ledger or str(Path(folder) / "ledger.sqlite"),
            recipients=asked.recipients,
            kills=asked.kills,
            batch_size=asked.batch_size,
            longest=asked.longest,
            seed=asked.seed,
        )
    print(  # noqa: T201 - what it is for
        f"{asked.provider}: {told.kills} kills, lost {told.lost}, doubled {told.doubled}, "
        f"at most {told.most_in_doubt} batches in flight at a kill, "
        f"{told.report.in_doubt} recipients in doubt at the end, {dict(told.report.states)}"
    )


if __name__ == "__main__":
    main()
