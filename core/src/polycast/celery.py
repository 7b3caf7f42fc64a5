"""Tasks for Celery: campaigns step by step, and single messages by a key.

    from celery import Celery
    from polycast.celery import install

    app = Celery("tasks", broker="redis://localhost")
    polycast_tasks = install(app, ledger="postgresql://localhost/polycast")

A broker may lose a task, and a worker may be killed: `kick`, which Celery's beat calls, starts the
steps of every campaign that has something to send. So the ledger alone decides what is sent, and no
task is needed twice.

This module needs the extra `polycast[celery]`.
"""

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import attrs
from celery import Celery

from polycast.campaign import Ledger
from polycast.client import Client
from polycast.connecting import connect
from polycast.errors import LedgerError, PolycastError, UsageError
from polycast.model.messages import Message
from polycast.model.validators import check_seconds, check_whole_number
from polycast.sending.dispatcher import WORKERS
from polycast.sending.rate_limiter import Rate

__all__ = ["Tasks", "install"]

#: Seconds until a message is tried again, where the error does not say.
_LATER = 30.0
#: How often a message is tried again.
_TRIES = 20

logger = logging.getLogger("polycast.celery")


@attrs.frozen
class Tasks:
    """The tasks that `install` has added to an app; call them with `.delay(...)`.

    Args:
        kick: starts the steps of every open campaign that has something to send. Beat calls it;
            call it after `Ledger.plan`, too, and sending begins at once.
        step: `(campaign, until)`: sends one batch of the campaign, and puts itself into the queue
            again until the moment `until`, in seconds since 1970.
        send: `(profile, message, key)`: sends a message once, `message` being `Message.to_dict()`.
            It is tried again for as long as that is safe. Its result is `Receipt.to_dict()`.
    """

    kick: Any
    step: Any
    send: Any


@attrs.define(eq=False)
class _Accounts:
    """The ledger and the clients of this process, opened when they are first used."""

    url: str | os.PathLike[str] | None
    connect: Callable[[str], Client]
    _ledger: Ledger | None = None
    _clients: dict[str, Client] = attrs.field(factory=dict)

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger.open(self.url)
        return self._ledger

    def client(self, profile: str) -> Client:
        if profile not in self._clients:
            # Of two threads that connect at once, one client is used from then on.
            self._clients.setdefault(profile, self.connect(profile))
        return self._clients[profile]


def install(
    app: Celery,
    *,
    ledger: str | os.PathLike[str] | None = None,
    connect: Callable[[str], Client] = connect,
    every: float = 30.0,
    concurrency: int = WORKERS,
    rate: str | Rate | None = None,
) -> Tasks:
    """Add the tasks `polycast.kick`, `polycast.step` and `polycast.send`, and a beat entry.

    Call it where the app is made, in workers and in what sends tasks. Nothing is opened or
    connected before a task runs.

    Args:
        app: the Celery app.
        ledger: as of `Ledger.open`: a server, where workers run on several machines.
        connect: connects the account of a campaign or a message by the name of its profile.
        every: seconds between two kicks by beat. After a worker was killed, or a broker has lost
            its tasks, a campaign goes on after at most as long.
        concurrency: calls in flight at a time for each campaign, over all workers.
        rate: of each account, shared by all workers: `"100/s"`, `"5000/min"` or `"2500 calls/h"`.

    Raises:
        UsageError: a number makes no sense.
    """
    check_seconds("every", every)
    if every < 1:
        raise UsageError(f"every is at least 1 second, not {every:g}.")
    check_whole_number("concurrency", concurrency)
    Rate.of(rate)
    accounts = _Accounts(ledger, connect)

    def kick() -> None:
        until = time.time() + every
        for campaign in accounts.ledger.sending():
            for _ in range(concurrency):
                _start(campaign.id, until, 0.0)

    def step(campaign: str, until: float) -> None:
        try:
            chosen = accounts.ledger.campaign(campaign)
        except UsageError as error:
            logger.info("%s", error)  # it was removed since
            return
        done = chosen.step(accounts.client(chosen.profile), concurrency=concurrency, rate=rate)
        if not (done.done or done.busy) and time.time() + done.wait < until:
            _start(campaign, until, done.wait)

    def _start(campaign: str, until: float, wait: float) -> None:
        # What lies in the queue until the next kick is dropped: that one starts steps anew.
        left = max(1.0, until - time.time())
        tasks.step.apply_async((campaign, until), countdown=wait or None, expires=left)

    def send(task: Any, profile: str, message: dict[str, Any], key: str) -> dict[str, Any]:
        client = accounts.client(profile)
        try:
            receipt = accounts.ledger.send(
                client, Message.from_dict(message), key=key, profile=profile
            )
        except PolycastError as error:
            # With a key, calling again is safe, and makes sense where it may learn more.
            asks = error.carried_out is None and client.features.lookup
            if not (error.safe_to_retry or asks or isinstance(error, LedgerError)):
                raise
            wait = getattr(error, "retry_after", None)
            raise task.retry(exc=error, countdown=_LATER if wait is None else wait) from error
        return receipt.to_dict()

    tasks = Tasks(
        kick=app.task(kick, name="polycast.kick", ignore_result=True),
        step=app.task(step, name="polycast.step", ignore_result=True),
        # Late: a worker that is killed leaves the task to another.
        send=app.task(
            send, name="polycast.send", bind=True, max_retries=_TRIES, acks_late=True,
            reject_on_worker_lost=True,
        ),
    )  # fmt: skip
    app.add_periodic_task(every, tasks.kick.s(), name="polycast-kick", expires=every)
    return tasks
