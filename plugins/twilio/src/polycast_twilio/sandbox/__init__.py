"""A fake Twilio: one account with numbers, a messaging service and a content template.

Written from Twilio's pages, not from our client. What becomes of a message is chosen by how its
address ends (`SimulatedOutcome`): `0000` is refused with 21211, `1111` is undelivered with 30005,
`2222` waits until its validity period is over and fails with 30036, and `3333` is delivered but
the reply to the request is lost. Twilio's own test numbers are refused with their codes.

A messaging service takes on what a plain sender refuses, and tells it later: it answers 201, and
the message is `failed` with the code.

Assumed, because no page tells it: one error at a time, in the order recipient, sender, content,
moment; 404 for another account; 409 for what cannot be cancelled.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urlencode

from polycast.sandbox import Accepted, Call, Clock, ProviderSandbox, json_response, read_spec
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from polycast_twilio.sandbox.request import read_message
from polycast_twilio.sandbox.response import CodedRefusal, message, missing, refused
from polycast_twilio.sandbox.state import ACCOUNT, SERVICE, Record

__all__ = ["TwilioSandbox"]

_KEY = f"SK{1:032x}"
_TOKEN = "sandbox-token"
_SECRET = "sandbox-secret"


class TwilioSandbox(ProviderSandbox):
    """A fake Twilio with one account.

    Args:
        clock: what tells the time.
        auth_token: the account's auth token.
        suspended: whether the account is suspended.
        funds: whether the account has money.
        busy: whether too many calls are made at once.
    """

    name = "twilio"
    spec = read_spec("polycast_twilio._client", "twilio.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {
        "account_sid": ACCOUNT,
        "auth_token": _TOKEN,
        "messaging_service_sid": SERVICE,
    }

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        auth_token: str = _TOKEN,
        suspended: bool = False,
        funds: bool = True,
        busy: bool = False,
    ) -> None:
        super().__init__(clock)
        self.auth_token = auth_token
        self.suspended = suspended
        self.funds = funds
        self.busy = busy
        self.records: list[Record] = []

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives."""
        for record in self.records:
            wanted = record.wanted
            accepted = Accepted(wanted.to, wanted.text, record.sender, record.at, record.sid)
            yield accepted, record.arrives_at

    # Around every request.

    def check(self, call: Call) -> None:
        """Check the credentials, the account and the form, in this order."""
        told = call.request.authorization
        pair = None if told is None else (told.username, told.password)
        if pair not in ((ACCOUNT, self.auth_token), (_KEY, _SECRET)):
            raise CodedRefusal(20003, "Authenticate", HTTPStatus.UNAUTHORIZED)
        if call.values["AccountSid"] != ACCOUNT:
            raise missing(call.request)
        if self.suspended:
            raise CodedRefusal(20403, "Forbidden", HTTPStatus.FORBIDDEN)
        if self.busy:
            raise CodedRefusal(20429, "Too Many Requests", HTTPStatus.TOO_MANY_REQUESTS)
        if call.operation == "create_message" and not self.funds:
            raise CodedRefusal(20005, "Account not active", HTTPStatus.UNAUTHORIZED)
        if call.problems:
            detail = " ".join(call.problems)
            if call.operation == "create_message" and not call.request.form.get("To"):
                raise CodedRefusal(21604, "A 'To' phone number is required.")
            raise CodedRefusal(30400 if call.operation == "update_message" else 20001, detail)

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request to an address that Twilio does not have."""
        if error.code == HTTPStatus.NOT_FOUND:
            return refused(missing(request))
        return refused(CodedRefusal(20004, "Method not allowed", HTTPStatus.METHOD_NOT_ALLOWED))

    def throttled(self, retry_after: int | str | None) -> Response:
        """Answer a client that makes too many calls at once."""
        response = refused(CodedRefusal(20429, "Too Many Requests", HTTPStatus.TOO_MANY_REQUESTS))
        if retry_after is not None:
            response.headers["Retry-After"] = str(retry_after)
        return response

    def broken(self, status: int) -> Response:
        """Answer as Twilio when it fails itself."""
        return refused(CodedRefusal(20500, "An internal server error has occurred", status))

    # The operations.

    def create_message(self, call: Call) -> Response:
        """Take on one message."""
        now = self.clock.now()
        wanted = read_message(call.request, now)
        kind = "MM" if wanted.media else "SM"
        record = Record(f"{kind}{len(self.records) + 1:032x}", now, wanted)
        self.records.append(record)
        self.lose_reply(wanted.to)
        return json_response(message(record, self.clock.now()), HTTPStatus.CREATED)

    def fetch_message(self, call: Call) -> Response:
        """Tell how far a message has come."""
        return json_response(message(self._find(call), self.clock.now()))

    def update_message(self, call: Call) -> Response:
        """Cancel a message that is scheduled."""
        record = self._find(call)
        if record.status(self.clock.now()) != "scheduled":
            detail = "Message is not in a cancelable state"
            raise CodedRefusal(30409, detail, HTTPStatus.CONFLICT)
        record.cancelled_at = self.clock.now()
        return json_response(message(record, self.clock.now()))

    def list_messages(self, call: Call) -> Response:
        """List messages, newest first, a page at a time."""
        args, now = call.request.args, self.clock.now()
        listed = self.listing.known(self.records, lambda each: each.at, now)
        listed = [each for each in reversed(listed) if args.get("To") in (None, each.wanted.to)]
        size = self.listing.page_size or int(args.get("PageSize", 50))
        start, page = 0, int(args.get("Page", 0))
        if token := args.get("PageToken"):
            start = next((n for n, each in enumerate(listed, 1) if f"PA{each.sid}" == token), 0)
        shown = listed[start : start + size]
        more = None
        if start + size < len(listed):
            query = {key: args[key] for key in ("To", "PageSize") if key in args}
            query |= {"Page": str(page + 1), "PageToken": f"PA{shown[-1].sid}"}
            more = f"{call.request.path}?{urlencode(query)}"
        return json_response(
            {
                "messages": [message(each, now) for each in self.listing.ordered(shown)],
                "page": page,
                "page_size": size,
                "start": start,
                "end": max(0, start + len(shown) - 1),
                "uri": call.request.full_path,
                "next_page_uri": more,
            }
        )

    def _find(self, call: Call) -> Record:
        for record in self.records:
            if record.sid == call.values["Sid"]:
                return record
        raise missing(call.request)
