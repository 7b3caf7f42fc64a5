"""Changing the course of a campaign, and what became of everybody."""

import csv
import json
from pathlib import Path

import attrs
import pytest
from polycast import Action, Broadcast, Conflict, Recipient, Report, State, Status, UsageError
from polycast.campaign import BatchState, Campaign, CampaignState, Ledger
from polycast.client import Client

from .conftest import Scripted, expected


@pytest.fixture
def half_sent(ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast) -> Campaign:
    """A campaign that was paused by somebody else after its second batch."""
    campaign = ledger.plan(client, broadcast)

    def pause(_: Broadcast) -> None:
        campaign.control(client, Action.PAUSE)

    provider.deeds += [lambda _: None, pause]
    campaign.run(client, workers=1)
    return campaign


def test_a_pause_halts_whoever_runs_it(half_sent: Campaign, provider: Scripted) -> None:
    """After a pause nothing more is submitted, what was in flight is settled, the provider told."""
    batches = half_sent.progress().batches

    assert half_sent.state is CampaignState.PAUSED
    assert (batches[BatchState.ACCEPTED], batches[BatchState.PLANNED]) == (2, 2)
    assert provider.controlled == [("job:1", Action.PAUSE)]


def test_a_resumed_campaign_goes_on(
    half_sent: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A resume is told to the provider for what it has, and the rest is sent by the next run."""
    outcome = half_sent.control(client, Action.RESUME)
    half_sent.run(client)

    assert (outcome.state, outcome.obeyed, outcome.untold) == (CampaignState.OPEN, 2, 0)
    assert provider.got() == expected(broadcast)


def test_a_stopped_campaign_stays_stopped(
    half_sent: Campaign, client: Client, provider: Scripted
) -> None:
    """A stop cancels what was not sent, for good, and stops what the provider has."""
    outcome = half_sent.control(client, Action.STOP)

    assert (outcome.state, outcome.obeyed) == (CampaignState.STOPPED, 2)
    assert half_sent.report().states == {"queued": 20, "cancelled": 15}
    assert half_sent.report().is_done
    for forbidden in (Action.RESUME, Action.PAUSE):
        with pytest.raises(UsageError, match="was stopped"):
            half_sent.control(client, forbidden)
    with pytest.raises(UsageError, match="was stopped"):
        half_sent.run(client)
    assert provider.calls == 2


def test_what_the_provider_cannot_do_is_counted(half_sent: Campaign, client: Client) -> None:
    """Where the provider does not offer an action, our part is done and theirs is reported."""
    outcome = half_sent.control(client, Action.DELETE)

    assert (outcome.state, outcome.obeyed, outcome.untold) == (CampaignState.STOPPED, 0, 2)


def test_a_batch_that_does_not_obey_costs_no_other(
    half_sent: Campaign, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the provider refuses for one batch the others are still told, and its words kept."""

    def control(id: str, action: Action) -> Status:
        if id == "job:1":
            raise Conflict("it is over", provider="scripted", operation="control")
        return Status(id, State.CANCELLED)

    monkeypatch.setattr(client, "control", control)
    outcome = half_sent.control(client, Action.STOP)

    assert outcome.obeyed == 1
    assert len(outcome.problems) == 1
    assert "batch 1: " in outcome.problems[0]
    assert "it is over" in outcome.problems[0]


def test_refresh_keeps_what_the_provider_tells(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Reports find their people by reference, message or number, as the provider names them."""
    campaign = ledger.plan(client, broadcast)
    campaign.run(client, workers=1)
    provider.statuses["job:1"] = Status(
        "job:1",
        State.SENDING,
        reports=[
            Report("12125550000", State.DELIVERED, id="m:1", channel="viber"),
            Report(None, State.FAILED, reference="r1", words="out of reach", code=17),
            Report("+19995550000", State.DELIVERED),
        ],
    )

    assert campaign.refresh(client) == ()

    assert campaign.report().states == {"sending": 8, "sent": 25, "delivered": 1, "failed": 1}
    first, second, *_ = campaign.results()
    assert (first.state, first.message_id, first.channel) == ("delivered", "m:1", "viber")
    assert (second.state, second.words, second.code) == ("failed", "out of reach", "17")

    provider.statuses["job:1"] = Status(
        "job:1", State.SENT, final=True, reports=[Report(None, State.READ, id="m:1")]
    )
    campaign.refresh(client)
    assert campaign.report().states == {"sent": 33, "read": 1, "failed": 1}


def test_what_is_final_is_not_asked_about_again(
    ledger: Ledger, client: Client, broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the outcome of a batch stands, a refresh leaves it alone; one failure costs no other."""
    campaign = ledger.plan(client, broadcast)
    campaign.run(client)
    asked: list[str] = []

    def status(id: str) -> Status:
        asked.append(id)
        if id == "job:2":
            raise Conflict("busy", provider="scripted")
        return Status(id, State.DELIVERED)

    monkeypatch.setattr(client, "status", status)
    (problem,) = campaign.refresh(client)
    campaign.refresh(client)

    assert "busy" in problem
    assert sorted(asked) == ["job:1", "job:2", "job:2", "job:3", "job:4"]


def test_everybody_is_in_the_results_once(
    ledger: Ledger, client: Client, people: list[Recipient], tmp_path: Path
) -> None:
    """The results hold everybody given, in order, those left out too; CSV and JSON Lines agree."""
    given = [people[0], attrs.evolve(people[0], reference="again"), *people[1:]]
    campaign = ledger.plan(
        client, Broadcast(text="Dear {name}!", recipients=given), suppressed={people[5].to}
    )
    campaign.run(client)

    results = list(campaign.results())
    assert [each.position for each in results] == list(range(1, 37))
    assert [each.to for each in results] == [each.to for each in given]
    assert [each.state for each in results if each.batch is None] == ["duplicate", "suppressed"]

    assert campaign.write_csv(tmp_path / "results.csv") == 36
    assert campaign.write_json_lines(tmp_path / "results.jsonl") == 36
    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [{k: v for k, v in row.items() if v} for row in rows] == [
        {name: str(value) for name, value in line.items()} for line in lines
    ]


def test_results_are_read_page_by_page(
    ledger: Ledger, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long a list is, it is told whole, in order, and each person once."""
    monkeypatch.setattr("polycast.campaign.export._PAGE", 3)
    monkeypatch.setattr("polycast.campaign.planner._CHUNK", 4)
    numbers = [f"+1212555{place % 17:04}" for place in range(31)]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=iter(numbers)))

    results = list(campaign.results())

    assert [each.to for each in results] == numbers
    assert [each.position for each in results] == list(range(1, 32))
    assert [each.position for each in campaign.dropped()] == list(range(18, 32))


def test_a_file_that_cannot_be_written_is_told(
    ledger: Ledger, client: Client, broadcast: Broadcast, tmp_path: Path
) -> None:
    """Where the results cannot be written to is an error of ours."""
    campaign = ledger.plan(client, broadcast)

    with pytest.raises(UsageError, match="cannot be written"):
        campaign.write_csv(tmp_path / "nowhere" / "results.csv")
