"""A message or broadcast as what Ogangi takes: a file of recipients, or a broadcast."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs
from polycast import Broadcast, Recipient, UsageError
from polycast.wire import File, on_local_clock

from polycast_ogangi.auth import check_segment
from polycast_ogangi.options import Delivery, options_of
from polycast_ogangi.recipients import Columns, Entry, to_entries, to_file
from polycast_ogangi.response import broadcast_number

if TYPE_CHECKING:
    from polycast_ogangi.provider import Settings

#: The broadcastId of a broadcast that is yet to be made ("Broadcasts").
NEW = -1


@attrs.frozen(kw_only=True)
class Upload:
    """Messages that travel as a file.

    Args:
        file: the rows.
        sender: the short or long code in every row.
        entries: one per recipient.
        recipients: as they were given.
    """

    file: File
    sender: str
    entries: Sequence[Entry]
    recipients: Sequence[Recipient]


@attrs.frozen(kw_only=True)
class NewBroadcast:
    """A broadcast to create or edit.

    Args:
        number: the one to edit, or `NEW`.
        sender: the short or long code.
        use_shortcode: False to have Ogangi ignore the sender.
        name: the campaign's name.
        date: when to start, on the workspace's clock, without a zone; None is now.
        entries: one per recipient.
    """

    number: int
    sender: str
    use_shortcode: bool
    name: str | None
    date: datetime | None
    entries: Sequence[Entry]


def may_be_message(broadcast: Broadcast) -> bool:
    """Whether a broadcast may be a single message that is looked up.

    A message goes by file and a broadcast as one, and `lookup` is given both as a broadcast.
    """
    options, recipients = broadcast.options, tuple(broadcast.recipients)
    told = (broadcast.text, broadcast.name, broadcast.send_at)
    if told != (None, None, None) or getattr(options, "delivery", None) is not None:
        return False
    return len(recipients) == 1 and recipients[0].reference is None and not recipients[0].variables


def to_request(
    broadcast: Broadcast, settings: "Settings", default: Delivery = "broadcast"
) -> Upload | NewBroadcast:
    """Return what to send.

    Args:
        broadcast: what is to be sent.
        settings: the account's.
        default: how it travels if its options do not say.

    Raises:
        UsageError: Ogangi could not be told it.
        Unsupported: this way of travelling has no place for it.
    """
    delivery, options = options_of(broadcast, default)
    sender = broadcast.sender or settings.shortcode
    if delivery == "file":
        entries = to_entries(broadcast)
        columns = Columns(
            sender=sender,
            carrier=settings.carrier if options.carrier is None else options.carrier,
            encoding=options.encoding or "UTF-8",
            timezone=options.timezone or settings.timezone or "UTC",
        )
        file = to_file(entries, columns, options.dialect or settings.dialect)
        recipients = tuple(broadcast.recipients)
        return Upload(file=file, sender=sender, entries=entries, recipients=recipients)
    for name in ("sender", "name"):
        value = getattr(broadcast, name)
        if value is not None:
            check_segment(name, value)
    if broadcast.name == "null":
        raise UsageError("Ogangi takes the name 'null' for no name: choose another.")
    number = NEW if options.broadcast_id is None else broadcast_number(options.broadcast_id)
    return NewBroadcast(
        number=number,
        sender=sender,
        use_shortcode=options.use_shortcode is not False,
        name=broadcast.name,
        date=broadcast.send_at and local_start(broadcast.send_at, settings.zone),
        entries=to_entries(broadcast, editing=number != NEW),
    )


def local_start(send_at: datetime, zone: ZoneInfo | None) -> datetime:
    """Return the moment to start at, as the workspace's clock shows it.

    It travels as day and minute, without a zone ("Broadcasts", `date`). Seconds are rounded up:
    nothing goes out before it was asked to.

    Args:
        send_at: aware.
        zone: the workspace's, from the settings.

    Raises:
        UsageError: the zone is not set, or its clock shows this minute twice that day.
    """
    if zone is None:
        raise UsageError(
            "Ogangi starts broadcasts by the workspace's clock, whose time zone it does not "
            "tell: set timezone, e.g. timezone='America/Caracas', to use send_at."
        )
    return on_local_clock(
        send_at, zone, step=timedelta(minutes=1), provider="Ogangi", pattern="%d-%m-%Y %H:%M"
    )
