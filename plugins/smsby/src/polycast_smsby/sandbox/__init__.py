"""A fake sms.by server: SMS, mailings, written-down messages and money of one account.

Written from sms.by's page, not from our client. The account begins with four senders
(`Account.alphanames`), the Viber sender 77 and money for a long time. What becomes of an SMS is
chosen by how its number ends (`SimulatedOutcome`): one that ends in `0000` is refused as
incorrect, which a mailing tells only when its state is asked for; `1111` is sent and not
delivered; `2222` is sent and nothing more is ever heard of it, unless it is forwarded to Viber;
`3333` is delivered but the reply to the request is lost.

Three things that the page leaves open are this sandbox's own: the reply to `statusBulkSms`, what
is pushed to a `callback_url`, and the words for requests that do not fit the spec.

What no provider of Polycast asks for, such as the lists of messages and of kinds of senders, is
answered with what the spec shows. Sending a message to a stored list is not part of it, nor are
passwords, Viber's own methods and e-mail.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import ClassVar

from attrs import frozen
from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ProviderSandbox,
    Refused,
    RequestLimit,
    SimulatedOutcome,
    json_response,
    read_spec,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from polycast_smsby.sandbox.request import Mailing, read_mailing, rows_of
from polycast_smsby.sandbox.response import (
    ACCESS_DENIED,
    ALPHANAME,
    ALPHANAME_QUICK,
    BILLING,
    INVALID_TOKEN,
    LIMIT,
    MISSING,
    THROTTLED,
)
from polycast_smsby.sandbox.state import Account, Sms

__all__ = ["Callback", "SmsBySandbox"]

_SENDS = ("send_quick_sms", "send_bulk_sms", "send_sms")
_FINAL = ("DELIVERED", "UNDELIVERED", "FAILED")
#: Minutes, where none are given (sms.by page, section 2.2).
_FORWARDED_AFTER = 60


@frozen
class Callback:
    """What the server posts to a callback URL."""

    url: str
    body: bytes


class SmsBySandbox(ProviderSandbox):
    """A fake sms.by server with one account.

    Args:
        clock: what tells the time.
        token: the API token it accepts.
        balance: what the account begins with, in Belarusian roubles; one SMS costs 0.02.
        quota: how many SMS may be sent in all; no limit when None.
        moderation: seconds until a written-down message is approved; never when None.
        approved: whether sms.by's administrator has approved what the account sends.
        requests_per_minute: more than this are answered 429; no limit when None.
    """

    name = "smsby"
    spec = read_spec("polycast_smsby._client", "smsby.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {"token": "sandbox-token"}

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        token: str = "sandbox-token",
        balance: str = "100000.00000",
        quota: int | None = None,
        moderation: float | None = 1.0,
        approved: bool = True,
        requests_per_minute: int | None = None,
    ) -> None:
        super().__init__(clock)
        self.token = token
        self.moderation = moderation
        self.approved = approved
        self._limit = RequestLimit(requests_per_minute, timedelta(minutes=1))
        self.account = Account(Decimal(balance), Decimal("0.02"), quota)

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every SMS that was taken on, and when it arrives, as SMS or over Viber."""
        for sms in self.account.sms:
            if sms.fate is SimulatedOutcome.REFUSED:
                continue
            accepted = Accepted(sms.phone, sms.text, sms.sender, sms.accepted_at, str(sms.id))
            yield accepted, sms.arrives_at

    def callbacks(self) -> list[Callback]:
        """Return what is posted to the callback URLs of mailings that have come to their end.

        The page says that it is the outcome of the method, and not in which form: this one is
        the state that `statusBulkSms` tells. Nothing is posted anywhere.
        """
        with self.lock:
            now = self.clock.now()
            return [
                Callback(request.callback_url, json.dumps(request.json(now)).encode())
                for request in self.account.requests
                if request.callback_url and all(sms.status(now) in _FINAL for sms in request.sms)
            ]

    # Around every request.

    def check(self, call: Call) -> None:
        """Authenticate, count, and judge."""
        in_body = self.spec.keys["token"].given(call.request)
        if call.request.args.get("token", in_body) != self.token:
            raise Refused(INVALID_TOKEN, HTTPStatus.FORBIDDEN)
        if self._limit.wait(self.clock.now()):
            raise Refused(THROTTLED, HTTPStatus.TOO_MANY_REQUESTS)
        if call.operation == "send_quick_sms" and call.request.is_json:
            # Observed: JSON fails here with a sentence about something else.
            raise Refused(ALPHANAME_QUICK, HTTPStatus.BAD_REQUEST)
        if call.problems:
            raise Refused(list(call.problems), HTTPStatus.BAD_REQUEST)
        if call.operation in _SENDS and not self.approved:
            raise Refused(ACCESS_DENIED)

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Say what is wrong as the server does: in the field `error`."""
        said = refusal.said if isinstance(refusal.said, dict) else {"error": refusal.said}
        return json_response(said, refusal.status or HTTPStatus.OK)

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that no operation takes: with a page for people to read."""
        if error.code == HTTPStatus.NOT_FOUND:
            return _page("Страница не найдена", HTTPStatus.NOT_FOUND)
        return _page(error.name, error.code or HTTPStatus.METHOD_NOT_ALLOWED)

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that asks too often; the page knows of no header."""
        response = json_response({"error": THROTTLED}, HTTPStatus.TOO_MANY_REQUESTS)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as a server that fails: with a page for people to read."""
        return _page("Сервер недоступен", status)

    # One SMS.

    def send_quick_sms(self, call: Call) -> Response:
        """Send one SMS, over Viber too if that is asked for."""
        form = call.request.form
        sender = self._sender(form.get("alphaname_id"), quick=True)
        now = self.clock.now()
        forwarded_at = None
        if form.get("forwarding_message") == "1":
            if int(form.get("vibername_id", 0)) not in self.account.vibernames:
                detail = "vibername_id is needed to forward, and must be yours"
                raise Refused(detail, HTTPStatus.BAD_REQUEST)
            minutes = int(form.get("forwarding_time", _FORWARDED_AFTER))
            forwarded_at = now + timedelta(minutes=minutes)
        sms = self.account.send(
            form["phone"], form["message"], sender, now, forwarded_at=forwarded_at
        )
        return self._reply({"sms_id": sms.id, "status": "NEW", "parts": sms.parts}, [sms])

    def check_sms(self, call: Call) -> Response:
        """Tell what became of one SMS."""
        wanted = call.request.args["sms_id"]
        for sms in self.account.sms:
            if str(sms.id) == wanted:
                return json_response(sms.check(self.clock.now()))
        raise Refused(MISSING)

    # Mailings.

    def send_bulk_sms(self, call: Call) -> Response:
        """Send several mailings; what is wrong with single numbers is not told."""
        body = call.json()
        mailings = [read_mailing(mailing) for mailing in body["messages"]]
        senders = [self._sender(mailing.alphaname_id) for mailing in mailings]
        if self.account.limit() == 0:
            raise Refused(BILLING)
        if self.account.quota == 0:
            raise Refused(LIMIT)
        sms = [
            each
            for mailing, sender in zip(mailings, senders, strict=True)
            for each in self._mailed(mailing, sender)
        ]
        request = self.account.bulk(body["callback_url"], sms)
        return self._reply({"uuid": str(request.uuid), "success": "OK"}, sms)

    def _mailed(self, mailing: Mailing, sender: str) -> Iterator[Sms]:
        now = self.clock.now()
        starts_at = max(now, mailing.starts_at or now)
        for phone, text in mailing.letters:
            try:
                yield self.account.send(phone, text, sender, now, starts_at=starts_at)
            except Refused:
                yield self.account.fail(phone, text, sender, now)

    def status_bulk_sms(self, call: Call) -> Response:
        """Tell what became of every SMS of a call with mailings."""
        for request in self.account.requests:
            if str(request.uuid) == call.request.form["uuid"]:
                return json_response(request.json(self.clock.now()))
        raise Refused(MISSING)

    # Messages that are written down first.

    def create_sms_message(self, call: Call) -> Response:
        """Write a message down; it can be sent when it is approved."""
        args = call.request.args
        alphaname_id = args.get("alphaname_id", "0")
        sender = self._sender(alphaname_id)
        now = self.clock.now()
        wait = self.moderation
        moderated_at = None if wait is None else now + timedelta(seconds=wait)
        message = self.account.write_down(args["message"], alphaname_id, now, moderated_at)
        told = {
            "status": "ok",
            "parts": message.parts,
            "len": len(message.text),
            "message_id": message.id,
            "alphaname": "system" if alphaname_id == "0" else sender,
            "time": 0,
        }
        return json_response(told)

    def check_sms_message_status(self, call: Call) -> Response:
        """Tell whether a message is approved."""
        message = self.account.message(int(call.request.args["message_id"]))
        sender = self.account.alphanames[message.alphaname_id]
        status = message.status(self.clock.now())
        return json_response(
            {"status": status, "parts": message.parts, "alphaname": sender.upper()}
        )

    def send_sms(self, call: Call) -> Response:
        """Send an approved message to one number."""
        args = call.request.args
        message = self.account.message(int(args["message_id"]))
        now = self.clock.now()
        if message.status(now) != "moderated":
            raise Refused(ACCESS_DENIED)
        sender = self.account.alphanames[message.alphaname_id]
        sms = self.account.send(args["phone"], message.text, sender, now)
        message.sms.append(sms)
        return self._reply({"sms_id": sms.id, "status": "NEW"}, [sms])

    def get_sms_delivery_list(self, call: Call) -> Response:
        """Tell what became of a message at every number it was sent to."""
        message = self.account.message(int(call.request.args["message_id"]))
        now = self.clock.now()
        return json_response(
            {"result": [sms.delivery(now) for sms in message.sms[rows_of(call.request)]]}
        )

    # The account.

    def get_balance(self, call: Call) -> Response:
        """Tell how much money is left."""
        money = {"balance": f"{self.account.balance:.5f}", "viber_balance": "0.00000"}
        return json_response({"status": "OK", "currency": "BYN", "result": [money]})

    def get_limit(self, call: Call) -> Response:
        """Tell for how many SMS the money lasts."""
        return json_response({"limit": self.account.limit()})

    def get_alphanames(self, call: Call) -> Response:
        """List the senders."""
        return json_response(self.account.alphanames)

    # What several of them need.

    def _sender(self, alphaname_id: str | None, *, quick: bool = False) -> str:
        """Return a sender's name; the server's own where none is chosen."""
        name = self.account.alphanames.get(alphaname_id or "0")
        if name is not None:
            return name
        if quick:
            raise Refused(ALPHANAME_QUICK, HTTPStatus.BAD_REQUEST)
        raise Refused(ALPHANAME)

    def _reply(self, told: dict[str, object], sms: Iterable[Sms]) -> Response:
        """Answer a request that sent something, unless its reply is to be lost."""
        self.lose_reply(*(each.phone for each in sms))
        return json_response(told)


def _page(title: str, status: int) -> Response:
    return Response(
        f"<!DOCTYPE html>\n<title>{title}</title>\n<h1>{title}</h1>\n", status, mimetype="text/html"
    )
