"""What became of one address: `Ledger.find`."""

from datetime import UTC, datetime
from typing import Any

import pytest
from polycast import Broadcast, Message, Recipient, Rejected, Report, State, Status, UsageError
from polycast.campaign import Ledger
from polycast.client import Client

from .conftest import Scripted
from .test_sends import Single, lost, raising

NUMBER = "+12125550007"


@pytest.fixture
def account() -> Client:
    """An account of a provider of single messages."""
    return Client("scripted", Single())


def test_by_address(ledger: Ledger, client: Client, account: Client, broadcast: Broadcast) -> None:
    """Every message to an address is found, however it is spelled, the latest first."""
    campaign = ledger.plan(client, broadcast, key="daily-1", profile="bistro")
    campaign.run(client, workers=1)
    ledger.send(account, Message(NUMBER, text="Your table is ready"), key="table-7")
    ledger.send(account, Message("+12125550008", text="Your table is ready"))

    for spelling in (NUMBER, "12125550007", "+1 (212) 555-00-07", f"tel:{NUMBER}"):
        single, recipient = ledger.find(spelling)
        assert (single.to, single.campaign, single.key) == (NUMBER, None, "table-7")
        assert (single.message_id, single.state, single.detail) == ("message:1", "queued", "taken")
        assert (recipient.campaign, recipient.key) == (campaign.id, "daily-1")
        assert (recipient.profile, recipient.provider) == ("bistro", "scripted")
        assert (recipient.reference, recipient.batch_id) == ("r7", "job:1")
        assert recipient.sent_at is not None
        assert single.sent_at is not None
        assert recipient.sent_at <= single.sent_at
    assert ledger.find("+12125550099") == []


def test_by_reference_id_and_key(
    ledger: Ledger, client: Client, account: Client, broadcast: Broadcast
) -> None:
    """A reference, the provider's id of a message or of a call, and a key find what has them."""
    ledger.plan(client, broadcast).run(client, workers=1)
    ledger.send(account, Message(NUMBER, text="Hi"), key="table-7")
    assert [each.to for each in ledger.find("r7")] == [NUMBER]
    assert [each.to for each in ledger.find("message:1")] == [NUMBER]
    assert [each.to for each in ledger.find("table-7")] == [NUMBER]
    assert len(ledger.find("job:2")) == 10
    assert ledger.find("daily") == []


def test_a_name_that_json_escapes(ledger: Ledger, client: Client) -> None:
    """A reference with quotes, a backslash or letters of any language is found."""
    names = ['a "b"', "c\\d", "Олена", "😀"]
    people = [Recipient(f"+1212555{n:04}", reference=name) for n, name in enumerate(names)]
    ledger.plan(client, Broadcast(text="Hi", recipients=people)).run(client)
    assert [ledger.find(name)[0].reference for name in names] == names


def test_a_number_inside_another(ledger: Ledger, client: Client) -> None:
    """A longer number, or one in a variable, is another one."""
    people = [
        Recipient("+121255500071"),
        Recipient("+12125550001", {"friend": NUMBER}),
    ]
    ledger.plan(client, Broadcast(text="Hi", recipients=people)).run(client)
    assert ledger.find(NUMBER) == []


