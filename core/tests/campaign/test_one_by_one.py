"""Batches that the provider gives no id, only their people's messages: each is asked about."""

from collections import Counter

import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    NotFound,
    ProviderUnavailable,
    Receipt,
    Report,
    State,
    Status,
)
from polycast.campaign import Campaign, Ledger
from polycast.client import Client

from .conftest import Scripted


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, provider: Scripted) -> list[str]:
    """Whom the provider was asked about, in order."""
    asked: list[str] = []
    status = Client.status

    def spied(self: Client, id: str) -> Status:
        asked.append(id)
        return status(self, id)

    monkeypatch.setattr(Client, "status", spied)
    return asked


@pytest.fixture
def campaign(
    ledger: Ledger, client: Client, provider: Scripted, asked: list[str], broadcast: Broadcast
) -> Campaign:
    """A batch of ten by message, one of them refused and one not named; and one without any id."""

    def by_message(batch: Broadcast) -> BulkReceipt:
        receipts = [
            Receipt(f"m:{place}", State.QUEUED, each.to, each.reference)
            for place, each in enumerate(batch.recipients)
        ]
        receipts[3] = Receipt(None, State.UNKNOWN, receipts[3].to, receipts[3].reference)
        receipts[4] = Receipt("m:4", State.REJECTED, receipts[4].to, receipts[4].reference, "No")
        return BulkReceipt(None, State.QUEUED, tuple(receipts))

    provider.deeds += [by_message, lambda _: BulkReceipt(None, State.QUEUED, ())]
    people = tuple(broadcast.recipients)[:20]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))
    campaign.run(client, workers=1)
    provider.statuses |= {f"m:{place}": Status(f"m:{place}", State.SENDING) for place in range(10)}
    return campaign


def over(campaign: Campaign) -> bool:
    """Whether asking again would tell nothing new."""
    return campaign.is_final


def test_everybody_is_asked_about_until_their_outcome_stands(
    client: Client, provider: Scripted, campaign: Campaign, asked: list[str]
) -> None:
    """One question for each message that is under way; none about what is final, or has no id."""
    assert not over(campaign)
    assert campaign.refresh(client) == ()
    assert asked == [f"m:{place}" for place in range(10) if place not in (3, 4)]
    assert campaign.report().states == {"queued": 10, "sending": 8, "unknown": 1, "rejected": 1}

    provider.statuses |= {
        f"m:{place}": Status(
            f"m:{place}",
            State.DELIVERED,
            reports=[Report(None, State.DELIVERED, f"m:{place}", channel="viber")],
        )
        for place in range(9)
    }
    asked.clear()
    campaign.refresh(client)
    assert len(asked) == 8
    assert not over(campaign)
    assert [each.channel for each in campaign.results()][:2] == ["viber", "viber"]

    provider.statuses["m:9"] = Status("m:9", State.FAILED, detail="out of reach")
    asked.clear()
    campaign.refresh(client)
    assert asked == ["m:9"]
    assert over(campaign)
    assert Counter(each.state for each in campaign.results()) == {
        "queued": 10, "delivered": 7, "failed": 1, "unknown": 1, "rejected": 1,
    }  # fmt: skip
    campaign.refresh(client)
    assert asked == ["m:9"]


def test_what_was_told_before_a_failure_is_kept(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One who cannot be asked about costs nobody before them their state; all are asked again."""
    trouble: list[Exception] = [ProviderUnavailable("Oh", provider="scripted")]

    def status(id: str) -> Status:
        if id == "m:2" and trouble:
            raise trouble[0]
        return Status(id, State.DELIVERED)

    monkeypatch.setattr(client, "status", status)
    (problem,) = campaign.refresh(client)
    assert problem.startswith("batch 1: scripted was not available")
    assert campaign.report().states["delivered"] == 2
    assert not over(campaign)

    trouble[0] = NotFound("never heard of it", provider="scripted")
    assert campaign.refresh(client) == ()
    assert campaign.report().states["delivered"] == 7
    assert over(campaign)
