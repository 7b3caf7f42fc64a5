"""The garbage collector is quieter while a list is sent, and as before afterwards."""

import gc
from collections.abc import Iterator

import pytest
from polycast import Broadcast, BulkReceipt, Client, Features, State, hookimpl
from polycast.concurrency.collecting import fewer_collections


@pytest.fixture(autouse=True)
def thresholds() -> Iterator[None]:
    """The collector's own thresholds, whatever a test leaves behind."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_it_is_as_before_after_the_last_block() -> None:
    """Blocks within each other, as of several threads, restore what was there before the first."""
    with fewer_collections():
        with fewer_collections():
            assert gc.get_threshold()[0] > 700
        assert gc.get_threshold()[0] > 700
    assert gc.get_threshold() == (700, 10, 10)


def test_it_is_as_before_after_an_error() -> None:
    """An error that ends a block restores the thresholds, too."""
    with pytest.raises(ZeroDivisionError), fewer_collections():
        raise ZeroDivisionError
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("own", [(0, 10, 10), (50_000, 20, 20)])
def test_a_collector_that_is_off_or_quieter_stays_so(own: tuple[int, int, int]) -> None:
    """What an application has set for itself is left alone."""
    gc.set_threshold(*own)
    with fewer_collections():
        assert gc.get_threshold() == own
    assert gc.get_threshold() == own


def test_sending_leaves_no_trace() -> None:
    """`send_bulk` runs with fewer collections, and restores the thresholds."""
    seen: list[int] = []

    class Acme:
        features = Features(channels=("sms",))

        @hookimpl
        def send_bulk(self, broadcast: Broadcast) -> BulkReceipt:
            seen.append(gc.get_threshold()[0])
            return BulkReceipt("b", State.QUEUED, ())

    Client("acme", Acme()).send_bulk(Broadcast(text="Hello", recipients=["+380961234501"]))

    assert seen[0] > 700
    assert gc.get_threshold() == (700, 10, 10)
