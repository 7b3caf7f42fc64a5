"""Wrenpost behind Polycast's hooks."""

from typing import ClassVar

import attrs
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    Features,
    Message,
    ProviderSettings,
    Receipt,
    Secret,
    State,
    Status,
    hookimpl,
)
from polycast.wire import Transport

from polycast_wrenpost._client import Client
from polycast_wrenpost._client import models as m
from polycast_wrenpost.errors import judge
from polycast_wrenpost.mapping import check_id, to_receipts, to_sms, to_status
from polycast_wrenpost.options import Options

__all__ = ["Settings", "Wrenpost"]

_NAME = "wrenpost"


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of Wrenpost.

    Args:
        key: the account's key.
    """

    key: Secret


@attrs.define(eq=False)
class Wrenpost:
    """Wrenpost: SMS, one text for as many as a hundred numbers in a call."""

    settings: Settings
    api: Client = attrs.field(init=False)

    Settings = Settings
    features: ClassVar[Features] = Features(
        channels=("sms",),
        bulk_limit=100,
        scheduling=True,
        ttl=True,
        sender=True,
        reports=True,
        actions=frozenset({Action.STOP}),
        options=Options,
    )

    def __attrs_post_init__(self) -> None:
        transport = Transport(
            _NAME,
            auth=Client.SECURITY["key"].auth(self.settings.key),
            timeout=self.settings.timeout,
            deadline=self.settings.deadline,
            judge=judge,
        )
        self.api = Client(transport, base_url=self.settings.base_url)

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.Sms:
        """Build the request, or refuse addresses that are not numbers."""
        recipients = [request] if isinstance(request, Message) else list(request.recipients)
        return to_sms(request, recipients)

    @hookimpl
    def send(self, message: Message, payload: m.Sms) -> Receipt:
        """Send one message: `POST /send`."""
        answer = self.api.send_sms(payload)
        [receipt] = to_receipts(answer, message, self.api.transport.now)
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: m.Sms) -> BulkReceipt:
        """Send one text to several numbers: `POST /send`."""
        answer = self.api.send_sms(payload)
        receipts = to_receipts(answer, broadcast, self.api.transport.now)
        ids = [receipt.id for receipt in receipts if receipt.id is not None]
        state = State.overall(receipt.state for receipt in receipts)
        return BulkReceipt(",".join(ids) or None, state, receipts, raw=answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far messages have come: `GET /state`."""
        return to_status(self.api.get_state(id=check_id(id)), id)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Stop what has not been handed on: `POST /cancel`, then `GET /state`."""
        self.api.cancel(m.Cancelled(id=check_id(id)))
        return self.status(id)
