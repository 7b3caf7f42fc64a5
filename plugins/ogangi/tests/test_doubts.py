"""A campaign whose replies are lost, and what Ogangi's lists then prove."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client
from polycast.campaign import BatchState, CampaignReport, Ledger
from polycast.sandbox import Answer, Clock, LoseReply, Refuse, host
from polycast_ogangi.sandbox import OgangiSandbox

PEOPLE = [f"+38096{number:07d}" for number in range(1_000_100, 1_000_140)]
CREATE = "create_broadcast_from_json"


class Shifted(Clock):
    """A clock that differs from ours."""

    def __init__(self, by: timedelta) -> None:
        super().__init__()
        self.by = by

    def now(self) -> datetime:
        return super().now() + self.by


@contextmanager
def reached(server: OgangiSandbox) -> Iterator[Client]:
    """A client of that server."""
    settings: dict[str, Any] = server.settings()
    with (
        host([server]) as hosted,
        polycast.connect("ogangi", base_url=hosted.base_url("ogangi"), **settings) as client,
    ):
        yield client


def run(client: Client, folder: Path, *, times: int = 1) -> CampaignReport:
    """Send to everybody in four calls."""
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, Broadcast(text="Hi", recipients=PEOPLE), batch_size=10)
        for _ in range(times):
            report = campaign.run(client, workers=1, in_flight_grace=0.0)
    return report


def got(server: OgangiSandbox) -> Counter[str]:
    """How often each number was taken on."""
    return Counter(each.to for each in server.accepted)


@pytest.mark.parametrize("hours", [-1, 0, 1], ids=["behind", "the same", "ahead"])
@pytest.mark.parametrize("normalises", [False, True])
def test_what_arrived_is_never_sent_again(hours: int, normalises: bool, tmp_path: Path) -> None:
    """Whatever Ogangi's clock shows and its lists look like, nobody gets the message twice."""
    server = OgangiSandbox(Shifted(timedelta(hours=hours)), normalises=normalises)
    server.listing.shuffled = normalises
    server.faults.add(LoseReply(reset=True), times=4, operation=CREATE)
    with reached(server) as client:
        run(client, tmp_path, times=2)
    assert got(server) == dict.fromkeys((to[1:] for to in PEOPLE), 1)


def test_an_empty_list_proves_nothing(tmp_path: Path) -> None:
    """Where nothing at all is listed, batches whose replies were lost are held and told."""
    server = OgangiSandbox()
    server.listing.lag = 3600
    server.faults.add(LoseReply(), times=4, operation=CREATE)
    with reached(server) as client:
        report = run(client, tmp_path, times=3)
    assert got(server) == dict.fromkeys((to[1:] for to in PEOPLE), 1)
    assert report.in_doubt == 40


@pytest.mark.parametrize("word", ["ERROR", "MAINTENANCE"])
def test_an_internal_error_rejects_nobody(word: str, tmp_path: Path) -> None:
    """A word without a cause does not tell whether anything was sent: it is doubt, no refusal."""
    server = OgangiSandbox()
    body = f"<input>x</input><status>{word}</status><description>Internal error</description>"
    server.faults.add(Answer(200, body, "application/xml"), times=4, operation=CREATE)
    with reached(server) as client:
        report = run(client, tmp_path)
    assert report.in_doubt == 40
    assert report.progress.recipients[BatchState.REJECTED] == 0
    assert got(server) == {}


def test_what_is_ruled_out_is_sent_again(tmp_path: Path) -> None:
    """A lost batch among others of the campaign that are listed is sent, once."""
    server = OgangiSandbox()
    server.faults.add(Refuse(), operation=CREATE)
    with reached(server) as client:
        report = run(client, tmp_path, times=2)
    assert got(server) == dict.fromkeys((to[1:] for to in PEOPLE), 1)
    assert report.in_doubt == 0
