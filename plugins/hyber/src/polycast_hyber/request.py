"""A message or broadcast as the request that Hyber takes for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import attrs
from polycast import Broadcast, Message, Recipient, Template, Unsupported, UsageError
from polycast.providers import phone_digits, unset_if_none, whole_second

from polycast_hyber._client import models as m
from polycast_hyber.content import Draft, draft, room_of
from polycast_hyber.options import Options
from polycast_hyber.recipients import Notation, extra_ids

#: "Common parameters".
_LONGEST = {"callback_url": 256, "tag": 64, "division_code": 100}
#: The longest text of a channel in characters, which a recipient's own has to fit too.
_LONGEST_TEXT = {"viber": 1000, "whatsapp": 1000, "push": 1000, "sms": 765}


@attrs.frozen
class Sending:
    """A request, and by which ids its recipients will be known.

    Args:
        body: what to post.
        recipients: in the order given.
        extra_ids: theirs, in that order.
        sync: whether Hyber shall judge each recipient at once.
    """

    body: m.NewBatch | m.NewBroadcast = attrs.field(repr=False)
    recipients: Sequence[Recipient]
    extra_ids: Sequence[str]
    sync: bool


@attrs.frozen
class Encoder:
    """Says messages and broadcasts in Hyber's words.

    Args:
        sms_sender: who SMS come from where the message does not say.
        zone: whose clock `send_at` is written by; as it was given when None.
    """

    sms_sender: str | None = None
    zone: tzinfo | None = None

    def message(self, message: Message) -> m.NewMessage:
        """Return the request for one message.

        Raises:
            UsageError: it cannot be told as asked.
            Unsupported: it holds what Hyber has no place for.
        """
        # As `lookup` is asked about it, so that both have the same extra id.
        broadcast = message.as_broadcast()
        (recipient,) = broadcast.recipients
        options = _options(broadcast)
        text = None if message.text is None else Template((message.text,))
        drafted = draft(broadcast, options, text=text, sms_sender=self.sms_sender)
        _refuse_variables(drafted, "a message to one recipient has no variables")
        return m.NewMessage(
            phone_number=phone_number(recipient),
            extra_id=extra_ids(broadcast, options, drafted.templates)[0],
            channel_options=drafted.encode(_as_it_stands),
            **self._common(broadcast, options, drafted),
        )

    def broadcast(self, broadcast: Broadcast) -> Sending:
        """Return the request for a broadcast: a batch where recipients have their own texts.

        Raises:
            UsageError: it cannot be told as asked.
            Unsupported: it holds what Hyber has no place for.
        """
        options = _options(broadcast)
        texts = {each.text for each in broadcast.recipients}
        if texts == {None}:
            text = None if broadcast.text is None else Template.parse(broadcast.text)
            return self._encode_broadcast(broadcast, options, text)
        if len(texts) == 1 and _is_more_than_text(options):
            # Everybody reads the same after all, and only a broadcast can say the rest.
            return self._encode_broadcast(broadcast, options, Template((texts.pop() or "",)))
        return self._encode_batch(broadcast, options)

    def _encode_batch(self, broadcast: Broadcast, options: Options) -> Sending:
        drafted = draft(broadcast, options, texts_elsewhere=True, sms_sender=self.sms_sender)
        _refuse_variables(
            drafted, "some recipient has a text of their own, and then only texts differ"
        )
        template = None if broadcast.text is None else Template.parse(broadcast.text)
        recipients = tuple(broadcast.recipients)
        texts: list[str] = []
        for place, recipient in enumerate(recipients, start=1):
            text = recipient.text
            if text is None:
                if template is None:
                    raise UsageError(
                        f"Recipient {place}, {recipient.to}, has no text, and others have one of "
                        "their own: give text for those who have none."
                    )
                text = template.render(recipient.variables)
            _check_length(recipient, text, drafted.channels)
            texts.append(text)
        ids = extra_ids(broadcast, options, () if template is None else (template,))
        messages = [
            m.BatchMessage(phone_number=phone_number(recipient), extra_id=extra_id, text=text)
            for recipient, extra_id, text in zip(recipients, ids, texts, strict=True)
        ]
        body = m.NewBatch(
            messages=messages,
            channel_options=drafted.encode(_as_it_stands),
            **self._common(broadcast, options, drafted),
        )
        return Sending(body, recipients, ids, options.sync)

    def _encode_broadcast(
        self, broadcast: Broadcast, options: Options, text: Template | None
    ) -> Sending:
        drafted = draft(broadcast, options, text=text, sms_sender=self.sms_sender)
        templates = drafted.templates
        notation = Notation.of(templates)
        recipients = tuple(broadcast.recipients)
        ids = extra_ids(broadcast, options, templates)
        pairs = tuple((theirs, ours) for ours, theirs in notation.variables.items())
        entries = []
        for recipient, extra_id in zip(recipients, ids, strict=True):
            variables, number = recipient.variables, phone_number(recipient)
            try:
                values = {theirs: variables[ours] for theirs, ours in pairs} | notation.literals
            except KeyError as error:
                raise UsageError(
                    f"{recipient.to} lacks what the options need: {{{error.args[0]}}}."
                ) from None
            entries.append(
                m.BroadcastRecipient(
                    phone_number=number, extra_id=extra_id, additional_properties=values
                )
            )
        body = m.NewBroadcast(
            recipients=entries,
            channel_options=drafted.encode(notation.write),
            **self._common(broadcast, options, drafted),
        )
        return Sending(body, recipients, ids, options.sync)

    def _common(self, broadcast: Broadcast, options: Options, drafted: Draft) -> dict[str, Any]:
        texts = {
            "callback_url": broadcast.callback_url,
            "tag": broadcast.name if options.tag is None else options.tag,
            "division_code": options.division_code,
        }
        for field, value in texts.items():
            if value is not None and len(value) > _LONGEST[field]:
                hint = "; Options(tag=...) says it shorter" if field == "tag" else ""
                raise UsageError(
                    f"{field} has {len(value)} characters; hyber takes {_LONGEST[field]}{hint}."
                )
        start = None if broadcast.send_at is None else start_time(broadcast.send_at, self.zone)
        return {
            **{field: unset_if_none(value) for field, value in texts.items()},
            "start_time": unset_if_none(start),
            "channels": list(drafted.channels),
            "is_promotional": unset_if_none(options.promotional),
        }


def start_time(send_at: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment to start at, by the clock that it shall be written by.

    It travels with its offset, to the second. Fractions are rounded up: nothing goes out before
    it was asked to.

    Args:
        send_at: aware.
        zone: whose clock; as it was given when None.

    Raises:
        UsageError: no clock shows it.
    """
    moment = whole_second(send_at)
    try:
        local = moment.astimezone(zone or send_at.tzinfo)
    except OverflowError:
        raise UsageError(f"send_at is out of reach: {send_at}.") from None
    # Local mean times of long ago have seconds in their offsets, which cannot be written.
    offset = local.utcoffset()
    return moment if offset is None or offset % timedelta(minutes=1) else local


