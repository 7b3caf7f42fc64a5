"""The ids that we choose for requests and their messages, and what they tell when they come back.

A request's id is made of what is said and to whom, and of nothing else, so that another process
asks by the same id after a crash. What is sent once more, word for word to the same people, has the
same ids: Infobip refuses it as a duplicate, until a `name` or a reference tells the two apart.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

from polycast import Broadcast, UsageError
from polycast.providers import fingerprint

from polycast_infobip.options import Options

#: "Send SMS message", `destinations.messageId`, in characters.
_LONGEST = 200
_OWN = re.compile(r"(polycast-(sms|viber|whatsapp)-[0-9a-f]{24})(?:-[0-9]+(?:-(.+))?)?")


def make_ids(
    broadcast: Broadcast, channel: str, said: Sequence[str], options: Options
) -> tuple[str, tuple[str, ...]]:
    """Return the id of a request, and those of its recipients' messages in their order.

    Args:
        broadcast: what is to be sent.
        channel: the first that it is sent by.
        said: what each recipient reads.
        options: its options.

    Raises:
        UsageError: a reference is too long, or there are two for one message.
    """
    recipients = tuple(broadcast.recipients)
    references = [each.reference for each in recipients]
    if options.reference is not None:
        if references != [None]:
            raise UsageError(
                "Options.reference names a message to one recipient: in a broadcast give each "
                "Recipient a reference."
            )
        references = [options.reference]
    columns: list[Sequence[str | None]] = [[each.to for each in recipients], references, said]
    bulk = f"polycast-{channel}-{fingerprint(broadcast, options, columns)}"
    ids = []
    for place, reference in enumerate(references):
        # A list of ids has commas between them.
        told = "" if reference is None else f"-{quote(reference, safe='')}"
        ids.append(f"{bulk}-{place}{told}")
        if len(ids[-1]) > _LONGEST:
            raise UsageError(
                f"The reference {reference!r} is too long: an id with it has {len(ids[-1])} "
                f"characters, and Infobip takes {_LONGEST}."
            )
    return bulk, tuple(ids)


def channel_of(id: str) -> str:
    """Return the first channel of a message or a request; that of a foreign id is SMS."""
    own = _OWN.fullmatch(id)
    return own[2] if own else "sms"


def bulk_of(id: str) -> str:
    """Return the id of the request that a message was sent by; a foreign id as it is."""
    own = _OWN.fullmatch(id)
    return own[1] if own else id


def reference_of(id: str) -> str | None:
    """Return the recipient's own reference; None where there is none."""
    own = _OWN.fullmatch(id)
    return unquote(own[3]) if own and own[3] else None
