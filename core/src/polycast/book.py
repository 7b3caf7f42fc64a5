"""The book of batches: which calls are still to be made, and what became of those that were."""

import enum
import heapq
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import attrs

from polycast.errors import PolycastError, ProviderError
from polycast.limiter import Limiter
from polycast.model import Broadcast, BulkReceipt

__all__ = ["BatchState", "Book", "Claimed", "Entry", "MemoryBook", "Progress"]


class BatchState(enum.StrEnum):
    """How far one call to the provider has come, as its book knows it."""

    #: It has not been sent.
    PLANNED = "planned"
    #: Written down before its first byte leaves: it may be on its way, or have arrived.
    SUBMITTING = "submitting"
    #: The provider has it. It is never sent again.
    ACCEPTED = "accepted"
    #: The provider refused it. It is not sent again.
    REJECTED = "rejected"
    #: Nobody knows. It is sent again only when the provider says it does not have it, or on
    #: the operator's word.
    IN_DOUBT = "in doubt"
    #: The campaign was stopped before it was sent.
    CANCELLED = "cancelled"


@attrs.frozen
class Progress:
    """How far a broadcast has come, counted in recipients and in batches.

    Args:
        campaign: its id; None for one that no ledger keeps.
        recipients: how many recipients are in batches of each state.
        batches: how many batches are in each state.
    """

    campaign: str | None
    recipients: Mapping[BatchState, int]
    batches: Mapping[BatchState, int]

    @property
    def total(self) -> int:
        """How many recipients there are."""
        return sum(self.recipients.values())

    @property
    def settled(self) -> int:
        """How many recipients nothing more will be done about unless somebody asks for it."""
        left = self.recipients[BatchState.PLANNED] + self.recipients[BatchState.SUBMITTING]
        return self.total - left


class Claimed(Protocol):
    """A batch that one worker has taken, and nobody else will."""

    @property
    def broadcast(self) -> Broadcast:
        """What to send."""


C = TypeVar("C", bound=Claimed)


class Book(Protocol[C]):
    """What the engine works off; safe to share between its workers.

    Whatever cannot be written down raises, and then the engine stops before the next call.
    """

    def claim(self) -> C | float | None:
        """Take the next batch whose turn it is.

        Returns:
            The seconds until one may leave, where the account's rate does not allow it yet; None
            when there is nothing left that may be sent.
        """

    def accept(self, batch: C, answer: BulkReceipt, *, claim_next: bool) -> C | float | None:
        """Note that the provider has it; and in the same moment `claim`, where that is asked."""

    def release(self, batch: C, error: PolycastError) -> None:
        """Plan it again: the provider certainly did not carry it out."""

    def postpone(self, batch: C, error: ProviderError) -> bool:
        """Plan it again, and let nothing leave for as long as the error asks for.

        Where it does not say how long, it is longer each time.

        Returns:
            Whether there is patience left for that.
        """

    def reject(self, batch: C, error: PolycastError) -> None:
        """Note that the provider refused it."""

    def doubt(self, batch: C, error: PolycastError) -> None:
        """Note that nobody knows whether the provider has it."""

    def pause(self, words: str, error: PolycastError) -> None:
        """Let nothing leave any more, for a reason, and because of an error."""

    def progress(self) -> Progress:
        """Count the batches by state."""


@attrs.define(eq=False)
class Entry:
    """One call, and what became of it.

    Args:
        number: its place among the calls.
        broadcast: what to send.
        size: how many recipients it holds.
        answer: the provider's, once it is ACCEPTED.
        error: why it is REJECTED or IN_DOUBT, or PLANNED again.
    """

    number: int
    broadcast: Broadcast
    size: int
    state: BatchState = BatchState.PLANNED
    answer: BulkReceipt | None = None
    error: PolycastError | None = None


@attrs.define(eq=False)
class MemoryBook:
    """A book that ends with its process.

    Args:
        entries: the calls, in order.
        limiter: how fast.
        patience: seconds that the provider may ask to wait for, in all, without taking a call.
    """

    entries: Sequence[Entry]
    limiter: Limiter
    patience: float
    #: Why nothing leaves any more, and the error behind it.
    paused: tuple[str, PolycastError] | None = None
    _planned: list[int] = attrs.field(init=False)
    _lock: threading.Lock = attrs.field(init=False, factory=threading.Lock)

    @_planned.default
    def _all(self) -> list[int]:
        return list(range(len(self.entries)))

    def claim(self) -> Entry | float | None:
        """Take the first that is planned, if it may leave now."""
        with self._lock:
            if self.paused or not self._planned:
                return None
            entry = self.entries[self._planned[0]]
            delay = self.limiter.delay(entry.size)
            if delay > 0:
                return delay
            heapq.heappop(self._planned)
            entry.state, entry.error = BatchState.SUBMITTING, None
            return entry

    def accept(
        self, batch: Entry, answer: BulkReceipt, *, claim_next: bool
    ) -> Entry | float | None:
        """Keep the answer."""
        self.limiter.went_through()
        with self._lock:
            batch.state, batch.answer = BatchState.ACCEPTED, answer
        return self.claim() if claim_next else None

    def release(self, batch: Entry, error: PolycastError) -> None:
        """Put it back to its place."""
        with self._lock:
            batch.state, batch.error = BatchState.PLANNED, error
            heapq.heappush(self._planned, batch.number)

    def postpone(self, batch: Entry, error: ProviderError) -> bool:
        """Hold everybody back, unless it would take longer than there is patience."""
        asking = self.limiter.hold(error.retry_after)
        self.release(batch, error)
        return asking + self.limiter.held() <= self.patience

    def reject(self, batch: Entry, error: PolycastError) -> None:
        """Keep the error."""
        with self._lock:
            batch.state, batch.error = BatchState.REJECTED, error

    def doubt(self, batch: Entry, error: PolycastError) -> None:
        """Keep the error."""
        with self._lock:
            batch.state, batch.error = BatchState.IN_DOUBT, error

    def pause(self, words: str, error: PolycastError) -> None:
        """Keep the first reason: it is the cause of the others."""
        with self._lock:
            self.paused = self.paused or (words, error)

    def read(self) -> list[Entry]:
        """Return what has become of each call by now, also while workers go on."""
        with self._lock:
            return [attrs.evolve(entry) for entry in self.entries]

    def progress(self) -> Progress:
        """Count the calls, and the recipients in them, by state."""
        batches = Counter(dict.fromkeys(BatchState, 0))
        people = Counter(dict.fromkeys(BatchState, 0))
        with self._lock:
            for entry in self.entries:
                batches[entry.state] += 1
                people[entry.state] += entry.size
        return Progress(None, people, batches)
