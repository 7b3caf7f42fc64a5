"""A campaign with a key: one, by whomever and however often it is asked for."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from polycast import Action, Broadcast, KeyReused, Recipient, UsageError
from polycast.campaign import CampaignState, Ledger
from polycast.campaign import leases as owning
from polycast.campaign.registering import Registration
from polycast.client import Client

from .conftest import FEATURES, Scripted, expected
from .racing import race


def test_the_same_key_is_the_same_campaign(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A second call returns the campaign of the first; running it again sends nothing new."""
    first = ledger.plan(client, broadcast, key="daily-1")
    assert first.run(client).state is CampaignState.DONE
    second = ledger.plan(client, broadcast, key="daily-1")

    assert second == first
    assert second.report().key == "daily-1"
    second.run(client)
    assert provider.got() == expected(broadcast)
    assert ledger.plan(client, broadcast, key="daily-2") != first


def test_the_order_of_a_list_makes_no_difference(
    ledger: Ledger, client: Client, people: list[Recipient]
) -> None:
    """The same rows in another order, also as a stream, are the same list."""
    first = ledger.plan(client, Broadcast(text="Dear {name}!", recipients=people), key="k")
    again = Broadcast(text="Dear {name}!", recipients=reversed(people))
    assert ledger.plan(client, again, key="k") == first


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"text": "Hello {name}!"}, "another text"),
        ({"text": "Hi", "ttl": timedelta(hours=1)}, "another text and another ttl"),
        ({"recipients": [Recipient("+12125550000", {"name": "N0"})]}, "another list"),
    ],
)
def test_a_key_refuses_other_content(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    change: dict[str, Any],
    told: str,
) -> None:
    """A key that belongs to another text, option or list is refused, and the error says which."""
    first = ledger.plan(client, broadcast, key="daily-1")
    with pytest.raises(KeyReused, match=f"'daily-1' belongs to {first.id}.*{told}") as refused:
        ledger.plan(client, attrs.evolve(broadcast, **change), key="daily-1")

    assert refused.value.carried_out is False
    assert len(list(ledger.campaigns())) == 1
    assert provider.calls == 0


def test_a_key_refuses_another_account(
    ledger: Ledger, client: Client, broadcast: Broadcast
) -> None:
    """A second route cannot send what has a key on the first."""
    ledger.plan(client, broadcast, key="daily-1")
    other = Client("spare", Scripted(FEATURES))
    with pytest.raises(KeyReused, match=r"another account \(scripted, and now spare\)"):
        ledger.plan(other, broadcast, key="daily-1")


@pytest.mark.parametrize(
    ("first", "now", "told"),
    [
        (None, "09:00-20:00", "at any hour, and now between 09:00-20:00"),
        ("09:00-20:00", None, "between 09:00-20:00, and now at any hour"),
        ("09:00-20:00", "10:00-12:00", "between 09:00-20:00, and now between 10:00-12:00"),
    ],
)
def test_a_key_refuses_other_hours(
    ledger: Ledger,
    client: Client,
    broadcast: Broadcast,
    first: str | None,
    now: str | None,
    told: str,
) -> None:
    """Hours that are asked for are kept, or refused: never ignored for those of an earlier call."""
    ledger.plan(client, broadcast, key="daily-1", between=first)
    with pytest.raises(KeyReused, match=told):
        ledger.plan(client, broadcast, key="daily-1", between=now)
    ledger.plan(client, broadcast, key="daily-1", between=first)

    assert len(list(ledger.campaigns())) == 1


def test_a_refused_list_does_not_use_its_key(
    ledger: Ledger, client: Client, people: list[Recipient]
) -> None:
    """After a list that was refused, the mended one is sent with the same key."""
    bad = Broadcast(text="Dear {name}!", recipients=[*people, Recipient("+12125559999")])
    with pytest.raises(UsageError, match="lacks"):
        ledger.plan(client, bad, key="k")
    good = Broadcast(text="Dear {name}!", recipients=people)
    assert ledger.plan(client, good, key="k").state is CampaignState.OPEN


def test_a_key_outlives_its_campaign(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """After `delete` the key sends nothing again: nobody knows any more who has got it."""
    campaign = ledger.plan(client, broadcast, key="k")
    campaign.run(client)
    campaign.delete()
    with pytest.raises(KeyReused, match=f"{campaign.id}, which was removed"):
        ledger.plan(client, broadcast, key="k")
    assert provider.got() == expected(broadcast)


@pytest.mark.parametrize("key", ["", " k", "k" * 201, "a\0b", "line\nbreak", 5])
def test_what_is_no_key(ledger: Ledger, client: Client, broadcast: Broadcast, key: Any) -> None:
    """A key that a ledger cannot hold as it stands is refused."""
    with pytest.raises(UsageError, match="key"):
        ledger.plan(client, broadcast, key=key)
    assert not list(ledger.campaigns())


class Died(BaseException):
    """The planning process ends here."""


def test_a_planner_that_died_is_replaced(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that was killed while planning sent nothing: the next call plans anew."""

    def stream() -> Iterator[str]:
        yield from (f"+1312555{n:04}" for n in range(12_000))
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("polycast.campaign.ledger.forget", lambda *_, **__: None)
        patch.setattr(owning, "process", lambda pid: f"{pid} of a process that has ended")
        with pytest.raises(Died):
            ledger.plan(client, Broadcast(text="Hi", recipients=stream()), key="k")
    (half,) = ledger.campaigns()

    campaign = ledger.plan(client, broadcast, key="k")
    campaign.run(client)
    assert campaign.id != half.id
    assert list(ledger.campaigns()) == [campaign]
    assert provider.got() == expected(broadcast)


def test_a_planner_that_was_taken_for_dead_sends_nothing(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A planner that wakes up after it was replaced cannot open its campaign."""
    late: list[Any] = []

    def stream() -> Iterator[Recipient]:
        yield from broadcast.recipients
        # It has been silent for long, and another process plans the same.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("polycast.campaign.registering.dead_owners", lambda _, ids: ids)
            late.append(ledger.plan(client, broadcast, key="k"))

    with pytest.raises(UsageError, match="while its list was being read"):
        ledger.plan(client, attrs.evolve(broadcast, recipients=stream()), key="k")
    late[0].run(client)
    assert list(ledger.campaigns()) == late
    assert provider.got() == expected(broadcast)


def test_a_living_planner_is_waited_for(
    ledger: Ledger, client: Client, broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another process plans the campaign, a call with its key waits, and returns it."""
    registration: list[Registration] = []
    register = Registration.register

    def busy(self: Registration, owner: str) -> str | None:
        # Another process has the key since a moment ago.
        monkeypatch.undo()
        registration.append(self)
        first.append(ledger.plan(client, broadcast, key="k"))
        return register(self, owner)

    first: list[Any] = []
    monkeypatch.setattr(Registration, "register", busy)
    assert ledger.plan(client, broadcast, key="k") == first[0]


def test_two_processes_at_the_same_instant(url: str) -> None:
    """Two processes plan and run the same key at once: one campaign, everybody once."""
    told = race(url, rounds=3, recipients=40)
    assert (told.campaigns, told.lost, told.doubled) == (3, 0, 0)


def test_a_campaign_of_which_nothing_was_sent_frees_its_key(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A campaign that was stopped before its first call, and removed, leaves the key free."""
    campaign = ledger.plan(client, broadcast, key="k")
    campaign.control(client, Action.STOP)
    campaign.delete()
    ledger.plan(client, broadcast, key="k").run(client)
    assert provider.got() == expected(broadcast)
