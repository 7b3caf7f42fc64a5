"""A provider that keeps everything in memory, and does what a test asks of it."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import attrs

from polycast.config.settings import ProviderSettings
from polycast.errors import UsageError
from polycast.model.features import Features, Personalisation
from polycast.model.messages import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Message,
    Receipt,
    Recipient,
    Report,
    Reports,
    State,
    Status,
)
from polycast.plugins.hookspecs import hookimpl
from polycast.testing.gateway import InMemoryGateway, SentMessage

__all__ = ["EVERYTHING", "Memory"]

#: The features by default: all there are.
EVERYTHING = Features(
    channels=("sms", "viber", "whatsapp", "push"),
    schemes=("*",),
    personalisation=Personalisation.TEXTS,
    text_required=False,
    scheduling=True,
    ttl=True,
    sender=True,
    media=True,
    callbacks=True,
    reports=True,
    receives=True,
    templates=True,
    lookup=True,
    actions=frozenset(Action),
    options=object,
)


@attrs.define(eq=False)
class Memory:
    """A provider that sends nothing anywhere.

    >>> gateway = InMemoryGateway()
    >>> client = Client("memory", Memory(gateway=gateway))
    >>> client.send(Message("+380961111111", text="Hello")).state
    <State.QUEUED: 'queued'>
    >>> gateway.messages[0].text
    'Hello'

    Args:
        settings: not used.
        name: what it calls itself.
        gateway: what it writes to, and is told by what becomes of messages.
    """

    settings: ProviderSettings = attrs.field(factory=ProviderSettings)
    name: str = "memory"
    gateway: InMemoryGateway = attrs.field(factory=InMemoryGateway)

    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    features: ClassVar[Features] = EVERYTHING

    @hookimpl
    def send(self, message: Message) -> Receipt:
        """Take one message on."""
        recipient = Recipient(message.to)
        [sent] = self.gateway.take(self.name, "send", message, [(recipient, message.text)])
        return _receipt(sent)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        """Take one broadcast on."""
        texts = [(each, self._text(broadcast, each)) for each in broadcast.recipients]
        return _bulk_receipt(self.gateway.take(self.name, "send_bulk", broadcast, texts))

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell what a test has made of it by now."""
        return self._status(id, self.gateway.find(self.name, "status", id))

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Pause, resume, stop or delete what has not left."""
        return self._status(id, self.gateway.move(self.name, id, action))

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand what `InMemoryGateway.callback` makes."""
        try:
            rows = json.loads(request.body)["reports"]
            return [
                Report(row["to"], State(row["state"]), row["id"], row["reference"], row["detail"])
                for row in rows
            ]
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"The request is none of {self.name}'s callbacks.") from None

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether a broadcast has arrived: the same texts, to the same people."""
        wanted = [(each.to, self._text(broadcast, each)) for each in broadcast.recipients]
        for sent in self.gateway.called(self.name, since):
            if [(each.to, each.text) for each in sent] == wanted:
                return _bulk_receipt(sent)
        return None

    def _text(self, broadcast: Broadcast, recipient: Recipient) -> str | None:
        if self.features.personalisation is Personalisation.NONE:
            return broadcast.text  # it has been filled in, and braces in it are braces
        return broadcast.text_for(recipient)

    def _status(self, id: str, sent: Sequence[SentMessage]) -> Status:
        reports = [
            Report(each.to, each.state, each.id, each.reference, each.detail) for each in sent
        ]
        return Status(
            id=id,
            state=State.overall([each.state for each in sent]),
            counts=dict(Counter(each.state for each in sent)),
            reports=Reports(lambda: reports) if self.features.reports else (),
            detail=sent[0].detail if len(sent) == 1 else None,
            expected=len(sent),
        )


def _receipt(sent: SentMessage) -> Receipt:
    return Receipt(sent.id, sent.state, sent.to, sent.reference)


def _bulk_receipt(sent: Sequence[SentMessage]) -> BulkReceipt:
    state = State.overall([each.state for each in sent])
    return BulkReceipt(sent[0].call, state, tuple(map(_receipt, sent)))
