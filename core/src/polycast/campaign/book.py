"""The ledger as the engine's book of batches: every step is on the disk before the next."""

from functools import partial

import attrs
from sqlalchemy import Connection

from polycast.book import Progress
from polycast.campaign import schema
from polycast.campaign.accounts import Turns
from polycast.campaign.batches import Claim, Script, accept, claim, move, progress, put_back
from polycast.campaign.states import BatchState, CampaignState
from polycast.campaign.store import Store
from polycast.errors import PolycastError, ProviderError
from polycast.model import BulkReceipt

__all__ = ["LedgerBook"]

#: Seconds of nothing but requests to slow down, after which the campaign pauses.
_PATIENCE = 900.0


@attrs.frozen
class LedgerBook:
    """The batches of one campaign, for one process that runs it.

    Args:
        store: the ledger's database.
        script: of the campaign.
        owner: this process's id in the ledger.
        turns: how fast.
    """

    store: Store
    script: Script
    owner: str
    turns: Turns

    def claim(self) -> Claim | float | None:
        """Take the next planned batch, if it may leave now."""
        with self.store.write() as connection:
            return self._claim(connection)

    def accept(
        self, batch: Claim, answer: BulkReceipt, *, claim_next: bool
    ) -> Claim | float | None:
        """Accept a batch, and claim the next."""
        # One transaction instead of two: each of them waits for the disk.
        with self.store.write() as connection:
            accept(connection, self.script.campaign, batch, answer)
            self.turns.went_through(connection)
            return self._claim(connection) if claim_next else None

    def release(self, batch: Claim, error: PolycastError) -> None:
        """Plan it again."""
        with self.store.write() as connection:
            self._release(connection, batch)

    def postpone(self, batch: Claim, error: ProviderError) -> bool:
        """Plan it again, and hold all workers back, for a quarter of an hour at most."""
        with self.store.write() as connection:
            self._release(connection, batch)
            return self.turns.hold(connection, error.retry_after) <= _PATIENCE

    def reject(self, batch: Claim, error: PolycastError) -> None:
        """Write down that the provider refused it."""
        self._end(batch, BatchState.REJECTED, error)

    def doubt(self, batch: Claim, error: PolycastError) -> None:
        """Hold it: nobody knows."""
        self._end(batch, BatchState.IN_DOUBT, error)

    def pause(self, words: str, error: PolycastError) -> None:
        """Pause the campaign for everybody who runs it."""
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

    def progress(self) -> Progress:
        """Count the campaign's batches by state."""
        return progress(self.store, self.script.campaign)

    def _claim(self, connection: Connection) -> Claim | float | None:
        return claim(connection, self.script, self.owner, partial(self.turns.delay, connection))

    def _release(self, connection: Connection, batch: Claim) -> None:
        put_back(connection, self.script.campaign, batch.number, only_of=self.owner)

    def _end(self, batch: Claim, state: BatchState, error: PolycastError) -> None:
        with self.store.write() as connection:
            move(
                connection, self.script.campaign, batch.number, state,
                only_of=self.owner, words=str(error),
            )  # fmt: skip
