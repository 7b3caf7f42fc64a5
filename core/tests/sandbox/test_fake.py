"""What a sandbox remembers, and which sandboxes are installed."""

from importlib.metadata import EntryPoint, EntryPoints
from threading import Barrier, Thread

import pytest
import requests
from polycast.errors import BrokenProvider
from polycast.sandbox import Fate, Hosted, ManualClock, Sandbox, installed


def post(hosted: Hosted, to: str, text: str = "hello") -> requests.Response:
    return requests.post(f"{hosted.url}/echo/messages/{to}", data=text, timeout=10)


def test_the_inbox_fills_with_time(hosted: Hosted, echo: Sandbox, clock: ManualClock) -> None:
    """A message is accepted at once and in the inbox when it has arrived, with that moment."""
    post(hosted, "380961111112")
    assert [message.text for message in echo.accepted] == ["hello"]
    assert echo.inbox == []
    sent_at = clock.now()
    clock.advance(2)
    (arrived,) = echo.inbox
    assert (arrived.to, arrived.text, arrived.sender) == ("380961111112", "hello", "me")
    assert (arrived.at - sent_at).total_seconds() == 2


def test_a_message_that_fails_is_accepted_and_never_arrives(
    hosted: Hosted, echo: Sandbox, clock: ManualClock
) -> None:
    """Accepted tells what was taken on, whatever becomes of it."""
    post(hosted, "380961111111")
    clock.advance(1000)
    assert (len(echo.accepted), echo.inbox) == (1, [])


@pytest.mark.parametrize(
    ("address", "fate", "arrives"),
    [
        ("tel:+250788123123", Fate.DELIVERED, True),
        ("+380960000000", Fate.REFUSED, False),
        ("+380961231111", Fate.FAILS, False),
        ("+380961232222", Fate.EXPIRES, False),
        ("+380961233333", Fate.REPLY_LOST, True),
    ],
)
def test_the_ending_of_an_address_is_its_fate(address: str, fate: Fate, arrives: bool) -> None:
    """The four endings mean the same to every sandbox."""
    assert Fate.of(address) is fate
    assert fate.arrives is arrives


def test_requests_are_carried_out_one_at_a_time(hosted: Hosted, echo: Sandbox) -> None:
    """Many clients at once lose nothing and double nothing."""
    barrier = Barrier(8)

    def client(number: int) -> None:
        barrier.wait()
        for index in range(10):
            post(hosted, f"{number}9{index}")

    threads = [Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({message.to for message in echo.accepted}) == len(echo.accepted) == 80
    assert {message.id for message in echo.accepted} == {str(n) for n in range(1, 81)}
    assert len(echo.requests) == 80


def offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    entry = EntryPoint("echo", value, "polycast.sandboxes")
    monkeypatch.setattr(
        "polycast.sandbox.registry.entry_points", lambda group: EntryPoints([entry])
    )


def test_a_sandbox_that_cannot_be_imported_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a broken sandbox says which one it is and what went wrong."""
    offer(monkeypatch, "polycast_nowhere.sandbox:Echo")
    with pytest.raises(BrokenProvider, match=r"'echo'.*No module named 'polycast_nowhere'"):
        installed()


def test_something_else_is_not_taken_for_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point that is no sandbox is refused by name."""
    offer(monkeypatch, "json:loads")
    with pytest.raises(BrokenProvider, match="json:loads is not a subclass"):
        installed()


def test_a_sandbox_has_the_name_it_is_offered_under(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that calls itself otherwise than its entry point is refused."""
    monkeypatch.setattr(Sandbox, "name", "other", raising=False)
    offer(monkeypatch, "polycast.sandbox:Sandbox")
    with pytest.raises(BrokenProvider, match="calls itself 'other'"):
        installed()
