"""Where campaigns are kept, and what may be wrong with that place."""

import csv
import json
import os
import re
import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    LedgerError,
    OutcomeUnknown,
    PolycastError,
    Recipient,
    Rejected,
    UsageError,
    connect,
    sandbox,
)
from polycast.campaign import BatchState, CampaignState, Ledger, store
from polycast.campaign.batches import count_batches
from polycast.client import Client

from .conftest import FEATURES, Scripted, expected
from .killing import Clock

SECRET = "s3cr3t-password"


def test_campaigns_are_found_again(url: str, client: Client, broadcast: Broadcast) -> None:
    """Another process finds a campaign by an id that can be typed, and all of them, latest first.

    It finds whose it is, and by what name the account was connected.
    """
    with Ledger.open(url) as ledger:
        ids = [ledger.plan(client, broadcast, profile="office").id for _ in range(3)]
    with Ledger.open(url) as ledger:
        found = ledger.campaign(ids[0])

        assert re.fullmatch(r"c-[2-9a-z]{6}", ids[0])
        assert [each.id for each in ledger.campaigns()] == ids[::-1]
        assert (found.provider, found.profile) == ("scripted", "office")
        with pytest.raises(UsageError, match="no campaign 'c-nobody'"):
            ledger.campaign("c-nobody")


def test_a_ledger_is_a_file_of_its_owner(tmp_path: Path) -> None:
    """A ledger in a file can be read by nobody else, and its folder is made."""
    path = tmp_path / "new" / "ledger.sqlite"

    Ledger.open(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_names_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is given, POLYCAST_LEDGER says which."""
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "mine.sqlite"))

    with Ledger.open() as ledger:
        assert ledger.name == str(tmp_path / "mine.sqlite")


@pytest.mark.parametrize("url", ["mysql://host/x", "sqlite://", "nonsense://", "://"])
def test_what_is_no_ledger_is_refused(url: str) -> None:
    """A URL of another kind is refused in a sentence."""
    with pytest.raises(UsageError):
        Ledger.open(url)


def test_no_password_shows() -> None:
    """The password of a server is in no error and no name."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(LedgerError) as failed:
        Ledger.open(f"postgresql://me:{SECRET}@127.0.0.1:1/none")

    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None


def test_no_part_of_a_password_shows_where_the_port_is_none() -> None:
    """A URL that cannot be read is refused in a sentence that repeats none of it."""
    with pytest.raises(UsageError) as refused:
        Ledger.open(f"postgresql://me:{SECRET}@host:{SECRET}/none")

    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("content", [b"not a ledger at all, but a text", b"SQLite format 3\0" * 99])
def test_a_damaged_ledger_is_told(tmp_path: Path, content: bytes) -> None:
    """A file that is no ledger, or not any more, is an error of ours, and is left as it is."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)

    with pytest.raises(LedgerError, match=str(path)):
        Ledger.open(path)

    assert path.read_bytes() == content


def test_a_ledger_of_another_version_is_not_touched(tmp_path: Path) -> None:
    """A ledger that a later Polycast made is refused."""
    path = tmp_path / "ledger.sqlite"
    Ledger.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE polycast_ledger SET version = 99")
    connection.close()

    with pytest.raises(LedgerError, match="version 99"):
        Ledger.open(path)


@pytest.mark.parametrize("damaged", [b"nobody", None])
def test_people_who_are_damaged_are_not_sent_to(
    tmp_path: Path,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    damaged: bytes | None,
) -> None:
    """Where a batch does not hold whom it held, that is said, and nothing of it is sent."""
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        campaign = ledger.plan(client, broadcast)
        with sqlite3.connect(path) as other:
            if damaged is None:
                other.execute("DELETE FROM polycast_people")
            else:
                other.execute("UPDATE polycast_people SET people = ?", (damaged,))
        other.close()

        with pytest.raises(LedgerError, match=r"the 10 recipients of batch 1 .* damaged"):
            campaign.run(client, workers=1)

        with pytest.raises(LedgerError, match="damaged"):
            list(campaign.results())
    assert provider.calls == 0


def test_a_locked_ledger_is_told_before_anything_is_sent(
    tmp_path: Path,
    client: Client,
    provider: Scripted,
    broadcast: Broadcast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While another program holds it, nothing is sent, and the error says so."""
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path) as ledger:
        campaign = ledger.plan(client, broadcast)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked by another program"):
            campaign.run(client)
        assert provider.calls == 0
        other.execute("ROLLBACK")
        other.close()

        campaign.run(client)
    assert provider.got() == expected(broadcast)


