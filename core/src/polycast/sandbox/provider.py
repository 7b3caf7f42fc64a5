"""The base of sandboxes that know their provider's spec."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from polycast.sandbox.fake import Call, Sandbox, json_response
from polycast.sandbox.faults import ConnectionDropped
from polycast.sandbox.outcomes import SimulatedOutcome
from polycast.sandbox.spec import Spec

__all__ = ["ProviderSandbox", "Refused"]

_log = logging.getLogger(__name__)


class Refused(Exception):
    """The provider refuses a request.

    Args:
        said: what it answers: the body, or what the sandbox's `refused` makes one of.
        status: the HTTP status; None leaves it to the sandbox's `refused`.
    """

    def __init__(self, said: Any, status: int | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.status = status


class ProviderSandbox(Sandbox):
    """A fake of one provider, whose addresses, credentials and requests are those of its spec.

    An operation is carried out by the method of its name, which takes a `Call` and returns a
    `Response`, or raises `Refused`. One without a method is answered with the spec's example of
    its success, or with a value made from its schema::

        class AcmeSandbox(ProviderSandbox):
            name = "acme"
            spec = read_spec("polycast_acme._client", "acme.yaml")
            default_settings = {"token": "sandbox-token"}

            def check(self, call: Call) -> None:
                if call.request.headers.get("Token") != "sandbox-token":
                    raise Refused({"error": "unknown token"}, HTTPStatus.FORBIDDEN)
                super().check(call)

            def send_message(self, call: Call) -> Response:
                body = call.json()
                ...
                self.lose_reply(body["to"])
                return json_response({"id": "1"})
    """

    #: The provider's spec.
    spec: ClassVar[Spec]
    #: The provider's settings that a sandbox made without arguments accepts.
    default_settings: ClassVar[Mapping[str, object]] = {}

    @property
    def urls(self) -> Map:
        """Methods and paths: those of the spec."""
        return self.spec.urls

    @classmethod
    def base_url(cls, root: str) -> str:
        """Return the `base_url` that leads a client here."""
        return root + cls.spec.below

    @classmethod
    def settings(cls) -> dict[str, object]:
        """Return the provider's settings that a sandbox made without arguments accepts."""
        return dict(cls.default_settings)

    def problems(self, request: Request) -> tuple[str, ...]:
        """Tell where a request does not fit the spec, one sentence each."""
        return self.spec.problems(request)

    def answer(self, call: Call) -> Response:
        """Check a request and carry it out; say why it is refused as the provider does."""
        try:
            self.check(call)
            return self.carry_out(call)
        except Refused as refusal:
            return self.refused(call, refusal)
        except HTTPException as error:
            return self.unroutable(call.request, error)

    def check(self, call: Call) -> None:
        """Check the credentials and whether the request fits the spec.

        Raises:
            Refused: the request is not carried out.
        """
        if call.problems:
            raise Refused(" ".join(call.problems))

    def carry_out(self, call: Call) -> Response:
        """Answer a request that was found good."""
        if self._is_written(call.operation):
            return super().answer(call)
        operation = self.spec.operations[call.operation]
        if operation.method not in ("GET", "HEAD"):
            # Otherwise a test that finds nothing accepted does not show why.
            _log.warning(
                "%s answered %s with the spec's example, and remembers nothing of it: "
                "write a method of that name",
                type(self).__name__,
                call.operation,
            )
        return operation.success().response({})

    def refused(self, call: Call, refusal: Refused) -> Response:
        """Answer a request that is refused: with what the refusal says, as JSON."""
        return json_response(refusal.said, refusal.status or HTTPStatus.BAD_REQUEST)

    def lose_reply(self, *addresses: str) -> None:
        """Lose the reply to the present request, where an address asks for that.

        Raises:
            ConnectionDropped: one of them does (`SimulatedOutcome.REPLY_LOST`); the connection
                ends without an answer.
        """
        if any(SimulatedOutcome.of(each) is SimulatedOutcome.REPLY_LOST for each in addresses):
            raise ConnectionDropped

    def _is_written(self, operation: str) -> bool:
        # An operation may be called `close`: what sandboxes have anyway answers none.
        own = getattr(type(self), operation, None)
        return own is not None and not any(
            own is vars(base).get(operation)
            for base in type(self).__mro__
            if base.__module__.startswith("polycast.sandbox.")
        )
