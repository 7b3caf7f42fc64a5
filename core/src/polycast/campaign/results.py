"""What a campaign returns: its report, and the results of its recipients."""

from collections.abc import Mapping
from datetime import datetime

import attrs

from polycast.campaign.states import BatchState, CampaignState
from polycast.sending.queue import Progress

__all__ = ["CampaignReport", "Dropped", "Found", "Outcome", "Progress", "Result", "Step"]


@attrs.frozen
class CampaignReport:
    """A campaign, and what became of it so far.

    Args:
        id: its id, e.g. `"c-7f3k2q"`.
        provider: whose it is.
        profile: the name that its account was connected by.
        name: its label.
        state: what may happen to it.
        detail: why it is in that state, where there is something to say.
        created_at: when it was planned.
        progress: how far it has come.
        states: how many recipients are in each state: the provider's, in our words, for those it
            has; else that of their batch.
        dropped: how many recipients were left out, by reason.
        problems: what was said of batches that were refused, or are in doubt: the words, and
            how many recipients they are about; the most frequent first.
        send_at: the moment that it was planned for, where there is one.
        hours: when it may be submitted, by the clocks of its recipients; None for always.
        key: what makes it the only one in its ledger; None where it was planned without a key.
    """

    id: str
    provider: str
    profile: str
    name: str | None
    state: CampaignState
    detail: str | None
    created_at: datetime
    progress: Progress
    states: Mapping[str, int]
    dropped: Mapping[str, int]
    problems: Mapping[str, int]
    send_at: datetime | None = None
    hours: str | None = None
    key: str | None = None

    @property
    def in_doubt(self) -> int:
        """Number of recipients of whom it is not known whether they were sent to."""
        return self.progress.recipients[BatchState.IN_DOUBT]

    @property
    def rejected(self) -> int:
        """How many recipients are in batches that the provider refused."""
        return self.progress.recipients[BatchState.REJECTED]

    @property
    def can_resume(self) -> bool:
        """Whether it may be run again: it was neither stopped nor left half planned."""
        return self.state not in (CampaignState.PLANNING, CampaignState.STOPPED)


@attrs.frozen
class Result:
    """What became of one recipient.

    Args:
        position: their place in the list as it was given, from 1; in a list that was read
            (`read_recipients`) the number of their row.
        to: the address; of a row that has none, what stands there.
        reference: your own name for them.
        state: the provider's, in our words, where it has the message; else their batch's;
            `"left out"` if they are in no batch.
        batch: the number of the call; None for who was left out.
        batch_id: the provider's handle for the call.
        message_id: the provider's handle for this message, where it has one.
        detail: the provider's words, or why.
        code: the provider's code.
        channel: what it travelled by, where the provider tells.
        at: when the state was reached, where the provider tells.
        left_out: why they were left out, see `Dropped.kind`.
        variables: theirs, as they were given.
    """

    position: int
    to: str
    reference: str | None
    state: str
    batch: int | None = None
    batch_id: str | None = None
    message_id: str | None = None
    detail: str | None = None
    code: str | None = None
    channel: str | None = None
    at: datetime | None = None
    left_out: str | None = None
    variables: Mapping[str, str] = attrs.field(factory=dict, hash=False)


@attrs.frozen
class Dropped:
    """A recipient who was left out.

    Args:
        position: as in `Result`.
        to: the same.
        kind: `"duplicate"`, `"suppressed"`, or `"bad"`; of a row that was read, the
            `recipients.Problem` that it has.
        detail: why, in a sentence.
    """

    position: int
    to: str
    kind: str
    detail: str


@attrs.frozen
class Found:
    """What the ledger knows of one message.

    Args:
        to: the address, as it was given.
        state: as in `Result`.
        provider: the provider's name.
        profile: the name that its account was connected by.
        campaign: the id of its campaign; None for a single message.
        key: the key of its campaign, or of the single message, where it has one.
        reference: your own name for the recipient.
        sent_at: when the call to the provider was made last; None where none was made.
        batch_id: the provider's handle for the call; None for a single message.
        message_id: the provider's handle for this message, where it has one.
        detail: the provider's words, or why.
        code: the provider's code.
        channel: what it travelled by, where the provider tells.
        at: when the state was reached, where the provider tells.
    """

    to: str
    state: str
    provider: str
    profile: str
    campaign: str | None = None
    key: str | None = None
    reference: str | None = None
    sent_at: datetime | None = None
    batch_id: str | None = None
    message_id: str | None = None
    detail: str | None = None
    code: str | None = None
    channel: str | None = None
    at: datetime | None = None


@attrs.frozen
class Step:
    """What one step of a campaign did, and when the next one makes sense.

    Args:
        done: nothing is left to be sent or in flight, or the campaign is paused or stopped. What
            is in doubt is left to `run`.
        busy: what is left is in flight in other processes, or as much is in flight as may be.
        sent: how many batches the provider accepted.
        wait: seconds until another step may send.
    """

    done: bool
    busy: bool
    sent: int
    wait: float


@attrs.frozen
class Outcome:
    """What came of controlling a campaign.

    Args:
        state: the campaign's own, from now on.
        succeeded: how many batches the provider did it to.
        unsupported: how many batches the provider has that it could not be told about: it does not
            offer the action, or gave the batch no id.
        in_flight: how many batches a running process had just handed over; ask again later.
        problems: what the provider answered where it did not obey, one sentence per batch.
    """

    state: CampaignState
    succeeded: int = 0
    unsupported: int = 0
    in_flight: int = 0
    problems: tuple[str, ...] = ()
