"""What a broadcast says, as JSON for the ledger and back."""

import json
from datetime import datetime
from typing import Any

import attrs

from polycast.model.features import Features
from polycast.model.messages import Broadcast

__all__ = ["from_json", "send_at_of", "to_json"]


def to_json(broadcast: Broadcast) -> str:
    """Write down everything of a broadcast but its recipients.

    Raises:
        UsageError: its options hold what cannot be written down.
    """
    return json.dumps(attrs.evolve(broadcast, recipients=()).to_dict())


def from_json(written: str, features: Features) -> dict[str, Any]:
    """Return the fields of a broadcast that `to_json` wrote down."""
    broadcast = Broadcast.from_dict(json.loads(written), options=features.options)
    names = [field.name for field in attrs.fields(Broadcast) if field.name != "recipients"]
    return {name: getattr(broadcast, name) for name in names}


def send_at_of(written: str) -> datetime | None:
    """Return the moment that a broadcast is to be sent at, of what `to_json` wrote down."""
    at = json.loads(written)["send_at"]
    return None if at is None else datetime.fromisoformat(at)
