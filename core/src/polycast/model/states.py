"""The states of messages and broadcasts, and the actions on broadcasts."""

import enum
from collections.abc import Iterable

__all__ = ["Action", "State"]


class State(enum.StrEnum):
    """Where a message, or a broadcast as a whole, is in its life.

    SENT means handed on; DELIVERED means on the handset. A provider's word that nobody
    knows becomes UNKNOWN, and the word itself is kept beside it.
    """

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    EXPIRED = "expired"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether the state will not change, except that READ may follow DELIVERED."""
        return self in _FINAL

    @staticmethod
    def overall(states: Iterable["State"]) -> "State":
        """Return the state of a whole whose parts are in these states.

        While any part is under way the whole is; a whole of which nothing is known is UNKNOWN.
        """
        present = set(states)
        return next((state for state in _PRECEDENCE if state in present), State.UNKNOWN)


_FINAL = frozenset(
    {
        State.DELIVERED,
        State.READ,
        State.FAILED,
        State.EXPIRED,
        State.REJECTED,
        State.CANCELLED,
    }
)

#: The state of a whole is the first of these that any of its parts is in.
_PRECEDENCE = (
    State.SENDING,
    State.PAUSED,
    State.QUEUED,
    State.SCHEDULED,
    State.UNKNOWN,
    State.SENT,
    State.DELIVERED,
    State.READ,
    State.EXPIRED,
    State.FAILED,
    State.CANCELLED,
    State.REJECTED,
)


class Action(enum.StrEnum):
    """What `control` can do to a broadcast."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    DELETE = "delete"
