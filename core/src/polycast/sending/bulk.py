"""Makes the calls of one broadcast, and joins their answers into one receipt."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, unquote

import attrs

from polycast.errors import OutcomeUnknown, PolycastError
from polycast.model.messages import (
    Batch,
    Broadcast,
    BulkReceipt,
    Receipt,
    Report,
    Reports,
    State,
    Status,
)
from polycast.model.prices import total
from polycast.sending.dispatcher import ERROR_THRESHOLD, WORKERS, Dispatcher
from polycast.sending.planning import Plan
from polycast.sending.queue import BatchState, InMemoryQueue, Progress, QueuedBatch
from polycast.sending.rate_limiter import Limiter

__all__ = ["Interrupted", "join_ids", "look_up", "merge_statuses", "split_ids", "submit"]

#: Seconds for which a provider may ask to slow down, without taking a call in between, before the
#: rest is given up: the caller waits for the answer.
_PATIENCE = 120.0


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a `send_bulk`; it says how far that had come.

    Args:
        receipt: what `send_bulk` would have returned, had there been no more to send: the batches
            that were not submitted are CANCELLED. What was in flight has been waited for, except
            of a broadcast that takes one call, and of a second Ctrl-C: such a batch is UNKNOWN.
    """

    def __init__(self, receipt: BulkReceipt) -> None:
        super().__init__(_how_far(receipt))
        self.receipt = receipt


def submit(
    plan: Plan,
    send: Callable[[QueuedBatch], BulkReceipt],
    limiter: Limiter,
    *,
    workers: int = WORKERS,
    error_threshold: int | None = ERROR_THRESHOLD,
    on_progress: Callable[[Progress], None] | None = None,
    divides: bool = False,
) -> BulkReceipt:
    """Make the calls, and answer for every recipient whatever happens.

    The failure of the whole raises, and so does the failure of a plan of one call: its one answer
    is what the caller is waiting for, so nothing is waited for and tried again.

    Args:
        plan: the calls.
        send: makes one.
        limiter: how fast.
        workers: calls at a time.
        error_threshold: failed calls in a row after which the rest is not made; None for never.
        on_progress: told how far it has come, by this thread.
        divides: whether a call that is refused without naming anybody is divided.
    """
    patience = _PATIENCE if len(plan.batches) > 1 else -1.0
    queue = InMemoryQueue(plan.batches, limiter, patience)
    dispatcher = Dispatcher(queue, send, workers, error_threshold, on_progress, divides)
    dispatcher.workers = min(workers, len(plan.batches))
    try:
        if len(plan.batches) == 1:
            dispatcher.run_here()
        else:
            dispatcher.run()
        dispatcher.report_progress()
    except KeyboardInterrupt:
        raise Interrupted(_together(plan, queue.read(), "it was interrupted")) from None
    except BaseException as error:
        # Whatever else ends it: what was sent must not be lost with it.
        error.add_note(_how_far(_together(plan, queue.read(), "an error ended it")))
        raise
    detail, cause = queue.paused or (None, None)
    receipt = _together(plan, queue.read(), detail, cause)
    errors = [batch.error for batch in receipt.batches if batch.error is not None]
    lost = any(isinstance(error, OutcomeUnknown) for error in errors)
    states = {batch.state for batch in receipt.batches}
    # After a refusal that is raised, a call in doubt would seem to have been refused as well.
    mixed = State.UNKNOWN in states and not states <= {State.UNKNOWN, State.CANCELLED}
    if len(errors) == len(receipt.batches) and (len(errors) == 1 or not (lost or mixed)):
        raise cause or errors[-1]
    return receipt


def look_up(plan: Plan, ask: Callable[[Broadcast], BulkReceipt | None]) -> BulkReceipt | None:
    """Ask about every call of a plan whether it arrived, and answer for the whole.

    Args:
        plan: the calls, as they were made.
        ask: asks about one; None when the provider does not have it.
    """
    entries = plan.batches
    for entry in entries:
        entry.state, entry.answer = BatchState.ACCEPTED, ask(entry.broadcast)
    if not any(entry.answer for entry in entries):
        return None
    nothing = BulkReceipt(None, State.UNKNOWN, (), raw=None)
    for entry in entries:
        entry.answer = entry.answer or nothing
    return _together(plan, entries)


