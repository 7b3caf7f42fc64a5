"""GMS/Hyber behind Polycast's hooks."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import attrs
from polycast import (
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Features,
    InvalidResponse,
    Message,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Report,
    Secret,
    SecretUrl,
    State,
    Status,
    hookimpl,
)
from polycast.wire import UNSET, Basic, Transport

from polycast_hyber import mapping
from polycast_hyber._client import Client
from polycast_hyber._client import models as m
from polycast_hyber.callbacks import read_reports
from polycast_hyber.encoding import Encoder, Sending
from polycast_hyber.errors import judge
from polycast_hyber.lookup import look_up
from polycast_hyber.options import CHANNELS, Options

__all__ = ["Hyber", "Settings"]

_NAME = "hyber"


def _filled(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name} is empty")


def _zone(instance: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value is None:
        return
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("timezone is an IANA name such as Europe/Kyiv") from None


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One client of Hyber, as the contract's technical plan names it.

    Args:
        login: the login.
        password: the password. Both may have letters outside ASCII.
        client_id: the client's number, part of every address.
        site: the contract's site, part of every host name where there is one.
        sms_sender: who SMS come from where a message names nobody.
        timezone: whose clock `send_at` is written by, an IANA name; as it is given when left
            out. The offset travels along, so that the moment is the same.
        single_url: the address that takes single messages, in place of `base_url`.
        campaign_url: the address that takes broadcasts, in place of `base_url`.
        report_url: the address that tells reports, in place of `base_url`.
    """

    login: str = attrs.field(validator=_filled)
    password: Secret
    client_id: str = attrs.field(validator=_filled)
    site: str | None = None
    sms_sender: str | None = None
    timezone: str | None = attrs.field(default=None, validator=_zone)
    single_url: SecretUrl | None = attrs.field(
        default=None, converter=attrs.converters.optional(SecretUrl)
    )
    campaign_url: SecretUrl | None = attrs.field(
        default=None, converter=attrs.converters.optional(SecretUrl)
    )
    report_url: SecretUrl | None = attrs.field(
        default=None, converter=attrs.converters.optional(SecretUrl)
    )


@attrs.define(eq=False)
class Hyber:
    """One client of GMS's Hyber: Viber, SMS, WhatsApp and push, each the other's fallback."""

    settings: Settings
    api: Client = attrs.field(init=False)
    _encoder: Encoder = attrs.field(init=False)

    Settings = Settings
    features: ClassVar[Features] = Features(
        channels=tuple(CHANNELS),
        schemes=("tel",),
        # "Mass messages sending".
        bulk_limit=50_000,
        personalisation=Personalisation.VARIABLES,
        text_required=False,
        scheduling=True,
        ttl=True,
        sender=True,
        media=True,
        callbacks=True,
        reports=True,
        receives=True,
        lookup=True,
        options=Options,
    )

    def __attrs_post_init__(self) -> None:
        settings = self.settings
        scheme = Client.SECURITY["account"]
        assert isinstance(scheme, Basic)
        transport = Transport(
            _NAME,
            auth=scheme.auth(settings.login, settings.password),
            timeout=settings.timeout,
            deadline=settings.deadline,
            judge=judge,
        )
        servers = {
            "single": settings.single_url or settings.base_url,
            "default": settings.campaign_url or settings.base_url,
            "reports": settings.report_url or settings.base_url,
        }
        self.api = Client(
            transport,
            base_url={name: url for name, url in servers.items() if url is not None},
            variables={"site": f"-{settings.site}" if settings.site else ""},
        )
        zone = ZoneInfo(settings.timezone) if settings.timezone else None
        self._encoder = Encoder(settings.sms_sender, zone)

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.NewMessage | Sending:
        """Build the request, or refuse what Hyber does not support."""
        if isinstance(request, Message):
            return self._encoder.message(request)
        return self._encoder.broadcast(request)

    @hookimpl
    def send(self, message: Message, payload: m.NewMessage) -> Receipt:
        """Send one message."""
        answer = self.api.send_message(self.settings.client_id, payload)
        if not (answer.message_id and answer.message_id.strip()):
            raise self._unknown("send_message", "it names no message", answer)
        state = _accepted(message, self.api.transport.now)
        if answer.accepted is False:
            state = State.REJECTED
        return Receipt(f"message:{answer.message_id}", state, message.to, raw=answer)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Sending) -> BulkReceipt:
        """Send one broadcast: as a batch where recipients have texts of their own."""
        if payload.sync:
            return self._send_sync(payload, _accepted(broadcast, self.api.transport.now))
        operation, answer = self._send(payload)
        if not (answer.job_id and answer.job_id.strip()):
            raise self._unknown(operation, "it names no campaign", answer)
        state = _accepted(broadcast, self.api.transport.now)
        receipts = mapping.extra_receipts(payload.recipients, payload.extra_ids, state, answer)
        return BulkReceipt(f"job:{answer.job_id}", state, receipts, raw=answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a campaign has come, or one message with all its channels."""
        kind, own = mapping.read_id(id)
        client_id = self.settings.client_id
        if kind == "message":
            return mapping.to_message_status(id, self.api.get_report_advanced(client_id, own))
        if kind == "extra":
            return mapping.to_message_status(
                id, self.api.get_report_advanced_by_extra_id(client_id, own)
            )
        answer = self.api.get_campaign_status(client_id, own)
        if answer.messages is UNSET:
            raise InvalidResponse(
                "it names no messages",
                provider=_NAME, operation="get_campaign_status", raw=answer,
            )  # fmt: skip
        return mapping.to_job_status(id, answer, answer.messages)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand one report that Hyber pushed, or an array of them."""
        return read_reports(request)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether Hyber knows a broadcast's recipients by their extra ids, see `look_up`.

        A request that is still under way is not known yet: ask no sooner than the reply would
        have been waited for.
        """
        return look_up(
            self._encoder.broadcast(broadcast),
            lambda: since + (self.api.transport.clock_skew or timedelta(0)),
            lambda extra_id: self.api.get_report_simple_by_extra_id(
                self.settings.client_id, extra_id
            ),
        )

    def _send(self, sending: Sending) -> tuple[str, m.CampaignAnswer]:
        client_id, body = self.settings.client_id, sending.body
        if isinstance(body, m.NewBatch):
            return "send_batch", self.api.send_batch(client_id, body)
        return "send_broadcast", self.api.send_broadcast(client_id, body)

    def _send_sync(self, sending: Sending, accepted: State) -> BulkReceipt:
        client_id, body = self.settings.client_id, sending.body
        if isinstance(body, m.NewBatch):
            operation, answer = "send_batch_sync", self.api.send_batch_sync(client_id, body)
        else:
            operation = "send_broadcast_sync"
            answer = self.api.send_broadcast_sync(client_id, body)
        if not answer.messages:
            raise self._unknown(operation, "it names no messages", answer)
        receipts = mapping.matched_receipts(
            answer.messages, sending.recipients, sending.extra_ids, accepted
        )
        return BulkReceipt(None, mapping.overall(receipts), receipts, raw=answer)

    def _unknown(self, operation: str, detail: str, answer: object) -> OutcomeUnknown:
        return OutcomeUnknown(detail, provider=_NAME, operation=operation, raw=answer)


def _accepted(asked: Message | Broadcast, now: datetime) -> State:
    """The state of what Hyber has accepted: it waits for its time, or for its turn."""
    if asked.send_at is not None and asked.send_at > now:
        return State.SCHEDULED
    return State.QUEUED
