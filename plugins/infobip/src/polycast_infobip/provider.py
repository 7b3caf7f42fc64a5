"""Infobip behind Polycast's hooks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import attrs
from polycast import (
    Action,
    Balance,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Features,
    InsufficientFunds,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Reply,
    Report,
    Secret,
    State,
    Status,
    UsageError,
    hookimpl,
)
from polycast.providers import HttpProvider, pages, status_of_many, status_of_one
from polycast.wire import UNSET, Auth, Unset

from polycast_infobip._client import Client
from polycast_infobip._client import models as m
from polycast_infobip.lookup import KEPT, LAG, doubt, look_up
from polycast_infobip.options import Options
from polycast_infobip.recipients import bulk_of, channel_of
from polycast_infobip.reports import Row, from_callback, held, latest, next_cursor, to_report
from polycast_infobip.request import Sending, to_sending
from polycast_infobip.response import NO_FUNDS, bulk_state, classify_response, read_id, to_receipt

#: Messages on a page of logs, the most that Infobip has; a call then fits one page.
_ROWS = 1000
_ACTIONS: Mapping[Action, str] = {
    Action.PAUSE: "PAUSED",
    Action.RESUME: "PENDING",
    Action.STOP: "CANCELED",
}
#: States of a request that say more than its messages, which wait or never will be sent.
_HELD = {State.SCHEDULED, State.PAUSED, State.CANCELLED, State.FAILED}


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    """One account of Infobip.

    Args:
        api_key: a key of the account. To pause, resume and stop it needs the scope `sms:manage`.
        sender: the name or number that SMS come from where nothing else says so; the account's
            own when left out.
        viber_sender: the same for Viber.
        whatsapp_sender: the same for WhatsApp, a number without its plus sign.
    """

    api_key: Secret
    sender: str | None = None
    viber_sender: str | None = None
    whatsapp_sender: str | None = None


class Infobip(HttpProvider):
    """Infobip: SMS with personal texts, Viber that SMS can follow, and WhatsApp."""

    settings: Settings
    api: Client

    name = "infobip"
    Api = Client
    Settings = Settings
    classify_response = staticmethod(classify_response)
    features: ClassVar[Features] = Features(
        channels=("sms", "viber", "whatsapp"),
        schemes=("tel",),
        # Assumed, as no page states a number: the logs then show a call on one page.
        bulk_limit=1000,
        personalisation=Personalisation.TEXTS,
        scheduling=True,
        ttl=True,
        sender=True,
        callbacks=True,
        reports=True,
        receives=True,
        replies=True,
        codes=True,
        segments=True,
        prices=True,
        templates=True,
        lookup=True,
        actions=frozenset(_ACTIONS),
        options=Options,
    )

    def auth(self) -> Auth:
        """Return the key as a header."""
        return Client.SECURITY["account"].auth(self.settings.api_key)

    # The hooks

    @hookimpl
    def prepare(self, request: Message | Broadcast) -> Sending:
        """Build the request, or refuse what Infobip does not take: routes, moments, lengths."""
        return self._sending(request)

    @hookimpl
    def send(self, message: Message, payload: Sending) -> Receipt:
        """Send one message."""
        (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Sending) -> BulkReceipt:
        """Send one broadcast; who is refused is told one by one."""
        templates = isinstance(payload.body, m.NewTemplates)
        operation = "send_template" if templates else f"send_{payload.channel}"
        answer = getattr(self.api, operation)(payload.body)
        rows = [answer] if isinstance(answer, m.SentMessage) else answer.messages
        told = {row.message_id: row for row in rows if isinstance(row, m.SentMessage)}
        if told.keys().isdisjoint(payload.message_ids):
            raise OutcomeUnknown("it names none of the messages", operation=operation, raw=answer)
        state = self.accepted_state(broadcast)
        receipts = tuple(
            to_receipt(told.get(id), recipient, id, state)
            for id, recipient in zip(payload.message_ids, payload.recipients, strict=True)
        )
        if {each.code for each in receipts} <= NO_FUNDS:
            raise InsufficientFunds("the account has no credit", operation=operation, raw=answer)
        return self._bulk_receipt(payload, receipts, answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast or a message has come, by the logs of the last 48 hours.

        What waits to be sent goes by its request: scheduled, paused or cancelled.
        """
        kind, own = read_id(id)
        channel, by_bulk = channel_of(own), kind == "bulk"
        rows = latest(self._listed(channel, own, by_bulk=by_bulk))
        rows = [row for row in rows if getattr(row, f"{kind}_id", own) in (own, UNSET)]
        reports = [to_report(row) for row in rows]
        waiting = all(each.state is State.QUEUED for each in reports)
        bulk = self._bulk(bulk_of(own)) if channel == "sms" and waiting else None
        if bulk is not None:
            state, word = bulk_state(bulk), bulk.status or None
            if not reports:
                return Status(id, state, detail=word, raw=bulk)
            if state in _HELD:
                reports = [held(each, state, word) for each in reports]
        elif not reports:
            detail = f"nothing is listed of {own}, and its logs go back 48 hours"
            raise NotFound(detail, operation=f"list_{channel}")
        if by_bulk:
            return status_of_many(reports, id, raw=rows if bulk is None else bulk)
        return status_of_one(reports[0], id)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Pause, resume or stop a scheduled broadcast by SMS."""
        kind, own = read_id(id)
        if kind != "bulk" or channel_of(own) != "sms":
            raise UsageError(
                f"Infobip pauses, resumes and stops scheduled broadcasts by SMS, and {id!r} is "
                "none: give the id of the receipt of send_bulk."
            )
        update = m.BulkUpdate(status=_ACTIONS[action])  # type: ignore[arg-type]  # one of three
        bulk = self.api.update_bulk(update, bulk_id=own)
        return Status(id, bulk_state(bulk), detail=bulk.status or None, raw=bulk)

    @hookimpl
    def balance(self) -> Balance:
        """Tell what is left on the account; the key needs the scope `account-management:manage`."""
        told = self.api.get_balance()
        return Balance(Decimal(str(told.balance)), told.currency or None)

    @hookimpl
    def receive(self, request: CallbackRequest) -> list[Report | Reply]:
        """Understand delivery reports and replies that Infobip pushes."""
        return from_callback(request)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether Infobip knows a broadcast by the ids that we gave it, see `look_up`.

        Its logs may lag, and go back 48 hours: nothing on them is believed between.
        """
        sending, asked = self._sending(broadcast), self.api.transport.now
        # A WhatsApp text has no request's id.
        by_bulk = not isinstance(sending.body, m.NewWhatsApp)
        own = sending.bulk_id if by_bulk else sending.message_ids[0]
        rows = list(self._listed(sending.channel, own, by_bulk=by_bulk))
        receipts = look_up(
            sending,
            rows,
            since + (self.api.transport.clock_skew or timedelta(0)),
            lambda: self._bulk(own) if broadcast.send_at else None,
        )
        if receipts is None:
            if since + LAG <= asked < since + KEPT:
                return None
            detail = "nothing is listed, but logs may lag 10 seconds and go back 48 hours"
            raise doubt(sending, detail, rows)
        return self._bulk_receipt(sending, receipts, rows)

    def _sending(self, request: Message | Broadcast) -> Sending:
        broadcast = request.as_broadcast() if isinstance(request, Message) else request
        mine = self.settings
        senders = {"sms": mine.sender, "viber": mine.viber_sender, "whatsapp": mine.whatsapp_sender}
        return to_sending(broadcast, senders, self.api.transport.now)

    def _listed(self, channel: str, id: str, *, by_bulk: bool) -> Iterator[Row]:
        asked = {"bulk_id" if by_bulk else "message_id": id, "limit": _ROWS, "use_cursor": True}
        operation = f"list_{channel}"
        ask = getattr(self.api, operation)

        def fetch(cursor: str | Unset) -> m.LogPage:
            page: m.LogPage = ask(**asked, cursor=cursor)
            return page

        for page in pages("infobip", operation, fetch, next_cursor):
            yield from page.results

    def _bulk(self, bulk_id: str) -> m.Bulk | None:
        """Return a scheduled request; None where Infobip says that there is none."""
        try:
            return self.api.get_bulk(bulk_id=bulk_id)
        except NotFound as error:
            if error.code != "NOT_FOUND":
                raise
            return None

    def _bulk_receipt(
        self, sending: Sending, receipts: tuple[Receipt, ...], raw: object
    ) -> BulkReceipt:
        state = State.overall(each.state for each in receipts)
        by_bulk = not isinstance(sending.body, m.NewWhatsApp)
        id = f"bulk:{sending.bulk_id}" if by_bulk else receipts[0].id
        return BulkReceipt(id, state, receipts, raw=raw)
