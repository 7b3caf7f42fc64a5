"""A fake sms.by server: SMS, mailings, written-down messages and money of one account.

Written from sms.by's page, not from our client. The account begins with four senders
(`Account.alphanames`), the Viber sender 77 and money for a long time. What becomes of an SMS is
chosen by how its number ends (`SimulatedOutcome`): one that ends in `0000` is refused as
incorrect, which a mailing tells only when its state is asked for; `1111` is sent and not
delivered; `2222` is sent and nothing more is ever heard of it, unless it is forwarded to Viber;
`3333` is delivered but the reply to the request is lost.

Three things that the page leaves open are this sandbox's own: the reply to `statusBulkSms`, what
is pushed to a `callback_url`, and the words for requests that do not fit the spec.

Sending a message to a stored list is not part of it, nor are passwords, Viber's own methods
and e-mail.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from importlib.resources import files

from attrs import frozen
from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ConnectionDropped,
    Sandbox,
    SimulatedOutcome,
    read_json,
)
from polycast.sandbox.openapi import OpenAPIDocument
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from polycast_smsby.sandbox.reading import Mailing, read_mailing, rows_of, token_of
from polycast_smsby.sandbox.refusals import (
    ACCESS_DENIED,
    ALPHANAME,
    ALPHANAME_OLD,
    ALPHANAME_QUICK,
    BILLING,
    INVALID_TOKEN,
    LIMIT,
    THROTTLED,
    Missing,
    Refused,
)
from polycast_smsby.sandbox.state import Account, Sms

__all__ = ["Callback", "SmsBySandbox", "document"]

_API = "/api/v1"
_SENDS = ("send_quick_sms", "send_bulk_sms", "send_sms")
_FINAL = ("DELIVERED", "UNDELIVERED", "FAILED")
_CATEGORIES = ("Организация", "Товарный знак", "Сайт")
#: Minutes, where none are given (sms.by page, section 2.2).
_FORWARDED_AFTER = 60


@cache
def document() -> OpenAPIDocument:
    """Return the spec that lies beside the generated client."""
    text = files("polycast_smsby").joinpath("_client", "smsby.yaml").read_text("utf-8")
    return OpenAPIDocument(text, below=_API)


@frozen
class Callback:
    """What the server posts to a callback URL."""

    url: str
    body: bytes


class SmsBySandbox(Sandbox):
    """A fake sms.by server with one account.

    Args:
        clock: what tells the time.
        token: the API token it accepts.
        balance: what the account begins with, in Belarusian roubles; one SMS costs 0.02.
        quota: how many SMS may be sent in all; no limit when None.
        moderation: seconds until a written-down message is approved; never when None.
        approved: whether sms.by's administrator has approved what the account sends.
        requests_per_minute: more than this are answered 429; no limit when None.
        old: speak as the server did until 2019: refusals are HTTP 500, or 404 for what is
            missing, and some replies have other shapes: those to sends stand in a list of one.
    """

    name = "smsby"
    urls = Map(
        [
            Rule(f"{_API}/sendQuickSMS", endpoint="send_quick_sms", methods=["POST"]),
            Rule(f"{_API}/checkSMS", endpoint="check_sms", methods=["GET"]),
            Rule(f"{_API}/sendBulkSms", endpoint="send_bulk_sms", methods=["POST"]),
            Rule(f"{_API}/statusBulkSms", endpoint="status_bulk_sms", methods=["POST"]),
            Rule(f"{_API}/createSmsMessage", endpoint="create_sms_message", methods=["GET"]),
            Rule(
                f"{_API}/checkSMSMessageStatus",
                endpoint="check_sms_message_status",
                methods=["GET"],
            ),
            Rule(f"{_API}/sendSms", endpoint="send_sms", methods=["GET"]),
            Rule(f"{_API}/getMessagesList", endpoint="get_messages_list", methods=["GET"]),
            Rule(f"{_API}/getSmsDeliveryList", endpoint="get_sms_delivery_list", methods=["GET"]),
            Rule(f"{_API}/getBalance", endpoint="get_balance", methods=["GET"]),
            Rule(f"{_API}/getLimit", endpoint="get_limit", methods=["GET"]),
            Rule(f"{_API}/getAlphanames", endpoint="get_alphanames", methods=["GET"]),
            Rule(f"{_API}/getAlphanameId", endpoint="get_alphaname_id", methods=["GET"]),
            Rule(
                f"{_API}/getAlphanameCategory", endpoint="get_alphaname_category", methods=["GET"]
            ),
        ]
    )

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
        old: bool = False,
    ) -> None:
        super().__init__(clock)
        self.token = token
        self.moderation = moderation
        self.approved = approved
        self.requests_per_minute = requests_per_minute
        self.old = old
        self.account = Account(Decimal(balance), Decimal("0.02"), quota)
        self._recent: deque[datetime] = deque()

    @classmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here."""
        return root + _API

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the settings that a sandbox made without arguments accepts."""
        return {"token": "sandbox-token"}

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every SMS that was taken on, and when it arrives, as SMS or over Viber."""
        for sms in self.account.sms:
            if sms.fate is SimulatedOutcome.REFUSED:
                continue
            accepted = Accepted(
                provider=self.name,
                to=sms.phone,
                text=sms.text,
                sender=sms.sender,
                at=sms.accepted_at,
                id=str(sms.id),
            )
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

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the OpenAPI document."""
        return document().problems(request)

    def answer(self, call: Call) -> Response:
        """Authenticate, count, judge, carry out; say what is wrong as the server does."""
        try:
            if token_of(call.request) != self.token:
                raise Refused(INVALID_TOKEN, status=HTTPStatus.FORBIDDEN)
            if self._asks_too_often():
                return self.throttled(None)
            if call.operation == "send_quick_sms" and call.request.is_json:
                # Observed: JSON fails here with a sentence about something else.
                raise Refused(ALPHANAME_QUICK, status=HTTPStatus.BAD_REQUEST)
            if call.problems:
                raise Refused(list(call.problems), status=HTTPStatus.BAD_REQUEST)
            if call.operation in _SENDS and not self.approved:
                raise Refused(ACCESS_DENIED)
            return super().answer(call)
        except Refused as refusal:
            return _json(refusal.body(), refusal.status or self._status_of(refusal))

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that no operation takes: with a page for people to read."""
        if error.code == HTTPStatus.NOT_FOUND:
            return _page("Страница не найдена", HTTPStatus.NOT_FOUND)
        return _page(error.name, error.code or HTTPStatus.METHOD_NOT_ALLOWED)

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that asks too often; the page knows of no header."""
        response = _json({"error": THROTTLED}, HTTPStatus.TOO_MANY_REQUESTS)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as a server that fails: with a page for people to read."""
        return _page("Сервер недоступен", status)

    def _status_of(self, refusal: Refused) -> HTTPStatus:
        if not self.old:
            return HTTPStatus.OK
        missing = isinstance(refusal, Missing)
        return HTTPStatus.NOT_FOUND if missing else HTTPStatus.INTERNAL_SERVER_ERROR

    def _asks_too_often(self) -> bool:
        if self.requests_per_minute is None:
            return False
        now, minute = self.clock.now(), timedelta(minutes=1)
        while self._recent and self._recent[0] <= now - minute:
            self._recent.popleft()
        if len(self._recent) >= self.requests_per_minute:
            return True
        self._recent.append(now)
        return False

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
                raise Refused(detail, status=HTTPStatus.BAD_REQUEST)
            minutes = int(form.get("forwarding_time", _FORWARDED_AFTER))
            forwarded_at = now + timedelta(minutes=minutes)
        sms = self.account.send(
            form["phone"], form["message"], sender, now, forwarded_at=forwarded_at
        )
        told: dict[str, object] = {"sms_id": sms.id, "status": "NEW"}
        return self._reply(told if self.old else {**told, "parts": sms.parts}, [sms])

    def check_sms(self, call: Call) -> Response:
        """Tell what became of one SMS."""
        wanted = call.request.args["sms_id"]
        for sms in self.account.sms:
            if str(sms.id) == wanted:
                return _json(sms.check(self.clock.now(), old=self.old))
        raise Missing

    # Mailings.

    def send_bulk_sms(self, call: Call) -> Response:
        """Send several mailings; what is wrong with single numbers is not told."""
        body = read_json(call.request.get_data())
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
                return _json(request.json(self.clock.now()))
        raise Missing

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
        return _json([told] if self.old else told)

    def check_sms_message_status(self, call: Call) -> Response:
        """Tell whether a message is approved."""
        message = self.account.message(int(call.request.args["message_id"]))
        sender = self.account.alphanames[message.alphaname_id]
        status = message.status(self.clock.now())
        return _json({"status": status, "parts": message.parts, "alphaname": sender.upper()})

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

    def get_messages_list(self, call: Call) -> Response:
        """List the messages that were written down."""
        now = self.clock.now()
        rows = [message.json(now) for message in self.account.messages]
        return _json({"result": rows[rows_of(call.request)]})

    def get_sms_delivery_list(self, call: Call) -> Response:
        """Tell what became of a message at every number it was sent to."""
        message = self.account.message(int(call.request.args["message_id"]))
        now = self.clock.now()
        return _json({"result": [sms.delivery(now) for sms in message.sms[rows_of(call.request)]]})

    # The account.

    def get_balance(self, call: Call) -> Response:
        """Tell how much money is left."""
        money = {"balance": f"{self.account.balance:.5f}", "viber_balance": "0.00000"}
        return _json({"status": "OK", "currency": "BYN", "result": [money]})

    def get_limit(self, call: Call) -> Response:
        """Tell for how many SMS the money lasts."""
        limit = self.account.limit()
        return _json({"limit": str(limit) if self.old else limit})

    def get_alphanames(self, call: Call) -> Response:
        """List the senders."""
        return _json(self.account.alphanames)

    def get_alphaname_id(self, call: Call) -> Response:
        """Find a sender's number."""
        for number, name in self.account.alphanames.items():
            if name == call.request.args["name"]:
                return _json({"id": int(number)})
        raise Missing

    def get_alphaname_category(self, call: Call) -> Response:
        """List the kinds of senders that can be applied for."""
        rows = [{"id": number, "name": name} for number, name in enumerate(_CATEGORIES, 1)]
        return _json({"status": "OK", "result": rows})

    # What several of them need.

    def _sender(self, alphaname_id: str | None, *, quick: bool = False) -> str:
        """Return a sender's name; the server's own where none is chosen."""
        name = self.account.alphanames.get(alphaname_id or "0")
        if name is not None:
            return name
        if self.old:
            raise Refused(ALPHANAME_OLD)
        if quick:
            raise Refused(ALPHANAME_QUICK, status=HTTPStatus.BAD_REQUEST)
        raise Refused(ALPHANAME)

    def _reply(self, told: dict[str, object], sms: Iterable[Sms]) -> Response:
        """Answer a request that sent something, unless its reply is to be lost."""
        if any(each.fate is SimulatedOutcome.REPLY_LOST for each in sms):
            raise ConnectionDropped
        return _json([told] if self.old else told)


def _json(body: object, status: int = HTTPStatus.OK) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")


def _page(title: str, status: int) -> Response:
    return Response(
        f"<!DOCTYPE html>\n<title>{title}</title>\n<h1>{title}</h1>\n", status, mimetype="text/html"
    )
