"""The promise of `send_bulk`: each recipient gets one message, and one receipt in order.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

from typing import Any

import attrs
import pytest

from polycast.client import caller_of
from polycast.errors import UsageError
from polycast.model.features import Personalisation
from polycast.model.messages import BulkReceipt, Receipt, Recipient, State
from polycast.sandbox import Sandbox, SimulatedOutcome
from polycast.sending.planning import plan
from polycast.testing.contract.base import Contract, MakeEnvironment, done, known, refusal
from polycast.testing.environments import Environment

__all__ = ["BroadcastingContract"]

#: What the templates and formats of providers are made of.
_ODD = [
    "100% {sure}",
    "{0} {name}",
    "%name% %s",
    "Іван «Ваня»",
    "a \"b\" 'c' \\n; d, e",
    "<b>&amp;</b>",
    "Pizza 🍕",
    "1\n2",
]
#: The largest batch that is really sent; larger limits are proven by the plan alone.
_MANY = 900
#: States of a message that was not refused, and has not failed.
_WELL = frozenset(
    {State.QUEUED, State.SCHEDULED, State.SENDING, State.SENT, State.DELIVERED, State.READ}
)


class BroadcastingContract(Contract):
    """One thing to say to many."""

    def _texts(
        self, here: Environment[Sandbox], recipients: list[Recipient]
    ) -> dict[str, list[str]]:
        """Return the texts that the sandbox took on for each of our addresses."""
        return {
            each.to: [
                taken.text for taken in here.server.accepted if self.reached(taken.to, each.to)
            ]
            for each in recipients
        }

    def _check_order(self, receipts: tuple[Receipt, ...], recipients: list[Recipient]) -> None:
        told = [(receipt.to, receipt.reference) for receipt in receipts]
        assert told == [(each.to, each.reference) for each in recipients], (
            "Receipts answer for the recipients in the order given, with their addresses and "
            f"references. Given {[each.to for each in recipients]}, the receipts are for {told}."
        )

    def test_everybody_gets_one_message_and_one_receipt_in_order(
        self, environment: MakeEnvironment
    ) -> None:
        """One message each, and one receipt each, in the order given, with the references."""
        self.needs("send_bulk")
        here = environment()
        recipients = self.recipients(4)
        # Neither the order of addresses nor the reverse of it.
        recipients = [recipients[place] for place in (2, 0, 3, 1)]
        sent = known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        assert isinstance(sent, BulkReceipt), f"send_bulk answered with {sent!r}."
        assert sent.id, "The receipt of a broadcast that was taken on has no id."
        self._check_order(sent.receipts, recipients)
        assert {receipt.state for receipt in sent.receipts} <= _WELL, (
            f"No recipient was refused, but the receipts say {[r.state for r in sent.receipts]}."
        )
        texts = self._texts(here, recipients)
        assert texts == {each.to: ["Your table is ready"] for each in recipients}, (
            f"Each of {len(recipients)} recipients was to get one text; they got {texts}."
        )

    def test_an_address_that_comes_twice_is_answered_for_twice(
        self, environment: MakeEnvironment
    ) -> None:
        """Two rows of one address, with texts of their own, have a receipt each, in order."""
        self.needs("send_bulk")
        here = environment()
        first, second = self.recipients(2)
        recipients = [first, second, attrs.evolve(first, text="And more", reference="again")]
        sent = known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        self._check_order(sent.receipts, recipients)
        texts = self._texts(here, [first, second])
        # The provider decides whether a repeated recipient gets one message or two.
        assert all(0 < len(told) <= 2 for told in texts.values()), f"They got {texts}."

    def test_a_receipt_leads_to_its_own_recipient(self, environment: MakeEnvironment) -> None:
        """Asked about the id of a recipient's receipt, the provider speaks of that recipient."""
        self.needs("send_bulk")
        self.needs("status")
        self.claims("reports")
        here = environment()
        recipients = self.recipients(3)
        sent = known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        here.clock.advance(self.settled_after)
        for receipt in sent.receipts:
            if receipt.id is None or receipt.id == sent.id:
                continue
            told = [report.to for report in here.client.status(receipt.id).reports]
            assert told, f"The status of {receipt.id} has no report."
            assert all(self.reached(str(to), receipt.to) for to in told), (
                f"The receipt for {receipt.to} has the id {receipt.id}, which is about {told}."
            )

    def test_everybody_gets_their_own_text(self, environment: MakeEnvironment) -> None:
        """Variables are filled in for each, wherever they stand in the text."""
        self.needs("send_bulk")
        here = environment()
        recipients = self.recipients(3)
        broadcast = self.broadcast(text="Dear {name}! {name}, your table.", recipients=recipients)
        sent = known(here.client.send_bulk(broadcast))
        self._check_order(sent.receipts, recipients)
        texts = self._texts(here, recipients)
        names = [each.variables["name"] for each in recipients]
        expected = {
            each.to: [f"Dear {name}! {name}, your table."]
            for each, name in zip(recipients, names, strict=True)
        }
        assert texts == expected, (
            f"Each was to get {expected}, and got {texts}: look at how variables are written."
        )

    @pytest.mark.parametrize("odd", _ODD)
    def test_odd_characters_arrive_or_are_refused_before_any_request(
        self, environment: MakeEnvironment, odd: str
    ) -> None:
        """In a text, and in a variable, nothing is taken for the provider's own notation."""
        self.needs("send_bulk")
        people = self.people(2)
        written = odd.replace("{", "{{").replace("}", "}}")
        for text, name in ((f"Dear {{name}}: {written}", "Bob"), ("Dear {name}!", odd)):
            here = environment()
            recipients = [Recipient(people[0], {"name": name}), Recipient(people[1], {"name": "A"})]
            broadcast = self.broadcast(text=text, recipients=recipients)
            try:
                known(here.client.send_bulk(broadcast))
            except UsageError:
                assert not here.server.requests, f"{text!r} was refused after a request."
                continue
            expected = {each.to: [str(broadcast.text_for(each))] for each in recipients}
            texts = self._texts(here, recipients)
            assert texts == expected, (
                f"Each was to get {expected}, and got {texts}. What cannot be told to the provider "
                "is refused in `prepare`; everything else arrives as it was written."
            )

    def test_a_text_of_ones_own_wins(self, environment: MakeEnvironment) -> None:
        """A recipient with a text of their own gets that one; the others get the broadcast's."""
        self.needs("send_bulk")
        here = environment()
        people = self.people(2)
        recipients = [Recipient(people[0]), Recipient(people[1], text="Yours alone")]
        known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        texts = self._texts(here, recipients)
        assert texts == {people[0]: ["Your table is ready"], people[1]: ["Yours alone"]}, texts

    def test_a_personalised_broadcast_is_one_call_where_that_is_claimed(
        self, environment: MakeEnvironment
    ) -> None:
        """Where the provider fills in variables, or takes texts, one call is enough."""
        self.needs("send_bulk")
        operation = self.sending_operation(environment, "send_bulk")
        here = environment()
        sent = here.client.send_bulk(
            self.broadcast(text="Dear {name}", recipients=self.recipients(3))
        )
        calls = sum(
            request.operation == operation
            or (request.method != "GET" and request.operation != here.server.requests[0].operation)
            for request in here.server.requests
        )
        if self.features.personalisation is Personalisation.NONE:
            assert len(sent.batches) == 3, (
                "Features claims no personalisation, so three texts are three broadcasts."
            )
        else:
            assert calls == 1, (
                f"Features claims {self.features.personalisation}, and three people took {calls} "
                f"calls of {operation}."
            )

    def test_all_kinds_of_address_share_a_broadcast(self, environment: MakeEnvironment) -> None:
        """A list may mix kinds of addresses: exclusive ones get their own calls, all are sent."""
        self.needs("send_bulk")
        known, single = self.kinds(), self.features.exclusive_schemes
        missing = [scheme for scheme in single if scheme not in known]
        assert not missing, (
            f"Features claims {', '.join(missing)} addresses alone: name one of each in "
            "`addresses`."
        )
        alone = [known[scheme] for scheme in single]
        together = [address for scheme, address in known.items() if scheme not in single]
        # Each of those twice: that one has a call alone does not show that two of them do.
        again = [Recipient(address, text="And more") for address in alone]
        mixed = [*map(Recipient, alone), *map(Recipient, together), *again]
        if len(mixed) < 2:
            pytest.skip(f"{self.provider} takes one kind of address, many in a call.")

        def taken(recipients: list[Recipient]) -> int:
            here = environment()
            names = ", ".join(each.to for each in recipients)
            sent = done(
                lambda: here.client.send_bulk(self.broadcast(recipients=recipients)),
                f"A broadcast to {names}",
            )
            lost = [receipt.to for receipt in sent.receipts if receipt.state not in _WELL]
            assert not lost, f"Of a broadcast to {names}, nothing was sent to {', '.join(lost)}."
            return len(here.server.accepted)

        # One person may have several of the others, and get one message by one call.
        calls = [[each] for each in (*map(Recipient, alone), *again)]
        calls += [list(map(Recipient, together))] * bool(together)
        expected, reached = sum(map(taken, calls)), taken(mixed)
        assert reached == expected, (
            f"Call by call, {', '.join(each.to for each in mixed)} are {expected} messages, and in "
            f"one broadcast {reached}: look at whom a call can reach at once, and at "
            "`Features.exclusive_schemes`."
        )

    def test_a_variable_that_is_missing_is_refused_before_any_request(
        self, environment: MakeEnvironment
    ) -> None:
        """A missing variable is a UsageError, and nothing is sent."""
        self.needs("send_bulk")
        here = environment()
        recipients = [*self.recipients(1), Recipient(self.people(2)[1])]
        refusal(
            lambda: here.client.send_bulk(
                self.broadcast(text="Dear {name}", recipients=recipients)
            ),
            UsageError,
            "A broadcast that lacks a variable",
        )
        assert not here.server.requests, "A missing variable was noticed after a request."

    def test_one_bad_row_costs_that_row_only(self, environment: MakeEnvironment) -> None:
        """If the provider refuses one recipient, the others get their messages and receipts."""
        self.needs("send_bulk")
        here = environment()
        people = self.people(2)
        bad = self.fated(SimulatedOutcome.REFUSED, self.refused, "refused")
        broadcast = self.broadcast(recipients=[people[0], bad, people[1]])
        sent = done(
            lambda: here.client.send_bulk(broadcast),
            f"A broadcast in which one address, {bad}, is bad",
        )
        told = [receipt.to for receipt in sent.receipts]
        assert told == [people[0], bad, people[1]], f"The receipts are for {told}."
        for receipt in (sent.receipts[0], sent.receipts[2]):
            assert receipt.state in _WELL, (
                f"{bad} was refused, and the receipt of {receipt.to} says {receipt.state}: "
                f"{receipt.detail}"
            )
        here.clock.advance(self.settled_after)
        arrived = [message.to for message in here.server.inbox]
        assert len(arrived) == 2, f"Two people were well, and {arrived} got the message."
        self._check_bad_row(here, sent, bad)

    def _check_bad_row(self, here: Environment[Sandbox], sent: BulkReceipt, bad: str) -> None:
        receipt = sent.receipts[1]
        if receipt.state in (State.REJECTED, State.FAILED):
            assert receipt.detail or receipt.raw is not None, "The refusal of a row has no words."
            return
        if not self.features.reports or sent.id is None:
            # The provider tells nothing of single recipients, now or later.
            return
        told = {
            report.state
            for report in here.client.status(sent.id).reports
            if report.to is not None and self.reached(report.to, bad)
        }
        assert told, f"{bad} was refused, and neither its receipt nor a report says so."
        assert not told & _WELL, f"{bad} was refused, and its report says {told}."

    def test_a_long_list_is_divided_and_answered_for_as_one(
        self, environment: MakeEnvironment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """More recipients than fit one call take several; order, ids and states stay whole."""
        self.needs("send_bulk")
        plugin: Any = self.plugin
        limit = self.few
        monkeypatch.setattr(plugin, "features", attrs.evolve(plugin.features, bulk_limit=limit))
        here = environment()
        recipients = self.recipients(5)
        sent = known(here.client.send_bulk(self.broadcast(recipients=recipients)))
        self._check_order(sent.receipts, recipients)
        sizes = [batch.size for batch in sent.batches]
        assert sizes == ([2, 2, 1] if limit == 2 else [1] * 5), sent.batches
        assert self._texts(here, recipients) == {
            each.to: ["Your table is ready"] for each in recipients
        }, "A recipient got no message, or two, when the list was divided."
        if "status" not in self.hooks:
            return
        assert sent.id, "The whole of a divided list has no id."
        here.clock.advance(self.settled_after)
        status = here.client.status(sent.id)
        assert status.is_final, f"Long after it was sent, the whole is {status.state}."
        if self.features.reports:
            told = [str(report.to) for report in status.reports]
            assert len(told) == 5, (
                f"Of five recipients in {len(sizes)} calls, {told} were reported."
            )

    def test_as_many_as_are_claimed_fit_one_call(self, environment: MakeEnvironment) -> None:
        """A list as long as the limit is one call that the provider takes; one more is two."""
        self.needs("send_bulk")
        limit = self.features.bulk_limit
        if limit is None:
            pytest.skip(f"Features of {self.provider} states no bulk_limit.")
        here = environment()
        people = self.people(limit + 1)
        planned = plan(caller_of(here.client), self.broadcast(recipients=people))
        sizes = [batch.size for batch in planned.batches]
        assert sizes == [limit, 1], f"{limit + 1} recipients are divided into {sizes}."
        if limit > _MANY:
            return
        full = self.broadcast(recipients=people[:limit])
        sent = done(
            lambda: here.client.send_bulk(full), f"A call with the {limit} that Features claims"
        )
        # A call that is refused because of its recipients is divided into smaller ones.
        assert len(sent.batches) == 1, (
            f"Features claims {limit} recipients in a call; they took {len(sent.batches)} calls."
        )
        assert len(here.server.accepted) == limit, (
            f"Features claims {limit} recipients in a call; {len(here.server.accepted)} of them "
            "were taken on."
        )
