"""What can be asked of Infobip beyond what every provider can be asked."""

from collections.abc import Sequence
from datetime import time
from typing import Any, Literal

import attrs
from polycast import UsageError
from polycast.providers import check_length, filled, option, unset_if_none
from polycast.wire import UNSET

from polycast_infobip._client import models as m

#: "Delivery time window".
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_TRANSLITERATIONS = (
    "NONE", "TURKISH", "GREEK", "CYRILLIC", "SERBIAN_CYRILLIC", "BULGARIAN_CYRILLIC",
    "CENTRAL_EUROPEAN", "BALTIC", "PORTUGUESE", "COLOMBIAN", "NON_UNICODE", "ALL",
)  # fmt: skip
_BOTH, _SMS, _VIBER = ("sms", "viber"), ("sms",), ("viber",)
#: Characters of a label.
LABEL = 255
_LANGUAGES = ("NONE", "TR", "ES", "PT", "AUTODETECT")


def _to_days(days: object) -> tuple[object, ...]:
    return tuple(days) if isinstance(days, list | tuple | set | frozenset) else (days,)


def _check_days(options: object, attribute: "attrs.Attribute[Any]", days: tuple[str, ...]) -> None:
    if not days or not set(days) <= set(_DAYS):
        raise UsageError(f"days holds one or more of {', '.join(_DAYS)}, and not {list(days)!r}.")


def _check_end(window: "DeliveryWindow", attribute: object, end: Any) -> None:
    start = window.start
    if start is None and end is None:
        return
    if not isinstance(start, time) or not isinstance(end, time):
        raise UsageError("A delivery window has both start and end, or neither of them.")
    minutes = (end.hour * 60 + end.minute) - (start.hour * 60 + start.minute)
    if abs(minutes) < 60:
        raise UsageError(
            f"A delivery window lasts an hour or more, and {start:%H:%M} to {end:%H:%M} does not."
        )


@attrs.frozen(kw_only=True)
class DeliveryWindow:
    """When messages may be delivered, by UTC.

    Args:
        days: names of days in capital letters, e.g. `["MONDAY", "FRIDAY"]`.
        start: the time of day from which messages are delivered, to the minute.
        end: the time of day until which they are; an hour or more from `start`.

    Source: Infobip, "Send SMS message", `deliveryTimeWindow`.

    Raises:
        UsageError: there is no such day, or only one of the times is given.
    """

    days: Sequence[str] = attrs.field(converter=_to_days, validator=_check_days)
    start: time | None = None
    end: time | None = attrs.field(default=None, validator=_check_end)

    def encode(self) -> m.DeliveryTimeWindow:
        """Return it in Infobip's fields."""
        start, end = (
            UNSET if each is None else m.TimeOfDay(hour=each.hour, minute=each.minute)
            for each in (self.start, self.end)
        )
        days: list[Any] = list(self.days)
        return m.DeliveryTimeWindow(days=days, from_=start, to=end)


@attrs.frozen(kw_only=True)
class Tracking:
    """How links in texts are rewritten. Infobip shortens them as soon as this is given.

    Args:
        shorten: whether links are shortened; True where left None.
        track_clicks: whether clicks are counted; True where left None.
        url: where clicks are pushed to.
        remove_protocol: whether `https://` is left out of the text.
        domain: your own domain for short links.
    """

    shorten: bool | None = option(bool)
    track_clicks: bool | None = option(bool)
    url: str | None = option(str)
    remove_protocol: bool | None = option(bool)
    domain: str | None = option(str)

    def encode(self) -> m.Tracking:
        """Return it in Infobip's fields."""
        return m.Tracking(
            shorten_url=unset_if_none(self.shorten),
            track_clicks=unset_if_none(self.track_clicks),
            tracking_url=unset_if_none(self.url),
            remove_protocol=unset_if_none(self.remove_protocol),
            custom_domain=unset_if_none(self.domain),
        )


@attrs.frozen(kw_only=True)
class IndiaDlt:
    """What Indian law asks for of every SMS.

    Args:
        principal_entity_id: who sends, as registered.
        content_template_id: the text's template, as registered.
    """

    principal_entity_id: str = option(str, default=attrs.NOTHING)
    content_template_id: str | None = option(str)

    def encode(self) -> m.Regional:
        """Return it in Infobip's fields."""
        return m.Regional(
            india_dlt=m.IndiaDlt(
                principal_entity_id=self.principal_entity_id,
                content_template_id=unset_if_none(self.content_template_id),
            )
        )


