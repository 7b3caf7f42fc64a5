"""Wrappers around an account that runs a campaign."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import Action, Broadcast, BulkReceipt, Client, UsageError, hookimpl
from polycast.campaign import BatchState, CampaignState, Ledger
from polycast.wrappers import AuditLog, DryRun, RateLimit, SuppressionList, rate_limit

Connect = Callable[..., Client]
PHONES = [f"+38096123450{n}" for n in range(5)]
HELLO = Broadcast(text="Hello", recipients=PHONES)


def test_whoever_is_suppressed_is_left_out(connect: Connect, provider: Any, tmp_path: Path) -> None:
    """
    A campaign leaves out whom a wrapper objects to, with its words, and sends to the others.
    """
    client = connect(SuppressionList(addresses=[PHONES[0], PHONES[3]]))

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, HELLO)
        campaign.run(client)
        left_out = [(each.to, each.kind, each.detail) for each in campaign.dropped()]

    words = "the address is on the suppression list"
    assert left_out == [(PHONES[0], "suppressed", words), (PHONES[3], "suppressed", words)]
    assert {to for _, *people in provider.asked for to in people} == {*PHONES[1:3], PHONES[4]}


def test_an_audit_log_that_breaks_pauses_the_campaign(
    connect: Connect, provider: Any, tmp_path: Path
) -> None:
    """
    What cannot be written down is not sent, and is not given up: the campaign goes on afterwards.
    """
    path = tmp_path / "audit.jsonl"
    client = connect(AuditLog(path))
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, HELLO)
        path.unlink()
        path.mkdir()
        report = campaign.run(client)
        assert report.state is CampaignState.PAUSED
        assert provider.asked == []
        path.rmdir()
        report = campaign.run(client, reopen=True)

    assert report.state is not CampaignState.PAUSED
    assert sum(len(people) - 1 for people in provider.asked) == len(PHONES)


def test_a_wrapper_that_fails_pauses_the_campaign(
    connect: Connect, provider: Any, tmp_path: Path
) -> None:
    """
    A defect of a wrapper gives no batch up: once it is mended, or left out, the campaign goes on.
    """

    @attrs.define(eq=False)
    class Clumsy:
        broken: bool = True

        @hookimpl(wrapper=True)
        def send_bulk(self) -> Generator[None, BulkReceipt, BulkReceipt]:
            if self.broken:
                raise ZeroDivisionError("oh")
            return (yield)

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(connect(Clumsy()), HELLO)
        report = campaign.run(connect(Clumsy()))
        assert report.state is CampaignState.PAUSED
        assert provider.asked == []
        campaign.run(connect(), reopen=True)

    assert sum(len(people) - 1 for people in provider.asked) == len(PHONES)


def test_a_dry_run_runs_no_campaign(connect: Connect, provider: Any, tmp_path: Path) -> None:
    """
    A ledger never says "accepted" of what a dry run answered for: a real run sends all of it.
    """
    rehearsal = connect(DryRun())
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(rehearsal, HELLO)
        for act in (
            lambda: campaign.run(rehearsal),
            lambda: campaign.control(rehearsal, Action.STOP),
        ):
            with pytest.raises(UsageError, match=r"wrapper .*DryRun answers in the place of acme"):
                act()
        assert campaign.state is CampaignState.OPEN
        campaign.run(connect(), reopen=True)

    assert sum(len(people) - 1 for people in provider.asked) == len(PHONES)


def test_no_batch_is_claimed_while_a_rate_is_waited_for(
    connect: Connect, provider: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A rate of a wrapper is waited for with nothing claimed: a process that is killed meanwhile
    leaves no doubt. The wrapper does not sleep, and no wait is too long.
    """
    moment = 0.0
    waits: list[int] = []
    monkeypatch.setattr(rate_limit, "_shared", [])
    monkeypatch.setattr(rate_limit, "_clock", lambda: moment)

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        client = connect(RateLimit("1 calls/h"))
        campaign = ledger.plan(client, HELLO)

        def waited(_: object, seconds: float) -> None:
            nonlocal moment
            moment += 100 * seconds
            waits.append(campaign.progress().batches[BatchState.SUBMITTING])

        monkeypatch.setattr("polycast.sending.dispatcher.wait", waited)
        report = campaign.run(client, workers=1)

    assert report.state is CampaignState.DONE
    assert waits
    assert not any(waits)
    assert moment >= 7200 - 1
