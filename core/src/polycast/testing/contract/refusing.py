"""The promise about refusals: some reject one recipient, those of the account reject none.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from polycast.campaign import CampaignState, Ledger
from polycast.client import caller_of
from polycast.errors import (
    AccountBlocked,
    AuthenticationFailed,
    Conflict,
    NotFound,
    PolycastError,
    RateLimited,
    Rejected,
)
from polycast.model.messages import State
from polycast.sandbox import Answer, Fault, SimulatedOutcome
from polycast.testing.contract.base import Contract, MakeEnvironment, done, known, refusal
from polycast.testing.contract.declarations import Refusal
from polycast.testing.contract.required import filled
from polycast.testing.contract.rewriting import Rewritten

__all__ = ["RefusingContract"]

#: What says by itself that nothing was carried out; every other error after a send is unsure.
_REFUSED = (Rejected, AuthenticationFailed, AccountBlocked, NotFound, RateLimited, Conflict)
#: Refusals of the account, which say nothing of a message.
_ACCOUNT = (AuthenticationFailed, AccountBlocked)


class RefusingContract(Contract):
    """Which recipients a refusal rejects, and whether anything was carried out."""

    def test_a_refused_call_carried_nothing_out_where_that_is_claimed(
        self, environment: MakeEnvironment
    ) -> None:
        """One bad recipient refuses the call, nothing of it is sent, and the error names them."""
        self.needs("send_bulk")
        self.claims("all_or_nothing")
        people = self.people(3)
        bad = self.fated(SimulatedOutcome.REFUSED, self.refused, "refused")
        for place in (0, 2):
            here = environment()
            recipients = [*people[:place], bad, *people[place:]]
            broadcast = self.broadcast(recipients=recipients)
            try:
                sent = caller_of(here.client).submit(broadcast)
            except Rejected as refused:
                error = refused
            else:
                # The plugin left him out by itself: then the call was not refused.
                assert sent.receipts[place].state is State.REJECTED, (
                    f"A call with {bad} in it was not refused, and he is not either."
                )
                continue
            assert not here.server.accepted, "A call that was refused was carried out in part."
            assert error.carried_out is False, "Nothing was carried out, and the error is unsure."
            assert not error.refused or set(error.refused) == {place}, (
                f"{bad} is at place {place} of the call, and the error says {error.refused}."
            )

    def test_two_refused_of_one_broadcast_cost_nobody_else(
        self, environment: MakeEnvironment
    ) -> None:
        """Several bad recipients, anywhere in a list, are rejected, and the others get theirs."""
        self.needs("send_bulk")
        bad = self.fated(SimulatedOutcome.REFUSED, self.refused, "refused")
        also = bad[:-5] + ("1" if bad[-5] != "1" else "2") + bad[-4:]
        people = self.people(5)
        here = environment()
        recipients = [bad, *people[:3], *([also] if bad.startswith("+") else []), *people[3:]]
        sent = done(
            lambda: known(here.client.send_bulk(self.broadcast(recipients=recipients))),
            f"A broadcast in which {bad} is bad",
        )
        told = [receipt.to for receipt in sent.receipts]
        assert told == recipients, f"The receipts are for {told}, and {recipients} were given."
        lost = [
            receipt.to
            for receipt in sent.receipts
            if receipt.to in people and receipt.state in (State.REJECTED, State.UNKNOWN)
        ]
        assert not lost, f"{bad} was refused, and with it {lost}."
        here.clock.advance(self.settled_after)
        arrived = len(here.server.inbox)
        assert arrived == len(people), f"{len(people)} people were well, and {arrived} got it."

    def _documented(self) -> list[Refusal]:
        return list(filled(self.refusals))

    def test_a_refusal_says_whether_anything_was_carried_out(
        self, environment: MakeEnvironment
    ) -> None:
        """A documented refusal means that nothing was done; after a plain error it is unknown."""
        operations = {how: self.sending_operation(environment, how) for how in self.ways}
        for expected in self._documented():
            here = environment(dict(expected.settings), **expected.sandbox)
            if expected.answer is not None:
                here.server.faults.add(expected.answer, times=20)
            ask = expected.ask or (lambda client: self.ask(client, self.ways[0]))
            error = refusal(
                lambda here=here, ask=ask: ask(here.client),  # type: ignore[misc]
                PolycastError,
                f"The refusal that is documented as {expected.error.__name__}",
            )
            if getattr(error, "operation", None) not in operations.values():
                continue
            repeats = isinstance(error, RateLimited) or expected.safe_to_retry
            wanted = False if isinstance(error, _REFUSED) or repeats else None
            assert error.carried_out is wanted, (
                f"{type(error).__name__} after a send says carried_out={error.carried_out}, and "
                f"{wanted} is right: {error}"
            )
            assert error.safe_to_retry is repeats, (
                f"{type(error).__name__} after a send says safe_to_retry={error.safe_to_retry}, "
                f"and {repeats} is right: {error}"
            )

    def test_words_undo_no_failure_of_the_provider(self, environment: MakeEnvironment) -> None:
        """With status 500, no words make a send safe to repeat, and no call is made again."""
        for how in self.ways:
            operation = self.sending_operation(environment, how)
            for expected in self._documented():
                if expected.ask is not None and expected.answer is None:
                    continue
                here = environment(dict(expected.settings), **expected.sandbox)
                fault: Fault = Rewritten(lambda body: body, status=500)
                if isinstance(expected.answer, Answer):
                    fault = Answer(500, expected.answer.body, expected.answer.media_type)
                here.server.faults.add(fault, times=20, operation=operation)
                client = here.client
                call: Callable[[], object] = (
                    partial(client.send, self.message())
                    if how == "send"
                    # One call of the provider's: none that the engine would divide.
                    else partial(caller_of(client).submit, self.broadcast())
                )
                error = refusal(call, PolycastError, f"HTTP 500 after a {how}")
                if getattr(error, "operation", None) != operation:
                    continue
                assert not error.safe_to_retry, f"{error} is called safe to repeat."
                assert len(here.server.faults) == 19, f"A {how} was repeated after HTTP 500."

    def test_a_condition_of_the_account_rejects_nobody(
        self, environment: MakeEnvironment, tmp_path: Path
    ) -> None:
        """A campaign pauses at once, and sends to all when the account is in order again."""
        how = self.ways[-1]
        if how != "send_bulk":
            pytest.skip(f"{self.provider} does not offer send_bulk.")
        operation = self.sending_operation(environment, how)
        for number, expected in enumerate(self._documented()):
            if not issubclass(expected.error, _ACCOUNT) or expected.answer is None:
                continue
            here = environment()
            with Ledger.open(tmp_path / f"{number}.db") as ledger:
                campaign = ledger.plan(here.client, self.broadcast(4), batch_size=self.few)
                here.server.faults.add(expected.answer, times=20, operation=operation)
                told = campaign.run(here.client, workers=1, in_flight_grace=0.0)
                assert told.state is CampaignState.PAUSED, (
                    f"{expected.error.__name__} has to pause a campaign, and it is {told.state}."
                )
                assert len(here.server.faults) == 19, "A campaign went on asking."
                here.server.faults.clear()
                campaign.run(here.client, workers=1, in_flight_grace=0.0, reopen=True)
            people = {taken.to for taken in here.server.accepted}
            assert len(people) == 4, f"Four people were to be sent to, and these were: {people}."
