"""What is measured of campaigns, each a whole run in a fresh process.

Run as `python -m benchmarks.campaign_runs NAME ADDRESS FOLDER`; prints how it went, as JSON.
"""

import csv
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import polycast
import requests
from polycast import Broadcast, read_recipients, wire
from polycast.campaign import BatchState, Ledger
from polycast.campaign import recipient_batch as people

from benchmarks.guests import TEXT, guests

# What connecting would import, as whoever has connected before has it.
for _name in ("polycast_hyber", "polycast_textit"):
    import_module(_name)

__all__ = ["BY_HAND", "HYBER", "LIST", "RAPIDPRO", "RUNS", "TEXTIT", "write_list"]

#: Recipients per call: to Hyber what a campaign takes by itself, to TextIt all it may be.
_BATCH: Final = 1_000
_URNS: Final = 100
_WORKERS: Final = 8
#: The people, in the folder.
LIST: Final = "guests.csv"
_WORDS: Final = "Your table is ready"
_TOKEN: Final = "d4a8e4ee06a11d6c4b1ed9a1a7c4d6d1e5a1b2c3"

#: Sends the list of a folder to an address, and returns how many seconds each part of it took.
Run: TypeAlias = Callable[[str, Path], Mapping[str, float]]


def _by_hand(address: str, folder: Path) -> Mapping[str, float]:
    started = time.perf_counter()
    text = TEXT.replace("{", "%").replace("}", "%")
    options = {
        "viber": {"text": text, "ttl": 60},
        "sms": {"text": text, "ttl": 86400, "alpha_name": "GMSU"},
    }
    with requests.Session() as session, (folder / LIST).open(newline="") as file:
        session.auth = ("login", "password")
        rows = csv.reader(file)
        next(rows)
        number = 0
        while batch := list(islice(rows, _BATCH)):
            number += 1
            body = {
                "tag": f"Tonight (c-234567-{number})",
                "channels": ["viber", "sms"],
                "channel_options": options,
                "recipients": [
                    {"phone_number": int(to), "extra_id": reference, "name": name, "table": table}
                    for to, reference, name, table in batch
                ],
            }
            answer = session.post(
                f"{address}/1/broadcast",
                data=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
                headers={"Content-Type": "application/json"},
                timeout=30,
            )
            answer.raise_for_status()
            assert answer.json()["job_id"]
    return {"all": time.perf_counter() - started}


def _hyber(address: str, folder: Path) -> Mapping[str, float]:
    started = time.perf_counter()
    broadcast = Broadcast(
        text=TEXT,
        name="Tonight",
        channels=["viber", "sms"],
        recipients=read_recipients(folder / LIST),
    )
    with (
        Ledger.open(folder / "ledger.sqlite") as ledger,
        polycast.connect(
            "hyber",
            login="login", password="password", client_id="1", sms_sender="GMSU",
            base_url=address,
        ) as client,
    ):  # fmt: skip
        campaign = ledger.plan(client, broadcast, batch_size=_BATCH)
        planned = time.perf_counter()
        sent = campaign.run(client).progress.recipients
        assert sent[BatchState.ACCEPTED] == sum(sent.values()), sent
    ended = time.perf_counter()
    return {"all": ended - started, "plan": planned - started, "send": ended - planned}


def _hyber_plainly(address: str, folder: Path) -> Mapping[str, float]:
    """Without orjson, as where `polycast` is installed without its extra `fast`."""
    wire.strict_json.orjson = people.orjson = None
    return _hyber(address, folder)


def _urns(folder: Path) -> list[str]:
    with (folder / LIST).open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return [f"tel:{to}" for to, *_ in rows]


def _rapidpro(address: str, folder: Path) -> Mapping[str, float]:
    from temba_client.v2 import TembaClient

    urns = _urns(folder)
    started = time.perf_counter()
    client = TembaClient(address, _TOKEN)
    for start in range(0, len(urns), _URNS):
        assert client.create_broadcast(_WORDS, urns=urns[start : start + _URNS]).uuid
    return {"all": time.perf_counter() - started}


def _textit(address: str, folder: Path) -> Mapping[str, float]:
    import polycast_textit  # noqa: F401 - their import is not counted either

    numbers = [urn.removeprefix("tel:") for urn in _urns(folder)]
    started = time.perf_counter()
    with (
        Ledger.open(folder / "ledger.sqlite") as ledger,
        polycast.connect("textit", token=_TOKEN, base_url=f"{address}/api/v2") as client,
    ):
        broadcast = Broadcast(text=_WORDS, recipients=numbers)
        campaign = ledger.plan(client, broadcast, batch_size=_URNS)
        planned = time.perf_counter()
        sent = campaign.run(client, workers=_WORKERS).progress.recipients
        assert sent[BatchState.ACCEPTED] == sum(sent.values()), sent
    ended = time.perf_counter()
    return {"all": ended - started, "plan": planned - started, "send": ended - planned}


def write_list(folder: Path, size: int) -> None:
    """Write the people into a folder, as CSV."""
    with (folder / LIST).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("to", "reference", "name", "table"))
        rows.writerows(
            (f"+{each.number}", each.reference, each.name, each.table) for each in guests(size)
        )


BY_HAND: Final = "csv, json, requests.Session"
HYBER: Final = "polycast"
RAPIDPRO: Final = "rapidpro-python, one call after another"
TEXTIT: Final = "polycast, 8 workers"
RUNS: Final[Mapping[str, Run]] = {
    BY_HAND: _by_hand,
    HYBER: _hyber_plainly,
    "polycast[fast]": _hyber,
    RAPIDPRO: _rapidpro,
    TEXTIT: _textit,
}


def _main(name: str, address: str, folder: str) -> None:
    seconds = RUNS[name](address, Path(folder))
    status = Path("/proc/self/status")
    peak = None
    if status.exists():
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
        assert found
        peak = int(found[1]) * 1024
    print(json.dumps({"seconds": dict(seconds), "peak": peak}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
