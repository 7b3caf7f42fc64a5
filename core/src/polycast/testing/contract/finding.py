"""The promise of `lookup`: an arrival is found or in doubt, and an absence is proven or in doubt.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from polycast.campaign import Ledger
from polycast.errors import OutcomeUnknown, PolycastError, UsageError
from polycast.model.messages import Broadcast, BulkReceipt, Message, Receipt, State
from polycast.sandbox import Answer, Error, Fault, Garbage, LoseReply, Refuse, Sandbox
from polycast.testing.contract.base import Contract, MakeEnvironment, done, refusal
from polycast.testing.contract.required import filled
from polycast.testing.environments import Environment, environments

__all__ = ["FindingContract"]

#: Whether the request was carried out before its reply was lost.
_ARRIVED = (pytest.param(True, id="arrived"), pytest.param(False, id="lost"))
#: A text that no other test sends. Servers may store it without the blanks around it.
_WORDS = " Your table is ready, says the contract  "
_EARLIER = timedelta(hours=6)
#: Longer than anybody waits before asking.
_FOR_EVER = 30 * 86_400.0


class FindingContract(Contract):
    """What the provider can be asked after a lost reply."""

    #: Whether lookup asks by an id of ours that is made from the message: two alike share it.
    own_ids: bool = False

    def _lose(
        self,
        environment: MakeEnvironment,
        here: Environment[Sandbox],
        request: Message | Broadcast,
        fault: Fault,
    ) -> datetime:
        """Lose the reply to a request, and return a moment before it left."""
        how = "send" if isinstance(request, Message) else "send_bulk"
        operation = self.sending_operation(environment, how)
        since = here.clock.now() - timedelta(seconds=1)
        here.server.faults.add(fault, operation=operation)
        refusal(lambda: _send(here, request), OutcomeUnknown, f"A lost reply to {how}")
        return since

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_what_arrived_is_found_afterwards(self, environment: MakeEnvironment, how: str) -> None:
        """After a lost reply, lookup returns what the reply would have said, and sends nothing.

        It does so on whichever page of a list the request is, where all others say another thing.
        """
        self.needs(how)
        self.claims("lookup")
        here = environment()
        changes: dict[str, Any] = {"sender": self.sender} if self.features.sender else {}
        make = self.message if how == "send" else self.broadcast
        request, other = (
            make(text=text, **changes) for text in ("Your table is ready", "Something else")
        )
        _send(here, other)
        since = self._lose(environment, here, request, LoseReply())
        _send(here, other)
        here.server.listing.page_size = 1
        taken = len(here.server.accepted)
        # Some providers list a message only once it has been handed on, so this waits first.
        here.clock.advance(60.0)
        found = here.client.lookup(request, since)
        assert isinstance(found, BulkReceipt), (
            f"{self.provider} has what {how} sent, and lookup does not find it."
        )
        wanted = _addresses(request)
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

    def test_lookup_is_repeated_like_every_question(self, environment: MakeEnvironment) -> None:
        """It only reads, so trouble on the way is none of the caller's."""
        self.needs("send")
        self.claims("lookup")
        here = environment()
        request = self.message()
        since = self._lose(environment, here, request, LoseReply())
        here.server.faults.add(Error(503), times=2)
        found = done(lambda: here.client.lookup(request, since), "A lookup that met trouble twice")
        assert found is not None, "After trouble on the way, lookup does not find what is there."
        here.server.faults.add(Garbage(), times=9)
        refusal(
            lambda: here.client.lookup(request, since), PolycastError, "A web page after a lookup"
        )

    # Lists that mislead.

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    @pytest.mark.parametrize("arrived", _ARRIVED)
    def test_a_misleading_list_proves_nothing(
        self, environment: MakeEnvironment, arrived: bool, how: str
    ) -> None:
        """Among look-alikes on small pages in any order, only the lost request is found.

        What arrived is found or in doubt, and never denied; what did not arrive is denied or in
        doubt, and never found.
        """
        self.needs(how)
        self.claims("lookup")
        request = self._request(how)
        with _earlier(self.sandbox) as make:
            here = make()
            others = self._send_alike(here, request)
            since = self._lose(environment, here, request, LoseReply() if arrived else Refuse())
            # So that it is neither the first nor the last of any list.
            others |= self._send_others(here, request)
            here.clock.advance(60.0)
            here.server.listing.shuffled, here.server.listing.page_size = True, 1
            for _ in range(3):
                self._judge(here, request, since, arrived=arrived, others=others)

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_of_two_alike_neither_is_taken_for_the_other(
        self, environment: MakeEnvironment, how: str
    ) -> None:
        """Where the same was sent before and after the lost request, lookup finds it or doubts."""
        self.needs(how)
        self.claims("lookup")
        here = environment()
        request = self._request(how)
        others = {each.id for each in _all_of(_send(here, request))}
        since = self._lose(environment, here, request, LoseReply())
        others |= {each.id for each in _all_of(_send(here, request))}
        here.clock.advance(60.0)
        others = set() if self.own_ids else others
        self._judge(here, request, since, arrived=True, others=others)

    def test_what_is_listed_late_is_not_found_too_early(self, environment: MakeEnvironment) -> None:
        """What the provider does not list yet is never found, and is found as soon as it does."""
        how = self.ways[-1]
        self.claims("lookup")
        request = self._request(how)
        here = environment()
        since = self._lose(environment, here, request, LoseReply())
        here.server.listing.lag = 3600.0
        with contextlib.suppress(OutcomeUnknown):
            found = here.client.lookup(request, since)
            assert found is None, (
                f"With listing.lag, the sandbox lists nothing of the last hour, and lookup found "
                f"{found.id}: show the sandbox's lists by listing.known."
            )
        here.clock.advance(3700.0)
        self._judge(here, request, since, arrived=True, others=set())

    @pytest.mark.parametrize("how", ["send", "send_bulk"])
    def test_somebody_elses_404_is_no_absence(self, environment: MakeEnvironment, how: str) -> None:
        """Only the provider's own word says that it has nothing; a web server's says nothing."""
        self.needs(how)
        self.claims("lookup")
        here = environment()
        request = self._request(how)
        since = self._lose(environment, here, request, LoseReply())
        for status, body, kind in (
            (404, "<html><title>404 Not Found</title></html>", "text/html"),
            (404, "", "text/plain"),
            (404, '{"message": "no Route matched with those values"}', "application/json"),
            (410, "Gone", "text/plain"),
        ):
            here.server.faults.add(Answer(status, body, kind), times=500)
            error = refusal(
                lambda: here.client.lookup(request, since),
                PolycastError,
                f"A lookup that is answered HTTP {status} {body!r}",
            )
            assert not isinstance(error, UsageError), f"The question is valid, but: {error}"
            here.server.faults.clear()

    @pytest.mark.parametrize("arrived", _ARRIVED)
    def test_a_campaign_sends_nothing_twice_whatever_is_listed(
        self, arrived: bool, tmp_path: Path
    ) -> None:
        """A run with a lost reply, among look-alikes, ends with one message for each, or less."""
        self.needs("send_bulk")
        self.claims("lookup")
        with _earlier(self.sandbox, running=True) as make:
            operation = self.sending_operation(make, "send_bulk")
            here = make()
            request = self._request("campaign")
            assert isinstance(request, Broadcast), "send_bulk sends a broadcast."
            self._send_alike(here, request)
            before = Counter(_said(here, request))
            here.server.listing.shuffled, here.server.listing.page_size = True, 2
            here.server.faults.add(LoseReply() if arrived else Refuse(), operation=operation)
            _run(here, request, tmp_path, self.few)
            sent = Counter(_said(here, request)) - before
            twice = {to: times for to, times in sent.items() if times > 1}
            assert not twice, f"A lost reply was settled, and these got it twice: {twice}."

    def test_a_campaign_sends_again_once_at_most_where_lists_are_late(self, tmp_path: Path) -> None:
        """Where every reply is lost and nothing is listed for days, a run repeats a batch once."""
        self.needs("send_bulk")
        self.claims("lookup")
        with _earlier(self.sandbox, running=True) as make:
            operation = self.sending_operation(make, "send_bulk")
            here = make()
            request = self._request("campaign")
            assert isinstance(request, Broadcast), "send_bulk sends a broadcast."
            here.server.listing.lag = _FOR_EVER
            here.server.faults.add(LoseReply(), times=50, operation=operation)
            _run(here, request, tmp_path, self.few)
            often = {to: n for to, n in Counter(_said(here, request)).items() if n > 2}
            assert not often, f"One run sent these the same message more than twice: {often}."

    def _request(self, how: str) -> Message | Broadcast:
        """Return what is lost: also to addresses that are listed in another spelling."""
        respelled = list(filled(self.respelled))
        if how == "send":
            return self.message((respelled or [self.address])[0], text=_WORDS)
        people = [*self.people(3), *respelled]
        if how == "send_bulk" and self.few == 1:
            # Of several calls, each has an outcome of its own.
            people = people[-1:]
        return self.broadcast(recipients=people, text=_WORDS)

    def _send_alike(
        self, here: Environment[Sandbox], request: Message | Broadcast
    ) -> set[str | None]:
        """Send what differs from a request in one thing, and return the provider's ids of it.

        The same was sent hours ago; to some of the same people, and more, seconds ago; and by the
        same moment others got the same text, and the same people another one.
        """
        ids: set[str | None] = set()
        to, others = _addresses(request), self.people(12)[6:]

        def send_bulk(recipients: list[str], text: str) -> None:
            sent = here.client.send_bulk(self.broadcast(recipients=recipients, text=text))
            ids.update(each.id for each in _all_of(sent))

        _send(here, request)
        here.clock.advance(_EARLIER.total_seconds() - 10)
        if "send_bulk" in self.hooks:
            send_bulk([*to, others[0]], _WORDS)
            send_bulk([*to[1:], others[0]], _WORDS)
        here.clock.advance(10)
        return ids | self._send_others(here, request)

    def _send_others(
        self, here: Environment[Sandbox], request: Message | Broadcast
    ) -> set[str | None]:
        """Send something else to the same people, and the same to others; return the ids."""
        to, others = _addresses(request), self.people(12)[6:]
        sent: list[Receipt | BulkReceipt] = []
        if "send_bulk" in self.hooks:
            for recipients, text in ((to, "Something else"), (others, _WORDS)):
                broadcast = self.broadcast(recipients=recipients, text=text)
                sent.append(here.client.send_bulk(broadcast))
        if "send" in self.hooks:
            sent.append(here.client.send(self.message(to[0], text="Something else")))
            sent.append(here.client.send(self.message(others[0], text=_WORDS)))
        return {each.id for whole in sent for each in _all_of(whole)}

    def _judge(
        self,
        here: Environment[Sandbox],
        request: Message | Broadcast,
        since: datetime,
        *,
        arrived: bool,
        others: set[str | None],
    ) -> None:
        taken = len(here.server.accepted)
        try:
            found = here.client.lookup(request, since)
        except OutcomeUnknown:
            # Doubt is allowed, whether it arrived or not.
            return
        if arrived:
            assert found is not None, (
                "It arrived, and lookup denies it: it would be sent twice. Where what is listed "
                "may be it, raise OutcomeUnknown."
            )
        else:
            assert found is None, f"It did not arrive, and lookup found {found} for it."
        if found is not None:
            ids = {each.id for each in _all_of(found)} - {None}
            assert not ids & others, f"lookup found {ids & others}, which is something else."
            wanted = _addresses(request)
            told = [receipt.to for receipt in found.receipts]
            assert told == wanted, f"{wanted} was asked about, and {told} was found."
        assert len(here.server.accepted) == taken, "lookup sent something."


