"""A message or broadcast as the request that Infobip takes for it."""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from polycast import Broadcast, Recipient, Unsupported, UsageError
from polycast.providers import phone_digits, unset_if_none
from polycast.wire import UNSET, Unset

from polycast_infobip._client import models as m
from polycast_infobip.options import DeliveryWindow, Options
from polycast_infobip.recipients import make_ids

#: "Send SMS message": `validityPeriod`; more is cut in silence.
_LONGEST = timedelta(hours=48)
#: The same page: `schedule.sendAt`.
_LATEST = timedelta(days=180)
#: Characters that a text may have, where the page states it; of a label.
_ROOM = {"viber": 1000, "whatsapp": 4096}
_LABEL = 255
#: What a channel cannot be told, by the fields of a broadcast and of its options.
_FOREIGN = {
    "sms": {"label", "button", "sms_text", "preview_url"},
    "viber": {
        "send_at", "sending_speed", "transliteration", "language", "flash", "india_dlt",
        "preview_url",
    },
    "whatsapp": {
        "send_at", "ttl", "name", "campaign", "entity_id", "application_id", "delivery_window",
        "sending_speed", "tracking", "transliteration", "language", "flash", "india_dlt", "label",
        "button", "sms_text",
    },
}  # fmt: skip
#: The channels that can follow one another.
_ROUTES = (("sms",), ("viber",), ("viber", "sms"), ("whatsapp",))

Body = m.NewSms | m.NewViber | m.NewWhatsApp


@attrs.frozen
class Sending:
    """A request, and the ids by which it and its messages are known.

    Args:
        channel: the first that it is sent by.
        body: what to post.
        bulk_id: the request's id.
        message_ids: of the recipients' messages, in their order.
        recipients: in the order given.
    """

    channel: str
    body: Body = attrs.field(repr=False)
    bulk_id: str
    message_ids: tuple[str, ...]
    recipients: Sequence[Recipient]


def to_sending(broadcast: Broadcast, senders: dict[str, str | None]) -> Sending:
    """Return the request for a broadcast.

    Args:
        broadcast: what is asked for.
        senders: the account's senders, by channel, for what names none.

    Raises:
        UsageError: Infobip cannot be told this.
    """
    options = broadcast.options if isinstance(broadcast.options, Options) else Options()
    route = broadcast.channels or ("sms",)
    if route not in _ROUTES:
        known = ", ".join("+".join(each) for each in _ROUTES)
        raise Unsupported(f"Infobip does not send by {'+'.join(route)}; it sends by {known}.")
    channel = route[0]
    _check(broadcast, options, channel)
    recipients = tuple(broadcast.recipients)
    texts = [broadcast.text_for(each) for each in recipients]
    bulk_id, ids = make_ids(broadcast, channel, texts, options)
    sender = broadcast.sender or senders[channel]
    if sender is None and channel != "sms":
        raise UsageError(
            f"Infobip needs a sender for {channel}: set {channel}_sender, or give the message a "
            "sender."
        )
    addressed = list(
        zip(
            [phone_digits(each, "infobip", "+41793026727") for each in recipients], ids, strict=True
        )
    )
    body: Body
    if channel == "whatsapp":
        body = _to_whatsapp(broadcast, options, sender or "", texts, addressed)
    else:
        grouped = list(_by_text(texts, addressed, channel))
        if channel == "sms":
            body = _to_sms(broadcast, options, sender, grouped, bulk_id)
        else:
            failover = senders["sms"] if route == ("viber", "sms") else UNSET
            body = _to_viber(broadcast, options, sender or "", grouped, bulk_id, failover)
    return Sending(channel, body, bulk_id, ids, recipients)


def check_moment(send_at: datetime | None, now: datetime) -> None:
    """Refuse a moment that Infobip does not schedule for: more than 180 days ahead.

    Raises:
        UsageError: it is too late.
    """
    if send_at is not None and send_at > now + _LATEST:
        raise UsageError(
            f"Infobip schedules messages for up to 180 days ahead, and send_at is {send_at}."
        )


