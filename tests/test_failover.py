"""Failover between two real providers' sandboxes, while both of them go wrong."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import polycast
import pytest
from polycast import (
    Broadcast,
    Client,
    Message,
    OutcomeUnknown,
    PolycastError,
    Recipient,
    Rejected,
    failover,
)
from polycast.campaign import Ledger
from polycast.sandbox import Error, Fault, LoseReply, Sandbox, Throttle, installed
from polycast.sandbox.faults import Answer, Faults
from polycast.testing.environments import Environment, environments
from werkzeug.wrappers import Response

#: People who are written to; more by hand.
PEOPLE = int(os.environ.get("POLYCAST_ROUTE_PEOPLE", "120"))
#: None of them ends in digits that ask a sandbox for something special.
NUMBERS = [f"+37529{number:05}12" for number in range(PEOPLE)]


class ErrorAfterwards(Fault):
    """The request is carried out, and answered with a 500."""

    kind = "error afterwards"

    def happen(self, sandbox: "Sandbox", proceed: Callable[[], Response]) -> Response:  # type: ignore[override]
        """Carry it out, and fail."""
        proceed()
        return sandbox.broken(500)


#: Of a hundred requests, how many go wrong in which way. Of the refusals, half are for the
#: moment: the wire itself asks again.
STORM: list[tuple[float, Fault]] = [
    (10, LoseReply()),
    (2.5, ErrorAfterwards()),
    (2.5, Error(500)),
    (12.5, Throttle(retry_after=1)),
    (12.5, Answer(401, "{}", "application/json")),
]


class Storm(Faults):
    """Lets a share of all requests go wrong, by a seed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)

    def take(self, operation: str | None) -> Fault | None:
        """Return what goes wrong with the next request, if anything."""
        drawn = self._random.uniform(0, 100)
        for share, fault in STORM:
            drawn -= share
            if drawn < 0:
                return fault
        return None


Two = tuple[Environment[Sandbox], Environment[Sandbox]]


@pytest.fixture
def both() -> Iterator[Two]:
    """Hyber and sms.by, both in a storm."""
    sandboxes = installed()
    with environments(sandboxes["hyber"]) as first, environments(sandboxes["smsby"]) as second:
        here = first(settings={"attempts": 2}), second(settings={"attempts": 2})
        for seed, each in enumerate(here):
            each.server.faults = Storm(seed)
            # Small batches, so that many of them go wrong.
            provider: Any = each.client.provider
            provider.features = attrs.evolve(provider.features, bulk_limit=5)
        yield here


def reached(both: Two) -> Counter[str]:
    """Return how many messages each person has got, of all providers."""
    return Counter(
        "+" + message.to.lstrip("+") for here in both for message in here.server.accepted
    )


def message_to(to: str) -> Message:
    """Return the message that everybody gets."""
    return Message(to, text="Your table is ready")


def clients(both: Two) -> list[Client]:
    """Return the accounts."""
    return [here.client for here in both]


def test_single_messages_in_a_storm(both: Two) -> None:
    """
    With 10 % lost replies, 5 % errors and 25 % refusals at both providers, nobody is written to
    twice, and at least 94 % are written to; who is not was told of.
    """
    route = failover(*clients(both))
    failed: dict[str, PolycastError] = {}
    for to in NUMBERS:
        try:
            route.send(message_to(to))
        except PolycastError as error:
            failed[to] = error

    people = reached(both)

    assert set(people.values()) == {1}
    assert len(people) >= 0.94 * PEOPLE
    assert all(here.server.accepted for here in both)
    assert set(NUMBERS) - set(people) <= set(failed)
    assert all(
        error.carried_out is None and not error.safe_to_retry
        for to, error in failed.items()
        if to in people
    )
    for here in both:
        here.server.faults = Faults()
    for to in failed:
        try:
            found = route.lookup(message_to(to), here.clock.now() - timedelta(days=1))
        except OutcomeUnknown:
            continue  # one of them cannot tell
        assert (found is not None) == (to in people)


