"""Campaigns through TextIt: nothing is lost, nothing is sent twice, and nobody pays for another."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from polycast import Broadcast
from polycast.campaign import Campaign, Ledger
from polycast.sandbox import LoseReply, Refuse
from polycast.testing.environments import Environment, environments
from polycast_textit.sandbox import TextItSandbox

PEOPLE = [f"+2507881{number:05}" for number in range(1, 100)]


@pytest.fixture
def here() -> Iterator[Environment[TextItSandbox]]:
    """A client and its server, whose clock is far behind: a campaign goes by the real time."""
    with environments(TextItSandbox) as make:
        here = make()
        here.client.api.transport.clock = time.time
        yield here


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with Ledger.open(str(tmp_path / "ledger.sqlite")) as opened:
        yield opened


def planned(
    ledger: Ledger, here: Environment[TextItSandbox], *people: str, size: int = 100
) -> Campaign:
    broadcast = Broadcast(text="Hello", recipients=list(people))
    return ledger.plan(here.client, broadcast, batch_size=size)


def got(here: Environment[TextItSandbox]) -> Counter[str]:
    """How often each address was sent to."""
    return Counter(message.to for message in here.server.accepted)


def test_a_number_in_another_spelling_is_sent_to_once(
    here: Environment[TextItSandbox], ledger: Ledger
) -> None:
    """The reply is lost, and the server lists the number as it stores it: nothing goes twice."""
    campaign = planned(ledger, here, "+4407712345678", "+250788123123", "+250788123124")
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    campaign.run(here.client, in_flight_grace=0)
    assert got(here) == {
        "tel:+447712345678": 1,
        "tel:+250788123123": 1,
        "tel:+250788123124": 1,
    }
    assert {str(each.state) for each in campaign.results()} == {"queued"}


@pytest.mark.parametrize("fault", [LoseReply(), Refuse()])
def test_batches_of_one_text_are_settled(
    here: Environment[TextItSandbox], ledger: Ledger, fault: LoseReply | Refuse
) -> None:
    """Several in doubt at once, arrived or not: each is sent once in the end."""
    campaign = planned(ledger, here, *PEOPLE, size=10)
    here.server.faults.add(fault, times=3, operation="create_broadcast")
    for _ in range(3):
        campaign.run(here.client, in_flight_grace=0)
    assert got(here) == {f"tel:{to}": 1 for to in PEOPLE}


def test_some_arrived_and_some_did_not(here: Environment[TextItSandbox], ledger: Ledger) -> None:
    """Two batches are in doubt, one of which arrived: the other is sent, and neither twice."""
    campaign = planned(ledger, here, *PEOPLE, size=10)
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    here.server.faults.add(Refuse(), operation="create_broadcast")
    for _ in range(3):
        campaign.run(here.client, in_flight_grace=0)
    assert got(here) == {f"tel:{to}": 1 for to in PEOPLE}


def test_one_bad_number_costs_nobody_else_their_message(
    here: Environment[TextItSandbox], ledger: Ledger
) -> None:
    """99 are sent to, and the one that is refused carries the server's words about it."""
    campaign = planned(ledger, here, *PEOPLE, "+250788120000")
    campaign.run(here.client, in_flight_grace=0)
    assert got(here) == {f"tel:{to}": 1 for to in PEOPLE}
    (bad,) = [each for each in campaign.results() if each.state == "rejected"]
    assert bad.to == "+250788120000"
    assert "Invalid URN: tel:+250788120000." in str(bad.detail)


def test_a_suspended_workspace_pauses_a_campaign_and_rejects_nobody(
    here: Environment[TextItSandbox], ledger: Ledger
) -> None:
    """1,500 people: it pauses at the first refusal, and all are sent to once it is lifted."""
    people = [f"+25078{number:07}" for number in range(1_000_001, 1_001_501)]
    here.server.blocked = "suspended"
    campaign = planned(ledger, here, *people)
    campaign.run(here.client, in_flight_grace=0)
    assert "rejected" not in {str(each.state) for each in campaign.results()}
    assert len(here.server.requests) <= 4
    here.server.blocked = None
    campaign.run(here.client, in_flight_grace=0, reopen=True)
    wanted = {f"tel:{to}" for to in people if not to.endswith(("0000", "1111", "2222", "3333"))}
    assert set(got(here)) >= wanted
    assert set(got(here).values()) == {1}
