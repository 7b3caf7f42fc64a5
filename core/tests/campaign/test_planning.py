"""A list becomes a plan: read once, checked to its end, and told of row by row."""

import io
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from polycast import Broadcast, Personalisation, Recipient, UsageError, read_recipients
from polycast.campaign import Ledger
from polycast.client import Client, caller_of
from polycast.recipients import BadRows, Recipients, seen
from polycast.recipients.readers import Row

from .conftest import FEATURES, Scripted, expected

ONE, TWO, THREE = "+380961234501", "+380961234502", "+380961234503"


@attrs.define
class Counting:
    """A list that counts how often it is read."""

    reader: object
    times: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.reader, name)

    def rows(self) -> Iterator[Row]:
        self.times += 1
        return self.reader.rows()  # type: ignore[attr-defined, no-any-return]


def listed(rows: str, **how: object) -> tuple[Recipients, Counting]:
    """Read a list that counts its readings."""
    people = read_recipients(io.StringIO(rows), **how)  # type: ignore[arg-type]
    counting = Counting(people._reader)
    people._reader = counting  # type: ignore[assignment]
    return people, counting


def test_a_list_is_read_once(ledger: Ledger, client: Client, provider: Scripted) -> None:
    """Planning reads a list once; whoever it leaves out is in the ledger, by row and reason."""
    rows = f"to,name\n{ONE},A\n12,B\n{TWO},C\n{ONE},A\n{TWO},D\n{THREE},E\n"
    people, reading = listed(rows, bad_rows="skip", suppressed=[THREE])

    campaign = ledger.plan(client, Broadcast(text="Dear {name}!", recipients=people))

    assert reading.times == 1
    assert [
        (each.position, each.to, each.left_out or each.state) for each in campaign.results()
    ] == [
        (2, ONE, "planned"),
        (3, "'12'", "address"),
        (4, TWO, "planned"),
        (5, ONE, "duplicate"),
        (6, TWO, "conflict"),
        (7, THREE, "suppressed"),
    ]
    assert [each.detail for each in campaign.dropped()][1:] == [
        f"'{ONE}' stands in row 2 already",
        f"'{TWO}' stands in row 4 already, with other values",
        f"'{THREE}' is on the suppression list",
    ]
    assert campaign.report().dropped == {
        "address": 1, "duplicate": 1, "conflict": 1, "suppressed": 1,
    }  # fmt: skip
    assert people.check().left_out == 4
    assert reading.times == 1
    campaign.run(client)
    assert provider.got() == {(ONE, "Dear A!"): 1, (TWO, "Dear C!"): 1}


def test_bad_rows_stop_the_plan(ledger: Ledger, client: Client) -> None:
    """With a bad row anywhere nothing is kept, and all of them are told after one reading.

    What the provider cannot be told of other rows is told with them.
    """
    people, reading = listed(f"to,name\n{ONE},A\n12,B\nviber:7,C\n{TWO},D\n13,E\n")

    with pytest.raises(BadRows, match=r"row 3: '12' is not") as refused:
        ledger.plan(client, Broadcast(text="Dear {name}!", recipients=people))

    assert reading.times == 1
    first, second = refused.value.__notes__
    assert "row 6: '13' is not" in first
    assert "the list, row 4, viber:7: scripted does not take 'viber'" in second
    assert refused.value.check.bad == 2
    assert not list(ledger.campaigns())


def test_what_is_wrong_with_a_list_is_told_before_what_the_provider_says(
    ledger: Ledger, provider: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider that refuses the first batch does not keep the bad rows further down from us."""
    client = Client("scripted", provider)

    def prepare(request: object) -> None:
        raise UsageError("No.")

    monkeypatch.setattr(caller_of(client), "prepare", prepare)
    rows = "to\n" + "".join(f"+1212555{place:04}\n" for place in range(300))

    with pytest.raises(UsageError, match=r"^No\.$"):
        ledger.plan(client, Broadcast(text="Hi", recipients=listed(rows)[0]))
    with pytest.raises(BadRows, match="row 302"):
        ledger.plan(client, Broadcast(text="Hi", recipients=listed(rows + "12\n")[0]))
    assert not list(ledger.campaigns())


@pytest.mark.parametrize("held", [1, 20_000])
def test_one_text_once_at_each_address(
    ledger: Ledger,
    client: Client,
    provider: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    held: int,
) -> None:
    """In a list that may name an address again, the same text is still sent to it once.

    That holds however many addresses there are, in memory or on disk.
    """
    monkeypatch.setattr(seen, "_HELD", held)
    rows = f"to,name,reference\n{ONE},A,1\n{ONE},B,2\n{TWO},A,3\n{ONE},B,4\n{ONE},A,5\n{ONE},C,6\n"
    people, _ = listed(rows, repeats="allow")

    campaign = ledger.plan(client, Broadcast(text="Dear {name}!", recipients=people))
    campaign.run(client)

    assert set(provider.got().values()) == {1}
    assert [each.position for each in campaign.dropped()] == [5, 6]
    assert len(provider.got()) == 4


@pytest.mark.parametrize("held", [7, 20_000])
def test_as_few_calls_as_there_can_be(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    """Where a call takes one text, everybody's is sent in full calls, in memory or on disk."""
    monkeypatch.setattr("polycast.sending.division._HELD", held)
    provider = Scripted(attrs.evolve(FEATURES, personalisation=Personalisation.NONE))
    client = Client("scripted", provider)
    people = [
        Recipient(f"+1212555{place:04}", {"name": "abcdefg"[place % 7]}, reference=f"r{place}")
        for place in range(7 * 23)
    ]
    broadcast = Broadcast(text="Dear {name}!", recipients=people)

    ledger.plan(client, broadcast).run(client)

    assert provider.got() == expected(broadcast)
    assert Counter(len(tuple(each.recipients)) for each in provider.taken) == {10: 14, 3: 7}


@pytest.mark.parametrize("personalisation", [Personalisation.VARIABLES, Personalisation.NONE])
def test_memory_is_flat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, personalisation: Personalisation
) -> None:
    """Ten times the people take no more memory to plan, and to tell of afterwards."""
    monkeypatch.setattr(seen, "_HELD", 500)
    monkeypatch.setattr("polycast.sending.division._HELD", 500)
    monkeypatch.setattr("polycast.campaign.planner._CHUNK", 500)
    client = Client(
        "scripted",
        Scripted(attrs.evolve(FEATURES, personalisation=personalisation, bulk_limit=50)),
    )

    def stream(size: int) -> Iterator[Recipient]:
        for place in range(size):
            yield Recipient(f"+1{2120000000 + place * 7919 % 10**6}", {"name": f"{place % 5}"})

    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:

        def peak(size: int) -> int:
            tracemalloc.start()
            try:
                broadcast = Broadcast(text="Dear {name}!", recipients=stream(size))
                campaign = ledger.plan(client, broadcast)
                assert sum(1 for _ in campaign.results()) == size
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(1_000)  # what is imported on the way, and what SQLAlchemy keeps for good
        assert peak(12_000) < 1.2 * peak(1_200)