@contextlib.contextmanager
def _earlier(sandbox: type[Sandbox], *, running: bool = False) -> Iterator[MakeEnvironment]:
    """Make environments that begin so long ago that something older can be sent."""
    start = datetime.now(UTC).replace(microsecond=0) - _EARLIER
    with environments(sandbox, start, running=running) as make:
        yield make


def _send(here: Environment[Sandbox], request: Message | Broadcast) -> Receipt | BulkReceipt:
    if isinstance(request, Message):
        return here.client.send(request)
    return here.client.send_bulk(request)


def _addresses(request: Message | Broadcast) -> list[str]:
    if isinstance(request, Message):
        return [request.to]
    return [each.to for each in request.recipients]


def _all_of(sent: Receipt | BulkReceipt) -> list[Receipt | BulkReceipt]:
    """Return a receipt, and those of its recipients: each has an id."""
    return [sent, *getattr(sent, "receipts", ())]


def _said(here: Environment[Sandbox], request: Broadcast) -> list[str]:
    """Return the addresses for which the provider accepted this text, with repetitions."""
    detail = str(request.text).strip()
    return [taken.to for taken in here.server.accepted if taken.text.strip() == detail]


def _run(here: Environment[Sandbox], request: Broadcast, folder: Path, batch_size: int) -> None:
    """Send a broadcast as a campaign, and settle what is in doubt, in one run."""
    with Ledger.open(folder / "ledger.db") as ledger:
        campaign = ledger.plan(here.client, request, batch_size=batch_size)
        campaign.run(here.client, workers=1, in_flight_grace=0.0)
