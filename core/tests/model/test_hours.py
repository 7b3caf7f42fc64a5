"""Hours of the day by the clocks of recipients."""

from datetime import UTC, datetime

import pytest
from polycast import Recipient, UsageError
from polycast.model.hours import SendingHours, zones_of

DAY = SendingHours.parse("09:00-20:00")
KYIV, TOKYO = "Europe/Kyiv", "Asia/Tokyo"


@pytest.mark.parametrize(
    ("zones", "moment", "opens"),
    [
        # Kyiv is two hours ahead of UTC in winter, three in summer.
        ((KYIV,), "2026-01-15T06:59Z", "2026-01-15T07:00Z"),
        ((KYIV,), "2026-01-15T07:00Z", "2026-01-15T07:00Z"),
        ((KYIV,), "2026-01-15T17:59Z", "2026-01-15T17:59Z"),
        ((KYIV,), "2026-01-15T18:00Z", "2026-01-16T07:00Z"),
        ((KYIV,), "2026-07-15T17:00Z", "2026-07-16T06:00Z"),
        # The night in which the clocks go forward.
        ((KYIV,), "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        # Two zones: only when it is day in both, seven hours apart.
        ((TOKYO, KYIV), "2026-01-15T06:00Z", "2026-01-15T07:00Z"),
        ((TOKYO, KYIV), "2026-01-15T11:00Z", "2026-01-16T07:00Z"),
    ],
)
def test_the_next_moment(zones: tuple[str, ...], moment: str, opens: str) -> None:
    """The hours begin by the clocks of the place, also where they were changed in the night."""
    now = datetime.fromisoformat(moment)

    assert DAY.opens_at(zones, now) == datetime.fromisoformat(opens)
    assert DAY.is_open(zones, now) is (moment == opens)


def test_zones_that_have_no_such_hour_together() -> None:
    """Where it is never day in all of them, there is no moment."""
    morning = SendingHours.parse("09:00-11:00")

    assert morning.opens_at((TOKYO, KYIV), datetime(2026, 1, 15, tzinfo=UTC)) is None


@pytest.mark.parametrize("text", ["", "9-20", "20:00-09:00", "09:00-24:01", "09:60-10:00"])
def test_what_are_no_hours(text: str) -> None:
    """Hours are within one day; anything else is refused, with an example."""
    with pytest.raises(UsageError, match="09:00-20:00"):
        SendingHours.parse(text)


def test_the_whole_day() -> None:
    """Midnight may be the end."""
    hours = SendingHours.parse("00:00-24:00")

    assert str(hours) == "00:00-24:00"
    assert hours.is_open((KYIV, TOKYO), datetime(2026, 1, 15, 23, 59, tzinfo=UTC))


def test_where_a_recipient_is() -> None:
    """The variable decides, then the number, then the default; a country may have several."""
    assert zones_of(Recipient("+380961234501"), None) == (KYIV,)
    assert zones_of(Recipient("tel:+380961234501"), None) == (KYIV,)
    assert zones_of(Recipient("+380961234501", {"zone": TOKYO}), KYIV) == (TOKYO,)
    assert zones_of(Recipient("contact:7"), KYIV) == (KYIV,)
    several = zones_of(Recipient("+79161234567"), None)
    assert {"Europe/Moscow", "Asia/Kamchatka"} <= set(several)
    with pytest.raises(UsageError, match="column 'zone'"):
        zones_of(Recipient("contact:7"), None)
    with pytest.raises(UsageError, match="is not a time zone"):
        zones_of(Recipient("+380961234501", {"zone": "Kyiv"}), None)
