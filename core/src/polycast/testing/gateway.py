"""What providers in memory were given, and what a test makes of it."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import attrs

from polycast.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    PolycastError,
    ProviderError,
    UsageError,
)
from polycast.model.messages import (
    Action,
    Broadcast,
    CallbackRequest,
    Message,
    Recipient,
    State,
)

__all__ = ["InMemoryGateway", "SentMessage"]

#: Where a message can still be stopped.
_WAITING = frozenset({State.QUEUED, State.SCHEDULED, State.SENDING})
#: From where a message can still get anywhere.
_MOVING = _WAITING | {State.SENT}


@attrs.define(eq=False)
class SentMessage:
    """One message to one recipient, as the provider was given it.

    Args:
        provider: the provider's name.
        id: what the receipt said; `status` takes it.
        to: the address.
        text: what the recipient reads, placeholders filled in; None where there is none.
        request: the `Message` or `Broadcast` that it came in, with all its other fields.
        reference: the recipient's own.
        call: the id of the broadcast, or of the message itself where it came alone.
        at: when the provider was given it.
        state: where it is now.
        detail: the provider's word for that.
    """

    provider: str
    id: str
    to: str
    text: str | None
    request: Message | Broadcast = attrs.field(repr=False)
    reference: str | None = None
    call: str = ""
    at: datetime = attrs.field(factory=lambda: datetime.now(UTC), repr=False)
    state: State = State.QUEUED
    detail: str | None = None

    @property
    def sender(self) -> str | None:
        """The name or number that it comes from."""
        return self.request.sender


@attrs.frozen
class _Fault:
    """What goes wrong with the next call of a kind."""

    hooks: frozenset[str]
    error: Callable[[str, str], PolycastError]
    arrives: bool = False


_SENDING = frozenset({"send", "send_bulk"})


class InMemoryGateway:
    """Everything that providers in memory were given, and what becomes of it.

    Several of them may share one; it may be shared between threads.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._messages: list[SentMessage] = []
        self._deleted: set[str] = set()
        self._calls = 0
        self._faults: deque[_Fault] = deque()

    @property
    def messages(self) -> list[SentMessage]:
        """Every message that a provider was given, in order, one per recipient."""
        with self._lock:
            return list(self._messages)

    def fail_next(
        self,
        error: PolycastError | type[ProviderError | OutcomeUnknown],
        detail: str = "",
        *,
        hook: str | None = None,
        times: int = 1,
    ) -> None:
        """Let the provider answer the next call with an error; nothing is sent by it.

        Args:
            error: the error, or its class: `fail_next(Rejected, "No such number")`.
            detail: what the provider says, where `error` is a class.
            hook: which call is meant, e.g. `"status"`; the next one that sends, by default.
            times: how many of these calls fail.
        """
        _check_error(error)

        def make(provider: str, operation: str) -> PolycastError:
            if isinstance(error, PolycastError):
                return error
            return error(detail, provider=provider, operation=operation)

        self._add_faults(_Fault(frozenset({hook}) if hook else _SENDING, make), times)

    def lose_next_reply(self, *, arrived: bool = True) -> None:
        """Lose the reply to the next call that sends: `OutcomeUnknown` is raised.

        Args:
            arrived: whether the provider accepts it although the call fails.
        """

        def make(provider: str, operation: str) -> PolycastError:
            return OutcomeUnknown("the reply was lost", provider=provider, operation=operation)

        self._add_faults(_Fault(_SENDING, make, arrived), 1)

    def deliver(
        self, *, to: str | None = None, state: State = State.DELIVERED, detail: str | None = None
    ) -> list[SentMessage]:
        """Move messages on, and return those that were moved.

        What is paused stays, and so does what has come to an end; but what is delivered can still
        be read.

        Args:
            to: the recipient; all when not given.
            state: where they get to.
            detail: the provider's word for it.
        """
        moving = _MOVING | {State.DELIVERED} if state is State.READ else _MOVING
        with self._lock:
            moved = [
                each
                for each in self._messages
                if to in (None, each.to) and each.state in moving and each.state is not state
            ]
            for each in moved:
                each.state, each.detail = state, detail
            return moved

    def callback(self, messages: Iterable[SentMessage] | None = None) -> CallbackRequest:
        """Return what the provider would push to a `callback_url`, for `Client.receive`.

        Args:
            messages: whose states are told; all by default.
        """
        rows = [
            {
                "id": each.id,
                "to": each.to,
                "state": each.state,
                "reference": each.reference,
                "detail": each.detail,
            }
            for each in (self.messages if messages is None else messages)
        ]
        return CallbackRequest(
            body=json.dumps({"reports": rows}).encode(),
            headers={"Content-Type": "application/json"},
        )

    def clear(self) -> None:
        """Forget every message, and what was to go wrong."""
        with self._lock:
            self._messages.clear()
            self._deleted.clear()
            self._faults.clear()

    # What the provider asks.

    def take(
        self,
        provider: str,
        hook: str,
        request: Message | Broadcast,
        texts: Sequence[tuple[Recipient, str | None]],
    ) -> list[SentMessage]:
        """Take messages on, or fail as a test has asked."""
        with self._lock:
            fault = self._fault(hook)
            if fault is None or fault.arrives:
                self._calls += 1
                state = State.SCHEDULED if request.send_at else State.QUEUED
                before = len(self._messages)
                taken = [
                    SentMessage(
                        provider, f"message:{before + place}", recipient.to, text, request,
                        recipient.reference, state=state,
                    )
                    for place, (recipient, text) in enumerate(texts, start=1)
                ]  # fmt: skip
                for each in taken:
                    each.call = f"broadcast:{self._calls}" if hook == "send_bulk" else each.id
                self._messages += taken
        if fault is not None:
            raise fault.error(provider, hook)
        return taken

    def find(self, provider: str, hook: str, id: str) -> list[SentMessage]:
        """Return the messages behind an id, or fail as a test has asked."""
        with self._lock:
            fault = self._fault(hook)
            found = [
                each
                for each in self._messages
                if id in (each.id, each.call) and each.call not in self._deleted
            ]
        if fault is not None:
            raise fault.error(provider, hook)
        if not found:
            raise NotFound(f"there is no {id}", provider=provider, operation=hook)
        return found

    def move(self, provider: str, id: str, action: Action) -> list[SentMessage]:
        """Do to messages what `control` asks for."""
        with self._lock:
            found = self.find(provider, "control", id)
            wanted = frozenset({State.PAUSED}) if action is Action.RESUME else _WAITING
            if action in (Action.STOP, Action.DELETE):
                wanted |= {State.PAUSED}
            moved = [each for each in found if each.state in wanted]
            if not moved and action is not Action.DELETE:
                states = ", ".join(sorted({each.state for each in found}))
                raise Conflict(f"{id} is {states}", provider=provider, operation="control")
            for each in moved:
                each.state = _AFTER[action]
            if action is Action.DELETE:
                self._deleted.update(each.call for each in found)
            return found

    def called(self, provider: str, since: datetime) -> list[list[SentMessage]]:
        """Return what each call to a provider since a moment has brought."""
        with self._lock:
            calls: dict[str, list[SentMessage]] = {}
            for each in self._messages:
                if each.provider == provider and each.at >= since:
                    calls.setdefault(each.call, []).append(each)
        return list(calls.values())

    def _fault(self, hook: str) -> _Fault | None:
        for fault in self._faults:
            if hook in fault.hooks:
                self._faults.remove(fault)
                return fault
        return None

    def _add_faults(self, fault: _Fault, times: int) -> None:
        if times < 1:
            raise UsageError("times is a positive whole number.")
        with self._lock:
            self._faults.extend([fault] * times)


def _check_error(error: object) -> None:
    if isinstance(error, type):
        known = issubclass(error, ProviderError | OutcomeUnknown)
    else:
        known = isinstance(error, PolycastError)
    if not known:
        raise UsageError(
            f"{error!r} is none of Polycast's errors, and providers raise no others: give e.g. "
            'polycast.Rejected, "No such number".'
        )


_AFTER = {
    Action.PAUSE: State.PAUSED,
    Action.RESUME: State.QUEUED,
    Action.STOP: State.CANCELLED,
    Action.DELETE: State.CANCELLED,
}
