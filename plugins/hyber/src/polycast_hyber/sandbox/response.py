"""Messages as the platform tells of them: in replies, statuses and reports.

Each kind names the phone number and the channel in its own way, and leaves out other things
(Hyber page, "Reports"). Numbers are strings, whatever they were when they were sent.
"""

from datetime import UTC, datetime, timedelta

from polycast_hyber.sandbox.state import BLOCKED, Message, Step

__all__ = ["acceptance", "advanced", "loose", "pushed", "simple", "status"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Nothing final is known.
_OPEN = -1
#: How long a message that has started stays accepted before it is on its way.
_ACCEPTED_FOR = timedelta(seconds=0.5)
_ACCEPTED, _ON_ITS_WAY = 12, 11

Json = dict[str, object]


def acceptance(message: Message) -> Json:
    """Tell whether a message was taken on, as the reply to a synchronous request does."""
    accepted = message.refusal is None
    return {
        "processed": accepted,
        "phone_number": message.phone,
        **_ids(message),
        "accepted": accepted,
        **({} if message.refusal is None else message.refusal.said),
    }


def status(message: Message, now: datetime) -> Json:
    """Tell the state of a message as a campaign's status does.

    A failure has an error and no status, everything else the reverse; `processed` is false
    throughout, as in the page's samples.
    """
    steps, outcome = message.steps(now), message.outcome(now)
    told: Json = {
        "time": _milliseconds(steps[-1].at if steps else message.created_on),
        "phone_number": message.phone,
        **_ids(message),
        "processed": False,
        "accepted": message.refusal is None,
        **_parts(steps),
    }
    if outcome is None:
        if message.has_started(now):
            waiting = now < message.starts_at + _ACCEPTED_FOR
            substatus = _ACCEPTED if waiting else _ON_ITS_WAY
            told |= {"status": substatus // 10, "substatus": substatus}
    elif outcome.succeeded:
        told |= {"status_text": outcome.detail, **_codes(outcome)}
    else:
        told |= {"error_text": outcome.detail, "error_code": outcome.code}
    return told | _clicks(steps)


def simple(message: Message, now: datetime) -> Json:
    """Tell the state of a message as a short report does."""
    outcome = message.outcome(now)
    if outcome is None:
        return _open_report(message, now)
    return _report(message, outcome, "phone_number", "last_partner") | _clicks(message.steps(now))


def advanced(message: Message, now: datetime) -> Json:
    """Tell the state of a message on each channel, as a detailed report does."""
    steps, outcome = message.steps(now), message.outcome(now)
    latest = {step.channel: step for step in steps}
    told: Json = {
        "reports": [
            _report(message, step, "phone_number", "last_partner") for step in latest.values()
        ],
        "started": message.has_started(now),
        "processing": outcome is None and message.has_started(now),
        "delivered_via": BLOCKED if outcome is None else outcome.channel,
        **_clicks(steps),
        "channels": [
            {"channel": leg.channel, "ttl": int(leg.ttl.total_seconds())} for leg in message.legs
        ],
    }
    return told | ({"status": _OPEN} if outcome is None else {})


def pushed(message: Message, step: Step, *, in_batch: bool) -> Json:
    """Tell what settled a message's state, as a report that is pushed does.

    The number of a report on its own is a number, as in the page's sample of one.
    """
    report = _report(message, step, "number", "sent_via")
    alone = not in_batch and message.phone.isdecimal()
    return report | {"number": int(message.phone)} if alone else report


def loose(report: Json) -> Json:
    """Return a report in the form that other people's clients read: strings, and null counters.

    (Hyber page, "From a public TypeScript client and an SDK".)
    """
    told = {name: str(value) if isinstance(value, int) else value for name, value in report.items()}
    return told | dict.fromkeys(("clicks", "total_sms_parts", "delivered_sms_parts"))


def _report(message: Message, step: Step, phone: str, channel: str) -> Json:
    report: Json = {
        phone: message.phone,
        channel: step.channel,
        **_ids(message),
        "time": _milliseconds(step.at),
        **_codes(step),
        **_parts([step]),
    }
    if step.leg is not None and step.leg.template is not None and step.succeeded:
        report["matching_template_id"] = step.leg.template
    if step.was_seen:
        # No code for this is published: the words are what it is known by.
        report["status_text"] = step.detail
    return report


def _open_report(message: Message, now: datetime) -> Json:
    steps = message.steps(now)
    return {
        "phone_number": message.phone,
        "last_partner": BLOCKED,
        **_ids(message),
        "time": _milliseconds(steps[-1].at if steps else message.created_on),
        "status": _OPEN,
    }


def _ids(message: Message) -> Json:
    """A message that was refused never got an id; one that was given no extra id has none."""
    ids: Json = {} if message.refusal is not None else {"message_id": message.id}
    return ids | ({} if message.extra_id is None else {"extra_id": message.extra_id})


def _codes(step: Step) -> Json:
    return {"status": step.status, "substatus": step.substatus, "hyber_status": step.code}


def _parts(steps: list[Step]) -> Json:
    """Count the parts of an SMS, if one was sent."""
    told: Json = {}
    for step in steps:
        if step.leg is not None and step.leg.channel == "sms":
            told["total_sms_parts"] = step.leg.parts
            if step.succeeded:
                told["delivered_sms_parts"] = step.leg.parts
    return told


def _clicks(steps: list[Step]) -> Json:
    """Tell the clicks, of which there are none here, where they are counted."""
    counted = any(step.leg is not None and step.leg.counts_clicks for step in steps)
    return {"clicks": 0} if counted else {}


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
