"""A campaign whose replies are lost, and what Hyber's report host then proves."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polycast
import pytest
from polycast import Broadcast, Client
from polycast.campaign import BatchState, Ledger
from polycast.sandbox import Answer, Hosted, LoseReply, Refuse, host
from polycast_hyber.sandbox import HyberSandbox

PEOPLE = [f"+38096{number:07d}" for number in range(1_000_100, 1_000_130)]
REPORT = "get_report_simple_by_extra_id"

FOREIGN = {
    "a web server's page": Answer(404, "<html><title>404 Not Found</title></html>", "text/html"),
    "nothing": Answer(404, "", "text/plain"),
    "a gateway's": Answer(404, '{"message": "no Route matched"}', "application/json"),
    "gone": Answer(410, "", "text/plain"),
    "an empty object": Answer(200, "{}", "application/json"),
    "no channel": Answer(200, '{"status": -1}', "application/json"),
    "detail": Answer(200, '{"error_text": "Message not found"}', "application/json"),
    "another's": Answer(
        200, '{"extra_id": "x", "message_id": "9f60", "status": 2}', "application/json"
    ),
}


@pytest.fixture
def server() -> HyberSandbox:
    return HyberSandbox()


@pytest.fixture
def hosted(server: HyberSandbox) -> Iterator[Hosted]:
    with host([server]) as hosted:
        yield hosted


@pytest.fixture
def hyber(server: HyberSandbox, hosted: Hosted) -> Iterator[Client]:
    settings: dict[str, Any] = {**server.settings(), "base_url": hosted.base_url("hyber")}
    with polycast.connect("hyber", **settings) as client:
        yield client


@pytest.mark.parametrize("answer", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "not"])
def test_what_nobody_proves_is_held_and_told(
    hyber: Client, server: HyberSandbox, answer: Answer, arrived: bool, tmp_path: Path
) -> None:
    """Three batches: none is sent twice, and none is told as sent, on the word of a stranger."""
    server.faults.add(
        LoseReply(reset=True) if arrived else Refuse(), times=3, operation="send_broadcast"
    )
    server.faults.add(answer, times=500, operation=REPORT)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(hyber, Broadcast(text="Hi", recipients=PEOPLE), batch_size=10)
        for _ in range(2):
            report = campaign.run(hyber, workers=1, in_flight_grace=0.0)
    assert report.in_doubt == 30
    assert report.progress.recipients[BatchState.ACCEPTED] == 0
    assert Counter(each.to for each in server.accepted) == (
        {to[1:]: 1 for to in PEOPLE} if arrived else {}
    )


def test_what_hyber_denies_is_sent_again(
    hyber: Client, server: HyberSandbox, tmp_path: Path
) -> None:
    """Hyber's own word that it knows no recipient of a batch lets the batch be sent."""
    server.faults.add(Refuse(), operation="send_broadcast")
    server.faults.add(LoseReply(), operation="send_broadcast")
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(hyber, Broadcast(text="Hi", recipients=PEOPLE), batch_size=10)
        report = campaign.run(hyber, workers=1, in_flight_grace=0.0)
    assert (report.in_doubt, report.progress.recipients[BatchState.ACCEPTED]) == (0, 30)
    assert Counter(each.to for each in server.accepted) == {to[1:]: 1 for to in PEOPLE}
