"""What Twilio reads from the form of a message, and why it refuses one."""

import json
import re
from datetime import UTC, datetime, timedelta

from polycast.sandbox import SimulatedOutcome
from werkzeug.wrappers import Request

from polycast_twilio.sandbox.response import CodedRefusal
from polycast_twilio.sandbox.state import NUMBERS, SERVICE, TEMPLATES, Wanted

__all__ = ["read_message"]

_ADDRESS = re.compile(r"\+[1-9]\d{6,14}|whatsapp:(\+[1-9]\d{6,14}|[A-Z]{2}\.\w+)|messenger:\w+")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
#: "Test credentials": the numbers that are refused, as recipient and as sender.
_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
_WORDS = {
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number (caller ID)",
    21408: "Permission to send an SMS has not been enabled for the region",
    21606: "The From phone number is not a valid, SMS-capable number of this account",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This From number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable with this 'From' number",
    21614: "'To' number is not a valid mobile number",
}
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def read_message(request: Request, now: datetime) -> Wanted:
    """Read a form that fits the spec.

    Raises:
        CodedRefusal: something in it is wrong.
    """
    form = request.form
    to, service = form["To"], form.get("MessagingServiceSid")
    if not _ADDRESS.fullmatch(to):
        raise CodedRefusal(21211, f"{_WORDS[21211]}: {to}")
    later = _TO.get(to)
    if SimulatedOutcome.of(to) is SimulatedOutcome.REFUSED:
        later = 21211
    if later is not None and service is None:
        raise CodedRefusal(later, f"{_WORDS[later]}: {to}")
    sender = _sender(form.get("From", ""), to, service)
    media = tuple(form.getlist("MediaUrl"))
    text = _text(request, media)
    return Wanted(
        to=to,
        sender=sender,
        service=service,
        text=text,
        media=media,
        validity=int(form.get("ValidityPeriod", 36_000)),
        due=_due(request, now),
        later=later,
    )


def _sender(sender: str, to: str, service: str | None) -> str:
    if service is not None and service != SERVICE:
        raise CodedRefusal(21701, "The Messaging Service does not exist")
    if not sender:
        if service is None:
            raise CodedRefusal(21603, "A 'From' phone number is required")
        return ""
    scheme, _, bare = sender.rpartition(":")
    if scheme != to.rpartition(":")[0]:
        raise CodedRefusal(21910, "'From' and 'To' are not of the same channel")
    if sender in _FROM:
        raise CodedRefusal(_FROM[sender], _WORDS[_FROM[sender]])
    if not (_ADDRESS.fullmatch(sender) or _NAME.fullmatch(sender)):
        raise CodedRefusal(21212, _WORDS[21212])
    if bare not in NUMBERS:
        raise CodedRefusal(21606, _WORDS[21606])
    return sender


def _text(request: Request, media: tuple[str, ...]) -> str:
    form = request.form
    text, template = form.get("Body", ""), form.get("ContentSid")
    if template is not None:
        if text or media:
            raise CodedRefusal(21654, "ContentSid cannot be sent with Body or MediaUrl")
        if template not in TEMPLATES:
            raise CodedRefusal(21655, "The ContentSid is invalid")
        return _filled(TEMPLATES[template], form.get("ContentVariables", "{}"))
    if not text and not media:
        raise CodedRefusal(21602, "Message body is required")
    if len(text) > 1600:
        raise CodedRefusal(21617, "The message body exceeds the 1600 character limit")
    if len(media) > 10:
        raise CodedRefusal(21623, "Number of media files exceeds allowed limit")
    if not all(re.match(r"https?://", each) for each in media):
        raise CodedRefusal(21620, "Invalid media URL(s)")
    callback = form.get("StatusCallback")
    if callback is not None and not re.match(r"https?://[^_/]+(/|$|\?)", callback):
        raise CodedRefusal(21609, "Invalid StatusCallback URL")
    return text


def _filled(template: str, variables: str) -> str:
    try:
        values = json.loads(variables)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise CodedRefusal(21656, "The ContentVariables parameter is invalid")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], ""), template)


def _due(request: Request, now: datetime) -> datetime | None:
    form = request.form
    kind, told = form.get("ScheduleType"), form.get("SendAt")
    if kind is None and told is None:
        return None
    if form.get("MessagingServiceSid") is None:
        raise CodedRefusal(35118, "MessagingServiceSid is required to schedule a message")
    if told is None:
        raise CodedRefusal(35111, "SendAt timestamp is missing")
    if kind is None:
        raise CodedRefusal(35112, "ScheduleType is missing")
    try:
        due = datetime.strptime(told, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise CodedRefusal(35114, "SendAt is not in ISO-8601 format") from None
    if not now + timedelta(seconds=300) < due <= now + timedelta(days=35):
        raise CodedRefusal(35115, "SendAt must be from 300 seconds to 35 days in the future")
    return due
