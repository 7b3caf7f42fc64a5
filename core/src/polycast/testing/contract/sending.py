"""The promise of `send`: one message leaves, once, as it was written.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import contextlib

import pytest

from polycast.errors import PolycastError, ProviderError, UsageError
from polycast.model.messages import Receipt, State
from polycast.sandbox import Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment
from polycast.testing.environments import Environment

__all__ = ["SendingContract"]

#: What has other forms on almost every wire: quotes, markup, braces, letters of other alphabets.
ODD = "Ваш «стіл» <готовий> & 100% {free} \"now\" 'ok' + \\ / ? #1"


class SendingContract(Contract):
    """One message."""

    def test_a_message_arrives_as_it_was_written(self, environment: MakeEnvironment) -> None:
        """One send is one message to one address, letter by letter."""
        self.needs("send")
        here = environment()
        here.client.send(self.message(text=ODD))
        taken = here.server.accepted
        assert len(taken) == 1, (
            f"One message was sent, and {self.provider} took on {len(taken)}: look at send."
        )
        assert taken[0].text == ODD, (
            f"The text changed on its way: {ODD!r} was sent, {taken[0].text!r} taken on. "
            "Look at how the mapping writes it."
        )
        assert self.reached(taken[0].to, self.address), (
            f"{self.address} was sent to, and {taken[0].to} reached."
        )
        here.clock.advance(self.settled_after)
        assert len(here.server.inbox) == 1, f"The message to {self.address} never arrived."

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("Line 1\nLine 2\r\nLine 3", id="lines"),
            pytest.param("Pizza 🍕 für 5 €", id="emoji"),
            pytest.param(" @ the door ", id="blanks"),
            pytest.param("ї" * 700, id="long"),
            # More than any provider takes: it is refused, or a provider without a limit.
            pytest.param("x" * 100_000, id="too-long"),
        ],
    )
    def test_a_text_arrives_whole_or_is_refused(
        self, environment: MakeEnvironment, text: str
    ) -> None:
        """Nothing is cut off or replaced in silence: what cannot be told is an error."""
        for how in self.ways:
            here = environment()
            try:
                if how == "send":
                    here.client.send(self.message(text=text))
                else:
                    here.client.send_bulk(self.broadcast(1, text=text))
            except (UsageError, ProviderError):
                assert not here.server.accepted, f"{text[:20]!r} was refused by {how}, and sent."
                continue
            taken = [message.text.strip() for message in here.server.accepted]
            assert taken == [text.strip()], (
                f"Of {text[:20]!r} with {len(text)} characters, {how} sent "
                f"{[(told[:20], len(told)) for told in taken]}: send it whole, or refuse it in "
                "`prepare`."
            )

    def test_a_receipt_says_what_was_accepted(self, environment: MakeEnvironment) -> None:
        """The receipt has an id, the address as it was given, and is no claim of a delivery."""
        self.needs("send")
        receipt = environment().client.send(self.message())
        assert isinstance(receipt, Receipt), f"send answered with {receipt!r}."
        assert receipt.id, "The receipt of a message that was taken on has no id."
        assert receipt.to == self.address, (
            f"The receipt is for {receipt.to!r}, and {self.address!r} was given: "
            "pass `message.to` through."
        )
        assert receipt.state in (State.QUEUED, State.SENDING, State.SENT), (
            f"A message that has just been accepted is {receipt.state}."
        )
        assert receipt.raw is not None, "The provider's own answer is missing from `raw`."

    def test_requests_fit_the_documents(self, environment: MakeEnvironment) -> None:
        """What leaves is what the provider's spec describes, field by field."""
        here = environment()
        with contextlib.suppress(PolycastError):
            # A fake that notices refuses: what it noticed says more than its refusal.
            self._use(here)
        misfits = [
            f"{request.operation}: {problem}"
            for request in here.server.requests
            for problem in request.problems
        ]
        here.server.requests.clear()
        assert not misfits, f"Requests do not fit the provider's spec. {'; '.join(misfits)}"

    def test_every_request_has_an_operation(self, environment: MakeEnvironment) -> None:
        """No request goes to an address that the provider's documents do not have."""
        here = environment()
        with contextlib.suppress(PolycastError):
            self._use(here)
        lost = [request.path for request in here.server.requests if request.operation is None]
        assert not lost, f"The sandbox knows no {', '.join(lost)}: look at the paths."

    def _use(self, here: Environment[Sandbox]) -> None:
        """Make one call of each kind."""
        client = here.client
        ids: list[str | None] = []
        if "send" in self.hooks:
            ids.append(client.send(self.message()).id)
        if "send_bulk" in self.hooks:
            ids.append(client.send_bulk(self.broadcast()).id)
        for id in ids:
            if "status" in self.hooks and id is not None:
                list(client.status(id).reports)
