"""What nobody knows: how often it is asked about, and when it may be sent again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    State,
    hookimpl,
)
from polycast.campaign import BatchState, Ledger, batches, schema
from polycast.campaign.batch_builder import Claim
from polycast.campaign.batches import claim, put_back
from polycast.campaign.leases import Lease
from polycast.campaign.queue import SqlQueue
from polycast.campaign.rate_limiter import LocalRateLimiter
from polycast.campaign.store import ConnectionCut, Store
from polycast.client import Client
from polycast.sending.queue import Part
from polycast.sending.rate_limiter import Limiter
from sqlalchemy import Connection, select

from .conftest import FEATURES, Scripted

HELLO = Broadcast(text="Hi", recipients=["+12125550000"])


def lost(**facts: Any) -> Callable[[Broadcast], None]:
    """Return a deed that loses the reply to what never arrived."""

    def deed(_: Broadcast) -> None:
        raise OutcomeUnknown("no reply", provider="scripted", **facts)

    return deed


@attrs.define(eq=False)
class Asked(Scripted):
    """Remembers what it was asked; lists what it has only after some questions."""

    lag: int = 0
    about: list[tuple[str | None, datetime]] = attrs.Factory(list)
    meanwhile: Callable[[], None] | None = None

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        self.about.append((broadcast.name, since))
        if self.meanwhile is not None:
            self.meanwhile()
        if len(self.about) <= self.lag or broadcast not in self.taken:
            return None
        return BulkReceipt(f"job:{self.taken.index(broadcast) + 1}", State.QUEUED, ())

    def take_and_lose(self, broadcast: Broadcast) -> None:
        self.take(broadcast)
        raise OutcomeUnknown("no reply", provider="scripted")


@pytest.fixture
def asked() -> Asked:
    return Asked(FEATURES)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the engine waits for; it does not really wait."""
    found: list[float] = []
    monkeypatch.setattr(
        "polycast.sending.dispatcher.wait", lambda _, seconds: found.append(seconds)
    )
    return found


def test_a_list_that_lags_is_looked_into_twice(
    ledger: Ledger, asked: Asked, waits: list[float]
) -> None:
    """Not listed at first, listed after `settle` seconds more: it arrived, and is sent once."""
    asked.lag = 1
    asked.deeds.append(asked.take_and_lose)
    client = Client("scripted", asked)

    report = ledger.plan(client, HELLO).run(client, in_flight_grace=30.0)

    assert report.states == {"queued": 1}
    assert asked.calls == 1
    assert waits[-1] == 30.0


def test_a_batch_is_sent_again_once_in_a_run(ledger: Ledger, asked: Asked) -> None:
    """Lost again and again, and never listed: two calls in one run, then it stays in doubt."""
    asked.deeds += [lost()] * 20
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)

    assert campaign.run(client, in_flight_grace=0.0).in_doubt == 1
    assert asked.calls == 2
    assert campaign.run(client, in_flight_grace=0.0).in_doubt == 1
    assert asked.calls == 3


def test_the_operators_word_is_the_one_time_of_its_run(ledger: Ledger, asked: Asked) -> None:
    """What was sent again on the operator's word, and lost again, is not sent once more."""

    def unsure_at_first() -> None:
        if asked.calls < 2:
            raise OutcomeUnknown("who knows?", provider="scripted")

    asked.deeds += [lost()] * 20
    asked.meanwhile = unsure_at_first
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)
    campaign.run(client, in_flight_grace=0.0)

    report = campaign.run(client, in_flight_grace=0.0, resend_in_doubt=True)

    assert asked.calls == 2
    assert report.in_doubt == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"http_status": 200},
        {"http_status": 201},
        {"http_status": 204},
        # Of an answer that names nothing, or says both, a plugin knows the body alone.
        {"raw": {"id": ""}},
        {"http_status": 429, "raw": {"id": 7}},
    ],
)
def test_an_answer_that_said_yes_is_not_undone_by_an_empty_list(
    url: str, asked: Asked, facts: dict[str, Any]
) -> None:
    """A 2xx that cannot be read may be listed late: it is held, also in the runs that follow.

    So is what any other answer leaves unknown: only a lost reply is undone by a list.
    """
    asked.deeds.append(lost(**facts))
    client = Client("scripted", asked)
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(client, HELLO)
        campaign.run(client, in_flight_grace=0.0)
    with Ledger.open(url) as ledger:
        report = ledger.campaign(campaign.id).run(client, in_flight_grace=0.0)

    assert report.in_doubt == 1
    assert "answered that it took it" in next(iter(report.problems))
    assert asked.calls == 1

    with Ledger.open(url) as ledger:
        again = ledger.campaign(campaign.id).run(client, in_flight_grace=0.0, resend_in_doubt=True)
    assert again.states == {"queued": 1}


