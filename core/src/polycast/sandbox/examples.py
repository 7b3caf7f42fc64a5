"""Sandboxes that answer what a provider's spec shows, and become servers with a memory.

    class AcmeSandbox(ExampleSandbox):
        name = "acme"
        spec = read_spec("polycast_acme._client", "acme.yaml")
        keys = {"token": "sandbox-token"}
        default_settings = {"token": "sandbox-token"}

This one checks credentials and requests as the spec has them, and answers each operation with
its example. It becomes a server with a memory by methods named as the operations:

        def send_message(self, call: Call) -> Response:
            body = call.json()
            taken = self.take(body["to"], body["text"])
            return self.reply(call, taken, id=taken.id)

        def get_message(self, call: Call) -> Response:
            taken = self.find(call.values["id"])
            return self.reply(call, id=taken.id, status=WORDS[taken.state(self.clock.now())])
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import ClassVar

from attrs import evolve, frozen
from werkzeug.wrappers import Request, Response

from polycast.model.messages import State
from polycast.sandbox.clock import Clock
from polycast.sandbox.fake import Accepted, Call
from polycast.sandbox.outcomes import SimulatedOutcome
from polycast.sandbox.provider import ProviderSandbox, Refused
from polycast.sandbox.spec import Example, Key, Operation, Spec, read_spec

__all__ = [
    "Example",
    "ExampleSandbox",
    "Key",
    "Missing",
    "Operation",
    "Refused",
    "Spec",
    "Taken",
    "read_spec",
]

#: After it is due, a message is handed on; then it arrives, or does not.
_HANDED_ON = timedelta(seconds=1)
_ARRIVED = timedelta(seconds=2)
_GIVEN_UP = timedelta(hours=24)
#: The answers of a spec that say why a request is refused.
_STATUSES = {
    HTTPStatus.UNAUTHORIZED: ("401", "403"),
    HTTPStatus.BAD_REQUEST: ("400", "422"),
    HTTPStatus.NOT_FOUND: ("404",),
}


class Missing(Refused):
    """A request asks for what the sandbox does not have."""

    def __init__(self, said: str = "There is no such message.") -> None:
        super().__init__(said, HTTPStatus.NOT_FOUND)


@frozen
class Taken:
    """A message taken on.

    What becomes of it is chosen by how its address ends (`polycast.sandbox.SimulatedOutcome`).

    Attributes:
        id: the number it was given, counted from 1.
        to: the recipient's address, as the request has it.
        text: what the recipient reads.
        sender: what the recipient sees as the sender, or "".
        at: when it was taken on.
        due: when it is to be sent.
        cancelled: whether it was cancelled before it was handed on.
    """

    id: str
    to: str
    text: str
    sender: str
    at: datetime
    due: datetime
    cancelled: bool = False

    @property
    def fate(self) -> SimulatedOutcome:
        """What becomes of it."""
        return SimulatedOutcome.of(self.to)

    @property
    def arrives_at(self) -> datetime | None:
        """When the recipient gets it; None for one that does not arrive."""
        arrives = self.fate.arrives and not self.cancelled
        return self.due + _ARRIVED if arrives else None

    def state(self, now: datetime) -> State:
        """Tell how far it has come.

        Returns:
            SCHEDULED until it is due, QUEUED for a second, SENT for another; then DELIVERED or
            FAILED, by its fate. One that expires does so after a day.
        """
        if self.cancelled:
            return State.CANCELLED
        if now < self.due:
            return State.SCHEDULED
        if now < self.due + _HANDED_ON:
            return State.QUEUED
        if self.fate is SimulatedOutcome.EXPIRES:
            return State.EXPIRED if now >= self.due + _GIVEN_UP else State.SENT
        if now < self.due + _ARRIVED:
            return State.SENT
        return State.FAILED if self.fate is SimulatedOutcome.FAILS else State.DELIVERED


class ExampleSandbox(ProviderSandbox):
    """A fake that answers the examples of its spec, until its operations are written.

    Credentials and requests are judged by the spec.

    Attributes:
        taken: the messages taken on, oldest first.
    """

    #: The credentials that are accepted, by security scheme; HTTP Basic as `login:password`.
    keys: ClassVar[Mapping[str, str]] = {}

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.taken: list[Taken] = []

    # What operations are written with.

    def take(
        self, to: str, text: str, *, sender: str | None = None, due: datetime | None = None
    ) -> Taken:
        """Remember a message, and return it with the id it was given.

        Args:
            to: the recipient's address.
            text: what the recipient reads.
            sender: what the recipient sees as the sender.
            due: when it is to be sent; at once when not given, or past.

        Raises:
            Refused: its address ends like one that is refused (`SimulatedOutcome.REFUSED`).
        """
        if SimulatedOutcome.of(to) is SimulatedOutcome.REFUSED:
            raise Refused(f"{to} is no number", HTTPStatus.BAD_REQUEST)
        now = self.clock.now()
        message = Taken(str(len(self.taken) + 1), to, text, sender or "", now, max(now, due or now))
        self.taken.append(message)
        return message

    def find(self, id: object) -> Taken:
        """Return the message of an id.

        Raises:
            Missing: there is none.
        """
        for message in self.taken:
            if message.id == str(id):
                return message
        raise Missing

    def withdraw(self, message: Taken) -> bool:
        """Cancel a message, if it has not been handed on; tell whether it was still possible."""
        if message.state(self.clock.now()) not in (State.SCHEDULED, State.QUEUED):
            return False
        self.taken[self.taken.index(message)] = evolve(message, cancelled=True)
        return True

    def reply(self, call: Call, *messages: Taken, **changes: object) -> Response:
        """Return the example of an operation's answer, with other values for outermost fields.

        Args:
            call: what is answered.
            messages: what was taken on by it. The reply is lost where one of them is to lose it
                (`SimulatedOutcome.REPLY_LOST`).
            changes: the fields of a JSON object, or the children and attributes of an XML root,
                by name; `polycast.wire.UNSET` leaves one out.
        """
        self.lose_reply(*(message.to for message in messages))
        return self.spec.operations[call.operation].success().response(changes)

    # What a sandbox of a provider with answers of its own overrides.

    def authorised(self, request: Request) -> bool:
        """Tell whether a request carries the credentials that the spec asks for."""
        return not self.spec.wanted or any(
            all(self._fits(scheme, request) for scheme in together) for together in self.spec.wanted
        )

    def refuse(self, call: Call, status: HTTPStatus, detail: str) -> Response:
        """Answer a request that is refused: with the spec's example of it, if it has one.

        Args:
            call: what is answered.
            status: 401 for wrong credentials, 400 for a request that does not fit the spec or
                is `Refused`, 404 for what is `Missing`.
            detail: why.
        """
        operation = self.spec.operations[call.operation]
        if shown := operation.example(*_STATUSES[status]):
            return shown.response({})
        if general := operation.example("4XX", "default"):
            response = general.response({})
            response.status_code = status
            return response
        return Response(f"{detail}\n", status, mimetype="text/plain")

    # The machinery.

    def check(self, call: Call) -> None:
        """Check credentials and request by the spec."""
        if not self.authorised(call.request):
            raise Refused("The credentials are not these.", HTTPStatus.UNAUTHORIZED)
        super().check(call)

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Answer a request that is refused."""
        return self.refuse(
            call, HTTPStatus(refusal.status or HTTPStatus.BAD_REQUEST), str(refusal.said)
        )

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives."""
        for each in self.taken:
            yield Accepted(each.to, each.text, each.sender, each.at, each.id), each.arrives_at

    def _fits(self, scheme: str, request: Request) -> bool:
        key, wanted = self.spec.keys[scheme], self.keys.get(scheme)
        # What only the provider's own auth object can make, only its own sandbox can judge.
        return key.place == "custom" or (wanted is not None and key.given(request) == wanted)
