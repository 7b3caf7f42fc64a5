"""The promise about lost replies: never sent twice, and never passed off as sent or as not.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from datetime import datetime, timedelta

import pytest

from polycast.errors import OutcomeUnknown, PolycastError, ProviderError
from polycast.model import Broadcast, BulkReceipt, Message, State
from polycast.sandbox import (
    Delay,
    Error,
    Fault,
    Garbage,
    LoseReply,
    Refuse,
    Sandbox,
    Throttle,
    Truncate,
)
from polycast.testing.contract.base import Contract, MakeWorld, done, refusal
from polycast.testing.worlds import World

__all__ = ["LosingContract"]

#: How a reply can be lost, and whether the request was carried out before.
_LOSSES = (
    pytest.param(LoseReply(), True, id="closed"),
    pytest.param(LoseReply(reset=True), True, id="reset"),
    pytest.param(Truncate(), True, id="cut-off"),
    pytest.param(Refuse(), False, id="refused-late"),
)
#: Seconds that a client waits where the answer comes too late, and how late it would come; a
#: sandbox that is closed ends its delays.
_IMPATIENT, _LATE = 0.5, 30.0


class LosingContract(Contract):
    """Requests whose reply does not come."""

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    @pytest.mark.parametrize(("loss", "carried_out"), _LOSSES)
    def test_a_lost_reply_is_unknown_and_never_repeated(
        self, world: MakeWorld, loss: Fault, carried_out: bool, how: str
    ) -> None:
        """One request arrives, OutcomeUnknown is raised, and nobody is told to try again."""
        self.needs(how)
        operation = self.sending_operation(world, how)
        here = world()
        here.server.faults.add(loss, times=3, operation=operation)
        error = refusal(
            lambda: self.ask(here.client, how), OutcomeUnknown, f"A lost reply to {how}"
        )
        assert not error.safe_to_retry, "Nobody knows whether it arrived: it is not safe to repeat."
        assert error.provider == self.provider, f"The error is of {error.provider!r}."
        assert len(here.server.faults) == 2, (
            f"{3 - len(here.server.faults)} requests were made where the reply to one was lost: "
            f"look at how {how} retries."
        )
        wanted = (1 if how == "send" else 2) if carried_out else 0
        taken = len(here.server.accepted)
        assert taken == wanted, f"{wanted} messages were to be taken on, and {taken} were."

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_an_answer_that_comes_too_late_is_a_lost_reply(
        self, world: MakeWorld, how: str
    ) -> None:
        """A timeout keeps its time, and leaves a send unknown and unrepeated."""
        self.needs(how)
        operation = self.sending_operation(world, how)
        here = world({"timeout": _IMPATIENT})
        here.server.faults.add(Delay(_LATE), times=3, operation=operation)
        refusal(lambda: self.ask(here.client, how), OutcomeUnknown, f"An answer too late to {how}")
        assert len(here.server.faults) == 2, f"{how} was repeated after a timeout."

    def test_a_send_that_was_not_taken_on_is_made_again(self, world: MakeWorld) -> None:
        """429 says that nothing was accepted: the send waits as long as it was asked to."""
        self.needs("send")
        operation = self.sending_operation(world)
        here = world()
        here.server.faults.add(Throttle(retry_after=1), times=2, operation=operation)
        done(lambda: here.client.send(self.message()), "A send that was throttled twice")
        assert len(here.server.accepted) == 1, (
            f"Throttled twice, one message was taken on {len(here.server.accepted)} times."
        )
        if here.pauses:
            assert len(here.pauses) == 2, f"Asked to wait twice, it waited {here.pauses}."
            assert min(here.pauses) >= 1, f"Asked to wait 1 s twice, it waited {here.pauses}."

    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(Refuse(), id="refused"),
            pytest.param(LoseReply(), id="closed"),
            pytest.param(Truncate(), id="cut-off"),
            pytest.param(Error(502), id="502"),
            pytest.param(Error(503), id="503"),
            pytest.param(Error(504), id="504"),
            pytest.param(Throttle(retry_after=1), id="429"),
        ],
    )
    def test_a_question_is_asked_again(self, world: MakeWorld, trouble: Fault) -> None:
        """Asking changes nothing, so it is repeated, and the caller never hears of the trouble."""
        self.needs("send")
        self.needs("status")
        here = world()
        id = str(here.client.send(self.message()).id)
        here.server.faults.add(trouble, times=2)
        status = done(lambda: here.client.status(id), "A question that met trouble twice")
        assert status.id == id, f"Asked about {id}, the status is of {status.id}."
        assert len(here.server.faults) == 0, "A question was answered before it was asked again."

    def test_a_question_is_not_asked_for_ever(self, world: MakeWorld) -> None:
        """The number of tries is bounded, and the last failure is told."""
        self.needs("send")
        self.needs("status")
        here = world()
        id = str(here.client.send(self.message()).id)
        here.server.faults.add(Error(503), times=50)
        refusal(lambda: here.client.status(id), ProviderError, "A provider that is never there")
        assert len(here.server.faults) > 30, "A question was asked more than twenty times."

    # Looking up.

    def _lose(
        self, world: MakeWorld, here: World[Sandbox], request: Message | Broadcast, fault: Fault
    ) -> datetime:
        """Lose the reply to a request, and return a moment before it left."""
        how = "send" if isinstance(request, Message) else "send_bulk"
        operation = self.sending_operation(world, how)
        since = here.clock.now() - timedelta(seconds=1)
        here.server.faults.add(fault, operation=operation)
        refusal(
            lambda: (
                here.client.send(request)
                if isinstance(request, Message)
                else here.client.send_bulk(request)
            ),
            OutcomeUnknown,
            f"A lost reply to {how}",
        )
        return since

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_what_arrived_is_found_afterwards(self, world: MakeWorld, how: str) -> None:
        """After a lost reply, lookup returns what the reply would have said, and sends nothing."""
        self.needs(how)
        self.claims("lookup")
        here = world()
        request = self.message() if how == "send" else self.broadcast(3)
        since = self._lose(world, here, request, LoseReply())
        taken = len(here.server.accepted)
        # Some providers list a message only once it has been handed on; nobody asks at once.
        here.clock.advance(60.0)
        found = here.client.lookup(request, since)
        assert isinstance(found, BulkReceipt), (
            f"{self.provider} has what {how} sent, and lookup does not find it."
        )
        wanted = [request.to] if isinstance(request, Message) else self.people(3)
        told = [receipt.to for receipt in found.receipts]
        assert told == wanted, f"{how} went to {wanted}, and what was found is for {told}."
        states = {receipt.state for receipt in found.receipts}
        assert State.REJECTED not in states, f"What was taken on is found as {states}."
        assert len(here.server.accepted) == taken, "lookup sent something."
        id = found.id or found.receipts[0].id
        assert id, "What was found has no id to ask about."
        if "status" in self.hooks:
            status = done(lambda: here.client.status(id), f"The status of {id}, which was found,")
            assert status.id == id, f"Asked about {id}, the status is of {status.id}."

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_what_did_not_arrive_is_not_found(self, world: MakeWorld, how: str) -> None:
        """What the provider does not have is None, or in doubt; never somebody else's message."""
        self.needs(how)
        self.claims("lookup")
        here = world()
        # The same people were told something else, and others the same.
        here.client.send(self.message(text="Something else"))
        here.client.send(self.message(self.people(4)[3]))
        request = self.message() if how == "send" else self.broadcast(3)
        since = self._lose(world, here, request, Refuse())
        try:
            found = here.client.lookup(request, since)
        except OutcomeUnknown:
            return
        assert found is None, f"Nothing arrived, and lookup found {found}."

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_what_was_sent_before_is_not_taken_for_it(self, world: MakeWorld, how: str) -> None:
        """The same words to the same people, hours ago, are another message."""
        self.needs(how)
        self.claims("lookup")
        here = world()
        self.ask(here.client, how)
        here.clock.advance(6 * 3600)
        request = self.message() if how == "send" else self.broadcast()
        since = self._lose(world, here, request, Refuse())
        try:
            found = here.client.lookup(request, since)
        except OutcomeUnknown:
            return
        assert found is None, f"Sent hours before, this was found for what was lost: {found}."

    def test_lookup_is_repeated_like_every_question(self, world: MakeWorld) -> None:
        """It only reads, so trouble on the way is none of the caller's."""
        self.needs("send")
        self.claims("lookup")
        here = world()
        request = self.message()
        since = self._lose(world, here, request, LoseReply())
        here.server.faults.add(Error(503), times=2)
        found = done(lambda: here.client.lookup(request, since), "A lookup that met trouble twice")
        assert found is not None, "After trouble on the way, lookup does not find what is there."
        here.server.faults.add(Garbage(), times=9)
        refusal(
            lambda: here.client.lookup(request, since), PolycastError, "A web page after a lookup"
        )
