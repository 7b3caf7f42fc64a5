"""A dry run: nothing is sent, and a script runs to its end."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from polycast import (
    Action,
    Broadcast,
    Client,
    Features,
    Message,
    Receipt,
    Recipient,
    State,
    Unsupported,
    UsageError,
    hookimpl,
)
from polycast.wrappers import DryRun, SuppressionList

Connect = Callable[..., Client]
PHONES = [f"+38096123450{n}" for n in range(5)]
WORDS = "dry run: nothing was sent"


def test_nothing_is_sent_and_each_receipt_says_so(connect: Connect, provider: Any) -> None:
    """
    A message and a broadcast are answered for in the provider's place, one receipt per recipient.
    """
    client = connect(DryRun())

    receipt = client.send(Message(PHONES[0], text="Hello"))
    sent = client.send_bulk(
        Broadcast(text="Hello", recipients=[Recipient(to, reference=to[-1]) for to in PHONES])
    )

    assert (receipt.state, receipt.to, receipt.detail) == (State.CANCELLED, PHONES[0], WORDS)
    assert sent.state is State.CANCELLED
    assert [(each.to, each.reference) for each in sent.receipts] == [(to, to[-1]) for to in PHONES]
    assert {(each.state, each.detail) for each in sent.receipts} == {(State.CANCELLED, WORDS)}
    assert [batch.size for batch in sent.batches] == [2, 2, 1]
    assert provider.asked == []


def test_what_was_not_sent_can_be_followed(connect: Connect, provider: Any) -> None:
    """
    A script that waits for what it sent, or stops it, comes to its end.
    """
    client = connect(DryRun())
    sent = client.send_bulk(Broadcast(text="Hello", recipients=PHONES))
    assert sent.id is not None

    assert client.wait(sent.id).state is State.CANCELLED
    assert client.control(sent.id, Action.STOP).state is State.CANCELLED
    assert provider.asked == []


def test_what_is_refused_is_refused_all_the_same(connect: Connect, provider: Any) -> None:
    """
    What the real call would refuse before any request is refused by a dry run, too.
    """
    client = connect(DryRun(), SuppressionList(addresses=[PHONES[0]]))

    for request, words in (
        (Message("telegram:1", text="Hello"), "does not take 'telegram'"),
        (Message(PHONES[1]), "nothing to say"),
        (Message(PHONES[0], text="Hello"), "suppression list"),
    ):
        with pytest.raises(UsageError, match=words):
            client.send(request)
    provider.refusal = Unsupported("too long")
    with pytest.raises(Unsupported, match="too long"):
        client.send_bulk(Broadcast(text="Hello", recipients=PHONES))


def test_an_action_on_what_was_sent_before_is_not_passed_on(
    connect: Connect, provider: Any
) -> None:
    """
    A dry run stops nothing: its answer says so, and is no state of the broadcast.
    """
    status = connect(DryRun()).control("b1", Action.STOP)

    assert (status.state, status.detail) == (State.UNKNOWN, "dry run: it was not told to stop")
    assert provider.asked == []


def test_what_only_reads_reaches_the_provider(connect: Connect, provider: Any) -> None:
    """
    Statuses and look-ups of what was really sent are the provider's.
    """
    client = connect(DryRun())

    assert client.status("b1").state is State.SENT
    assert client.lookup(Message(PHONES[0], text="Hello"), datetime.now(UTC)) is not None
    assert provider.asked == [("status", "b1"), ("lookup", PHONES[0])]


def test_a_provider_that_wants_to_come_first_does_not() -> None:
    """
    Even a provider that asks pluggy to be called first is not called.
    """

    @attrs.define(eq=False)
    class Pushy:
        features: Any
        sent: bool = False

        @hookimpl(tryfirst=True)
        def send(self, message: Message) -> Receipt:
            self.sent = True
            return Receipt("m1", State.QUEUED, message.to)

    pushy = Pushy(Features(channels=("sms",)))
    receipt = Client("pushy", pushy, wrappers=[DryRun()]).send(Message(PHONES[0], text="Hello"))

    assert receipt.state is State.CANCELLED
    assert not pushy.sent


def test_it_claims_nothing_that_the_provider_lacks() -> None:
    """
    A hook that the provider does not have is unsupported in a dry run, too.
    """

    @attrs.define(eq=False)
    class Mute:
        pass

    client = Client("mute", Mute(), wrappers=[DryRun()])

    with pytest.raises(Unsupported, match="does not offer status"):
        client.status("1")
