"""A rate limit shared by all clients of this process that use one account."""

import math
import time
from collections.abc import Generator
from typing import TypeVar

import attrs

from polycast.concurrency.forking import ProcessLock
from polycast.concurrency.waiting import may_wait
from polycast.errors import RateLimited, UsageError
from polycast.model.messages import Broadcast, BulkReceipt, Message, Receipt, Status
from polycast.plugins.hookspecs import Account, hookimpl
from polycast.sending.rate_limiter import HeldBack, Limiter

__all__ = ["RateLimit"]

T = TypeVar("T")

#: One bucket for each account and rate, for as long as the process lives: a client that is
#: connected for one message must not begin with a full one.
_shared: list[tuple[tuple[Account, str], Limiter]] = []
_lock = ProcessLock()


def _clock() -> float:
    return time.monotonic()


def _limiter_of(account: Account, rate: str) -> Limiter:
    # Compared, not hashed: settings need not be hashable.
    with _lock:
        for known, limiter in _shared:
            if known == (account, rate):
                return limiter
        limiter = Limiter(rate, clock=_clock)
        _shared.append(((account, rate), limiter))
        return limiter


@attrs.define(eq=False)
class RateLimit:
    """Lets messages through no faster than a rate, and holds them back after a 429.

    All clients of a process that are connected to one account by one name share the rate; so do
    those that are given the same instance. Messages leave evenly, from the first. Sends wait for
    their turn; statuses, actions and look-ups never do, for what stops a broadcast must not queue
    behind it. A 429 that comes back, whatever was asked, holds all sends back for as long as the
    provider says, else longer each time. Nothing is repeated.

    A message whose turn is too far away is refused. A campaign, and a broadcast of several calls,
    wait for their turn before they take a batch in hand, however long its size takes; a broadcast
    of one call waits in that call.

    Args:
        rate: `"100/s"`, `"5000/min"` (messages) or `"2500 calls/h"`.
        patience: seconds that a message waits at most, and a batch after a 429. One that would
            wait longer is refused with `RateLimited`, whose `retry_after` says how long; it was
            not sent, and is safe to retry.

    Raises:
        UsageError: the rate is not written as one.
    """

    rate: str
    patience: float = 60.0
    _limiter: Limiter | None = attrs.field(default=None, init=False)
    _provider: str = attrs.field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        Limiter(self.rate)  # a rate that is none is told at once
        if not self.patience >= 0:
            raise UsageError("patience is a number of seconds, or 0 for none.")

    @hookimpl
    def connected(self, account: Account) -> None:
        """Use the account's bucket; several clients with this instance share the first one's."""
        if self._limiter is None:
            self._limiter = _limiter_of(account, self.rate)
            self._provider = account.provider

    @hookimpl(wrapper=True)
    def send(self, message: Message) -> Generator[None, Receipt, Receipt]:
        """Wait until one message may be sent."""
        self._wait("send", 1, self.patience)
        return (yield from self._passed())

    @hookimpl(wrapper=True)
    def send_bulk(self, broadcast: Broadcast) -> Generator[None, BulkReceipt, BulkReceipt]:
        """Wait until a whole batch may be sent."""
        # A batch larger than the rate waits for its share, and is then sent whole.
        self._wait("send_bulk", sum(1 for _ in broadcast.recipients), math.inf)
        return (yield from self._passed())

    @hookimpl(wrapper=True)
    def status(self) -> Generator[None, Status, Status]:
        """After a 429 to a status request, delay the sends."""
        return (yield from self._heard())

    @hookimpl(wrapper=True)
    def control(self) -> Generator[None, Status, Status]:
        """After a 429 to an action, delay the sends."""
        return (yield from self._heard())

    @hookimpl(wrapper=True)
    def lookup(self) -> Generator[None, BulkReceipt | None, BulkReceipt | None]:
        """After a 429 to a lookup, delay the sends."""
        return (yield from self._heard())

    @property
    def _bucket(self) -> Limiter:
        assert self._limiter is not None, "a wrapper acts only once it is connected"
        return self._limiter

    def _wait(self, operation: str, messages: int, longest: float) -> None:
        give_up = _clock() + longest
        while (pause := self._bucket.delay(messages)) > 0:
            too_long = _clock() + pause > give_up or self._bucket.held() > self.patience
            if too_long or not may_wait():
                raise (RateLimited if may_wait() else HeldBack)(
                    f"it is held back here, by your rate limit of {self.rate}.",
                    provider=self._provider,
                    operation=operation,
                    retry_after=pause,
                )
            time.sleep(pause)

    def _passed(self) -> Generator[None, T, T]:
        answer: T = yield from self._heard()
        self._bucket.went_through()
        return answer

    def _heard(self) -> Generator[None, T, T]:
        try:
            return (yield)
        except RateLimited as error:
            self._bucket.hold(error.retry_after)
            raise
