"""A workspace's messages and broadcasts, and what becomes of them.

(Ogangi page, "sendSMSByFile" for what is told of a message, "Message (SMS)" for its states.)

A broadcast sends its messages one after another, at a steady rate, whenever it is
running: suspending ends a run, resuming begins another. So what it has done by now
follows from its runs, and nothing has to happen in the background.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from attrs import Factory, define, frozen
from polycast.sandbox import SimulatedOutcome

from polycast_ogangi.sandbox.request import Recipient
from polycast_ogangi.sandbox.response import Tree, long_date, short_date

__all__ = ["Broadcast", "Message", "Phase"]

#: How long the carriers try before they give up.
_TRIES = timedelta(minutes=5)
_DESCRIPTIONS: Mapping[str, str] = {
    "SENT_TO_CARRIER": "Sent to Carrier",
    "DELIVERED_TO_DEVICE": "Delivered to device",
    "UNDELIVERED": "Not delivered",
    "EXPIRED": "Expired",
    "BAD_TO": "The recipient is not valid",
    "BAD_FROM": "The sender is not valid",
    "BAD_ENCODING": "The encoding is not known",
    "BAD_TIMEZONE": "The time zone is not known",
}


@frozen(kw_only=True)
class Message:
    """One message that was handed to a carrier, or refused.

    Attributes:
        id: its own.
        blast_id: of the broadcast it is a part of, or None.
        number: the recipient.
        sender: the short or long code.
        carrier: as it was given.
        encoding: as it was given.
        timezone: as it was given.
        text: what the recipient reads.
        at: when it was handed on.
        travels: how long it takes to the handset.
        problem: the status that tells why it was refused, or None.
    """

    id: str
    blast_id: str | None = None
    number: str
    sender: str
    carrier: str
    encoding: str
    timezone: str
    text: str
    at: datetime
    travels: timedelta
    problem: str | None = None

    @property
    def arrives(self) -> datetime | None:
        """When it is on the handset; None where it never is."""
        if self.problem is not None or not SimulatedOutcome.of(self.number).arrives:
            return None
        return self.at + self.travels

    def status(self, now: datetime) -> str:
        """Tell where it is."""
        if self.problem is not None:
            return self.problem
        match SimulatedOutcome.of(self.number):
            case SimulatedOutcome.EXPIRES:
                return "EXPIRED" if now >= self.at + _TRIES else "SENT_TO_CARRIER"
            case fate if now >= self.at + self.travels:
                return "DELIVERED_TO_DEVICE" if fate.arrives else "UNDELIVERED"
            case _:
                return "SENT_TO_CARRIER"

    def tree(self, now: datetime, zone: ZoneInfo, client_id: str) -> Tree:
        """Return what is told of it.

        Args:
            now: the present moment.
            zone: the zone of its date, where it was refused: its own may be none.
            client_id: who sent it.
        """
        status = self.status(now)
        own = ZoneInfo(self.timezone) if self.problem is None else zone
        return {
            "blastId": self.blast_id,
            "id": self.id,
            "carrier": self.carrier,
            "from": self.sender,
            "to": self.number,
            "text": self.text,
            "status": status,
            "statusDescription": _DESCRIPTIONS[status],
            "encoding": self.encoding,
            "date": long_date(self.at.astimezone(own)),
            "timezone": self.timezone,
            "clientId": client_id,
        }


#: How long a message takes from the carrier to the handset.
_ON_ITS_WAY = timedelta(seconds=1)


class Phase(Enum):
    """Where a broadcast is: the provider's number, and its word.

    The provider has no number for a broadcast that waits for its date; it is told as sending.
    (Ogangi page, "Broadcast Types and Status".)
    """

    SCHEDULED = (1, "SCHEDULED")
    SENDING = (1, "SENDING")
    DONE = (2, "DONE")
    SUSPENDED = (3, "SUSPENDED")
    ABORTED = (4, "ABORTED")

    @property
    def number(self) -> int:
        """What `getBroadcast` tells."""
        return self.value[0]

    @property
    def word(self) -> str:
        """What `createBroadcastFromJson` tells."""
        return self.value[1]


@define
class _Run:
    start: datetime
    end: datetime | None = None

    def lasted(self, now: datetime) -> timedelta:
        end = now if self.end is None else min(self.end, now)
        return max(end - self.start, timedelta(0))


@define
class Broadcast:
    """A broadcast and its recipients.

    Attributes:
        id: its number.
        name: the campaign's, or None.
        text: what a recipient without a text of its own reads.
        shortcode: the sender.
        recipients: whom it goes to.
        created_at: when the provider took it on.
        start: when it starts.
        rate: messages in a second.
    """

    id: int
    name: str | None
    text: str
    shortcode: str
    recipients: Sequence[Recipient]
    created_at: datetime
    start: datetime
    rate: float
    aborted: bool = False
    _runs: list[_Run] = Factory(lambda self: [_Run(self.start)], takes_self=True)

    def phase(self, now: datetime) -> Phase:
        """Tell where it is."""
        if self.aborted:
            return Phase.ABORTED
        if now < self.start:
            return Phase.SCHEDULED
        if self.processed(now) == len(self.recipients):
            return Phase.DONE
        return Phase.SENDING if self._runs[-1].end is None else Phase.SUSPENDED

    def processed(self, now: datetime) -> int:
        """Return how many recipients it has come to."""
        ran = sum((run.lasted(now) for run in self._runs), timedelta(0))
        # A hair more than a whole number of steps is that number, whatever floating point says.
        return min(len(self.recipients), int(ran.total_seconds() * self.rate + 1e-6))

    def sent(self, now: datetime) -> int:
        """Return how many messages it has sent; refused recipients are passed over."""
        come_to = self.recipients[: self.processed(now)]
        return sum(not self.refuses(recipient) for recipient in come_to)

    def ended(self, now: datetime) -> datetime | None:
        """Return when it was done or aborted, if it is."""
        match self.phase(now):
            case Phase.ABORTED:
                return self._runs[-1].end
            case Phase.DONE:
                return self._moments()[-1]
            case _:
                return None

    def suspend(self, now: datetime) -> None:
        """Stop sending until it is resumed."""
        self._runs[-1].end = now

    def resume(self, now: datetime) -> None:
        """Go on."""
        self._runs.append(_Run(now))

    def abort(self, now: datetime) -> None:
        """Stop sending for good."""
        self.aborted = True
        if self._runs[-1].end is None:
            self._runs[-1].end = max(now, self._runs[-1].start)

    def made(self, now: datetime, zone: ZoneInfo) -> Tree:
        """Return what is told of it when it is made.

        Args:
            now: the present moment.
            zone: the zone of its date.
        """
        return {
            "id": self.id,
            "text": self.text,
            "startDate": long_date(self.start.astimezone(zone)),
            "expectedMessages": len(self.recipients),
            "statusDescription": self.phase(now).word,
            "shortcode": self.shortcode,
        }

    def tree(self, now: datetime, zone: ZoneInfo) -> Tree:
        """Return what is told of it when it is asked for, or listed: never its name.

        Args:
            now: the present moment.
            zone: the zone of its dates.
        """
        ended = self.ended(now)
        return {
            "id": self.id,
            "text": self.text,
            "startDate": short_date(self.start.astimezone(zone)),
            "endDate": None if ended is None else short_date(ended.astimezone(zone)),
            "expectedMessages": len(self.recipients),
            "sentMessages": self.sent(now),
            "status": self.phase(now).number,
            "shortcode": self.shortcode,
        }

    def holds(self, text: str, *, names: bool) -> bool:
        """Tell whether a search finds it: by its text, and by its campaign's name if `names`."""
        places = (self.text, self.name or "") if names else (self.text,)
        return any(text.casefold() in place.casefold() for place in places)

    def message(self, index: int, at: datetime) -> Message:
        """Return what one recipient is sent at this moment."""
        recipient = self.recipients[index]
        return Message(
            id=f"{self.id}-{index}",
            blast_id=str(self.id),
            number=recipient.number,
            sender=self.shortcode,
            carrier="",
            encoding="UTF-8",
            timezone="UTC",
            text=recipient.reads(self.text),
            at=at,
            travels=_ON_ITS_WAY,
            problem="BAD_TO" if self.refuses(recipient) else None,
        )

    def messages(self, first: datetime, last: datetime) -> list[Message]:
        """Return the messages that it comes to in a period, refused ones among them."""
        if last < self.start:
            return []
        return [
            self.message(index, moment)
            for index, moment in enumerate(self._moments())
            if moment is not None and first <= moment <= last
        ]

    def arrivals(self) -> list[datetime | None]:
        """Tell when each recipient's message arrives; None where it does not."""
        return [
            self.message(index, moment).arrives if moment is not None else None
            for index, moment in enumerate(self._moments())
        ]

    def _moments(self) -> list[datetime | None]:
        """Tell when each message is sent; None for those that no run, as known by now, gets to."""
        moments: list[datetime | None] = []
        for place in range(1, len(self.recipients) + 1):
            left = timedelta(seconds=place / self.rate)
            for run in self._runs:
                if run.end is None or left <= run.end - run.start:
                    moments.append(run.start + left)
                    break
                left -= run.end - run.start
            else:
                moments.append(None)
        return moments

    def refuses(self, recipient: Recipient) -> bool:
        """Tell whether this recipient is passed over."""
        return (
            not recipient.is_valid
            or SimulatedOutcome.of(recipient.number) is SimulatedOutcome.REFUSED
        )
