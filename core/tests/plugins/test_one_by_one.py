"""Providers whose calls take one recipient: `send_bulk` is made of `send`, `statuses` is asked."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    Client,
    Features,
    Message,
    NotFound,
    Receipt,
    Recipient,
    Rejected,
    Report,
    State,
    Status,
    UsageError,
    hookimpl,
)
from polycast.campaign import Ledger
from polycast.wrappers import AuditLog, DryRun, SuppressionList

PEOPLE = [
    Recipient("+14155550101", {"name": "Ann"}, reference="a"),
    Recipient("whatsapp:US.13491208655302741918", {"name": "{Bob}"}, reference="b"),
    Recipient("+14155550103", {"name": "Cid"}, reference="c"),
]
PERSONAL = Broadcast(text="Dear {name}", recipients=PEOPLE)
EXPECTED = [
    (PEOPLE[0].to, "Dear Ann"), (PEOPLE[1].to, "Dear {Bob}"), (PEOPLE[2].to, "Dear Cid")
]  # fmt: skip


@attrs.define(eq=False)
class Acme:
    """Takes one message per call."""

    features: Features = Features(channels=(), schemes=("tel", "whatsapp"), reports=True)
    sent: list[tuple[str, str | None]] = attrs.field(factory=list)
    refused: str = ""

    @hookimpl
    def prepare(self, request: Message) -> str:
        assert isinstance(request, Message), "it knows nothing of broadcasts"
        if request.text == "no":
            raise UsageError("it says no")
        return f"to {request.to}"

    @hookimpl
    def send(self, message: Message, payload: str) -> Receipt:
        assert payload == f"to {message.to}"
        if message.to == self.refused:
            raise Rejected("no such number", code=7)
        self.sent.append((message.to, message.text))
        return Receipt(f"m{message.to[-2:]}", State.QUEUED, message.to)

    @hookimpl
    def status(self, id: str) -> Status:
        return Status(id, State.SENT, reports=(Report(None, State.SENT, id),))


@attrs.define(eq=False)
class Listing(Acme):
    """Lists many at once, but for the first."""

    lists: list[Sequence[str]] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)

    @hookimpl
    def status(self, id: str) -> Status:
        self.asked.append(id)
        return Status(id, State.DELIVERED)

    @hookimpl
    def statuses(self, ids: Sequence[str]) -> list[Status]:
        self.lists.append(ids)
        return [Status(id, State.DELIVERED) for id in reversed(ids[1:])]


def test_a_broadcast_is_sent_one_by_one() -> None:
    """
    A provider with `send` alone takes broadcasts: each text is filled in, each receipt is its own.
    """
    provider = Acme()

    receipt = Client("acme", provider).send_bulk(PERSONAL, workers=1)

    assert provider.sent == EXPECTED
    assert [(each.id, each.to, each.reference) for each in receipt] == [
        ("m01", PEOPLE[0].to, "a"), ("m18", PEOPLE[1].to, "b"), ("m03", PEOPLE[2].to, "c")
    ]  # fmt: skip
    assert [batch.size for batch in receipt.batches] == [1, 1, 1]


def test_a_campaign_is_sent_one_by_one(tmp_path: Any) -> None:
    """
    The same through a ledger, also to somebody who has an id and no number.
    """
    provider = Acme()
    client = Client("acme", provider)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, PERSONAL)
        campaign.run(client, workers=1)
        campaign.refresh(client)

        assert sorted(provider.sent) == sorted(EXPECTED)
        assert {(each.to, each.state) for each in campaign.results()} == {
            (to, "sent") for to, _ in EXPECTED
        }


def test_a_refused_recipient_costs_no_other() -> None:
    """
    One refusal is that recipient's own.
    """
    receipt = Client("acme", Acme(refused=PEOPLE[1].to)).send_bulk(PERSONAL)

    assert [each.state for each in receipt] == [State.QUEUED, State.REJECTED, State.QUEUED]


def test_a_message_that_prepare_refuses_is_refused_before_the_first_call() -> None:
    """
    Every message of a broadcast is prepared first, and the error names the recipient.
    """
    provider = Acme()
    people = [*PEOPLE, Recipient("+14155550104", text="no")]

    with pytest.raises(UsageError, match=r"Recipient 4, \+14155550104: it says no"):
        Client("acme", provider).send_bulk(Broadcast(text="Hello", recipients=people))

    assert provider.sent == []


def test_wrappers_see_a_broadcast_as_of_every_provider(tmp_path: Any) -> None:
    """
    A wrapper around `send_bulk` is called, and one that answers in its place sends nothing.
    """
    provider = Acme()
    log = tmp_path / "log"

    Client("acme", provider, wrappers=[AuditLog(log)]).send_bulk(PERSONAL)
    assert log.read_text().count('"hook": "send_bulk"') == 6
    assert '"hook": "send"' not in log.read_text()

    provider.sent.clear()
    Client("acme", provider, wrappers=[DryRun()]).send_bulk(PERSONAL)
    assert provider.sent == []


def test_many_statuses_are_asked_for_together() -> None:
    """
    Where a provider lists many at once, one call tells all that it lists; the rest is asked for.
    """
    provider = Listing()
    client = Client("acme", provider)
    receipt = client.send_bulk(PERSONAL, workers=1)
    assert receipt.id is not None

    status = client.status(receipt.id)

    assert status.state is State.DELIVERED
    assert provider.lists == [("m01", "m18", "m03")]
    assert provider.asked == ["m01"]


def test_one_status_is_asked_for_alone() -> None:
    """
    A list is not worth a single message.
    """
    provider = Listing()

    assert Client("acme", provider).status("m01").state is State.DELIVERED
    assert (provider.lists, provider.asked) == ([], ["m01"])


def test_a_refresh_asks_for_many_together(tmp_path: Any) -> None:
    """
    A campaign of single messages is refreshed by lists, and results are the same.
    """
    provider = Listing()
    client = Client("acme", provider)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        campaign = ledger.plan(client, PERSONAL)
        campaign.run(client, workers=1)

        assert campaign.refresh(client) == ()

        assert {each.state for each in campaign.results()} == {"delivered"}
    assert (len(provider.lists), len(provider.asked)) == (1, 1)


def test_an_unknown_id_is_an_error_also_among_many() -> None:
    """
    What neither the list nor `status` knows is NotFound.
    """

    class Forgetful(Listing):
        @hookimpl
        def status(self, id: str) -> Status:
            raise NotFound("it is gone")

    with pytest.raises(NotFound, match="acme did not find what status asked for"):
        Client("acme", Forgetful()).status("batches:m1,m2")


def test_a_bulk_receipt_of_one_message_says_what_the_message_says() -> None:
    """
    Providers that look up a message make the answer of its receipt.
    """
    receipt = Receipt("m1", State.QUEUED, PEOPLE[0].to, raw={"a": 1})

    made = BulkReceipt.of(receipt)

    assert (made.id, made.state, made.receipts, made.raw) == (
        "m1", State.QUEUED, (receipt,), {"a": 1},
    )  # fmt: skip


def test_somebody_without_a_number_is_known_by_the_id() -> None:
    """
    Of users of WhatsApp without a number, the suppressed and the repeated are left out as others.
    """
    provider = Acme()
    client = Client("acme", provider, wrappers=[SuppressionList(addresses=["whatsapp:US.134"])])
    people = ["whatsapp:US.134", "whatsapp:US.135", "whatsapp:US.135", "whatsapp:US.136"]

    receipt = client.send_bulk(Broadcast(text="Hello", recipients=people), workers=1)

    assert [to for to, _ in provider.sent] == ["whatsapp:US.135", "whatsapp:US.136"]
    assert [each.state for each in receipt] == [
        State.CANCELLED, State.QUEUED, State.CANCELLED, State.QUEUED
    ]  # fmt: skip
