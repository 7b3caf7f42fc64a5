"""The promise about lost replies: never sent twice, and never passed off as sent or as not.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import pytest

from polycast.errors import OutcomeUnknown, ProviderError
from polycast.sandbox import (
    Delay,
    Error,
    Fault,
    LoseReply,
    Refuse,
    Throttle,
    Truncate,
)
from polycast.testing.contract.base import Contract, MakeEnvironment, done, refusal

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
_IMPATIENT, _LATE = 0.5, 5.0


class LosingContract(Contract):
    """Requests whose reply does not come."""

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    @pytest.mark.parametrize(("loss", "carried_out"), _LOSSES)
    def test_a_lost_reply_is_unknown_and_never_repeated(
        self, environment: MakeEnvironment, loss: Fault, carried_out: bool, how: str
    ) -> None:
        """One request arrives, and OutcomeUnknown is raised, which is not safe to retry."""
        self.needs(how)
        operation = self.sending_operation(environment, how)
        here = environment()
        here.server.faults.add(loss, times=3, operation=operation)
        error = refusal(
            lambda: self.ask(here.client, how), OutcomeUnknown, f"A lost reply to {how}"
        )
        assert not error.safe_to_retry, (
            "It is unknown whether it arrived, so it is not safe to repeat."
        )
        assert error.provider == self.provider, f"The error is of {error.provider!r}."
        assert len(here.server.faults) == 2, (
            f"{3 - len(here.server.faults)} requests were made where the reply to one was lost: "
            f"look at how {how} retries."
        )
        wanted = (1 if how == "send" else self.few) if carried_out else 0
        taken = len(here.server.accepted)
        assert taken == wanted, f"{wanted} messages were to be taken on, and {taken} were."

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_an_answer_that_comes_too_late_is_a_lost_reply(
        self, environment: MakeEnvironment, how: str
    ) -> None:
        """A timeout keeps its time, and leaves a send unknown and unrepeated."""
        self.needs(how)
        operation = self.sending_operation(environment, how)
        here = environment({"timeout": _IMPATIENT})
        here.server.faults.add(Delay(_LATE), times=3, operation=operation)
        refusal(lambda: self.ask(here.client, how), OutcomeUnknown, f"An answer too late to {how}")
        assert len(here.server.faults) == 2, f"{how} was repeated after a timeout."

    def test_a_send_that_was_not_taken_on_is_made_again(self, environment: MakeEnvironment) -> None:
        """429 says that nothing was accepted: the send waits as long as it was asked to."""
        self.needs("send")
        operation = self.sending_operation(environment)
        here = environment()
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
    def test_a_question_is_asked_again(self, environment: MakeEnvironment, trouble: Fault) -> None:
        """Asking changes nothing, so it is repeated, and the caller never hears of the trouble."""
        self.needs("send")
        self.needs("status")
        here = environment()
        id = str(here.client.send(self.message()).id)
        here.server.faults.add(trouble, times=2)
        status = done(lambda: here.client.status(id), "A question that met trouble twice")
        assert status.id == id, f"Asked about {id}, the status is of {status.id}."
        assert len(here.server.faults) == 0, "A question was answered before it was asked again."

    def test_a_question_is_not_asked_for_ever(self, environment: MakeEnvironment) -> None:
        """The number of tries is bounded, and the last failure is told."""
        self.needs("send")
        self.needs("status")
        here = environment()
        id = str(here.client.send(self.message()).id)
        here.server.faults.add(Error(503), times=50)
        refusal(lambda: here.client.status(id), ProviderError, "A provider that is never there")
        assert len(here.server.faults) > 30, "A question was asked more than twenty times."
