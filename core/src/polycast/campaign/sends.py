"""Single messages: each is recorded before it leaves, and one that has a key leaves once."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Connection, Row, select

from polycast.campaign import schema
from polycast.campaign.batch_builder import aware
from polycast.campaign.doubt import Doubt
from polycast.campaign.keys import holder_of, take_key
from polycast.campaign.leases import LEASE, awake, has_ended, machine, this_process
from polycast.campaign.queue import said_yes
from polycast.campaign.recipient_results import bare_address
from polycast.campaign.reconciliation import MARGIN
from polycast.campaign.registering import check_same, new_id
from polycast.campaign.states import BatchState
from polycast.campaign.store import Store
from polycast.client import Client, caller_of, prepare_message
from polycast.concurrency.fence import fenced
from polycast.errors import (
    ClaimExpired,
    InFlight,
    KeyReused,
    LedgerError,
    PolycastError,
)
from polycast.model.messages import Message, Receipt, State
from polycast.sending.dispatcher import is_refusal

__all__ = ["SingleSend"]

#: Seconds after which a living process is asked again whether it has sent the message.
_SOON = 1.0

_s = schema.sends.c


@attrs.frozen
class _Attempt:
    """One call to the provider, by this process.

    Args:
        id: of the message in the ledger.
        number: how many calls were made for it, this one included.
        time: seconds after which the call is over for certain.
        claimed: when it was claimed, by a clock that cannot be set.
        posted: whether it waits for its delivery, if it was not carried out.
    """

    id: str
    number: int
    time: float = LEASE
    claimed: float = attrs.field(factory=awake)
    posted: bool = False

    def check(self) -> None:
        """Refuse to send, where another process may soon take this one for dead.

        Raises:
            ClaimExpired: half of the time of the call has passed.
        """
        silent = awake() - self.claimed
        if silent > self.time / 2:
            raise ClaimExpired(
                f"Nothing was sent: {silent:.0f} s have passed since the message was claimed, "
                "because this process slept. Call again."
            )


@attrs.frozen
class SingleSend:
    """One message, as it is sent and recorded.

    Args:
        store: the ledger's database.
        client: the account.
        message: what to send.
        profile: the name that the account was connected by.
        key: what makes it the only one; None where there may be others like it.
        settle: seconds that a request may be on its way after its process died, and that a
            provider's lists may lag behind.
        resend_in_doubt: the caller's word to send again what is in doubt.
        suppression: the ledger's own rule of who must not be written to; None for no rule.
    """

    store: Store
    client: Client
    message: Message
    profile: str
    key: str | None
    settle: float
    resend_in_doubt: bool
    suppression: Callable[[str], str | None] | None = attrs.field(repr=False)
    content: str = attrs.field(init=False, repr=False)
    _doubt: Doubt = attrs.field(init=False, repr=False)

    @content.default
    def _written(self) -> str:
        return json.dumps(self.message.to_dict())

    @_doubt.default
    def _asking(self) -> Doubt:
        return Doubt(self.store, self.client, self.message, self.key, self.resend_in_doubt)

    def __call__(self) -> Receipt:
        """Send it, or return what became of it before.

        Raises:
            UsageError: it cannot be sent as asked, or the key belongs to something else.
            InFlight: another process is sending it, or its outcome is looked up later.
            ProviderError: the provider refused it, or was not reached.
            OutcomeUnknown: nobody knows whether the provider has it.
            LedgerError: the ledger cannot be written.
        """
        while True:
            row = None if self.key is None else self._present(self.key)
            if row is not None and row.state == BatchState.SUBMITTING:
                self._adopt(row)
                continue
            if row is not None and (receipt := self._earlier(row)) is not None:
                return receipt
            prepared = prepare_message(
                caller_of(self.client), self.message, suppression=self.suppression
            )
            try:
                attempt = self._claim(row)
            except LedgerError as error:
                error.carried_out = False
                raise
            if attempt is None:
                continue
            try:
                with fenced(attempt.check):
                    receipt = caller_of(self.client).send(prepared)
            except BaseException as error:
                self._fail(attempt, error)
                raise
            return self._accept(attempt, receipt)

    def _present(self, key: str) -> "Row[Any] | None":
        """Return the message that has the key, if any has.

        Raises:
            KeyReused: something else has it.
        """
        with self.store.read() as connection:
            holder = holder_of(connection, key)
            row = connection.execute(select(schema.sends).where(_s.id == holder)).one_or_none()
        if holder is None:
            return None
        if row is None:
            what = (
                holder if holder.startswith("c-") else "a message that was removed from the ledger"
            )
            raise KeyReused(f"The key {key!r} belongs to {what}: take another one.")
        name = f"the message to {json.loads(row.content)['to']}"
        check_same(row, name, self.client.provider_name, self.profile, self.content)
        return row

    # What an earlier call with the same key has left.

    def _earlier(self, row: "Row[Any]") -> Receipt | None:
        """Return the receipt of an earlier call; None where the message certainly did not leave."""
        if row.state == BatchState.ACCEPTED:
            return read_receipt(row)
        if row.state == BatchState.IN_DOUBT:
            return self._look_up(row)
        return None

    def _adopt(self, row: "Row[Any]") -> None:
        """Set a message in doubt whose process died while it was sending.

        Raises:
            InFlight: the process lives, as far as that can be known.
        """
        until = aware(row.claimed_until) or datetime.now(UTC)
        is_over = datetime.now(UTC) > until
        if row.machine == machine() and not is_over:
            is_over = has_ended(str(row.process))
        if not is_over:
            raise InFlight(
                f"Another process is sending the message with the key {row.key!r}. Call again with "
                "the same key to learn what became of it.",
                _SOON,
            )
        self._move(
            row, BatchState.IN_DOUBT, detail="the process that was sending it ended before it "
            "noted an answer",
        )  # fmt: skip

    def _look_up(self, row: "Row[Any]") -> Receipt | None:
        """Ask the provider about a message in doubt.

        The provider's "no" is believed when it was said twice, `settle` seconds apart, and the
        first time at the earliest `settle` seconds after the call.

        Raises:
            InFlight: the provider does not have it yet; it is asked again later.
            OutcomeUnknown: nobody knows.
        """
        if not self.client.features.lookup:
            if self.resend_in_doubt:
                return None
            raise self._doubt.unknown(row.detail or "its reply was lost")
        moment = aware(row.submitted_at) or datetime.now(UTC)
        age = (datetime.now(UTC) - moment).total_seconds()
        if age < 0:
            raise self._doubt.unknown("our clock has been set back since it was sent")
        found = self._doubt.ask(row, moment - MARGIN)
        if found is not None:
            return self._accept(_Attempt(row.id, row.attempt), found, BatchState.ACCEPTED)
        if row.answered and not self.resend_in_doubt:
            raise self._doubt.unknown("the provider answered that it took it, and does not list it")
        if age < self.settle:
            raise self._doubt.later(self.settle - age)
        absent_at = aware(row.absent_at)
        if absent_at is None:
            absent_at = datetime.now(UTC)
            self._move(row, BatchState.IN_DOUBT, absent_at=absent_at)
        left = self.settle - (datetime.now(UTC) - absent_at).total_seconds()
        if left > 0:
            raise self._doubt.later(left)
        return None

    # The steps of one call.

    def _claim(self, row: "Row[Any] | None") -> _Attempt | None:
        """Write down that this process is about to send it; None where another one was faster."""
        now = datetime.now(UTC)
        # It begins within half of the time, and takes no longer than the deadline.
        time = max(LEASE, 4 * float(getattr(self.client.account.settings, "deadline", 0.0)))
        values: dict[str, Any] = {
            "state": BatchState.SUBMITTING,
            "machine": machine(),
            "process": this_process(),
            "submitted_at": now,
            "claimed_until": now + timedelta(seconds=time),
            "answered": 0,
            "absent_at": None,
            "provider_id": None,
            "receipt": None,
            "report": None,
            "detail": None,
        }
        if row is not None:
            attempt = _Attempt(row.id, row.attempt + 1, time, posted=bool(row.posted))
            values["attempt"] = attempt.number
            return attempt if self.store.do(lambda on: self._claim_again(on, row, values)) else None
        attempt = _Attempt(new_id("s", 12), 1, time)
        values |= {
            "id": attempt.id,
            "key": self.key,
            "provider": self.client.provider_name,
            "profile": self.profile,
            "address": bare_address(self.message.to),
            "content": self.content,
            "attempt": attempt.number,
        }
        return attempt if self.store.do(lambda on: self._claim_first(on, values)) else None

    def _claim_first(self, connection: Connection, values: Mapping[str, Any]) -> bool:
        if self.key is not None:
            holder = take_key(connection, self.key, values["id"])
            if holder is not None:
                # It may be ours: the acknowledgement of a commit may have been lost.
                return bool(holder == values["id"])
        connection.execute(schema.sends.insert().values(values))
        return True

    def _claim_again(
        self, connection: Connection, row: "Row[Any]", values: Mapping[str, Any]
    ) -> bool:
        done = connection.execute(
            schema.sends.update()
            .where(_s.id == row.id, _s.attempt == row.attempt, _s.state == row.state)
            .values(values)
        )
        if done.rowcount == 1:
            return True
        own = {name: values[name] for name in ("attempt", "submitted_at", "machine", "process")}
        is_own = select(_s.id).where(_s.id == row.id, *(_s[name] == own[name] for name in own))
        return connection.scalar(is_own) is not None

    def _fail(self, attempt: _Attempt, error: BaseException) -> None:
        """Record what an error says about the call: certainly not carried out, or in doubt."""
        values: dict[str, Any] = {"detail": f"{type(error).__name__}: interrupted"}
        state = BatchState.IN_DOUBT
        if isinstance(error, PolycastError):
            values = {"detail": str(error), "answered": int(said_yes(error))}
            if error.carried_out is False or error.safe_to_retry:
                waits = attempt.posted and not is_refusal(error)
                state = BatchState.PLANNED if waits else BatchState.REJECTED
        try:
            self.store.do(lambda connection: self._end(connection, attempt, state, values))
        except LedgerError as failure:
            # The row says that it is being sent, and later that it is in doubt: that is safe.
            error.add_note(f"The ledger does not know it yet: {failure}")

    def _accept(
        self, attempt: _Attempt, receipt: Receipt, state: BatchState | None = None
    ) -> Receipt:
        """Record the answer to a call, also one that comes after its process was taken for dead."""
        if state is None:
            refused = receipt.state is State.REJECTED
            state = BatchState.REJECTED if refused else BatchState.ACCEPTED
        values = {
            "provider_id": receipt.id,
            "receipt": json.dumps(receipt.to_dict()),
            "detail": receipt.detail,
        }
        try:
            self.store.do(lambda connection: self._end(connection, attempt, state, values))
        except LedgerError as error:
            error.add_note(
                f"{self.client.provider_name} had answered: {receipt.state}, {receipt.id}."
            )
            raise
        return receipt

    def _end(
        self,
        connection: Connection,
        attempt: _Attempt,
        state: BatchState,
        values: Mapping[str, Any],
    ) -> None:
        place = [_s.id == attempt.id]
        if state is BatchState.ACCEPTED:
            # A fact, whichever attempt it belongs to.
            place.append(_s.state != BatchState.ACCEPTED)
        else:
            place += [_s.attempt == attempt.number, _s.state == BatchState.SUBMITTING]
        connection.execute(schema.sends.update().where(*place).values(state=state, **values))

    def _move(self, row: "Row[Any]", state: BatchState, **values: Any) -> None:
        with self.store.write() as connection:
            connection.execute(
                schema.sends.update()
                .where(_s.id == row.id, _s.attempt == row.attempt, _s.state == row.state)
                .values(state=state, **values)
            )


def read_receipt(row: "Row[Any]") -> Receipt:
    """Return the receipt of a message as it was recorded, without the provider's own answer."""
    return Receipt.from_dict(json.loads(row.receipt))
