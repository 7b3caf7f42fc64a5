"""Sends the batches of a queue over a few workers, and decides what an error means for the rest."""

import math
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

import attrs

from polycast.concurrency.waiting import without_waiting
from polycast.errors import (
    AccountBlocked,
    AuthenticationFailed,
    BrokenProvider,
    ClaimExpired,
    NotFound,
    PolycastError,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    SettingsError,
    UsageError,
)
from polycast.model.messages import BulkReceipt
from polycast.model.validators import check_whole_number
from polycast.sending.queue import BatchQueue, Claimed, Part, Progress, refusal_details
from polycast.sending.rate_limiter import HeldBack

__all__ = ["ERROR_THRESHOLD", "WORKERS", "Dispatcher", "is_refusal", "wait"]

#: Default number of calls to the provider at a time.
WORKERS = 4
#: Default number of failed batches in a row after which nothing more is sent.
ERROR_THRESHOLD = 10
#: Seconds between two reports of the progress.
_TICK = 0.25
#: Maximum seconds that a rate-limited worker sleeps before it checks again for a pause.
_LOOK = 5.0

C = TypeVar("C", bound=Claimed)


def wait(over: threading.Event, seconds: float) -> None:
    """Wait for the rate limit, or until the run ends: the only waiting of a dispatcher."""
    over.wait(seconds)


def _check_workers(engine: "Dispatcher[C]", _: object, workers: int) -> None:
    check_whole_number("workers", workers)


def _check_threshold(engine: "Dispatcher[C]", _: object, threshold: int | None) -> None:
    if threshold is not None:
        check_whole_number("error_threshold", threshold)


def _check_callable(
    engine: "Dispatcher[C]", _: object, function: Callable[[Progress], None] | None
) -> None:
    if function is not None and not callable(function):
        raise UsageError(f"on_progress is a function, not {type(function).__name__}.")


