"""Ids of our own, for providers that keep them: made of what is said, so that they can be asked by.

What is hashed here, and how it is written, may never change: after a crash a later version would
ask by other ids, and find nothing of what an earlier one sent.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from polycast.errors import UsageError
from polycast.model.messages import Broadcast

__all__ = ["fingerprint", "references_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def fingerprint(broadcast: Broadcast, options: Any, columns: Sequence[Sequence[str | None]]) -> str:
    """Return 24 hexadecimal digits that are the same for the same broadcast, in any process.

    Args:
        broadcast: what is to be sent.
        options: its options, an instance of a class of attrs.
        columns: what else tells it apart, a column for each fact, with a value per recipient: the
            addresses, the texts, the references.
    """
    said = {
        "name": broadcast.name,
        "text": broadcast.text,
        "sender": broadcast.sender,
        "channels": broadcast.channels,
        "send_at": None if broadcast.send_at is None else str(broadcast.send_at - _EPOCH),
        "ttl": None if broadcast.ttl is None else str(broadcast.ttl),
        "media": [str(item) for item in broadcast.media],
        "callback_url": broadcast.callback_url,
        "options": attrs.asdict(options, filter=lambda _, value: value is not None),
    }
    if broadcast.template is not None:
        said["template"] = attrs.asdict(broadcast.template)
    digest = hashlib.blake2b(digest_size=12)
    digest.update(json.dumps(said, sort_keys=True, default=str).encode())
    # By column: measured, a third of the time that a list per recipient takes.
    digest.update(json.dumps(columns).encode())
    return digest.hexdigest()


def references_of(broadcast: Broadcast, reference: str | None) -> list[str | None]:
    """Return the references of a broadcast's recipients, in their order.

    Args:
        broadcast: what is to be sent.
        reference: the reference of `Options`, which a message to one recipient can have.

    Raises:
        UsageError: `Options` have a reference, and there are several recipients, or theirs has one.
    """
    references = [recipient.reference for recipient in broadcast.recipients]
    if reference is None:
        return references
    if references != [None]:
        raise UsageError(
            "Options.reference names a message to one recipient: in a broadcast give each "
            "Recipient a reference."
        )
    return [reference]
