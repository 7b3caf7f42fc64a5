"""What the platform accepts in a request, and what the message then looks like.

A request as a whole is refused for what is wrong with it as a whole; what is wrong with one
message only, once its variables are filled in, refuses that message. (Hyber page, "Channel
options": the limits; the words of the refusals are ours, and so is their code, since of the
platform's own only "Phone number incorrect" is published.)
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen
from polycast import count_segments
from polycast.sandbox import SimulatedOutcome

from polycast_hyber.sandbox.state import PHONE_NUMBER_INCORRECT, Leg, refusal

__all__ = ["INVALID", "Order", "check_phone", "legs_of", "order_of"]

#: The code of every refusal whose own is not published.
INVALID: Final = 36000

#: Characters that a text may have, once its variables are filled in.
_LONGEST: Final[Mapping[str, Mapping[str, int]]] = {
    "push": {"text": 1000, "title": 20, "img": 256, "caption": 30, "action": 256},
    "viber": {"text": 1000, "img": 256, "caption": 30, "action": 256, "file_name": 25},
    "sms": {"alpha_name": 11},
    "whatsapp": {
        "text": 1000,
        **dict.fromkeys(("img", "doc", "audio", "video"), 256),
        **dict.fromkeys(("img_name", "doc_name", "video_name"), 1000),
    },
}
#: Of each group a message needs one; a batch gives every message a text.
_NEEDED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "push": (("text",), ("title",)),
    "viber": (("text", "img", "file_name", "action"),),
    "sms": (("text",), ("alpha_name",)),
    "whatsapp": (("text", "img", "doc", "audio", "video", "latitude"),),
}
_MOST_PARTS = 5
_FILES = re.compile(
    r".+\.(docx?|rtf|dotx?|odt|odf|fodt|txt|info|pdf|xps|pdax|eps|xlsx?|ods|fods|csv|xlsm|xltx)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"%([A-Za-z_][A-Za-z0-9_]*)%", re.ASCII)
_PHONE = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d([+-]\d\d:\d\d)?", re.ASCII)
_KYIV = ZoneInfo("Europe/Kyiv")
_ACTION = re.compile(r"(https?|viber)://|tel:")
#: What makes a Viber message something else than a text that may match a template.
_NOT_TEMPLATE = ("img", "caption", "action", "file_name", "thumbnail")


@frozen
class Order:
    """What every kind of request says about the way messages take."""

    channels: tuple[str, ...]
    options: Mapping[str, Mapping[str, Any]]
    starts_at: datetime
    callback_url: str | None


def order_of(body: Mapping[str, Any], now: datetime) -> Order:
    """Read what a request says of all its messages. It fits the spec.

    Raises:
        Refused: a channel is unknown or lacks its options, or the start is no moment.
    """
    channels = tuple(body["channels"])
    for channel in channels:
        if channel not in _LONGEST:
            raise refusal(INVALID, f"Channel {channel} is unknown")
        if channel not in body["channel_options"]:
            raise refusal(INVALID, f"Channel {channel} has no channel_options")
    return Order(
        channels=channels,
        options=body["channel_options"],
        starts_at=_moment(body["start_time"], now) if "start_time" in body else now,
        callback_url=body.get("callback_url"),
    )


def _moment(text: str, now: datetime) -> datetime:
    """Read a moment, in Kyiv where it has no offset; one that has passed is now."""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refusal(INVALID, "start_time is not YYYY-MM-DD hh:mm:ss±hh:mm") from None
    return max(moment if moment.tzinfo is not None else moment.replace(tzinfo=_KYIV), now)


def check_phone(phone: str) -> None:
    """Judge a phone number.

    Raises:
        Refused: it is not in international format without the plus sign, or refused by its ending.
    """
    if not _PHONE.fullmatch(phone) or SimulatedOutcome.of(phone) is SimulatedOutcome.REFUSED:
        raise refusal(PHONE_NUMBER_INCORRECT, "Phone number incorrect")


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    """Fill variables into a text; one that the recipient lacks stays as it is written."""
    if not isinstance(value, str) or "%" not in value:
        return value
    return _PLACEHOLDER.sub(lambda found: variables.get(found[1], found[0]), value)


def legs_of(
    order: Order,
    *,
    text: str | None,
    variables: Mapping[str, str],
    template_of: Callable[[str], int],
) -> tuple[Leg, ...]:
    """Work out what a message looks like on each of its channels.

    Args:
        order: what the request says of all its messages.
        text: the message's own text, in a batch.
        variables: the recipient's variables, in a broadcast.
        template_of: finds the Viber template that a text matches, or 0.

    Raises:
        Refused: on one of them it would not do.
    """
    return tuple(_leg(order, channel, text, variables, template_of) for channel in order.channels)


def _leg(
    order: Order,
    channel: str,
    text: str | None,
    variables: Mapping[str, str],
    template_of: Callable[[str], int],
) -> Leg:
    options = {name: _filled(value, variables) for name, value in order.options[channel].items()}
    if text is not None:
        options["text"] = text
    _judge(channel, options)
    said = options.get("text")
    is_template = channel == "viber" and said and not options.keys() & set(_NOT_TEMPLATE)
    return Leg(
        channel=channel,
        ttl=timedelta(seconds=options["ttl"]),
        text=said,
        sender=options.get("alpha_name", ""),
        counts_clicks=options.get("ctr", False),
        parts=_parts(said or "") if channel == "sms" else 0,
        template=template_of(said) if is_template and said else None,
    )


def _parts(text: str) -> int:
    """Return how many parts an SMS takes (Hyber page, "Channel options", SMS segments)."""
    counted = count_segments(text)
    alone, joined = (160, 153) if counted.encoding == "GSM-7" else (70, 67)
    return 1 if counted.units <= alone else ceil(counted.units / joined)


def _judge(channel: str, options: Mapping[str, Any]) -> None:
    def refuse(detail: str) -> None:
        raise refusal(INVALID, f"{channel}: {detail}")

    for name, longest in _LONGEST[channel].items():
        if len(options.get(name, "")) > longest:
            refuse(f"{name} is longer than {longest} characters")
    for group in _NEEDED[channel]:
        if not any(options.get(name) not in (None, "") for name in group):
            refuse(f"{' or '.join(group)} is missing")
    match channel:
        case "sms":
            _judge_sms(options, refuse)
        case "viber":
            _judge_viber(options, refuse)
        case "whatsapp":
            _judge_place(options, refuse)


def _judge_sms(options: Mapping[str, Any], refuse: Callable[[str], None]) -> None:
    if _parts(options["text"]) > _MOST_PARTS:
        refuse(f"text takes more than {_MOST_PARTS} parts")
    sender = count_segments(options["alpha_name"])
    if sender.encoding != "GSM-7" or sender.units > len(options["alpha_name"]):
        refuse("alpha_name has characters outside the GSM 7-bit default alphabet")


def _judge_viber(options: Mapping[str, Any], refuse: Callable[[str], None]) -> None:
    if options.get("device", "all") not in ("all", "phone"):
        refuse("device is neither all nor phone")
    if "action" in options and not _ACTION.match(options["action"]):
        refuse("action leads nowhere")
    if "file_name" in options:
        if not _FILES.fullmatch(options["file_name"]):
            refuse("file_name has no extension that is let through")
        if "action" not in options:
            refuse("action is missing, where the file is")


def _judge_place(options: Mapping[str, Any], refuse: Callable[[str], None]) -> None:
    for name, furthest in (("latitude", 90), ("longitude", 180)):
        if name not in options:
            continue
        try:
            degrees = float(options[name])
        except ValueError:
            degrees = float("nan")
        if not -furthest <= degrees <= furthest:
            refuse(f"{name} is not a number from -{furthest} to {furthest}")
