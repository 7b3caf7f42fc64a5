"""One run of a campaign, or one step of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import attrs

from polycast.campaign.batch_builder import BatchBuilder, Claim
from polycast.campaign.batches import count_batches, progress, state_of
from polycast.campaign.division import retry_rejected
from polycast.campaign.leases import Lease
from polycast.campaign.leaving_out import leave_out_suppressed
from polycast.campaign.queue import SqlQueue
from polycast.campaign.rate_limiter import RateLimiter
from polycast.campaign.reconciliation import Reconciliation, adopt_orphans
from polycast.campaign.results import Step
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of
from polycast.concurrency.fence import fenced
from polycast.errors import ClaimExpired, LedgerError
from polycast.model.messages import BulkReceipt
from polycast.sending.dispatcher import Dispatcher
from polycast.sending.queue import Progress

__all__ = ["Run"]

#: Seconds until another step makes sense, where what is left is in flight elsewhere.
_BUSY = 1.0


@attrs.frozen
class Run:
    """One run of one campaign by this process.

    Args:
        store: the ledger's database.
        client: the account; shared by all workers.
        builder: of the campaign's batches.
        workers: calls to the provider at a time.
        rate_limiter: the rate limit of the account.
        error_threshold: failed batches in a row that pause the campaign; None for never.
        in_flight_grace: seconds that a request may be on its way when its process ends, and that
            a provider's lists may lag behind.
        resend_in_doubt: the operator's word to send again what is in doubt.
        retry_rejected: the operator's word to send again to those who were rejected.
        wait_for_hours: whether to wait until batches may be submitted by the hour of the day.
        on_progress: told how far it has come, from time to time, by the calling thread.
        concurrency: calls in flight at a time, over all processes; None for no limit.

    Raises:
        UsageError: a number makes no sense.
    """

    store: Store
    client: Client
    builder: BatchBuilder
    workers: int
    rate_limiter: RateLimiter
    error_threshold: int | None
    in_flight_grace: float
    resend_in_doubt: bool
    retry_rejected: bool
    wait_for_hours: bool
    on_progress: Callable[[Progress], None] | None
    concurrency: int | None = None
    _lease: Lease = attrs.field(init=False)
    _queue: SqlQueue = attrs.field(init=False)
    _dispatcher: Dispatcher[Claim] = attrs.field(init=False)
    _reconciliation: Reconciliation = attrs.field(init=False)

    @_lease.default
    def _myself(self) -> Lease:
        return Lease(self.store)

    @_queue.default
    def _own(self) -> SqlQueue:
        return SqlQueue(
            self.store,
            self.builder,
            self._lease.id,
            self.rate_limiter,
            self.concurrency,
            self.wait_for_hours,
        )

    @_reconciliation.default
    def _settling(self) -> Reconciliation:
        return Reconciliation(
            self.store, self.client, self.builder, self.in_flight_grace, self._queue.left
        )

    @_dispatcher.default
    def _sending(self) -> Dispatcher[Claim]:
        return Dispatcher(
            self._queue,
            self._submit,
            self.workers,
            self.error_threshold,
            self.on_progress,
            self.client.features.all_or_nothing,
        )

    def _submit(self, batch: Claim) -> BulkReceipt:
        try:
            with fenced(self._lease.check):
                return caller_of(self.client).submit(batch.broadcast)
        except ClaimExpired:
            # So that the next claim is a fresh one.
            with suppress(LedgerError):
                self._lease.renew()
            raise

    def __call__(self) -> None:
        """Send until nothing is left that may be sent, the campaign pauses, or Ctrl-C.

        Raises:
            LedgerError: a step could not be written down; it was not taken.
            KeyboardInterrupt: after what was in flight has been settled.
        """
        with self._lease:
            try:
                adopt_orphans(self.store, self.builder.campaign)
                if self.retry_rejected:
                    retry_rejected(self.store, self.builder.campaign)
                leave_out_suppressed(self.store, self.builder.campaign, whole=self.retry_rejected)
                # Doubts that need time come last: by then most of it has passed. Others come
                # first: what a provider lists since then is not more than it has to be.
                if self.resend_in_doubt or self._has_settled():
                    self._settle_reconciliation()
                if self.resend_in_doubt and not self._asks_later():
                    self._reconciliation.resend()
                while True:
                    if self._count()[BatchState.PLANNED]:
                        self._dispatcher.run()
                    if self._dispatcher.stopped or not self._settle_reconciliation():
                        break
                self._dispatcher.report_progress()
            except KeyboardInterrupt as error:
                error.add_note(
                    f"What was in flight has been settled. Go on with {self.builder.campaign} "
                    "whenever you like."
                )
                raise

    def step(self, calls: int) -> Step:
        """Make at most so many calls, and wait for nothing; what is in doubt stays so.

        Raises:
            LedgerError: a step could not be written down; it was not taken.
        """
        with self._lease:
            adopt_orphans(self.store, self.builder.campaign)
            leave_out_suppressed(self.store, self.builder.campaign)
            delay = self._dispatcher.step(calls)
        with self.store.read() as connection:
            left = count_batches(connection, self.builder.campaign).batches
            is_open = state_of(connection, self.builder.campaign) == CampaignState.OPEN
            held = self.rate_limiter.held(connection)
        planned, in_flight = left[BatchState.PLANNED], left[BatchState.SUBMITTING]
        done = not is_open or not (planned or in_flight)
        # Only a full campaign gives no batch while some are planned.
        busy = not done and (not planned or (delay is None and in_flight > 0))
        wait = 0.0 if done else max(delay or 0.0, held, _BUSY if busy else 0.0)
        return Step(done, busy, self._dispatcher.sent, wait)

    def _count(self) -> Mapping[BatchState, int]:
        return progress(self.store, self.builder.campaign).batches

    def _has_settled(self) -> bool:
        return not self._reconciliation.wait_before_asking()

    def _asks_later(self) -> bool:
        """Whether the provider can be asked, once another process has nothing in flight."""
        return self.client.features.lookup and self._count()[BatchState.SUBMITTING] > 0

    def _settle_reconciliation(self) -> bool:
        """Settle what can be settled; return whether anything was in doubt that now is not."""
        before = self._count()
        if not before[BatchState.IN_DOUBT] or not self.client.features.lookup:
            return False
        if self._asks_later():
            # What another process has in flight could be taken for these.
            return False
        self._dispatcher.report_progress()
        self._dispatcher.wait(self._reconciliation.wait_before_asking())
        self._reconciliation.ask(self._dispatcher.wait)
        return self._count()[BatchState.IN_DOUBT] < before[BatchState.IN_DOUBT]
