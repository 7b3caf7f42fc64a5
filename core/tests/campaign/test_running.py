"""A campaign that nothing ends early, and what a provider may answer on the way."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from polycast import (
    AuthenticationFailed,
    Broadcast,
    BulkReceipt,
    InsufficientFunds,
    LedgerError,
    OutcomeUnknown,
    Personalisation,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
    Receipt,
    Recipient,
    Rejected,
    Report,
    State,
    Status,
    UsageError,
)
from polycast.campaign import BatchState, CampaignState, Ledger, Progress, schema
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.plugins.caller import HookCaller, Prepared
from polycast.wrappers import SuppressionList

from .conftest import FEATURES, Note, Scripted, expected


def failing(error: Callable[..., PolycastError], **facts: object) -> Callable[[Broadcast], None]:
    """Return a deed that raises an error."""

    def deed(_: Broadcast) -> None:
        raise error("no", provider="scripted", operation="send_bulk", **facts)

    return deed


def test_everybody_gets_their_text_once(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A campaign sends every recipient their own text, once, in batches within the limit."""
    report = ledger.plan(client, broadcast).run(client)

    assert provider.got() == expected(broadcast)
    assert [len(tuple(each.recipients)) for each in provider.taken].count(10) == 3
    assert report.state is CampaignState.DONE
    assert report.states == {"queued": 35}
    assert report.progress.total == report.progress.settled == 35


def test_planning_reads_a_stream_once_and_sends_nothing(
    ledger: Ledger, client: Client, provider: Scripted, people: list[Recipient]
) -> None:
    """Recipients may be a stream; planning reads it and leaves everything unsent."""
    campaign = ledger.plan(client, Broadcast(text="Dear {name}!", recipients=iter(people)))

    assert provider.calls == 0
    assert campaign.progress().recipients[BatchState.PLANNED] == 35
    assert campaign.state is CampaignState.OPEN


def test_one_text_per_call_where_a_provider_takes_no_more(
    ledger: Ledger, people: list[Recipient]
) -> None:
    """Where a call takes one text, people are grouped by what they read, braces and all."""
    provider = Scripted(attrs.evolve(FEATURES, personalisation=Personalisation.NONE))
    client = Client("scripted", provider)
    named = [
        attrs.evolve(each, variables={"name": "{" + "ab"[place % 2] + "}"})
        for place, each in enumerate(people)
    ]
    named[0] = attrs.evolve(named[0], text="Only for you")
    broadcast = Broadcast(text="Dear {name}!", recipients=named)

    ledger.plan(client, broadcast).run(client)

    assert provider.got() == expected(broadcast)
    assert len(provider.taken) == 5
    assert all(each.text is None for taken in provider.taken for each in taken.recipients)


@pytest.mark.parametrize("kind", list(Personalisation))
def test_who_is_reached_alone_has_a_batch_of_their_own(
    ledger: Ledger, kind: Personalisation
) -> None:
    """Kinds of address that take a call each get it, and the others share theirs."""
    provider = Scripted(
        attrs.evolve(FEATURES, exclusive_schemes=("contact",), personalisation=kind)
    )
    client = Client("scripted", provider)
    people = ["+12125550001", "contact:1", "+12125550002", "contact:2", "contact:1"]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))

    report = campaign.run(client)

    calls = {tuple(each.to for each in taken.recipients) for taken in provider.taken}
    assert calls == {("+12125550001", "+12125550002"), ("contact:1",), ("contact:2",)}
    assert report.dropped == {"duplicate": 1}


def test_who_would_get_the_same_twice_gets_it_once(
    ledger: Ledger, client: Client, provider: Scripted
) -> None:
    """Same address and same text is a duplicate, told with its place; another text is not."""
    first = Recipient("+12125550001", {"name": "Ann"})
    other = Recipient("+12125550001", {"name": "Bob"})
    campaign = ledger.plan(
        client, Broadcast(text="Dear {name}!", recipients=[first, other, first, first])
    )

    report = campaign.run(client)

    assert report.dropped == {"duplicate": 2}
    assert [each.position for each in campaign.dropped()] == [3, 4]
    assert len(provider.got()) == 2
    assert set(provider.got().values()) == {1}