def _check(broadcast: Broadcast, options: Options, channel: str) -> None:
    told = {
        **{name: getattr(broadcast, name) for name in ("send_at", "ttl", "name")},
        **attrs.asdict(options, recurse=False),
    }
    for name, value in told.items():
        if value is not None and name in _FOREIGN[channel]:
            raise Unsupported(f"Infobip cannot be told {name} for {channel}: leave it out.")
    if options.sms_text is not None and broadcast.channels[1:] != ("sms",):
        raise UsageError(
            'sms_text is for an SMS that follows another channel: give channels=("viber", "sms").'
        )
    for name in ("campaign", "entity_id", "application_id"):
        value = _campaign(broadcast, options) if name == "campaign" else told[name]
        if value is not None and len(value) > _LABEL:
            raise UsageError(
                f"{name} has {len(value)} characters, and Infobip takes {_LABEL}: {value!r}. "
                "Options(campaign=...) stands before the name of a broadcast."
            )
    if broadcast.ttl is not None and broadcast.ttl > _LONGEST:
        raise UsageError(
            f"Infobip tries for 48 hours at most, and ttl is {broadcast.ttl}: give a shorter one."
        )


def _campaign(broadcast: Broadcast, options: Options) -> str | None:
    return broadcast.name if options.campaign is None else options.campaign


def _by_text(
    texts: Sequence[str | None], addressed: Sequence[tuple[str, str]], channel: str
) -> Iterator[tuple[str, list[m.Destination]]]:
    """Yield each text with those who read it: equal texts share an entry."""
    grouped: dict[str, list[m.Destination]] = {}
    for text, (to, id) in zip(texts, addressed, strict=True):
        said = _said(text, channel)
        grouped.setdefault(said, []).append(m.Destination(to=to, message_id=id))
    yield from grouped.items()


def _said(text: str | None, channel: str) -> str:
    if not text:
        raise UsageError("There is nothing to say: give a text.")
    if len(text) > _ROOM.get(channel, math.inf):
        raise UsageError(
            f"The text has {len(text)} characters; Infobip takes {_ROOM[channel]} on {channel}."
        )
    return text


def _to_sms(
    broadcast: Broadcast,
    options: Options,
    sender: str | None,
    grouped: Sequence[tuple[str, list[m.Destination]]],
    bulk_id: str,
) -> m.NewSms:
    language, india = options.language, options.india_dlt
    common = _common(broadcast, options)
    speed, send_at = options.sending_speed, broadcast.send_at
    messages = [
        m.SmsMessage(
            sender=unset_if_none(sender),
            destinations=destinations,
            content=m.SmsContent(
                text=text,
                transliteration=unset_if_none(options.transliteration),
                language=UNSET if language is None else m.Language(language_code=language),
            ),
            options=_some(
                m.SmsOptions,
                **common,
                flash=unset_if_none(options.flash),
                regional=UNSET
                if india is None
                else m.Regional(
                    india_dlt=m.IndiaDlt(
                        principal_entity_id=india.principal_entity_id,
                        content_template_id=unset_if_none(india.content_template_id),
                    )
                ),
            ),
            webhooks=_webhooks(broadcast.callback_url, seen=False),
        )
        for text, destinations in grouped
    ]
    schedule = m.Schedule(
        bulk_id=bulk_id,
        send_at=UNSET if send_at is None else _moment(send_at),
        sending_speed_limit=UNSET if speed is None else m.SpeedLimit(amount=speed),
    )
    return m.NewSms(
        messages=messages,
        options=m.SmsRequestOptions(
            schedule=schedule, tracking=_tracking(options), include_sms_count_in_response=True
        ),
    )


