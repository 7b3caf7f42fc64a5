"""A message as the request that Twilio takes for it."""

import json
import re
from datetime import timedelta
from typing import Any

from polycast import Message, Unsupported, UsageError
from polycast.providers import (
    check_sender,
    check_urls,
    given_fields,
    phone_digits,
    unset_if_none,
    whole_second,
    whole_seconds,
)
from polycast.wire import UNSET

from polycast_twilio._client import models as m

_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
#: "Messages resource", `ValidityPeriod`.
_LONGEST = timedelta(hours=10)
_EXAMPLE = "twilio", "+14155550100"


def to_new_message(message: Message, sender: str | None, service: str | None) -> m.NewMessage:
    """Return a message as Twilio takes it.

    Args:
        message: what is asked for.
        sender: the account's number or name, for what names no sender.
        service: the SID of the account's messaging service, if it uses one.

    Raises:
        UsageError: the address, the content, or the time cannot be told to Twilio.
    """
    from_, service = _senders(message, sender, service)
    send_at = message.send_at
    return m.NewMessage(
        to=message.to if message.scheme != "tel" else f"+{phone_digits(message, *_EXAMPLE)}",
        from_=unset_if_none(from_),
        messaging_service_sid=unset_if_none(service),
        body=unset_if_none(message.text),
        media_url=check_urls(message.media, "Twilio") or UNSET,
        status_callback=unset_if_none(message.callback_url),
        validity_period=whole_seconds(message.ttl, _LONGEST, "Twilio"),
        schedule_type=UNSET if send_at is None else "fixed",
        send_at=UNSET if send_at is None else whole_second(send_at).replace(tzinfo=None),
        **_template(message),
        **given_fields(message.options),
    )


def _template(message: Message) -> dict[str, Any]:
    """Return `ContentSid` and `ContentVariables`, which go with nothing else that is said."""
    template = message.template
    if template is None:
        if not message.text and not message.media:
            raise UsageError("There is nothing to say: give a text, media, or a template.")
        return {}
    if message.text or message.media:
        raise UsageError("A content template is sent alone: leave text and media out.")
    if template.language is not None:
        raise Unsupported("A content template of Twilio's has one language: leave language out.")
    variables = json.dumps(dict(template.values), ensure_ascii=False) if template.values else UNSET
    return {"content_sid": template.id, "content_variables": variables}


def _senders(
    message: Message, sender: str | None, service: str | None
) -> tuple[str | None, str | None]:
    """Return `From` and `MessagingServiceSid`: a sender of the message stands before both."""
    if message.sender is not None and _SERVICE.fullmatch(message.sender):
        sender, service = None, message.sender
    elif message.sender is not None:
        # Only a service schedules; the sender then has to be in its pool.
        sender, service = message.sender, service if message.send_at else None
    elif service is not None:
        sender = None
    if message.send_at is not None and service is None:
        # Error 35118; without the check an older server sent it at once.
        raise UsageError(
            "Twilio schedules messages of a messaging service alone: set messaging_service_sid, "
            'or give sender="MG...".'
        )
    check_sender(sender or service, "Twilio", "sender or messaging_service_sid")
    if sender is not None and message.scheme != "tel" and ":" not in sender:
        # Error 21910: both addresses are of one channel.
        sender = f"{message.scheme}:{sender}"
    return sender, service
