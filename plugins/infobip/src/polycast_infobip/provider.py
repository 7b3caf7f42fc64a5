"""Infobip behind Polycast's hooks."""

from collections.abc import Mapping
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
    Message,
    Personalisation,
    ProviderSettings,
    Receipt,
    Reply,
    Report,
    Secret,
    State,
    Status,
    errors,
    hookimpl,
)
from polycast.providers import HttpProvider, pages, receipt_of_many, status_of_many, status_of_one
from polycast.wire import UNSET, Auth

from polycast_infobip import response
from polycast_infobip._client import Client
from polycast_infobip._client import models as m
from polycast_infobip.lookup import check_absence, found_in, receipts_of
from polycast_infobip.options import Options
from polycast_infobip.reports import Row, from_callback, latest, next_cursor, to_report
from polycast_infobip.request import Sending, to_sending

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
    classify_response = staticmethod(response.classify_response)
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
        return self.send_bulk(message.as_broadcast(), payload).receipts[0]

    @hookimpl
    def send_bulk(self, broadcast: Broadcast, payload: Sending) -> BulkReceipt:
        """Send one broadcast; who is refused is told one by one."""
        operation, recipients = payload.operation, payload.recipients
        answer = getattr(self.api, operation)(payload.body)
        rows = [answer] if isinstance(answer, m.SentMessage) else answer.messages
        told = {row.message_id: row for row in rows if isinstance(row, m.SentMessage)}
        if told.keys().isdisjoint(recipients):
            detail = "it names none of the messages"
            raise errors.OutcomeUnknown(detail, operation=operation, raw=answer)
        state = self.accepted_state(broadcast)
        receipts = [
            response.to_receipt(told.get(id), to, id, state) for id, to in recipients.items()
        ]
        if {each.code for each in receipts} <= response.NO_FUNDS:
            detail = "the account has no credit"
            raise errors.InsufficientFunds(detail, operation=operation, raw=answer)
        return receipt_of_many(receipts, payload.id, answer)

    @hookimpl
    def status(self, id: str) -> Status:
        """Tell how far a broadcast or a message has come, by the logs of the last 48 hours.

        What waits to be sent goes by its request: scheduled, paused or cancelled.
        """
        kind, own = response.read_id(id)
        listed = latest(self._listed(id))
        rows = [row for row in listed if getattr(row, f"{kind}_id", own.id) in (own.id, UNSET)]
        if listed and not rows:
            why = f"it was asked for {own.id}, and lists other messages alone"
            raise errors.InvalidResponse(why, operation=f"list_{own.channel}", raw=listed)
        reports = [to_report(row) for row in rows]
        bulk = self._bulk(own) if all(each.state is State.QUEUED for each in reports) else None
        if not reports and bulk is not None:
            return _bulk_status(id, bulk)
        if not reports:
            why = f"nothing is listed of {own.id}, and its logs go back 48 hours"
            raise errors.NotFound(why, operation=f"list_{own.channel}")
        if bulk is not None and (state := response.bulk_state(bulk)) in _HELD:
            detail = bulk.status or None
            reports = [attrs.evolve(r, state=state, detail=detail, at=None) for r in reports]
        if kind == "message":
            return status_of_one(reports[0], id)
        return status_of_many(reports, id, raw=bulk or rows)

    @hookimpl
    def control(self, id: str, action: Action) -> Status:
        """Pause, resume or stop a scheduled broadcast by SMS."""
        kind, own = response.read_id(id)
        if kind != "bulk" or own.channel != "sms":
            raise errors.UsageError(
                f"Infobip pauses, resumes and stops scheduled broadcasts by SMS, and {id!r} is "
                "none: give the id of the receipt of send_bulk."
            )
        update = m.BulkUpdate(status=_ACTIONS[action])  # type: ignore[arg-type]  # one of three
        return _bulk_status(id, self.api.update_bulk(update, bulk_id=own.id))

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
        """Tell whether Infobip knows a broadcast by the ids that we gave it, see `lookup`.

        Its logs may lag, and go back 48 hours: nothing on them is believed between.
        """
        sending, transport = self._sending(broadcast), self.api.transport
        asked, rows = transport.now, list(self._listed(sending.id))
        found = found_in(rows, sending, since + (transport.clock_skew or timedelta(0)))
        _, own = response.read_id(sending.id)
        bulk = self._bulk(own) if broadcast.send_at and not found else None
        if not found and bulk is None:
            check_absence(asked - since, rows)
            return None
        return receipt_of_many(receipts_of(sending, found, bulk), sending.id, rows)

    def _sending(self, request: Message | Broadcast) -> Sending:
        broadcast = request.as_broadcast() if isinstance(request, Message) else request
        mine = self.settings
        senders = {"sms": mine.sender, "viber": mine.viber_sender, "whatsapp": mine.whatsapp_sender}
        return to_sending(broadcast, senders, self.api.transport.now)

    def _listed(self, id: str) -> list[Row]:
        """Return what the logs list of a request or a message."""
        kind, own = response.read_id(id)
        operation = f"list_{own.channel}"
        asked = {f"{kind}_id": own.id, "limit": _ROWS, "use_cursor": True}
        ask = getattr(self.api, operation)
        told = pages("infobip", operation, lambda place: ask(**asked, cursor=place), next_cursor)
        return [row for page in told for row in page.results]

    def _bulk(self, own: response.OwnId) -> m.Bulk | None:
        """Return the scheduled request of an id; None where Infobip says that there is none."""
        if own.channel != "sms":
            return None
        try:
            return self.api.get_bulk(bulk_id=own.bulk)
        except errors.NotFound as error:
            if error.code == "NOT_FOUND":
                return None
            why = "it answered 404 without the code that says that there is no such request"
            raise errors.InvalidResponse(why, operation="get_bulk", raw=error.raw) from error


def _bulk_status(id: str, bulk: m.Bulk) -> Status:
    return Status(id, response.bulk_state(bulk), detail=bulk.status or None, raw=bulk)
