"""Campaigns that are submitted only when it is day where the recipients are."""

from datetime import UTC, datetime, timedelta

import pytest
from polycast import Broadcast, Recipient, Rejected, UsageError
from polycast.campaign import CampaignState, Ledger
from polycast.client import Client
from polycast.testing import at

from .conftest import Scripted

HOURS = "09:00-20:00"
KYIV = [Recipient(f"+38096123450{n}", {"name": "A"}) for n in range(3)]
TOKYO = [Recipient(f"+8190123450{n:02}", {"name": "B"}) for n in range(3)]
#: Half past five in the morning in Kyiv, half past twelve in Tokyo.
MORNING = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)


class Night:
    """A clock that goes on when somebody waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: datetime = MORNING) -> None:
        self.now = now
        monkeypatch.setattr("polycast.sending.dispatcher.wait", self.wait)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, over: object, seconds: float) -> None:
        self.now += timedelta(seconds=max(seconds, 60))


def mixed() -> Broadcast:
    people = [each for pair in zip(KYIV, TOKYO, strict=True) for each in pair]
    return Broadcast(text="Dear {name}!", recipients=people)


def test_it_waits_for_the_morning(
    ledger: Ledger, client: Client, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is sent to within the hours of their own place, and nobody in a batch of another's."""
    night = Night(monkeypatch)
    taken: list[tuple[datetime, set[str]]] = []

    def note(batch: Broadcast) -> None:
        taken.append((night.now, {each.to[:3] for each in batch.recipients}))

    provider.deeds += [note] * 4
    with at(night):
        campaign = ledger.plan(client, mixed(), between=HOURS)
        assert campaign.opens_at(client) is None
        report = campaign.run(client, workers=1)

    assert report.states == {"queued": 6}
    assert [places for _, places in taken] == [{"+81"}, {"+38"}]
    (first, _), (second, _) = taken
    assert first == MORNING
    assert datetime(2026, 1, 15, 7, tzinfo=UTC) <= second < datetime(2026, 1, 15, 7, 2, tzinfo=UTC)


def test_it_stops_outside_the_hours(
    ledger: Ledger, client: Client, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without waiting, the run ends with what is left, and a later one sends that."""
    night = Night(monkeypatch)
    with at(night):
        campaign = ledger.plan(client, mixed(), between=HOURS)
        report = campaign.run(client, wait_for_hours=False)
        assert report.state is CampaignState.OPEN
        assert report.states == {"queued": 3, "planned": 3}
        assert night.now == MORNING
        opens = campaign.opens_at(client)
        assert opens == datetime(2026, 1, 15, 7, tzinfo=UTC)
        night.now = opens
        assert campaign.run(client, wait_for_hours=False).state is CampaignState.DONE


def test_a_step_says_when_to_come_again(
    ledger: Ledger, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that makes a few calls at a time is told the seconds until the morning."""
    night = Night(monkeypatch)
    with at(night):
        campaign = ledger.plan(
            client, Broadcast(text="Dear {name}!", recipients=KYIV), between=HOURS
        )
        step = campaign.step(client)

    assert step.wait == pytest.approx(timedelta(hours=3, minutes=30).total_seconds())


def test_a_part_of_a_batch_keeps_its_hours(
    ledger: Ledger, client: Client, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is divided after a refusal does not leave in the night."""
    night = Night(monkeypatch, datetime(2026, 1, 15, 17, 59, tzinfo=UTC))

    def refuse(_: Broadcast) -> None:
        night.now += timedelta(minutes=1)
        raise Rejected("one is barred", provider="scripted", refused={0: "barred"})

    provider.deeds.append(refuse)
    with at(night):
        campaign = ledger.plan(
            client, Broadcast(text="Dear {name}!", recipients=KYIV), between=HOURS
        )
        report = campaign.run(client, wait_for_hours=False)
        assert report.states == {"rejected": 1, "planned": 2}
        campaign.run(client, retry_rejected=True, wait_for_hours=False)
        assert campaign.report().states == {"planned": 3}


def test_a_moment_in_the_night_is_refused(ledger: Ledger, client: Client) -> None:
    """A moment that the provider is told must be within the hours of each recipient."""
    moment = datetime(2026, 1, 15, 10, tzinfo=UTC)
    with at(MORNING), pytest.raises(UsageError, match="Asia/Tokyo") as caught:
        ledger.plan(
            client,
            Broadcast(
                text="Hello", recipients=[*KYIV, TOKYO[0]], send_at=moment + timedelta(hours=2)
            ),
            between=HOURS,
        )
    assert "outside 09:00-20:00" in str(caught.value)
    with at(MORNING):
        campaign = ledger.plan(
            client, Broadcast(text="Hello", recipients=KYIV, send_at=moment), between=HOURS
        )
        # It is submitted at once, and leaves at its moment.
        assert campaign.run(client).state is CampaignState.DONE


def test_a_recipient_who_may_be_anywhere(ledger: Ledger, client: Client) -> None:
    """Whose zone is not known is refused; a default zone lets them in."""
    people = [Recipient("contact:7", {"name": "A"})]
    with pytest.raises(UsageError, match="the time zone is not known"):
        ledger.plan(client, Broadcast(text="Hi {name}", recipients=people), between=HOURS)
    ledger.plan(
        client, Broadcast(text="Hi {name}", recipients=people), between=HOURS, zone="Europe/Kyiv"
    )
