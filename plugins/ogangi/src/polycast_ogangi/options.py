"""What can be asked of Ogangi beyond what every provider can be asked."""

from typing import Literal, get_args

import attrs
from polycast import Broadcast, Unsupported, UsageError
from polycast.providers import option

Delivery = Literal["file", "broadcast"]
Dialect = Literal["csv", "legacy-semicolon"]


@attrs.frozen(kw_only=True)
class Options:
    """Ogangi's own words. What is left None is left to the settings or to Ogangi.

    Args:
        delivery: `"file"` uploads a recipients file: each message has a state at once, and none
            later. `"broadcast"` makes a broadcast, which can be scheduled, asked about and
            controlled. By default one message travels by file unless it has `send_at`, and a
            broadcast as a broadcast.
        dialect: by file: how the file is written. `"csv"` for present servers,
            `"legacy-semicolon"` for those up to tag 5.3.52.
        carrier: by file: the name of the recipients' mobile operator.
        encoding: by file: the charset that the message is sent in; UTF-8 by default.
        timezone: by file: the recipients' time zone, an IANA name.
        use_shortcode: by broadcast: False makes Ogangi ignore the sender. It travels unchanged
            as `shortcodeIgnore`, which means the opposite of its name.
        broadcast_id: by broadcast: the receipt's id of an existing broadcast, e.g.
            `"broadcast:1542"`, to edit that one instead of making another.

    Sources: "Phone List Guidelines" for the file's columns, "Broadcasts" for the rest.

    Raises:
        UsageError: a word that is none of those offered.
    """

    delivery: Delivery | None = option(str, one_of=get_args(Delivery))
    dialect: Dialect | None = option(str, one_of=get_args(Dialect))
    carrier: str | None = None
    encoding: str | None = None
    timezone: str | None = None
    use_shortcode: bool | None = None
    broadcast_id: str | None = None


_ONLY_BY: dict[Delivery, tuple[str, ...]] = {
    "file": ("dialect", "carrier", "encoding", "timezone"),
    "broadcast": ("use_shortcode", "broadcast_id"),
}


def options_of(broadcast: Broadcast, default: Delivery) -> tuple[Delivery, Options]:
    """Return how a broadcast travels, and its options.

    Args:
        broadcast: what is to be sent.
        default: how it travels if it does not say.

    Raises:
        Unsupported: it asks for something that this way of travelling has no place for.
        UsageError: it names a sender and asks to ignore it.
    """
    options = broadcast.options if isinstance(broadcast.options, Options) else Options()
    delivery = options.delivery or default
    other: Delivery = "broadcast" if delivery == "file" else "file"
    misplaced = [name for name in _ONLY_BY[other] if getattr(options, name) is not None]
    if delivery == "file" and broadcast.send_at is not None:
        misplaced.append("send_at")
    if misplaced:
        raise Unsupported(
            f"ogangi has no place for {', '.join(misplaced)} when sending by {delivery}; "
            f"it takes {', '.join(_ONLY_BY[delivery])} there. Options(delivery={other!r}) is "
            "the other way to send."
        )
    if broadcast.sender is not None and options.use_shortcode is False:
        raise UsageError("A sender is named, and use_shortcode=False asks to ignore it.")
    return delivery, options
