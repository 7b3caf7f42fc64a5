"""Infobip behind Polycast's hooks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import attrs
from polycast import (
    Action,
    Broadcast,
    BulkReceipt,
    CallbackRequest,
    Features,
    Message,
    NotFound,
    OutcomeUnknown,
    Personalisation,
    ProviderSettings,
    Receipt,
    Report,
    Secret,
    State,
    Status,
    UsageError,
    hookimpl,
)
from polycast.providers import HttpProvider, status_of_many, status_of_one
from polycast.wire import UNSET, Auth, Unset

from polycast_infobip._client import Client
from polycast_infobip._client import models as m
from polycast_infobip.lookup import KEPT, LAG, look_up
from polycast_infobip.options import Options
from polycast_infobip.recipients import bulk_of, channel_of
from polycast_infobip.reports import Row, from_callback, held, latest, pages, to_report
from polycast_infobip.request import Sending, check_moment, to_sending
from polycast_infobip.response import bulk_state, classify_response, read_id, to_receipts

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
        check_moment(request.send_at, self.api.transport.now)
        return self._sending(request)

    @hookimpl
    def send(self, message: Message, payload: Sending) -> Receipt:
        """Send one message."""
        (receipt,) = self.send_bulk(message.as_broadcast(), payload).receipts
        return receipt

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Sending) -> BulkReceipt:
        """Send one broadcast; who is refused is told one by one."""
        operation = f"send_{payload.channel}"
        answer = getattr(self.api, operation)(payload.body)
        rows = [answer] if isinstance(answer, m.SentMessage) else answer.messages
        known = {row.message_id for row in rows if isinstance(row, m.SentMessage)}
        if known.isdisjoint(payload.message_ids):
            raise self.error(OutcomeUnknown, operation, "it names none of the messages", answer)
        state = self.accepted_state(broadcast)
        receipts = to_receipts(rows, payload.recipients, payload.message_ids, state)
        return self._bulk_receipt(payload, receipts, answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast or a message has come, by the logs of the last 48 hours.

        What waits to be sent goes by its request: scheduled, paused or cancelled.
        """
        kind, own = read_id(id)
        asked = {"bulk_id": own} if kind == "bulk" else {"message_id": own}
        channel = channel_of(own)
        rows = latest(self._listed(channel, **asked))
        rows = [row for row in rows if getattr(row, f"{kind}_id", own) in (own, UNSET)]
        reports = [to_report(row) for row in rows]
        request = own if kind == "bulk" else bulk_of(own)
        bulk = None
        if channel == "sms" and request and all(each.state is State.QUEUED for each in reports):
            bulk = self._bulk(request)
        if bulk is None and not reports:
            detail = f"nothing is listed of {own}: logs go back 48 hours"
            raise self.error(NotFound, f"list_{channel}", detail)
        if bulk is not None:
            state, word = bulk_state(bulk), bulk.status or None
            if kind == "message" and not reports:
                reports = [Report(None, state, id, detail=word, raw=bulk)]
            if not reports:
                return Status(id, state, detail=word, raw=bulk)
            if state in _HELD:
                reports = [held(each, state, word or "") for each in reports]
        if kind == "message":
            return status_of_one(reports[0], id)
        return status_of_many(reports, id, raw=rows if bulk is None else bulk)

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
    def receive(self, request: CallbackRequest) -> list[Report]:
        """Understand delivery reports that Infobip pushes."""
        return from_callback(request)

    @hookimpl
    def lookup(self, broadcast: Broadcast, since: datetime) -> BulkReceipt | None:
        """Tell whether Infobip knows a broadcast by the ids that we gave it, see `look_up`.

        Its logs may lag, and go back 48 hours: nothing on them is believed between.
        """
        sending = self._sending(broadcast)
        transport, operation = self.api.transport, f"list_{sending.channel}"
        asked = transport.now
        rows = list(
            self._listed(sending.channel, message_id=sending.message_ids[0])
            if sending.channel == "whatsapp"
            else self._listed(sending.channel, bulk_id=sending.bulk_id)
        )
        begun = since + (transport.clock_skew or timedelta(0))
        receipts = look_up(
            sending,
            rows,
            begun,
            lambda: None if broadcast.send_at is None else self._bulk(sending.bulk_id),
        )
        if receipts is None and not since + LAG <= asked < since + KEPT:
            detail = (
                "it lists nothing, and its logs may lag: ask again in 10 seconds"
                if asked < since + LAG
                else "it lists nothing, and its logs go back 48 hours"
            )
            raise self.error(OutcomeUnknown, operation, detail, rows)
        return None if receipts is None else self._bulk_receipt(sending, receipts, rows)

    def _sending(self, request: Message | Broadcast) -> Sending:
        broadcast = request.as_broadcast() if isinstance(request, Message) else request
        settings = self.settings
        senders = {
            "sms": settings.sender,
            "viber": settings.viber_sender,
            "whatsapp": settings.whatsapp_sender,
        }
        return to_sending(broadcast, senders)

    def _listed(
        self, channel: str, bulk_id: str | Unset = UNSET, message_id: str | Unset = UNSET
    ) -> Iterator[Row]:
        operation = f"list_{channel}"
        return pages(
            lambda cursor: getattr(self.api, operation)(
                bulk_id=bulk_id, message_id=message_id, limit=_ROWS, use_cursor=True, cursor=cursor
            ),
            operation,
        )

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
        id = f"bulk:{sending.bulk_id}"
        if sending.channel == "whatsapp":
            id = receipts[0].id or id
        return BulkReceipt(id, state, receipts, raw=raw)
