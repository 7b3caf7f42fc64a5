"""A campaign that ends at any instant, and goes on: nobody lost, nobody sent to twice."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polycast import Broadcast, OutcomeUnknown, Recipient, UsageError, connect, sandbox
from polycast.campaign import BatchState, CampaignReport, CampaignState, Ledger
from polycast.campaign import leases as owning
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.sandbox import LoseReply
from sqlalchemy import Connection

from .conftest import FEATURES, Scripted, expected
from .killing import SETTLE, Clock, digits, kill_and_continue, numbers


class Crash(BaseException):
    """The process ends here."""


@attrs.define
class SimulatedOutcome:
    """When a process ends: at which transaction, and whether that is still on the disk."""

    at: int
    written: bool
    seen: int = 0

    def is_over(self) -> bool:
        return self.seen >= self.at


@contextmanager
def ending(fate: SimulatedOutcome) -> Iterator[None]:
    """End this process, as far as its ledger can tell."""
    real = Store.write

    @contextmanager
    def write(self: Store) -> Iterator[Connection]:
        if fate.is_over():
            raise Crash
        fate.seen += 1
        with real(self) as connection:
            yield connection
            if fate.is_over() and not fate.written:
                raise Crash
        if fate.is_over():
            raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write", write)
        yield


def run_once(url: str, id: str, client: Client, **how: Any) -> CampaignReport:
    """Go on with a campaign in a process of its own, as far as the ledger can tell."""
    own = owning.process
    with pytest.MonkeyPatch.context() as patch:
        # Whoever ran it before has ended.
        patch.setattr(owning, "process", lambda pid: f"{own(pid)} {id} {run_once.count}")  # type: ignore[attr-defined]
        run_once.count += 1  # type: ignore[attr-defined]
        with Ledger.open(url) as ledger:
            return ledger.campaign(id).run(client, workers=1, in_flight_grace=0.0, **how)


run_once.count = 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("lookup", [False, True])
def test_a_crash_at_any_commit_loses_and_doubles_nothing(
    tmp_path: Path, people: list[Recipient], written: bool, lookup: bool
) -> None:
    """Ended before or after any commit, and continued: each text once, or in doubt and told."""
    broadcast = Broadcast(text="Dear {name}!", recipients=people)
    at, crashed = 1, True
    while crashed:
        url = str(tmp_path / f"{at}.sqlite")
        provider = Scripted(attrs.evolve(FEATURES, lookup=lookup))
        client = Client("scripted", provider)
        with Ledger.open(url) as ledger:
            id = ledger.plan(client, broadcast).id
        fate = SimulatedOutcome(at, written)
        crashed = False
        try:
            with ending(fate):
                run_once(url, id, client)
        except Crash:
            crashed = True

        report = run_once(url, id, client)

        got = provider.got()
        assert set(got.values()) <= {1}
        unknown = expected(broadcast).keys() - got.keys()
        assert len(unknown) <= report.in_doubt <= 10
        assert not (lookup and report.in_doubt)
        at += 1
    # Registering, claiming and settling four batches, and signing off.
    assert at > 10


@pytest.mark.parametrize("written", [False, True])
def test_a_crash_at_any_commit_of_planning_sends_nothing(
    tmp_path: Path, people: list[Recipient], written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended before or after any commit of planning: all of a list is sent, or nothing ever is."""
    monkeypatch.setattr("polycast.campaign.planner._CHUNK", 10)
    broadcast = Broadcast(text="Dear {name}!", recipients=people)
    at, crashed, whole = 1, True, 0
    while crashed:
        url = str(tmp_path / f"{at}.sqlite")
        provider = Scripted(FEATURES)
        client = Client("scripted", provider)
        crashed = False
        with Ledger.open(url) as ledger:
            try:
                with ending(SimulatedOutcome(at, written)):
                    ledger.plan(client, broadcast)
            except Crash:
                crashed = True
        with Ledger.open(url) as ledger:
            for campaign in ledger.campaigns():
                if campaign.state is CampaignState.PLANNING:
                    with pytest.raises(UsageError, match="not planned to its end"):
                        campaign.run(client)
                    campaign.delete()
                else:
                    campaign.run(client)
                    whole += 1
                    assert provider.got() == expected(broadcast)
            if not whole:
                assert not list(ledger.campaigns())
        assert provider.calls == (4 if whole else 0)
        at += 1
    # The owner and the campaign, three batches and the rest of them. The last commit but one opens
    # the campaign, and the last removes the owner.
    assert at > 6
    assert whole == 2 + written


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("lookup", [False, True])
def test_a_crash_while_a_request_is_under_way(
    tmp_path: Path, broadcast: Broadcast, arrived: bool, lookup: bool
) -> None:
    """Ended between request and answer, a batch is looked up, or held until the operator speaks."""
    provider = Scripted(attrs.evolve(FEATURES, lookup=lookup))
    client = Client("scripted", provider)
    url = str(tmp_path / "ledger.sqlite")
    with Ledger.open(url) as ledger:
        id = ledger.plan(client, broadcast).id

    def deed(batch: Broadcast) -> None:
        if arrived:
            provider.take(batch)
        raise Crash

    provider.deeds.append(deed)
    with pytest.raises(Crash):
        # Its process does not come to sign off, either.
        run_once(url, id, client)

    report = run_once(url, id, client)

    assert set(provider.got().values()) == {1}
    assert report.in_doubt == (0 if lookup else 10)
    assert len(provider.got()) == (35 if lookup or arrived else 25)
    assert provider.calls == 4 + (lookup and not arrived)


