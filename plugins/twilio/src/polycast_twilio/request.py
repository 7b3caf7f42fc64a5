"""A message as the request that Twilio takes for it."""

import json
import math
import re
from datetime import datetime, timedelta
from pathlib import Path

from polycast import Broadcast, Message, Recipient, Unsupported, UsageError
from polycast.providers import phone_digits, unset_if_none, whole_second
from polycast.wire import UNSET

from polycast_twilio._client import models as m
from polycast_twilio.options import Options

_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
#: "Messages resource", `ValidityPeriod`, in seconds.
_LONGEST = 36_000
#: Error 35115, "Scheduling does not support this timestamp": how far ahead `SendAt` may be.
_SOONEST, _LATEST = timedelta(minutes=5), timedelta(days=35)


def to_new_message(
    request: Message | Broadcast, sender: str | None, service: str | None
) -> m.NewMessage:
    """Return a message, or a broadcast to one recipient, as Twilio takes it.

    Args:
        request: what is asked for.
        sender: the account's number or name, for what names no sender.
        service: the SID of the account's messaging service, if it uses one.

    Raises:
        UsageError: the address, the content, or the time cannot be told to Twilio.
    """
    recipient = _recipient(request)
    options = request.options if isinstance(request.options, Options) else Options()
    _check_content(request, options)
    from_, service = _senders(request, recipient.scheme, sender, service)
    ttl, actions = request.ttl, options.persistent_action
    return m.NewMessage(
        to=_address(recipient),
        from_=unset_if_none(from_),
        messaging_service_sid=unset_if_none(service),
        body=unset_if_none(request.text),
        media_url=[str(each) for each in request.media] or UNSET,
        content_sid=unset_if_none(options.content_sid),
        content_variables=UNSET
        if options.content_variables is None
        else json.dumps(dict(options.content_variables), ensure_ascii=False),
        status_callback=unset_if_none(request.callback_url),
        validity_period=UNSET if ttl is None else _seconds(ttl),
        schedule_type=UNSET if request.send_at is None else "fixed",
        send_at=UNSET if request.send_at is None else _moment(request.send_at),
        smart_encoded=unset_if_none(options.smart_encoded),
        shorten_urls=unset_if_none(options.shorten_urls),
        provide_feedback=unset_if_none(options.provide_feedback),
        send_as_mms=unset_if_none(options.send_as_mms),
        persistent_action=UNSET if actions is None else [actions],
        risk_check=unset_if_none(options.risk_check),
    )


def check_moment(send_at: datetime | None, now: datetime) -> None:
    """Refuse a moment that Twilio does not schedule for.

    Args:
        send_at: when it is to be sent, if not at once.
        now: the present moment.

    Raises:
        UsageError: it is less than 5 minutes or more than 35 days ahead.
    """
    if send_at is not None and not now + _SOONEST < send_at <= now + _LATEST:
        raise UsageError(
            f"Twilio schedules messages for 5 minutes to 35 days ahead, and send_at is {send_at}: "
            "give another moment, or leave send_at out."
        )


def _recipient(request: Message | Broadcast) -> Message | Recipient:
    if isinstance(request, Message):
        return request
    (recipient,) = request.recipients
    return recipient


def _address(recipient: Message | Recipient) -> str:
    if recipient.scheme != "tel":
        return recipient.to
    return f"+{phone_digits(recipient, 'twilio', '+14155550100')}"


def _check_content(request: Message | Broadcast, options: Options) -> None:
    for item in request.media:
        if isinstance(item, Path):
            raise Unsupported(
                f"Twilio fetches media itself, and cannot be given the file {item}: give its URL."
            )
    if options.content_sid is None:
        if options.content_variables is not None:
            raise UsageError("content_variables belongs to a template: give content_sid, too.")
        if not request.text and not request.media:
            raise UsageError("There is nothing to say: give a text, media, or content_sid.")
    elif request.text or request.media:
        raise UsageError(
            f"The content template {options.content_sid} is sent alone: leave text and media out."
        )


def _senders(
    request: Message | Broadcast, scheme: str, sender: str | None, service: str | None
) -> tuple[str | None, str | None]:
    """Return `From` and `MessagingServiceSid`: a sender of the message stands before both."""
    if request.sender is not None:
        if _SERVICE.fullmatch(request.sender):
            sender, service = None, request.sender
        else:
            # Only a service schedules; the sender then has to be in its pool.
            sender, service = request.sender, service if request.send_at else None
    elif service is not None:
        sender = None
    if request.send_at is not None and service is None:
        # Error 35118; without the check an older server sent it at once.
        raise UsageError(
            "Twilio schedules messages of a messaging service alone: set messaging_service_sid, "
            'or give sender="MG...".'
        )
    if sender is None and service is None:
        raise UsageError(
            "Twilio needs a sender: set sender or messaging_service_sid, or give the message a "
            "sender."
        )
    if sender is not None and scheme != "tel" and ":" not in sender:
        # Error 21910: both addresses are of one channel.
        sender = f"{scheme}:{sender}"
    return sender, service


def _seconds(ttl: timedelta) -> int:
    seconds = math.ceil(ttl.total_seconds())
    if seconds > _LONGEST:
        raise UsageError(
            f"Twilio keeps a message for 10 hours at most, and ttl is {ttl}: give a shorter one."
        )
    return seconds


def _moment(send_at: datetime) -> str:
    return whole_second(send_at).strftime("%Y-%m-%dT%H:%M:%SZ")
