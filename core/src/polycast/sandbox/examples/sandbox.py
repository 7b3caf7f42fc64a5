"""The base of sandboxes that begin with what their spec shows."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar

from attrs import evolve
from werkzeug.wrappers import Request, Response

from polycast.model.messages import State
from polycast.sandbox.clock import Clock
from polycast.sandbox.examples.spec import Spec
from polycast.sandbox.examples.taken import Missing, Refused, Taken
from polycast.sandbox.fake import Accepted, Call, Sandbox
from polycast.sandbox.faults import ConnectionDropped
from polycast.sandbox.outcomes import SimulatedOutcome

__all__ = ["ExampleSandbox"]

_log = logging.getLogger(__name__)

#: The answers of a spec that say why a request is refused.
_STATUSES = {
    HTTPStatus.UNAUTHORIZED: ("401", "403"),
    HTTPStatus.BAD_REQUEST: ("400", "422"),
    HTTPStatus.NOT_FOUND: ("404",),
}


class ExampleSandbox(Sandbox):
    """A fake that answers the examples of its spec, until its operations are written.

    Credentials and requests are judged by the spec. An operation that the subclass has no method
    of its name for is answered with the spec's example of its success, or with a value made from
    its schema where there is none.

    Attributes:
        taken: the messages taken on, oldest first.
    """

    #: The provider's spec.
    spec: ClassVar[Spec]
    #: The credentials that are accepted, by security scheme; HTTP Basic as `login:password`.
    keys: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if "spec" in vars(cls):
            cls.urls = cls.spec.urls

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self.taken: list[Taken] = []

    @classmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here."""
        return root + cls.spec.below

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
            raise Refused(f"{to} is no number")
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
        raise Missing(str(id))

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
                by name.
        """
        self.keep_or_lose(*messages)
        return self.spec.operations[call.operation].success().response(changes)

    def keep_or_lose(self, *messages: Taken) -> None:
        """Lose the reply to the present request, where one of its messages is to lose it.

        Raises:
            ConnectionDropped: one is (`SimulatedOutcome.REPLY_LOST`).
        """
        if any(message.fate is SimulatedOutcome.REPLY_LOST for message in messages):
            raise ConnectionDropped

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

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the spec, one sentence each."""
        return self.spec.problems(request)

    def answer(self, call: Call) -> Response:
        """Check credentials and request, and carry it out; where nobody wrote how, by example."""
        if not self.authorised(call.request):
            return self.refuse(call, HTTPStatus.UNAUTHORIZED, "The credentials are not these.")
        if call.problems:
            return self.refuse(call, HTTPStatus.BAD_REQUEST, " ".join(call.problems))
        if not self._is_written(call.operation):
            self._tell_unwritten(call.operation)
            return self.reply(call)
        try:
            return super().answer(call)
        except Refused as refusal:
            return self.refuse(call, HTTPStatus.BAD_REQUEST, refusal.detail)
        except Missing:
            return self.refuse(call, HTTPStatus.NOT_FOUND, "There is no such message.")

    def traffic(self) -> Iterable[tuple[Accepted, datetime | None]]:
        """Tell every message taken on, and when it arrives."""
        for message in self.taken:
            accepted = Accepted(
                provider=self.name,
                to=message.to,
                text=message.text,
                sender=message.sender,
                at=message.at,
                id=message.id,
            )
            yield accepted, message.arrives_at

    def _is_written(self, operation: str) -> bool:
        # An operation may be called `find`, or `close`: what sandboxes have anyway answers none.
        own = getattr(type(self), operation, None)
        return own is not None and own is not getattr(ExampleSandbox, operation, None)

    def _tell_unwritten(self, operation: str) -> None:
        if self.spec.operations[operation].method not in ("GET", "HEAD"):
            # Whoever tests a provider against this finds nothing accepted, and wonders.
            _log.warning(
                "%s answered %s with the spec's example, and remembers nothing of it: "
                "write a method of that name",
                type(self).__name__,
                operation,
            )

    def _fits(self, scheme: str, request: Request) -> bool:
        key, wanted = self.spec.keys[scheme], self.keys.get(scheme)
        # What only the provider's own auth object can make, only its own sandbox can judge.
        return key.place == "custom" or (wanted is not None and key.given(request) == wanted)
