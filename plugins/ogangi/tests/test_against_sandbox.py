"""The plugin against a server of its own: real HTTP, and a clock that the test moves."""

import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    OutcomeUnknown,
    PolycastError,
    Recipient,
    State,
    UsageError,
)
from polycast.sandbox import ManualClock, faults
from polycast.testing.environments import Environment, environments
from polycast_ogangi import Ogangi, Options
from polycast_ogangi.sandbox import OgangiSandbox

GUESTS = [
    Recipient("+380961234567", {"name": 'Іван "Ваня"'}, reference="guest 1"),
    Recipient("+380962345678", {"name": "Олена; Оля"}),
]
#: The sandbox refuses numbers that end like this.
REFUSED = "+380960000000"


@pytest.fixture
def environment() -> Iterator[Environment[OgangiSandbox]]:
    """A client, the server it talks to, and the time there."""
    with environments(OgangiSandbox) as make:
        yield make()


@pytest.fixture
def clock(environment: Environment[OgangiSandbox]) -> ManualClock:
    """The sandbox's time."""
    return environment.clock


@pytest.fixture
def sandbox(environment: Environment[OgangiSandbox]) -> OgangiSandbox:
    """The server."""
    return environment.server


#: Connects with these settings changed.
Connect = Callable[..., Client]


@pytest.fixture
def connect(environment: Environment[OgangiSandbox]) -> Connect:
    """Makes more clients of the server."""
    return environment.connect


@pytest.fixture
def client(environment: Environment[OgangiSandbox]) -> Client:
    """A client with the settings that the server accepts."""
    return environment.client


def read(sandbox: OgangiSandbox) -> list[tuple[str, str, str]]:
    """What has arrived: number, text, sender."""
    return [(each.to, each.text, each.sender) for each in sandbox.inbox]


def accepted(sandbox: OgangiSandbox) -> int:
    """How many messages the server took on."""
    return len(sandbox.accepted)


def test_a_message(client: Client, sandbox: OgangiSandbox, clock: ManualClock) -> None:
    """A message arrives as it was written, blanks, quotes and line breaks and all."""
    text = ' Say "so";\n Юліє, {ok}? '
    receipt = client.send(Message("+380961234567", text=text))
    assert receipt.state is State.SENT
    assert receipt.id is not None
    assert receipt.id.startswith("message:-")
    clock.advance(60)
    assert [arrived for _, arrived, _ in read(sandbox)] == [text]
    assert read(sandbox)[0][2] == "434"


def test_a_refused_recipient(client: Client) -> None:
    """A recipient that the server refuses is a receipt with its word."""
    receipt = client.send(Message(REFUSED, text="Hi"))
    assert (receipt.state, receipt.detail) == (State.REJECTED, "BAD_TO")


@pytest.mark.parametrize("dialect", ["csv", "legacy-semicolon"])
def test_a_broadcast_by_file(
    client: Client, sandbox: OgangiSandbox, clock: ManualClock, dialect: str
) -> None:
    """Each recipient has a receipt and gets their own words, in either dialect."""
    guests = [
        Recipient("+380961234567", {"name": "Іван"}, reference="guest 1"),
        Recipient(REFUSED, {"name": "Nobody"}),
        Recipient("+380962345678", text="Just you"),
    ]
    options = Options(delivery="file", dialect=dialect)  # type: ignore[arg-type]
    sent = client.send_bulk(Broadcast(text="Dear {name}!", recipients=guests, options=options))
    assert [(r.to, r.state, r.reference) for r in sent.receipts] == [
        ("+380961234567", State.SENT, "guest 1"),
        (REFUSED, State.REJECTED, None),
        ("+380962345678", State.SENT, None),
    ]
    clock.advance(60)
    assert sorted(text for _, text, _ in read(sandbox)) == ["Dear Іван!", "Just you"]


def test_a_broadcast_to_its_end(client: Client, sandbox: OgangiSandbox, clock: ManualClock) -> None:
    """A broadcast is sent, counted, and final when it is done; everybody reads their own name."""
    sent = client.send_bulk(
        Broadcast(
            text="Dear {name}, {{you}}!", recipients=GUESTS, sender="0000000", name="Фієста & co"
        )
    )
    assert sent.id is not None
    assert sent.id.startswith("broadcast:")
    assert sent.state is State.SENDING
    before = client.status(sent.id)
    assert (before.state, before.expected, before.is_final) == (State.SENDING, 2, False)
    clock.advance(60)
    after = client.status(sent.id)
    assert (after.state, dict(after.counts), after.is_final) == (State.SENT, {State.SENT: 2}, True)
    assert after.started_at == before.started_at
    assert after.finished_at is not None
    assert sorted(read(sandbox), key=lambda each: each[0]) == [
        ("380961234567", 'Dear Іван "Ваня", {you}!', "0000000"),
        ("380962345678", "Dear Олена; Оля, {you}!", "0000000"),
    ]