def _to_viber(
    broadcast: Broadcast,
    options: Options,
    sender: str,
    grouped: Sequence[tuple[str, list[m.Destination]]],
    bulk_id: str,
    failover: str | Unset | None,
) -> m.NewViber:
    common, button = _common(broadcast, options), options.button
    messages = [
        m.ViberMessage(
            sender=sender,
            destinations=destinations,
            content=m.ViberContent(
                type_="TEXT",
                text=text,
                button=UNSET
                if button is None
                else m.ViberButton(title=button.title, action=button.action),
            ),
            options=_some(
                m.ViberOptions,
                **common,
                label=unset_if_none(options.label),
                sms_failover=UNSET
                if failover is UNSET
                else m.SmsFailover(sender=unset_if_none(failover), text=options.sms_text or text),
            ),
            webhooks=_webhooks(broadcast.callback_url, seen=True),
        )
        for text, destinations in grouped
    ]
    schedule = m.Schedule(bulk_id=bulk_id)
    return m.NewViber(
        messages=messages,
        options=m.ViberRequestOptions(schedule=schedule, tracking=_tracking(options)),
    )


def _to_whatsapp(
    broadcast: Broadcast,
    options: Options,
    sender: str,
    texts: Sequence[str | None],
    addressed: Sequence[tuple[str, str]],
) -> m.NewWhatsApp:
    if len(addressed) > 1:
        raise Unsupported(
            "Infobip takes a WhatsApp text for one recipient a call: send them one by one."
        )
    [(to, id)], [text] = addressed, texts
    return m.NewWhatsApp(
        from_=sender,
        to=to,
        message_id=id,
        content=m.WhatsAppText(
            text=_said(text, "whatsapp"), preview_url=unset_if_none(options.preview_url)
        ),
        notify_url=unset_if_none(broadcast.callback_url),
    )


def _common(broadcast: Broadcast, options: Options) -> dict[str, Any]:
    """Return the options that SMS and Viber share."""
    ttl, window = broadcast.ttl, options.delivery_window
    return {
        "platform": _some(
            m.Platform,
            entity_id=unset_if_none(options.entity_id),
            application_id=unset_if_none(options.application_id),
        ),
        "validity_period": UNSET
        if ttl is None
        else m.ValidityPeriod(amount=math.ceil(ttl.total_seconds()), time_unit="SECONDS"),
        "delivery_time_window": UNSET if window is None else _window(window),
        "campaign_reference_id": unset_if_none(_campaign(broadcast, options)),
    }


def _window(window: DeliveryWindow) -> m.DeliveryTimeWindow:
    times = [
        UNSET if each is None else m.TimeOfDay(hour=each.hour, minute=each.minute)
        for each in (window.start, window.end)
    ]
    return m.DeliveryTimeWindow(days=list(window.days), from_=times[0], to=times[1])  # type: ignore[arg-type]  # the days have been checked


def _tracking(options: Options) -> m.Tracking | Unset:
    asked = options.tracking
    if asked is None:
        return UNSET
    return m.Tracking(
        shorten_url=unset_if_none(asked.shorten),
        track_clicks=unset_if_none(asked.track_clicks),
        tracking_url=unset_if_none(asked.url),
        remove_protocol=unset_if_none(asked.remove_protocol),
        custom_domain=unset_if_none(asked.domain),
    )


def _webhooks(url: str | None, *, seen: bool) -> m.Webhooks | Unset:
    if url is None:
        return UNSET
    hook = m.Webhook(url=url)
    return m.Webhooks(delivery=hook, seen=hook if seen else UNSET, content_type="application/json")


def _some(make: Callable[..., Any], **fields: Any) -> Any:
    """Return an object with these fields; UNSET where it would have none."""
    return UNSET if all(value is UNSET for value in fields.values()) else make(**fields)


def _moment(send_at: datetime) -> datetime:
    """Round up to a second: nothing goes out before it was asked to."""
    whole = send_at.astimezone(UTC)
    if whole.microsecond:
        whole = whole.replace(microsecond=0) + timedelta(seconds=1)
    return whole
