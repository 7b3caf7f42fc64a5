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
from polycast.providers import HttpProvider
from polycast.wire import Auth

from polycast_wrenpost._client import Client
from polycast_wrenpost._client import models as m
from polycast_wrenpost.options import Options
from polycast_wrenpost.request import to_sms
from polycast_wrenpost.response import check_id, classify_response, to_receipts, to_status

__all__ = ["Settings", "Wrenpost"]


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of Wrenpost.

    Args:
        key: the account's key.
    """

    key: Secret


class Wrenpost(HttpProvider):
    """Wrenpost: SMS, one text for as many as a hundred numbers in a call."""

    settings: Settings
    api: Client

    name = "wrenpost"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(classify_response)
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

    def auth(self) -> Auth:
        """Return the key as a part of each request."""
        return Client.SECURITY["key"].auth(self.settings.key)

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.Sms:
        """Build the request, or refuse what Wrenpost does not take, e.g. no number."""
        return to_sms(request.as_broadcast() if isinstance(request, Message) else request)

    @hookimpl
    def send(self, message: Message, payload: m.Sms) -> Receipt:
        """Send one message: `POST /send`."""
        (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: m.Sms) -> BulkReceipt:
        """Send one text to several numbers: `POST /send`."""
        answer = self.api.send_sms(payload)
        receipts = to_receipts(answer, broadcast, self.accepted_state(broadcast))
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
