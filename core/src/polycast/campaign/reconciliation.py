"""Reconciles IN_DOUBT batches: looks them up at the provider, or holds them for the operator."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Row, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import BatchBuilder, Claim, aware
from polycast.campaign.batches import (
    accept,
    hold_orphans,
    is_stopped,
    move,
    owners_in_flight,
    put_back,
)
from polycast.campaign.leases import dead_owners
from polycast.campaign.same_ids import owner_of_id
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of
from polycast.errors import OutcomeUnknown, PolycastError
from polycast.model.messages import BulkReceipt

__all__ = ["MARGIN", "Reconciliation", "adopt_orphans"]

logger = logging.getLogger("polycast.campaign")

_b = schema.batches.c

#: How much earlier than it was sent a provider may date a batch: some give whole seconds, and
#: clocks differ a little.
MARGIN = timedelta(seconds=2)


def adopt_orphans(store: Store, campaign: str) -> None:
    """Set the batches that ended processes were submitting IN_DOUBT, and log a warning."""
    dead = dead_owners(store, owners_in_flight(store, campaign))
    if dead and (held := hold_orphans(store, campaign, dead)):
        logger.warning(
            "%s: the processes that were sending %d of its batches have ended; these are in doubt",
            campaign,
            held,
        )


@attrs.define(eq=False)
class Reconciliation:
    """The batches of a campaign that are in doubt, as one run settles them.

    Args:
        store: the ledger's database.
        client: the account; asked about them.
        builder: of the campaign's batches.
        in_flight_grace: seconds that a request may be on its way, and that a list may lag behind.
        left: when the calls of this process left, by `time.monotonic`, by the moment that the
            ledger knows them by.
    """

    store: Store
    client: Client
    builder: BatchBuilder
    in_flight_grace: float
    left: Mapping[datetime, float]
    #: What this run has sent again: it is not sent a third time.
    _resent: set[int] = attrs.field(init=False, factory=set)

    def wait_before_asking(self) -> float:
        """Return the seconds until the last of them may be asked about, at most `in_flight_grace`.

        A request that left just before its process ended may still be on its way: asked too early,
        the provider would say that it does not have it, and a moment later have it.
        """
        # A clock that was set back may make an attempt seem to lie ahead.
        waits = [self.in_flight_grace - self._age(_moment(row)) for row in self._rows()]
        return min(self.in_flight_grace, max((0.0, *waits)))

    def ask(self, wait: Callable[[float], None]) -> None:
        """Ask the provider about each of them, while nothing of the campaign is in flight.

        A batch that the provider has is accepted. One that it does not have is planned again, once
        in a run, if a second look-up after `in_flight_grace` seconds says the same, because lists
        may lag. It stays in doubt if the answer to the call had said that it was taken. An answer
        that fits several batches proves nothing about any of them: those stay in doubt. If the
        provider can only name candidates, and all of them are other batches of the campaign, it
        does not have the batch.

        Args:
            wait: waits so many seconds.
        """
        rows = self._rows()
        answers = {row.number: self._find(row) for row in rows}
        absent = [row for row in rows if answers[row.number] is None]
        if absent:
            wait(self.in_flight_grace)
            answers |= {row.number: self._find(row) for row in absent}
        occurrences = Counter(
            answer.id
            for answer in answers.values()
            if isinstance(answer, BulkReceipt) and answer.id
        )
        for row in rows:
            answer = answers[row.number]
            if answer is None:
                answer = self._plan_again(row)
            if isinstance(answer, BulkReceipt):
                answer = self._accept(row, answer, unique=occurrences[answer.id or ""] < 2)
            if answer is not None:
                self._hold(row, answer)

    def resend(self) -> None:
        """Plan every batch in doubt again, on the operator's word.

        Whoever got such a batch gets it a second time.
        """
        with self.store.write() as connection:
            if is_stopped(connection, self.builder.campaign):
                return
            in_doubt = [_b.campaign == self.builder.campaign, _b.state == BatchState.IN_DOUBT]
            self._resent.update(connection.scalars(select(_b.number).where(*in_doubt)))
            connection.execute(
                schema.batches.update()
                .where(*in_doubt)
                .values(state=BatchState.PLANNED, owner=None, detail=None)
            )

    def _rows(self) -> Sequence[Any]:
        with self.store.read() as connection:
            return connection.execute(
                select(_b.number, _b.size, _b.submitted_at, _b.provider_state)
                .where(_b.campaign == self.builder.campaign, _b.state == BatchState.IN_DOUBT)
                .order_by(_b.number)
            ).all()

    def _load(self, row: "Row[Any]") -> Claim:
        with self.store.read() as connection:
            return self.builder.load(connection, row)

    def _age(self, submitted_at: datetime) -> float:
        """Return how many seconds ago a call left; negative where our clock was set back since."""
        left = self.left.get(submitted_at)
        if left is not None:
            return time.monotonic() - left
        return (datetime.now(UTC) - submitted_at).total_seconds()

    def _find(self, row: "Row[Any]") -> BulkReceipt | str | None:
        """Look up one batch: return what the provider has, None, or why it is not known."""
        age = self._age(_moment(row))
        if age < 0:
            return "our clock has been set back since it was sent, so it cannot be asked about"
        since = min(_moment(row), datetime.now(UTC) - timedelta(seconds=age)) - MARGIN
        try:
            return caller_of(self.client).lookup(self._load(row).broadcast, since)
        except OutcomeUnknown as error:
            # Only of this campaign: another may have gone by another account, with ids of its own.
            if error.candidates and error.candidates <= self._accepted():
                return None
            return error.detail or str(error)
        except PolycastError as error:
            return f"the provider could not be asked: {error}"

    def _plan_again(self, row: "Row[Any]") -> str | None:
        """Plan again what the provider does not have; or return why it stays in doubt."""
        if row.provider_state is not None:
            return "the provider answered that it took it, and does not list it"
        if row.number in self._resent:
            return "it was sent again in this run, and the provider does not list it"
        with self.store.write() as connection:
            # Another process may have sent it again meanwhile: that is another attempt.
            if put_back(
                connection, self.builder.campaign, row.number,
                only_from=[BatchState.IN_DOUBT], only={"submitted_at": _moment(row)}, detail=None,
            ):  # fmt: skip
                self._resent.add(row.number)
        return None

    def _accept(self, row: "Row[Any]", answer: BulkReceipt, *, unique: bool) -> str | None:
        """Accept what the provider has; or return why that proves nothing about the batch."""
        campaign = self.builder.campaign
        claim = self._load(row)
        with self.store.write() as connection:
            other = None if unique or not answer.id else "another batch in doubt"
            if answer.id and not other:
                other = owner_of_id(
                    connection, self.client.provider_name, answer.id,
                    but_batch=(campaign, row.number),
                )  # fmt: skip
            if not other:
                accept(connection, campaign, claim, answer)
                return None
        return f"the provider knows one alike, which may be {other}"

    def _hold(self, row: "Row[Any]", detail: str) -> None:
        with self.store.write() as connection:
            move(
                connection, self.builder.campaign, row.number, BatchState.IN_DOUBT,
                only_from=[BatchState.IN_DOUBT], detail=detail,
            )  # fmt: skip

    def _accepted(self) -> set[str]:
        """Return the provider's ids of the campaign's batches that it has for certain."""
        with self.store.read() as connection:
            return set(
                connection.scalars(
                    select(_b.provider_id).where(
                        _b.campaign == self.builder.campaign,
                        _b.state == BatchState.ACCEPTED,
                        _b.provider_id.is_not(None),
                    )
                )
            )


def _moment(row: "Row[Any]") -> datetime:
    """Return when a batch was claimed, as the ledger knows it."""
    return aware(row.submitted_at) or datetime.now(UTC)
