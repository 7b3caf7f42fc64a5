"""One rate for all who run campaigns of an account on one ledger."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from polycast import (
    Broadcast,
    Limiter,
    Personalisation,
    RateLimited,
    Recipient,
)
from polycast.campaign import CampaignState, Ledger
from polycast.campaign import rate_limiter as accounts
from polycast.campaign.control import set_state
from polycast.campaign.rate_limiter import SharedRateLimiter
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.sending.rate_limiter import Rate

from .conftest import FEATURES, Scripted, expected


@attrs.define
class Hands:
    """The clock of this machine, which stands still but for what the engine waits."""

    now: float = 1_000.0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def time(self) -> float:
        return self.now

    def wait(self, over: threading.Event, seconds: float) -> None:
        with self._lock:
            if not over.is_set():
                self.now += seconds
        # Whoever never pauses between two transactions lets nobody else at an SQLite file: that
        # is no way to wait, and two runs that do it starve each other under load.
        time.sleep(0.005)

    @property
    def waited(self) -> float:
        return self.now - 1_000.0


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    monkeypatch.setattr(accounts, "time", made)
    monkeypatch.setattr("polycast.sending.dispatcher.wait", made.wait)
    return made


@pytest.fixture
def stores(url: str) -> Iterator[tuple[Store, Store]]:
    """One ledger, opened by two processes."""
    one, other = Store(url), Store(url)
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A ledger whose clock is this machine's."""
    return str(tmp_path / "ledger.sqlite")


def delay(account: SharedRateLimiter, messages: int) -> float:
    with account.store.write() as connection:
        return account.delay(connection, messages)


def hold(account: SharedRateLimiter, seconds: float | None) -> float:
    with account.store.write() as connection:
        return account.hold(connection, seconds)


def test_two_processes_share_a_rate(stores: tuple[Store, Store]) -> None:
    """What one process sends is not left for the other; another account is another matter."""
    one, other = (SharedRateLimiter(store, "acme office", Rate(0.01)) for store in stores)
    home = SharedRateLimiter(stores[0], "acme home", Rate(0.01))
    for account in (one, other, home):
        account.begin()

    assert delay(one, 1) == 0
    assert 50 < delay(other, 1) <= 100
    assert delay(home, 1) == 0


def test_who_names_no_rate_is_only_held_back(stores: tuple[Store, Store]) -> None:
    """Without a rate nobody waits for the others, until the provider asks for it."""
    one, other = (SharedRateLimiter(store, "acme", None) for store in stores)
    one.begin()
    other.begin()

    assert [delay(one, 1_000), delay(other, 1_000)] == [0, 0]
    assert hold(one, 60.0) == 0
    assert 50 < delay(other, 1) <= 60


def test_only_the_operator_ends_a_hold(stores: tuple[Store, Store]) -> None:
    """A run that starts meanwhile waits with the others, unless the operator says to try again."""
    one, other = (SharedRateLimiter(store, "acme", None) for store in stores)
    one.begin()
    hold(one, 1e7)

    other.begin()
    assert delay(other, 1) > 9e6

    other.begin(forget_holds=True)
    assert delay(other, 1) == 0


def test_patience_is_counted_over_all_processes(path: str, hands: Hands) -> None:
    """A 429 after a 429 of another process goes on with its count; a success ends it."""
    store = Store(path)
    one, other = (SharedRateLimiter(store, "acme", None) for _ in range(2))
    one.begin()
    other.begin()

    assert hold(one, None) == 0
    assert delay(other, 1) == 1
    hands.now += 1
    assert hold(other, None) == 1
    assert delay(one, 1) == 2
    hands.now += 2
    with store.write() as connection:
        one.went_through(connection)
    assert hold(other, None) == 0
    store.close()


def test_a_clock_that_is_set_back_makes_nobody_wait(path: str, hands: Hands) -> None:
    """What is left of a wait stays the same when the clock jumps by an hour."""
    store = Store(path)
    account = SharedRateLimiter(store, "acme", Rate(1.0))
    account.begin()
    assert delay(account, 5) == 0

    hands.now -= 3600

    assert delay(account, 1) == pytest.approx(5.0)
    store.close()


