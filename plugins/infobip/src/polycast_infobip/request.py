"""A message or broadcast as the request that Infobip takes for it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

import attrs
from polycast import (
    Broadcast,
    MessageTemplate,
    Recipient,
    Unsupported,
    UsageError,
    count_segments,
    providers,
)
from polycast.wire import UNSET

from polycast_infobip._client import models as m
from polycast_infobip.options import LABEL, Options, encoded

#: "Send SMS message": `validityPeriod`, of which more is cut in silence, and `schedule.sendAt`.
_LONGEST, _LATEST = timedelta(hours=48), timedelta(days=180)
#: Characters that a text may have, where a page states it, and parts of an SMS (status 25).
_ROOM, _PARTS = {"viber": 1000, "whatsapp": 4096}, 25
#: Characters of `destinations.messageId`.
_ID = 200
_ROUTES = (("sms",), ("viber",), ("viber", "sms"), ("whatsapp",), ("whatsapp", "sms"))
#: Fields of a broadcast that a channel cannot be told.
_FOREIGN = {"sms": ["template"], "viber": ["send_at"], "whatsapp": ["send_at", "ttl", "name"]}
#: SMS and Viber have one shape: the classes of a request, its messages, and the options of both.
_KINDS: Mapping[str, tuple[Any, Any, Any, Any]] = {
    "sms": (m.NewSms, m.SmsMessage, m.SmsRequestOptions, m.SmsOptions),
    "viber": (m.NewViber, m.ViberMessage, m.ViberRequestOptions, m.ViberOptions),
}


@attrs.frozen
class Sending:
    """A request, and the ids by which it and its messages are known.

    Args:
        operation: what to call.
        body: what to post.
        id: that of the receipt: the request's, or the message's of a WhatsApp text.
        recipients: by the ids of their messages, in the order given.
    """

    operation: str
    body: m.NewSms | m.NewViber | m.NewTemplates | m.NewWhatsApp = attrs.field(repr=False)
    id: str
    recipients: Mapping[str, Recipient]


class _Said(NamedTuple):
    """What one recipient reads, what an SMS says that follows, and the values of the template."""

    text: str | None
    failover: str | None
    values: tuple[tuple[str, str], ...]


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
    channel, template = route[0], broadcast.template
    foreign = [name for name in _FOREIGN[channel] if getattr(broadcast, name) is not None]
    for name in [*foreign, *options.foreign_to(route)]:
        raise Unsupported(f"Infobip cannot be told {name} for {'+'.join(route)}: leave it out.")
    providers.check_length("name", broadcast.name, LABEL, "Infobip")
    providers.check_moment(broadcast.send_at, now, "Infobip", timedelta(0), _LATEST)
    if template is not None and template.language is None:
        raise UsageError(f"Infobip keeps {template.id} by languages: give it its language.")
    sender = broadcast.sender or senders[channel]
    if channel != "sms":
        providers.check_sender(sender, "Infobip", f"{channel}_sender")
    recipients = tuple(broadcast.recipients)
    said = [_said(broadcast, each, options, route) for each in recipients]
    bulk_id, ids = _make_ids(broadcast, channel, said, options)
    numbers = [providers.phone_digits(each, "infobip", "+41793026727") for each in recipients]
    to = [m.Destination(to=to, message_id=id) for to, id in zip(numbers, ids, strict=True)]
    writer = _Writer(broadcast, options, route, sender, senders["sms"], bulk_id)
    operation, body = writer.write(list(zip(said, to, strict=True)))
    own = f"message:{ids[0]}" if operation == "send_whatsapp" else f"bulk:{bulk_id}"
    return Sending(operation, body, own, dict(zip(ids, recipients, strict=True)))


def _said(asked: Broadcast, recipient: Recipient, options: Options, route: Sequence[str]) -> _Said:
    text, template = asked.text_for(recipient), asked.template_for(recipient)
    failover = (options.sms_text or text) if len(route) > 1 else None
    if len(route) > 1 and not failover:
        raise UsageError("The SMS that follows has nothing to say: give a text or sms_text.")
    if template is not None:
        if text and len(route) == 1:
            raise UsageError(f"The template {template.id} is sent alone: leave the text out.")
        return _Said(None, failover, tuple(sorted(template.values.items())))
    if not text:
        raise UsageError("There is nothing to say: give a text or a template.")
    if route[0] in _ROOM:
        providers.check_length("The text", text, _ROOM[route[0]], "Infobip")
    # Infobip replaces letters where it is asked to, and may arrive at less.
    replaced = options.transliteration or options.language
    if route[0] == "sms" and not replaced and (parts := count_segments(text).parts) > _PARTS:
        raise UsageError(f"The text has {parts} parts, and Infobip takes {_PARTS}: shorten it.")
    return _Said(text, failover, ())


def _make_ids(
    broadcast: Broadcast, channel: str, said: Sequence[_Said], options: Options
) -> tuple[str, list[str]]:
    """Return the id of a request, and those of its recipients' messages in their order.

    They are made of what is said and to whom, and of nothing else, so that another process asks by
    the same ids after a crash. What is sent once more, word for word to the same people, has the
    same ids: Infobip refuses it as a duplicate, until a `name` or a reference tells the two apart.
    """
    references = providers.references_of(broadcast, options.reference)
    addresses = [each.to for each in broadcast.recipients]
    texts = [json.dumps(each) for each in said]
    columns: list[Sequence[str | None]] = [addresses, references, texts]
    bulk, ids = f"polycast-{channel}-{providers.fingerprint(broadcast, options, columns)}", []
    for place, reference in enumerate(references):
        # A list of ids has commas between them.
        ids.append(f"{bulk}-{place}" + (f"-{quote(reference, safe='')}" if reference else ""))
        providers.check_length(f"An id with the reference {reference!r}", ids[-1], _ID, "Infobip")
    return bulk, ids


@attrs.frozen
class _Writer:
    """Writes the body of a request.

    Args:
        asked: what is asked for.
        options: its options.
        route: the channels that it is sent by.
        sender: where it comes from.
        sms_sender: where an SMS comes from that follows.
        bulk_id: the request's id.
    """

    asked: Broadcast
    options: Options
    route: Sequence[str]
    sender: str | None
    sms_sender: str | None
    bulk_id: str

    def write(self, told: Sequence[tuple[_Said, m.Destination]]) -> tuple[str, Any]:
        """Return the operation to call, and its body."""
        if self.route[0] != "whatsapp":
            return f"send_{self.route[0]}", self._messages(told)
        if self.asked.template is not None:
            messages = [self._whatsapp(m.TemplateMessage, *each) for each in told]
            return "send_template", m.NewTemplates(messages=messages, bulk_id=self.bulk_id)
        if len(told) > 1 or len(self.route) > 1:
            raise Unsupported(
                "Infobip takes a WhatsApp text for one recipient a call, and lets no SMS follow: "
                "send them one by one, or give a template."
            )
        return "send_whatsapp", self._whatsapp(m.NewWhatsApp, *told[0])

    def _messages(self, told: Sequence[tuple[_Said, m.Destination]]) -> Any:
        """Return a request by SMS or Viber: who reads the same shares an entry."""
        asked, options, is_sms = self.asked, self.options, self.route[0] == "sms"
        request, message, request_options, message_options = _KINDS[self.route[0]]
        seconds = providers.whole_seconds(asked.ttl, _LONGEST, "Infobip")
        validity = seconds and m.ValidityPeriod(amount=seconds, time_unit="SECONDS")
        fields = {"validity_period": validity, **options.message_fields(asked.name)}
        hook = providers.filled(m.Webhook, url=asked.callback_url)
        seen = UNSET if is_sms else hook
        hooks = hook and m.Webhooks(delivery=hook, seen=seen, content_type="application/json")
        readers: dict[_Said, list[m.Destination]] = {}
        for said, to in told:
            readers.setdefault(said, []).append(to)
        entry = partial(providers.filled, message, sender=self.sender, webhooks=hooks)
        messages = []
        for said, group in readers.items():
            follows, content = self._failover(said, "sender"), self._content(said)
            own_options = providers.filled(message_options, sms_failover=follows, **fields)
            messages.append(entry(destinations=group, content=content, options=own_options))
        schedule = m.Schedule(
            bulk_id=self.bulk_id,
            send_at=providers.whole_second(asked.send_at) if asked.send_at else UNSET,
            sending_speed_limit=providers.filled(m.SpeedLimit, amount=options.sending_speed),
        )
        whole = providers.filled(
            request_options,
            schedule=schedule,
            tracking=encoded(options.tracking),
            include_sms_count_in_response=True if is_sms else None,
        )
        return request(messages=messages, options=whole)

    def _content(self, said: _Said) -> Any:
        options, template = self.options, self.asked.template
        if self.route[0] == "sms":
            return providers.filled(m.SmsContent, text=said.text, **options.sms_fields())
        if template is None:
            button = encoded(options.button)
            return providers.filled(m.ViberContent, type_="TEXT", text=said.text, button=button)
        own = {"template_id": template.id, "parameters": dict(said.values)}
        return providers.filled(m.ViberContent, type_="TEMPLATE", language=template.language, **own)

    def _whatsapp(self, kind: Any, said: _Said, to: m.Destination) -> Any:
        content: Any = providers.filled(
            m.WhatsAppText, text=said.text, preview_url=self.options.preview_url
        )
        if self.asked.template is not None:
            content = _whatsapp_template(self.asked.template, dict(said.values))
        return providers.filled(
            kind,
            from_=self.sender,
            to=to.to,
            message_id=to.message_id,
            content=content,
            notify_url=self.asked.callback_url,
            sms_failover=self._failover(said, "from_"),
        )

    def _failover(self, said: _Said, sender: str) -> Any:
        told = {"text": said.failover, sender: self.sms_sender}
        return providers.filled(m.SmsFailover, **told) if said.failover else UNSET


def _whatsapp_template(template: MessageTemplate, values: Mapping[str, str]) -> m.TemplateContent:
    places = [str(place) for place in range(1, len(values) + 1)]
    if set(places) != set(values):
        raise UsageError(
            f"The places of a WhatsApp template are numbers from 1 on, and {template.id} is given "
            f"{', '.join(values)}: give values as a list."
        )
    data = m.TemplateData(body=m.TemplateBody(placeholders=[values[place] for place in places]))
    language = template.language or ""
    return m.TemplateContent(template_name=template.id, template_data=data, language=language)