def test_suppressed_addresses_are_left_out(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Nobody on the suppression list is sent to, and each of them is reported."""
    campaign = ledger.plan(client, broadcast, suppressed={"+12125550007"})

    campaign.run(client)

    assert "+12125550007" not in {to for to, _ in provider.got()}
    assert [(each.to, each.kind) for each in campaign.dropped()] == [("+12125550007", "suppressed")]


def test_whoever_a_wrapper_suppresses_is_left_out(
    ledger: Ledger, provider: Scripted, broadcast: Broadcast
) -> None:
    """A suppression list around the account holds for its campaigns, and each is reported."""
    wrapped = Client("scripted", provider, wrappers=[SuppressionList(addresses=["+12125550007"])])
    campaign = ledger.plan(wrapped, broadcast)

    campaign.run(wrapped)

    [dropped] = campaign.dropped()
    assert "+12125550007" not in {to for to, _ in provider.got()}
    assert (dropped.to, dropped.kind) == ("+12125550007", "suppressed")
    assert dropped.detail == "the address is on the suppression list"


def test_a_bad_recipient_stops_the_plan(ledger: Ledger, client: Client) -> None:
    """A list with somebody who cannot be sent to is refused whole, naming them; nothing is kept."""
    people: list[Recipient | str]
    people = [Recipient("+12125550001", {"name": "A"}), Recipient("+12125550002"), "x"]
    broadcast = Broadcast(text="Dear {name}!", recipients=iter(people))

    with pytest.raises(UsageError, match=r"Recipient 2, \+12125550002: .*\{name\}") as refused:
        ledger.plan(client, broadcast)

    assert "Recipient 3, x" in refused.value.__notes__[0]
    assert not list(ledger.campaigns())


def test_a_bad_recipient_may_be_left_out(
    ledger: Ledger, client: Client, provider: Scripted
) -> None:
    """Where the caller says so, the others are sent to, and who was bad is reported."""
    people: list[Recipient | str]
    people = [Recipient("+12125550001", {"name": "A"}), Recipient("+12125550002"), "x"]
    campaign = ledger.plan(
        client, Broadcast(text="Dear {name}!", recipients=iter(people)), skip_invalid=True
    )

    assert campaign.run(client).dropped == {"bad": 2}
    assert list(provider.got()) == [("+12125550001", "Dear A!")]


@pytest.mark.parametrize(
    ("broadcast", "words"),
    [
        (Broadcast(text="Hi", recipients=[]), "no recipients"),
        (Broadcast(text="Hi", recipients=["group:a"]), "does not take 'group'"),
        (Broadcast(recipients=["+12125550001"]), "nothing to say"),
        (Broadcast(text="Hi", sender="Me", recipients=["+12125550001"]), "sender"),
        (Broadcast(text="Hi {", recipients=["+12125550001"]), "single '{'"),
    ],
)
def test_what_cannot_be_sent_is_not_planned(
    ledger: Ledger, client: Client, broadcast: Broadcast, words: str
) -> None:
    """What the provider cannot be told is refused in a sentence, and the ledger keeps nothing."""
    with pytest.raises(UsageError, match=words):
        ledger.plan(client, broadcast)

    assert not list(ledger.campaigns())


def test_everything_a_broadcast_says_survives_the_ledger(
    url: str, client: Client, provider: Scripted, tmp_path: Path
) -> None:
    """What is sent by a later process is what was planned, options, moments and paths included."""
    broadcast = Broadcast(
        text="Hi",
        send_at=datetime(2999, 1, 1, tzinfo=UTC),
        ttl=timedelta(hours=1, microseconds=5),
        media=["https://example.org/a.png", tmp_path / "b.png"],
        options=Note(words="ї", tags=("a", "b")),
        name="Spring",
        recipients=[Recipient("contact:1", reference="r", text="Own {text")],
    )
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(client, broadcast)
    with Ledger.open(url) as ledger:
        ledger.campaign(campaign.id).run(client)

    (taken,) = provider.taken
    assert attrs.evolve(taken, name="Spring") == broadcast
    assert taken.name == f"Spring ({campaign.id}-1)"


@pytest.mark.parametrize(
    ("error", "facts", "state"),
    [
        (Rejected, {}, BatchState.REJECTED),
        (UsageError, None, BatchState.REJECTED),
        (OutcomeUnknown, {}, BatchState.IN_DOUBT),
        (ProviderUnavailable, {"http_status": 500}, BatchState.IN_DOUBT),
    ],
)
def test_a_batch_that_fails_costs_no_other(
    ledger: Ledger,
    broadcast: Broadcast,
    error: type[PolycastError],
    facts: dict[str, object] | None,
    state: BatchState,
) -> None:
    """A refused or doubtful batch keeps its words and is not sent again; the others go out."""
    provider = Scripted(attrs.evolve(FEATURES, lookup=False))
    client = Client("scripted", provider)

    def deed(_: Broadcast) -> None:
        raise (
            error("no")
            if facts is None
            else error(  # type: ignore[call-arg]
                "no", provider="scripted", **facts
            )
        )

    provider.deeds.append(deed)
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1)
    campaign.run(client)

    assert report.progress.batches[state] == 1
    assert report.progress.batches[BatchState.ACCEPTED] == 3
    assert sum(report.problems.values()) == 10
    assert provider.calls == 4


@pytest.mark.parametrize("retry_after", [0.0, None])
def test_a_429_costs_no_batch(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    retry_after: float | None,
) -> None:
    """Asked to slow down, the workers wait, and then send the batch that was turned away."""
    provider.deeds += [failing(RateLimited, retry_after=retry_after)]

    report = ledger.plan(client, broadcast).run(client, error_threshold=1)

    assert report.states == {"queued": 35}
    assert provider.got() == expected(broadcast)


@pytest.mark.parametrize("error", [AuthenticationFailed, InsufficientFunds])
def test_what_no_batch_would_survive_pauses_the_campaign(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    error: type[PolycastError],
) -> None:
    """Wrong credentials or no credit pause it with nothing lost; running it again goes on."""
    provider.deeds.append(failing(error))
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1)

    assert report.state is CampaignState.PAUSED
    assert report.detail is not None
    assert provider.calls == 1
    assert campaign.run(client, reopen=True).states == {"queued": 35}
    assert provider.got() == expected(broadcast)


def test_too_many_failures_in_a_row_pause_the_campaign(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """After as many failed batches as allowed nothing more is sent, and the reason is told."""
    provider.deeds += [failing(Rejected)] * 2
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1, error_threshold=2)

    assert report.state is CampaignState.PAUSED
    assert "2 batches in a row" in (report.detail or "")
    assert report.progress.batches[BatchState.PLANNED] == 2


def test_a_provider_that_was_not_reached_is_asked_again(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Where no connection was made nothing was sent, so the batch is sent later."""
    provider.deeds.append(failing(ProviderUnavailable, safe_to_retry=True, retry_after=0.0))

    assert ledger.plan(client, broadcast).run(client).states == {"queued": 35}
    assert provider.got() == expected(broadcast)


def test_what_a_provider_says_of_single_people_is_kept(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Somebody refused within an accepted batch is told apart from the others, with the words."""

    def deed(batch: Broadcast) -> BulkReceipt:
        provider.taken.append(batch)
        receipts = [Receipt("m:1", State.QUEUED, each.to) for each in batch.recipients]
        receipts[3] = Receipt(None, State.REJECTED, receipts[3].to, detail="barred")
        return BulkReceipt("job:x", State.QUEUED, tuple(receipts))

    provider.deeds.append(deed)
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1)

    assert report.states == {"queued": 34, "rejected": 1}
    fourth = next(each for each in campaign.results() if each.position == 4)
    assert (fourth.state, fourth.detail, fourth.reference) == ("rejected", "barred", "r3")


def test_progress_is_told(ledger: Ledger, client: Client, broadcast: Broadcast) -> None:
    """Whoever looks on is told how far it has come, the last time when it is done."""
    told: list[Progress] = []

    ledger.plan(client, broadcast).run(client, on_progress=told.append)

    assert told[-1].settled == told[-1].total == 35
    assert [each.settled for each in told] == sorted(each.settled for each in told)


def test_a_batch_that_the_ledger_cannot_read_is_not_called_refused(
    ledger: Ledger, url: str, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """People who are damaged in the ledger end the run; their batch was not sent, and says so."""
    campaign = ledger.plan(client, broadcast)
    store = Store(url)
    with store.write() as connection:
        connection.execute(
            schema.people.update().where(schema.people.c.number == 2).values(people=b"?")
        )
    store.close()

    with pytest.raises(LedgerError, match=r"batch 2 of .* damaged"):
        campaign.run(client, workers=1)

    assert provider.calls == 1
    assert campaign.progress().batches[BatchState.PLANNED] == 3


def test_ctrl_c_settles_what_is_in_flight(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Ctrl-C leaves nothing in doubt, says how to go on, and going on completes it."""
    campaign = ledger.plan(client, broadcast)

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as interrupted:
        campaign.run(client, workers=2, on_progress=interrupt, rate="10/s")

    assert campaign.id in interrupted.value.__notes__[0]
    batches = campaign.progress().batches
    assert batches[BatchState.SUBMITTING] == batches[BatchState.IN_DOUBT] == 0
    assert batches[BatchState.PLANNED] > 0
    campaign.run(client)
    assert provider.got() == expected(broadcast)


def test_a_client_of_another_provider_is_refused(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A campaign is only run by a client of the provider it was planned for."""
    campaign = ledger.plan(client, broadcast)

    with pytest.raises(UsageError, match="planned for scripted"):
        campaign.run(Client("other", provider))


@pytest.mark.parametrize(
    "arguments", [{"workers": 0}, {"error_threshold": 0}, {"rate": "fast"}, {"rate": "0/s"}]
)
def test_a_run_that_makes_no_sense_is_refused(
    ledger: Ledger, client: Client, broadcast: Broadcast, arguments: dict[str, object]
) -> None:
    """Wrong numbers are refused before anything is sent."""
    with pytest.raises(UsageError):
        ledger.plan(client, broadcast).run(client, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_keeps_to_the_limit(
    ledger: Ledger, client: Client, broadcast: Broadcast, size: int
) -> None:
    """More people per call than the provider takes are refused, as are none."""
    with pytest.raises(UsageError, match=f"batch_size .* got {size}"):
        ledger.plan(client, broadcast, batch_size=size)


@pytest.mark.parametrize("words", ["cut off: \ud83d", "a \0 in it"])
def test_no_words_of_a_provider_end_a_campaign(
    ledger: Ledger, client: Client, provider: Scripted, people: list[Recipient], words: str
) -> None:
    """What a database cannot keep of a provider's words is replaced, and what they say counts."""

    def partly(broadcast: Broadcast) -> BulkReceipt:
        answer = provider.take(broadcast)
        first = attrs.evolve(answer.receipts[0], state=State.REJECTED, detail=words)
        return attrs.evolve(answer, receipts=(first, *answer.receipts[1:]))

    def refused(_: Broadcast) -> None:
        raise Rejected(words, provider="scripted", operation="send_bulk")

    provider.deeds = [partly, refused]
    campaign = ledger.plan(client, Broadcast(text="Hello", name="a \0", recipients=people[:20]))

    report = campaign.run(client, workers=1)
    ledger.note(client, [Report(people[1].to, State.FAILED, detail=words)])
    provider.statuses["job:1"] = Status(
        "job:1",
        State.SENT,
        detail=words,
        reports=[Report(people[2].to, State.FAILED, detail=words)],
    )
    told = {each.to: each for each in campaign.results()}

    assert report.states == {"queued": 9, "rejected": 11}
    assert campaign.refresh(client) == ()
    assert campaign.report().states == {"sent": 7, "failed": 2, "rejected": 11}
    kept = str(told[people[1].to].detail)
    assert kept[:-1] == words[:-1]
    kept.encode()


def test_an_unforeseen_defect_costs_no_other_batch(
    ledger: Ledger,
    broadcast: Broadcast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever a call raises, its batch is in doubt, with the words; the others are accepted."""
    provider = Scripted(attrs.evolve(FEATURES, lookup=False))
    client = Client("scripted", provider)
    send_bulk = HookCaller.send_bulk

    def broken(caller: HookCaller, prepared: Prepared[Broadcast]) -> BulkReceipt:
        if (prepared.request.name or "").endswith("-2)"):
            raise ZeroDivisionError("oops")
        return send_bulk(caller, prepared)

    monkeypatch.setattr(HookCaller, "send_bulk", broken)
    report = ledger.plan(client, broadcast).run(client, workers=1)

    assert report.states == {"queued": 25, "in doubt": 10}
    assert report.progress.batches[BatchState.SUBMITTING] == 0
    assert "ZeroDivisionError: oops" in next(iter(report.problems))


@pytest.mark.parametrize("seconds", [3600.0, 86_400.0, 999_999_999.0, 9_999_999_999.0, 1e300])
def test_a_provider_that_asks_for_much_patience_pauses_the_campaign(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast, seconds: float
) -> None:
    """Asked to wait an hour or for ever it does not sit there: it pauses, and names the moment."""
    provider.deeds.append(failing(RateLimited, retry_after=seconds))
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1)

    assert report.state is CampaignState.PAUSED
    assert report.states == {"planned": 35}
    assert provider.calls == 1
    if seconds < 1e300:
        moment = re.search(r"go on after (\S+ \S+) UTC", report.detail or "")
        assert moment is not None
        named = datetime.fromisoformat(moment[1]).replace(tzinfo=UTC)
        assert timedelta(0) <= named - datetime.now(UTC) <= timedelta(seconds=seconds)
    assert campaign.run(client, reopen=True).states == {"queued": 35}


def test_ctrl_c_while_the_provider_is_waited_for(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """One Ctrl-C ends a wait of ten minutes, and leaves everything planned, nothing in doubt."""
    turned_away = threading.Event()

    def deed(_: Broadcast) -> None:
        turned_away.set()
        raise RateLimited("no", provider="scripted", retry_after=600.0)

    def interrupt(_: Progress) -> None:
        if turned_away.is_set():
            raise KeyboardInterrupt

    provider.deeds += [deed] * 2
    campaign = ledger.plan(client, broadcast)
    with pytest.raises(KeyboardInterrupt):
        campaign.run(client, workers=2, on_progress=interrupt)

    assert campaign.report().states == {"planned": 35}


@pytest.mark.parametrize("kind", [Rejected, OutcomeUnknown])
def test_ten_failures_in_a_row_pause_it(
    ledger: Ledger, client: Client, provider: Scripted, kind: type[Rejected | OutcomeUnknown]
) -> None:
    """Where nobody says otherwise, the tenth batch in a row that fails is the last."""

    def fail(_: Broadcast) -> None:
        raise kind("no", provider="scripted")

    provider.deeds += [fail] * 20
    people = [f"+1212555{place:04}" for place in range(150)]
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people))

    report = campaign.run(client, workers=1)

    assert provider.calls == 10
    assert report.progress.batches[BatchState.PLANNED] == 5
