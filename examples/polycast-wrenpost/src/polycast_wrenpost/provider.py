"""Wrenpost behind Polycast's hooks."""

from typing import ClassVar

import attrs
from polycast import Features, Message, ProviderSettings, Receipt, Secret, Status, hookimpl
from polycast.wire import Transport

from polycast_wrenpost._client import Client
from polycast_wrenpost.errors import judge
from polycast_wrenpost.mapping import to_receipt, to_sms

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
    """Wrenpost: say here what it sends by, and to whom."""

    settings: Settings
    api: Client = attrs.field(init=False)

    Settings = Settings
    # The contract proves each claim: make one when the mapping keeps it. `polycast.Features` lists
    # them, and `channels=("sms",)` says what `message.channels` may hold.
    features: ClassVar[Features] = Features(channels=())

    def __attrs_post_init__(self) -> None:
        transport = Transport(
            _NAME,
            auth=Client.SECURITY["key"].auth(self.settings.key),
            timeout=self.settings.timeout,
            judge=judge,
        )
        self.api = Client(transport, base_url=self.settings.base_url)

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    # The hooks

    @hookimpl
    def send(self, message: Message) -> Receipt:
        """Send one message: `POST /send`."""
        answer = self.api.send_sms(to_sms(message))
        return to_receipt(answer, message)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a message has come: `GET /state`."""
        raise NotImplementedError(
            "Fill in polycast_wrenpost.provider.Wrenpost.status: what GET /state is called with"
        )
        # answer = self.api.get_state(
        #     id=..., # a string, may be left out: The message's number.
        #     batch=..., # a string, may be left out: The batch's number.
        # )
        # return to_status(answer, id)

    # `send_bulk`, `control`, `receive`, `lookup` and `check` are for what Wrenpost can do besides:
    # polycast.hooks shows each of them. The spec has also:
    # self.api.cancel: POST /cancel
