"""A fake Infobip: one account that sends SMS, Viber and WhatsApp.

Written from Infobip's pages, not from our client. What becomes of a message is chosen by how its
number ends (`SimulatedOutcome`): `0000` is refused with status 52, while the others of its request
go on; `1111` is undeliverable with error 6; `2222` expires with error 4101 when its validity period
is over; `3333` is delivered, but the reply to the request is lost.

Assumed, because no page tells it: a message id that is known is refused in the logs and reports
(status 23), or at once with `tells_duplicates`; logs show no message before it is sent; a request
that was sent at once, or is through, is no scheduled bulk; 400 for an action that does not fit.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar

from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ProviderSandbox,
    Refused,
    RequestLimit,
    json_response,
    post_json,
    read_spec,
)
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from polycast_infobip.sandbox.request import due_of, pace_of, refusal_of, wanted_of
from polycast_infobip.sandbox.response import entry, message, refused, report, violation
from polycast_infobip.sandbox.state import Bulk, Record, Wanted

__all__ = ["InfobipSandbox"]

_KEY = "sandbox-key"
#: What SMS come from that name no sender.
_SENDER = "InfoSMS"
#: "Receive outbound SMS reports".
_BUCKET = 100
#: "Get SMS logs".
_KEPT = timedelta(hours=48)


class InfobipSandbox(ProviderSandbox):
    """A fake Infobip with one account.

    Args:
        clock: what tells the time.
        api_key: the key that it accepts.
        credit: messages that the account can pay for.
        manages: whether the key may pause, resume and stop.
        questions: lists of messages that may be asked for in a minute; no limit when None.
        tells_duplicates: whether a message id that is known is refused at once.
    """

    name = "infobip"
    spec = read_spec("polycast_infobip._client", "infobip.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {
        "api_key": _KEY,
        "viber_sender": "Sandbox",
        "whatsapp_sender": "441134960000",
    }

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        api_key: str = _KEY,
        credit: int = 1_000_000,
        manages: bool = True,
        questions: int | None = 120,
        tells_duplicates: bool = False,
    ) -> None:
        super().__init__(clock)
        self.api_key = api_key
        self.credit = credit
        self.manages = manages
        self.tells_duplicates = tells_duplicates
        self.bulks: list[Bulk] = []
        self.records: list[Record] = []
        self._questions = RequestLimit(questions, timedelta(minutes=1))

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives."""
        for record in self.records:
            wanted = record.wanted
            accepted = Accepted(wanted.to, wanted.text, wanted.sender, record.bulk.at, record.id)
            yield accepted, record.arrives_at

    def push_reports(self) -> list[tuple[str, bytes, int | None]]:
        """Post what has become final to the callback URLs, up to 100 reports at once.

        Nothing does this on its own: a test decides when. A report stays due until it is answered
        with 2xx.

        Returns:
            The address and the body of each request, and the HTTP status of its answer.
        """
        made = []
        with self.lock:
            now, by_url = self.clock.now(), dict[str, list[Record]]()
            for record in self.records:
                if record.wanted.url is not None and record.is_due(now):
                    by_url.setdefault(record.wanted.url, []).append(record)
        for url, due in by_url.items():
            for start in range(0, len(due), _BUCKET):
                bucket = due[start : start + _BUCKET]
                told = {"results": [report(each, now) for each in bucket]}
                body = json.dumps(told, ensure_ascii=False).encode()
                # Not under the lock: who is told may well ask back before answering.
                status = post_json(url, body)
                made.append((url, body, status))
                for each in bucket:
                    each.told = each.told or (status is not None and 200 <= status < 300)
        return made

    # Around every request.

    def check(self, call: Call) -> None:
        """Check the credentials, their scope and the request, in this order."""
        if call.request.headers.get("Authorization") != f"App {self.api_key}":
            raise Refused(None, HTTPStatus.UNAUTHORIZED)
        if call.operation == "update_bulk" and not self.manages:
            raise Refused(None, HTTPStatus.FORBIDDEN)
        if call.problems:
            # A problem names its place first.
            raise Refused(dict(_placed(each) for each in call.problems), HTTPStatus.BAD_REQUEST)

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Say what is wrong, in the form of the operation."""
        return refused(refusal, older=_is_older(call.request))

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request to an address that Infobip does not have."""
        return refused(Refused(None, HTTPStatus.NOT_FOUND), older=True)

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that asks too often."""
        response = refused(Refused(None, HTTPStatus.TOO_MANY_REQUESTS), older=False)
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as Infobip when it fails itself."""
        return refused(Refused(None, status), older=True)

    # Sending.

    def send_sms(self, call: Call) -> Response:
        """Take on a request, recipient by recipient."""
        body, now = call.json(), self.clock.now()
        asked = body.get("options", {})
        schedule = asked.get("schedule", {})
        wanted = list(wanted_of(call.operation, body, _SENDER))
        bulk = self._bulk(schedule.get("bulkId"), due_of(body, now), pace_of(body))
        parts = asked.get("includeSmsCountInResponse", False)
        told = [self._take(bulk, each, parts=parts) for each in wanted]
        self.lose_reply(*(each.to for each in wanted))
        return json_response({"bulkId": bulk.id, "messages": told})

    #: Viber takes the same, without the count of parts.
    send_viber = send_sms

    def send_template(self, call: Call) -> Response:
        """Take on templates, each with its own values."""
        body = call.json()
        wanted = list(wanted_of(call.operation, body, _SENDER))
        bulk = self._bulk(body.get("bulkId"), None)
        told = [self._take(bulk, each) for each in wanted]
        self.lose_reply(*(each.to for each in wanted))
        return json_response({"bulkId": bulk.id, "messages": told})

    def send_whatsapp(self, call: Call) -> Response:
        """Take on one text; the answer is of the one message."""
        [wanted] = wanted_of(call.operation, call.json(), _SENDER)
        told = self._take(self._bulk(None, None), wanted)
        self.lose_reply(wanted.to)
        return json_response(told)

    def _bulk(self, id: str | None, due: datetime | None, pace: float = 0.0) -> Bulk:
        bulk = Bulk(id or f"{4_000_000 + len(self.bulks)}", self.clock.now(), due, pace)
        self.bulks.append(bulk)
        return bulk

    def _take(self, bulk: Bulk, wanted: Wanted, *, parts: bool = False) -> dict[str, object]:
        id = wanted.message_id or f"{9_000_000_000 + len(self.records)}"
        status = refusal_of(wanted)
        known = any(each.id == id for each in self.records)
        if status is None and known and self.tells_duplicates:
            status = 23
        if status is None and self.credit <= 0:
            status = 12
        if status is None:
            self.credit -= 1
            record = Record(id, wanted, bulk, len(bulk.records), duplicate=known)
            bulk.records.append(record)
            self.records.append(record)
            status = 7 if wanted.channel == "whatsapp" else 26
        return message(wanted, id, status, parts=parts)

    # Asking.

    def list_sms(self, call: Call) -> Response:
        """List messages of the last 48 hours, newest first, a page at a time."""
        args, now = call.request.args, self.clock.now()
        if (wait := self._questions.wait(now)) is not None:
            return self.throttled(int(wait) + 1)
        channel = call.operation.removeprefix("list_")
        shown = [each for each in self.records if each.wanted.channel == channel]
        shown = [each for each in shown if _is_asked_for(each, args) and _is_kept(each, now)]
        shown = self.listing.known(shown, lambda each: each.begins or now, now)
        shown.reverse()
        size = self.listing.page_size or int(args.get("limit", 50))
        cursor = args.get("cursor", "0")
        if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 10):
            raise violation("cursor", "is not one of ours")
        start = int(cursor)
        page = self.listing.ordered(shown[start : start + size])
        told: dict[str, object] = {"results": [entry(each, now) for each in page]}
        if args.get("useCursor") == "true":
            more = start + size < len(shown)
            told["cursor"] = {"limit": size, "nextCursor": str(start + size) if more else None}
        return json_response(told)

    #: The other channels' logs are asked for in the same way.
    list_viber = list_sms
    list_whatsapp = list_sms

    def get_balance(self, call: Call) -> Response:
        """Tell what is left: a cent for each message that can be paid for."""
        return json_response({"balance": self.credit / 100, "currency": "EUR"})

    def get_bulk(self, call: Call) -> Response:
        """Tell how far a scheduled request is."""
        bulk = self._scheduled(call)
        return json_response({"bulkId": bulk.id, "status": bulk.status(self.clock.now())})

    def update_bulk(self, call: Call) -> Response:
        """Pause, resume or cancel a scheduled request."""
        bulk, wanted, now = self._scheduled(call), call.json()["status"], self.clock.now()
        if not bulk.change(wanted, now):
            raise Refused(f"Bulk is {bulk.status(now)}", HTTPStatus.BAD_REQUEST)
        return json_response({"bulkId": bulk.id, "status": bulk.status(now)})

    def _scheduled(self, call: Call) -> Bulk:
        id, now = call.request.args["bulkId"], self.clock.now()
        for bulk in reversed(self.bulks):
            if bulk.id == id and bulk.status(now) is not None:
                return bulk
        raise Refused("Bulk not found", HTTPStatus.NOT_FOUND)


def _placed(problem: str) -> tuple[str, str]:
    place, _, why = problem.partition(": ")
    return (place, why) if why else ("request", problem)


def _is_older(request: Request) -> bool:
    return request.path.startswith(("/sms/1/", "/whatsapp/", "/account/"))


def _is_asked_for(record: Record, args: "MultiDict[str, str]") -> bool:
    told = {"bulkId": record.bulk.id, "messageId": record.id}
    # Several ids have commas between them, or a parameter each.
    return all(
        id in ",".join(args.getlist(name)).split(",") for name, id in told.items() if name in args
    )


def _is_kept(record: Record, now: datetime) -> bool:
    begins = record.begins
    return begins is not None and begins <= now <= max(begins, record.step(now)[0]) + _KEPT
