"""How long to wait before trying again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast.wire import Answer
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
        ("1.5", 1.5),
        ("1.", None),
        ("٣", None),
        ("0000000000000007", 7.0),
        ("999999999", 999999999.0),
        ("9999999999", 9999999999.0),
        ("99999999999999999999", 9_999_999_999.0),
        ("9" * 5000, 9_999_999_999.0),
        ("Wed, 21 Oct 99999999999999 07:28:00 GMT", None),
        ("Wed, 31 Feb 2030 07:28:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2300", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 9_999_999_999.0),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    """
    Seconds and an HTTP date are understood, and absurd numbers stay numbers: a provider that
    asks for a long rest is not hammered. Nonsense is as if the header were absent.
    """
    assert seconds == parse_retry_after(header, now=NOW)
    assert seconds is None or NOW + timedelta(seconds=seconds) > NOW - timedelta(seconds=1)


def test_a_retry_after_date_is_in_the_provider_s_time() -> None:
    """
    A date is compared with the `Date` of the answer, so that a wrong clock of ours does not
    make the pause an hour longer or none.
    """
    answer = Answer(
        provider="acme", operation="send", safe=False, status=429, body=b"",
        headers={
            "Date": format_datetime(NOW, usegmt=True),
            "Retry-After": format_datetime(NOW + timedelta(seconds=20), usegmt=True),
        },
    )  # fmt: skip

    assert answer.retry_after == 20


def test_a_pause_of_nothing_is_our_own() -> None:
    """
    `Retry-After: 0`, or a date that has passed, does not make the provider be asked again at
    once.
    """
    assert Retry(draw=lambda bound: bound).pause(1, 0.0) == 0.5


def test_what_is_tried_where_nothing_else_is_said() -> None:
    """
    Five tries in all, half a second at most before the second, and a minute at the longest.
    """
    retry = Retry(draw=lambda bound: bound)

    assert [retry.pause(attempt, None) for attempt in range(1, 6)] == [0.5, 1, 2, 4, None]
    assert [retry.pause(1, asked) for asked in (60.0, 60.1)] == [60.0, None]


def test_the_longest_pause_is_waited_for_and_no_longer_one() -> None:
    """
    A provider may ask for the longest pause; one that asks for more is not asked again.
    """
    retry = Retry(longest=60)

    assert (retry.pause(1, 60.0), retry.pause(1, 60.5)) == (60.0, None)


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