def _check_length(recipient: Recipient, text: str, channels: Sequence[str]) -> None:
    """Refuse a recipient's own text that is too long for every channel."""
    rooms = [room_of(channel, text, _LONGEST_TEXT[channel]) for channel in channels]
    if all(size > longest for size, longest in rooms):
        size, longest = max(rooms, key=lambda room: room[1])
        raise UsageError(
            f"The text for {recipient.to} has {size} characters; hyber takes {longest}."
        )


def _options(asked: Broadcast) -> Options:
    return asked.options if isinstance(asked.options, Options) else Options()


def phone_number(recipient: Recipient) -> int:
    """Return the number as Hyber writes it: international, no plus sign, digits alone.

    Raises:
        UsageError: it is no international phone number.
    """
    return int(phone_digits(recipient, "hyber", "+380961111111"))


def _as_it_stands(template: Template) -> str:
    return template.render({})


def _is_more_than_text(options: Options) -> bool:
    """Whether a batch could not say these options: texts, placeholders, a file without text."""
    offered = (options.viber, options.sms, options.whatsapp, options.push)
    channels = [channel for channel in offered if channel is not None]
    values = [value for channel in channels for value in attrs.astuple(channel)]
    return (
        (options.viber is not None and options.viber.file_name is not None)
        or any(channel.text is not None for channel in channels)
        or any(Template.parse(value).names for value in values if isinstance(value, str))
    )


def _refuse_variables(drafted: Draft, why: str) -> None:
    names = [name for template in drafted.templates for name in template.names]
    if names:
        raise Unsupported(f"The options hold {{{names[0]}}}, and {why}.")
