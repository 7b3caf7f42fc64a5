"""sms.by behind Polycast's hooks."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import attrs
from polycast import (
    Balance,
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
    Reports,
    Secret,
    State,
    Status,
    hookimpl,
)
from polycast.providers import HttpProvider, at_least, read_whole_number, receipts_for, time_zone
from polycast.wire import Auth, Retry, Undecodable

from polycast_smsby import reports, response
from polycast_smsby._client import Client
from polycast_smsby._client import models as m
from polycast_smsby.options import Options
from polycast_smsby.request import to_mailings, to_quick, travels_alone

T = TypeVar("T")

#: Rows of a delivery list per call. sms.by states no most.
_ROWS = 100


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of sms.by.

    Args:
        token: the account's API key.
        alphaname_id: the number of the name that messages come from, where neither `sender` nor
            `Options` says otherwise; 0 is the system's own.
        timezone: whose clock sms.by writes its times by, an IANA name.
    """

    token: Secret
    alphaname_id: int = attrs.field(default=0, validator=at_least(0))
    timezone: str = attrs.field(default="Europe/Minsk", validator=time_zone("Europe/Minsk"))


class SmsBy(HttpProvider):
    """sms.by: SMS, with Viber as a second try for single messages."""

    settings: Settings
    api: Client

    name = "smsby"
    Api = Client
    Settings = Settings
    retry = Retry(base=1.0)
    classify_response = staticmethod(response.classify_response)
    features: ClassVar[Features] = Features(
        channels=("sms", "viber"),
        schemes=("tel",),
        # "Bulk sms" states no limit.
        bulk_limit=None,
        personalisation=Personalisation.TEXTS,
        scheduling=True,
        sender=True,
        callbacks=True,
        reports=True,
        receives=True,
        options=Options,
    )

    def auth(self) -> Auth:
        """Return the token as a part of each request."""
        return Client.SECURITY["token"].auth(self.settings.token)

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.QuickSms | m.BulkSms:
        """Build the request, or refuse what sms.by does not take: numbers, senders, channels."""
        if isinstance(request, Broadcast):
            return to_mailings(request, self.settings.alphaname_id, self._clock)
        if travels_alone(request):
            return to_quick(request, self.settings.alphaname_id)
        return self.prepare(request.as_broadcast())

    @hookimpl
    def send(self, message: Message, payload: m.QuickSms | m.BulkSms) -> Receipt:
        """Send one SMS at once; one with `send_at` or `callback_url` as a mailing to one."""
        if isinstance(payload, m.BulkSms):
            (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
            return receipt
        sent = self.api.send_quick_sms(payload)
        id_ = response.sms_id(sent.sms_id)
        if id_ is None:
            raise OutcomeUnknown("it names no message", operation="send_quick_sms", raw=sent)
        state = response.sent_state(sent.status or "")
        parts = read_whole_number(sent.parts)
        return Receipt(id_, state, message.to, detail=sent.status or None, raw=sent, segments=parts)

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: m.BulkSms) -> BulkReceipt:
        """Send a broadcast in one call: a bulk mailing, a personal one, or both."""
        sent = self.api.send_bulk_sms(payload)
        id_, state = response.bulk_id(sent.uuid), self.accepted_state(broadcast)
        if id_ is None:
            raise OutcomeUnknown("it names no call", operation="send_bulk_sms", raw=sent)
        receipts = receipts_for(broadcast.recipients, id_, state, sent.success or None, sent)
        return BulkReceipt(id_, state, receipts, raw=sent)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a message, a call of mailings, or a created message has come."""
        kind, known = response.split_id(id)
        if kind == "sms":
            return reports.sms_status(self.api.check_sms(sms_id=known), id)
        if kind == "bulk":
            answer = self.api.status_bulk_sms(m.BulkSmsQuestion(uuid=known))
            return reports.bulk_status(answer, id, self._clock)
        return self._message_status(id, int(known))

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand what sms.by pushes, as far as that is known: its form is unpublished."""
        return reports.from_callback(request, self._clock)

    @hookimpl
    def balance(self) -> Balance:
        """Tell what is left of the account's money, and of that for Viber alone."""
        return self._told("get_balance", response.to_balance)

    # Beyond the hooks

    def limit(self) -> int:
        """Return how many messages the account's money buys.

        Raises:
            ProviderError: sms.by refused, or was not reached.
        """
        return self._told("get_limit", response.to_limit)

    def alphanames(self) -> dict[int, str]:
        """Return the names that messages may come from, by the numbers that `sender` takes.

        Raises:
            ProviderError: sms.by refused, or was not reached.
        """
        return self._told("get_alphanames", response.to_alphanames)

    @property
    def _clock(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    def _told(self, operation: str, read: Callable[[Any], T]) -> T:
        answer = getattr(self.api, operation)()
        try:
            return read(answer)
        except ValueError as error:
            detail = str(error)
        raise InvalidResponse(detail, operation=operation, raw=answer)

    def _message_status(self, id_: str, number: int) -> Status:
        """Read the whole delivery list, for nothing less tells the state of the whole."""
        counts: Counter[State] = Counter()
        first: m.DeliveryList | None = None
        for page in self._pages(number):
            counts.update(report.state for report in self._reports_of(page))
            first = first or page
        if not counts:
            # Nobody was sent it yet, or there is no such message: this call tells which.
            told = self.api.check_sms_message_status(message_id=number)
            return Status(id_, response.message_state(told.status), detail=told.status, raw=told)
        return Status(
            id_,
            State.overall(counts),
            counts=dict(counts),
            reports=Reports(lambda: self._reports(number)),
            raw=first,
        )

    def _reports(self, number: int) -> Iterator[Report]:
        for page in self._pages(number):
            yield from self._reports_of(page)

    def _reports_of(self, page: m.DeliveryList) -> Iterator[Report]:
        return (reports.delivery_report(row, self._clock) for row in page.result)

    def _pages(self, number: int) -> Iterator[m.DeliveryList]:
        before: list[object] = []
        offset = 0
        while True:
            page = self.api.get_sms_delivery_list(
                message_id=number, limit_offset=offset, limit_rows=_ROWS
            )
            rows = [row.raw if isinstance(row, Undecodable) else row for row in page.result]
            if rows and rows == before:
                detail = "its pages of deliveries repeat themselves"
                raise InvalidResponse(detail, operation="get_sms_delivery_list")
            yield page
            # More than was asked for is everything: a server that passes the limit over.
            if len(rows) != _ROWS:
                return
            before, offset = rows, offset + _ROWS
