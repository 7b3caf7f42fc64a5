"""Steps of a campaign: what tasks of a queue, or a timer, call again and again."""

import logging
import subprocess
import time

import pytest
from polycast import Action, Broadcast, RateLimited, Rejected, UsageError
from polycast.campaign import BatchState, Campaign, CampaignState, Ledger, Step, schema
from polycast.campaign import leases as owners
from polycast.campaign.batches import claim
from polycast.campaign.store import Store
from polycast.client import Client

from .conftest import Scripted, expected


def turned_away(_: Broadcast) -> None:
    raise RateLimited("slower", provider="scripted", retry_after=60.0)


@pytest.fixture
def campaign(ledger: Ledger, client: Client, broadcast: Broadcast) -> Campaign:
    """Four batches, of which nothing is sent."""
    return ledger.plan(client, broadcast)


def test_a_step_sends_one_batch(
    campaign: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Each step makes one call; the last one says that nothing is left, and another sends none."""
    steps = [campaign.step(client) for _ in range(5)]

    assert [each.sent for each in steps] == [1, 1, 1, 1, 0]
    assert [each.done for each in steps] == [False, False, False, True, True]
    assert not any(each.wait or each.busy for each in steps)
    assert provider.got() == expected(broadcast)


def test_a_step_of_several_batches(
    campaign: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """It makes as many calls as it is told, one after the other."""
    assert campaign.step(client, max_batches=3).sent == 3
    assert campaign.step(client, max_batches=3) == Step(done=True, busy=False, sent=1, wait=0.0)
    assert provider.got() == expected(broadcast)


@pytest.mark.parametrize("action", [Action.PAUSE, Action.STOP])
def test_a_step_that_was_queued_before_a_pause_sends_nothing(
    campaign: Campaign, client: Client, provider: Scripted, action: Action
) -> None:
    """Steps neither open what is paused or stopped, nor fail there: their task has ended."""
    campaign.step(client)
    campaign.control(client, action)

    assert campaign.step(client) == Step(done=True, busy=False, sent=0, wait=0.0)
    assert provider.calls == 1
    assert campaign.state is not CampaignState.OPEN


def test_a_step_waits_for_nothing(
    campaign: Campaign, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """After a 429 each step returns the seconds to wait; none of them asks the provider again."""
    provider.deeds.append(turned_away)

    steps = [campaign.step(client) for _ in range(3)]

    assert all(0 < each.wait <= 60 and not each.sent and not each.done for each in steps)
    assert provider.calls == 1
    assert campaign.progress().batches[BatchState.PLANNED] == 4
    campaign.run(client, reopen=True)
    assert provider.got() == expected(broadcast)


def test_a_rate_holds_over_all_steps(campaign: Campaign, client: Client) -> None:
    """What a step may not send yet it leaves planned, and says when it may."""
    assert campaign.step(client, rate="10/min").sent == 1

    later = campaign.step(client, rate="10/min")

    assert later.sent == 0
    assert 0 < later.wait <= 60


def test_no_more_is_in_flight_than_is_allowed(
    campaign: Campaign, client: Client, provider: Scripted
) -> None:
    """While a step has a call in flight, another that may make one at a time is busy."""
    seen: list[Step] = []
    provider.deeds.append(lambda _: seen.append(campaign.step(client, concurrency=1)))
    provider.deeds.append(lambda _: seen.append(campaign.step(client, concurrency=2)))

    campaign.step(client)
    campaign.step(client)

    assert seen[0].busy
    assert (seen[0].sent, seen[0].done) == (0, False)
    assert seen[0].wait > 0
    assert (seen[1].sent, seen[1].busy) == (1, False)


def test_failures_are_counted_over_all_steps(
    campaign: Campaign, client: Client, provider: Scripted
) -> None:
    """Batches that fail in a row pause the campaign, although each was a step of its own."""

    def refuse(_: Broadcast) -> None:
        raise Rejected("no", provider="scripted")

    provider.deeds += [refuse, lambda _: None, refuse, refuse]

    steps = [campaign.step(client, error_threshold=2) for _ in range(4)]

    assert [each.sent for each in steps] == [0, 1, 0, 0]
    assert steps[-1].done
    report = campaign.report()
    assert "2 batches in a row" in (report.detail or "")


def test_what_a_killed_process_had_in_flight_is_adopted_and_logged(
    ledger: Ledger,
    url: str,
    campaign: Campaign,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next step puts it in doubt, with a warning, and sends the others; a run settles it."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    store = Store(url)
    with store.write() as connection:
        connection.execute(
            schema.owners.insert().values(
                id="killed",
                machine=owners.machine(),
                process=f"{ended.pid} 1",
                heartbeat=time.time(),
            )
        )
        claim(connection, campaign.builder(client.features), "killed", lambda _: 0.0)
    store.close()

    with caplog.at_level(logging.WARNING, "polycast.campaign"):
        last = campaign.step(client, max_batches=10, concurrency=1)

    assert last == Step(done=True, busy=False, sent=3, wait=0.0)
    assert campaign.id in caplog.text
    assert "1 of its batches" in caplog.text
    assert campaign.report().in_doubt == 10
    campaign.run(client, in_flight_grace=0.0)
    assert provider.got() == expected(broadcast)


def test_what_is_to_be_sent_is_listed(
    ledger: Ledger, campaign: Campaign, client: Client, broadcast: Broadcast
) -> None:
    """A timer finds the open campaigns that a step can do something for, the oldest first."""
    second, paused = ledger.plan(client, broadcast), ledger.plan(client, broadcast)
    paused.control(client, Action.PAUSE)

    assert [each.id for each in ledger.sending()] == [campaign.id, second.id]

    campaign.step(client, max_batches=10)
    second.control(client, Action.STOP)
    assert not list(ledger.sending())


def test_a_campaign_can_be_planned_before_it_may_be_sent(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Planned as paused, no worker begins with it; the operator's word opens it."""
    campaign = ledger.plan(client, broadcast, paused=True)

    assert not list(ledger.sending())
    assert campaign.step(client).done
    assert campaign.run(client).state is CampaignState.PAUSED
    assert provider.calls == 0
    campaign.run(client, reopen=True)
    assert provider.got() == expected(broadcast)


@pytest.mark.parametrize("wrong", [{"max_batches": 0}, {"concurrency": 0}, {"rate": "fast"}])
def test_a_step_checks_its_numbers(
    campaign: Campaign, client: Client, wrong: dict[str, object]
) -> None:
    """Nothing is sent where a number makes no sense."""
    with pytest.raises(UsageError):
        campaign.step(client, **wrong)  # type: ignore[arg-type]
