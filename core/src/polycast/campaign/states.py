"""The states of a campaign and of its batches, and which may follow which."""

import enum
from collections.abc import Mapping

from polycast.sending.queue import BatchState

__all__ = ["SOURCES", "BatchState", "CampaignState"]


class CampaignState(enum.StrEnum):
    """What may happen to a campaign."""

    #: Its recipients are being written down; nothing has been sent.
    PLANNING = "planning"
    #: Its batches are submitted when it is run.
    OPEN = "open"
    #: Nothing is left to be sent, in flight or in doubt. It is told, and not stored: an open
    #: campaign of which this is true.
    DONE = "done"
    #: Nothing more is submitted until the operator resumes it.
    PAUSED = "paused"
    #: Nothing more is ever submitted.
    STOPPED = "stopped"


#: The states that each state may follow; the ledger refuses every other step.
SOURCES: Mapping[BatchState, frozenset[BatchState]] = {
    # Released: certainly not carried out, or the provider says it does not have it.
    BatchState.PLANNED: frozenset({BatchState.SUBMITTING, BatchState.IN_DOUBT}),
    BatchState.SUBMITTING: frozenset({BatchState.PLANNED}),
    # A reply is a fact, also if it comes after its process was taken for dead.
    BatchState.ACCEPTED: frozenset(
        {
            BatchState.SUBMITTING,
            BatchState.IN_DOUBT,
            BatchState.PLANNED,
            BatchState.REJECTED,
            BatchState.CANCELLED,
        }
    ),
    BatchState.REJECTED: frozenset({BatchState.SUBMITTING}),
    # From doubt to doubt: the provider was asked, and it is known better why.
    BatchState.IN_DOUBT: frozenset({BatchState.SUBMITTING, BatchState.IN_DOUBT}),
    BatchState.CANCELLED: frozenset({BatchState.PLANNED}),
}