@pytest.mark.parametrize("status", [None, 300, 502])
def test_a_failure_that_said_nothing_is_looked_up(
    ledger: Ledger, asked: Asked, status: int | None
) -> None:
    """A reply that was lost without a word, or with no 2xx, is undone by a list without it."""
    asked.deeds.append(lost(http_status=status))
    client = Client("scripted", asked)

    assert ledger.plan(client, HELLO).run(client, in_flight_grace=0.0).states == {"queued": 1}
    assert asked.calls == 2


@pytest.mark.parametrize("candidates", [None, []])
@pytest.mark.parametrize(
    ("words", "told"),
    [("who knows?", "who knows?"), ("", "Nobody knows whether scripted carried out lookup.")],
)
def test_who_is_unsure_and_names_nothing_proves_nothing(
    ledger: Ledger, asked: Asked, candidates: list[str] | None, words: str, told: str
) -> None:
    """A provider that cannot tell, and not even name what it may be, leaves the batch in doubt.

    The operator reads its words, or that there are none.
    """

    def unsure() -> None:
        raise OutcomeUnknown(words, provider="scripted", candidates=candidates)

    asked.deeds.append(lost())
    asked.meanwhile = unsure
    client = Client("scripted", asked)

    report = ledger.plan(client, HELLO).run(client, in_flight_grace=0.0)

    assert report.in_doubt == 1
    [problem] = report.problems
    assert problem.startswith(told)
    assert asked.calls == 1


def test_one_answer_for_two_batches_in_doubt_settles_neither(
    ledger: Ledger, provider: Scripted, client: Client, broadcast: Broadcast
) -> None:
    """Where two were lost and the provider names one thing for both, nobody is taken for sent."""

    def arrived(batch: Broadcast) -> None:
        provider.take(batch)
        raise OutcomeUnknown("no reply", provider="scripted")

    provider.deeds += [arrived, lost()]
    provider.confused = True
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1, in_flight_grace=0.0)

    assert report.in_doubt == 20
    assert "another batch in doubt" in next(iter(report.problems))
    assert provider.calls == 4


def test_what_another_process_sends_meanwhile_is_not_planned_again(
    url: str, ledger: Ledger, asked: Asked
) -> None:
    """While one process asks, another sends the batch again: the late answer changes nothing."""
    store = Store(url)
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)
    script = campaign.builder(client.features)

    with Lease(store) as other:

        def meanwhile() -> None:
            asked.meanwhile = None
            with store.write() as connection:
                put_back(connection, campaign.id, 1)
                assert isinstance(claim(connection, script, other.id, lambda _: 0.0), Claim)

        asked.deeds.append(lost())
        asked.meanwhile = meanwhile
        report = campaign.run(client, in_flight_grace=0.0)

    assert report.progress.batches[BatchState.SUBMITTING] == 1
    assert asked.calls == 1
    store.close()


def test_a_doubt_that_is_new_by_the_time_of_the_answer_stays(
    url: str, ledger: Ledger, asked: Asked
) -> None:
    """Sent again by another process, and lost again, while one asks: its answer is of before."""
    store = Store(url)
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)

    def meanwhile() -> None:
        asked.meanwhile = None
        with store.write() as connection:
            connection.execute(
                schema.batches.update().values(
                    submitted_at=datetime.now(UTC) - timedelta(seconds=1)
                )
            )

    asked.deeds.append(lost())
    asked.meanwhile = meanwhile
    campaign.run(client, in_flight_grace=0.0)

    assert asked.calls == 1
    store.close()


