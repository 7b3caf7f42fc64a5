"""The promise about what is told beside a state, and of many messages at once.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import pytest

from polycast.model.messages import Report
from polycast.sandbox import SimulatedOutcome
from polycast.testing.contract.base import Contract, MakeEnvironment

__all__ = ["TellingContract"]


class TellingContract(Contract):
    """Error codes, segments, prices, and lists of statuses."""

    def test_what_is_claimed_is_told_beside_the_state(self, environment: MakeEnvironment) -> None:
        """Reports have the error code of a failure, the segments and the price that are claimed."""
        features = self.features
        if not (features.codes or features.segments or features.prices):
            pytest.skip(f"Features of {self.provider} does not claim codes, segments or prices.")
        arrived = self._report(environment, self.address)
        assert not features.segments or arrived.segments, (
            "Features claims segments, and no report of a message that arrived has them."
        )
        assert not features.prices or arrived.price is not None, (
            "Features claims prices, and no report of a message that arrived has one."
        )
        if features.codes:
            to = self.fated(SimulatedOutcome.FAILS, self.failing, "failing")
            failed = self._report(environment, to)
            assert failed.code is not None, (
                "Features claims codes, and the report of a message that failed has none."
            )

    def _report(self, environment: MakeEnvironment, to: str) -> Report:
        here = environment()
        how = self.ways[0]
        if how == "send":
            id = here.client.send(self.message(to)).id
        else:
            id = here.client.send_bulk(self.broadcast(recipients=[to])).id
        assert id, "A message that was taken on has no id to ask about."
        here.clock.advance(self.settled_after)
        (report,) = here.client.status(id).reports
        return report

    def test_many_statuses_are_those_of_each_alone(self, environment: MakeEnvironment) -> None:
        """`statuses` says of each id what `status` says of it, and says nothing of others."""
        self.needs("statuses")
        here = environment()
        sent = [here.client.send(self.message(to)).id for to in self.people(4)]
        ids = [id for id in sent[:3] if id]
        here.clock.advance(self.settled_after)
        told = {each.id: each for each in here.client.provider.statuses(tuple(ids))}
        assert told, f"Asked about {len(ids)} messages of this moment, statuses told of none."
        assert told.keys() <= {*ids}, f"Asked about {ids}, statuses told of {[*told]}."
        for id, listed in told.items():
            alone = here.client.status(id)
            assert (listed.state, listed.detail, dict(listed.counts)) == (
                alone.state, alone.detail, dict(alone.counts),
            ), f"statuses says {listed} of {id}, and status says {alone}."  # fmt: skip