@attrs.frozen(kw_only=True)
class Button:
    """The button under a Viber message.

    Args:
        title: what stands on it.
        action: the address that it leads to.
    """

    title: str = option(str, default=attrs.NOTHING)
    action: str = option(str, default=attrs.NOTHING)

    def encode(self) -> m.ViberButton:
        """Return it in Infobip's fields."""
        return m.ViberButton(title=self.title, action=self.action)


@attrs.frozen(kw_only=True)
class Options:
    """Infobip's own words for a message. What is left None is left to Infobip.

    Args:
        reference: your own name for a message to one recipient, as `Recipient.reference` is in a
            broadcast. It tells a message from the same one that was sent before.
        campaign: a label, up to 255 characters; that of a broadcast is its `name` otherwise.
        entity_id: whom you send for, up to 255 characters.
        application_id: what you send by, up to 255 characters.
        delivery_window: when messages may be delivered. SMS and Viber.
        sending_speed: messages per minute of the whole broadcast. SMS.
        tracking: how links are rewritten. SMS and Viber.
        transliteration: how letters are replaced that make an SMS longer, e.g. `"CYRILLIC"`.
        language: whose national alphabet an SMS is written in, e.g. `"TR"`.
        flash: whether an SMS is shown at once and not kept.
        india_dlt: what Indian law asks for. SMS.
        label: `"PROMOTIONAL"` or `"TRANSACTIONAL"`. Viber.
        button: the button under a Viber message.
        sms_text: the text of the SMS that is sent where the channel before it does not deliver;
            that of the message where left None.
        preview_url: whether a link in a WhatsApp text is shown with a preview.

    Source: Infobip, "Send SMS message", "Send Viber messages", "Send WhatsApp text message".

    Raises:
        UsageError: a field is not of its kind.
    """

    reference: str | None = option(str)
    campaign: str | None = option(str, by=_BOTH)
    entity_id: str | None = option(str, by=_BOTH)
    application_id: str | None = option(str, by=_BOTH)
    delivery_window: DeliveryWindow | None = option(DeliveryWindow, by=_BOTH)
    sending_speed: int | None = option(int, least=1, unit="messages per minute", by=_SMS)
    tracking: Tracking | None = option(Tracking, by=_BOTH)
    transliteration: str | None = option(str, one_of=_TRANSLITERATIONS, by=_SMS)
    language: str | None = option(str, one_of=_LANGUAGES, by=_SMS)
    flash: bool | None = option(bool, by=_SMS)
    india_dlt: IndiaDlt | None = option(IndiaDlt, by=_SMS)
    label: Literal["PROMOTIONAL", "TRANSACTIONAL"] | None = option(
        str, one_of=("PROMOTIONAL", "TRANSACTIONAL"), by=_VIBER
    )
    button: Button | None = option(Button, by=_VIBER)
    sms_text: str | None = option(str)
    preview_url: bool | None = option(bool, by=("whatsapp",))

    def __attrs_post_init__(self) -> None:
        """Check the lengths of labels."""
        for name in ("campaign", "entity_id", "application_id"):
            check_length(name, getattr(self, name), LABEL, "Infobip")

    def foreign_to(self, route: Sequence[str]) -> list[str]:
        """Return the names of those that are given, and are for other channels than these."""
        given = [
            field
            for field in attrs.fields(type(self))
            if getattr(self, field.name) is not None
            and route[0] not in field.metadata.get("by", route)
        ]
        lone = self.sms_text is not None and len(route) == 1
        return [field.name for field in given] + ["sms_text"] * lone

    def message_fields(self, name: str | None) -> dict[str, Any]:
        """Return what is told with each message, in Infobip's fields; None is not told.

        What belongs to another channel is None: `foreign_to` is asked first.

        Args:
            name: that of the broadcast, the label where there is no other.
        """
        platform = filled(m.Platform, entity_id=self.entity_id, application_id=self.application_id)
        return {
            "platform": platform,
            "delivery_time_window": encoded(self.delivery_window),
            "campaign_reference_id": self.campaign or name,
            "flash": self.flash,
            "regional": encoded(self.india_dlt),
            "label": self.label,
        }

    def sms_fields(self) -> dict[str, Any]:
        """Return what is told beside the text of an SMS, in Infobip's fields."""
        language = filled(m.Language, language_code=self.language)
        return {"transliteration": self.transliteration, "language": language}


def encoded(part: Any) -> Any:
    """Return a part of the options in Infobip's fields; UNSET where it is not given."""
    return UNSET if part is None else part.encode()
