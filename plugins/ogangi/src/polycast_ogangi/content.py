"""What is sent, in Ogangi's words: a file of recipients, or a broadcast."""

from collections.abc import Sequence
from datetime import datetime

import attrs
from polycast import Broadcast, Recipient
from polycast.wire import File

from polycast_ogangi.options import Options
from polycast_ogangi.recipients import Entry

__all__ = ["NEW", "NewBroadcast", "Upload", "may_be_message"]

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
    options = broadcast.options
    if isinstance(options, Options) and options.delivery is not None:
        return False
    if broadcast.text is not None or broadcast.name is not None or broadcast.send_at is not None:
        return False
    recipients = tuple(broadcast.recipients)
    return len(recipients) == 1 and recipients[0].reference is None and not recipients[0].variables
