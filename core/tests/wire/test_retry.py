"""How long to wait before trying again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast.wire.retry import Retry, parse_retry_after

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("99999999999999999999", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    """
    Seconds and an HTTP date are understood; nonsense is as if the header were absent.
    """
    assert seconds == parse_retry_after(header, now=lambda: NOW)


@given(st.text())
def test_no_retry_after_header_breaks_a_call(header: str) -> None:
    """
    Whatever a provider writes there, the answer is a number of seconds or None.
    """
    seconds = parse_retry_after(header)

    assert seconds is None or seconds >= 0


def test_pauses_double_up_to_the_longest() -> None:
    """
    The bound of the pause doubles with each try, and the pause is drawn below it.
    """
    bounds: list[float] = []

    def draw(bound: float) -> float:
        bounds.append(bound)
        return 0.25

    retry = Retry(attempts=8, base=1, longest=10, draw=draw)

    pauses = [retry.pause(attempt, None) for attempt in range(1, 9)]

    assert bounds == [1, 2, 4, 8, 10, 10, 10]
    assert pauses == [0.25] * 7 + [None]


def test_jitter_is_full() -> None:
    """
    Pauses spread over the whole range from nothing to the bound, so that clients that failed
    together do not come back together.
    """
    retry = Retry(base=1)
    pauses = sorted(retry.pause(1, None) or 0 for _ in range(10_000))

    assert all(0 <= pause <= 1 for pause in pauses)
    for tenth in range(1, 10):
        assert abs(pauses[tenth * 1000] - tenth / 10) < 0.05
