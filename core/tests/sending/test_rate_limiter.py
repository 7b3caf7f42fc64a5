"""How fast an account may be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import Limiter, Rate, UsageError

#: Seconds of lateness that a worker may make up for.
LATENESS = 0.1


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/s", Rate(100.0)),
        (" 60 / min ", Rate(1.0)),
        ("0.5/s", Rate(0.5)),
        ("7200 messages/h", Rate(2.0)),
        ("3600 calls/h", Rate(1.0, "calls")),
    ],
)
def test_rates_are_written_so(text: str, rate: Rate) -> None:
    """A rate is a number of messages or calls in a second, a minute or an hour."""
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "100", "100/day", "-1/s", "0/s", "1e3/s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """Anything else is refused, with examples."""
    with pytest.raises(UsageError, match="100/s"):
        Rate.parse(text)


@given(
    per_second=st.floats(0.5, 500),
    sizes=st.lists(st.integers(1, 2_000), min_size=1, max_size=50),
)
def test_no_more_leaves_than_the_rate_allows(per_second: float, sizes: list[int]) -> None:
    """Over any stretch from the start, no more leaves than the rate, and one call.

    One call alone may be larger than a second's worth, and those after it wait the longer.
    """
    hands = Hands()
    limiter = Limiter(Rate(per_second), clock=hands)
    left = 0
    for size in sizes:
        while (pause := limiter.delay(size)) > 0:
            hands.now += pause
        allowed = (hands.now - 100.0 + LATENESS) * per_second
        assert left <= allowed + 1e-3
        left += size


def test_calls_are_counted_as_one() -> None:
    """Where calls are limited, it does not matter how many messages one holds."""
    hands = Hands()
    limiter = Limiter("2 calls/s", clock=hands)

    assert limiter.delay(1_000) == 0.0
    assert limiter.delay(1) == pytest.approx(0.5)


def test_the_rate_holds_from_the_first_second() -> None:
    """No more leaves in the first second, or in one after a long silence, than in any other."""
    hands = Hands()
    limiter = Limiter("100/s", clock=hands)
    counts = []
    for silence in (0.0, 0.0, 3_600.0):
        hands.now += silence
        until, count = hands.now + 1.0, 0
        while hands.now < until:
            pause = limiter.delay(1)
            count += not pause
            hands.now += pause
        counts.append(count)

    assert all(99 <= count <= 101 for count in counts), counts


def test_everybody_waits_when_the_provider_asks_for_it() -> None:
    """After a 429 nobody is let through until the time it names has passed."""
    hands = Hands()
    limiter = Limiter(clock=hands)

    limiter.hold(7.0)
    assert limiter.delay(1) == 7.0
    hands.now += 7.0
    assert limiter.delay(1) == 0.0


def test_the_wait_grows_where_no_time_is_named() -> None:
    """Each further 429 doubles the wait, up to a bound; a success starts afresh."""
    hands = Hands()
    limiter = Limiter(clock=hands)
    waits = []
    for _ in range(9):
        limiter.hold(None)
        waits.append(limiter.delay(1))
        hands.now += waits[-1]

    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    limiter.went_through()
    limiter.hold(None)
    assert limiter.delay(1) == 1


def test_requests_turned_away_together_count_as_one() -> None:
    """Eight workers that meet the same 429 do not make the wait 128 times as long."""
    hands = Hands()
    limiter = Limiter(clock=hands)
    for _ in range(8):
        limiter.hold(None)

    assert limiter.delay(1) == 1


def test_patience_of_long_ago_is_forgotten() -> None:
    """A 429 long after the last hold was over is the first of its own kind."""
    hands = Hands()
    limiter = Limiter(clock=hands)
    for _ in range(3):
        limiter.hold(None)
        hands.now += limiter.held()

    hands.now += 3_600

    assert limiter.hold(None) == 0
    assert limiter.held() == 1


def test_it_tells_how_long_the_provider_has_been_asking() -> None:
    """Patience is counted from the first 429 without a success in between."""
    hands = Hands()
    limiter = Limiter(clock=hands)

    assert limiter.hold(1.0) == 0
    hands.now += 50
    assert limiter.hold(1.0) == 50
    limiter.went_through()
    assert limiter.hold(1.0) == 0
