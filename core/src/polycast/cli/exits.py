"""Exit codes of the command."""

import enum
from collections.abc import Iterable, Mapping

from polycast.errors import (
    BrokenProvider,
    InFlight,
    OutcomeUnknown,
    PolycastError,
    UsageError,
    WaitTimeout,
)
from polycast.model.messages import State, Status

__all__ = ["NOT_SENT", "ExitCode", "for_campaign", "for_error", "for_outcome", "for_states"]


class ExitCode(enum.IntEnum):
    """What the exit code of the process means."""

    DONE = 0
    REFUSED = 1
    WRONG_USAGE = 2
    #: Partly failed, or in doubt.
    IN_DOUBT = 3
    INTERRUPTED = 130
    #: The reader of the output closed it (128 + SIGPIPE, as a shell reports it).
    PIPE_CLOSED = 141


#: States in which the message did not reach its recipient, and will not.
NOT_SENT = frozenset({State.FAILED, State.EXPIRED, State.REJECTED, State.CANCELLED})
#: States of batches in a ledger.
_LEFT = frozenset({"planned"})
_NOBODY_KNOWS = frozenset({State.UNKNOWN, "submitting", "in doubt"})


def for_error(error: PolycastError, *, at_stake: bool = False) -> ExitCode:
    """Return the exit code for an error.

    Args:
        error: what was raised.
        at_stake: whether the call that raised it sends or changes something.
    """
    if isinstance(error, UsageError | BrokenProvider):
        return ExitCode.WRONG_USAGE
    if isinstance(error, OutcomeUnknown | InFlight | WaitTimeout):
        return ExitCode.IN_DOUBT
    if at_stake and error.carried_out is None and not error.safe_to_retry:
        return ExitCode.IN_DOUBT
    return ExitCode.REFUSED


def for_states(states: Iterable[State]) -> ExitCode:
    """Return the exit code for a set of states."""
    given = set(states)
    if given <= NOT_SENT:
        return ExitCode.REFUSED
    if given & NOT_SENT or State.UNKNOWN in given:
        return ExitCode.IN_DOUBT
    return ExitCode.DONE


def for_campaign(states: Mapping[str, int]) -> ExitCode:
    """Return the exit code for how many recipients of a campaign are in each state.

    Args:
        states: a `State` of those the provider has, else the state of their batch in the ledger.
    """
    given = {state for state, count in states.items() if count}
    unsent = NOT_SENT | _LEFT
    if given and given <= unsent:
        return ExitCode.REFUSED
    if given & (unsent | _NOBODY_KNOWS):
        return ExitCode.IN_DOUBT
    return ExitCode.DONE


def for_outcome(status: Status) -> ExitCode:
    """Return the exit code for a final status: that of its recipients, where they are counted."""
    return for_states([status.state, *(state for state, count in status.counts.items() if count)])
