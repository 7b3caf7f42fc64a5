"""Dates and times under the names that specs use."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast.wire import (
    DATE,
    EPOCH_MILLISECONDS,
    EPOCH_SECONDS,
    RFC3339,
    DecodeError,
    EncodeError,
    Strptime,
    read_date,
    read_datetime,
)

OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=OFFSETS).filter(lambda when: 2 < when.year < 9998)
EAST = timezone(timedelta(hours=2))
WEST = timezone(-timedelta(hours=4.5))
LOCAL = datetime(2013, 3, 2, 17, 28)  # noqa: DTZ001


@given(MOMENTS)
def test_rfc_3339_round_trips(moment: datetime) -> None:
    """Every aware datetime is written and read back as the same moment."""
    assert RFC3339.decode(RFC3339.encode(moment)) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-03-02T17:28:12.123456Z", datetime(2013, 3, 2, 17, 28, 12, 123456, UTC)),
        ("2013-03-02T17:28:12Z", datetime(2013, 3, 2, 17, 28, 12, 0, UTC)),
        (
            "2014-12-17T00:12:13.571-04:30",
            datetime(2014, 12, 17, 4, 42, 13, 571000, UTC),
        ),
    ],
)
def test_rfc_3339_as_providers_write_it(text: str, moment: datetime) -> None:
    """`Z`, an offset and a fraction of any length are understood."""
    assert read_datetime(text) == moment


def test_rfc_3339_is_written_with_z_and_whole_minutes() -> None:
    """UTC is `Z`; an offset with seconds, which RFC 3339 lacks, is written in UTC."""
    assert RFC3339.encode(datetime(2020, 1, 2, tzinfo=UTC)) == "2020-01-02T00:00:00Z"
    local_mean = timezone(timedelta(minutes=30, seconds=17))
    assert RFC3339.encode(datetime(2020, 1, 2, 0, 30, 17, tzinfo=local_mean)) == (
        "2020-01-02T00:00:00Z"
    )
    east = timezone(timedelta(hours=3))
    assert RFC3339.encode(datetime(2020, 1, 2, tzinfo=east)) == "2020-01-02T00:00:00+03:00"


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2013-03-02", "2013-03-02T17:28:12", "2013-13-02T00:00:00Z", None, 5, UTC),
        *("20130302T172812Z", "2013-W01-1T00:00:00Z", "2013-03-02 soon"),
    ],
)
def test_what_is_no_moment(value: object) -> None:
    """A value without an offset is no moment: whose clock would it be?"""
    with pytest.raises(DecodeError, match=r"^\$\.a: expected"):
        read_datetime(value, ".a")


@pytest.mark.parametrize("value", ["", "2013-3-2", "20130302", "2013-W01-1", "2013-02-30", None, 5])
def test_what_is_no_date(value: object) -> None:
    """A date is ten characters, and exists."""
    with pytest.raises(DecodeError, match=r"^\$\.a: expected a date"):
        read_date(value, ".a")


@given(st.dates())
def test_dates_round_trip(day: date) -> None:
    """Every date is written and read back."""
    assert DATE.decode(DATE.encode(day)) == day


@pytest.mark.parametrize("format_", [RFC3339, DATE, EPOCH_SECONDS, Strptime("%Y-%m-%d")])
@pytest.mark.parametrize("value", [None, "2013-03-02", 5])
def test_only_dates_are_written(format_: Any, value: object) -> None:
    """Text that looks like a date is not one."""
    with pytest.raises(EncodeError):
        format_.encode(value)


@pytest.mark.parametrize(
    "format_", [RFC3339, EPOCH_SECONDS, EPOCH_MILLISECONDS, Strptime("%Y%m%d%z")]
)
def test_a_moment_needs_a_zone(format_: Any) -> None:
    """A naive datetime is refused where a moment is meant, not taken for local or UTC."""
    with pytest.raises(EncodeError, match="with a time zone"):
        format_.encode(LOCAL)


def test_a_date_is_no_datetime() -> None:
    """A datetime is refused where a date is meant: its day depends on the zone."""
    with pytest.raises(EncodeError, match="a date"):
        DATE.encode(datetime(2013, 3, 2, tzinfo=UTC))


@given(st.integers(-(10**10), 10**11))
def test_epochs_round_trip(number: int) -> None:
    """Seconds and milliseconds since 1970 become moments in UTC, before 1970 too."""
    for format_ in (EPOCH_SECONDS, EPOCH_MILLISECONDS):
        moment = format_.decode(number)
        assert moment.utcoffset() == timedelta()
        assert format_.encode(moment) == number
    assert EPOCH_SECONDS.decode(number).timestamp() == number


@pytest.mark.parametrize("value", [None, "soon", "5.0", 5.5, True, 10**15, -(10**15)])
def test_what_is_no_epoch(value: object) -> None:
    """Text, truths and numbers beyond the calendar are refused."""
    with pytest.raises(DecodeError, match="seconds since 1970"):
        EPOCH_SECONDS.decode(value)


@pytest.mark.parametrize(
    ("pattern", "text", "moment"),
    [
        ("%d-%m-%Y %H:%M", "02-03-2013 17:28", LOCAL),
        ("%Y%m%dT%H%M%S.%f", "20130302T172800.500000", LOCAL.replace(microsecond=500000)),
        (
            "%Y-%m-%d %H:%M %z",
            "2013-03-02 17:28 +0200",
            LOCAL.replace(tzinfo=EAST),
        ),
        (
            "%Y-%m-%d %H:%M%:z",
            "2013-03-02 17:28-04:30",
            LOCAL.replace(tzinfo=WEST),
        ),
        ("%d.%m.%Y (100%%)", "02.03.2013 (100%)", datetime(2013, 3, 2)),  # noqa: DTZ001
        ("[%Y] %m\n%d", "[2013] 03\n02", datetime(2013, 3, 2)),  # noqa: DTZ001
    ],
)
def test_patterns(pattern: str, text: str, moment: datetime) -> None:
    """A pattern reads and writes its own form, the colon in an offset included."""
    format_ = Strptime(pattern)
    assert format_.decode(text) == moment
    assert format_.decode(text).tzinfo == moment.tzinfo
    assert format_.encode(moment) == text
    assert repr(format_) == f"Strptime({pattern!r})"


@given(st.datetimes())
def test_patterns_round_trip(moment: datetime) -> None:
    """Every datetime without a zone is written and read back, the year 1 too."""
    format_ = Strptime("%Y/%m/%d %H-%M-%S,%f")
    assert format_.decode(format_.encode(moment)) == moment


@pytest.mark.parametrize(
    "value",
    ["", "2-3-13 17:28", "31-02-2013 17:28", "02-03-2013 17:28 ", "٠٢-03-2013 17:28", None, 5],
)
def test_what_does_not_match_a_pattern(value: object) -> None:
    """Another form, a day that does not exist or more text is refused."""
    with pytest.raises(DecodeError):
        Strptime("%d-%m-%Y %H:%M").decode(value)


def test_a_pattern_without_zone_refuses_a_moment() -> None:
    """An aware datetime is not silently stripped of its zone."""
    with pytest.raises(EncodeError, match="without a time zone"):
        Strptime("%d-%m-%Y %H:%M").encode(LOCAL.replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "pattern", ["%d %B %Y", "%x", "%Y", "%Y%m%d%Y", "%Y%m%d%", "%Y%m%d%z%:z", ""]
)
def test_patterns_that_are_not_understood(pattern: str) -> None:
    """Directives that depend on the locale, that repeat, or that leave out the day are refused."""
    with pytest.raises(ValueError, match=r"not|twice"):
        Strptime(pattern)
