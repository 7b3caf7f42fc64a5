"""What is checked is what is sent: `prepare` builds a payload, and the sending hooks get it."""

from collections.abc import Callable, Generator
from pathlib import Path

import attrs
import pytest
from polycast import (
    Broadcast,
    BulkReceipt,
    Client,
    Features,
    Message,
    RateLimited,
    Receipt,
    Rejected,
    State,
    UsageError,
    hookimpl,
)
from polycast.campaign import Ledger

PEOPLE = [f"+3809612345{n:02}" for n in range(10)]
HELLO = Message(PEOPLE[0], text="Hello")


@attrs.frozen
class Payload:
    """What a provider makes of a request: the only thing that it sends."""

    to: tuple[str, ...]
    text: str | None


@attrs.define(eq=False)
class Encoding:
    """A provider that counts how often it prepares, and keeps the payloads that it sends."""

    features: Features = Features(channels=("sms",), bulk_limit=2, all_or_nothing=True)
    prepared: list[Payload] = attrs.field(factory=list)
    sent: list[Payload] = attrs.field(factory=list)
    answers: list[Exception | None] = attrs.field(factory=list)

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> Payload:
        people = [request] if isinstance(request, Message) else request.recipients
        payload = Payload(tuple(each.to for each in people), request.text)
        self.prepared.append(payload)
        return payload

    def _send(self, payload: Payload) -> None:
        self.sent.append(payload)
        error = self.answers.pop(0) if self.answers else None
        if error is not None:
            raise error

    @hookimpl
    def send(self, message: Message, payload: Payload) -> Receipt:
        self._send(payload)
        return Receipt("m1", State.QUEUED, message.to)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Payload) -> BulkReceipt:
        self._send(payload)
        return BulkReceipt(f"b{len(self.sent)}", State.QUEUED, ())


def test_a_message_is_encoded_once() -> None:
    """`send` prepares a message once, and the provider sends that very payload."""
    provider = Encoding()

    Client("acme", provider).send(HELLO)

    assert len(provider.prepared) == 1
    assert provider.sent[0] is provider.prepared[0]


def test_a_batch_is_encoded_once() -> None:
    """`send_bulk` prepares each batch once, before the first call, and sends those payloads."""
    provider = Encoding()

    Client("acme", provider).send_bulk(Broadcast(text="Hello", recipients=PEOPLE), workers=1)

    assert [payload.to for payload in provider.prepared] == [
        tuple(PEOPLE[at : at + 2]) for at in range(0, 10, 2)
    ]
    assert list(map(id, provider.sent)) == list(map(id, provider.prepared))


def test_a_call_that_is_made_again_is_not_encoded_again() -> None:
    """A batch that the provider postponed is sent again with the same payload."""
    provider = Encoding(answers=[RateLimited("slowly", provider="acme", retry_after=0.0)])

    Client("acme", provider).send_bulk(Broadcast(text="Hello", recipients=PEOPLE[:4]), workers=1)

    assert len(provider.prepared) == 2
    assert len(provider.sent) == 3
    assert provider.sent[0] is provider.sent[1]


def test_what_is_sent_of_a_divided_call_is_its_own() -> None:
    """Once a refused call is divided, each part has a payload of its own recipients."""
    provider = Encoding(answers=[Rejected("no", provider="acme")] * 2)

    Client("acme", provider).send_bulk(Broadcast(text="Hello", recipients=PEOPLE[:2]), workers=1)

    assert [payload.to for payload in provider.sent] == [
        (*PEOPLE[:2],),
        *((each,) for each in PEOPLE[:2]),
    ]


def test_a_campaign_validates_when_it_is_planned_and_encodes_when_it_sends(tmp_path: Path) -> None:
    """Planning keeps no payload: running makes one for each batch, and sends it."""
    provider = Encoding()
    client = Client("acme", provider)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        campaign = ledger.plan(client, Broadcast(text="Hello", recipients=PEOPLE))
        planned = len(provider.prepared)
        campaign.run(client, workers=1)

    assert planned == len(provider.sent) == 5
    assert list(map(id, provider.sent)) == list(map(id, provider.prepared[planned:]))


def test_a_provider_that_prepares_nothing_needs_no_payload() -> None:
    """`prepare` and the parameter are optional: without them a hook names what it needs."""

    class Short:
        features = Features(channels=("sms",))

        @hookimpl
        def send(self, message: Message) -> Receipt:
            return Receipt("m1", State.QUEUED, message.to)

    assert Client("short", Short()).send(HELLO).id == "m1"


def surrounding(payload: object) -> object:
    """A wrapper whose `prepare` answers with something of its own."""

    class Meddling:
        @hookimpl
        def prepare(self) -> object:
            return payload

    return Meddling()


def hiding() -> object:
    """A wrapper around `prepare` that lets nothing through."""

    class Hiding:
        @hookimpl(wrapper=True)
        def prepare(self) -> Generator[None, object, None]:
            yield

    return Hiding()


@pytest.mark.parametrize("wrapper", [surrounding(Payload((), "Other")), surrounding(""), hiding()])
@pytest.mark.parametrize(
    "send",
    [
        lambda client: client.send(HELLO),
        lambda client: client.send_bulk(Broadcast(text="Hello", recipients=PEOPLE[:1])),
    ],
)
def test_a_wrapper_cannot_change_what_is_sent(
    wrapper: object, send: Callable[[Client], object]
) -> None:
    """Whatever a wrapper's `prepare` returns, the provider sends its own payload."""
    provider = Encoding()

    send(Client("acme", provider, wrappers=[wrapper]))

    assert provider.sent == [Payload((PEOPLE[0],), "Hello")]


def test_a_wrapper_that_sends_another_message_sends_that_one() -> None:
    """A wrapper that sends a changed message in place of the given one has it prepared anew."""

    class Signing:
        inner: Client

        @hookimpl
        def send(self, message: Message) -> Receipt:
            return self.inner.send(attrs.evolve(message, text=f"{message.text}, Acme"))

    provider, wrapper = Encoding(), Signing()
    wrapper.inner = Client("acme", provider)

    Client("acme", provider, wrappers=[wrapper]).send(HELLO)

    assert provider.sent == [Payload((PEOPLE[0],), "Hello, Acme")]


def test_a_wrapper_may_refuse() -> None:
    """A wrapper's `prepare` refuses a request by raising, before the provider is asked."""

    class Strict:
        @hookimpl
        def prepare(self, request: Message | Broadcast) -> None:
            raise UsageError("not today")

    provider = Encoding()

    with pytest.raises(UsageError, match="not today"):
        Client("acme", provider, wrappers=[Strict()]).send(HELLO)
    assert provider.prepared == provider.sent == []