def test_two_campaigns_at_once_keep_to_one_rate(path: str, hands: Hands) -> None:
    """Two runs of one account, each with its own ledger handle, take as long as one after another.

    Seventy people at ten a second: ten leave at once, the rest takes six seconds.
    """
    provider = Scripted(FEATURES)
    people = [Recipient(f"+1212555{n:04}", {"name": str(n)}) for n in range(35)]
    broadcast = Broadcast(text="Dear {name}!", recipients=people)

    def run() -> None:
        with Ledger.open(path) as ledger:
            client = Client("scripted", provider)
            ledger.plan(client, broadcast).run(client, workers=2, rate="10/s")

    with ThreadPoolExecutor(2) as both:
        # What ends one of them is told here.
        for each in [both.submit(run), both.submit(run)]:
            each.result()

    assert set(provider.got().values()) == {2}
    # Somebody may wait in vain while somebody else is served: never too short, at least.
    assert hands.waited >= 6.0 - 0.001


def test_what_another_process_was_asked_for_holds(path: str, hands: Hands) -> None:
    """A campaign that is asked to wait a second waits forty, where another one was asked for it."""
    provider = Scripted(FEATURES)
    client = Client("scripted", provider)
    moments: list[float] = []

    def turned_away(_: Broadcast) -> None:
        store = Store(path)
        hold(SharedRateLimiter(store, "scripted scripted", None), 40.0)
        store.close()
        raise RateLimited("no", provider="scripted", retry_after=1.0)

    provider.deeds += [turned_away, lambda _: moments.append(hands.now)]
    with Ledger.open(path) as ledger:
        ledger.plan(client, Broadcast(text="Hi", recipients=["+12125550000"])).run(client)

    assert moments == [1_040.0]


def test_a_campaign_that_waits_can_be_paused(
    path: str, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked to wait for ten minutes, it looks again and again whether somebody has paused it."""
    provider = Scripted(FEATURES)
    client = Client("scripted", provider)

    def turned_away(_: Broadcast) -> None:
        raise RateLimited("no", provider="scripted", retry_after=600.0)

    def meanwhile(over: threading.Event, seconds: float) -> None:
        set_state(store, campaign.id, CampaignState.PAUSED)
        hands.wait(over, seconds)

    monkeypatch.setattr("polycast.sending.dispatcher.wait", meanwhile)

    provider.deeds.append(turned_away)
    store = Store(path)
    with Ledger.open(path) as ledger:
        campaign = ledger.plan(client, Broadcast(text="Hi", recipients=["+12125550000"]))
        report = campaign.run(client, workers=1)
    store.close()

    assert report.state is CampaignState.PAUSED
    assert 0 < hands.waited < 10


def test_a_call_costs_what_it_holds(path: str, hands: Hands) -> None:
    """Where each text is a call of its own, the rate counts its one message, not a whole batch."""
    provider = Scripted(attrs.evolve(FEATURES, personalisation=Personalisation.NONE))
    client = Client("scripted", provider)
    people = [Recipient(f"+1212555{n:04}", {"name": str(n)}) for n in range(25)]
    broadcast = Broadcast(text="Dear {name}!", recipients=people)
    with Ledger.open(path) as ledger:
        ledger.plan(client, broadcast).run(client, workers=1, rate="5/s")

    assert provider.got() == expected(broadcast)
    assert hands.waited == pytest.approx((25 - 1) / 5)


def test_a_limiter_is_asked_instead(ledger: Ledger, hands: Hands) -> None:
    """Who gives a limiter shares that one, with whatever else has it."""
    provider = Scripted(FEATURES)
    client = Client("scripted", provider)
    limiter = Limiter("1 calls/h", clock=hands.time)
    assert limiter.delay(1) == 0
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=["+12125550000"]))

    report = campaign.run(client, rate=limiter)

    assert report.state is CampaignState.DONE
    assert hands.waited == pytest.approx(3600)
