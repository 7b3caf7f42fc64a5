"""Which state a batch may go to from which."""

import pytest
from polycast import Broadcast
from polycast.campaign import BatchState, Ledger, schema
from polycast.campaign.batches import move
from polycast.campaign.states import SOURCES
from polycast.campaign.store import Store
from polycast.client import Client

PLANNED, SUBMITTING, ACCEPTED, REJECTED, IN_DOUBT, CANCELLED = BatchState

#: Every step that is allowed; there are no others.
STEPS = {
    (PLANNED, SUBMITTING),
    (PLANNED, ACCEPTED),
    (PLANNED, CANCELLED),
    (SUBMITTING, PLANNED),
    (SUBMITTING, ACCEPTED),
    (SUBMITTING, REJECTED),
    (SUBMITTING, IN_DOUBT),
    (REJECTED, ACCEPTED),
    (CANCELLED, ACCEPTED),
    (IN_DOUBT, PLANNED),
    (IN_DOUBT, ACCEPTED),
    (IN_DOUBT, IN_DOUBT),
}


def test_the_table_of_steps() -> None:
    """The steps are these and no others: nothing leads away from accepted."""
    assert {(before, to) for to, sources in SOURCES.items() for before in sources} == STEPS


@pytest.mark.parametrize("before", BatchState)
def test_the_ledger_refuses_every_other_step(
    url: str, client: Client, broadcast: Broadcast, before: BatchState
) -> None:
    """A step that is not in the table changes nothing in the ledger."""
    with Ledger.open(url) as ledger:
        campaign = ledger.plan(client, broadcast)
    store = Store(url)
    for to in BatchState:
        with store.write() as connection:
            connection.execute(schema.batches.update().values(state=before))
        with store.write() as connection:
            moved = move(connection, campaign.id, 1, to)
        with store.read() as connection:
            state = connection.execute(schema.batches.select().order_by("number")).first()

        assert moved is ((before, to) in STEPS)
        assert state is not None
        assert state.state == (to if moved else before)
    store.close()
