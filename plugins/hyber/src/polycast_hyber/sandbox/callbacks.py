"""Reports that the platform pushes: what is due, and how it is posted."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from polycast_hyber.sandbox.response import loose, pushed
from polycast_hyber.sandbox.state import Message, Step

__all__ = ["Due", "Push", "due_reports", "pushes"]


@frozen
class Due:
    """A report that somebody waits for."""

    url: str
    message: Message
    step: Step


@frozen
class Push:
    """A request that the platform made to a callback URL.

    Attributes:
        url: the callback URL.
        body: what was posted, JSON.
        reports: the reports in it.
        status: the HTTP status it was answered with. None when nobody answered, as with every
            address outside this machine, to which nothing is sent.
    """

    url: str
    body: bytes
    reports: tuple[Due, ...]
    status: int | None = None

    @property
    def was_taken(self) -> bool:
        """Whether the answer says that the reports arrived."""
        return self.status is not None and 200 <= self.status < 300


def due_reports(messages: Iterable[Message], now: datetime, told: Mapping[str, int]) -> list[Due]:
    """Return what has become final and was not told yet, oldest first.

    Args:
        messages: whose.
        now: the present moment.
        told: how many reports of a message were taken already, by its id.
    """
    due = [
        Due(message.callback_url, message, step)
        for message in messages
        if message.callback_url is not None
        for step in [step for step in message.steps(now) if step.is_final and not step.was_seen][
            told.get(message.id, 0) :
        ]
    ]
    return sorted(due, key=lambda one: one.step.at)


def pushes(due: Iterable[Due], *, in_batches: bool, is_loose: bool) -> list[Push]:
    """Make the requests: one for each report, or one for each URL."""

    def told(one: Due) -> dict[str, object]:
        report = pushed(one.message, one.step, in_batch=in_batches)
        return loose(report) if is_loose else report

    if not in_batches:
        return [Push(one.url, _written(told(one)), (one,)) for one in due]
    by_url: dict[str, list[Due]] = {}
    for one in due:
        by_url.setdefault(one.url, []).append(one)
    return [
        Push(url, _written([told(one) for one in batch]), tuple(batch))
        for url, batch in by_url.items()
    ]


def _written(reports: object) -> bytes:
    return json.dumps(reports, ensure_ascii=False).encode()
