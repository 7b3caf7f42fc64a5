"""What a message says on each of its channels, in Hyber's fields."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from mimetypes import MimeTypes
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import attrs
from polycast import Broadcast, Encoding, Template, Unsupported, UsageError, count_segments

from polycast_hyber._client import models as m
from polycast_hyber.options import CHANNELS, Channel, Options

_Value: TypeAlias = Template | int | float | bool

_WRITTEN: Mapping[str, type] = {
    "push": m.PushOptions,
    "viber": m.ViberOptions,
    "sms": m.SmsOptions,
    "whatsapp": m.WhatsAppOptions,
}

# Every channel needs a time to live ("Channel options"), and none has a default. What another
# channel follows gives way after the time that the page's samples give it; the last one tries
# for a day. WhatsApp takes one value.
_GIVES_WAY = {"viber": 60, "sms": 300, "whatsapp": 604_800, "push": 60}
_TRIES_ON = {"viber": 86_400, "sms": 86_400, "whatsapp": 604_800, "push": 86_400}

#: What somebody can read, see or open by itself. The rest belongs to one of these: words under a
#: picture or on a button, and how a message travels.
_SAYS = {
    "viber": {"text", "img", "action"},
    "sms": {"text"},
    "whatsapp": {"text", "img", "doc", "audio", "video", "latitude"},
    "push": {"text"},
}

#: What an SMS holds where any character is outside the GSM alphabet ("Channel options", sms).
_LONGEST_UCS_2 = 335

#: GSM 03.38, the default alphabet without its extension.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


@attrs.frozen
class Draft:
    """What is said on each channel, with our templates still in it.

    Args:
        channels: in the order in which they are tried.
        fields: by channel, then by Hyber's name of the field.
    """

    channels: tuple[str, ...]
    fields: Mapping[str, Mapping[str, _Value]]

    @property
    def templates(self) -> tuple[Template, ...]:
        """Every text in it."""
        return tuple(
            value
            for fields in self.fields.values()
            for value in fields.values()
            if isinstance(value, Template)
        )

    def encode(self, write: Callable[[Template], str]) -> m.ChannelOptions:
        """Return it as Hyber takes it.

        Args:
            write: writes one text.

        Raises:
            UsageError: a text is longer than its field may be. One with placeholders is not
                measured: its length differs by recipient, and Hyber refuses the ones it must.
        """
        written: dict[str, Any] = {}
        for channel in self.channels:
            values: dict[str, Any] = {}
            limits = _limits(CHANNELS[channel])
            for field, value in self.fields[channel].items():
                if isinstance(value, Template):
                    if not value.names:
                        _check_literal(channel, field, value.render({}), limits[field])
                    values[field] = write(value)
                else:
                    values[field] = value
            written[channel] = _WRITTEN[channel](**values)
        return m.ChannelOptions(**written)


def draft(
    asked: Broadcast,
    options: Options,
    *,
    text: Template | None = None,
    texts_elsewhere: bool = False,
    sms_sender: str | None = None,
) -> Draft:
    """Settle what is said on each channel: a channel's options first, else what holds for all.

    Args:
        asked: what is to be sent.
        options: its options.
        text: the text for every channel that has none of its own.
        texts_elsewhere: whether each recipient has a text, for all channels.
        sms_sender: who SMS come from where neither says it.

    Raises:
        UsageError: a channel lacks what it needs, or something was said that no channel uses.
        Unsupported: something cannot be said on any channel.
    """
    channels = _channels(asked, options)
    shared = _Shared(asked, text)
    fields: dict[str, dict[str, _Value]] = {}
    for place, channel in enumerate(channels):
        last = place == len(channels) - 1
        values = _own(channel, getattr(options, channel))
        if texts_elsewhere and values.keys() & {"text", "file_name"}:
            raise Unsupported(
                f"{channel} has a text of its own, or a file without one, and recipients have "
                "theirs: where texts differ by recipient, hyber uses them on every channel."
            )
        shared.fill(channel, values)
        if channel == "sms" and "alpha_name" not in values and sms_sender is not None:
            values["alpha_name"] = Template((sms_sender,))
        values.setdefault("ttl", (_TRIES_ON if last else _GIVES_WAY)[channel])
        _check_complete(channel, values, texts_elsewhere)
        fields[channel] = values
    shared.check_used(channels)
    return Draft(channels, fields)


def _channels(asked: Broadcast, options: Options) -> tuple[str, ...]:
    told = tuple(name for name in CHANNELS if getattr(options, name) is not None)
    channels = asked.channels
    if not channels:
        if len(told) > 1:
            raise UsageError(
                f"There are options for {' and '.join(told)}: say in channels which is tried first."
            )
        return told or ("sms",)
    if len(set(channels)) < len(channels):
        raise UsageError(f"channels names one twice: {', '.join(channels)}.")
    for name in told:
        if name not in channels:
            raise UsageError(
                f"There are options for {name}, and channels does not name it: "
                f"{', '.join(channels)}."
            )
    return channels


def _own(channel: str, options: Channel | None) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    if options is None:
        return values
    for attribute in attrs.fields(type(options)):
        value = getattr(options, attribute.name)
        if isinstance(value, str):
            values[attribute.metadata["field"]] = _parsed(channel, attribute.name, value)
        elif isinstance(value, timedelta):
            values["ttl"] = _seconds(channel, value)
        elif value is not None:
            values[attribute.metadata["field"]] = value
    return values


def _parsed(channel: str, name: str, text: str) -> Template:
    try:
        return Template.parse(text)
    except UsageError as error:
        raise UsageError(f"{channel}, {name}: {error}") from None


def _seconds(channel: str, ttl: timedelta) -> int:
    seconds, rest = divmod(ttl, timedelta(seconds=1))
    if rest:
        raise UsageError(f"hyber counts ttl in whole seconds, and {ttl} is none.")
    shortest, longest = attrs.fields_dict(CHANNELS[channel])["ttl"].metadata["range"]
    if not shortest <= seconds <= longest:
        bounds = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        raise UsageError(f"{channel} takes a ttl of {bounds} seconds at hyber, not {seconds}.")
    return seconds


class _Shared:
    """What is said for all channels, and whether any of them used it."""

    def __init__(self, asked: Broadcast, text: Template | None) -> None:
        self.text = text
        self.sender = asked.sender
        self.ttl = asked.ttl
        self.media = by_kind(asked.media)
        self._waiting = {
            name for name in ("text", "sender", "ttl") if getattr(self, name) is not None
        } | {f"media ({kind})" for kind in self.media}

    def fill(self, channel: str, values: dict[str, _Value]) -> None:
        """Add what the channel has a place for and does not say itself."""
        # A file travels without text ("Mass messages sending", the sample of "File Only").
        if self.text is not None and not {"text", "file_name"} & values.keys():
            values["text"] = self.text
            self._waiting.discard("text")
        takes_sender = "sender" in attrs.fields_dict(CHANNELS[channel])
        if self.sender is not None and takes_sender and "alpha_name" not in values:
            values["alpha_name"] = Template((self.sender,))
            self._waiting.discard("sender")
        if self.ttl is not None and "ttl" not in values:
            values["ttl"] = _seconds(channel, self.ttl)
            self._waiting.discard("ttl")
        for kind, address in self.media.items():
            self._add(channel, values, kind, address)

    def _add(self, channel: str, values: dict[str, _Value], kind: str, address: str) -> None:
        field = FIELDS[channel].get(kind)
        if field is not None:
            if field not in values:
                values[field] = Template((address,))
                self._waiting.discard(f"media ({kind})")
        elif channel != "sms":
            raise Unsupported(
                f"hyber sends no {kind} by {channel} that media could name: see "
                f"polycast_hyber.{CHANNELS[channel].__name__} for what {channel} can carry."
            )

    def check_used(self, channels: Iterable[str]) -> None:
        if self._waiting:
            raise Unsupported(
                f"{', '.join(sorted(self._waiting))}: {', '.join(channels)} can either not carry "
                "it at hyber, or its options say something else. Nothing would use it."
            )


def _check_complete(channel: str, values: Mapping[str, _Value], texts_elsewhere: bool) -> None:
    if channel == "sms" and "alpha_name" not in values:
        raise UsageError(
            "SMS needs a sender at hyber: give sender, or set sms_sender for all messages."
        )
    if channel == "push" and "title" not in values:
        raise UsageError("push needs a title at hyber: Options(push=Push(title=...)).")
    if "file_name" in values and "action" not in values:
        raise UsageError("A file on viber needs action, the address where it is.")
    if not texts_elsewhere and _SAYS[channel].isdisjoint(values):
        raise UsageError(f"There is nothing to say by {channel}: give a text.")


def _limits(kind: type[Channel]) -> dict[str, int | None]:
    return {
        attribute.metadata["field"]: attribute.metadata.get("limit")
        for attribute in attrs.fields(kind)
    }


def room_of(channel: str, text: str, limit: int) -> tuple[int, int]:
    """Return how much room a text takes in a channel, and how much there is, in characters.

    Of an SMS it is what five parts hold ("Channel options", sms): 765 characters of the GSM
    alphabet, where a few count twice, or 335 where any is outside it.
    """
    if channel != "sms":
        return len(text), limit
    counted = count_segments(text)
    return counted.units, limit if counted.encoding is Encoding.GSM_7 else _LONGEST_UCS_2


def _check_literal(channel: str, field: str, text: str, limit: int | None) -> None:
    if limit is not None:
        size, limit = room_of(channel, text, limit) if field == "text" else (len(text), limit)
        if size > limit:
            raise UsageError(
                f"{field} of {channel} has {size} characters; hyber takes {limit} there."
            )
    if (channel, field) == ("sms", "alpha_name") and not _GSM.issuperset(text):
        raise UsageError(
            f"{text!r} cannot be the sender of an SMS: it is made of letters of the GSM 7-bit "
            "default alphabet (Latin letters, digits, some signs)."
        )


# Media: which field an address belongs into.

#: Where each kind of media goes ("Channel options"). SMS carries none.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "viber": {"image": "img"},
    "sms": {},
    "whatsapp": {"image": "img", "audio": "audio", "video": "video", "document": "doc"},
    "push": {"image": "img"},
}

_KINDS = ("image", "audio", "video")


def by_kind(media: Iterable[str | Path]) -> dict[str, str]:
    """Return addresses by what they lead to: an image, a sound, a video or a document.

    Raises:
        Unsupported: a local file, an address that does not tell by its ending what it leads
            to, or two of a kind.
    """
    found: dict[str, str] = {}
    for item in media:
        kind = _kind(item)
        if kind in found:
            raise Unsupported(f"hyber sends one {kind} with a message, and media has two.")
        found[kind] = str(item)
    return found


def _kind(item: str | Path) -> str:
    if isinstance(item, Path):
        raise Unsupported(
            f"hyber takes no files, only addresses: put {item.name!r} on the web first."
        )
    parts = urlsplit(item)
    if parts.scheme.lower() not in ("http", "https"):
        raise Unsupported(f"hyber fetches media from the web alone, not from {item!r}.")
    # An instance of its own knows the standard's types, whatever is registered on this computer.
    media_type, _ = MimeTypes().guess_type(parts.path)
    if media_type is None:
        raise Unsupported(
            f"{item!r} does not tell by its ending whether it is an image, a sound, a video or a "
            "document: name it in polycast_hyber.Options."
        )
    kind = media_type.partition("/")[0]
    return kind if kind in _KINDS else "document"