def test_the_doubts_of_another_campaign_are_not_asked_about(
    ledger: Ledger, asked: Asked, broadcast: Broadcast
) -> None:
    """Two campaigns have batches of the same number: each settles its own, and no other's."""
    client = Client("scripted", asked)
    blind = Client("scripted", Scripted(attrs.evolve(FEATURES, lookup=False), deeds=[lost()]))
    ledger.plan(blind, broadcast).run(blind, workers=1)

    def refused(_: Broadcast) -> None:
        raise Rejected("no", provider="scripted")

    asked.deeds += [refused, asked.take_and_lose]
    campaign = ledger.plan(client, broadcast)
    campaign.run(client, workers=1, in_flight_grace=0.0)

    assert {name for name, _ in asked.about} == {f"({campaign.id}-2)"}


def test_the_end_of_one_attempt_is_not_that_of_the_next(
    url: str, ledger: Ledger, client: Client, broadcast: Broadcast
) -> None:
    """What is written twice, because a connection was cut, is about the attempt that it was of."""
    campaign = ledger.plan(client, broadcast)
    store = Store(url)
    error = Rejected("no", provider="scripted", refused={0: "bad"})
    queue = SqlQueue(store, campaign.builder(client.features), "me", LocalRateLimiter(Limiter()))
    first = queue.claim()
    assert isinstance(first, Claim)
    queue.release(first, error)
    second = queue.claim()
    assert isinstance(second, Claim)
    assert second.number == first.number

    queue.release(first, error)
    queue.reject(first, error)
    queue.doubt(first, error)
    queue.divide(first, [Part([0], error), Part(range(1, 10))])

    assert campaign.progress().batches[BatchState.SUBMITTING] == 1
    assert sum(campaign.progress().batches.values()) == 4
    with store.read() as connection:
        assert not connection.execute(select(schema.outcomes)).all()
    store.close()


