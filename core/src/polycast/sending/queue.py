"""The queue of batches: which calls are still to be made, and what became of the others."""

import enum
import heapq
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import attrs

from polycast.errors import PolycastError, ProviderError, Rejected
from polycast.model.messages import Broadcast, BulkReceipt
from polycast.plugins.caller import Prepared
from polycast.sending.rate_limiter import Limiter

__all__ = [
    "BatchQueue",
    "BatchState",
    "Claimed",
    "InMemoryQueue",
    "Part",
    "Progress",
    "QueuedBatch",
    "refusal_details",
]


class BatchState(enum.StrEnum):
    """How far one batch, one call to the provider, has come."""

    #: It has not been sent.
    PLANNED = "planned"
    #: Recorded before its first byte leaves: it may be on its way, or have arrived.
    SUBMITTING = "submitting"
    #: The provider has it. It is never sent again.
    ACCEPTED = "accepted"
    #: The provider refused it. It is not sent again.
    REJECTED = "rejected"
    #: It is not known whether the provider has it. It is sent again only if the provider says
    #: that it does not have it, or on the operator's word.
    IN_DOUBT = "in doubt"
    #: The campaign was stopped before it was sent.
    CANCELLED = "cancelled"


@attrs.frozen
class Progress:
    """How far a broadcast has come, counted in recipients and in batches.

    Args:
        campaign: its id; None for a `send_bulk`.
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
        """Number of recipients whose batch is neither PLANNED nor SUBMITTING."""
        left = self.recipients[BatchState.PLANNED] + self.recipients[BatchState.SUBMITTING]
        return self.total - left


class Claimed(Protocol):
    """A batch that one worker has claimed."""

    @property
    def broadcast(self) -> Broadcast:
        """What to send."""

    @property
    def size(self) -> int:
        """How many recipients it holds."""


@attrs.frozen
class Part:
    """Some of the recipients of a batch that was refused.

    Args:
        places: theirs in the batch, ascending, from 0.
        error: the refusal that is about them; None where they are to be sent to in a new call.
    """

    places: Sequence[int]
    error: PolycastError | None = None


def refusal_details(error: PolycastError, size: int) -> Mapping[int, str]:
    """Return the detail of each recipient that a refusal names, by place in the batch.

    Args:
        error: the refusal.
        size: of the batch; a place that it does not have is passed over.
    """
    refused = (error.refused if isinstance(error, Rejected) else None) or {}
    return {place: refused[place] or str(error) for place in sorted(refused) if 0 <= place < size}


C = TypeVar("C", bound=Claimed)


class BatchQueue(Protocol[C]):
    """The batches that a dispatcher sends; safe to share between its workers.

    A step that cannot be recorded raises, and the dispatcher stops before the next call.
    """

    def claim(self) -> C | float | None:
        """Take the next planned batch.

        Returns:
            The batch; the seconds to wait, if the rate limit does not allow one yet; or None if
            nothing is left that may be sent.
        """

    def accept(self, batch: C, answer: BulkReceipt, *, claim_next: bool) -> C | float | None:
        """Record that the provider has the batch; `claim` the next in the same step if asked."""

    def release(self, batch: C, error: PolycastError) -> None:
        """Plan it again: the provider certainly did not carry it out."""

    def postpone(self, batch: C, error: ProviderError) -> str | None:
        """Plan it again, and send nothing for as long as the error asks for.

        If the error does not say how long, the wait doubles each time.

        Returns:
            None, or why the wait is too long: then the run ends.
        """

    def reject(self, batch: C, error: PolycastError) -> None:
        """Record that the provider refused it, with the detail of each named recipient."""

    def divide(self, batch: C, parts: Sequence[Part]) -> None:
        """Replace a refused batch by its parts, all in one step.

        Args:
            batch: of which nothing was carried out.
            parts: each of its recipients is in one of them.
        """

    def doubt(self, batch: C, error: PolycastError) -> None:
        """Record that it is not known whether the provider has it."""

    def failed(self) -> int:
        """Count one more failed batch, and return how many failed since the last accepted one."""

    def pause(self, detail: str, error: PolycastError) -> None:
        """Send nothing more."""

    def progress(self) -> Progress:
        """Count the batches by state."""


@attrs.define(eq=False)
class QueuedBatch:
    """One call, and what became of it.

    Args:
        order: its place among the calls; a part of a divided call comes at the place of the whole.
        broadcast: what to send.
        places: of its recipients among all recipients.
        prepared: with the payload that was built before the first call; None for a part of a
            divided call, and once the call has been made.
        answer: the provider's, once it is ACCEPTED.
        error: why it is REJECTED or IN_DOUBT, or PLANNED again.
        detail: what a refusal said of single recipients, by place in the call.
    """

    order: tuple[int, ...]
    broadcast: Broadcast
    places: tuple[int, ...]
    prepared: Prepared[Broadcast] | None = attrs.field(default=None, repr=False)
    state: BatchState = BatchState.PLANNED
    answer: BulkReceipt | None = None
    error: PolycastError | None = None
    detail: Mapping[int, str] = attrs.Factory(dict)

    @property
    def size(self) -> int:
        """How many recipients it holds."""
        return len(self.places)

    def part(self, number: int, part: Part) -> "QueuedBatch":
        """Return a call with some of its recipients, or what was refused of it."""
        recipients = tuple(self.broadcast.recipients)
        detail = {} if part.error is None else refusal_details(part.error, self.size)
        return QueuedBatch(
            (*self.order, number),
            attrs.evolve(self.broadcast, recipients=tuple(recipients[at] for at in part.places)),
            tuple(self.places[at] for at in part.places),
            state=BatchState.PLANNED if part.error is None else BatchState.REJECTED,
            error=part.error,
            detail={new: detail[old] for new, old in enumerate(part.places) if old in detail},
        )


@attrs.define(eq=False)
class InMemoryQueue:
    """A queue in memory.

    Args:
        calls: those to be made, in order.
        limiter: how fast.
        patience: seconds that the provider may ask to wait for in all, without accepting a call;
            negative to send no batch twice.
    """

    calls: Iterable[QueuedBatch]
    limiter: Limiter
    patience: float
    #: Why nothing more is sent, and the error behind it.
    paused: tuple[str, PolycastError] | None = None
    _entries: dict[tuple[int, ...], QueuedBatch] = attrs.field(init=False)
    _planned: list[tuple[int, ...]] = attrs.field(init=False)
    _lock: threading.Lock = attrs.field(init=False, factory=threading.Lock)
    _failures: int = attrs.field(init=False, default=0)

    @_entries.default
    def _by_order(self) -> dict[tuple[int, ...], QueuedBatch]:
        return {each.order: each for each in self.calls}

    @_planned.default
    def _all(self) -> list[tuple[int, ...]]:
        return sorted(self._entries)

    def claim(self) -> QueuedBatch | float | None:
        """Take the first planned batch, if the rate limit allows it."""
        with self._lock:
            if self.paused or not self._planned:
                return None
            entry = self._entries[self._planned[0]]
            delay = self.limiter.delay(entry.size)
            if delay > 0:
                return delay
            heapq.heappop(self._planned)
            entry.state, entry.error = BatchState.SUBMITTING, None
            return entry

    def accept(
        self, batch: QueuedBatch, answer: BulkReceipt, *, claim_next: bool
    ) -> QueuedBatch | float | None:
        """Record the answer."""
        self.limiter.went_through()
        with self._lock:
            self._failures = 0
            batch.state, batch.answer = BatchState.ACCEPTED, answer
            batch.prepared = None
        return self.claim() if claim_next else None

    def release(self, batch: QueuedBatch, error: PolycastError) -> None:
        """Plan it again, at its place."""
        with self._lock:
            batch.state, batch.error = BatchState.PLANNED, error
            heapq.heappush(self._planned, batch.order)

    def postpone(self, batch: QueuedBatch, error: ProviderError) -> str | None:
        """Plan it again and hold the rate limiter, unless the wait is longer than `patience`."""
        since = self.limiter.hold(error.retry_after)
        self.release(batch, error)
        if since + self.limiter.held() <= self.patience:
            return None
        return f"the provider asks to wait longer than {self.patience:.0f} s"

    def reject(self, batch: QueuedBatch, error: PolycastError) -> None:
        """Record the error."""
        with self._lock:
            batch.state, batch.error = BatchState.REJECTED, error
            batch.prepared = None
            batch.detail = refusal_details(error, batch.size)

    def divide(self, batch: QueuedBatch, parts: Sequence[Part]) -> None:
        """Replace it by its parts, at its place."""
        made = [batch.part(number, part) for number, part in enumerate(parts)]
        with self._lock:
            del self._entries[batch.order]
            for entry in made:
                self._entries[entry.order] = entry
                if entry.state is BatchState.PLANNED:
                    heapq.heappush(self._planned, entry.order)

    def doubt(self, batch: QueuedBatch, error: PolycastError) -> None:
        """Record the error."""
        with self._lock:
            batch.state, batch.error = BatchState.IN_DOUBT, error
            batch.prepared = None

    def failed(self) -> int:
        """Count one more."""
        with self._lock:
            self._failures += 1
            return self._failures

    def pause(self, detail: str, error: PolycastError) -> None:
        """Record the first reason: it is the cause of the others."""
        with self._lock:
            self.paused = self.paused or (detail, error)

    def read(self) -> list[QueuedBatch]:
        """Return what has become of each call by now, also while workers go on."""
        with self._lock:
            return [attrs.evolve(self._entries[order]) for order in sorted(self._entries)]

    def progress(self) -> Progress:
        """Count the calls, and the recipients in them, by state."""
        batches = Counter(dict.fromkeys(BatchState, 0))
        recipients = Counter(dict.fromkeys(BatchState, 0))
        with self._lock:
            for entry in self._entries.values():
                batches[entry.state] += 1
                recipients[entry.state] += entry.size
        return Progress(None, recipients, batches)
