"""The promise about answers: they are read as far as they can be read.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from collections.abc import Iterable
from typing import TypeGuard

import attrs
import pytest

from polycast.errors import OutcomeUnknown, PolycastError, UsageError
from polycast.model.messages import BulkReceipt, Receipt, Reply, Report
from polycast.testing.contract.base import Contract, MakeEnvironment
from polycast.testing.contract.required import filled
from polycast.testing.contract.rewriting import Recorded, Rewritten, variants

__all__ = ["ReadingContract"]


class ReadingContract(Contract):
    """Answers and reports that are not as written."""

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_a_field_that_cannot_be_read_costs_only_itself(
        self, environment: MakeEnvironment, how: str
    ) -> None:
        """A send whose answer lacks a field, or has it null or of another type, has its receipt.

        Only the id, and what says that it was taken on (`decisive`), may make an answer unreadable;
        then the outcome is unknown.
        """
        self.needs(how)
        operation = self.sending_operation(environment, how)
        here = environment()
        recorded = Recorded()
        here.server.faults.add(Rewritten(recorded.keep), operation=operation)
        plain = self.ask(here.client, how)
        ids = set(_ids(plain))
        lost: list[str] = []
        for body in recorded.bodies[:1]:
            for variant in variants(body):
                here.server.faults.add(
                    variant.told,
                    operation=operation,
                )
                try:
                    told = self.ask(here.client, how)
                except OutcomeUnknown:
                    if not variant.held & ids and not self._decides(variant.place):
                        lost.append(variant.place)
                except PolycastError as error:
                    if not self._decides(variant.place):
                        lost.append(f"{variant.place} ({type(error).__name__}: {error})")
                else:
                    assert isinstance(told, Receipt | BulkReceipt), f"{how} answered {told!r}."
                here.server.faults.clear()
        assert not lost, (
            f"The message was taken on and its id told, and {how} failed for these fields: "
            f"{'; '.join(lost)}. Only what is needed is `required` in the spec."
        )

    def _decides(self, place: str) -> bool:
        name = place.partition(" ")[0].rpartition(".")[2]
        return name in self.decisive or place.partition(" ")[0] in self.decisive

    def test_a_field_of_a_pushed_report_costs_only_itself(
        self, environment: MakeEnvironment
    ) -> None:
        """A report keeps its state whatever else of it is missing, null or of another type."""
        self.claims("receives")
        here = environment()
        for sample in filled(self.callbacks):
            plain = [each for each in here.client.receive(sample.request) if _is_report(each)]
            if not plain:
                continue
            said = {str(text) for each in plain for text in (each.detail, each.code) if text}
            ids = {part for each in plain for part in _parts(each.id, *each.aliases)}
            for variant in variants(sample.request.body):
                if variant.held & (said | ids) or self._decides(variant.place):
                    continue
                try:
                    # Not by the client: the body is not as it was signed.
                    told = here.client.provider.receive(
                        attrs.evolve(sample.request, body=variant.body)
                    )
                except UsageError as error:
                    pytest.fail(f"A report with {variant.place} is refused: {error}")
                assert _states(told) == _states(plain), (
                    f"A report with {variant.place} says {_states(told)}, not {_states(plain)}."
                )


def _is_report(told: Report | Reply) -> TypeGuard[Report]:
    return isinstance(told, Report)


def _states(reports: Iterable[Report]) -> list[str]:
    return [str(report.state) for report in reports]


def _ids(answer: Receipt | BulkReceipt) -> list[str]:
    """Return every text that an id of a receipt is made of."""
    if isinstance(answer, Receipt):
        return _parts(answer.id)
    return _parts(answer.id, *(receipt.id for receipt in answer.receipts))


def _parts(*ids: str | None) -> list[str]:
    whole = [id for id in ids if id]
    return [*whole, *(part for id in whole for part in id.split(":"))]
