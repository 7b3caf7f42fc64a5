"""The ids that we choose for requests and their messages, and what they tell when they come back.

A request's id is made of what is said and to whom, and of nothing else, so that another process
asks by the same id after a crash. What is sent once more, word for word to the same people, has the
same ids: Infobip refuses it as a duplicate, until a `name` or a reference tells the two apart.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import attrs
from polycast import Broadcast, Recipient, UsageError

from polycast_infobip.options import Options

#: "Send SMS message", `destinations.messageId`, in characters.
_LONGEST = 200
_OWN = re.compile(r"(polycast-(sms|viber|whatsapp)-[0-9a-f]{24})(?:-[0-9]+(?:-(.+))?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_ids(
    broadcast: Broadcast, channel: str, texts: Sequence[str | None], options: Options
) -> tuple[str, tuple[str, ...]]:
    """Return the id of a request, and those of its recipients' messages in their order.

    Args:
        broadcast: what is to be sent.
        channel: the first that it is sent by.
        texts: what each recipient reads.
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
    bulk = f"polycast-{channel}-{_fingerprint(broadcast, recipients, references, texts, options)}"
    ids = []
    for place, reference in enumerate(references):
        # A list of ids has commas between them.
        told = "" if reference is None else f"-{quote(reference, safe='')}"
        ids.append(f"{bulk}-{place}{told}")
        if len(ids[-1]) > _LONGEST:
            raise UsageError(
                f"The reference {reference!r} is too long: with it, an id at Infobip has "
                f"{len(ids[-1])} characters, and it takes {_LONGEST}."
            )
    return bulk, tuple(ids)


def channel_of(id: str) -> str:
    """Return the first channel of a message or a request; that of a foreign id is SMS."""
    own = _OWN.fullmatch(id)
    return own[2] if own else "sms"


def bulk_of(message_id: str) -> str | None:
    """Return the id of the request that a message was sent by, where it is one of ours."""
    own = _OWN.fullmatch(message_id)
    return own[1] if own else None


def reference_of(message_id: str) -> str | None:
    """Return the recipient's own reference; None where there is none."""
    own = _OWN.fullmatch(message_id)
    return unquote(own[3]) if own and own[3] else None


# What is hashed here, and how it is written, may never change: after a crash a later version
# would ask by other ids, and find nothing of what an earlier one sent.


def _fingerprint(
    broadcast: Broadcast,
    recipients: Sequence[Recipient],
    references: Sequence[str | None],
    texts: Sequence[str | None],
    options: Options,
) -> str:
    said = {
        "name": broadcast.name,
        "sender": broadcast.sender,
        "channels": broadcast.channels,
        "send_at": None if broadcast.send_at is None else str(broadcast.send_at - _EPOCH),
        "ttl": None if broadcast.ttl is None else str(broadcast.ttl),
        "callback_url": broadcast.callback_url,
        "options": attrs.asdict(options, filter=lambda _, value: value is not None),
    }
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    columns = [[each.to for each in recipients], list(references), list(texts)]
    digest.update(json.dumps(columns).encode())
    return digest.hexdigest()