def many(count: int = 50) -> list[Recipient]:
    """This many recipients."""
    return [Recipient(f"+38096{number:07}", {}) for number in range(5000001, 5000001 + count)]


def test_schedule_and_edit(client: Client, sandbox: OgangiSandbox, clock: ManualClock) -> None:
    """A scheduled broadcast waits for its minute, and can be edited until then."""
    send_at = clock.now() + timedelta(hours=2, seconds=30)
    sent = client.send_bulk(Broadcast(text="Hi", recipients=GUESTS, send_at=send_at))
    assert (sent.id is not None, sent.state) == (True, State.SCHEDULED)
    edited = client.send_bulk(
        Broadcast(
            text="Hi again",
            recipients=GUESTS[:1],
            send_at=send_at,
            options=Options(broadcast_id=sent.id),
        )
    )
    assert (edited.id, edited.state) == (sent.id, State.SCHEDULED)
    clock.advance(2 * 3600 + 30)
    assert not sandbox.inbox
    clock.advance(60)
    assert [text for _, text, _ in read(sandbox)] == ["Hi again"]


def test_a_scheduled_message(client: Client, sandbox: OgangiSandbox, clock: ManualClock) -> None:
    """A message for later is a broadcast that can be asked about, and arrives later."""
    receipt = client.send(
        Message("+380961234567", text="Hi", send_at=clock.now() + timedelta(minutes=5))
    )
    assert (receipt.state, receipt.id is not None) == (State.SCHEDULED, True)
    clock.advance(60)
    assert read(sandbox) == []
    clock.advance(300)
    assert len(read(sandbox)) == 1


def test_shortcodes(client: Client) -> None:
    """The workspace's short codes, zeros and all."""
    assert isinstance(client.provider, Ogangi)
    assert client.provider.shortcodes() == ("434", "0000000", "1111111")


@pytest.mark.parametrize("encoding", ["hex", "base64", "base64url"])
def test_signature_encodings(connect: Connect, sandbox: OgangiSandbox, encoding: str) -> None:
    """Each way of writing signatures is understood by a server that writes them so."""
    sandbox.signature_encoding = encoding  # type: ignore[assignment]
    client = connect(signature_encoding=encoding)
    for guest in many(10):
        assert client.send(Message(guest.to, text="Hi")).state is State.SENT


def test_logs_show_no_secret(
    client: Client, sandbox: OgangiSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """What the HTTP libraries and Polycast log of a call has neither keys nor signatures."""
    caplog.set_level(logging.DEBUG)
    client.send(Message("+380961234567", text="Hi"))
    sandbox.faults.add(faults.LoseReply())
    with pytest.raises(PolycastError):
        client.status("broadcast:999")
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("urllib3", "requests", "polycast.wire"))
    ]
    assert any("sendSMSByFile/8/***/***" in line for line in ours)
    signatures = {request.path.rpartition("/")[2] for request in sandbox.requests}
    assert len(signatures) == 2
    for secret in ("PUBLIC_KEY", "PRIVATE_KEY", *signatures):
        assert secret not in "".join(ours)


def test_one_sms_through_the_generated_client(client: Client, sandbox: OgangiSandbox) -> None:
    """Values in Base64 travel and are signed as such, slashes and all; it is sent once."""
    number, text = (b64encode(value.encode()).decode() for value in ("380961234567", "Really???"))
    assert "/" in text
    answer = client.api.send_sms(8, "Movistar", "434", number, text)
    (message,) = answer.result.messages.message
    assert (message.to, message.text) == ("380961234567", "Really???")
    assert client.status(f"message:{message.id}").state is State.SENT
    sandbox.faults.add(faults.LoseReply(), operation="send_sms")
    with pytest.raises(OutcomeUnknown):
        client.api.send_sms(8, "Movistar", "434", number, text)
    assert [entry.operation for entry in sandbox.requests].count("send_sms") == 2


@pytest.mark.parametrize("place", ["carrier", "from"])
def test_slashes_outside_of_base64_are_refused(
    client: Client, sandbox: OgangiSandbox, place: str
) -> None:
    """A value that is not in Base64 cannot hold a slash, and nothing is sent."""
    values = {"carrier": "Movistar", "from": "434", place: "a/b"}
    with pytest.raises(UsageError, match=f"the {place} 'a/b'"):
        client.api.send_sms(8, values["carrier"], values["from"], "MQ==", "MQ==")
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("number", "state"),
    [
        ("+380961234567", State.DELIVERED),
        ("+380961231111", State.FAILED),
        ("+380961232222", State.EXPIRED),
        (REFUSED, State.REJECTED),
    ],
)
def test_a_message_to_its_end(
    client: Client, clock: ManualClock, number: str, state: State
) -> None:
    """A message can be asked about after its receipt, to whatever end it comes."""
    receipt = client.send(Message(number, text="Hi"))
    clock.advance(600)
    status = client.wait(str(receipt.id))
    assert (status.state, dict(status.counts)) == (state, {state: 1})
