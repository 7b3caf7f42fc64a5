"""A fake Hyber platform: the messages and campaigns of one client.

Written from Hyber's page, not from our client. The platform has three hosts, whose paths do
not meet: single messages at `/{client_id}`, campaigns at `/{client_id}/batch`, `/broadcast` and
`/status/...`, reports at `/{client_id}/api/dr/...`. Here one address serves them all, so one
`base_url` (or the same one for each of the servers `default`, `single` and `reports`) leads
everywhere.

What becomes of a message is chosen by how its number ends. The endings every sandbox knows
(`SimulatedOutcome`): `0000` is refused as an incorrect number, like everything that is
none, by `accepted: false` in a campaign; `1111` fails on every channel; `2222` expires on every
channel, each after its time to live; `3333` is delivered but the reply to the request is lost.
And two more: `4444` is on no messenger, so that only SMS reaches it, after the channels before
that have expired; `5555` sees what arrives over Viber and WhatsApp.

The page publishes few codes and no HTTP status of refusals. A refusal has the status
`refusal_status` and, where it is not about the phone number, a code of our own making, 36000.
Nor does it tell how the report host answers for an id that it does not know. ASSUMED: 404, with
such a code and the id that was asked for.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from attrs import evolve
from polycast.sandbox import (
    Accepted,
    Call,
    Clock,
    ProviderSandbox,
    Refused,
    json_response,
    post_json,
    read_spec,
)
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from polycast_hyber.sandbox.callbacks import Push, due_reports, pushes
from polycast_hyber.sandbox.request import INVALID, Order, check_phone, legs_of, order_of
from polycast_hyber.sandbox.response import acceptance, advanced, simple, status
from polycast_hyber.sandbox.state import Account, Leg, Message, refusal

__all__ = ["HyberSandbox", "Push"]

#: What a broadcast's recipient has besides variables.
_RESERVED = ("phone_number", "extra_id")
#: How many of the places where a request does not fit the spec a refusal names.
_TOLD = 3
#: A Viber template that the page's samples of template messages match.
TEMPLATES = {6349599: "Templated text.*"}


class HyberSandbox(ProviderSandbox):
    """A fake Hyber platform with one client.

    Args:
        clock: what tells the time.
        login: the login it accepts.
        password: the password that goes with it.
        client_id: the client's number.
        refusal_status: the HTTP status of a body with an error code, which the page leaves open.
        templates: the account's Viber templates, as regular expressions by their numbers.
        is_loose: whether single messages are answered with `accepted` besides, and pushed reports
            have numbers as strings and null counters, as other people's clients read them.
    """

    name = "hyber"
    spec = read_spec("polycast_hyber._client", "hyber.yaml")
    default_settings: ClassVar[Mapping[str, object]] = {
        "login": "sandbox-login",
        "password": "sandbox-password",
        "client_id": "1234",
        "sms_sender": "Sandbox",
    }

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        login: str = "sandbox-login",
        password: str = "sandbox-password",
        client_id: str = "1234",
        refusal_status: int = HTTPStatus.OK,
        templates: Mapping[int, str] = TEMPLATES,
        is_loose: bool = False,
    ) -> None:
        super().__init__(clock)
        self.login = login
        self.password = password
        self.client_id = client_id
        self.refusal_status = refusal_status
        self.templates = templates
        self.is_loose = is_loose
        self.account = Account()
        self._told: dict[str, int] = {}

    @property
    def urls(self) -> Map:
        """Methods and paths: those of the spec, with extra ids that hold slashes."""
        return self.spec.urls_with("extra_id")

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives."""
        for message in self.account.messages:
            if message.refusal is not None:
                continue
            arrival = message.arrival
            leg = message.legs[0] if arrival is None or arrival.leg is None else arrival.leg
            accepted = Accepted(
                message.phone, leg.text or "", leg.sender, message.created_on, message.id
            )
            yield accepted, None if arrival is None else arrival.at

    def push_reports(self, *, in_batches: bool = False) -> list[Push]:
        """Post the reports that are due, as the platform does once a message's state is final.

        Nothing does this on its own: a test decides when. A report stays due until a callback
        URL on this machine answers 2xx.

        Args:
            in_batches: all reports for one URL in one request, as an array.

        Returns:
            The requests, whether anybody took them or not.
        """
        with self.lock:
            due = due_reports(self.account.messages, self.clock.now(), self._told)
        made = []
        for push in pushes(due, in_batches=in_batches, is_loose=self.is_loose):
            # Not under the lock: who is told may well ask back before answering.
            answered = evolve(push, status=post_json(push.url, push.body))
            made.append(answered)
            if answered.was_taken:
                with self.lock:
                    for report in push.reports:
                        id = report.message.id
                        self._told[id] = self._told.get(id, 0) + 1
        return made

    # Around every request.

    def check(self, call: Call) -> None:
        """Authenticate."""
        given = self.spec.keys["account"].given(call.request)
        if given != f"{self.login}:{self.password}":
            raise Refused("Unauthorized", HTTPStatus.UNAUTHORIZED)
        if call.values["client_id"] != self.client_id:
            raise Refused("Forbidden", HTTPStatus.FORBIDDEN)

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Say what is wrong: in words, or with a code."""
        if not isinstance(refusal.said, str):
            return json_response(refusal.said, refusal.status or self.refusal_status)
        response = _words(refusal.said, refusal.status or HTTPStatus.BAD_REQUEST)
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="Hyber"'
        return response

    def unroutable(self, request: Request, error: HTTPException) -> Response:
        """Answer a request that no operation takes."""
        if isinstance(error, MethodNotAllowed):
            return _words("Method Not Allowed", HTTPStatus.METHOD_NOT_ALLOWED)
        return _words("Not Found", HTTPStatus.NOT_FOUND)

    # Sending.

    def send_message(self, call: Call) -> Response:
        """Take on a single message."""
        body = self._body(call)
        message = self._message(body, order_of(body, self.clock.now()), text=None, variables={})
        if message.refusal is not None:
            raise message.refusal
        self.account.take(message)
        reply: dict[str, object] = {"message_id": message.id}
        return self._reply(reply | acceptance(message) if self.is_loose else reply, [message])

    def send_batch(self, call: Call) -> Response:
        """Take on messages with a text each, as a campaign."""
        return self._campaign(self._batch(call))

    def send_batch_sync(self, call: Call) -> Response:
        """Take on messages with a text each, and answer for each."""
        return self._acceptances(self._batch(call))

    def send_broadcast(self, call: Call) -> Response:
        """Take on one message to many, as a campaign."""
        return self._campaign(self._broadcast(call))

    def send_broadcast_sync(self, call: Call) -> Response:
        """Take on one message to many, and answer for each."""
        return self._acceptances(self._broadcast(call))

    def _body(self, call: Call) -> dict[str, Any]:
        if call.request.mimetype != "application/json":
            raise refusal(INVALID, "Content-Type is not application/json")
        try:
            body: dict[str, Any] = call.json()
        except ValueError:
            raise refusal(INVALID, "The body is not JSON") from None
        if call.problems:
            raise refusal(INVALID, " ".join(call.problems[:_TOLD]))
        return body

    def _batch(self, call: Call) -> Iterator[Message]:
        body = self._body(call)
        order = order_of(body, self.clock.now())
        for item in body["messages"]:
            yield self._message(item, order, text=item["text"], variables={})

    def _broadcast(self, call: Call) -> Iterator[Message]:
        body = self._body(call)
        order = order_of(body, self.clock.now())
        for item in body["recipients"]:
            variables = {name: value for name, value in item.items() if name not in _RESERVED}
            yield self._message(item, order, text=None, variables=variables)

    def _message(
        self,
        item: Mapping[str, Any],
        order: Order,
        *,
        text: str | None,
        variables: Mapping[str, str],
    ) -> Message:
        phone = str(item["phone_number"])
        legs: tuple[Leg, ...] = ()
        refused: Refused | None = None
        try:
            check_phone(phone)
            legs = legs_of(order, text=text, variables=variables, template_of=self._template_of)
        except Refused as error:
            refused = error
        return Message(
            phone=phone,
            extra_id=item.get("extra_id"),
            legs=legs,
            created_on=self.clock.now(),
            starts_at=order.starts_at,
            callback_url=order.callback_url,
            refusal=refused,
        )

    def _template_of(self, text: str) -> int:
        return next(
            (n for n, pattern in self.templates.items() if re.fullmatch(pattern, text, re.DOTALL)),
            0,
        )

    def _take(self, messages: Iterable[Message]) -> list[Message]:
        taken = list(messages)
        for message in taken:
            self.account.take(message)
        return taken

    def _campaign(self, messages: Iterable[Message]) -> Response:
        taken = self._take(messages)
        return self._reply({"job_id": self.account.start_campaign(taken)}, taken)

    def _acceptances(self, messages: Iterable[Message]) -> Response:
        taken = self._take(messages)
        return self._reply({"messages": [acceptance(message) for message in taken]}, taken)

    # Asking.

    def get_campaign_status(self, call: Call) -> Response:
        """Tell the states of a campaign's messages, the last one first."""
        messages = self.account.campaigns.get(call.values["job_id"])
        if messages is None:
            raise Refused("Not Found", HTTPStatus.NOT_FOUND)
        now = self.clock.now()
        return json_response({"messages": [status(message, now) for message in reversed(messages)]})

    def get_report_simple(self, call: Call) -> Response:
        """Tell the state of a message."""
        return self._report(simple, call)

    def get_report_advanced(self, call: Call) -> Response:
        """Tell the state of a message on each channel."""
        return self._report(advanced, call)

    #: By the id that the sender gave.
    get_report_simple_by_extra_id = get_report_simple
    get_report_advanced_by_extra_id = get_report_advanced

    def _report(
        self, tell: Callable[[Message, datetime], dict[str, object]], call: Call
    ) -> Response:
        name = "extra_id" if "extra_id" in call.values else "message_id"
        account, now, id = self.account, self.clock.now(), call.values[name]
        messages = account.by_extra_id if name == "extra_id" else account.by_id
        message = messages.get(id)
        if message is None or not self.listing.known([message], lambda m: m.created_on, now):
            unknown = refusal(INVALID, "Message not found").said
            raise Refused({name: id, **unknown}, HTTPStatus.NOT_FOUND)
        return json_response(tell(message, now))

    def _reply(self, body: object, messages: Iterable[Message]) -> Response:
        """Answer that messages were taken on, unless the answer is to be lost."""
        self.lose_reply(*(message.phone for message in messages))
        return json_response(body)


def _words(detail: str, status: int) -> Response:
    return Response(f"{detail}\n", status, mimetype="text/plain")
