"""A suppression list: whoever is on it is not written to."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from polycast import Broadcast, Client, Message, Recipient, State, Suppressed, UsageError
from polycast.client import caller_of
from polycast.wrappers import SuppressionList

Connect = Callable[..., Client]
PHONES = [f"+38096123450{n}" for n in range(5)]
WORDS = "the address is on the suppression list"


def test_a_message_to_one_of_them_is_refused(connect: Connect, provider: Any) -> None:
    """
    Nothing is asked of the provider, and the error says who and why.
    """
    client = connect(SuppressionList(addresses=PHONES[:1]))

    with pytest.raises(Suppressed) as caught:
        client.send(Message(PHONES[0], text="Hello"))
    client.send(Message(PHONES[1], text="Hello"))

    assert str(caught.value) == f"{PHONES[0]} must not be written to: {WORDS}. Nothing was sent."
    assert isinstance(caught.value, UsageError)
    assert provider.asked == [("send", PHONES[1])]


@pytest.mark.parametrize("listed", ["+44 07400 123456", "+447400123456"])
@pytest.mark.parametrize("to", ["+4407400123456", "+447400123456"])
def test_a_number_in_another_spelling(
    connect: Connect, provider: Any, listed: str, to: str
) -> None:
    """
    A zero that is dialled only within the country makes nobody another person.
    """
    client = connect(SuppressionList(addresses=[listed]))

    with pytest.raises(Suppressed):
        client.send(Message(to, text="Hello"))


@pytest.mark.parametrize("text", ["Hello", "Hello {name}"])
def test_a_broadcast_leaves_them_out(connect: Connect, provider: Any, text: str) -> None:
    """
    The others are sent to, in full batches; each has a receipt, in the order given.
    """
    client = connect(SuppressionList(addresses=[PHONES[0], PHONES[3]]))
    people = [Recipient(to, {"name": to[-1]}, reference=to[-1]) for to in PHONES]

    sent = client.send_bulk(Broadcast(text=text, recipients=people))

    assert provider.asked == [("send_bulk", *PHONES[1:3]), ("send_bulk", PHONES[4])]
    assert [(each.to, each.reference) for each in sent.receipts] == [(to, to[-1]) for to in PHONES]
    assert [each.state for each in sent.receipts] == [
        State.CANCELLED,
        *(State.QUEUED, State.QUEUED),
        State.CANCELLED,
        State.QUEUED,
    ]
    assert sent.receipts[3].detail == f"not sent: {WORDS}"
    assert sent.receipts[3].id is None


def test_a_broadcast_to_none_but_them_is_refused(connect: Connect, provider: Any) -> None:
    """
    Where nobody is left there is nothing to send, and that is an error.
    """
    client = connect(SuppressionList(addresses=PHONES))

    with pytest.raises(Suppressed, match="None of the recipients"):
        client.send_bulk(Broadcast(text="Hello", recipients=PHONES))
    assert provider.asked == []


def test_a_lost_message_is_looked_up_all_the_same(connect: Connect, provider: Any) -> None:
    """
    Whoever is suppressed by now may have been sent a message before.
    """
    client = connect(SuppressionList(addresses=PHONES[:1]))

    found = client.lookup(Message(PHONES[0], text="Hello"), datetime.now(UTC))

    assert found is not None
    assert provider.asked == [("lookup", PHONES[0])]


@pytest.mark.parametrize(
    "content",
    [
        "+380961234501\n+380 (96) 123-45-02\ncontact:7\n",
        "name,phone\nA,+380961234501.0\nB,00380961234502\nC,contact:7\n",
        '{"to": "+380961234501"}\n{"to": "tel:+380961234502"}\n{"to": "contact:7"}\n',
    ],
)
def test_a_list_may_be_written_as_lists_are(connect: Connect, tmp_path: Path, content: str) -> None:
    """
    A file in any form of a list of recipients, with numbers as people and spreadsheets write them.
    """
    path = tmp_path / "stop"
    path.write_text(content, encoding="utf-8")

    client = connect(SuppressionList(file=path, addresses=["+380961234503"]))

    for to in ("+380961234501", "+380961234502", "tel:+380961234502", "contact:7", PHONES[3]):
        assert caller_of(client).suppression_reason(to) == WORDS
    for to in ("+380961234500", "contact:70", "group:7", "tel:112"):
        assert caller_of(client).suppression_reason(to) is None


def test_numbers_without_a_country_code_need_a_region(connect: Connect, tmp_path: Path) -> None:
    """
    With a region, national numbers are read; without it, such a list is refused.
    """
    path = tmp_path / "stop.txt"
    path.write_text("096 123 45 01\n")

    assert (
        caller_of(connect(SuppressionList(file=path, region="UA"))).suppression_reason(PHONES[1])
        == WORDS
    )
    with pytest.raises(UsageError, match=r"row 1: .* without a country code"):
        SuppressionList(file=path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "needs a file, or addresses"),
        ({"file": "nowhere.txt"}, r"nowhere\.txt"),
        ({"addresses": ["12"]}, "The suppression list, entry 1"),
        ({"addresses": "+380961234501"}, "Give a list of strings, not"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(settings: dict[str, Any], words: str) -> None:
    """
    An unreadable list stops everything: somebody would be written to who must not be.
    """
    with pytest.raises(UsageError, match=words):
        SuppressionList(**settings)


def test_a_long_list_serves_several_threads(connect: Connect) -> None:
    """
    A list that is longer than memory is lent for works from any thread.
    """
    client = connect(SuppressionList(addresses=[f"+3809{n:08}" for n in range(25_000)]))
    told: list[list[str | None]] = []

    def ask() -> None:
        told.append(
            [caller_of(client).suppression_reason(f"+3809{n:08}") for n in range(24_990, 25_010)]
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [[WORDS] * 10 + [None] * 10] * 4
