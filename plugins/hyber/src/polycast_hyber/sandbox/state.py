"""What an account holds, and how its messages go from channel to channel.

A message is tried on one channel after another, each for its time to live, until one
delivers it. What a channel does to a message is a `Step`; the last of them is final,
except that a recipient may see a delivered message later.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from attrs import Factory, define, field, frozen
from polycast.sandbox import Refused, SimulatedOutcome

__all__ = [
    "BLOCKED",
    "ONLY_SMS",
    "PHONE_NUMBER_INCORRECT",
    "SEES",
    "Account",
    "Leg",
    "Message",
    "Step",
    "refusal",
]

#: How a number ends that is on no messenger, and one whose owner looks at what arrives.
ONLY_SMS, SEES = "4444", "5555"
#: What is named as the channel of a message that the platform blocked.
BLOCKED = "hyber"

# The page's "Codes" lists all that is published: 23011, 23033, 23043, 35015 and 36024. The others
# are made up in the same pattern: a code's thousands are the substatus, whose tens are the status.
PHONE_NUMBER_INCORRECT = 36024
_FAILED = 36001
_EXPIRED = 35015
_DELIVERED = {"push": 23901, "viber": 23033, "sms": 23011, "whatsapp": 23902}
_VIBER_TEMPLATE_DELIVERED = 23043
_SEEN = 24900

_NAMES = {"push": "Push", "viber": "Viber", "sms": "SMS", "whatsapp": "WhatsApp"}
#: How long a channel takes to deliver or to fail, and a recipient to look.
_PROMPT, _LOOKED = timedelta(seconds=2), timedelta(seconds=4)


def refusal(code: int, detail: str) -> Refused:
    """Return that the platform does not take a request, or one message of it."""
    return Refused({"error_code": code, "error_text": detail})


@frozen
class Leg:
    """A channel that a message may take, and how it would look there.

    Attributes:
        channel: the channel.
        ttl: how long it may take.
        text: what the recipient reads; None for media alone.
        sender: the name given as the sender, or "".
        counts_clicks: whether clicks on links are counted.
        parts: SMS segments; 0 on other channels.
        template: the Viber template that the text matches, 0 when it matches none, None when the
            message is no template message.
    """

    channel: str
    ttl: timedelta
    text: str | None
    sender: str
    counts_clicks: bool
    parts: int
    template: int | None


@frozen
class Step:
    """What a channel did to a message.

    Attributes:
        at: when.
        leg: on which channel; None where the platform blocked the message.
        code: the detailed status.
        detail: what the platform says of it.
        is_final: whether the message's state is settled by it.
    """

    at: datetime
    leg: Leg | None
    code: int
    detail: str
    is_final: bool

    @property
    def channel(self) -> str:
        """The channel's name, as reports give it."""
        return BLOCKED if self.leg is None else self.leg.channel

    @property
    def substatus(self) -> int:
        """The extended status."""
        return self.code // 1000

    @property
    def status(self) -> int:
        """The simplified status: 2 for success, 3 for failure."""
        return self.substatus // 10

    @property
    def succeeded(self) -> bool:
        """Whether the message arrived."""
        return self.status == 2

    @property
    def was_seen(self) -> bool:
        """Whether the recipient has seen the message."""
        return self.code == _SEEN


@frozen
class Message:
    """One message to one recipient, taken on or refused."""

    phone: str
    extra_id: str | None
    legs: tuple[Leg, ...]
    created_on: datetime
    starts_at: datetime
    callback_url: str | None
    refusal: Refused | None = None
    id: str = Factory(lambda: str(uuid4()))
    _course: tuple[Step, ...] = field(init=False, repr=False, eq=False)

    @_course.default
    def _follow(self) -> tuple[Step, ...]:
        if self.refusal is not None:
            code, detail = self.refusal.said.values()
            return (Step(self.created_on, None, code, detail, is_final=True),)
        steps: list[Step] = []
        now = self.starts_at
        for leg in self.legs:
            after, code, detail = self._ending(leg)
            now += after
            arrived = code not in (_FAILED, _EXPIRED)
            steps.append(Step(now, leg, code, detail, is_final=arrived or leg is self.legs[-1]))
            if arrived:
                if self.phone.endswith(SEES) and leg.channel in ("viber", "whatsapp"):
                    detail = f"{_NAMES[leg.channel]} seen"
                    steps.append(Step(now + _LOOKED, leg, _SEEN, detail, is_final=True))
                break
        return tuple(steps)

    def _ending(self, leg: Leg) -> tuple[timedelta, int, str]:
        fate, name = SimulatedOutcome.of(self.phone), _NAMES[leg.channel]
        if fate is SimulatedOutcome.FAILS:
            return _PROMPT, _FAILED, f"{name} failed"
        out_of_reach = self.phone.endswith(ONLY_SMS) and leg.channel != "sms"
        if fate is SimulatedOutcome.EXPIRES or out_of_reach:
            return leg.ttl, _EXPIRED, f"{name} expired"
        code = _DELIVERED[leg.channel] if leg.template is None else _VIBER_TEMPLATE_DELIVERED
        return _PROMPT, code, f"{name} delivered"

    def steps(self, now: datetime) -> list[Step]:
        """Return what has happened to it by now."""
        return [step for step in self._course if step.at <= now]

    def outcome(self, now: datetime) -> Step | None:
        """Return what settled its state, the latest if several did; None while it is open."""
        return next((step for step in reversed(self.steps(now)) if step.is_final), None)

    def has_started(self, now: datetime) -> bool:
        """Whether it has been tried on a channel."""
        return self.refusal is None and self.starts_at <= now

    @property
    def arrival(self) -> Step | None:
        """The step with which it arrives, if it does."""
        return next((step for step in self._course if step.succeeded), None)


@define
class Account:
    """Everything one client of the platform holds."""

    messages: list[Message] = Factory(list)
    campaigns: dict[str, list[Message]] = Factory(dict)
    by_id: dict[str, Message] = Factory(dict)
    by_extra_id: dict[str, Message] = Factory(dict)

    def take(self, message: Message) -> None:
        """Keep a message. Of several with one extra id, that id leads to the last."""
        self.messages.append(message)
        if message.refusal is None:
            self.by_id[message.id] = message
        if message.extra_id is not None:
            self.by_extra_id[message.extra_id] = message

    def start_campaign(self, messages: list[Message]) -> str:
        """Keep messages as a campaign, and return its id."""
        job_id = str(uuid4())
        self.campaigns[job_id] = messages
        return job_id
