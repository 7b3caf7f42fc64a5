"""Twilio behind Polycast's hooks."""

import re
from datetime import datetime
from typing import Any, ClassVar

import attrs
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Features,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    ProviderSettings,
    Receipt,
    Report,
    Secret,
    Status,
    hookimpl,
)
from polycast.providers import HttpProvider, receipts_for, status_of_one
from polycast.wire import Auth

from polycast_twilio._client import Client
from polycast_twilio._client import models as m
from polycast_twilio.lookup import LAG, look_up, rows
from polycast_twilio.options import Options
from polycast_twilio.reports import from_callback, to_report
from polycast_twilio.request import check_moment, to_new_message
from polycast_twilio.response import check_id, classify_response, is_id, state_of

#: Messages on a page of a list, the most that Twilio has.
_ROWS = 1000


def _sid(kind: str) -> Any:
    def check(instance: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is not None and not re.fullmatch(kind + "[0-9a-fA-F]{32}", value):
            raise ValueError(f"{attribute.name} is {kind} and 32 hexadecimal digits")

    return check


def _one_way_in(settings: "Settings", attribute: object, value: Secret | None) -> None:
    key = settings.key_sid is not None, settings.key_secret is not None
    if key[0] != key[1] or key[0] == (settings.auth_token is not None):
        raise ValueError("give auth_token, or else key_sid and key_secret")


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of Twilio, or a subaccount.

    Args:
        account_sid: the account that messages belong to, `AC...`.
        auth_token: the account's auth token. Give this, or `key_sid` and `key_secret`.
        key_sid: the SID of an API key of the account, `SK...`.
        key_secret: the key's secret.
        sender: the number, short code or name that messages come from where nothing else says so.
        messaging_service_sid: the messaging service, `MG...`, that chooses the sender instead.
    """

    account_sid: str = attrs.field(validator=_sid("AC"))
    auth_token: Secret | None = None
    key_sid: str | None = attrs.field(default=None, validator=_sid("SK"))
    key_secret: Secret | None = attrs.field(default=None, validator=_one_way_in)
    sender: str | None = None
    messaging_service_sid: str | None = attrs.field(default=None, validator=_sid("MG"))


class Twilio(HttpProvider):
    """Twilio: SMS, MMS, WhatsApp and Messenger, one recipient per call.

    The address chooses the channel: `+14155550100`, `whatsapp:+14155550100`, `messenger:1234`.
    """

    settings: Settings
    api: Client

    name = "twilio"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(classify_response)
    features: ClassVar[Features] = Features(
        channels=(),
        schemes=("tel", "whatsapp", "messenger"),
        bulk_limit=1,
        text_required=False,
        scheduling=True,
        ttl=True,
        sender=True,
        media=True,
        callbacks=True,
        reports=True,
        receives=True,
        lookup=True,
        actions=frozenset({Action.STOP}),
        options=Options,
    )

    def auth(self) -> Auth:
        """Return the account's credentials, or those of its API key, as HTTP Basic."""
        login = self.settings.key_sid or self.settings.account_sid
        secret = self.settings.key_secret or self.settings.auth_token
        assert secret is not None, "the settings have been checked"
        return Client.SECURITY["account"].auth(login, secret)

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.NewMessage:
        """Build the request, or refuse what Twilio does not take: addresses, files, moments."""
        check_moment(request.send_at, self.api.transport.now)
        return self._new_message(request)

    @hookimpl
    def send(self, message: Message, payload: m.NewMessage) -> Receipt:
        """Send one message."""
        (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: m.NewMessage) -> BulkReceipt:
        """Send a broadcast to one recipient, which is one message."""
        made = self.api.create_message(self.settings.account_sid, payload)
        if not is_id(made.sid):
            raise self.error(OutcomeUnknown, "create_message", "it names no message", made)
        return _receipt(made, broadcast)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a message has come."""
        told = self.api.fetch_message(self.settings.account_sid, check_id(id))
        return self._status("fetch_message", told, id)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Stop a message that is scheduled; Twilio cancels no other."""
        update = m.MessageUpdate(status="canceled")
        told = self.api.update_message(self.settings.account_sid, check_id(id), update)
        return self._status("update_message", told, id)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand a delivery report that Twilio pushes; its signature is not checked."""
        return from_callback(request, self.settings.account_sid)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether Twilio lists a message that says the same to the same recipient.

        Its lists may lag. Nothing on them is believed 10 seconds after `since` and later.
        """
        wanted = self._new_message(broadcast)
        transport = self.api.transport
        asked = transport.now
        listed = list(
            rows(
                lambda page, token: self.api.list_messages(
                    self.settings.account_sid,
                    to=wanted.to,
                    page_size=_ROWS,
                    page=page,
                    page_token=token,
                )
            )
        )
        made = look_up(listed, wanted, since, transport.clock_skew)
        if made is None and asked < since + LAG:
            detail = "it does not list the message, and its list may lag: ask again in 10 seconds"
            raise self.error(OutcomeUnknown, "list_messages", detail, listed)
        return None if made is None else _receipt(made, broadcast)

    def _new_message(self, request: Message | Broadcast) -> m.NewMessage:
        return to_new_message(request, self.settings.sender, self.settings.messaging_service_sid)

    def _status(self, operation: str, told: m.Message, id: str) -> Status:
        if told.sid != id:
            detail = f"asked about {id}, it told of {told.sid}"
            kind = InvalidResponse if operation == "fetch_message" else OutcomeUnknown
            raise self.error(kind, operation, detail, told)
        return status_of_one(to_report(told), id)


def _receipt(made: m.Message, broadcast: Broadcast) -> BulkReceipt:
    state = state_of(made.status, made.error_code)
    receipts = receipts_for(broadcast.recipients, made.sid, state, made.status, made)
    return BulkReceipt(made.sid, state, receipts, raw=made)
