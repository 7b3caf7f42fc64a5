"""The promise about clients: each is one account, and threads may share it.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from polycast.errors import AuthenticationFailed
from polycast.model.messages import Receipt
from polycast.sandbox import Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, refusal
from polycast.testing.environments import Environment

__all__ = ["SharingContract"]

_THREADS, _EACH = 4, 5


class SharingContract(Contract):
    """Several clients, and several threads."""

    def test_two_accounts_share_nothing(self, environment: MakeEnvironment) -> None:
        """Each client has its own server and credentials; closing one leaves the other."""
        self.needs("send")
        here, there = environment(), environment()
        here.client.send(self.message(text="Here"))
        there.client.send(self.message(text="There"))
        _check(here, ["Here"])
        _check(there, ["There"])
        for name in self.secrets:
            stranger = here.connect(**{name: "an0ther-account"})
            refusal(
                lambda stranger=stranger: stranger.send(self.message()),  # type: ignore[misc]
                AuthenticationFailed,
                "A second client with credentials of its own",
            )
        here.client.send(self.message(text="Here again"))
        here.client.close()
        there.client.send(self.message(text="There again"))
        _check(here, ["Here", "Here again"])
        _check(there, ["There", "There again"])

    def test_closing_twice_is_closing_once(self, environment: MakeEnvironment) -> None:
        """A client can be closed again, and in a `with` statement."""
        self.needs("send")
        here = environment()
        with here.connect() as client:
            client.send(self.message())
        try:
            client.close()
        except Exception as error:  # noqa: BLE001 - which one it is shall be told
            pytest.fail(f"Closing a client again raised {type(error).__name__}: {error}")
        _check(here, ["Your table is ready"])

    def test_threads_share_a_client(self, environment: MakeEnvironment) -> None:
        """What several threads send at once arrives once each, and each gets its own receipt."""
        self.needs("send")
        here = environment()
        texts = [f"Message {number}" for number in range(_THREADS * _EACH)]

        def send(text: str) -> Receipt:
            return here.client.send(self.message(text=text))

        with ThreadPoolExecutor(_THREADS) as pool:
            receipts = list(pool.map(send, texts))
        taken = sorted(message.text for message in here.server.accepted)
        assert taken == sorted(texts), (
            f"{len(texts)} messages were sent by {_THREADS} threads; these were taken on: {taken}"
        )
        ids = {receipt.id for receipt in receipts}
        assert len(ids) == len(texts), f"{len(texts)} messages have {len(ids)} ids."


def _check(here: Environment[Sandbox], wanted: list[str]) -> None:
    taken = [message.text for message in here.server.accepted]
    assert taken == wanted, f"One account's server was to take on {wanted}, and took on {taken}."
