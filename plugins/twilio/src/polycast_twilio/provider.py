"""Twilio behind Polycast's hooks."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import attrs
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Features,
    Message,
    ProviderSettings,
    Receipt,
    Reply,
    Report,
    Secret,
    Status,
    errors,
    hookimpl,
)
from polycast.providers import (
    HttpProvider,
    check_id,
    check_moment,
    found_on,
    matching,
    pages,
    query_of,
    status_of_one,
    the_only_one,
)
from polycast.wire import Auth, Undecodable

from polycast_twilio._client import Client
from polycast_twilio._client import models as m
from polycast_twilio.lookup import LAG, is_it
from polycast_twilio.options import Options
from polycast_twilio.reports import from_callback, is_signed, to_report
from polycast_twilio.request import to_new_message
from polycast_twilio.response import ID, classify_response, details_of

#: Error 35115, "Scheduling does not support this timestamp": how far ahead `SendAt` may be.
_AHEAD = timedelta(minutes=5), timedelta(days=35)


_Doubt = errors.InvalidResponse | errors.OutcomeUnknown


def _sid(kind: str) -> Any:
    return matching(kind + "[0-9a-fA-F]{32}", f"{kind} and 32 hexadecimal digits")


def _one_way_in(settings: "Settings", attribute: object, secret: Secret | None) -> None:
    has_key = settings.key_sid is not None
    if has_key != (secret is not None) or not (has_key or settings.auth_token):
        raise ValueError("give auth_token, or else key_sid and key_secret")


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of Twilio, or a subaccount.

    Args:
        account_sid: the account that messages belong to, `AC...`.
        auth_token: the account's auth token. Give this, or `key_sid` and `key_secret`, or all of
            them: the key is then used for calls, and the token to verify what is pushed.
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
        verifies=True,
        replies=True,
        codes=True,
        segments=True,
        prices=True,
        templates=True,
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
    def prepare(self, request: Message) -> m.NewMessage:
        """Build the request, or refuse what Twilio does not take: addresses, files, moments."""
        check_moment(request.send_at, self.api.transport.now, "Twilio", *_AHEAD)
        return self._new_message(request)

    @hookimpl
    def send(self, message: Message, payload: m.NewMessage) -> Receipt:
        """Send one message."""
        made = self.api.create_message(self.settings.account_sid, payload)
        if not re.fullmatch(ID, made.sid):
            raise errors.OutcomeUnknown("it names no message", operation="create_message", raw=made)
        return Receipt(made.sid, to=message.to, **details_of(made))

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a message has come."""
        told = self.api.fetch_message(self.settings.account_sid, _check_id(id))
        return _status(told, id, errors.InvalidResponse)

    @hookimpl
    def statuses(self, ids: Sequence[str]) -> list[Status]:
        """Tell how far the messages have come that are among the latest of the account."""
        found = found_on(self._pages(), map(_check_id, ids), lambda row: row.sid)
        return [status_of_one(to_report(row), id) for id, row in found.items()]

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Stop a message that is scheduled; Twilio cancels no other."""
        update = m.MessageUpdate(status="canceled")
        told = self.api.update_message(self.settings.account_sid, _check_id(id), update)
        return _status(told, id, errors.OutcomeUnknown)

    @hookimpl
    def verify(self, request: CallbackRequest) -> bool:
        """Check the signature, which is made with the account's auth token."""
        if self.settings.auth_token is None:
            raise errors.UsageError("Twilio signs what it pushes with it: set auth_token.")
        return is_signed(request, self.settings.auth_token)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Understand delivery reports and inbound messages."""
        return from_callback(request)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether Twilio lists a message that says the same to the same recipient.

        Its lists may lag: that nothing is listed is believed 10 seconds after `since`.
        """
        message = broadcast.as_message()
        wanted = self._new_message(message)
        transport = self.api.transport
        made = the_only_one(
            (row for page in self._pages(to=wanted.to) for row in page),
            lambda row: is_it(row, wanted, since, transport.clock_skew),
            lambda row: row.sid,
            may_lag=transport.now < since + LAG,
        )
        if made is None:
            return None
        return BulkReceipt.of(Receipt(made.sid, to=message.to, **details_of(made)))

    def _new_message(self, message: Message) -> m.NewMessage:
        return to_new_message(message, self.settings.sender, self.settings.messaging_service_sid)

    def _pages(self, **asked: str) -> Iterator[list[m.Message | Undecodable]]:
        """Yield the pages of a list, newest messages first; no page is longer."""
        listed = pages(
            "twilio",
            "list_messages",
            lambda place: self.api.list_messages(
                self.settings.account_sid, page_size=1000, **asked, **dict(place or ())
            ),
            lambda page: query_of(page.next_page_uri, page="Page", page_token="PageToken"),
        )
        return (page.messages for page in listed)


def _check_id(id: str) -> str:
    return check_id(id, ID, "Twilio", "SM or MM, and 32 hexadecimal digits")


def _status(told: m.Message, id: str, kind: type[_Doubt]) -> Status:
    if told.sid != id:
        raise kind(f"asked about {id}, it told of {told.sid}", raw=told)
    return status_of_one(to_report(told), id)
