"""What only Hyber can be told: how a message looks on each channel."""

import math
from datetime import timedelta
from typing import Any, TypeAlias

import attrs
from polycast import UsageError
from polycast.providers import check_characters, option


def _check_number(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if isinstance(value, str):
        check_characters(attribute.name, value)
    if value is None or (isinstance(value, str) and "{" in value):
        return
    lowest, highest = attribute.metadata["range"]
    try:
        number = float(value)  # type: ignore[arg-type]  # what it cannot take, it refuses
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not (math.isfinite(number) and lowest <= number <= highest):
        bounds = f"from {lowest:g} to {highest:g}" if highest < math.inf else f"of {lowest:g} up"
        raise UsageError(f"{attribute.name} is a number {bounds}, or such a number as text.")


# Each field says by which name Hyber knows it, and what it may hold.


def _words(field: str, limit: int | None = None) -> Any:
    return option(str, field=field, limit=limit)


def _number(field: str, lowest: float = 0, highest: float = math.inf) -> Any:
    metadata = {"field": field, "range": (lowest, highest)}
    return attrs.field(default=None, validator=_check_number, metadata=metadata)


def _flag(field: str) -> Any:
    return option(bool, field=field)


@attrs.frozen(kw_only=True)
class Viber:
    """How a message looks on Viber.

    Text alone is a *template* message; with an image, a caption or an action it is a
    *non-template* one; a file name and an action without text are a file. What is left out is
    left to the message's own `text`, `sender`, `ttl` and `media`.

    Args:
        text: in place of the message's, at most 1000 characters. `*bold*`, `_italics_`,
            `~strikethrough~` and three back-ticks around monospace are Viber's markup.
        ttl: 40 seconds to a day; less than a minute is advised against. A minute by default
            where another channel follows, else a day.
        device: `"all"` or `"phone"`; the account's own setting by default. It has no meaning for
            template messages.
        sender: a name that Hyber has linked to a Viber sender; the account's own by default.
        image: the address of a picture, at most 256 characters.
        caption: the words on the button, at most 30 characters.
        action: where the button or the file leads, at most 256 characters: a web address,
            `viber://...` or `tel:...`.
        file_name: the name of the file at `action`, with its extension, at most 25 characters.
            Text documents, PDF and spreadsheets get through; the file has at most 200 MB. The
            message's `text` is then not for Viber.
        thumbnail: the address of a video's still image.
        file_size: a video's size in megabytes.
        duration: a video's length in seconds.
        count_clicks: whether clicks are counted. It rewrites links in text and action to 28
            characters. Hyber counts none by default.
        ios_expiry_text: what an iPhone shows when time has run out. Only old accounts know it.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty caption.

    Sources: Hyber JSON V2, "Channel options"; the samples of "Mass messages sending" for the
    three kinds; the samples of later revisions for videos.
    """

    text: str | None = _words("text", 1000)
    ttl: timedelta | None = option(timedelta, field="ttl", range=(40, 86_400))
    device: str | None = _words("device")
    sender: str | None = _words("alpha_name")
    image: str | None = _words("img", 256)
    caption: str | None = _words("caption", 30)
    action: str | None = _words("action", 256)
    file_name: str | None = _words("file_name", 25)
    thumbnail: str | None = _words("thumbnail")
    file_size: float | str | None = _number("file_size")
    duration: float | str | None = _number("duration")
    count_clicks: bool | None = _flag("ctr")
    ios_expiry_text: str | None = _words("ios_expirity_text")


@attrs.frozen(kw_only=True)
class Sms:
    """How a message looks as SMS.

    Args:
        text: in place of the message's. Five segments: at most 335 characters where any is
            outside the GSM 7-bit alphabet, else 765.
        ttl: five minutes to three days. Five minutes by default where another channel follows,
            else a day.
        sender: at most 11 characters of the GSM 7-bit default alphabet. SMS needs one: here, as
            the message's `sender`, or as the setting `sms_sender`.
        count_clicks: whether clicks are counted. It rewrites links to 28 characters. Hyber
            counts none by default.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty text.

    Sources: Hyber JSON V2, "Channel options" and "SMS text length".
    """

    text: str | None = _words("text", 765)
    ttl: timedelta | None = option(timedelta, field="ttl", range=(300, 259_200))
    sender: str | None = _words("alpha_name", 11)
    count_clicks: bool | None = _flag("ctr")


@attrs.frozen(kw_only=True)
class WhatsApp:
    """How a message looks on WhatsApp.

    Text alone is a *template* message; anything else is a *session* message, which is allowed
    within 24 hours of the recipient's last one.

    Args:
        text: in place of the message's, at most 1000 characters.
        ttl: seven days, the only value there is.
        image: the address of a picture, at most 256 characters.
        image_name: the words under it, at most 1000 characters.
        document: the address of a document, at most 256 characters.
        document_name: the words under it, at most 1000 characters.
        audio: the address of a sound, at most 256 characters.
        video: the address of a video, at most 256 characters.
        video_name: the words under it, at most 1000 characters.
        latitude: degrees from -90 to 90. It travels as it is given: Hyber's samples write text.
        longitude: degrees from -180 to 180.
        count_clicks: whether clicks are counted. It rewrites links in the text to 28 characters.
            Hyber counts none by default.

    Raises:
        UsageError: a field cannot mean anything, e.g. a latitude of 100.

    Sources: Hyber JSON V2, "Channel options"; the samples of "Mass messages sending".
    """

    text: str | None = _words("text", 1000)
    ttl: timedelta | None = option(timedelta, field="ttl", range=(604_800, 604_800))
    image: str | None = _words("img", 256)
    image_name: str | None = _words("img_name", 1000)
    document: str | None = _words("doc", 256)
    document_name: str | None = _words("doc_name", 1000)
    audio: str | None = _words("audio", 256)
    video: str | None = _words("video", 256)
    video_name: str | None = _words("video_name", 1000)
    latitude: float | str | None = _number("latitude", -90, 90)
    longitude: float | str | None = _number("longitude", -180, 180)
    count_clicks: bool | None = _flag("ctr")


@attrs.frozen(kw_only=True)
class Push:
    """How a message looks as a push notification.

    Args:
        title: at most 20 characters; push needs one.
        text: in place of the message's, at most 1000 characters.
        ttl: 30 seconds to a day. A minute by default where another channel follows, else a day.
        image: the address of a picture, at most 256 characters.
        caption: the words on the button, at most 30 characters.
        action: where the button leads, at most 256 characters.
        count_clicks: whether clicks are counted. It rewrites links in text and action to 28
            characters. Hyber counts none by default.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty title.

    Source: Hyber JSON V2, "Channel options".
    """

    title: str | None = _words("title", 20)
    text: str | None = _words("text", 1000)
    ttl: timedelta | None = option(timedelta, field="ttl", range=(30, 86_400))
    image: str | None = _words("img", 256)
    caption: str | None = _words("caption", 30)
    action: str | None = _words("action", 256)
    count_clicks: bool | None = _flag("ctr")


Channel: TypeAlias = Viber | Sms | WhatsApp | Push

#: What can be told of each channel, in the order in which Polycast names them.
CHANNELS: dict[str, type[Channel]] = {
    "viber": Viber,
    "sms": Sms,
    "whatsapp": WhatsApp,
    "push": Push,
}


def _check_channel(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    kind = CHANNELS[attribute.name]
    if value is not None and not isinstance(value, kind):
        raise UsageError(
            f"{attribute.name} is a polycast_hyber.{kind.__name__}, not {type(value).__name__}."
        )


@attrs.frozen(kw_only=True)
class Options:
    """Hyber's own words for a message or a broadcast.

    A channel's options win over what the message says for all channels. Every string of a
    channel may hold `{name}` placeholders of a broadcast, as its `text` may; `{{` and `}}` are
    literal braces.

    Args:
        viber: how it looks on Viber.
        sms: how it looks as SMS.
        whatsapp: how it looks on WhatsApp.
        push: how it looks as a push notification.
        tag: the campaign's name, at most 64 characters; the broadcast's `name` by default.
        division_code: the group that statistics are kept apart for, at most 100 characters.
            Hyber has to know it.
        reference: your own name for a message to one recipient, at most 64 characters; of a
            broadcast, each `Recipient` has its own.
        sync: of a broadcast: wait until Hyber has judged every recipient. Each receipt then has
            an id; the broadcast has none, so that it cannot be asked about as a whole.
        promotional: whether it is an advertisement. Only old accounts know it.

    Raises:
        UsageError: a field cannot mean anything, e.g. an empty tag.

    Sources: Hyber JSON V2, "Common parameters"; "Mass messages sending" for `sync`.
    """

    viber: Viber | None = attrs.field(default=None, validator=_check_channel)
    sms: Sms | None = attrs.field(default=None, validator=_check_channel)
    whatsapp: WhatsApp | None = attrs.field(default=None, validator=_check_channel)
    push: Push | None = attrs.field(default=None, validator=_check_channel)
    tag: str | None = _words("tag", 64)
    division_code: str | None = _words("division_code", 100)
    reference: str | None = _words("extra_id", 64)
    sync: bool = option(bool, default=False)
    promotional: bool | None = _flag("is_promotional")