@pytest.mark.parametrize("written", [True, False])
def test_a_claim_that_may_have_been_written_is_made_once(
    url: str,
    ledger: Ledger,
    client: Client,
    broadcast: Broadcast,
    written: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The connection is cut while a claim is written: one batch is claimed, written or not."""
    campaign = ledger.plan(client, broadcast)
    store = Store(url)
    queue = SqlQueue(store, campaign.builder(client.features), "me", LocalRateLimiter(Limiter()))
    write = store.write
    cuts = [True]

    @contextmanager
    def cut_once() -> Iterator[Connection]:
        with write() as connection:
            yield connection
            if cuts and not written:
                cuts.clear()
                raise ConnectionCut("cut")
        if cuts:
            cuts.clear()
            raise ConnectionCut("cut")

    monkeypatch.setattr(store, "write", cut_once)
    batch = queue.claim()

    assert isinstance(batch, Claim)
    assert batch.number == 1
    assert campaign.progress().batches[BatchState.SUBMITTING] == 1
    queue.accept(batch, BulkReceipt("job:1", State.QUEUED, ()), claim_next=False)
    assert campaign.progress().batches[BatchState.ACCEPTED] == 1
    store.close()


def test_a_late_answer_replaces_what_was_noted_of_its_batch(
    url: str, ledger: Ledger, client: Client, broadcast: Broadcast
) -> None:
    """An answer that comes late is a fact: what was noted since goes, of this batch alone."""
    campaign = ledger.plan(client, broadcast)
    store = Store(url)
    error = Rejected("no", provider="scripted", refused={0: "bad"})
    queue = SqlQueue(store, campaign.builder(client.features), "me", LocalRateLimiter(Limiter()))
    first, second = queue.claim(), queue.claim()
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    queue.reject(first, error)
    queue.reject(second, error)

    queue.accept(first, BulkReceipt("job:1", State.QUEUED, ()), claim_next=False)

    with store.read() as connection:
        noted = connection.scalars(select(schema.outcomes.c.number)).all()
    assert noted == [second.number]
    assert campaign.progress().batches[BatchState.ACCEPTED] == 1
    store.close()


def test_an_accepted_batch_starts_the_providers_patience_afresh(
    url: str, ledger: Ledger, client: Client, broadcast: Broadcast
) -> None:
    """Refused for haste, accepted, and refused again: the second wait is no longer."""
    campaign = ledger.plan(client, broadcast)
    store = Store(url)
    now = 0.0
    turns = LocalRateLimiter(Limiter(clock=lambda: now))
    queue = SqlQueue(store, campaign.builder(client.features), "me", turns)
    waits = []
    for _ in range(2):
        hasty = queue.claim()
        assert isinstance(hasty, Claim)
        queue.postpone(hasty, RateLimited("slower", provider="scripted"))
        wait = queue.claim()
        assert isinstance(wait, float)
        waits.append(wait)
        now += wait
        batch = queue.claim()
        assert isinstance(batch, Claim)
        queue.accept(batch, BulkReceipt("job:1", State.QUEUED, ()), claim_next=False)

    assert waits[0] == waits[1]
    store.close()


def test_progress_is_told_before_a_doubt_is_waited_for(
    ledger: Ledger, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks on sees that a batch is in doubt, and not half a minute of nothing."""
    told: list[int] = []
    before: list[list[int]] = []
    monkeypatch.setattr("polycast.sending.dispatcher.wait", lambda *_: before.append(list(told)))
    asked.deeds.append(asked.take_and_lose)
    client = Client("scripted", asked)

    ledger.plan(client, HELLO).run(
        client,
        in_flight_grace=30.0,
        on_progress=lambda progress: told.append(progress.batches[BatchState.IN_DOUBT]),
    )

    assert before[0][-1:] == [1]


# Clocks.


def test_what_left_long_ago_is_asked_about_at_once(
    url: str, ledger: Ledger, asked: Asked, waits: list[float]
) -> None:
    """A request that cannot be on its way any more makes nobody wait, and is not sent again."""
    asked.deeds.append(asked.take_and_lose)
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)
    blind = Client("scripted", attrs.evolve(asked, features=attrs.evolve(FEATURES, lookup=False)))
    campaign.run(blind, in_flight_grace=0.0)
    store = Store(url)
    with store.write() as connection:
        connection.execute(
            schema.batches.update().values(submitted_at=datetime.now(UTC) - timedelta(hours=1))
        )
    store.close()
    waits.clear()

    report = campaign.run(client, in_flight_grace=30.0)

    assert report.states == {"queued": 1}
    assert not any(waits)


@pytest.mark.parametrize("back", [timedelta(seconds=90), timedelta(days=1)])
def test_a_clock_set_back_makes_nobody_wait_for_the_jump(
    url: str, ledger: Ledger, asked: Asked, waits: list[float], back: timedelta
) -> None:
    """What seems to have left in the future is waited for `settle` at most, and stays in doubt."""
    client = Client("scripted", asked)
    campaign = ledger.plan(client, HELLO)
    store = Store(url)
    with store.write() as connection:
        connection.execute(
            schema.batches.update().values(
                state=BatchState.IN_DOUBT, submitted_at=datetime.now(UTC) + back
            )
        )
    store.close()

    report = campaign.run(client, in_flight_grace=30.0)

    assert waits == [30.0]
    assert report.in_doubt == 1
    assert "clock" in next(iter(report.problems))
    assert not asked.calls


def test_a_clock_set_back_within_a_run_is_seen_through(
    tmp_path: Path, asked: Asked, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that sent it knows how long ago that was, whatever the clock says by now."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=1)

    monkeypatch.setattr(batches, "datetime", Ahead)
    asked.deeds.append(asked.take_and_lose)
    client = Client("scripted", asked)
    begun = datetime.now(UTC)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        report = ledger.plan(client, HELLO).run(client, in_flight_grace=30.0)

    assert report.states == {"queued": 1}
    assert all(0.0 <= seconds <= 30.0 for seconds in waits)
    minute = timedelta(minutes=1)
    assert all(begun - minute < since < datetime.now(UTC) for _, since in asked.about)
