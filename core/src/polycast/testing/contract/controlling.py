"""The promise of `control`: each action that is claimed does what it says.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import pytest

from polycast.errors import OutcomeUnknown, ProviderError, Unsupported
from polycast.model.messages import Action, State, Status
from polycast.sandbox import LoseReply, Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, done, refusal
from polycast.testing.contract.required import filled
from polycast.testing.environments import Environment

__all__ = ["ControllingContract"]

#: What has to be done first, what the broadcast is then, and what the messages still do.
_BEFORE = {Action.RESUME: (Action.PAUSE,)}
_AFTER = {
    Action.PAUSE: {State.PAUSED},
    # One that was paused before its moment waits for that again.
    Action.RESUME: {State.SCHEDULED, State.SENDING, State.QUEUED, State.SENT, State.DELIVERED},
    Action.STOP: {State.CANCELLED},
    Action.DELETE: {State.CANCELLED},
}


class ControllingContract(Contract):
    """Pausing, resuming, stopping and deleting broadcasts."""

    #: Recipients of the broadcasts that are controlled: enough that they take a while.
    crowd: int = 40
    #: Seconds after which such a broadcast is under way.
    under_way_after: float = 1.0

    def _begin(self, here: Environment[Sandbox], action: Action) -> str:
        """Send a broadcast, and bring it to where an action fits."""
        if action not in self.features.actions:
            pytest.skip(f"Features of {self.provider} does not claim the action {action}.")
        fields = filled(self.alongside).get(action, {})
        sent = here.client.send_bulk(self.broadcast(self.crowd, **fields))
        assert sent.id, "A broadcast has no id to control it by."
        here.clock.advance(self.under_way_after)
        for each in _BEFORE.get(action, ()):
            here.client.control(sent.id, each)
        return sent.id

    def _act(
        self, environment: MakeEnvironment, action: Action
    ) -> tuple[Environment[Sandbox], str]:
        here = environment()
        id = self._begin(here, action)
        status = done(lambda: here.client.control(id, action), f"The action {action}")
        assert isinstance(status, Status), f"control answered with {status!r}."
        assert status.id == id, f"Asked to {action} {id}, the status is of {status.id}."
        assert status.state in _AFTER[action], f"After {action}, control says {status.state}."
        return here, id

    def _arrived(self, here: Environment[Sandbox]) -> int:
        here.clock.advance(self.settled_after)
        return len(here.server.inbox)

    def test_pausing_holds_messages_back(self, environment: MakeEnvironment) -> None:
        """A paused broadcast is PAUSED, and sends nothing more."""
        here, id = self._act(environment, Action.PAUSE)
        state = here.client.status(id).state
        assert state is State.PAUSED, f"A broadcast that was paused is {state}."
        assert self._arrived(here) < self.crowd, "A paused broadcast went on to its end."

    def test_resuming_lets_them_go_on(self, environment: MakeEnvironment) -> None:
        """A resumed broadcast reaches all recipients."""
        here, id = self._act(environment, Action.RESUME)
        assert self._arrived(here) == self.crowd, (
            "A resumed broadcast did not reach all recipients."
        )
        status = here.client.status(id)
        assert status.is_final, f"Long after it was resumed, a broadcast is {status.state}."

    def test_stopping_is_for_good(self, environment: MakeEnvironment) -> None:
        """A stopped broadcast is CANCELLED, and sends nothing more."""
        here, id = self._act(environment, Action.STOP)
        state = here.client.status(id).state
        assert state is State.CANCELLED, f"A broadcast that was stopped is {state}."
        assert self._arrived(here) < self.crowd, "A stopped broadcast went on to its end."

    def test_deleting_leaves_nothing(self, environment: MakeEnvironment) -> None:
        """A deleted broadcast sends nothing more, and is CANCELLED or no longer known."""
        here, id = self._act(environment, Action.DELETE)
        try:
            state = here.client.status(id).state
        except ProviderError:
            pass
        else:
            assert state is State.CANCELLED, f"A deleted broadcast is {state}."
        assert self._arrived(here) < self.crowd, "A deleted broadcast went on to its end."

    def test_an_action_that_does_not_fit_is_refused(self, environment: MakeEnvironment) -> None:
        """Resuming what was never paused is an error, and changes nothing."""
        here = environment()
        self._begin(here, Action.PAUSE)
        if Action.RESUME not in self.features.actions:
            pytest.skip(f"Features of {self.provider} does not claim the action resume.")
        fresh = here.client.send_bulk(self.broadcast(self.crowd))
        refusal(
            lambda: here.client.control(str(fresh.id), Action.RESUME),
            ProviderError,
            "Resuming what was never paused",
        )

    def test_actions_that_are_not_claimed_are_refused_before_any_request(
        self, environment: MakeEnvironment
    ) -> None:
        """No request is made, and the error names what is offered."""
        here = environment()
        for action in set(Action) - self.features.actions:
            refusal(
                lambda action=action: here.client.control("1", action),  # type: ignore[misc]
                Unsupported,
                f"The action {action}, which Features does not claim,",
            )
            assert not here.server.requests, f"{action} was refused after a request."

    @pytest.mark.parametrize("action", list(Action))
    def test_a_lost_reply_to_an_action_is_not_repeated(
        self, environment: MakeEnvironment, action: Action
    ) -> None:
        """An action that may have been carried out is not carried out again by itself."""
        here = environment()
        id = self._begin(here, action)
        before = len(here.server.requests)
        here.server.faults.add(LoseReply(), times=3)
        refusal(
            lambda: here.client.control(id, action),
            OutcomeUnknown,
            f"A reply to {action} that is lost",
        )
        assert len(here.server.requests) == before + 1, f"{action} was repeated after a lost reply."
