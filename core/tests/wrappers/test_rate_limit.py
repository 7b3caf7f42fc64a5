"""A rate limit: nobody is faster than the account may be used."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from polycast import (
    Account,
    Action,
    Broadcast,
    Client,
    Message,
    OutcomeUnknown,
    ProviderSettings,
    RateLimited,
    State,
    UsageError,
)
from polycast.wrappers import RateLimit, rate_limit

Connect = Callable[..., Client]
PHONES = [f"+38096123450{n}" for n in range(5)]
HELLO = Message(PHONES[0], text="Hello")


class Hands:
    """A clock that whoever sleeps moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock; and no rate is left over from another test."""
    hands = Hands()
    monkeypatch.setattr(rate_limit, "time", hands)
    # The calls of a broadcast wait before they are made, and not in the wrapper.
    monkeypatch.setattr("polycast.sending.dispatcher.wait", lambda _, seconds: hands.sleep(seconds))
    monkeypatch.setattr(rate_limit, "_shared", [])
    return hands


def test_messages_wait_for_their_turn(connect: Connect, provider: Any, hands: Hands) -> None:
    """
    Messages leave evenly, from the first.
    """
    client = connect(RateLimit("2/s"))

    for _ in range(6):
        client.send(HELLO)

    assert len(provider.asked) == 6
    assert hands.now == pytest.approx(2.5)


def test_a_batch_takes_as_many_turns_as_it_has_people(
    connect: Connect, provider: Any, hands: Hands
) -> None:
    """
    A rate in messages counts recipients; one in calls counts calls.
    """
    broadcast = Broadcast(text="Hello", recipients=PHONES)

    connect(RateLimit("1/s")).send_bulk(broadcast)
    by_messages, hands.now = hands.now, 0.0
    connect(RateLimit("1 calls/s")).send_bulk(broadcast)

    assert by_messages == pytest.approx(4.0)
    assert hands.now == pytest.approx(2.0)


def test_what_only_reads_or_stops_never_waits(connect: Connect, hands: Hands) -> None:
    """
    A status or a stop does not queue behind the messages that it is about.
    """
    client = connect(RateLimit("1/h"))
    client.send(HELLO)

    client.status("b1")
    client.control("b1", Action.STOP)

    assert hands.slept == []


def test_clients_of_one_account_share_the_rate(provider: Any, hands: Hands) -> None:
    """
    A client that is connected for one message does not begin a rate of its own.
    """
    account = Account("acme", "kyiv", ProviderSettings())

    for _ in range(3):
        limited = Client("acme", provider, wrappers=[RateLimit("1/s")], account=account)
        limited.send(HELLO)

    assert hands.now == pytest.approx(2.0)


@pytest.mark.parametrize(
    "other",
    [
        Account("acme", "lviv", ProviderSettings()),
        Account("acme", "kyiv", ProviderSettings(timeout=1)),
        Account("other", "kyiv", ProviderSettings()),
    ],
)
def test_other_accounts_have_a_rate_of_their_own(
    provider: Any, hands: Hands, other: Account
) -> None:
    """
    Another name, other settings or another provider are another account.
    """
    for account in (Account("acme", "kyiv", ProviderSettings()), other):
        Client("acme", provider, wrappers=[RateLimit("1/s")], account=account).send(HELLO)

    assert hands.slept == []


def test_one_instance_is_one_rate(provider: Any, hands: Hands) -> None:
    """
    Clients that are given the same wrapper share its rate, whatever they are called.
    """
    limit = RateLimit("1/s")

    for name in ("kyiv", "lviv"):
        account = Account("acme", name)
        Client("acme", provider, wrappers=[limit], account=account).send(HELLO)

    assert hands.now == pytest.approx(1.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.send(HELLO),
        lambda client: client.send_bulk(Broadcast(text="Hello", recipients=PHONES[:2])),
        lambda client: client.status("b1"),
        lambda client: client.control("b1", Action.STOP),
    ],
)
def test_a_429_holds_everybody_back(
    provider: Any, hands: Hands, call: Callable[[Client], object]
) -> None:
    """
    When the provider asks for patience, all clients of the account have it, and nothing is
    repeated.
    """
    one, other = (Client("acme", provider, wrappers=[RateLimit("100/s")]) for _ in range(2))
    provider.failure = RateLimited(provider="acme", retry_after=7)

    with pytest.raises(RateLimited) as caught:
        call(one)
    assert caught.value is provider.failure
    assert len(provider.asked) == 1
    provider.failure = None
    other.send(HELLO)

    assert hands.now == pytest.approx(7.0)


def test_patience_is_asked_for_anew_after_a_message_went_through(
    connect: Connect, provider: Any, hands: Hands
) -> None:
    """
    A 429 that names no time holds back for a second, and for longer only if another follows.
    """
    client = connect(RateLimit("1000000/s"))
    for failure in (RateLimited(provider="acme"), None, RateLimited(provider="acme"), None):
        provider.failure = failure
        if failure is None:
            client.send(HELLO)
            continue
        with pytest.raises(RateLimited):
            client.send(HELLO)

    assert hands.slept == [pytest.approx(1.0), pytest.approx(1.0)]


def test_nobody_is_kept_waiting_for_longer_than_their_patience(
    connect: Connect, provider: Any, hands: Hands
) -> None:
    """
    A send whose turn is too far away is refused, unsent, with the seconds to come back after.
    """
    client = connect(RateLimit("1/min", patience=30))
    client.send(HELLO)

    with pytest.raises(RateLimited, match=r"your rate limit of 1/min") as caught:
        client.send(HELLO)

    assert caught.value.retry_after == pytest.approx(60.0)
    assert caught.value.safe_to_retry
    assert caught.value.provider == "acme"
    assert hands.slept == []
    assert len(provider.asked) == 1


def test_a_batch_waits_as_long_as_its_size_takes(
    connect: Connect, provider: Any, hands: Hands
) -> None:
    """
    A broadcast is slowed down to the rate, however long that takes, and never cut short.
    """
    client = connect(RateLimit("1/min", patience=30))

    sent = client.send_bulk(Broadcast(text="Hello", recipients=PHONES), workers=1)

    assert sent.state is State.QUEUED
    assert len(provider.asked) == 3
    assert hands.now == pytest.approx(240.0)


def test_a_batch_does_not_outwait_a_429(connect: Connect, provider: Any, hands: Hands) -> None:
    """
    Where the provider asks for more patience than there is, a batch is refused, unsent.
    """
    client = connect(RateLimit("100/s", patience=30))
    broadcast = Broadcast(text="Hello", recipients=PHONES[:2])
    provider.failure = RateLimited(provider="acme", retry_after=3600)
    for _ in range(2):
        with pytest.raises(RateLimited) as caught:
            client.send_bulk(broadcast)

    assert caught.value is not provider.failure
    assert caught.value.retry_after == pytest.approx(3600)
    assert len(provider.asked) == 1
    assert hands.slept == []


def test_a_lost_reply_does_not_hold_anybody_back(
    connect: Connect, provider: Any, hands: Hands
) -> None:
    """
    Only being asked to slow down is a reason to.
    """
    client = connect(RateLimit("1000000/s"))
    provider.failure = OutcomeUnknown("lost", provider="acme")

    with pytest.raises(OutcomeUnknown):
        client.send(HELLO)
    provider.failure = None
    client.send(HELLO)

    assert hands.slept == []


def test_threads_together_are_no_faster(connect: Connect, provider: Any, hands: Hands) -> None:
    """
    Threads that share a client share its rate.
    """
    client = connect(RateLimit("10/s"))
    threads = [
        threading.Thread(target=lambda: [client.send(HELLO) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(provider.asked) == 40
    assert hands.now >= 3.0 - 1e-6


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RateLimit("fast"), "'fast' is not a rate"),
        (lambda: RateLimit("1/s", patience=-1), "patience"),
        (lambda: RateLimit("1/s", patience=float("nan")), "patience"),
    ],
)
def test_a_rate_that_is_none_is_refused(make: Callable[[], object], words: str) -> None:
    """
    What cannot be meant is refused where it is written.
    """
    with pytest.raises(UsageError, match=words):
        make()
