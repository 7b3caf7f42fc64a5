"""A call that is refused because of some of its recipients: the refusal is theirs alone."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polycast import (
    AccountBlocked,
    Action,
    Broadcast,
    BulkReceipt,
    NotFound,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Receipt,
    Recipient,
    Rejected,
    SettingsError,
    State,
)
from polycast.campaign import BatchState, CampaignState, Ledger
from polycast.client import Client

from .conftest import FEATURES, Scripted, expected
from .test_crashing import Crash, SimulatedOutcome, ending, run_once

WHOLE = attrs.evolve(FEATURES, all_or_nothing=True)


@attrs.define(eq=False)
class Strict(Scripted):
    """Refuses a call whole when one of its recipients is bad; names them, or does not."""

    bad: frozenset[str] = frozenset()
    names: bool = True

    def take(self, broadcast: Broadcast) -> BulkReceipt:
        refused = {
            place: f"bad number {each.to}"
            for place, each in enumerate(broadcast.recipients)
            if each.to in self.bad
        }
        if refused:
            raise Rejected(
                "one of them",
                provider="scripted",
                operation="send_bulk",
                refused=refused if self.names else None,
            )
        return super().take(broadcast)


def crowd(size: int) -> list[Recipient]:
    return [
        Recipient(f"+1212555{place:04}", {"name": f"N{place}"}, reference=f"r{place}")
        for place in range(size)
    ]


def strict(bad: set[int], *, names: bool, size: int = 100, whole: bool = True) -> Strict:
    """A provider that takes so many per call, and to which these places of a crowd are bad."""
    numbers = frozenset(f"+1212555{place:04}" for place in bad)
    features = attrs.evolve(WHOLE if whole else FEATURES, bulk_limit=size)
    return Strict(features, bad=numbers, names=names)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("bad", [{99}, {0}, {3, 40, 41, 99}])
def test_only_the_refused_are_rejected(ledger: Ledger, bad: set[int], names: bool) -> None:
    """Of a hundred in one call only the bad are rejected, each with its own words, in order."""
    provider = strict(bad, names=names)
    client = Client("scripted", provider)
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(100))
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1)
    told = list(campaign.results())

    assert report.states == {"queued": 100 - len(bad), "rejected": len(bad)}
    assert (report.progress.total, report.rejected) == (100, len(bad))
    assert [each.position for each in told] == list(range(1, 101))
    for place, each in enumerate(told):
        assert (each.reference, each.state) == (
            f"r{place}", "rejected" if place in bad else "queued",
        )  # fmt: skip
        if names and place in bad:
            assert each.detail == f"bad number {each.to}"
        else:
            assert (each.detail is not None) is (place in bad)
    assert {to for to, _ in provider.got()} == {each.to for each in told if each.state == "queued"}
    assert set(provider.got().values()) == {1}
    if names:
        assert provider.calls == 2


def test_without_the_word_of_the_provider_a_refusal_is_of_all(ledger: Ledger) -> None:
    """A refusal that may have carried some of it out, and names nobody, is not divided."""
    provider = strict({5}, names=False, whole=False)
    client = Client("scripted", provider)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(100)))

    assert campaign.run(client).states == {"rejected": 100}
    assert provider.calls == 1


@pytest.mark.parametrize("names", [True, False])
def test_a_content_that_is_refused_for_everybody_costs_few_calls(
    ledger: Ledger, names: bool
) -> None:
    """A thousand who are all refused: few calls, then a pause; the rest stays planned."""
    provider = strict(set(range(1000)), names=names, size=1000)
    client = Client("scripted", provider)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(1000)))

    report = campaign.run(client, workers=1, error_threshold=10)

    assert provider.calls <= 10 * 2 + math.ceil(math.log2(1000))
    if names:
        assert report.states == {"rejected": 1000}
    else:
        assert report.states == {"rejected": 10, "planned": 990}
        assert report.state is CampaignState.PAUSED
        assert "one of them" in (report.detail or "")


@pytest.mark.parametrize("bad", [{0, 5}, {3, 7}, {8, 9}])
def test_the_report_keeps_the_order_of_the_list(ledger: Ledger, bad: set[int]) -> None:
    """Those who were refused stand in the report where they stand in the list."""
    client = Client("scripted", strict(bad, names=True, size=10))
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(10)))

    campaign.run(client, workers=1)

    assert [each.to for each in campaign.results()] == [each.to for each in crowd(10)]


def test_a_place_that_the_call_does_not_have_is_nobody_s(ledger: Ledger) -> None:
    """A refusal that counts beyond the call's recipients, or before them, rejects those it has."""
    provider = Scripted(WHOLE)
    client = Client("scripted", provider)
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(10))

    def refuse(_: Broadcast) -> None:
        raise Rejected("no", provider="scripted", refused={-1: "?", 3: "bad", 10: "?"})

    provider.deeds.append(refuse)
    report = ledger.plan(client, broadcast).run(client, workers=1)

    assert report.states == {"queued": 9, "rejected": 1}
    assert set(provider.got()) == {
        each for each in expected(broadcast) if each[0] != "+12125550003"
    }
    assert set(provider.got().values()) == {1}


