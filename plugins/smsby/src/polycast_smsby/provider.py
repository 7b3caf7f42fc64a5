"""sms.by behind Polycast's hooks."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import ClassVar, TypeVar
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
    Reports,
    Secret,
    State,
    Status,
    hookimpl,
)
from polycast.wire import Retry, Transport, Undecodable

from polycast_smsby import account
from polycast_smsby._client import Client
from polycast_smsby._client import models as m
from polycast_smsby.content import to_mailings, to_quick, travels_alone
from polycast_smsby.errors import judge
from polycast_smsby.mapping import bulk_id, message_state, sent_state, sms_id, split_id
from polycast_smsby.options import Options
from polycast_smsby.reports import bulk_status, delivery_report, from_callback, sms_status

__all__ = ["Settings", "SmsBy"]

A = TypeVar("A")
T = TypeVar("T")

_NAME = "smsby"
#: Rows of a delivery list per call. sms.by states no most.
_ROWS = 100


def _number(instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if value < 0:
        raise ValueError("alphaname_id is the number of a name, or 0 for the system's own")


def _zone(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("timezone is an IANA name such as Europe/Minsk") from None


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
    alphaname_id: int = attrs.field(default=0, validator=_number)
    timezone: str = attrs.field(default="Europe/Minsk", validator=_zone)


@attrs.define(eq=False)
class SmsBy:
    """sms.by: SMS, with Viber as a second try for single messages."""

    settings: Settings
    api: Client = attrs.field(init=False)
    _clock: ZoneInfo = attrs.field(init=False)

    Settings = Settings
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

    def __attrs_post_init__(self) -> None:
        transport = Transport(
            _NAME,
            auth=Client.SECURITY["token"].auth(self.settings.token),
            timeout=self.settings.timeout,
            deadline=self.settings.deadline,
            judge=judge,
            retry=Retry(base=1.0),
        )
        self.api = Client(transport, base_url=self.settings.base_url)
        self._clock = ZoneInfo(self.settings.timezone)

    def close(self) -> None:
        """Close the connections."""
        self.api.transport.close()

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> m.QuickSms | m.BulkSms:
        """Build the request, or refuse what sms.by does not support: numbers, senders, options."""
        if isinstance(request, Message) and travels_alone(request):
            return to_quick(request, self.settings.alphaname_id)
        return to_mailings(request, self.settings.alphaname_id, self._clock)

    @hookimpl
    def send(self, message: Message, payload: m.QuickSms | m.BulkSms) -> Receipt:
        """Send one SMS at once; one with `send_at` or `callback_url` as a mailing to one."""
        if isinstance(payload, m.BulkSms):
            sent = self._mail(payload)
            state = _queued(message, self.api.transport.now)
            return Receipt(bulk_id(sent.uuid), state, message.to, detail=_words(sent), raw=sent)
        made = self.api.send_quick_sms(payload)
        if sms_id(made.sms_id) is None:
            raise OutcomeUnknown(
                "it names no message", provider=_NAME, operation="send_quick_sms",
                raw=made,
            )  # fmt: skip
        return Receipt(
            sms_id(made.sms_id),
            sent_state(made.status or ""),
            message.to,
            detail=made.status or None,
            raw=made,
        )

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: m.BulkSms) -> BulkReceipt:
        """Send a broadcast in one call: a bulk mailing, a personal one, or both."""
        sent = self._mail(payload)
        id_, state = bulk_id(sent.uuid), _queued(broadcast, self.api.transport.now)
        receipts = tuple(
            Receipt(id_, state, each.to, each.reference, _words(sent), sent)
            for each in broadcast.recipients
        )
        return BulkReceipt(id_, state, receipts, raw=sent)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a message, a call of mailings, or a created message has come."""
        kind, known = split_id(id)
        if kind == "sms":
            return sms_status(self.api.check_sms(sms_id=known), id)
        if kind == "bulk":
            answer = self.api.status_bulk_sms(m.BulkSmsQuestion(uuid=known))
            return bulk_status(answer, id, self._clock)
        return self._message_status(id, int(known))

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand what sms.by pushes, as far as that is known: its form is unpublished."""
        return from_callback(request, self._clock)

    # Beyond the hooks

    def balance(self) -> account.Balance:
        """Return the account's money.

        Raises:
            ProviderError: sms.by refused, or was not reached.
        """
        return self._told("get_balance", self.api.get_balance(), account.to_balance)

    def limit(self) -> int:
        """Return how many messages the account's money buys.

        Raises:
            ProviderError: sms.by refused, or was not reached.
        """
        return self._told("get_limit", self.api.get_limit(), account.to_limit)

    def alphanames(self) -> dict[int, str]:
        """Return the names that messages may come from, by the numbers that `sender` takes.

        Raises:
            ProviderError: sms.by refused, or was not reached.
        """
        return self._told("get_alphanames", self.api.get_alphanames(), account.to_alphanames)

    def _told(self, operation: str, answer: A, read: Callable[[A], T]) -> T:
        try:
            return read(answer)
        except ValueError as error:
            detail = str(error)
        raise InvalidResponse(detail, provider=_NAME, operation=operation, raw=answer)

    def _mail(self, payload: m.BulkSms) -> m.SentBulkSms:
        sent = self.api.send_bulk_sms(payload)
        if bulk_id(sent.uuid) is None:
            raise OutcomeUnknown(
                "it names no call", provider=_NAME, operation="send_bulk_sms",
                raw=sent,
            )  # fmt: skip
        return sent

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
            return Status(id_, message_state(told.status), detail=told.status, raw=told)
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
        return (delivery_report(row, self._clock) for row in page.result)

    def _pages(self, number: int) -> Iterator[m.DeliveryList]:
        before: list[object] = []
        offset = 0
        while True:
            page = self.api.get_sms_delivery_list(
                message_id=number, limit_offset=offset, limit_rows=_ROWS
            )
            rows = [row.raw if isinstance(row, Undecodable) else row for row in page.result]
            if rows and rows == before:
                raise InvalidResponse(
                    "its pages of deliveries repeat themselves",
                    provider=_NAME, operation="get_sms_delivery_list",
                )  # fmt: skip
            yield page
            # More than was asked for is everything: a server that passes the limit over.
            if len(rows) != _ROWS:
                return
            before, offset = rows, offset + _ROWS


def _queued(asked: Message | Broadcast, now: datetime) -> State:
    """What a call of mailings is until a status says otherwise: its reply says nothing of it."""
    later = asked.send_at is not None and asked.send_at > now
    return State.SCHEDULED if later else State.QUEUED


def _words(sent: m.SentBulkSms) -> str | None:
    return sent.success or None
