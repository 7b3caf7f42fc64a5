"""A stop that comes while something is under way."""

from collections.abc import Iterator

import pytest
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    OutcomeUnknown,
    RateLimited,
    Recipient,
    UsageError,
)
from polycast.campaign import BatchState, CampaignState, Ledger, schema
from polycast.campaign.store import Store
from polycast.client import Client, caller_of

from .conftest import Scripted


def test_what_was_turned_away_meanwhile_is_cancelled(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A batch that comes back to a stopped campaign is never sent, and keeps nothing open."""
    campaign = ledger.plan(client, broadcast)

    def stop(_: Broadcast) -> None:
        campaign.control(client, Action.STOP)
        raise RateLimited("not now", provider="scripted", operation="send_bulk")

    provider.deeds.append(stop)
    report = campaign.run(client, workers=1)

    assert report.states == {"cancelled": 35}
    assert campaign.is_final
    campaign.delete()


def test_what_the_provider_says_it_has_not_is_cancelled_as_well(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A doubt that is settled after a stop does not plan its batch again."""
    campaign = ledger.plan(client, broadcast)

    def lost(_: Broadcast) -> None:
        raise OutcomeUnknown("gone", provider="scripted", operation="send_bulk")

    def find(*_: object) -> None:
        campaign.control(client, Action.STOP)

    provider.deeds.append(lost)
    monkeypatch.setattr(caller_of(client), "lookup", find)
    report = campaign.run(client, workers=1, in_flight_grace=0)

    assert report.states == {"sending": 25, "cancelled": 10}  # as the provider answered the stop


def test_a_stop_while_the_list_is_read_holds(
    ledger: Ledger, client: Client, provider: Scripted, people: list[Recipient]
) -> None:
    """Who stops a campaign before it is planned to its end has it sent to nobody."""

    def stream() -> Iterator[Recipient]:
        yield from people
        (campaign,) = ledger.campaigns()
        campaign.control(client, Action.STOP)

    with pytest.raises(UsageError, match="was stopped while its list was being read"):
        ledger.plan(client, Broadcast(text="Hello", recipients=stream()))

    assert list(ledger.campaigns()) == []
    assert provider.calls == 0


@pytest.mark.parametrize("meanwhile", [BatchState.CANCELLED, BatchState.REJECTED])
def test_a_reply_that_comes_late_is_a_fact(
    url: str, client: Client, provider: Scripted, broadcast: Broadcast, meanwhile: BatchState
) -> None:
    """Whatever was noted of a batch while its reply was on its way: the provider has it."""
    store = Store(url)

    def late(batch: Broadcast) -> BulkReceipt:
        with store.write() as connection:
            connection.execute(
                schema.batches.update()
                .where(schema.batches.c.number == 1)
                .values(state=meanwhile, owner="another")
            )
        return provider.take(batch)

    provider.deeds.append(late)
    with Ledger.open(url) as ledger:
        report = ledger.plan(client, broadcast).run(client, workers=1)
    store.close()

    assert report.states == {"queued": 35}
    assert report.state is CampaignState.DONE
