"""A message or broadcast as the request that Infobip takes for it."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import attrs
from polycast import Broadcast, MessageTemplate, Recipient, Unsupported, UsageError, count_segments
from polycast.providers import (
    check_moment,
    phone_digits,
    unset_if_none,
    whole_second,
    whole_seconds,
)
from polycast.wire import UNSET, Unset

from polycast_infobip._client import models as m
from polycast_infobip.options import Options, check_label, encoded
from polycast_infobip.recipients import make_ids

#: "Send SMS message": `validityPeriod`, of which more is cut in silence, and `schedule.sendAt`.
_LONGEST, _LATEST = timedelta(hours=48), timedelta(days=180)
#: Characters that a text may have, where a page states it.
_ROOM = {"viber": 1000, "whatsapp": 4096}
#: Status 25, REJECTED_MESSAGE_TOO_LONG: parts of an SMS.
_PARTS = 25
_ROUTES = (("sms",), ("viber",), ("viber", "sms"), ("whatsapp",), ("whatsapp", "sms"))
#: Fields of a broadcast that a channel cannot be told.
_FOREIGN = {"sms": ["template"], "viber": ["send_at"], "whatsapp": ["send_at", "ttl", "name"]}


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
    body: m.NewSms | m.NewViber | m.NewTemplates | m.NewWhatsApp = attrs.field(repr=False)
    bulk_id: str
    message_ids: tuple[str, ...]
    recipients: Sequence[Recipient]


@attrs.frozen
class _Said:
    """What one recipient reads, and what an SMS says that follows."""

    text: str | None
    template: MessageTemplate | None
    failover: str | None

    @property
    def key(self) -> str:
        """The same for the same words, always: it is a part of ids."""
        values = sorted(self.template.values.items()) if self.template else []
        return json.dumps([self.text, self.failover, values])


_Addressed = tuple[_Said, m.Destination]


def to_sending(broadcast: Broadcast, senders: dict[str, str | None], now: datetime) -> Sending:
    """Return the request for a broadcast.

    Args:
        broadcast: what is asked for.
        senders: the account's senders, by channel, for what names none.
        now: the present moment.

    Raises:
        UsageError: Infobip cannot be told this.
    """
    options = broadcast.options if isinstance(broadcast.options, Options) else Options()
    route = broadcast.channels or (("whatsapp",) if broadcast.template else ("sms",))
    if route not in _ROUTES:
        known = ", ".join("+".join(each) for each in _ROUTES)
        raise Unsupported(f"Infobip does not send by {'+'.join(route)}; it sends by {known}.")
    channel = route[0]
    _check(broadcast, options, route, now)
    recipients = tuple(broadcast.recipients)
    said = [_said(broadcast, each, options, route) for each in recipients]
    bulk_id, ids = make_ids(broadcast, channel, [each.key for each in said], options)
    sender = broadcast.sender or senders[channel]
    if sender is None and channel != "sms":
        raise UsageError(
            f"Infobip needs a sender for {channel}: set {channel}_sender, or give the message a "
            "sender."
        )
    told = [
        (one, m.Destination(to=phone_digits(each, "infobip", "+41793026727"), message_id=id))
        for one, each, id in zip(said, recipients, ids, strict=True)
    ]
    writer = _Writer(broadcast, options, sender, senders["sms"])
    return Sending(channel, getattr(writer, channel)(told, bulk_id), bulk_id, ids, recipients)


def _check(broadcast: Broadcast, options: Options, route: Sequence[str], now: datetime) -> None:
    foreign = [name for name in _FOREIGN[route[0]] if getattr(broadcast, name) is not None]
    for name in [*foreign, *options.foreign_to(route)]:
        raise Unsupported(f"Infobip cannot be told {name} for {'+'.join(route)}: leave it out.")
    check_label("name", broadcast.name)
    check_moment(broadcast.send_at, now, "Infobip", timedelta(0), _LATEST)


def _said(
    broadcast: Broadcast, recipient: Recipient, options: Options, route: Sequence[str]
) -> _Said:
    text, template = broadcast.text_for(recipient), broadcast.template_for(recipient)
    if template is None and not text:
        raise UsageError("There is nothing to say: give a text or a template.")
    if template is not None:
        if template.language is None:
            raise UsageError(f"Infobip keeps {template.id} by languages: give it its language.")
        if text and len(route) == 1:
            raise UsageError(f"The template {template.id} is sent alone: leave the text out.")
    elif text and len(text) > _ROOM.get(route[0], math.inf):
        raise UsageError(
            f"The text has {len(text)} characters, and Infobip takes {_ROOM[route[0]]} on "
            f"{route[0]}: shorten it."
        )
    elif text and route[0] == "sms" and not (options.transliteration or options.language):
        # Otherwise Infobip replaces letters, and may arrive at less.
        parts = count_segments(text).parts
        if parts > _PARTS:
            raise UsageError(f"The text has {parts} parts, and Infobip takes {_PARTS}: shorten it.")
    failover = (options.sms_text or text) if len(route) > 1 else None
    if len(route) > 1 and not failover:
        raise UsageError("The SMS that follows has nothing to say: give a text or sms_text.")
    return _Said(None if template else text, template, failover)


@attrs.frozen
class _Writer:
    """Writes the body of a request by each channel.

    Args:
        asked: what is asked for.
        options: its options.
        sender: where it comes from.
        sms_sender: where an SMS comes from that follows.
    """

    asked: Broadcast
    options: Options
    sender: str | None
    sms_sender: str | None

    def sms(self, told: Sequence[_Addressed], bulk_id: str) -> m.NewSms:
        options, send_at = self.options, self.asked.send_at
        language, speed = options.language, options.sending_speed
        fixed: dict[str, Any] = {
            "transliteration": unset_if_none(options.transliteration),
            "language": m.Language(language_code=language) if language else UNSET,
        }
        flash, india = unset_if_none(options.flash), encoded(options.india_dlt)
        schedule = m.Schedule(
            bulk_id=bulk_id,
            send_at=whole_second(send_at) if send_at else UNSET,
            sending_speed_limit=m.SpeedLimit(amount=speed) if speed else UNSET,
        )
        tracking = encoded(options.tracking)
        return m.NewSms(
            messages=[
                m.SmsMessage(
                    sender=unset_if_none(self.sender),
                    destinations=to,
                    content=m.SmsContent(text=said.text or "", **fixed),
                    options=self._options(m.SmsOptions, flash=flash, regional=india),
                    webhooks=self._webhooks(),
                )
                for said, to in _by_content(told)
            ],
            options=m.SmsRequestOptions(
                schedule=schedule, tracking=tracking, include_sms_count_in_response=True
            ),
        )

    def viber(self, told: Sequence[_Addressed], bulk_id: str) -> m.NewViber:
        button, label = encoded(self.options.button), unset_if_none(self.options.label)
        messages = [
            m.ViberMessage(
                sender=self.sender or "",
                destinations=to,
                content=m.ViberContent(type_="TEXT", text=said.text, button=button)
                if said.text
                else _viber_template(said.template),
                options=self._options(
                    m.ViberOptions, label=label, sms_failover=self._failover(said, "sender")
                ),
                webhooks=self._webhooks(),
            )
            for said, to in _by_content(told)
        ]
        asked = m.ViberRequestOptions(
            schedule=m.Schedule(bulk_id=bulk_id), tracking=encoded(self.options.tracking)
        )
        return m.NewViber(messages=messages, options=asked)

    def whatsapp(self, told: Sequence[_Addressed], bulk_id: str) -> m.NewTemplates | m.NewWhatsApp:
        url = unset_if_none(self.asked.callback_url)
        if self.asked.template is not None:
            messages = [
                m.TemplateMessage(
                    from_=self.sender or "",
                    to=to.to,
                    message_id=to.message_id,
                    content=_whatsapp_template(said.template),
                    notify_url=url,
                    sms_failover=self._failover(said, "from_"),
                )
                for said, to in told
            ]
            return m.NewTemplates(messages=messages, bulk_id=bulk_id)
        if len(told) > 1 or len(self.asked.channels) > 1:
            raise Unsupported(
                "Infobip takes a WhatsApp text for one recipient a call, and lets no SMS follow: "
                "send them one by one, or give a template."
            )
        [(said, to)] = told
        preview = unset_if_none(self.options.preview_url)
        content = m.WhatsAppText(text=said.text or "", preview_url=preview)
        return m.NewWhatsApp(
            from_=self.sender or "",
            to=to.to,
            message_id=to.message_id,
            content=content,
            notify_url=url,
        )

    def _options(self, kind: type[Any], **own: Any) -> Any:
        campaign = self.options.campaign or self.asked.name
        fields = {**self.options.shared(), **own}
        seconds = whole_seconds(self.asked.ttl, _LONGEST, "Infobip")
        if seconds is not UNSET:
            fields["validity_period"] = m.ValidityPeriod(amount=seconds, time_unit="SECONDS")
        fields["campaign_reference_id"] = unset_if_none(campaign)
        return UNSET if all(value is UNSET for value in fields.values()) else kind(**fields)

    def _webhooks(self) -> m.Webhooks | Unset:
        url = self.asked.callback_url
        if url is None:
            return UNSET
        hook = m.Webhook(url=url)
        seen = hook if "viber" in self.asked.channels else UNSET
        return m.Webhooks(delivery=hook, seen=seen, content_type="application/json")

    def _failover(self, said: _Said, sender: str) -> m.SmsFailover | Unset:
        if said.failover is None:
            return UNSET
        told: dict[str, Any] = {sender: unset_if_none(self.sms_sender)}
        return m.SmsFailover(text=said.failover, **told)


def _by_content(told: Iterable[_Addressed]) -> Iterable[tuple[_Said, list[m.Destination]]]:
    """Return each content with those who read it: equal ones share an entry."""
    grouped: dict[_Said, list[m.Destination]] = {}
    for said, to in told:
        grouped.setdefault(said, []).append(to)
    return grouped.items()


def _viber_template(template: MessageTemplate | None) -> m.ViberContent:
    told = cast(MessageTemplate, template)
    return m.ViberContent(
        type_="TEMPLATE",
        template_id=told.id,
        parameters=dict(told.values),
        language=unset_if_none(told.language),
    )


def _whatsapp_template(template: MessageTemplate | None) -> m.TemplateContent:
    told = cast(MessageTemplate, template)
    places = [str(place) for place in range(1, len(told.values) + 1)]
    if set(places) != set(told.values):
        raise UsageError(
            f"The places of a WhatsApp template are numbers from 1 on, and {told.id} is given "
            f"{', '.join(told.values)}: give values as a list."
        )
    body = m.TemplateBody(placeholders=[told.values[place] for place in places])
    return m.TemplateContent(
        template_name=told.id,
        template_data=m.TemplateData(body=body),
        language=told.language or "",
    )
