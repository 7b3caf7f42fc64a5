"""Whoever tests a script has an outbox in place of every provider, and assertions on it."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import polycast
import pytest
from polycast import (
    Action,
    Broadcast,
    Conflict,
    Features,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    ProviderUnavailable,
    Recipient,
    Rejected,
    Report,
    SettingsError,
    State,
    Unsupported,
    UsageError,
    connect,  # as scripts do: bound before any outbox is there
)
from polycast.cli.app import app
from polycast.testing import InMemoryGateway, Memory, Outbox
from polycast.testing import outbox as opened
from polycast.wrappers import AuditLog
from typer.testing import CliRunner

OLENA, ANDRII = "+380961111111", "+380962222222"


def invite(client: polycast.Client) -> polycast.BulkReceipt:
    return client.send_bulk(
        Broadcast(
            text="Dear {name}!",
            recipients=[
                Recipient(OLENA, {"name": "Olena"}, reference="row-1"),
                Recipient(ANDRII, {"name": "Andrii"}, reference="row-2"),
            ],
        )
    )


@pytest.fixture
def unreachable() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


class TestSent:
    def test_one_message(self, outbox: Outbox) -> None:
        """What a script sends is in the outbox, and goes nowhere else."""
        receipt = connect("hyber").send(Message(OLENA, text="Your table is ready", sender="Inn"))

        message = outbox.assert_sent(to=OLENA, text="Your table is ready", sender="Inn")
        assert receipt.state is State.QUEUED
        assert (message.id, message.provider, message.sender) == (receipt.id, "hyber", "Inn")
        assert isinstance(message.request, Message)

    def test_a_broadcast(self, outbox: Outbox) -> None:
        """Each recipient's own text is there, and the receipts are in the order given."""
        sent = invite(connect("hyber"))

        assert [(each.to, each.text) for each in outbox.messages] == [
            (OLENA, "Dear Olena!"),
            (ANDRII, "Dear Andrii!"),
        ]
        assert [each.id for each in sent.receipts] == [each.id for each in outbox.messages]
        assert [each.reference for each in sent.receipts] == ["row-1", "row-2"]
        outbox.assert_count(2, text=re.compile("^Dear "))

    def test_a_provider_that_personalises_nothing(self, outbox: Outbox) -> None:
        """Texts that were filled in before, braces included, are not filled in again."""
        client = connect("textit")
        assert client.features.personalisation is Personalisation.NONE
        client.send_bulk(
            Broadcast(text="{name}: {{50%}}", recipients=[Recipient(OLENA, {"name": "{Olena}"})])
        )

        outbox.assert_sent(OLENA, "{Olena}: {50%}")

    def test_more_than_a_call_takes(self, outbox: Outbox) -> None:
        """A list is divided as for the real provider, and one id stands for all of it."""
        numbers = [f"+38096{number:07}" for number in range(250)]
        client = connect("textit")
        sent = client.send_bulk(Broadcast(text="Hi", recipients=numbers))

        assert [each.to for each in outbox.messages] == numbers
        assert [batch.size for batch in sent.batches] == [100, 100, 50]
        assert sent.id is not None
        assert client.status(sent.id).expected == 250

    def test_the_command(
        self, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """What the command sends in this process is there, too."""
        monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
        result = CliRunner().invoke(app, ["send", "hyber", OLENA, "--text", "Hi"])

        assert result.exit_code == 0, result.output
        outbox.assert_sent(OLENA, "Hi")

    def test_a_campaign(self, outbox: Outbox, tmp_path: Path) -> None:
        """A broadcast with a ledger goes to the outbox from all of its workers."""
        from polycast.campaign import Ledger

        with Ledger.open(tmp_path / "ledger.sqlite") as ledger, connect("hyber") as client:
            plan = ledger.plan(
                client,
                Broadcast(text="Hi", recipients=[f"+38096{n:07}" for n in range(40)]),
                batch_size=5,
            )
            plan.run(client, workers=4)
        outbox.assert_count(40, text="Hi")
        assert len({each.id for each in outbox.messages}) == 40

    def test_wrappers_act(self, outbox: Outbox) -> None:
        """What stands around a provider stands around the outbox, too."""
        connect("hyber", wrappers=["dry-run"]).send(Message(OLENA, text="Hi"))
        outbox.assert_nothing_sent()


class TestAssertions:
    def test_another_message_was_sent(self, outbox: Outbox) -> None:
        """A failed assertion lists what was sent instead."""
        connect("hyber").send(Message(OLENA, text="Good evening", sender="Inn"))

        with pytest.raises(AssertionError) as failed:
            outbox.assert_sent(to=OLENA, text="Your table is ready")

        assert str(failed.value) == (
            "1 of the messages sent should have been so, and 0 were: "
            "to='+380961111111', text='Your table is ready'. What was sent:\n"
            "  1. hyber to +380961111111: 'Good evening' from Inn"
        )

    def test_nothing_was_sent(self, outbox: Outbox) -> None:
        """A message that is missed is told from one that differs."""
        outbox.assert_nothing_sent()
        with pytest.raises(AssertionError, match=r"any message\. Nothing was sent\."):
            outbox.assert_sent()

    def test_something_was_sent(self, outbox: Outbox) -> None:
        """Whoever expects nothing is told what there was, and how much more."""
        client = connect("hyber")
        for number in range(23):
            client.send(Message(OLENA, text=f"Number {number}"))

        with pytest.raises(AssertionError, match=r"'Number 0'(.|\n)*and 3 more$"):
            outbox.assert_nothing_sent()

    def test_twice_is_not_once(self, outbox: Outbox) -> None:
        """A message that was sent twice is not taken for one message."""
        client = connect("hyber")
        for _ in range(2):
            client.send(Message(OLENA, text="Hi"))

        with pytest.raises(AssertionError, match="and 2 were"):
            outbox.assert_sent(to=OLENA)
        outbox.assert_count(2, OLENA, "Hi", provider="hyber")
        with pytest.raises(AssertionError, match="provider='textit'"):
            outbox.assert_count(1, provider="textit")

    def test_forgetting(self, outbox: Outbox) -> None:
        """After `clear`, a test begins anew."""
        connect("hyber").send(Message(OLENA, text="Hi"))
        outbox.clear()
        outbox.assert_nothing_sent()


class TestProviders:
    @pytest.mark.parametrize("name", sorted(polycast.installed_providers()))
    def test_an_installed_provider_keeps_its_features(self, name: str, outbox: Outbox) -> None:
        """What the real provider cannot be told is refused in a test, too; it needs no settings."""
        real = polycast.installed_providers()[name][0].load()

        client = connect(name)

        # A provider without `send_bulk` sends lists one by one.
        divided = {name: getattr(real.features, name) for name in ("bulk_limit", "personalisation")}
        assert attrs.evolve(client.features, **divided) == real.features
        assert client.provider_name == name
        if not real.features.media:
            with pytest.raises(Unsupported, match="cannot be told media"):
                client.send(Message(OLENA, text="Hi", media=["https://example.org/a.png"]))
        if not real.features.lookup:
            with pytest.raises(Unsupported, match="does not offer lookup"):
                client.lookup(Message(OLENA, text="Hi"), datetime.now(UTC))
        if not real.features.actions:
            with pytest.raises(Unsupported, match="cannot pause"):
                client.control("broadcast:1", Action.PAUSE)
        outbox.assert_nothing_sent()

    def test_settings_that_are_given_are_checked(
        self, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A misspelt setting, or one of a wrong type, is refused as in earnest."""
        with pytest.raises(SettingsError, match="did you mean 'login'"):
            connect("hyber", logn="x")
        with pytest.raises(SettingsError, match="the keyword project_id"):
            connect("mozes", project_id="many")
        with pytest.raises(SettingsError, match="timeout is a positive number"):
            connect("mozes", timeout=-1)
        monkeypatch.setenv("POLYCAST_SMSBY_TIMEZONE", "Europe/Atlantis")
        with pytest.raises(SettingsError, match="timezone is an IANA name"):
            connect("smsby")

    def test_all_settings(self) -> None:
        """Where a test wants it, what is missing is refused, too."""
        with opened(all_settings=True) as box:
            with pytest.raises(SettingsError, match="smsby needs the setting 'token'"):
                connect("smsby")
            connect("smsby", token="t").send(Message(OLENA, text="Hi"))
        box.assert_sent(OLENA)

    def test_a_name_that_is_not_installed(self, outbox: Outbox) -> None:
        """A profile's name that only production knows takes everything."""
        client = connect("kyiv", token="t", anything="else")
        receipt = client.send(Message("telegram:7", text="Hi", channels=["viber"]))
        assert receipt.id is not None
        assert client.control(receipt.id, Action.PAUSE).state is State.PAUSED

    def test_a_name_made_known(self, outbox: Outbox) -> None:
        """A name can be given an installed provider's features, or any."""
        outbox.know("kyiv", like="textit")
        outbox.know("pigeons", like=Features(channels=("pigeon",)))
        with pytest.raises(SettingsError, match="did you mean 'token'"):
            connect("kyiv", tokn="t")
        with pytest.raises(Unsupported, match="kyiv cannot be told sender"):
            connect("kyiv").send(Message(OLENA, text="Hi", sender="Inn"))
        with pytest.raises(Unsupported, match="pigeons does not send by 'sms'"):
            connect("pigeons").send(Message(OLENA, text="Hi", channels=["sms"]))

    def test_a_broken_provider(self, outbox: Outbox, install_distribution: Any) -> None:
        """A plugin that cannot be imported is as broken under test."""
        install_distribution(
            "stranger-broken", {"polycast.providers": {"broken": "stranger_broken:X"}}, "1 / 0"
        )
        with pytest.raises(polycast.BrokenProvider, match="stranger-broken"):
            connect("broken")

    def test_the_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """After the block providers are real again, even when one block is inside another."""
        monkeypatch.chdir(tmp_path)
        with opened() as outer:
            with opened() as inner:
                connect("hyber").send(Message(OLENA, text="in"))
            connect("hyber").send(Message(OLENA, text="out"))
        inner.assert_sent(text="in")
        outer.assert_sent(text="out")
        with pytest.raises(SettingsError, match="hyber needs"):
            connect("hyber")


class TestFailures:
    def test_a_refusal(self, outbox: Outbox) -> None:
        """The next message is refused as a test has said, and those after it are sent."""
        outbox.fail_next(Rejected, "No such number")
        client = connect("hyber")

        with pytest.raises(Rejected, match="hyber refused send: No such number"):
            client.send(Message(OLENA, text="Hi"))
        outbox.assert_nothing_sent()
        client.send(Message(OLENA, text="Hi"))
        outbox.assert_sent(OLENA)

    def test_an_error_of_ones_own(self, outbox: Outbox) -> None:
        """An error that was made beforehand is raised as it is, as often as was asked for."""
        error = Rejected("No", provider="hyber", http_status=400)
        outbox.fail_next(error, times=2)
        client = connect("hyber")
        for _ in range(2):
            with pytest.raises(Rejected) as raised:
                client.send(Message(OLENA, text="Hi"))
            assert raised.value is error
        client.send(Message(OLENA, text="Hi"))

    def test_another_call(self, outbox: Outbox) -> None:
        """Other calls fail only where they are meant."""
        outbox.fail_next(polycast.ProviderUnavailable, hook="status")
        client = connect("hyber")
        receipt = client.send(Message(OLENA, text="Hi"))
        assert receipt.id is not None
        with pytest.raises(polycast.ProviderUnavailable):
            client.status(receipt.id)
        assert client.status(receipt.id).state is State.QUEUED

    @pytest.mark.parametrize("error", [ValueError, ValueError("x"), "Rejected", UsageError])
    def test_no_error_of_ours(self, outbox: Outbox, error: Any) -> None:
        """What no provider can raise is not raised by this one."""
        with pytest.raises(UsageError, match="none of Polycast's errors"):
            outbox.fail_next(error)

    @pytest.mark.parametrize("arrived", [True, False])
    def test_a_lost_reply(self, outbox: Outbox, arrived: bool) -> None:
        """A lost reply raises OutcomeUnknown, is not repeated, and can be looked up."""
        since = datetime.now(UTC) - timedelta(seconds=1)
        broadcast = Broadcast(text="Hi", recipients=[OLENA, ANDRII])
        client = connect("hyber")
        outbox.lose_next_reply(arrived=arrived)

        with pytest.raises(OutcomeUnknown, match="hyber carried out send_bulk: the reply was lost"):
            client.send_bulk(broadcast)

        outbox.assert_count(2 if arrived else 0)
        found = client.lookup(broadcast, since)
        assert (found is not None) == arrived
        if found is not None:
            assert [each.to for each in found.receipts] == [OLENA, ANDRII]
        assert client.lookup(broadcast, datetime.now(UTC) + timedelta(hours=1)) is None

    def test_a_lost_reply_to_one_message(self, outbox: Outbox) -> None:
        """One message whose reply was lost is looked up like a broadcast to one."""
        message = Message(OLENA, text="Hi")
        client = connect("hyber")
        outbox.lose_next_reply()
        with pytest.raises(OutcomeUnknown):
            client.send(message)
        found = client.lookup(message, outbox.messages[0].at)
        assert found is not None
        assert found.receipts[0].id == outbox.messages[0].id

    def test_times(self, outbox: Outbox) -> None:
        """Nothing can fail less than once."""
        with pytest.raises(UsageError, match="positive"):
            outbox.fail_next(Rejected, times=0)


class TestFollowing:
    def test_delivery(self, outbox: Outbox) -> None:
        """A test moves messages on, and the client is told so."""
        client = connect("hyber")
        sent = invite(client)
        assert sent.id is not None
        assert client.status(sent.id).state is State.QUEUED

        moved = outbox.deliver(to=OLENA)
        outbox.deliver(to=ANDRII, state=State.FAILED, detail="out of reach")

        assert [each.to for each in moved] == [OLENA]
        status = client.wait(sent.id, timeout=1, interval=0.01)
        assert status.counts == {State.DELIVERED: 1, State.FAILED: 1}
        told = [(each.to, each.state, each.detail, each.reference) for each in status.reports]
        assert told == [
            (OLENA, State.DELIVERED, None, "row-1"),
            (ANDRII, State.FAILED, "out of reach", "row-2"),
        ]
        assert outbox.deliver() == outbox.deliver(state=State.FAILED) == []
        assert [each.to for each in outbox.deliver(state=State.READ)] == [OLENA]

    def test_control(self, outbox: Outbox) -> None:
        """A broadcast can be paused, resumed, stopped and deleted, each in its time."""
        client = connect("ogangi")
        sent = client.send_bulk(Broadcast(text="Hi", recipients=[OLENA, ANDRII]))
        assert sent.id is not None
        with pytest.raises(Conflict, match="is queued"):
            client.control(sent.id, Action.RESUME)
        assert client.control(sent.id, Action.PAUSE).state is State.PAUSED
        assert outbox.deliver() == []
        assert client.control(sent.id, Action.RESUME).state is State.QUEUED
        assert client.control(sent.id, Action.STOP).state is State.CANCELLED
        with pytest.raises(Conflict):
            client.control(sent.id, Action.STOP)
        client.control(sent.id, Action.DELETE)
        with pytest.raises(NotFound):
            client.status(sent.id)
        outbox.assert_count(2)

    def test_scheduled(self, outbox: Outbox) -> None:
        """What is to be sent later is scheduled."""
        later = datetime(2999, 1, 31, 9, tzinfo=UTC)
        receipt = connect("hyber").send(Message(OLENA, text="Hi", send_at=later))
        assert receipt.state is State.SCHEDULED
        assert outbox.assert_sent().request.send_at == later

    def test_callbacks(self, outbox: Outbox) -> None:
        """What the provider would push is understood by the client."""
        client = connect("hyber")
        invite(client)
        moved = outbox.deliver(to=OLENA)

        reports = client.receive(outbox.callback(moved))

        told = [(each.to, each.state) for each in reports if isinstance(each, Report)]
        assert told == [(OLENA, State.DELIVERED)]
        assert len(client.receive(outbox.callback())) == 2
        with pytest.raises(UsageError, match="none of hyber's callbacks"):
            client.receive(polycast.CallbackRequest(body=b"[]"))

    def test_unknown_ids(self, outbox: Outbox) -> None:
        """An id that no receipt gave out is not found."""
        with pytest.raises(NotFound, match="there is no message:7"):
            connect("hyber").status("message:7")


def test_a_client_of_ones_own() -> None:
    """The provider in memory can be used without an outbox, like any other."""
    gateway = InMemoryGateway()
    with polycast.Client("memory", Memory(gateway=gateway)) as client:
        client.send(Message("contact:7", text="Hi"))
    assert [each.text for each in gateway.messages] == ["Hi"]


def test_without_pytest() -> None:
    """The outbox needs no pytest, and importing the room imports nothing but what is asked for."""
    code = """
import sys
sys.modules["pytest"] = None
import polycast, polycast.testing
with polycast.testing.outbox() as box:
    polycast.connect("kyiv").send(polycast.Message("+380961111111", text="Hi"))
box.assert_sent(to="+380961111111", text="Hi")
assert "requests" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


class TestClientsOfBefore:
    """A module that connects when it is imported is tested as well."""

    def test_a_client_that_is_there_already(self, unreachable: str) -> None:
        """What it sends goes to the outbox, and nothing to its provider, until the block ends."""
        client = connect("textit", config=None, token="t0ken", base_url=unreachable, attempts=1)

        with opened() as box:
            client.send(Message(OLENA, text="Hello"))
            invite(client)
            with pytest.raises(Unsupported):  # it keeps the features of its provider
                client.control("1", Action.PAUSE)
            box.assert_count(3, provider="textit")
        with pytest.raises(ProviderUnavailable):
            client.send(Message(OLENA, text="Hello"))

    def test_wrappers_stay_around_it(self, tmp_path: Path) -> None:
        """Its wrappers act, and are not told a second time whose they are."""
        log = AuditLog(tmp_path / "audit.jsonl")
        client = connect("textit", config=None, token="t0ken", wrappers=[log])

        with opened() as box:
            client.send(Message(OLENA, text="Hello"))

        box.assert_sent(to=OLENA)
        assert (tmp_path / "audit.jsonl").read_text().count("\n") == 2

    def test_a_client_that_an_earlier_outbox_made(self) -> None:
        """A module that is imported in one test sends to the outbox of the next one, too."""
        with opened() as first:
            client = connect("textit", token="t0ken")
            client.send(Message(OLENA, text="One"))
        with opened() as second:
            client.send(Message(OLENA, text="Two"))

        first.assert_sent(text="One")
        second.assert_sent(text="Two")
