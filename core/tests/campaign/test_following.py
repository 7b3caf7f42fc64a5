"""Changing the course of a campaign, and what became of everybody."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    Conflict,
    Personalisation,
    Receipt,
    Recipient,
    Report,
    State,
    Status,
    UsageError,
)
from polycast.campaign import BatchState, Campaign, CampaignState, Ledger
from polycast.client import Client
from polycast.testing import at

from .conftest import FEATURES, Scripted, expected


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


def test_a_run_opens_no_paused_campaign(
    half_sent: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A run that was queued before the pause sends nothing; the operator's word opens it."""
    assert half_sent.run(client).state is CampaignState.PAUSED
    assert provider.calls == 2

    half_sent.run(client, reopen=True)
    assert provider.got() == expected(broadcast)


def test_a_resumed_campaign_goes_on(
    half_sent: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A resume is told to the provider for what is paused there; the next run sends the rest."""
    outcome = half_sent.control(client, Action.RESUME)
    half_sent.run(client)

    assert (outcome.state, outcome.succeeded, outcome.unsupported) == (CampaignState.OPEN, 1, 0)
    assert provider.got() == expected(broadcast)


def test_a_stopped_campaign_stays_stopped(
    half_sent: Campaign, client: Client, provider: Scripted
) -> None:
    """A stop cancels what was not sent, for good, and stops what the provider has."""
    outcome = half_sent.control(client, Action.STOP)

    assert (outcome.state, outcome.succeeded) == (CampaignState.STOPPED, 2)
    assert half_sent.report().states == {"sending": 20, "cancelled": 15}
    assert half_sent.report().state is CampaignState.STOPPED
    for forbidden in (Action.RESUME, Action.PAUSE):
        with pytest.raises(UsageError, match="was stopped"):
            half_sent.control(client, forbidden)
    with pytest.raises(UsageError, match="was stopped"):
        half_sent.run(client)
    assert provider.calls == 2


def test_what_the_provider_cannot_do_is_counted(half_sent: Campaign, client: Client) -> None:
    """Where the provider does not offer an action, our part is done and theirs is reported."""
    outcome = half_sent.control(client, Action.DELETE)

    assert (outcome.state, outcome.succeeded, outcome.unsupported) == (CampaignState.STOPPED, 0, 2)


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

    assert outcome.succeeded == 1
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
            Report(None, State.FAILED, reference="r1", detail="out of reach", code=17),
            Report("+19995550000", State.DELIVERED),
        ],
    )

    assert campaign.refresh(client) == ()

    assert campaign.report().states == {"sending": 8, "sent": 25, "delivered": 1, "failed": 1}
    first, second, *_ = campaign.results()
    assert (first.state, first.message_id, first.channel) == ("delivered", "m:1", "viber")
    assert (second.state, second.detail, second.code) == ("failed", "out of reach", "17")

    provider.statuses["job:1"] = Status(
        "job:1", State.SENT, final=True, reports=[Report(None, State.READ, id="m:1")]
    )
    campaign.refresh(client)
    assert campaign.report().states == {"sent": 33, "read": 1, "failed": 1}


def test_a_state_of_the_whole_is_newer_than_an_answer(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """What a refresh says of the whole replaces what the answer said of single people.

    Only who was refused at once stays refused, whom the answer did not name stays unknown, and
    everybody keeps the id of their message.
    """

    def deed(batch: Broadcast) -> BulkReceipt:
        provider.taken.append(batch)
        states = [State.REJECTED, State.UNKNOWN, *[State.SCHEDULED] * 8]
        told = [
            Receipt(f"m:{place}", state, each.to)
            for place, (state, each) in enumerate(zip(states, batch.recipients, strict=True))
        ]
        return BulkReceipt("job:1", State.QUEUED, tuple(told))

    provider.deeds.append(deed)
    campaign = ledger.plan(client, broadcast)
    report = campaign.run(client, workers=1)
    assert report.states == {"rejected": 1, "unknown": 1, "scheduled": 8, "queued": 25}

    campaign.refresh(client)

    assert campaign.report().states == {"rejected": 1, "unknown": 1, "sent": 33}
    third = list(campaign.results())[2]
    assert (third.state, third.message_id) == ("sent", "m:2")


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


def test_what_waits_for_its_moment_is_scheduled(
    ledger: Ledger, client: Client, provider: Scripted
) -> None:
    """Until the moment has come, a provider that calls it queued says no more than scheduled."""
    moment = datetime(2030, 1, 31, 9, tzinfo=UTC)
    queued = Status("job:1", State.QUEUED, reports=[Report("+12125550001", State.QUEUED)])
    with at(moment - timedelta(hours=1)):
        campaign = ledger.plan(
            client, Broadcast(text="Hello", recipients=["+12125550001"], send_at=moment)
        )
        campaign.run(client)
        provider.statuses["job:1"] = queued
        campaign.refresh(client)
        assert campaign.report().states == {"scheduled": 1}
        assert campaign.report().send_at == moment
    with at(moment + timedelta(hours=1)):
        provider.statuses["job:1"] = queued
        campaign.refresh(client)
        assert campaign.report().states == {"queued": 1}


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
    assert [each.left_out for each in results if each.batch is None] == ["duplicate", "suppressed"]

    assert campaign.write_csv(tmp_path / "results.csv") == 36
    assert campaign.write_json_lines(tmp_path / "results.jsonl") == 36
    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    told = [{**line, **line.pop("variables", {})} for line in lines]
    for each in told:
        each.pop("variables", None)
    assert [{k: v for k, v in row.items() if v} for row in rows] == [
        {name: str(value) for name, value in line.items()} for line in told
    ]
    assert rows[0]["name"] == people[0].variables["name"]


def test_a_variable_named_like_a_column_of_the_results(
    ledger: Ledger, client: Client, tmp_path: Path
) -> None:
    """It keeps its value, under a name that no other column has."""
    people = [
        Recipient("+12125550001", {"state": "Utah"}),
        Recipient("+12125550002", {"city": "=Provo", "code": "7"}),
    ]
    campaign = ledger.plan(client, Broadcast(text="Hello", recipients=people))

    campaign.write_csv(tmp_path / "results.csv")

    with (tmp_path / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ("state", "variable_state", "city", "variable_code")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("planned", "Utah", "", ""),
        ("planned", "", "'=Provo", "7"),
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


@pytest.mark.parametrize("held", [4, 20_000])
def test_results_keep_the_order_of_the_list_whatever_the_calls_are(
    ledger: Ledger, people: list[Recipient], monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    """Where people are sent to by text, the results still stand in the order of the list."""
    monkeypatch.setattr("polycast.sending.division._HELD", held)
    monkeypatch.setattr("polycast.campaign.export._PAGE", 3)
    provider = Scripted(attrs.evolve(FEATURES, personalisation=Personalisation.NONE))
    client = Client("scripted", provider)
    given = [
        attrs.evolve(each, variables={"name": "abc"[place % 3]})
        for place, each in enumerate(people)
    ]
    given.append(given[3])
    campaign = ledger.plan(client, Broadcast(text="Dear {name}!", recipients=iter(given)))

    assert [each.position for each in campaign.results()] == list(range(1, 37))
    assert [each.to for each in campaign.results()] == [each.to for each in given]
    campaign.run(client)
    campaign.refresh(client)
    assert [each.position for each in campaign.results()] == list(range(1, 37))
    assert [(each.to, each.left_out) for each in campaign.results()][-1] == (
        given[3].to,
        "duplicate",
    )


def test_what_is_planned_can_be_looked_at(
    ledger: Ledger, client: Client, broadcast: Broadcast
) -> None:
    """Before anything is sent, each call can be seen with its people and what they will read."""
    campaign = ledger.plan(client, broadcast)

    planned = list(campaign.planned(client))

    assert [(each, text) for _, each, text in planned] == [
        (each, broadcast.text_for(each)) for each in broadcast.recipients
    ]
    assert [call for call, _, _ in planned] == [1] * 10 + [2] * 10 + [3] * 10 + [4] * 5


def test_a_file_that_cannot_be_written_is_told(
    ledger: Ledger, client: Client, broadcast: Broadcast, tmp_path: Path
) -> None:
    """Where the results cannot be written to is an error of ours."""
    campaign = ledger.plan(client, broadcast)

    with pytest.raises(UsageError, match="cannot be written"):
        campaign.write_csv(tmp_path / "nowhere" / "results.csv")
