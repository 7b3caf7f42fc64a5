"""Sends what is planned, over a few workers, and writes down every step before it is taken."""

import queue
import threading
from collections.abc import Callable

import attrs

from polycast.campaign import doubts, schema
from polycast.campaign.batches import Claim, Script, accept, claim, move, progress
from polycast.campaign.model import Progress
from polycast.campaign.owners import Owner
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.client import Client
from polycast.errors import (
    AuthenticationFailed,
    InsufficientFunds,
    OutcomeUnknown,
    PolycastError,
    ProviderUnavailable,
    RateLimited,
)
from polycast.limiter import Limiter
from polycast.model import BulkReceipt

__all__ = ["Engine"]

#: Seconds between two looks at the progress.
_TICK = 0.25
#: Seconds of nothing but requests to slow down, after which the campaign pauses.
_PATIENCE = 900.0
#: After these, the batches that follow would fare no better.
_HOPELESS = (AuthenticationFailed, InsufficientFunds)


@attrs.define(eq=False)
class Engine:
    """One run of one campaign by this process.

    Args:
        store: the ledger's database.
        client: the account; shared by all workers.
        script: of the campaign.
        size: recipients per batch.
        workers: calls to the provider at a time.
        limiter: how fast.
        error_threshold: failed batches in a row that pause the campaign; None for never.
        settle: seconds that a request may be on its way when its process ends.
        resend_in_doubt: the operator's word to send again what is in doubt.
        on_progress: told how far it has come, from time to time, by the calling thread.
    """

    store: Store
    client: Client
    script: Script
    size: int
    workers: int
    limiter: Limiter
    error_threshold: int | None
    settle: float
    resend_in_doubt: bool
    on_progress: Callable[[Progress], None] | None
    _stop: threading.Event = attrs.Factory(threading.Event)
    _lock: threading.Lock = attrs.Factory(threading.Lock)
    _failures: int = 0
    _broken: "queue.SimpleQueue[BaseException]" = attrs.Factory(queue.SimpleQueue)

    def run(self) -> None:
        """Send until nothing is left that may be sent, the campaign pauses, or Ctrl-C.

        Raises:
            LedgerError: a step could not be written down; it was not taken.
            KeyboardInterrupt: after what was in flight has been settled.
        """
        with Owner(self.store) as owner:
            try:
                doubts.adopt_orphans(self.store, self.script.campaign)
                if self.resend_in_doubt:
                    self._settle_doubts()
                    doubts.resend(self.store, self.script.campaign)
                # Doubts come last: by then most of the time has passed that they need.
                while True:
                    if self._planned():
                        self._send_all(owner.id)
                    if self._stop.is_set() or not self._settle_doubts():
                        break
                self._tell()
            except KeyboardInterrupt as error:
                error.add_note(
                    f"What was in flight has been settled. Go on with {self.script.campaign} "
                    "whenever you like."
                )
                raise

    def _planned(self) -> bool:
        return progress(self.store, self.script.campaign).batches[BatchState.PLANNED] > 0

    def _settle_doubts(self) -> bool:
        """Settle what can be settled; return whether anything was in doubt that now is not."""
        campaign = self.script.campaign
        before = progress(self.store, campaign).batches
        if not before[BatchState.IN_DOUBT] or not self.client.features.lookup:
            return False
        if before[BatchState.SUBMITTING]:
            # Another process is at it, and what it has in flight could be taken for these.
            return False
        pause = doubts.wait_before_asking(self.store, campaign, self.settle)
        self._stop.wait(pause)
        doubts.ask(self.store, self.client, self.script)
        after = progress(self.store, campaign).batches
        return after[BatchState.IN_DOUBT] < before[BatchState.IN_DOUBT]

    def _send_all(self, owner: str) -> None:
        # Not `Thread.join`: interrupted by Ctrl-C, that takes a living thread for one that has
        # ended (seen with Python 3.11), and what it has in flight would not be waited for.
        ended: list[threading.Event] = []
        try:
            for number in range(1, self.workers + 1):
                over = threading.Event()
                threading.Thread(
                    target=self._work,
                    args=(owner, over),
                    name=f"polycast-worker-{number}",
                    daemon=True,
                ).start()
                ended.append(over)
            for over in ended:
                while not over.wait(_TICK):
                    self._tell()
        finally:
            # Also after Ctrl-C: whatever is in flight is waited for, and written down.
            self._stop_workers(ended)
        if not self._broken.empty():
            raise self._broken.get()

    def _stop_workers(self, ended: list[threading.Event]) -> None:
        if not all(over.is_set() for over in ended):
            self._stop.set()
            for over in ended:
                over.wait()

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(progress(self.store, self.script.campaign))

    # What a worker does.

    def _work(self, owner: str, over: threading.Event) -> None:
        try:
            batch = self._next(owner)
            while batch is not None:
                batch = self._submit(batch, owner) or self._next(owner)
        except BaseException as error:  # noqa: BLE001 - told by the calling thread
            self._broken.put(error)
            self._stop.set()
        finally:
            over.set()

    def _next(self, owner: str) -> Claim | None:
        """Wait for the account's turn: before the claim, so that nothing claimed ever waits."""
        while not self._stop.is_set():
            delay = self.limiter.delay(self.size)
            if delay <= 0:
                with self.store.write() as connection:
                    return claim(connection, self.script, owner)
            self._stop.wait(delay)
        return None

    def _submit(self, batch: Claim, owner: str) -> Claim | None:
        """Send a batch; return the next one, where it could be claimed in the same moment."""
        try:
            answer = self.client.submit(batch.broadcast)
        except RateLimited as error:
            self._release(batch, owner)
            if self.limiter.hold(error.retry_after) > _PATIENCE:
                self._pause(f"the provider has asked to slow down for long: {error}")
        except _HOPELESS as error:
            self._release(batch, owner)
            self._pause(str(error))
        except OutcomeUnknown as error:
            self._end(batch, owner, BatchState.IN_DOUBT, error)
        except ProviderUnavailable as error:
            if error.safe_to_retry:
                self._release(batch, owner)
                self.limiter.hold(error.retry_after)
                self._count_failure(error)
            else:
                self._end(batch, owner, BatchState.IN_DOUBT, error)
        except PolycastError as error:
            self._end(batch, owner, BatchState.REJECTED, error)
        else:
            return self._accept(batch, owner, answer)
        return None

    def _accept(self, batch: Claim, owner: str, answer: BulkReceipt) -> Claim | None:
        self.limiter.went_through()
        with self._lock:
            self._failures = 0
        # One transaction instead of two: each of them waits for the disk.
        with self.store.write() as connection:
            accept(connection, self.script.campaign, batch, answer)
            if self._stop.is_set() or self.limiter.delay(self.size) > 0:
                return None
            return claim(connection, self.script, owner)

    def _release(self, batch: Claim, owner: str) -> None:
        """Plan it again: the provider certainly did not carry it out."""
        with self.store.write() as connection:
            move(
                connection, self.script.campaign, batch.number, BatchState.PLANNED,
                only_of=owner, owner=None,
            )  # fmt: skip

    def _end(self, batch: Claim, owner: str, state: BatchState, error: PolycastError) -> None:
        with self.store.write() as connection:
            move(
                connection, self.script.campaign, batch.number, state,
                only_of=owner, words=str(error),
            )  # fmt: skip
        self._count_failure(error)

    def _count_failure(self, error: PolycastError) -> None:
        with self._lock:
            self._failures += 1
            failures = self._failures
        if self.error_threshold is not None and failures >= self.error_threshold:
            self._pause(f"{failures} batches in a row failed, the last one so: {error}")

    def _pause(self, words: str) -> None:
        """Pause the campaign for everybody who runs it."""
        self._stop.set()
        campaigns = schema.campaigns
        with self.store.write() as connection:
            connection.execute(
                campaigns.update()
                .where(
                    campaigns.c.id == self.script.campaign,
                    campaigns.c.state == CampaignState.OPEN,
                )
                .values(state=CampaignState.PAUSED, words=words)
            )
