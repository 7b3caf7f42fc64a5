"""An outbox: messages that are posted in somebody's own transaction, and delivered later."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from polycast import (
    AuthenticationFailed,
    KeyReused,
    Message,
    ProviderError,
    RateLimited,
    Recipient,
    Rejected,
    UsageError,
    connect,
    sandbox,
)
from polycast.campaign import Ledger
from polycast.client import Client
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from .killing import Clock, digits, numbers
from .test_sends import SEND_FEATURES, Single, lost, raising
from .test_servers import connected

HELLO = Message("+12125550001", text="Hello")


@pytest.fixture
def single() -> Single:
    return Single()


@pytest.fixture
def account(single: Single) -> Client:
    return Client("scripted", single)


def messages(count: int) -> list[Message]:
    return [Message(f"+1212555{place:04}", text="Hello") for place in range(1, count + 1)]


@contextlib.contextmanager
def own(url: str, kind: str) -> Iterator[Any]:
    """A connection of the caller's own to the ledger's database, in a transaction."""
    is_server = url.startswith("postgresql")
    if kind == "plain":
        connection: Any = connected(url) if is_server else sqlite3.connect(url)
        if is_server:
            connection.autocommit = False
        with contextlib.closing(connection):
            yield connection
        return
    parts = make_url(url).set(drivername="postgresql+psycopg") if is_server else f"sqlite:///{url}"
    engine = create_engine(parts)
    try:
        with Session(engine) if kind == "session" else engine.connect() as opened:
            yield opened
    finally:
        engine.dispose()


@pytest.mark.parametrize("kind", ["plain", "connection", "session"])
def test_a_message_is_posted_with_the_callers_own_transaction(
    ledger: Ledger, url: str, account: Client, single: Single, kind: str
) -> None:
    """What is rolled back is never sent, what is committed is sent once, whatever the driver."""
    with own(url, kind) as connection:
        ledger.post(account, HELLO, key="order-1", connection=connection)
        connection.rollback()
        ledger.post(account, HELLO, key="order-2", connection=connection)
        ledger.post(account, HELLO, key="order-2", connection=connection)
        connection.commit()
        with pytest.raises(KeyReused, match="order-2"):
            ledger.post(
                account, Message(HELLO.to, text="Bye"), key="order-2", connection=connection
            )
        connection.rollback()

    assert ledger.deliver(account) == 1
    assert ledger.deliver(account) == 0
    assert single.taken == [HELLO]
    assert ledger.send(account, HELLO, key="order-2").id == "message:1"


def test_the_oldest_go_first_and_no_more_than_asked_for(
    ledger: Ledger, account: Client, single: Single
) -> None:
    """Each call delivers at most `limit`, in the order in which they were posted."""
    for place, message in enumerate(messages(5)):
        ledger.post(account, message, key=f"k{place}")

    assert [ledger.deliver(account, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert single.taken == messages(5)


@pytest.mark.parametrize("error", [RateLimited, AuthenticationFailed])
def test_what_was_not_carried_out_stays_posted(
    ledger: Ledger, account: Client, single: Single, error: type[ProviderError]
) -> None:
    """After a 429, or with wrong credentials, nothing more is tried, and nothing is lost."""
    for place, message in enumerate(messages(3)):
        ledger.post(account, message, key=f"k{place}")
    single.deeds += [lambda _: None, raising(error("no", provider="scripted"))]

    if error is RateLimited:
        assert ledger.deliver(account) == 1
    else:
        with pytest.raises(error):
            ledger.deliver(account)

    assert len(single.taken) == 1
    assert ledger.deliver(account) == 2
    assert sorted(each.to for each in single.taken) == [each.to for each in messages(3)]


def test_what_is_refused_does_not_hold_up_the_others(
    ledger: Ledger, account: Client, single: Single
) -> None:
    """A message that the provider refuses, or whose recipient has opted out since, is given up."""
    for place, message in enumerate(messages(3)):
        ledger.post(account, message, key=f"k{place}")
    single.deeds.append(raising(Rejected("no such number", provider="scripted")))
    ledger.suppressions.add(messages(3)[1].to)

    assert ledger.deliver(account) == 1
    assert ledger.deliver(account) == 0
    assert single.taken == messages(3)[2:]
    assert [each.state for each in ledger.find(messages(3)[0].to)] == ["rejected"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_lost_reply_is_asked_about(
    ledger: Ledger, account: Client, single: Single, arrived: bool
) -> None:
    """A message in doubt is found, or sent again once the provider does not have it."""
    ledger.post(account, HELLO, key="k")
    single.deeds.append(raising(lost(), single if arrived else None))

    told = [ledger.deliver(account, settle=0.0) for _ in range(3)]

    assert told == [0, 1, 0]
    assert single.taken == [HELLO]


def test_what_cannot_be_sent_as_asked_is_refused_at_once(ledger: Ledger, account: Client) -> None:
    """A message that the provider cannot take fails where it is posted."""
    with pytest.raises(UsageError):
        ledger.post(account, Message("mailto:a@example.com", text="Hello"), key="k")
    assert SEND_FEATURES.schemes == account.features.schemes
    assert ledger.deliver(account) == 0


CHILD = """
import json, sys
import polycast
from polycast.campaign import Ledger

url, settings = sys.argv[1], json.loads(sys.argv[2])
with Ledger.open(url) as ledger, polycast.connect("hyber", **settings) as hyber:
    print("ready", flush=True)
    while True:
        try:
            ledger.deliver(hyber, limit=5, settle=0.3)
        except polycast.PolycastError as error:
            print(error, file=sys.stderr)
"""


def test_deliverers_that_are_killed_send_everything_once(tmp_path: Path) -> None:
    """Two processes deliver, and are killed (SIGKILL) again and again: each message goes once."""
    pytest.importorskip("polycast_hyber", reason="polycast-hyber is not installed")
    instants = random.Random(3)
    url = str(tmp_path / "ledger.sqlite")
    kind = sandbox.installed()["hyber"]
    people = [Recipient(number) for number in islice(numbers(), 24)]
    with sandbox.host([kind(Clock())]) as hosted, Ledger.open(url) as ledger:
        settings: dict[str, Any] = {**kind.settings(), "base_url": hosted.base_url("hyber")}
        fake = hosted.sandboxes["hyber"]
        with connect("hyber", **settings) as hyber:
            for place, each in enumerate(people):
                ledger.post(hyber, Message(each.to, text="Hello"), key=f"k{place}")

        def start() -> "subprocess.Popen[str]":
            command = [sys.executable, "-c", CHILD, url, json.dumps(settings)]
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

        def sent(than: int) -> Callable[[], bool]:
            return lambda: len(fake.accepted) >= than

        running = [start(), start()]
        try:
            for kill in range(2):
                _until(sent(min(len(people), 10 * (kill + 1))), instants.uniform(0.0, 0.05))
                os.kill(running[0].pid, signal.SIGKILL)
                running[0].communicate()
                running = [running[1], start()]
            _until(lambda: {digits(each.to) for each in fake.accepted} == expected(people))
        finally:
            for child in running:
                child.kill()
                child.communicate()
        got = Counter(digits(each.to) for each in fake.accepted)

    assert set(got) == expected(people)
    assert set(got.values()) == {1}


def expected(people: list[Recipient]) -> set[str]:
    return {digits(each.to) for each in people}


def _until(true: Callable[[], bool], then: float = 0.0) -> None:
    for _ in range(6_000):
        if true():
            break
        time.sleep(0.02)
    else:
        raise AssertionError("It never came to that.")
    time.sleep(then)