def _together(
    plan: Plan,
    entries: Sequence[QueuedBatch],
    detail: str | None = None,
    cause: PolycastError | None = None,
) -> BulkReceipt:
    """Put the answers of all calls together as one.

    Args:
        plan: the calls.
        entries: what became of them.
        detail: why those that were not made were not.
        cause: the error behind that, if there is one.
    """
    receipts = plan.receipts()
    batches = []
    for entry in entries:
        batch = _batch(entry, cause)
        known: Sequence[Receipt] = entry.answer.receipts if entry.answer else ()
        if len(known) != entry.size:
            why = _why(entry, detail)
            said = [entry.detail.get(place, why) for place in range(entry.size)]
            known = [
                Receipt(None, batch.state, each.to, each.reference, own, batch.raw)
                for each, own in zip(
                    (plan.recipients[at] for at in entry.places), said, strict=True
                )
            ]
        batches.append(batch)
        receipts.update(zip(entry.places, known, strict=True))
    return BulkReceipt(
        id=join_ids([batch.id for batch in batches if batch.id is not None]),
        state=State.overall([batch.state for batch in batches]),
        receipts=tuple(receipts[place] for place in range(len(plan.recipients))),
        batches=tuple(batches),
        raw=batches[0].raw if len(batches) == 1 else None,
    )


def _why(entry: QueuedBatch, detail: str | None) -> str | None:
    """Return the detail of receipts for which the provider gave no result of its own."""
    if entry.answer is not None:
        return None
    if entry.error is not None:
        return str(entry.error)
    if entry.state is BatchState.SUBMITTING:
        return f"nobody waited for the reply: {detail}"
    return f"not submitted: {detail}"


def _batch(entry: QueuedBatch, cause: PolycastError | None) -> Batch:
    if entry.answer is not None:
        answer = entry.answer
        return Batch(answer.id, answer.state, entry.size, None, answer.raw)
    if entry.state in (BatchState.IN_DOUBT, BatchState.SUBMITTING):
        return Batch(None, State.UNKNOWN, entry.size, entry.error)
    if entry.error is not None:
        # Refused, or turned away and not tried again: it was certainly not carried out.
        return Batch(None, State.REJECTED, entry.size, entry.error)
    return Batch(None, State.CANCELLED, entry.size, cause)


def _how_far(receipt: BulkReceipt) -> str:
    """Say in a sentence what was sent."""
    states = Counter(batch.state for batch in receipt.batches if batch.id is None)
    total = len(receipt.batches)
    unknown, cancelled = states[State.UNKNOWN], states[State.CANCELLED]
    detail = f"Of {total} calls to the provider {total - unknown - cancelled} were answered"
    if unknown:
        detail += f", {unknown} may have been carried out or not"
    detail += f", {cancelled} were not made."
    return detail if receipt.id is None else f"{detail} The id of what was sent: {receipt.id}"


# A broadcast that took several calls is known by all of their ids at once.

_KIND = "batches:"


def join_ids(ids: Sequence[str]) -> str | None:
    """Return one id for several batches; a single id stays as it is."""
    if len(ids) < 2:
        return ids[0] if ids else None
    # Also half of a surrogate pair, which a provider may leave of a sign in its id.
    return _KIND + ",".join(quote(each, safe=":", errors="surrogatepass") for each in ids)


def split_ids(joined: str) -> list[str]:
    """Return the ids that `join_ids` put together."""
    if not joined.startswith(_KIND):
        return [joined]
    parts = joined.removeprefix(_KIND).split(",")
    return [unquote(each, errors="surrogatepass") for each in parts if each]


def merge_statuses(joined: str, statuses: Sequence[Status]) -> Status:
    """Return the status of a whole from those of its batches."""
    if len(statuses) == 1:
        return attrs.evolve(statuses[0], id=joined)
    counts: Counter[State] = Counter()
    for status in statuses:
        counts.update(dict(status.counts))
    started = [status.started_at for status in statuses if status.started_at]
    finished = [status.finished_at for status in statuses if status.finished_at]
    expected = [status.expected for status in statuses if status.expected is not None]
    segments = [status.segments for status in statuses if status.segments is not None]
    return Status(
        id=joined,
        state=State.overall([status.state for status in statuses]),
        counts=dict(counts),
        reports=Reports(lambda: _chained(statuses)),
        started_at=min(started, default=None),
        finished_at=max(finished) if len(finished) == len(statuses) else None,
        expected=sum(expected) if len(expected) == len(statuses) else None,
        segments=sum(segments) if len(segments) == len(statuses) else None,
        price=total(status.price for status in statuses),
        final=all(status.is_final for status in statuses),
        raw=[status.raw for status in statuses],
    )


def _chained(statuses: Sequence[Status]) -> Iterator[Report]:
    for status in statuses:
        yield from status.reports
