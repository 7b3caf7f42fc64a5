"""The suppression list of a ledger."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from polycast import Broadcast, Message, Recipient, Rejected, Suppressed, UsageError
from polycast.campaign import Ledger, Suppression
from polycast.client import Client

from .conftest import Scripted
from .test_sends import Single

ONE, TWO, THREE = (f"+38096123450{n}" for n in range(1, 4))
MOMENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_entries_are_kept_in_one_spelling(ledger: Ledger) -> None:
    """An address is on the list once, however it is written; the first entry stays."""
    listed = ledger.suppressions

    assert listed.add([Suppression("+380 96 123-45-01", "STOP", MOMENT), TWO], reason="asked") == 2
    assert listed.add([f"tel:{ONE}", "contact:7"], reason="again") == 1

    found = {each.to: each.reason for each in listed}
    assert found == {ONE: "STOP", TWO: "asked", "contact:7": "again"}
    assert len(listed) == 3
    assert ONE in listed
    assert f"tel:{ONE}" in listed
    assert THREE not in listed
    entry = listed.find(ONE)
    assert entry is not None
    assert entry.added_at == MOMENT
    assert listed.remove(["+380961234501", THREE]) == 1
    assert ONE not in listed


def test_a_wrong_address_adds_nothing(ledger: Ledger) -> None:
    """One entry that is no address refuses all of them: none must be missed."""
    with pytest.raises(UsageError, match="entry 2"):
        ledger.suppressions.add([ONE, "nobody"])

    assert len(ledger.suppressions) == 0


def test_a_campaign_leaves_them_out(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """Nothing is sent to them, and the results say since when and why they are listed."""
    ledger.suppressions.add(Suppression(ONE, "STOP", MOMENT))
    people = [Recipient(f"tel:{ONE}"), Recipient(TWO)]
    campaign = ledger.plan(client, Broadcast(text="We open at six.", recipients=people))
    campaign.run(client)

    assert [to for to, _ in provider.got()] == [TWO]
    (dropped,) = campaign.dropped()
    assert dropped.kind == "suppressed"
    assert dropped.detail == "the address is on the suppression list since 2026-11-01: STOP"


def test_a_single_message_is_refused(ledger: Ledger) -> None:
    """`Ledger.send` refuses them before anything leaves, and the key stays free."""
    provider = Single()
    client = Client("single", provider)
    ledger.suppressions.add(ONE)

    with pytest.raises(Suppressed, match="suppression list"):
        ledger.send(client, Message(ONE, text="Hello"), key="greeting")

    assert provider.taken == []
    ledger.suppressions.remove(ONE)
    ledger.send(client, Message(ONE, text="Hi"), key="greeting")


def test_told_otherwise(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """What must reach everybody, such as a recall, is sent to them on your explicit word."""
    ledger.suppressions.add([ONE, TWO])

    recall = Broadcast(text="Do not drink the tap water.", recipients=[ONE])
    ledger.plan(client, recall, use_suppressions=False).run(client)
    single = Single()
    message = Message(TWO, text="Do not drink the tap water.")
    ledger.send(Client("single", single), message, use_suppressions=False)

    assert [to for to, _ in provider.got()] == [ONE]
    assert single.taken == [message]


def test_it_is_a_wrapper_as_well(ledger: Ledger) -> None:
    """A client that is wrapped in the list refuses them without a campaign."""
    ledger.suppressions.add(ONE, reason="STOP")
    provider = Single()
    wrapped = Client("single", provider, wrappers=[ledger.suppressions])

    with pytest.raises(Suppressed, match="STOP"):
        wrapped.send(Message(ONE, text="Hello"))

    assert provider.taken == []


def test_a_long_list(ledger: Ledger, client: Client, provider: Scripted, tmp_path: Path) -> None:
    """Ten thousand entries are added, asked about, written and removed."""
    numbers = [f"+38096{n:07}" for n in range(10_000)]
    assert ledger.suppressions.add(numbers) == 10_000
    people = [*numbers[::1000], ONE]
    campaign = ledger.plan(client, Broadcast(text="We open at six.", recipients=people))
    assert campaign.progress().total == 1
    assert ledger.suppressions.write_csv(tmp_path / "list.csv") == 10_000
    assert (tmp_path / "list.csv").read_text().splitlines()[1].startswith("+380960000000,,20")
    assert ledger.suppressions.remove(numbers) == 10_000


def test_who_is_listed_after_the_plan(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """A campaign that was planned leaves out who was listed since; the others get it once."""
    people = [Recipient(f"+3809612345{n:02}", {"name": str(n)}) for n in range(25)]
    told = Broadcast(text="Dear {name}!", recipients=people)
    campaign = ledger.plan(client, told)
    recall = ledger.plan(client, told, use_suppressions=False)
    # Since when somebody is listed may be long ago.
    listed = [Suppression(each.to, "STOP", MOMENT) for each in (*people[:3], *people[20:])]
    ledger.suppressions.add(listed)

    report = campaign.run(client)

    assert report.states == {"queued": 17}
    assert report.dropped == {"suppressed": 8}
    assert {to for to, _ in provider.got()} == {each.to for each in people[3:20]}
    assert [each.position for each in campaign.results()] == list(range(1, 26))
    assert recall.run(client).states == {"queued": 25}


def test_everybody_is_listed_after_the_plan(ledger: Ledger, client: Client) -> None:
    """A campaign of which nobody is left is done, by steps as well."""
    campaign = ledger.plan(client, Broadcast(text="Hello", recipients=[ONE, TWO]))
    ledger.suppressions.add([ONE, TWO])

    assert campaign.step(client).done
    assert campaign.report().state == "done"
    assert campaign.report().dropped == {"suppressed": 2}


def test_the_rejected_who_are_listed(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """Who was rejected and then listed is not sent to again."""

    def refuse(_: Broadcast) -> None:
        raise Rejected("barred", provider="scripted", refused={0: "barred", 1: "barred"})

    provider.deeds.append(refuse)
    campaign = ledger.plan(client, Broadcast(text="Hello", recipients=[ONE, TWO, THREE]))
    ledger.suppressions.add(THREE)
    ledger.suppressions.remove(THREE)
    assert campaign.run(client).states == {"rejected": 2, "queued": 1}
    ledger.suppressions.add(ONE)

    report = campaign.run(client, retry_rejected=True)

    assert report.states == {"queued": 2}
    assert report.dropped == {"suppressed": 1}
    assert {to for to, _ in provider.got()} == {TWO, THREE}