@pytest.mark.parametrize("names", [True, False])
def test_those_left_of_a_refused_call_are_not_sent_to_after_a_stop(
    ledger: Ledger, names: bool
) -> None:
    """A stop while a call is under way that is then refused: nobody of it is tried again."""
    provider = strict({3}, names=names, size=10)
    client = Client("scripted", provider)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(10)))

    def stop(_: Broadcast) -> None:
        campaign.control(client, Action.STOP)

    provider.deeds.append(stop)
    report = campaign.run(client, workers=1)

    rejected = {"rejected": 1} if names else {}
    assert report.states == {**rejected, "cancelled": 10 - len(rejected)}
    assert (provider.calls, provider.taken) == (1, [])


def test_bad_numbers_in_every_batch_pause_nothing(ledger: Ledger) -> None:
    """A refusal that names somebody in each of many batches is no failure of the campaign."""
    provider = strict(set(range(0, 300, 10)), names=True, size=10)
    client = Client("scripted", provider)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(300)))

    report = campaign.run(client, error_threshold=5)

    assert report.state is CampaignState.DONE
    assert report.states == {"queued": 270, "rejected": 30}


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bad=st.sets(st.integers(0, 29), max_size=8),
    names=st.booleans(),
    size=st.integers(1, 12),
    workers=st.integers(1, 3),
)
def test_whoever_is_refused_costs_no_other(
    tmp_path_factory: pytest.TempPathFactory, bad: set[int], names: bool, size: int, workers: int
) -> None:
    """For any list: the good are sent to once, the bad rejected, in the ledger and without one."""
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(30))
    good = {each.to for place, each in enumerate(crowd(30)) if place not in bad}
    provider = strict(bad, names=names, size=size)
    client = Client("scripted", provider)
    with Ledger.open(tmp_path_factory.mktemp("any") / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, broadcast)
        campaign.run(client, workers=workers, error_threshold=None)
        told = [(each.to, each.state) for each in campaign.results()]
    assert told == [(each.to, "queued" if each.to in good else "rejected") for each in crowd(30)]
    assert provider.got() == {each: 1 for each in expected(broadcast) if each[0] in good}

    provider = strict(bad, names=names, size=size)
    sent = Client("scripted", provider).send_bulk(broadcast, workers=workers, error_threshold=None)
    assert [(each.to, str(each.state)) for each in sent.receipts] == told
    assert sum(batch.size for batch in sent.batches) == 30
    assert {to for to, _ in provider.got()} == good


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("written", [False, True])
def test_a_crash_at_any_commit_of_a_division(tmp_path: Path, names: bool, written: bool) -> None:
    """Ended before or after any commit, and continued: nobody lost, doubled or wrongly refused."""
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(12))
    at, crashed = 1, True
    while crashed:
        url = str(tmp_path / f"{at}.sqlite")
        provider = strict({3, 7}, names=names, size=6)
        client = Client("scripted", provider)
        with Ledger.open(url) as ledger:
            campaign = ledger.plan(client, broadcast).id
        crashed = False
        try:
            with ending(SimulatedOutcome(at, written)):
                run_once(url, campaign, client)
        except Crash:
            crashed = True
        report = run_once(url, campaign, client)
        with Ledger.open(url) as ledger:
            told = [each.state for each in ledger.campaign(campaign).results()]
        assert report.in_doubt == 0
        assert told == ["rejected" if place in (3, 7) else "queued" for place in range(12)]
        assert set(provider.got().values()) == {1}
        at += 1
    assert at > 8


# The same without a ledger.


@pytest.mark.parametrize("names", [True, False])
def test_one_bad_number_of_a_hundred_without_a_ledger(names: bool) -> None:
    """`send_bulk` tells of each recipient by themselves, also where it takes one call."""
    provider = strict({99}, names=names)

    sent = Client("scripted", provider).send_bulk(Broadcast(text="Hi", recipients=crowd(100)))

    assert Counter(each.state for each in sent.receipts) == {State.QUEUED: 99, State.REJECTED: 1}
    assert [each.reference for each in sent.receipts] == [f"r{place}" for place in range(100)]
    last = sent.receipts[99]
    assert last.state is State.REJECTED
    assert last.detail is not None
    assert last.detail.endswith(f"bad number {last.to}" if names else "one of them")
    [refused] = [batch for batch in sent.batches if batch.state is State.REJECTED]
    assert refused.size == 1
    assert isinstance(refused.error, Rejected)


