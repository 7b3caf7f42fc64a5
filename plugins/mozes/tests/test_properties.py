"""Whatever the model accepts either reaches the server meaning the same, or never leaves."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import polycast
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polycast import Broadcast, Client, Message, Recipient, Rejected, State, UsageError
from polycast.sandbox import Accepted, ManualClock, host
from polycast_mozes.sandbox import MozesSandbox

#: Two users and a list with two others, all of whom the server begins with.
CONTACTS = {"contact:1283228": "12125550101", "contact:2349059": "12125550104"}
LIST = {"group:1483228": ["12125550102", "12125550103"]}
LANDLINE = "+18005551234"


@attrs.frozen
class Environment:
    """A client and its server."""

    client: Client
    server: MozesSandbox

    @property
    def seen(self) -> tuple[int, int]:
        """How much the server has been asked, and has taken on."""
        return len(self.server.requests), len(self.server.accepted)


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """One server for all examples; its clock stands still."""
    server = MozesSandbox(ManualClock())
    with host([server]) as hosted:
        account: dict[str, Any] = MozesSandbox.settings()
        with polycast.connect("mozes", base_url=hosted.base_url("mozes"), **account) as client:
            yield Environment(client, server)
    # The promise would be an empty one if hardly anything were sent.
    assert len(server.accepted) > 40
    assert [entry for entry in server.requests if entry.problems] == []


def rarely(odd: st.SearchStrategy[Any], common: st.SearchStrategy[Any]) -> Any:
    """Mostly `common`: what is refused hides what would become of the rest."""
    return st.integers(0, 19).flatmap(lambda draw: odd if draw == 7 else common)


# The exchange of subscribers, and no ending that the sandbox gives a fate of its own.
numbers = st.tuples(st.integers(200, 799), st.integers(0, 999)).map(
    lambda parts: f"1{parts[0]}555{parts[1]:03}5"
)
persons = st.one_of(
    numbers.map(lambda digits: f"+{digits}"),
    numbers.map(lambda digits: f"tel:{digits}"),
    st.sampled_from([*CONTACTS]),
)
addresses = rarely(
    st.one_of(
        st.sampled_from(["+380961111111", "contact:me", "group:all", "twitter:me", "contact:0"]),
        st.sampled_from([*LIST]),
        st.integers(10**6, 10**10 - 1).map(lambda number: f"+{number}"),
        st.integers(10**11, 10**14).map(lambda number: f"+{number}"),
    ),
    st.one_of(persons, persons, persons, st.sampled_from([*LIST])),
)
texts = rarely(st.text(min_size=150, max_size=170), st.text(min_size=1, max_size=100)).filter(
    lambda text: text is None or text.strip()
)
content: dict[str, st.SearchStrategy[Any]] = {
    "sender": rarely(st.just("Trattoria"), st.none()),
    "channels": rarely(st.sampled_from([("viber",), ("sms", "viber")]), st.just(())),
    "send_at": rarely(st.just(datetime(2030, 1, 1, tzinfo=UTC)), st.none()),
    "ttl": rarely(st.just(timedelta(hours=1)), st.none()),
    "media": rarely(st.just(("https://example.org/cat.jpg",)), st.just(())),
    "callback_url": rarely(st.just("https://example.org/"), st.none()),
    "options": rarely(st.just(object()), st.none()),
}


def reached(to: str) -> list[str]:
    """The phones that an address stands for."""
    if to in LIST:
        return LIST[to]
    return [CONTACTS.get(to) or to.removeprefix("tel:").removeprefix("+")]


def arrived(environment: Environment, before: tuple[int, int]) -> list[Accepted]:
    """What the server has taken on since it had been asked this much."""
    return environment.server.accepted[before[1] :]


def refused_for_length(environment: Environment, before: tuple[int, int], error: Rejected) -> None:
    """Assert that Mozes refused the text for its length, and that nobody got it."""
    assert error.code == 14000
    assert arrived(environment, before) == []


def said_nothing_else(asked: Message | Broadcast) -> bool:
    """Whether nothing was asked that Mozes has no word for."""
    return not any(getattr(asked, field) for field in content if field != "channels")


@settings(deadline=None, max_examples=200)
@given(st.builds(Message, addresses, text=rarely(st.none(), texts), **content))
def test_a_message_means_the_same_or_never_leaves(
    environment: Environment, message: Message
) -> None:
    """The text reaches the phones that the address stands for, or nothing is asked at all.

    A text that is only too long with what Mozes adds is Mozes's to refuse: it leaves, and
    reaches nobody.
    """
    before = environment.seen
    try:
        receipt = environment.client.send(message)
    except UsageError:
        assert environment.seen == before
        return
    except Rejected as error:
        refused_for_length(environment, before, error)
        return
    assert receipt.to == message.to
    taken = arrived(environment, before)
    assert sorted(each.to for each in taken) == sorted(reached(message.to))
    assert {each.text for each in taken} == {message.text}
    assert {each.id for each in taken} == {receipt.id}
    assert said_nothing_else(message)


recipients = st.builds(
    Recipient,
    rarely(addresses, rarely(st.just(LANDLINE), persons)),
    variables=st.fixed_dictionaries({"name": st.text(max_size=10)}),
    text=rarely(texts, st.none()),
    reference=st.none() | st.text(min_size=1, max_size=5),
)
templates = rarely(
    st.sampled_from([None, "{", "Dear {nobody}"]),
    st.sampled_from(["Dear guests", "Dear {name}!", "{{name}} is {name}", "{name}"]),
)


@settings(deadline=None, max_examples=200)
@given(
    st.builds(
        Broadcast,
        recipients=st.lists(recipients, min_size=1, max_size=6, unique_by=lambda each: each.to),
        text=templates,
        name=st.none() | texts,
        **content,
    )
)
def test_a_broadcast_means_the_same_or_never_leaves(
    environment: Environment, broadcast: Broadcast
) -> None:
    """Everybody who is not refused by name reads their own text, once; or nothing is asked."""
    # One phone written in two ways is told twice, and the server counts people.
    phones = [phone for each in broadcast.recipients for phone in reached(each.to)]
    assume(len(set(phones)) == len(phones))
    before = environment.seen
    try:
        sent = environment.client.send_bulk(broadcast)
    except UsageError:
        assert environment.seen == before
        return
    except Rejected as error:
        refused_for_length(environment, before, error)
        return
    assert [(r.to, r.reference) for r in sent.receipts] == [
        (each.to, each.reference) for each in broadcast.recipients
    ]
    expected: Counter[tuple[str, str | None]] = Counter()
    for recipient, receipt in zip(broadcast.recipients, sent.receipts, strict=True):
        if receipt.state is State.REJECTED:
            assert receipt.id is None
            assert receipt.detail
            continue
        assert receipt.state is State.QUEUED
        text = broadcast.text_for(recipient)
        expected.update((phone, text) for phone in reached(recipient.to))
    taken = arrived(environment, before)
    assert Counter((each.to, each.text) for each in taken) == expected
    assert {each.id for each in taken} <= {r.id for r in sent.receipts}
    assert said_nothing_else(broadcast)
