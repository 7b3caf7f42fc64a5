"""The batches of a campaign as a queue: every step is on the disk before the next."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import attrs
from sqlalchemy import Connection, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, Claim
from polycast.campaign.batches import (
    accept,
    claim,
    count_failure,
    forget_failures,
    in_flight,
    lock_campaign,
    move,
    progress,
    put_back,
)
from polycast.campaign.division import divide, refusals
from polycast.campaign.rate_limiter import RateLimiter
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import OutcomeUnknown, PolycastError, ProviderError
from polycast.model.messages import BulkReceipt, State
from polycast.sending.queue import Part, Progress

__all__ = ["SqlQueue", "said_yes"]

_b = schema.batches.c

#: Seconds of back-off without an accepted call after which the campaign pauses.
_PATIENCE = 900.0


@attrs.frozen
class SqlQueue:
    """The batches of one campaign, for one process that runs it.

    Args:
        store: the ledger's database.
        builder: of the campaign's batches.
        owner: this process's id in the ledger.
        rate_limiter: the rate limit of the account.
        concurrency: calls in flight at a time, over all processes; None for no limit.
        wait_for_hours: whether to wait until a batch may be submitted by the hour of the day.
    """

    store: Store
    builder: BatchBuilder
    owner: str
    rate_limiter: RateLimiter
    concurrency: int | None = None
    wait_for_hours: bool = True
    #: When calls in doubt were sent, by `time.monotonic`, by their `submitted_at`.
    left: dict[datetime, float] = attrs.field(factory=dict, eq=False)

    def claim(self) -> Claim | float | None:
        """Take the next planned batch, if it may leave now."""
        return self._do(lambda _: None, claim_next=True)

    def accept(
        self, batch: Claim, answer: BulkReceipt, *, claim_next: bool
    ) -> Claim | float | None:
        """Accept a batch, and claim the next."""

        # One transaction instead of two: each of them waits for the disk.
        def accepted(connection: Connection) -> None:
            forget_failures(connection, self.builder.campaign)
            accept(connection, self.builder.campaign, batch, answer)
            self.rate_limiter.went_through(connection)

        return self._do(accepted, claim_next=claim_next)

    def release(self, batch: Claim, error: PolycastError) -> None:
        """Plan it again."""
        self.store.do(partial(self._release, batch))

    def postpone(self, batch: Claim, error: ProviderError) -> str | None:
        """Plan it again, and back off with all workers, for 15 minutes at most."""

        def postponed(connection: Connection) -> tuple[float, float]:
            self._release(batch, connection)
            asking = self.rate_limiter.hold(connection, error.retry_after)
            return asking, self.rate_limiter.held(connection)

        asking, held = self.store.do(postponed)
        if asking + held <= _PATIENCE:
            return None
        return (
            f"the provider asks to wait longer than {_PATIENCE / 60:.0f} minutes; "
            f"go on {_after(held)}"
        )

    def reject(self, batch: Claim, error: PolycastError) -> None:
        """Record that the provider refused it, with the detail of each named recipient."""
        refused = refusals(error, range(batch.size), batch.size)

        def rejected(connection: Connection) -> None:
            if self._end(connection, batch, BatchState.REJECTED, error) and refused:
                place = {"campaign": self.builder.campaign, "number": batch.number}
                connection.execute(schema.outcomes.insert(), {**place, "outcomes": refused.write()})

        self.store.do(rejected)

    def divide(self, batch: Claim, parts: Sequence[Part]) -> None:
        """Replace it by its parts, each with a number of its own."""
        self.store.do(
            lambda connection: divide(connection, self.builder.campaign, self.owner, batch, parts)
        )

    def doubt(self, batch: Claim, error: PolycastError) -> None:
        """Set it IN_DOUBT, and record whether there was an answer that may have accepted it."""
        self.left[batch.submitted_at] = batch.left
        state = State.UNKNOWN if said_yes(error) else None
        self.store.do(
            lambda connection: self._end(
                connection, batch, BatchState.IN_DOUBT, error, provider_state=state
            )
        )

    def failed(self) -> int:
        """Count one more failed batch of the campaign, over all processes."""
        return self.store.do(lambda connection: count_failure(connection, self.builder.campaign))

    def pause(self, detail: str, error: PolycastError) -> None:
        """Pause the campaign for all processes that run it."""
        campaigns = schema.campaigns
        with self.store.write() as connection:
            connection.execute(
                campaigns.update()
                .where(
                    campaigns.c.id == self.builder.campaign,
                    campaigns.c.state == CampaignState.OPEN,
                )
                .values(state=CampaignState.PAUSED, detail=detail)
            )

    def progress(self) -> Progress:
        """Count the campaign's batches by state."""
        return progress(self.store, self.builder.campaign)

    def _do(self, step: Callable[[Connection], None], *, claim_next: bool) -> Claim | float | None:
        """Take a step, and claim the next batch in the same transaction."""
        tried: list[Claim] = []

        def both(connection: Connection) -> Claim | float | None:
            if claim_next and self.concurrency is not None:
                # The campaign is locked before anything else, or two processes could block each
                # other.
                lock_campaign(connection, self.builder.campaign)
            step(connection)
            if not claim_next:
                return None
            if tried and self._is_mine(connection, tried[0]):
                # It was claimed before the connection was cut, and has not been sent.
                return tried[0]
            if self._is_full(connection):
                return None
            turn = claim(
                connection,
                self.builder,
                self.owner,
                partial(self.rate_limiter.delay, connection),
                wait_for_hours=self.wait_for_hours,
            )
            if isinstance(turn, Claim):
                tried.append(turn)
            return turn

        return self.store.do(both)

    def _is_full(self, connection: Connection) -> bool:
        """Return whether as many calls as are allowed are in flight."""
        return (
            self.concurrency is not None
            and in_flight(connection, self.builder.campaign) >= self.concurrency
        )

    def _is_mine(self, connection: Connection, batch: Claim) -> bool:
        own = select(_b.number).where(
            _b.campaign == self.builder.campaign,
            _b.number == batch.number,
            _b.state == BatchState.SUBMITTING,
            *(_b[name] == value for name, value in self._attempt(batch).items()),
        )
        return connection.scalar(own) is not None

    def _release(self, batch: Claim, connection: Connection) -> None:
        put_back(connection, self.builder.campaign, batch.number, only=self._attempt(batch))

    def _end(
        self,
        connection: Connection,
        batch: Claim,
        state: BatchState,
        error: PolycastError,
        **values: Any,
    ) -> bool:
        return move(
            connection, self.builder.campaign, batch.number, state,
            only=self._attempt(batch), detail=str(error), **values,
        )  # fmt: skip

    def _attempt(self, batch: Claim) -> Mapping[str, Any]:
        """Return the columns that identify this attempt to send the batch."""
        return {"owner": self.owner, "submitted_at": batch.submitted_at}


def said_yes(error: PolycastError) -> bool:
    """Return whether there was an answer, which may have accepted the batch."""
    if not isinstance(error, OutcomeUnknown):
        return False
    status = error.http_status
    return error.raw is not None or (status is not None and 200 <= status < 300)


def _after(seconds: float) -> str:
    """Say when so many seconds will have passed."""
    try:
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return "when it allows it again"
    return f"after {moment:%Y-%m-%d %H:%M:%S} UTC"