#: Those that can be asked whether a message arrived, and that take any number.
ASKABLE = sorted(
    name
    for name, sandbox in installed().items()
    if polycast.connect(name, config=None, **dict[str, Any](sandbox.settings())).features.lookup
)


@pytest.mark.parametrize("name", ASKABLE)
def test_a_lost_reply_is_found_through_a_route(name: str) -> None:
    """
    Of what was sent through a route, as a message or as a list of one, `lookup` never says that it
    is not there, whatever other account is in the route: it would be sent again.
    """
    sandboxes = installed()
    other = "textit" if name == "hyber" else "hyber"
    with environments(sandboxes[name]) as first, environments(sandboxes[other]) as second:
        here = first()
        route = failover(here.client, second().client)
        since = here.clock.now() - timedelta(days=1)
        message = message_to(NUMBERS[1])
        broadcast = Broadcast(text="Hi {name}", recipients=[Recipient(NUMBERS[2], {"name": "A"})])
        for request in (message, broadcast):
            with suppress(OutcomeUnknown):  # some cannot tell that they do not have it
                assert route.lookup(request, since) is None

        sent, listed = route.send(message), route.send_bulk(broadcast)

        for request, receipt in ((message, sent), (broadcast, listed)):
            try:
                found = route.lookup(request, since)
            except OutcomeUnknown:
                continue  # one of them cannot tell
            assert found is not None
            for id in (found.id, receipt.id):  # some give none
                assert id is None or id.startswith(f"{name}/")


def test_a_list_in_a_storm(both: Two) -> None:
    """The same holds for a list that takes many calls."""
    route = failover(*clients(both))
    sent = route.send_bulk(Broadcast(text="We open at six", recipients=NUMBERS), workers=2)

    people = reached(both)

    assert max(people.values()) == 1
    for receipt in sent:
        assert receipt.ok <= (receipt.to in people)


def test_a_campaign_in_a_storm(both: Two, tmp_path: Path) -> None:
    """A campaign goes through a route as through an account: nobody is written to twice."""
    route = failover(*clients(both), name="sms")
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        campaign = ledger.plan(route, Broadcast(text="We open at six", recipients=NUMBERS))
        for _ in range(20):
            campaign.run(route, reopen=True, workers=2)
        for here in both:
            here.server.faults = Faults()
            here.clock.advance(3600)
        campaign.refresh(route)
        results = {result.to: result for result in campaign.results()}

    people = reached(both)

    assert max(people.values(), default=0) <= 1
    assert set(results) == set(NUMBERS)
    assert {"delivered", "sent"} & {result.state for result in results.values()}
    assert all(
        str(result.message_id).startswith(("hyber/", "smsby/"))
        for result in results.values()
        if result.message_id
    )


@pytest.mark.parametrize(
    ("to", "code", "moves"),
    [
        ("+15005550004", 21610, False),  # has opted out
        ("+15005550001", 21211, False),  # no number
        ("+15005550002", 21612, True),  # Twilio has no way there
        ("+15005550003", 21408, True),  # nor a permission for that country
    ],
)
def test_who_has_opted_out_is_not_written_to_through_another(
    to: str, code: int, moves: bool
) -> None:
    """
    A refusal of the recipient stays with its provider; one that says that this provider has no way
    to them moves on.
    """
    sandboxes = installed()
    with environments(sandboxes["twilio"]) as first, environments(sandboxes["hyber"]) as second:
        other = second()
        settings = {"messaging_service_sid": None, "sender": "+15005550006"}
        route = failover(first(settings=settings).client, other.client)

        if moves:
            assert str(route.send(message_to(to)).id).startswith("hyber/")
        else:
            with pytest.raises(Rejected) as raised:
                route.send(message_to(to))
            assert raised.value.code == code
        assert len(other.server.accepted) == moves
