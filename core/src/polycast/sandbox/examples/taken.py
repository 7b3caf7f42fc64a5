"""What became of a message that a sandbox took on, worked out from its address and the time."""

from datetime import datetime, timedelta

from attrs import frozen

from polycast.model.messages import State
from polycast.sandbox.outcomes import SimulatedOutcome

__all__ = ["Missing", "Refused", "Taken"]

#: After it is due, a message is handed on; then it arrives, or does not.
_HANDED_ON = timedelta(seconds=1)
_ARRIVED = timedelta(seconds=2)
_GIVEN_UP = timedelta(hours=24)


class Refused(Exception):
    """The sandbox refuses a request, as its provider would.

    Attributes:
        detail: why.
    """

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Missing(Exception):
    """A request asks for what the sandbox does not have."""


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