def test_what_is_in_doubt_is_only_sent_again_on_the_operators_word(
    ledger: Ledger, broadcast: Broadcast
) -> None:
    """Without lookup, a lost reply is never followed by a second request until somebody says so."""
    provider = Scripted(attrs.evolve(FEATURES, lookup=False))
    client = Client("scripted", provider)

    def lost(_: Broadcast) -> None:
        raise OutcomeUnknown("no reply", provider="scripted")

    provider.deeds.append(lost)
    campaign = ledger.plan(client, broadcast)

    campaign.run(client)
    assert campaign.run(client).in_doubt == 10
    assert provider.calls == 4

    report = campaign.run(client, resend_in_doubt=True)
    assert report.state is CampaignState.DONE
    assert provider.calls == 5
    assert provider.got() == expected(broadcast)


def test_an_answer_that_fits_two_batches_settles_neither(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """A lookup that finds what another batch is known by proves nothing: the batch stays held."""

    def lost(_: Broadcast) -> None:
        raise OutcomeUnknown("no reply", provider="scripted")

    # The second batch is lost, and the provider takes it for the first.
    provider.deeds += [lambda _: None, lost]
    provider.confused = True
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1, in_flight_grace=0.0)

    assert report.in_doubt == 10
    assert "may be batch 1 of" in next(iter(report.problems))
    assert provider.calls == 4


@pytest.mark.parametrize("arrived", [False, True])
def test_what_is_known_to_be_other_batches_is_not_this_one(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast, arrived: bool
) -> None:
    """Whatever a lost batch may be, if that is all other batches, it is sent; else it is held."""

    def lost(batch: Broadcast) -> None:
        if arrived:
            provider.take(batch)
        raise OutcomeUnknown("no reply", provider="scripted")

    provider.deeds += [lambda _: None, lost]
    provider.vague = True
    campaign = ledger.plan(client, broadcast)

    report = campaign.run(client, workers=1, in_flight_grace=0.0)

    assert report.in_doubt == (10 if arrived else 0)
    assert provider.calls == (4 if arrived else 5)
    assert provider.got() == expected(broadcast)


