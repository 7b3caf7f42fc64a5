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
    Reply,
    Report,
    Secret,
    SecretUrl,
    State,
    Status,
    hookimpl,
)
from polycast.providers import HttpProvider, time_zone
from polycast.wire import UNSET, Auth, Basic

from polycast_hyber import reports, response
from polycast_hyber._client import Client
from polycast_hyber._client import models as m
from polycast_hyber.lookup import look_up
from polycast_hyber.options import CHANNELS, Options
from polycast_hyber.request import Encoder, Sending


def _filled(instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name} is empty")


def _secret_url(value: str | SecretUrl | None) -> SecretUrl | None:
    return None if value is None else SecretUrl(value)


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
    timezone: str | None = attrs.field(default=None, validator=time_zone("Europe/Kyiv"))
    single_url: SecretUrl | None = attrs.field(default=None, converter=_secret_url)
    campaign_url: SecretUrl | None = attrs.field(default=None, converter=_secret_url)
    report_url: SecretUrl | None = attrs.field(default=None, converter=_secret_url)


class Hyber(HttpProvider):
    """One client of GMS's Hyber: Viber, SMS, WhatsApp and push, each the other's fallback."""

    settings: Settings
    api: Client

    name = "hyber"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(response.classify_response)
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
        replies=True,
        codes=True,
        segments=True,
        lookup=True,
        options=Options,
    )

    def auth(self) -> Auth:
        """Return the login and the password as HTTP Basic."""
        scheme = Client.SECURITY["account"]
        assert isinstance(scheme, Basic)
        return scheme.auth(self.settings.login, self.settings.password)

    def address(self) -> dict[str, Any]:
        """Return where the three servers are."""
        settings = self.settings
        servers = {
            "single": settings.single_url or settings.base_url,
            "default": settings.campaign_url or settings.base_url,
            "reports": settings.report_url or settings.base_url,
        }
        return {
            "base_url": {name: url for name, url in servers.items() if url is not None},
            "variables": {"site": f"-{settings.site}" if settings.site else ""},
        }

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.NewMessage | Sending:
        """Build the request, or refuse what Hyber does not take."""
        if isinstance(request, Message):
            return self._encoder.message(request)
        return self._encoder.broadcast(request)

    @hookimpl
    def send(self, message: Message, payload: m.NewMessage) -> Receipt:
        """Send one message."""
        answer = self.api.send_message(self.settings.client_id, payload)
        if not (answer.message_id and answer.message_id.strip()):
            raise OutcomeUnknown("it names no message", operation="send_message", raw=answer)
        state = State.REJECTED if answer.accepted is False else self.accepted_state(message)
        return Receipt(f"message:{answer.message_id}", state, message.to, raw=answer)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Sending) -> BulkReceipt:
        """Send one broadcast: as a batch where recipients have texts of their own."""
        operation = "send_batch" if isinstance(payload.body, m.NewBatch) else "send_broadcast"
        operation += "_sync" if payload.sync else ""
        answer = getattr(self.api, operation)(self.settings.client_id, payload.body)
        state, people, ids = self.accepted_state(broadcast), payload.recipients, payload.extra_ids
        if payload.sync:
            if not answer.messages:
                raise OutcomeUnknown("it names no messages", operation=operation, raw=answer)
            told = response.matched_receipts(answer.messages, people, ids, state)
            return BulkReceipt(None, State.overall(each.state for each in told), told, raw=answer)
        if not (answer.job_id and answer.job_id.strip()):
            raise OutcomeUnknown("it names no campaign", operation=operation, raw=answer)
        receipts = response.extra_receipts(people, ids, state, answer)
        return BulkReceipt(f"job:{answer.job_id}", state, receipts, raw=answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a campaign has come, or one message with all its channels."""
        kind, own = response.read_id(id)
        client_id = self.settings.client_id
        if kind == "message":
            return reports.to_message_status(id, self.api.get_report_advanced(client_id, own))
        if kind == "extra":
            told = self.api.get_report_advanced_by_extra_id(client_id, own)
            return reports.to_message_status(id, told)
        answer = self.api.get_campaign_status(client_id, own)
        if answer.messages is UNSET:
            detail = "it names no messages"
            raise InvalidResponse(detail, operation="get_campaign_status", raw=answer)
        return reports.to_job_status(id, answer, answer.messages)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Understand reports that Hyber pushed, and what recipients wrote."""
        return reports.read_pushed(request)

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

    @property
    def _encoder(self) -> Encoder:
        zone = self.settings.timezone
        return Encoder(self.settings.sms_sender, ZoneInfo(zone) if zone else None)
