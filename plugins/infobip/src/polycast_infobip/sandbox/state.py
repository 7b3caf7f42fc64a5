"""What the fake account holds: requests, their messages, and what becomes of each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import define, field, frozen
from polycast.sandbox import SimulatedOutcome

__all__ = ["ERRORS", "STATUSES", "Bulk", "Record", "Wanted"]

#: "Response status and error codes": group, id and name of what the fake tells.
STATUSES = {
    26: (1, "PENDING", "PENDING_ACCEPTED", "Message sent to next instance"),
    7: (1, "PENDING", "PENDING_ENROUTE", "Message sent to next instance"),
    3: (1, "PENDING", "PENDING_WAITING_DELIVERY", "Message sent, waiting for delivery report"),
    5: (3, "DELIVERED", "DELIVERED_TO_HANDSET", "Message delivered to handset"),
    9: (2, "UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", "Message sent not delivered"),
    12: (5, "REJECTED", "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits"),
    15: (4, "EXPIRED", "EXPIRED_EXPIRED", "Message expired"),
    23: (5, "REJECTED", "REJECTED_DUPLICATE_MESSAGE_ID", "Duplicate message id"),
    25: (5, "REJECTED", "REJECTED_MESSAGE_TOO_LONG", "Message too long"),
    52: (5, "REJECTED", "REJECTED_DESTINATION", "Invalid destination address"),
}
ERRORS = {
    0: (0, "OK", "NO_ERROR", "No Error", False),
    6: (1, "HANDSET_ERRORS", "EC_ABSENT_SUBSCRIBER_SM", "Absent subscriber", False),
    4101: (3, "OPERATOR_ERRORS", "EC_EXPIRED_AT_OPERATOR", "Expired after handing on", True),
}
#: Seconds after a message is due at which each state is entered.
_ENROUTE, _WAITING, _OUTCOME = 0.5, 1.0, 2.0


@frozen
class Wanted:
    """What a request asks for one recipient.

    Attributes:
        message_id: as it was chosen; "" where it was not.
        validity: seconds that it is tried.
        opens: returns the first moment of its delivery time window, from another on.
        url: where reports are pushed to; None for nowhere.
        failover: whether an SMS may follow.
    """

    channel: str
    to: str
    text: str
    sender: str
    message_id: str
    validity: int
    opens: "Window | None" = None
    url: str | None = None
    failover: bool = False


@frozen
class Window:
    """A delivery time window: days from 0 for Monday, and minutes of the day."""

    days: frozenset[int]
    start: int
    end: int

    def first(self, moment: datetime) -> datetime:
        """Return the first moment in the window, from this one on."""
        while not self._holds(moment):
            moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return moment

    def _holds(self, moment: datetime) -> bool:
        minute = moment.hour * 60 + moment.minute
        inside = (
            self.start <= minute < self.end
            if self.start < self.end
            else minute >= self.start or minute < self.end
        )
        return moment.weekday() in self.days and inside


@define(eq=False)
class Bulk:
    """One request.

    Attributes:
        due: when it is sent; None for at once.
        pace: seconds between two of its messages.
    """

    id: str
    at: datetime
    due: datetime | None
    pace: float = 0.0
    paused: bool = False
    cancelled: bool = False
    records: list["Record"] = field(factory=list)

    def status(self, now: datetime) -> str | None:
        """Return Infobip's word for a scheduled request; None for one that is not, any more."""
        if self.due is None:
            return None
        if self.cancelled:
            return "CANCELED"
        if self.paused:
            return "PAUSED"
        if now < self.due:
            return "PENDING"
        end = self.due + timedelta(seconds=self.pace * len(self.records) + _OUTCOME)
        return "PROCESSING" if now < end else None

    def change(self, wanted: str, now: datetime) -> bool:
        """Pause, resume or cancel; return whether that fits the present status."""
        fits = {"PAUSED": {"PENDING"}, "PENDING": {"PAUSED"}, "CANCELED": {"PENDING", "PAUSED"}}
        if self.status(now) not in fits[wanted]:
            return False
        self.paused, self.cancelled = wanted == "PAUSED", wanted == "CANCELED"
        if wanted == "PENDING" and self.due is not None:
            # Assumed: what should have been sent meanwhile is sent at once.
            self.due = max(self.due, now)
        return True


@define(eq=False)
class Record:
    """A message that was taken on, or is refused later for its id."""

    id: str
    wanted: Wanted
    bulk: Bulk
    place: int
    duplicate: bool = False
    told: bool = False

    def is_due(self, now: datetime) -> bool:
        """Return whether a report is to be pushed: its state is final, and nobody was told."""
        return not self.told and STATUSES[self.step(now)[1]][0] != 1

    @property
    def begins(self) -> datetime | None:
        """When it is sent; None while its request is paused or cancelled."""
        if self.bulk.paused or self.bulk.cancelled:
            return None
        begins = (self.bulk.due or self.bulk.at) + timedelta(seconds=self.bulk.pace * self.place)
        return begins if self.wanted.opens is None else self.wanted.opens.first(begins)

    @property
    def arrives_at(self) -> datetime | None:
        """When the recipient gets it; None for one that does not arrive."""
        return next((at for at, status, _ in self._course() if status == 5), None)

    def step(self, now: datetime) -> tuple[datetime, int, int]:
        """Return the present status and error, and when it was entered."""
        return [step for step in self._course() if step[0] <= now][-1]

    def _course(self) -> Sequence[tuple[datetime, int, int]]:
        first = (self.bulk.at, 26, 0)
        begins = self.begins
        if self.duplicate:
            return [(self.bulk.at, 23, 0)]
        if begins is None:
            return [first]

        def after(seconds: float) -> datetime:
            return begins + timedelta(seconds=seconds)

        course = [first, (after(_ENROUTE), 7, 0), (after(_WAITING), 3, 0)]
        fate = SimulatedOutcome.of(self.wanted.to)
        if fate is SimulatedOutcome.EXPIRES:
            course.append((after(self.wanted.validity), 15, 4101))
        elif fate is SimulatedOutcome.FAILS:
            course.append((after(_OUTCOME), 9, 6))
        else:
            course.append((after(_OUTCOME), 5, 0))
        return course