@attrs.define(eq=False)
class Dispatcher(Generic[C]):
    """Sends the batches of one queue.

    Args:
        queue: the batches.
        send: makes the call for one.
        workers: calls at a time.
        error_threshold: failed batches in a row after which it pauses; None for never.
        on_progress: called with the progress every 0.25 s, by the calling thread.
        divides: whether a batch that is refused without naming recipients is divided, to find
            the ones that the refusal is about (`Features.all_or_nothing`).

    Raises:
        UsageError: a number is out of range, or `on_progress` is not callable.
    """

    queue: BatchQueue[C]
    send: Callable[[C], BulkReceipt]
    workers: int = attrs.field(default=WORKERS, validator=_check_workers)
    error_threshold: int | None = attrs.field(default=ERROR_THRESHOLD, validator=_check_threshold)
    on_progress: Callable[[Progress], None] | None = attrs.field(
        default=None, validator=_check_callable
    )
    divides: bool = False
    _stop: threading.Event = attrs.Factory(threading.Event)
    _lock: threading.Lock = attrs.Factory(threading.Lock)
    #: How many calls the provider has accepted.
    sent: int = attrs.field(init=False, default=0)
    _broken: "SimpleQueue[BaseException]" = attrs.Factory(SimpleQueue)

    @property
    def stopped(self) -> bool:
        """Whether it has paused, or was interrupted."""
        return self._stop.is_set()

    def run(self) -> None:
        """Send until no batch is left, the queue is paused, or Ctrl-C.

        Raises:
            LedgerError: a step could not be written to the ledger; it was not taken.
            KeyboardInterrupt: after what was in flight has been settled.
        """
        # Not `Thread.join`: interrupted by Ctrl-C, that takes a living thread for one that has
        # ended (seen with Python 3.11), and what it has in flight would not be waited for.
        ended: list[threading.Event] = []
        at_work: list[threading.Event] = []
        try:
            for number in range(1, self.workers + 1):
                over = threading.Event()
                threading.Thread(
                    target=self._work_until,
                    args=(over, at_work),
                    name=f"polycast-worker-{number}",
                    daemon=True,
                ).start()
                ended.append(over)
            for over in ended:
                while not over.wait(_TICK):
                    self.report_progress()
        except BaseException:
            # Ctrl-C may come while a thread starts: one that is not at work yet does nothing.
            with self._lock:
                self._stop.set()
            raise
        finally:
            # Also after Ctrl-C: calls in flight are waited for, and recorded.
            self._wait_for(at_work)
        if not self._broken.empty():
            raise self._broken.get()

    def run_here(self) -> None:
        """Do the work of one worker in this thread; Ctrl-C then waits for nothing."""
        self._work()

    def step(self, calls: int) -> float | None:
        """Make at most so many calls in this thread, and wait for nothing.

        Returns:
            The seconds until the next call may leave, 0 after so many calls; None where nothing is
            left that may be sent.
        """
        # A claimed batch never waits: the transport raises at once instead of sleeping.
        with without_waiting():
            return self._step(calls)

    def report_progress(self) -> None:
        """Call `on_progress`, if there is one."""
        if self.on_progress is not None:
            self.on_progress(self.queue.progress())

    def wait(self, seconds: float) -> None:
        """Wait so many seconds, or until the run ends."""
        wait(self._stop, seconds)

    def _wait_for(self, at_work: list[threading.Event]) -> None:
        for over in at_work:
            over.wait()

    # What a worker does.

    def _work_until(self, over: threading.Event, at_work: list[threading.Event]) -> None:
        try:
            with self._lock:
                if self.stopped:
                    return
                at_work.append(over)
            # A claimed batch never waits: the transport raises at once instead of sleeping.
            with without_waiting():
                self._work()
        except BaseException as error:  # noqa: BLE001 - raised by the calling thread
            self._broken.put(error)
            self._stop.set()
        finally:
            over.set()

    def _work(self) -> None:
        while (delay := self._step(math.inf)) is not None:
            # The delay comes before the claim, so that a claimed batch never waits.
            self.wait(min(delay, _LOOK))

    def _step(self, calls: float) -> float | None:
        turn = self._claim()
        while turn is not None and not isinstance(turn, float):
            calls -= 1
            turn = self._submit(turn, is_last=calls <= 0)
        return turn

    def _claim(self) -> C | float | None:
        return None if self.stopped else self.queue.claim()

    def _submit(self, batch: C, *, is_last: bool) -> C | float | None:
        """Make the call, record its result, and return the next batch or delay."""
        try:
            _ = batch.broadcast
        except PolycastError as error:
            # The queue cannot read the batch: that is not an answer of the provider.
            self.queue.release(batch, error)
            raise
        try:
            answer = self.send(batch)
        except PolycastError as error:
            delay = self._fail(batch, error)
        except Exception as error:  # noqa: BLE001 - a defect costs no other call its receipt
            delay = self._fail(batch, _unforeseen(error))
        else:
            with self._lock:
                self.sent += 1
            turn = self.queue.accept(batch, answer, claim_next=not (is_last or self.stopped))
            return 0.0 if is_last else turn
        return delay if is_last or delay else self._claim()

    def _fail(self, batch: C, error: PolycastError) -> float:
        """Record an error, and return the seconds that this worker has to wait."""
        if error.carried_out is None and not error.safe_to_retry:
            # It may have been carried out, also if the provider then failed.
            self.queue.doubt(batch, error)
            self._count(error)
            return 0.0
        match error:
            case HeldBack():
                # Our own limit: the provider was not asked, and others may not have to wait.
                self.queue.release(batch, error)
                return error.retry_after or 0.0
            case ClaimExpired():
                self.queue.release(batch, error)
            case RateLimited():
                self._postpone(batch, error)
            case ProviderError(safe_to_retry=True):
                # The provider was not reached, or a request before the sending one failed.
                self._postpone(batch, error)
                self._count(error)
            case _ if is_refusal(error):
                self._refuse(batch, error)
            case _:
                self._give_up(batch, error)
        return 0.0

    def _refuse(self, batch: C, error: PolycastError) -> None:
        """Reject the recipients that a refusal is about, and plan the others again.

        If the refusal names no recipient, and the provider refuses a call because of one, the batch
        is divided in two. Only a rejected recipient counts as a failure. So a content that is
        refused for everybody costs about two calls for each of `error_threshold` recipients, plus
        one for each halving; all others stay planned.
        """
        named = refusal_details(error, batch.size)
        if not named and self.divides and batch.size > 1 and isinstance(error, Rejected):
            middle = batch.size // 2
            self.queue.divide(batch, [Part(range(middle)), Part(range(middle, batch.size))])
            return
        others = [place for place in range(batch.size) if place not in named]
        if named and others:
            self.queue.divide(batch, [Part(list(named), error), Part(others)])
        else:
            self.queue.reject(batch, error)
        self._count(error)

    def _give_up(self, batch: C, error: PolycastError) -> None:
        """Release the batch and pause: the following batches would fail the same way."""
        self._stop.set()
        self.queue.release(batch, error)
        self.queue.pause(str(error), error)

    def _postpone(self, batch: C, error: ProviderError) -> None:
        detail = self.queue.postpone(batch, error)
        if detail is not None:
            self._pause(f"{detail}: {error}", error)

    def _count(self, error: PolycastError) -> None:
        failures = self.queue.failed()
        if self.error_threshold is not None and failures >= self.error_threshold:
            batches = "a batch" if failures == 1 else f"{failures} batches in a row"
            self._pause(f"{batches} failed, the last one so: {error}", error)

    def _pause(self, detail: str, error: PolycastError) -> None:
        self._stop.set()
        self.queue.pause(detail, error)


def is_refusal(error: PolycastError) -> bool:
    """Return whether an error is about what was to be sent, and not about the account.

    Args:
        error: of a call that was not carried out.
    """
    match error:
        case ProviderUnavailable() | AuthenticationFailed() | AccountBlocked() | RateLimited():
            return False
        case BrokenProvider() | SettingsError() | NotFound(code=None):
            # A 404 without a code of the provider's is about the address of the server.
            return False
        case ProviderError() | UsageError():
            return not error.safe_to_retry
    # Something between us and the provider failed, e.g. an audit log.
    return False


def _unforeseen(error: Exception) -> PolycastError:
    """Return an error for an unexpected exception: the call may have been made."""
    made = PolycastError(f"sending it raised {type(error).__name__}: {error}")
    made.__cause__ = error
    return made
