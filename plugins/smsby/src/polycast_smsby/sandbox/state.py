"""What an account holds, and how its SMS move through their states.

An SMS is `NEW`, `SENT`, `DELIVERED`, or ends as `UNDELIVERED`. The server publishes no word for
an SMS whose time ran out: one that is never reached stays `SENT`. An SMS of a mailing that could
not be taken on is `FAILED` from the start, which the reply to the mailing does not tell.
(sms.by page, section 5, "Statuses and mapping".)
"""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

from attrs import Factory, define, field, frozen
from polycast.sandbox import Course, Refused, SimulatedOutcome

from polycast_smsby.sandbox.response import BILLING, LIMIT, MISSING, PHONE, TOO_LONG

__all__ = ["MINSK", "Account", "BulkRequest", "Message", "Sms", "on_its_clock", "parts_of"]

#: The longest text of one part, of two, ... of ten (sms.by page, section 4). The middle of both
#: rows breaks the rule of 153 and 67 characters a part; the server's word is what is paid.
_LATIN = (160, 306, 459, 628, 785, 942, 1071, 1224, 1377, 1530)
_CYRILLIC = (70, 134, 201, 252, 315, 378, 469, 536, 603, 670)
#: Characters that count twice among Latin ones; `~` is not one of them.
_DOUBLE = frozenset("\n[]\\^{}|€")


def parts_of(text: str) -> int | None:
    """Return how many SMS a text takes; None when it is too long for ten.

    Example:
        >>> parts_of("a" * 161), parts_of("я" * 71), parts_of("a" * 1531)
        (2, 2, None)
    """
    if all(character.isascii() or character in _DOUBLE for character in text):
        limits, size = _LATIN, sum(1 + (character in _DOUBLE) for character in text)
    else:
        limits, size = _CYRILLIC, len(text)
    part = bisect_left(limits, size)
    return part + 1 if part < len(limits) else None


#: The server's clock: Belarus has kept UTC+3 without summer time since 2011.
MINSK = timezone(timedelta(hours=3), "Minsk")

_PHONE = re.compile(r"[1-9]\d{9,14}", re.ASCII)

#: When an SMS enters a state, in seconds after it starts, by what becomes of it.
_DELIVERY = ((0.0, "NEW"), (1.0, "SENT"), (2.0, "DELIVERED"))
_COURSES: Mapping[SimulatedOutcome, Sequence[tuple[float, str]]] = {
    SimulatedOutcome.DELIVERED: _DELIVERY,
    SimulatedOutcome.REPLY_LOST: _DELIVERY,
    SimulatedOutcome.FAILS: ((0.0, "NEW"), (1.0, "SENT"), (3.0, "UNDELIVERED")),
    SimulatedOutcome.EXPIRES: ((0.0, "NEW"), (1.0, "SENT")),
    SimulatedOutcome.REFUSED: ((0.0, "FAILED"),),
}


def on_its_clock(moment: datetime | None) -> str | None:
    """Write a moment as the server does: on the clock of Minsk, which it does not name."""
    return None if moment is None else f"{moment.astimezone(MINSK):%Y-%m-%d %H:%M:%S}"


@frozen
class Sms:
    """One SMS to one number.

    Attributes:
        starts_at: when it leaves, which is later than it was taken on if it is scheduled.
        forwarded_at: when it is sent over Viber if it is not delivered by then.
        fate: what becomes of it; one that is refused has failed from the start.
    """

    id: int
    phone: str
    text: str
    sender: str
    parts: int
    accepted_at: datetime
    starts_at: datetime
    forwarded_at: datetime | None
    fate: SimulatedOutcome

    @property
    def course(self) -> Course:
        """The states it goes through."""
        return Course(self.starts_at, _COURSES[self.fate])

    @property
    def arrives_at(self) -> datetime | None:
        """When it is on the handset, as SMS or over Viber, if it is."""
        return self.course.entered("DELIVERED") or self.forwarded_at

    def status(self, now: datetime) -> str:
        """Return the state it is in."""
        return self.course.latest(now)[1]

    def sent_at(self, now: datetime) -> datetime | None:
        """Return when it was sent, if it was by now."""
        return self.course.entered("SENT", now)

    def delivered_at(self, now: datetime) -> datetime | None:
        """Return when it was delivered, if it was by now."""
        return self.course.entered("DELIVERED", now)

    def delivery(self, now: datetime) -> dict[str, object]:
        """Return its row in a delivery list, where states are in lower case."""
        return {
            "phone": int(self.phone) if self.phone.isdecimal() else self.phone,
            "status": self.status(now).lower(),
            "d_sent": on_its_clock(self.sent_at(now)),
        }

    def check(self, now: datetime) -> dict[str, object]:
        """Return the answer to a question about it; 0 stands for a moment that has not come."""
        sent, delivered = _seconds(self.sent_at(now)), _seconds(self.delivered_at(now))
        return {"sent": sent, "delivered": delivered, "status": self.status(now)}


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp())


