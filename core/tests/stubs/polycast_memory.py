"""A provider that keeps everything in memory, and does what the end of an address asks for."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs
from polycast import (
    Action,
    AuthenticationFailed,
    Broadcast,
    BulkReceipt,
    Conflict,
    Features,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Rejected,
    Report,
    Reports,
    Secret,
    State,
    Status,
    hookimpl,
)

#: Every message and broadcast that a hook was given, in order.
sent: list[Message | Broadcast] = []
#: How many times `reports` of a status were read.
reads: list[str] = []


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    token: Secret


@attrs.define(eq=False)
class Memory:
    """Takes three recipients per call."""

    settings: Settings
    asked: int = 0

    Settings = Settings
    features = Features(
        channels=("sms",),
        schemes=("tel", "contact"),
        bulk_limit=3,
        personalisation=Personalisation.TEXTS,
        scheduling=True,
        sender=True,
        media=True,
        reports=True,
        actions=frozenset({Action.PAUSE, Action.RESUME, Action.STOP}),
    )

    @hookimpl
    def send(self, message: Message) -> Receipt:
        sent.append(message)
        if self.settings.token.reveal() == "wrong":
            raise AuthenticationFailed("No such token", provider="memory", operation="send")
        if message.to.endswith("3333"):
            raise OutcomeUnknown("the reply was lost", provider="memory", operation="send")
        if message.to.endswith("0000"):
            raise Rejected(
                "No\x1b[2J such\nnumber", provider="memory", operation="send", http_status=400
            )
        if message.to.endswith("6666"):
            raise KeyboardInterrupt
        return Receipt("message:1", _fate(message.to), message.to, detail="as you wished")

    @hookimpl
    def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
        sent.append(broadcast)
        recipients = tuple(broadcast.recipients)
        if log := os.environ.get("POLYCAST_MEMORY_LOG"):
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(json.dumps([[x.to, broadcast.text_for(x)] for x in recipients]) + "\n")
        if any(each.to.endswith("3333") for each in recipients):
            raise OutcomeUnknown("the reply was lost", provider="memory", operation="send_bulk")
        receipts = tuple(
            Receipt("message:1", _fate(each.to), each.to, each.reference) for each in recipients
        )
        return BulkReceipt(f"broadcast:{len(sent)}", State.QUEUED, receipts)

    @hookimpl
    def status(self, id: str) -> Status:
        if id == "nowhere":
            raise NotFound("No such thing", provider="memory", operation="status")
        self.asked += 1
        if id == "stuck":
            return Status(id, State.SENDING)
        if id == "failed":
            return Status(id, State.FAILED, detail="out of reach")
        if id == "mixed":
            return Status(id, State.SENT, counts={State.DELIVERED: 1, State.FAILED: 1}, final=True)
        if self.asked < 3:
            return Status(id, State.SENDING, {State.SENT: 2}, detail="under way", expected=3)
        return Status(
            id,
            State.DELIVERED,
            {State.DELIVERED: 3},
            reports=Reports(lambda: self._reports(id)),
            finished_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
            expected=3,
        )

    def _reports(self, id: str) -> Iterator[Report]:
        reads.append(id)
        yield Report("+380961234501", State.DELIVERED, reference="a-1", detail="ok")
        yield Report("+380961234502", State.READ)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        if id == "finished":
            raise Conflict("It is over", provider="memory", operation="control")
        return Status(id, {Action.PAUSE: State.PAUSED}.get(action, State.SENDING))


def _fate(to: str) -> State:
    if to.endswith("4444"):
        return State.REJECTED
    return State.UNKNOWN if to.endswith("5555") else State.QUEUED
