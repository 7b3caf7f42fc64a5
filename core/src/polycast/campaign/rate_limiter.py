"""The rate limit of an account, shared by all processes that run its campaigns on one ledger."""

import time
from typing import Any, Protocol

import attrs
from sqlalchemy import Connection, Float, bindparam, cast, extract, func, select
from sqlalchemy.dialects import postgresql, sqlite

from polycast.campaign import schema
from polycast.campaign.store import Store
from polycast.sending.rate_limiter import Limiter, Pace, Rate

__all__ = ["LocalRateLimiter", "RateLimiter", "SharedRateLimiter"]

_a = schema.accounts.c

# Built once, because they run before every call. A server uses its own clock; a file is locked
# as a whole while it is written.
_ITS: Any = cast(extract("epoch", func.clock_timestamp()), Float)
_BY_ITS = select(schema.accounts, _ITS.label("now")).where(_a.account == bindparam("asked"))
_BY_OURS = select(schema.accounts, bindparam("ours", type_=Float).label("now")).where(
    _a.account == bindparam("asked")
)


class RateLimiter(Protocol):
    """A rate limit that is used within the transactions of the ledger."""

    def delay(self, connection: Connection, messages: int) -> float:
        """Let a call with so many messages through, or return the seconds to wait."""

    def hold(self, connection: Connection, seconds: float | None) -> float:
        """Let nothing through for a time, as `Limiter.hold` does."""

    def held(self, connection: Connection) -> float:
        """Return the seconds of back-off that remain."""

    def went_through(self, connection: Connection) -> None:
        """Record that the provider accepted a call."""


@attrs.frozen
class LocalRateLimiter:
    """The rate limit of a `Limiter` in memory, within one process."""

    limiter: Limiter

    def delay(self, connection: Connection, messages: int) -> float:
        """Ask the limiter."""
        return self.limiter.delay(messages)

    def hold(self, connection: Connection, seconds: float | None) -> float:
        """Tell the limiter."""
        return self.limiter.hold(seconds)

    def held(self, connection: Connection) -> float:
        """Ask the limiter."""
        return self.limiter.held()

    def went_through(self, connection: Connection) -> None:
        """Tell the limiter."""
        self.limiter.went_through()


@attrs.define(eq=False)
class SharedRateLimiter:
    """The rate limit of one account, shared by all who run its campaigns on one ledger.

    Each call takes its part of the account's time, by the rate of whoever makes it; so processes
    that name one rate keep to it together. A 429 that one of them meets holds all of them.

    Args:
        store: the ledger's database.
        account: its provider and profile.
        rate: how fast; None for no limit but the provider's.
    """

    store: Store
    account: str
    rate: Rate | None
    #: Whether the provider was asking to slow down, when the row was last looked at.
    _asking: bool = True

    def begin(self, *, forget_holds: bool = False) -> None:
        """Create the account's row where there is none.

        Args:
            forget_holds: end a back-off that goes on, on the operator's word.
        """
        insert = sqlite.insert if self.store.is_sqlite else postgresql.insert
        with self.store.read() as connection:
            known = connection.scalar(select(_a.account).where(_a.account == self.account))
        if known is not None and not forget_holds:
            return
        free = {"held_until": 0.0, "held_since": None, "holds": 0}
        new = insert(schema.accounts).values(
            account=self.account, busy_until=0.0, counted=0.0, **free
        )
        with self.store.write() as connection:
            connection.execute(
                new.on_conflict_do_update(index_elements=[_a.account], set_=free)
                if forget_holds
                else new.on_conflict_do_nothing()
            )

    def delay(self, connection: Connection, messages: int) -> float:
        """Let a call with so many messages through, or return the seconds to wait."""
        # Without a rate there is nothing to write, and so nothing to queue for.
        pace, now = self._read(connection, lock=self.rate is not None)
        taken = pace.acquire(self.rate, messages, now)
        if isinstance(taken, float):
            return taken
        if self.rate is not None:
            self._write(connection, taken, now)
        return 0.0

    def hold(self, connection: Connection, seconds: float | None) -> float:
        """Let nothing through for a time, as `Limiter.hold` does."""
        pace, now = self._read(connection, lock=True)
        pace = pace.backed_off(seconds, now)
        self._write(connection, pace, now)
        self._asking = True
        return pace.backoff_age(now)

    def held(self, connection: Connection) -> float:
        """Return the seconds of back-off that remain."""
        pace, now = self._read(connection, lock=False)
        return max(0.0, pace.held_until - now)

    def went_through(self, connection: Connection) -> None:
        """Record that the provider accepted a call."""
        if not self._asking:
            return
        connection.execute(
            schema.accounts.update()
            .where(_a.account == self.account, _a.held_since.is_not(None))
            .values(held_since=None, holds=0)
        )

    def _read(self, connection: Connection, *, lock: bool) -> tuple[Pace, float]:
        """Return the pace, and the moment by the clock that all of them share."""
        asked = {"asked": self.account}
        if self.store.is_sqlite:
            row = connection.execute(_BY_OURS, {**asked, "ours": time.time()}).one()
        else:
            row = connection.execute(_BY_ITS.with_for_update() if lock else _BY_ITS, asked).one()
        self._asking = row.held_since is not None
        pace = Pace(row.busy_until, row.held_until, row.held_since, row.holds)
        # The clock has been set back since: shift the state, or all would wait until it caught up.
        return (pace.moved(row.now - row.counted) if row.counted > row.now else pace), row.now

    def _write(self, connection: Connection, pace: Pace, now: float) -> None:
        connection.execute(
            schema.accounts.update()
            .where(_a.account == self.account)
            .values(**attrs.asdict(pace), counted=now)
        )