@frozen
class BulkRequest:
    """What came of one call of `sendBulkSms`: every SMS of all its mailings."""

    uuid: UUID
    callback_url: str
    sms: tuple[Sms, ...] = field(repr=False)

    def json(self, now: datetime) -> dict[str, object]:
        """Return its state. The page does not show this reply: its words are like the others'."""
        rows = [
            {"sms_id": sms.id, **sms.delivery(now), "status": sms.status(now)} for sms in self.sms
        ]
        return {"uuid": str(self.uuid), "status": "OK", "result": rows}


@frozen
class Message:
    """A text that is written down first and sent to numbers later."""

    id: int
    text: str
    alphaname_id: str
    parts: int
    created_at: datetime
    moderated_at: datetime | None
    sms: list[Sms] = field(factory=list, repr=False)

    def status(self, now: datetime) -> str:
        """Return whether it is approved; only then it can be sent."""
        moderated = self.moderated_at is not None and self.moderated_at <= now
        return "moderated" if moderated else "new"


@define
class Account:
    """Everything one account of the server holds.

    Attributes:
        balance: what is left, in Belarusian roubles.
        price: what one part costs.
        quota: how many SMS may still be sent; no limit when None.
    """

    balance: Decimal
    price: Decimal
    quota: int | None
    #: 0 is the server's own name.
    alphanames: dict[str, str] = Factory(
        lambda: {"0": "SMS.by", "123": "Bistro", "234": "Bistro.by", "1363": "VasheImya"}
    )
    vibernames: frozenset[int] = frozenset({77})
    sms: list[Sms] = Factory(list)
    messages: list[Message] = Factory(list)
    requests: list[BulkRequest] = Factory(list)
    next_sms: int = 2197871
    next_message: int = 2604834

    def limit(self) -> int:
        """Return for how many SMS the money lasts."""
        return int(self.balance // self.price)

    def message(self, number: int) -> Message:
        """Return a message.

        Raises:
            Refused: there is none with this number.
        """
        for message in self.messages:
            if message.id == number:
                return message
        raise Refused(MISSING)

    def write_down(
        self, text: str, alphaname_id: str, now: datetime, moderated_at: datetime | None
    ) -> Message:
        """Write a message down.

        Raises:
            Refused: there is the same message already, or it is too long.
        """
        for message in self.messages:
            if (message.text, message.alphaname_id) == (text, alphaname_id):
                detail = f"The same message exists with ID={message.id}"
                raise Refused({"error": detail, "message_id": message.id})
        message = Message(self.next_message, text, alphaname_id, _counted(text), now, moderated_at)
        self.next_message += 1
        self.messages.append(message)
        return message

    def send(
        self,
        phone: str,
        text: str,
        sender: str,
        now: datetime,
        *,
        starts_at: datetime | None = None,
        forwarded_at: datetime | None = None,
    ) -> Sms:
        """Take an SMS on and pay for it.

        Raises:
            Refused: the number or the text is not well, or it cannot be paid.
        """
        parts = _counted(text)
        fate = SimulatedOutcome.of(phone)
        if not _PHONE.fullmatch(phone) or fate is SimulatedOutcome.REFUSED:
            raise Refused(PHONE)
        if self.quota is not None and self.quota <= 0:
            raise Refused(LIMIT)
        if self.balance < parts * self.price:
            raise Refused(BILLING)
        self.balance -= parts * self.price
        if self.quota is not None:
            self.quota -= 1
        sms = Sms(
            self.next_sms, phone, text, sender, parts, now, starts_at or now,
            None if fate.arrives else forwarded_at, fate,
        )  # fmt: skip
        self.next_sms += 1
        self.sms.append(sms)
        return sms

    def fail(self, phone: str, text: str, sender: str, now: datetime) -> Sms:
        """Note an SMS of a mailing that could not be taken on; it costs nothing."""
        sms = Sms(self.next_sms, phone, text, sender, 0, now, now, None, SimulatedOutcome.REFUSED)
        self.next_sms += 1
        self.sms.append(sms)
        return sms

    def bulk(self, callback_url: str, sms: Sequence[Sms]) -> BulkRequest:
        """Note what came of a call with several mailings."""
        request = BulkRequest(uuid4(), callback_url, tuple(sms))
        self.requests.append(request)
        return request


def _counted(text: str) -> int:
    parts = parts_of(text)
    if parts is None:
        raise Refused(TOO_LONG)
    return parts