def test_the_ids_of_another_campaign_rule_nothing_out(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Two accounts may count alike: what another campaign has may be what this one has lost."""

    def lost(_: Broadcast) -> None:
        raise OutcomeUnknown("no reply", provider="scripted")

    ledger.plan(client, broadcast).run(client, workers=1)
    provider.vague = True
    provider.deeds.append(lost)
    campaign = ledger.plan(client, Broadcast(text="Hi", recipients=["+12125550123"]))
    assert campaign.run(client, in_flight_grace=0.0).in_doubt == 1


def test_what_a_living_process_has_in_flight_is_left_alone(
    ledger: Ledger, url: str, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """While one process waits for an answer, another neither doubts that batch nor repeats it."""
    campaign = ledger.plan(client, broadcast)
    seen: list[CampaignReport] = []

    def meanwhile(_: Broadcast) -> None:
        with Ledger.open(url) as other:
            seen.append(other.campaign(campaign.id).run(client, in_flight_grace=0.0))

    provider.deeds.append(meanwhile)
    report = campaign.run(client, workers=1)

    assert seen[0].progress.batches[BatchState.SUBMITTING] == 1
    assert seen[0].in_doubt == 0
    assert report.state is CampaignState.DONE
    assert provider.got() == expected(broadcast)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    deeds=st.lists(st.sampled_from(["take", "lose", "miss", "crash", "crash late"]), max_size=12),
    lookup=st.sampled_from(["none", "exact", "vague"]),
    size=st.integers(1, 10),
)
def test_whatever_happens_nobody_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[str], lookup: str, size: int
) -> None:
    """For any course of lost replies and crashes: each text at most once, the rest in doubt."""
    url = str(tmp_path_factory.mktemp("any") / "ledger.sqlite")
    provider = Scripted(attrs.evolve(FEATURES, lookup=lookup != "none"), vague=lookup == "vague")
    client = Client("scripted", provider)
    people = [Recipient(f"+1212555{n:04}", {"name": str(n)}) for n in range(17)]
    broadcast = Broadcast(text="Dear {name}!", recipients=people)

    def does(what: str, batch: Broadcast) -> None:
        if what in ("lose", "crash late"):
            provider.take(batch)
        if what in ("lose", "miss"):
            raise OutcomeUnknown("no reply", provider="scripted")
        if what != "take":
            raise Crash

    provider.deeds += [lambda batch, what=what: does(what, batch) for what in deeds]  # type: ignore[misc]
    with Ledger.open(url) as ledger:
        id = ledger.plan(client, broadcast, batch_size=size).id
    report = None
    # What was sent again, and lost again, is for the next run.
    while report is None or (lookup == "exact" and report.in_doubt):
        with contextlib.suppress(Crash):
            report = run_once(url, id, client, error_threshold=None)

    got = provider.got()
    assert set(got.values()) <= {1}
    assert len(expected(broadcast).keys() - got.keys()) <= report.in_doubt
    assert report.progress.batches[BatchState.PLANNED] == 0
    assert not (lookup == "exact" and report.in_doubt)


@pytest.mark.parametrize("provider", ["hyber", "textit", "ogangi", "smsby", "mozes"])
def test_killed_and_continued_it_sends_to_everybody_once(provider: str, tmp_path: Path) -> None:
    """Killed (SIGKILL) at random instants and continued: lost 0, doubled 0, doubts told.

    Counted at the sandbox. Where a lost batch can be told apart by lookup, no doubt remains.
    """
    pytest.importorskip(f"polycast_{provider}", reason=f"polycast-{provider} is not installed")
    told = kill_and_continue(
        provider,
        str(tmp_path / "ledger.sqlite"),
        recipients=240,
        kills=5,
        batch_size=4,
        longest=0.12,
    )

    assert told.kills >= 3
    assert told.lost == 0
    assert told.doubled == 0
    assert told.most_in_doubt <= 4
    assert told.report.in_doubt <= told.kills * 4 * 4
    if provider in ("hyber", "ogangi", "textit"):
        assert told.report.in_doubt == 0


def test_killed_and_continued_on_a_server(postgresql: Callable[[], str]) -> None:
    """A ledger in PostgreSQL keeps the same promise: what was committed outlives every process."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    told = kill_and_continue(
        "hyber", postgresql(), recipients=200, kills=5, batch_size=4, longest=0.12
    )
    assert told.kills >= 3
    assert (told.lost, told.doubled, told.report.in_doubt) == (0, 0, 0)
    assert told.most_in_doubt <= 4


#: The call that a broadcast without variables takes, and whether the provider can be asked.
SENDING = {
    "hyber": ("send_broadcast", True),
    "infobip": ("send_sms", True),
    "textit": ("create_broadcast", True),
    "ogangi": ("create_broadcast_from_json", True),
    "smsby": ("send_bulk_sms", False),
    "mozes": ("send_sms_to_users", False),
}


@pytest.mark.parametrize("name", SENDING)
def test_a_lost_reply_is_never_followed_by_a_second_request(name: str, tmp_path: Path) -> None:
    """Requests read whole, connections closed: what arrived is known, or held; none is repeated."""
    pytest.importorskip(f"polycast_{name}", reason=f"polycast-{name} is not installed")
    operation, told_apart = SENDING[name]
    clock = Clock()
    people = [Recipient(number) for number in islice(numbers(), 30)]
    with (
        sandbox.host([sandbox.installed()[name](clock)]) as hosted,
        Ledger.open(tmp_path / "ledger.sqlite") as ledger,
    ):
        fake = hosted.sandboxes[name]
        account: dict[str, Any] = {**fake.settings(), "base_url": hosted.base_url(name)}
        with connect(name, **account) as client:
            campaign = ledger.plan(client, Broadcast(text="Hi", recipients=people), batch_size=10)
            fake.faults.add(LoseReply(), times=1, operation=operation)
            fake.faults.add(LoseReply(reset=True), times=1, operation=operation)
            report = campaign.run(client, workers=1, in_flight_grace=SETTLE)
        sent = [each for each in fake.requests if each.operation == operation]
        clock.ahead = timedelta(days=1)
        got = Counter(digits(message.to) for message in fake.accepted)

    assert len(sent) == 3
    assert got == {digits(each.to): 1 for each in people}
    assert report.progress.recipients[BatchState.ACCEPTED] + report.in_doubt == 30
    assert report.in_doubt == (0 if told_apart else 20)
