"""The plugin against a server of its own: real HTTP, and a clock that the test moves."""

from collections.abc import Callable, Iterator
from datetime import date

import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    Recipient,
    Rejected,
    State,
)
from polycast.sandbox import ManualClock, faults
from polycast.testing.environments import Environment, environments
from polycast_mozes import Mozes
from polycast_mozes.sandbox import MozesSandbox

#: The server knows numbers with 555 in them as subscribers, and others as mobile phones of people
#: who are not; 800 is a landline, and 0000 at the end is blocked.
SUBSCRIBER = "+13105551234"
ANOTHER = "+13105556789"
STRANGER = "+13102221234"
LANDLINE = "+18005551234"
BLOCKED = "+13105550000"


@pytest.fixture
def environment() -> Iterator[Environment[MozesSandbox]]:
    """A client, the server it talks to, and the time there."""
    with environments(MozesSandbox) as make:
        yield make()


@pytest.fixture
def clock(environment: Environment[MozesSandbox]) -> ManualClock:
    """The sandbox's time."""
    return environment.clock


@pytest.fixture
def sandbox(environment: Environment[MozesSandbox]) -> MozesSandbox:
    """The server."""
    return environment.server


#: Connects with these settings changed.
Connect = Callable[..., Client]


@pytest.fixture
def connect(environment: Environment[MozesSandbox]) -> Connect:
    """Makes more clients of the server."""
    return environment.connect


@pytest.fixture
def client(environment: Environment[MozesSandbox]) -> Client:
    """A client with the settings that the server accepts."""
    return environment.client


@pytest.fixture
def mozes(client: Client) -> Mozes:
    """The provider behind the client."""
    assert isinstance(client.provider, Mozes)
    return client.provider


def read(sandbox: MozesSandbox) -> list[tuple[str, str]]:
    """What has arrived: number and text."""
    return [(each.to, each.text) for each in sandbox.inbox]


def operations(sandbox: MozesSandbox) -> list[str | None]:
    """What the server was asked to do."""
    return [request.operation for request in sandbox.requests]


# Whole stories


def test_a_message_to_its_end(client: Client, sandbox: MozesSandbox, clock: ManualClock) -> None:
    """A message to a phone arrives as it was written, and its broadcast is completed."""
    text = ' Say "so";\n Юліє, {ok}? 🎉'
    receipt = client.send(Message(SUBSCRIBER, text=text))
    assert (receipt.state, receipt.to) == (State.QUEUED, SUBSCRIBER)
    assert receipt.id is not None
    before = client.status(receipt.id)
    assert (before.state, before.expected, before.is_final) == (State.SENDING, 1, False)
    assert before.started_at == clock.now()
    assert before.finished_at is None
    clock.advance(60)
    after = client.status(receipt.id)
    assert (after.state, dict(after.counts), after.is_final) == (State.SENT, {State.SENT: 1}, True)
    assert after.finished_at is not None
    assert read(sandbox) == [("13105551234", text)]


def test_a_broadcast_to_its_end(client: Client, sandbox: MozesSandbox, clock: ManualClock) -> None:
    """Phones and Mozes IDs get one broadcast; who is refused at the look-up costs nobody else."""
    recipients = [
        Recipient(SUBSCRIBER, reference="guest 1"),
        Recipient(LANDLINE, reference="guest 2"),
        Recipient("contact:1283228"),
        Recipient(BLOCKED),
        Recipient(ANOTHER),
    ]
    sent = client.send_bulk(Broadcast(text="Dear guests", recipients=recipients, name="Friday"))
    assert sent.id is not None
    assert [(r.state, r.to, r.reference) for r in sent.receipts] == [
        (State.QUEUED, SUBSCRIBER, "guest 1"),
        (State.REJECTED, LANDLINE, "guest 2"),
        (State.QUEUED, "contact:1283228", None),
        (State.REJECTED, BLOCKED, None),
        (State.QUEUED, ANOTHER, None),
    ]
    told = [r.detail.partition(":")[0] for r in sent.receipts if r.detail]
    assert told == ["USER_LANDLINE", "USER_BLOCKED"]
    clock.advance(60)
    assert client.wait(sent.id).counts == {State.SENT: 3}
    assert sorted(read(sandbox)) == [
        ("12125550101", "Dear guests"),
        ("13105551234", "Dear guests"),
        ("13105556789", "Dear guests"),
    ]


def test_a_list_from_beginning_to_end(
    client: Client, mozes: Mozes, sandbox: MozesSandbox, clock: ManualClock
) -> None:
    """A list is made, filled, sent to, emptied and deleted; people subscribe and leave."""
    guests = mozes.create_list("Friday's guests")
    assert mozes.subscribe(STRANGER, date(1980, 1, 2)) is True
    assert mozes.subscribe(STRANGER, date(1980, 1, 2)) is False
    refused = mozes.add_to_list(guests, [STRANGER, LANDLINE, SUBSCRIBER, SUBSCRIBER])
    assert {to: error.code for to, error in refused.items()} == {LANDLINE: 11004}
    sent = client.send_bulk(Broadcast(text="Hi", recipients=[guests]))
    assert [(r.state, r.to) for r in sent.receipts] == [(State.QUEUED, guests)]
    clock.advance(60)
    assert client.status(str(sent.id)).counts == {State.SENT: 2}
    assert sorted(read(sandbox)) == [("13102221234", "Hi"), ("13105551234", "Hi")]

    mozes.unsubscribe(STRANGER)
    alone = client.send(Message(guests, text="Hi again"))
    assert client.status(str(alone.id)).expected == 1
    mozes.empty_list(guests)
    assert client.status(str(client.send(Message(guests, text="Hi")).id)).expected == 0
    mozes.delete_list(guests)
    with pytest.raises(Rejected, match="BROADCAST_LIST_INVALID_LIST_PROJECT"):
        client.send(Message(guests, text="Hi"))
    assert operations(sandbox).count("lookup_user") == 3


