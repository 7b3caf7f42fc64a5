"""What a sandbox remembers, and which sandboxes are installed."""

from threading import Barrier, Thread
from typing import Any

import pytest
import requests
from polycast.errors import BrokenProvider
from polycast.sandbox import Hosted, ManualClock, Sandbox, SimulatedOutcome, installed


def post(hosted: Hosted, to: str, text: str = "hello") -> requests.Response:
    return requests.post(f"{hosted.url}/echo/messages/{to}", data=text, timeout=60)


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


def test_every_answer_tells_the_time_there(hosted: Hosted, clock: ManualClock) -> None:
    """The `Date` of an answer is the sandbox's time: a client can tell how far clocks differ."""
    clock.advance(90)
    for answer in (post(hosted, "1"), requests.get(f"{hosted.url}/echo/nowhere", timeout=60)):
        assert answer.headers["Date"] == "Thu, 01 Jan 2026 00:01:30 GMT"


@pytest.mark.parametrize(
    ("address", "fate", "arrives"),
    [
        ("tel:+250788123123", SimulatedOutcome.DELIVERED, True),
        ("+380960000000", SimulatedOutcome.REFUSED, False),
        ("+380961231111", SimulatedOutcome.FAILS, False),
        ("+380961232222", SimulatedOutcome.EXPIRES, False),
        ("+380961233333", SimulatedOutcome.REPLY_LOST, True),
    ],
)
def test_the_ending_of_an_address_is_its_fate(
    address: str, fate: SimulatedOutcome, arrives: bool
) -> None:
    """The four endings mean the same to every sandbox."""
    assert SimulatedOutcome.of(address) is fate
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


#: Sandboxes to offer.
SOURCE = """
from polycast.sandbox import Sandbox

class Fake(Sandbox):
    name = "fake"

    @classmethod
    def base_url(cls, root):
        return root

    @classmethod
    def settings(cls):
        return {}

    def traffic(self):
        return []

    def unroutable(self, request, error):
        raise error

class Other(Fake):
    name = "other"

class Unmade(Fake):
    name = "unmade"

    def __init__(self, clock=None):
        raise ValueError("no clock")

not_a_sandbox = 1
"""


def offer(install: Any, name: str, thing: str = "Fake", source: str = SOURCE) -> None:
    module = f"stranger_{name}"
    install(f"stranger-{name}", {"polycast.sandboxes": {name: f"{module}:{thing}"}}, source)


@pytest.mark.parametrize(
    ("thing", "source", "words"),
    [
        ("Fake", "import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        ("Fake", "raise SystemExit(3)", "SystemExit: 3"),
        ("not_a_sandbox", SOURCE, "is not a subclass of polycast.sandbox.Sandbox"),
        ("Other", SOURCE, "calls itself 'other'"),
    ],
)
def test_a_sandbox_that_cannot_be_used_is_named(
    install_distribution: Any, thing: str, source: str, words: str
) -> None:
    """The error of a broken sandbox says whose it is and what is wrong with it."""
    offer(install_distribution, "fake", thing, source)
    with pytest.raises(BrokenProvider, match=r"sandbox 'fake'.*stranger-fake 1.0") as raised:
        installed()
    assert words in str(raised.value)


def test_a_broken_sandbox_is_left_out(install_distribution: Any) -> None:
    """Where it is asked for, the broken are told and left out, even what exits."""
    offer(install_distribution, "raises", source="1 / 0")
    offer(install_distribution, "exits", source="raise SystemExit(9)")
    offer(install_distribution, "fake")
    offer(install_distribution, "unmade", "Unmade")
    broken: list[BrokenProvider] = []

    found = installed(broken.append)

    assert found["fake"].name == "fake"
    assert not {"raises", "exits", "unmade"} & set(found)
    exits, raises, unmade = sorted(map(str, broken))
    assert "'exits', from the distribution stranger-exits" in exits
    assert "SystemExit: 9" in exits
    assert "ZeroDivisionError" in raises
    assert "stranger-unmade 1.0, cannot be used: ValueError: no clock" in unmade


def test_two_sandboxes_of_one_name_are_neither(install_distribution: Any) -> None:
    """A name that two distributions take is told once, with both, and stands for none."""
    for name in ("stranger-one", "stranger-two"):
        value = f"{name.replace('-', '_')}:Fake"
        install_distribution(name, {"polycast.sandboxes": {"fake": value}}, SOURCE)
    broken: list[BrokenProvider] = []

    assert "fake" not in installed(broken.append)
    (told,) = map(str, broken)
    assert "stranger-one 1.0 and stranger-two 1.0" in told
    with pytest.raises(BrokenProvider, match=r"stranger-one 1.0 and stranger-two 1.0"):
        installed()
