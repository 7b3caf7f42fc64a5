"""Single messages, and what becomes of them.

(Ogangi page, "sendSMSByFile" for what is told of them, "Message (SMS)" for the states.)
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from polycast.sandbox import SimulatedOutcome

from polycast_ogangi.sandbox.envelope import Tree, long_date

__all__ = ["Message"]

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