def test_a_content_refused_for_everybody_raises_without_a_ledger() -> None:
    """When nobody could be sent to, the refusal itself is raised, after few calls."""
    provider = strict(set(range(1000)), names=False, size=1000)

    with pytest.raises(Rejected, match="one of them"):
        Client("scripted", provider).send_bulk(Broadcast(text="Hi", recipients=crowd(1000)))

    assert provider.calls <= 30


# What is no refusal of anybody.


def failing(error: Callable[[], PolycastError]) -> Callable[[Broadcast], None]:
    def deed(_: Broadcast) -> None:
        raise error()

    return deed


@pytest.mark.parametrize(
    "error",
    [
        lambda: AccountBlocked("currently suspended", provider="scripted"),
        lambda: ProviderUnavailable("the proxy refuses", provider="scripted", carried_out=False),
        lambda: SettingsError("the bundle of certificates cannot be read"),
        lambda: NotFound("an HTML page", provider="scripted", http_status=404),
    ],
)
def test_an_account_condition_pauses_at_once_and_rejects_nobody(
    ledger: Ledger, error: Callable[[], PolycastError]
) -> None:
    """1,500 through a suspended account: it pauses; once unsuspended, all of them are sent."""
    provider = Scripted(attrs.evolve(WHOLE, bulk_limit=100))
    provider.deeds += [failing(error)] * 4
    client = Client("scripted", provider)
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(1500))
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client)

    assert provider.calls <= 4
    assert report.state is CampaignState.PAUSED
    assert report.states == {"planned": 1500}
    provider.deeds.clear()
    assert campaign.run(client, reopen=True).states == {"queued": 1500}
    assert provider.got() == expected(broadcast)


@pytest.mark.parametrize(
    "error",
    [
        lambda: ProviderError("code 4711", provider="scripted", code=4711),
        lambda: RateLimited("Time limit", provider="scripted", safe_to_retry=False),
    ],
)
def test_an_unknown_error_after_a_send_is_doubt(
    ledger: Ledger, error: Callable[[], PolycastError]
) -> None:
    """What the provider's page does not list may have been carried out: nobody is rejected."""
    provider = Scripted(attrs.evolve(WHOLE, lookup=False))
    provider.deeds.append(failing(error))
    client = Client("scripted", provider)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=crowd(10)))

    report = campaign.run(client)

    assert (report.in_doubt, report.rejected, provider.calls) == (10, 0, 1)


# Again, on the operator's word.


def test_the_rejected_are_sent_to_again_on_the_operators_word(ledger: Ledger) -> None:
    """`retry_rejected` reaches those refused by a call and within one, and nobody else twice."""
    provider = strict({2}, names=True, size=5)
    client = Client("scripted", provider)
    broadcast = Broadcast(text="Dear {name}!", recipients=crowd(10))

    def partly(batch: Broadcast) -> BulkReceipt:
        refused = tuple(batch.recipients)[1]
        others = [each for each in batch.recipients if each != refused]
        answer = Scripted.take(provider, attrs.evolve(batch, recipients=others))
        receipts = list(answer.receipts)
        receipts.insert(1, Receipt(None, State.REJECTED, refused.to, refused.reference, "barred"))
        return attrs.evolve(answer, receipts=tuple(receipts))

    provider.deeds += [lambda batch: provider.take(batch), lambda batch: None, partly]
    campaign = ledger.plan(client, broadcast)
    assert campaign.run(client, workers=1).states == {"queued": 8, "rejected": 2}
    assert campaign.run(client).states == {"queued": 8, "rejected": 2}
    provider.bad = frozenset()

    report = campaign.run(client, retry_rejected=True)

    assert report.states == {"queued": 10}
    assert provider.got() == expected(broadcast)
    assert [each.position for each in campaign.results()] == list(range(1, 11))
    assert report.progress.recipients[BatchState.ACCEPTED] == 10


@pytest.mark.parametrize("written", [False, True])
def test_a_crash_while_the_rejected_are_planned_again(tmp_path: Path, written: bool) -> None:
    """Ended before or after any commit, everybody is still in one batch, and sent to once."""
    at, crashed = 1, True
    while crashed:
        url = str(tmp_path / f"{at}.sqlite")
        provider = strict({1, 4}, names=True, size=3)
        client = Client("scripted", provider)
        broadcast = Broadcast(text="Dear {name}!", recipients=crowd(6))
        with Ledger.open(url) as ledger:
            campaign = ledger.plan(client, broadcast).id
        run_once(url, campaign, client)
        provider.bad = frozenset()
        crashed = False
        try:
            with ending(SimulatedOutcome(at, written)):
                run_once(url, campaign, client, retry_rejected=True)
        except Crash:
            crashed = True
        run_once(url, campaign, client, retry_rejected=True)
        assert provider.got() == expected(broadcast)
        at += 1