def test_a_full_disk_sends_nothing_that_is_not_written_down(
    tmp_path: Path, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """Where the ledger cannot grow, nothing is planned and nothing is sent; the error says why."""
    path = tmp_path / "ledger.sqlite"
    Ledger.open(path).close()
    many = [Recipient(f"+1212555{n:04}", {"name": "x" * 2_000}) for n in range(500)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Ledger.open(path) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
        try:
            with pytest.raises(PolycastError, match=re.escape(str(path))) as failed:
                ledger.plan(client, Broadcast(text="Dear {name}!", recipients=many))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert isinstance(failed.value, LedgerError)
    assert provider.calls == 0


def test_a_plan_that_was_cut_off_is_never_sent(
    ledger: Ledger, client: Client, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that died while planning leaves a campaign that can only be deleted."""

    class Died(BaseException):
        pass

    def stream() -> Iterator[str]:
        yield from (f"+1212555{n:04}" for n in range(2_500))
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("polycast.campaign.ledger.forget", lambda *_, **__: None)
        with pytest.raises(Died):
            ledger.plan(client, Broadcast(text="Hi", recipients=stream()))
    (campaign,) = ledger.campaigns()

    assert campaign.state is CampaignState.PLANNING
    with pytest.raises(UsageError, match="not planned to its end"):
        campaign.run(client)
    assert provider.calls == 0
    campaign.delete()
    assert not list(ledger.campaigns())


def test_deleting_removes_everybody(
    ledger: Ledger, client: Client, broadcast: Broadcast, url: str
) -> None:
    """A campaign that is over can be removed with its people; one that is not, cannot."""
    campaign = ledger.plan(client, broadcast)
    with pytest.raises(UsageError, match="still to be sent"):
        campaign.delete()
    campaign.run(client)

    campaign.delete()

    with pytest.raises(UsageError, match="no campaign"):
        campaign.report()
    assert not list(ledger.campaigns())


def test_deleting_what_is_in_doubt_takes_an_explicit_word(
    ledger: Ledger, client: Client, provider: Scripted, broadcast: Broadcast
) -> None:
    """What nobody knows about is only removed where the caller says so; what is planned, never."""

    def lose(_: Broadcast) -> None:
        raise OutcomeUnknown("lost", provider="scripted")

    provider.features = attrs.evolve(FEATURES, lookup=False)
    provider.deeds.append(lose)
    campaign = ledger.plan(client, broadcast)
    campaign.run(client, workers=1, error_threshold=1)
    with pytest.raises(UsageError, match=r"still to be sent or in flight \(3\)"):
        campaign.delete(in_doubt=True)
    campaign.run(client, reopen=True)
    with pytest.raises(UsageError, match=r"in doubt \(1\).* delete\(in_doubt=True\)"):
        campaign.delete()

    campaign.delete(in_doubt=True)

    assert not list(ledger.campaigns())


TWO = """
import sys, polycast
from polycast.campaign import Ledger
url, campaign, base_url, name = sys.argv[1:]
from polycast import sandbox
settings = sandbox.installed()[name].settings()
with Ledger.open(url) as ledger, polycast.connect(name, **settings | {"base_url": base_url}) as c:
    ledger.campaign(campaign).run(c, workers=3, in_flight_grace=0.0)
"""


def test_two_processes_share_one_campaign(url: str) -> None:
    """Two processes that run one campaign at once send every batch once between them."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    kind = sandbox.installed()["hyber"]
    people = [Recipient(f"+1212555{n:04}") for n in range(1, 1_000)]
    with sandbox.host([kind(Clock())]) as hosted, Ledger.open(url) as ledger:
        base_url = hosted.base_url("hyber")
        settings: dict[str, Any] = {**kind.settings(), "base_url": base_url}
        with connect("hyber", **settings) as hyber:
            broadcast = Broadcast(text="Hi", recipients=people)
            campaign = ledger.plan(hyber, broadcast, batch_size=5)
        both = [
            subprocess.Popen(
                [sys.executable, "-c", TWO, url, campaign.id, base_url, "hyber"],
                env={**os.environ},
            )
            for _ in range(2)
        ]
        assert [each.wait(120) for each in both] == [0, 0]
        accepted = [message.to for message in hosted.sandboxes["hyber"].accepted]
        progress = campaign.progress()

    assert len(accepted) == len(set(accepted)) == len(people)
    assert progress.batches[BatchState.ACCEPTED] == 200


def test_who_reads_sees_one_state_of_the_ledger(
    url: str, client: Client, broadcast: Broadcast
) -> None:
    """What is written while somebody reads is not seen by halves: counts add up."""
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(client, broadcast)
        opened = store.Store(url)
        with opened.read() as connection:
            before = count_batches(connection, campaign.id)
            campaign.run(client)
            after = count_batches(connection, campaign.id)
        opened.close()

        assert before == after
        assert campaign.progress() != before


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("\x1b]0;title\x07\x1b[31mred\x1b[0m\x9b2J", "red2J"),
        ("two\nlines", "two\nlines"),
        ("+380961234567", "+380961234567"),
        ("a = b", "a = b"),
    ],
)
def test_a_report_is_run_by_no_spreadsheet_and_no_terminal(
    tmp_path: Path, words: str, shown: str
) -> None:
    """Formulas are texts, control sequences are gone, phone numbers stay; JSON Lines keeps all."""

    def refused(_: Broadcast) -> None:
        raise Rejected("no", provider="scripted", refused={0: words})

    provider = Scripted(FEATURES)
    provider.deeds.append(refused)
    client = Client("scripted", provider)
    person = Recipient("+12125550000", reference=words)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, Broadcast(text="Hi", recipients=[person]))
        campaign.run(client)
        campaign.write_csv(tmp_path / "report.csv")
        campaign.write_json_lines(tmp_path / "report.jsonl")

    with (tmp_path / "report.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["to"], row["detail"], row["reference"]) == ("+12125550000", shown, shown)
    told = json.loads((tmp_path / "report.jsonl").read_text(encoding="utf-8"))
    assert (told["detail"], told["reference"]) == (words, words)
