"""Moments as a provider's own clock shows them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polycast import UsageError
from polycast.wire import on_local_clock

KYIV = ZoneInfo("Europe/Kyiv")
MINUTE = timedelta(minutes=1)


def shown(moment: datetime, step: timedelta = MINUTE) -> datetime:
    return on_local_clock(moment, KYIV, step=step, provider="Acme", pattern="%d-%m-%Y %H:%M")


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([timedelta(seconds=1), MINUTE]),
)
def test_nothing_goes_out_early_nor_a_step_late(moment: datetime, step: timedelta) -> None:
    """
    A moment is rounded up to what the provider can be told, and is the same moment there.
    """
    try:
        local = shown(moment, step)
    except UsageError:
        return
    assert timedelta(0) <= local.replace(tzinfo=KYIV).astimezone(UTC) - moment < step
    assert local.tzinfo is None


def test_an_hour_that_comes_twice_is_refused() -> None:
    """
    In the autumn the clock shows an hour twice, and the provider could take the wrong one.
    """
    with pytest.raises(UsageError, match=r"Europe/Kyiv shows 27-10-2030 03:30 twice, and Acme"):
        shown(datetime(2030, 10, 27, 0, 30, tzinfo=UTC))


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    """
    The last minute that Python knows has none after it.
    """
    with pytest.raises(UsageError, match="out of range"):
        shown(datetime.max.replace(tzinfo=UTC))
