"""What the tests of wrappers stand on: a provider that keeps what it is asked, and a clock."""

from collections.abc import Callable
from datetime import datetime

import attrs
import pytest
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Client,
    Features,
    Message,
    Personalisation,
    Receipt,
    Report,
    State,
    Status,
    hookimpl,
)

Connect = Callable[..., Client]


@attrs.define(eq=False)
class Provider:
    """A provider that keeps what it is asked, and fails as a test tells it."""

    features: Features = Features(
        channels=("sms",),
        schemes=("tel", "contact", "group"),
        bulk_limit=2,
        personalisation=Personalisation.TEXTS,
        actions=frozenset(Action),
    )
    asked: list[object] = attrs.field(factory=list)
    failure: BaseException | None = None
    refusal: Exception | None = None

    def _ask(self, *what: object) -> None:
        self.asked.append(what)
        if self.failure is not None:
            raise self.failure

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> None:
        if self.refusal is not None:
            raise self.refusal

    @hookimpl
    def send(self, message: Message) -> Receipt:
        self._ask("send", message.to)
        return Receipt("m1", State.QUEUED, message.to)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        people = tuple(broadcast.recipients)
        self._ask("send_bulk", *(each.to for each in people))
        receipts = tuple(Receipt(None, State.QUEUED, each.to, each.reference) for each in people)
        return BulkReceipt(f"b{len(self.asked)}", State.QUEUED, receipts)

    @hookimpl
    def status(self, id: str) -> Status:
        self._ask("status", id)
        return Status(id, State.SENT)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        self._ask("control", id, action)
        return Status(id, State.PAUSED)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        self._ask("receive")
        return [Report("+380961234501", State.DELIVERED)]

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        self._ask("lookup", *(each.to for each in broadcast.recipients))
        return BulkReceipt("b1", State.QUEUED, ())


@pytest.fixture
def provider() -> Provider:
    """A provider that nobody has asked anything yet."""
    return Provider()


@pytest.fixture
def connect(provider: Provider) -> Connect:
    """Return a function that puts wrappers around the provider."""
    return lambda *wrappers: Client("acme", provider, wrappers=wrappers)
