"""A message or broadcast as what sms.by takes: one quick message, or mailings."""

import re
from collections.abc import Callable, Set
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from polycast import Broadcast, Message, Recipient, Template, Unsupported, UsageError
from polycast.providers import filled, phone_digits, unset_if_none
from polycast.wire import on_local_clock

from polycast_smsby._client import models as m
from polycast_smsby.options import Options

#: The name of mailings that have none: sms.by asks for one ("Bulk sms").
_UNNAMED = "Polycast"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")


def travels_alone(message: Message) -> bool:
    """Return whether `sendQuickSMS` can carry a message; if not, a mailing to one can."""
    return message.send_at is None and message.callback_url is None


def to_quick(message: Message, alphaname_id: int) -> m.QuickSms:
    """Return one message as `sendQuickSMS` has it.

    Args:
        message: what is to be sent.
        alphaname_id: the one of the settings.

    Raises:
        UsageError: there is nothing to say, or sms.by could not be told it.
    """
    options, forwards = _options(message), _forwards(message)
    return m.QuickSms(
        message=_said(message.text, message),
        phone=_phone(message),
        alphaname_id=_alphaname_id(message, alphaname_id),
        forwarding_message=unset_if_none(None if forwards is None else int(forwards)),
        forwarding_time=unset_if_none(options.forwarding_time),
        vibername_id=unset_if_none(options.vibername_id),
    )


def to_mailings(broadcast: Broadcast, alphaname_id: int, zone: ZoneInfo) -> m.BulkSms:
    """Return a broadcast, or a message that `sendQuickSMS` cannot carry, as mailings.

    Who gets the text that the broadcast has for everybody is in the bulk mailing, who gets one
    of their own in the personal one. A text with variables is everybody's own, unless it turns
    out the same for all.

    Args:
        broadcast: what is to be sent.
        alphaname_id: the one of the settings.
        zone: the account's.

    Raises:
        UsageError: there is nothing to say, or sms.by could not be told it.
    """
    if _forwards(broadcast):
        raise Unsupported(
            "smsby forwards to Viber only what it sends as one message: a broadcast, and a message "
            "with send_at or callback_url, travel by a call that has no place for forwarding."
        )
    template = None if broadcast.text is None else Template.parse(broadcast.text)
    texts = [(_phone(each), _text_for(each, template)) for each in broadcast.recipients]
    common = _common(template, {text for _, text in texts})
    phones = [phone for phone, text in texts if text == common]
    own = [m.PersonalMessage(phone=phone, text=text) for phone, text in texts if text != common]
    start = None if broadcast.send_at is None else local_start(broadcast.send_at, zone)
    mailing: Callable[..., Any] = partial(
        filled,
        m.Mailing,
        alphaname_id=_alphaname_id(broadcast, alphaname_id),
        name=broadcast.name or _UNNAMED,
        schedule_time=start,
    )
    messages = []
    if phones:
        messages.append(mailing(message_type="bulk", text=common, delivery_list=list(phones)))
    if own:
        messages.append(mailing(message_type="personal", delivery_list=list(own)))
    return m.BulkSms(callback_url=broadcast.callback_url or "", messages=messages)


def _phone(recipient: Message | Recipient) -> str:
    return phone_digits(recipient, "smsby", "+375291234567")


def _text_for(recipient: Recipient, template: Template | None) -> str:
    if recipient.text is None and template is not None:
        return _said(template.render(recipient.variables), recipient)
    return _said(recipient.text, recipient)


def _common(template: Template | None, texts: Set[str]) -> str | None:
    """The text for everybody, if there is one."""
    if len(texts) == 1:
        return next(iter(texts))
    return None if template is None or template.names else template.render({})


def _said(text: str | None, recipient: Message | Recipient) -> str:
    if text is None or not text.strip():
        raise UsageError(f"There is nothing to say to {recipient.to}: smsby needs a text.")
    return text


def _options(asked: Message | Broadcast) -> Options:
    return asked.options if isinstance(asked.options, Options) else Options()


def _alphaname_id(asked: Message | Broadcast, default: int) -> str:
    chosen = _options(asked).alphaname_id
    if asked.sender is None:
        return str(default if chosen is None else chosen)
    if not _NUMBER.fullmatch(asked.sender):
        raise Unsupported(
            f"smsby knows senders by number, not by name such as {asked.sender!r}: give the "
            "number, which client.provider.alphanames() tells."
        )
    if chosen is not None and str(chosen) != asked.sender:
        raise UsageError(
            f"The sender is {asked.sender}, and the options' alphaname_id is {chosen}: give one."
        )
    return asked.sender


def _forwards(asked: Message | Broadcast) -> bool | None:
    """Whether it is to be forwarded to Viber; None where nobody says."""
    options, channels = _options(asked), asked.channels
    if channels not in ((), ("sms",), ("sms", "viber")):
        raise Unsupported(
            f"smsby cannot be told the channels {', '.join(channels)}: it sends by sms, or by sms "
            "and then viber."
        )
    told = "viber" in channels if channels else None
    if None not in (told, options.forwarding_message) and told != options.forwarding_message:
        raise UsageError(
            f"The channels are {', '.join(channels)}, and forwarding_message is "
            f"{options.forwarding_message}: they contradict each other."
        )
    forwards = options.forwarding_message if told is None else told
    if forwards and options.vibername_id is None:
        raise UsageError(
            "Forwarding to Viber needs the number of the Viber name that the message comes from: "
            "give polycast_smsby.Options(vibername_id=...)."
        )
    for name in ("forwarding_time", "vibername_id"):
        if not forwards and getattr(options, name) is not None:
            raise UsageError(
                f"{name} belongs to forwarding, which is not asked for: give "
                'channels=("sms", "viber") or forwarding_message=True.'
            )
    return forwards


def local_start(send_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment to start at, as the account's clock shows it.

    It travels to the second and without a zone ("Bulk sms", `schedule_time`). Fractions are
    rounded up: nothing goes out before it was asked to.

    Args:
        send_at: aware.
        zone: the account's, from the settings.

    Raises:
        UsageError: the account's clock shows this moment twice, or never.
    """
    return on_local_clock(
        send_at, zone, step=timedelta(seconds=1), provider="smsby", pattern="%Y-%m-%d %H:%M:%S"
    )
