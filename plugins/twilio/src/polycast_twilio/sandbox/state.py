"""What the fake account has, and what becomes of its messages."""

from datetime import datetime, timedelta

from attrs import define, frozen
from polycast.sandbox import SimulatedOutcome

__all__ = ["ACCOUNT", "NUMBERS", "SERVICE", "TEMPLATES", "Record", "Wanted"]

ACCOUNT = f"AC{1:032x}"
SERVICE = f"MG{1:032x}"
#: The account's senders, all of them in the pool of its service; the first is what it chooses.
NUMBERS = ("+14155550199", "+14155550198", "+15005550006", "Tavern")
TEMPLATES = {f"HX{1:032x}": "Your table for {{1}} is ready", f"HX{2:032x}": "We are open"}

#: Seconds after it is due: each state is entered, with a receipt at the end.
_QUEUED, _SENDING, _SENT, _RECEIPT = 0.5, 1.0, 2.0, 3.0


@frozen
class Wanted:
    """What a request asks for.

    Attributes:
        sender: `From`, or "" where a service chooses.
        due: when it is sent; None for at once.
        later: the code that a service tells later, where a plain sender refuses at once.
    """

    to: str
    sender: str
    service: str | None
    text: str
    media: tuple[str, ...]
    validity: int
    due: datetime | None
    later: int | None


@define(eq=False)
class Record:
    """A message that was taken on."""

    sid: str
    at: datetime
    wanted: Wanted
    cancelled_at: datetime | None = None

    @property
    def sender(self) -> str:
        """The address it comes from."""
        scheme, colon, _ = self.wanted.to.rpartition(":")
        return self.wanted.sender or f"{scheme}{colon}{NUMBERS[0]}"

    @property
    def arrives_at(self) -> datetime | None:
        """When the recipient gets it; None for one that does not arrive."""
        return next((at for at, word, _ in self._course() if word == "delivered"), None)

    @property
    def sent_at(self) -> datetime | None:
        """When it left Twilio; None for one that never does."""
        return next((at for at, word, _ in self._course() if word == "sent"), None)

    def status(self, now: datetime) -> str:
        """Return Twilio's word for how far it has come."""
        return self._step(now)[1]

    def error_code(self, now: datetime) -> int | None:
        """Return the code of its failure."""
        return self._step(now)[2]

    def updated_at(self, now: datetime) -> datetime:
        """Return when its state was entered."""
        return self._step(now)[0]

    def _step(self, now: datetime) -> tuple[datetime, str, int | None]:
        passed = [step for step in self._course() if step[0] <= now]
        return passed[-1]

    def _course(self) -> list[tuple[datetime, str, int | None]]:
        """Return each state with the moment it is entered, and the code that comes with it."""
        wanted = self.wanted
        due = wanted.due or self.at
        first = "scheduled" if wanted.due else "accepted" if wanted.service else "queued"
        course: list[tuple[datetime, str, int | None]] = [(self.at, first, None)]
        if self.cancelled_at is not None:
            return [*course, (self.cancelled_at, "canceled", None)]

        def then(seconds: float, word: str, code: int | None = None) -> None:
            course.append((due + timedelta(seconds=seconds), word, code))

        then(_QUEUED if wanted.due is None else 0, "queued")
        fate = SimulatedOutcome.of(wanted.to)
        if wanted.later is not None:
            then(_SENDING, "failed", wanted.later)
        elif fate is SimulatedOutcome.EXPIRES:
            then(wanted.validity, "failed", 30036)
        else:
            then(_SENDING, "sending")
            then(_SENT, "sent")
            if fate is SimulatedOutcome.FAILS:
                then(_RECEIPT, "undelivered", 30005)
            else:
                then(_RECEIPT, "delivered")
        return course