# Refusals


@pytest.mark.parametrize("error_status", [None, 200, 400, 500])
def test_refusals(sandbox: MozesSandbox, client: Client, error_status: int | None) -> None:
    """Each refusal is a typed error with its code, whatever HTTP status the server gives it."""
    sandbox.error_status = error_status
    calls: list[tuple[Callable[[], object], type[polycast.ProviderError], int]] = [
        (lambda: client.send(Message(STRANGER, text="Hi")), Rejected, 14001),
        (lambda: client.send(Message(SUBSCRIBER, text="x" * 160)), Rejected, 14000),
        (lambda: client.send(Message("contact:77", text="Hi")), Rejected, 14001),
        (lambda: client.send(Message("group:77", text="Hi")), Rejected, 12002),
        (lambda: client.send(Message("group:455327", text="Hi")), Rejected, 12002),
        (lambda: client.send(Message(LANDLINE, text="Hi")), Rejected, 11004),
        (lambda: client.send(Message(BLOCKED, text="Hi")), Rejected, 11003),
        (
            lambda: client.send_bulk(Broadcast(text="Hi", recipients=["contact:77"])),
            Rejected, 10004,
        ),
        (lambda: client.status("eb1ea30eaee7d0b37c04f56960f6c6bd"), NotFound, 14002),
        (lambda: client.provider.create_list("Regulars"), polycast.Conflict, 12000),
        (lambda: client.provider.add_to_list("group:77", ["contact:1283228"]), NotFound, 12001),
        (lambda: client.provider.subscribe(STRANGER, date(2020, 1, 1)), Rejected, 11002),
        (lambda: client.provider.subscribe("contact:990099", date(1980, 1, 1)), Rejected, 11003),
    ]  # fmt: skip
    for call, kind, code in calls:
        with pytest.raises(kind) as caught:
            call()
        assert (type(caught.value), caught.value.code) == (kind, code)
    assert sandbox.accepted == []


def test_one_call_of_one_kind(client: Client, sandbox: MozesSandbox, clock: ManualClock) -> None:
    """A broadcast to lists and persons takes a call for each list, and one for all persons."""
    sent = client.send_bulk(Broadcast(text="Hi", recipients=[SUBSCRIBER, "group:1483228"]))
    assert [batch.size for batch in sent.batches] == [1, 1]
    clock.advance(60)
    assert sorted(read(sandbox)) == [
        ("12125550102", "Hi"),
        ("12125550103", "Hi"),
        ("13105551234", "Hi"),
    ]


def test_the_misspelt_path(connect: Connect, sandbox: MozesSandbox, clock: ManualClock) -> None:
    """A server with the misspelt path alone is sent to once it is wished for, and only once."""
    sandbox.spelling = "printed"
    with pytest.raises(NotFound):
        connect().send(Message(SUBSCRIBER, text="Hi"))
    assert sandbox.accepted == []
    connect(try_misspelt_path=True).send(Message(SUBSCRIBER, text="Hi"))
    assert len(sandbox.accepted) == 1
    sandbox.spelling = "corrected"
    connect(try_misspelt_path=True).send(Message(SUBSCRIBER, text="Hi"))
    assert len(sandbox.accepted) == 2


# What goes wrong on the way


@pytest.mark.parametrize(
    "fault", [faults.LoseReply(), faults.LoseReply(reset=True), faults.Truncate(), faults.Garbage()]
)
@pytest.mark.parametrize(
    ("operation", "to"),
    [
        ("send_sms_to_user", "contact:1283228"),
        ("send_sms_to_user", SUBSCRIBER),
        ("send_sms_to_broadcast_list", "group:1483228"),
    ],
)
def test_a_lost_reply(
    client: Client, sandbox: MozesSandbox, fault: faults.Fault, operation: str, to: str
) -> None:
    """A reply that is lost or unreadable leaves the outcome unknown; the one request stands."""
    sandbox.faults.add(fault, operation=operation)
    with pytest.raises(OutcomeUnknown):
        client.send(Message(to, text="Hi"))
    assert operations(sandbox).count(operation) == 1


def test_a_lost_lookup_is_asked_again(client: Client, sandbox: MozesSandbox) -> None:
    """A look-up only reads: after lost, busy and broken answers the message goes out, once."""
    for fault in (faults.LoseReply(), faults.Throttle(), faults.Error(503)):
        sandbox.faults.add(fault, operation="lookup_user")
    assert client.send(Message(SUBSCRIBER, text="Hi")).state is State.QUEUED
    assert operations(sandbox) == [*["lookup_user"] * 4, "send_sms_to_user"]
    assert len(sandbox.accepted) == 1


def test_a_lookup_that_stays_lost(client: Client, sandbox: MozesSandbox) -> None:
    """A broadcast whose look-ups do not come through is unsent, and safe to send again."""
    sandbox.faults.add(faults.LoseReply(), times=5, operation="lookup_user")
    broadcast = Broadcast(text="Hi", recipients=["contact:1283228", SUBSCRIBER, ANOTHER])
    with pytest.raises(ProviderUnavailable) as caught:
        client.send_bulk(broadcast)
    assert caught.value.safe_to_retry
    assert sandbox.accepted == []
    assert client.send_bulk(broadcast).state is State.QUEUED
    assert len(sandbox.accepted) == 3