def test_what_was_not_sent(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """Those who are planned, rejected or left out are found, with the reason."""
    people = [Recipient(NUMBER), Recipient(NUMBER), Recipient("+12125550008")]
    campaign = ledger.plan(
        client, Broadcast(text="Hi", recipients=people), suppressed={"+12125550008"}
    )
    planned, duplicate = sorted(ledger.find(NUMBER), key=lambda each: each.state == "duplicate")
    assert (planned.state, planned.sent_at) == ("planned", None)
    assert duplicate.detail == "the same text goes to the same address already"
    (suppressed,) = ledger.find("+12125550008")
    assert (suppressed.state, suppressed.campaign) == ("suppressed", campaign.id)

    def refuse(_: Broadcast) -> Any:
        raise Rejected("no such number", provider="scripted")

    provider.deeds.append(refuse)
    campaign.run(client)
    assert "no such number" in str(ledger.find(NUMBER)[0].detail)


def test_doubt_is_said(ledger: Ledger) -> None:
    """A single message in doubt, or refused, is found as such."""
    single = Single()
    account = Client("scripted", single)
    single.deeds += [raising(lost()), raising(Rejected("no credit", provider="scripted"))]
    for key in ("a", "b"):
        with pytest.raises(Exception, match=r"lost|credit"):
            ledger.send(account, Message(NUMBER, text=key), key=key)
    assert {each.key: each.state for each in ledger.find(NUMBER)} == {
        "a": "in doubt",
        "b": "rejected",
    }


@pytest.mark.parametrize("what", ["", "  ", None, 5])
def test_what_cannot_be_sought(ledger: Ledger, what: Any) -> None:
    """An empty question is refused, since it would find everything."""
    with pytest.raises(UsageError, match="What to find"):
        ledger.find(what)


class TestReports:
    """What is told later of single messages."""

    def told(self, ledger: Ledger) -> tuple[str, str | None, datetime | None]:
        (found,) = ledger.find(NUMBER)
        return found.state, found.detail, found.at

    def test_pushed(self, ledger: Ledger, account: Client) -> None:
        """A pushed report is written down at once; a late or repeated one changes nothing."""
        receipt = ledger.send(account, Message(NUMBER, text="Hi"))
        at = datetime(2026, 1, 1, 12, tzinfo=UTC)
        delivered = Report(NUMBER, State.DELIVERED, receipt.id, detail="23033", at=at)
        assert ledger.note(account, [delivered]) == 1
        ledger.note(account, [Report(NUMBER, State.SENT, receipt.id), delivered])
        assert self.told(ledger) == ("delivered", "23033", at)
        assert ledger.send(account, Message(NUMBER, text="Hi")).id == "message:2"

    def test_pushed_with_another_handle(self, ledger: Ledger, account: Client) -> None:
        """The receipt may have given one of several handles."""
        receipt = ledger.send(account, Message(NUMBER, text="Hi"))
        other = Report(None, State.READ, "x", aliases=(str(receipt.id),))
        ledger.note(account, [other])
        assert self.told(ledger)[0] == "read"

    def test_pushed_before_the_answer_was_recorded(self, ledger: Ledger) -> None:
        """A report that overtakes the answer to the call is kept, and matched later."""
        single = Single()
        account = Client("scripted", single)

        def early(_: Message) -> None:
            ledger.note(account, [Report(NUMBER, State.DELIVERED, "message:1")])

        single.deeds.append(early)
        ledger.send(account, Message(NUMBER, text="Hi"))
        assert self.told(ledger)[0] == "delivered"

    def test_of_another_provider(self, ledger: Ledger, account: Client) -> None:
        """An id means something to its own provider alone."""
        receipt = ledger.send(account, Message(NUMBER, text="Hi"))
        other = Client("other", Single())
        ledger.note(other, [Report(NUMBER, State.FAILED, receipt.id)])
        assert self.told(ledger)[0] == "queued"

    def test_asked_for(self, ledger: Ledger, account: Client) -> None:
        """A status of a single message is written down; of anything else nothing is kept."""
        receipt = ledger.send(account, Message(NUMBER, text="Hi"))
        asked = Status(str(receipt.id), State.FAILED, detail="out of reach")
        assert ledger.note(account, [asked, Status("job:9", State.SENT)]) == 1
        assert self.told(ledger)[:2] == ("failed", "out of reach")

    def test_the_stored_receipt_stays(self, ledger: Ledger, account: Client) -> None:
        """A key returns the receipt as it was; `find` tells what became of it since."""
        message = Message(NUMBER, text="Hi")
        receipt = ledger.send(account, message, key="k")
        ledger.note(account, [Report(NUMBER, State.DELIVERED, receipt.id)])
        assert ledger.send(account, message, key="k") == receipt
