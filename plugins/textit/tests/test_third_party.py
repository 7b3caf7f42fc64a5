"""The server's own makers' client and ours, at the same server: each finds what the other made."""

from collections.abc import Iterator
from typing import Any

import pytest
from polycast import Broadcast, OutcomeUnknown
from polycast.sandbox import LoseReply
from polycast.testing.environments import Environment, environments
from polycast_textit.sandbox import TextItSandbox

temba = pytest.importorskip("temba_client.v2", reason="rapidpro-python is not installed")

PEOPLE = ["+4407712345678", "tel:250788123123", "group:customers"]


@pytest.fixture
def here() -> Iterator[Environment[TextItSandbox]]:
    """A client of ours and its server."""
    with environments(TextItSandbox) as make:
        yield make()


@pytest.fixture
def theirs(here: Environment[TextItSandbox]) -> Any:
    """RapidPro's own client, of the same workspace."""
    root = here.client.provider.settings.base_url.reveal().removesuffix("/api/v2")
    return temba.TembaClient(root, here.server.token)


def test_their_client_lists_what_ours_made(here: Environment[TextItSandbox], theirs: Any) -> None:
    """The same broadcast, under the same id, to the same people."""
    sent = here.client.send_bulk(Broadcast(text=" Hello ", recipients=PEOPLE))
    (listed,) = theirs.get_broadcasts().all()
    assert listed.uuid == sent.id
    assert listed.urns == ["tel:+447712345678", "tel:+250788123123"]
    assert [group.name for group in listed.groups] == ["Customers"]
    assert listed.text == {"eng": "Hello"}


def test_ours_finds_what_their_client_made(here: Environment[TextItSandbox], theirs: Any) -> None:
    """A broadcast of theirs is the one that ours lost: lookup and status know it."""
    since = here.clock.now()
    made = theirs.create_broadcast(
        urns=["tel:+4407712345678", "tel:250788123123"], groups=["customers"], text={"eng": "Hello"}
    )
    found = here.client.lookup(Broadcast(text="Hello", recipients=PEOPLE), since)
    assert found is not None
    assert found.id == made.uuid
    assert here.client.status(str(found.id)).detail == made.status


def test_what_ours_lost_is_what_theirs_lists(here: Environment[TextItSandbox], theirs: Any) -> None:
    """One broadcast was made, and both know the same one."""
    since = here.clock.now()
    broadcast = Broadcast(text="Hello", recipients=PEOPLE)
    here.server.faults.add(LoseReply(), operation="create_broadcast")
    with pytest.raises(OutcomeUnknown):
        here.client.send_bulk(broadcast)
    found = here.client.lookup(broadcast, since)
    assert found is not None
    assert [each.uuid for each in theirs.get_broadcasts().all()] == [found.id]
