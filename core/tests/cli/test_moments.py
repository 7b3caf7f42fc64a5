"""Moments as they are typed."""

from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from polycast.testing import at

#: A moment at which it is another day in Minsk than in New York.
NOW = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        (("tomorrow 09:00", "--zone", "Europe/Minsk"), datetime(2026, 3, 3, 6, tzinfo=UTC)),
        (("tomorrow 09:00", "--zone", "America/New_York"), datetime(2026, 3, 2, 14, tzinfo=UTC)),
        (("today 23:15", "--zone", "UTC"), datetime(2026, 3, 1, 23, 15, tzinfo=UTC)),
        (("2026-07-01 09:00", "--zone", "Europe/Kyiv"), datetime(2026, 7, 1, 6, tzinfo=UTC)),
        (("2026-07-01T09:00+03:00",), datetime(2026, 7, 1, 6, tzinfo=UTC)),
        # Clocks differ: what has just passed is now.
        (("2026-03-01T22:29:30Z",), datetime(2026, 3, 1, 22, 29, 30, tzinfo=UTC)),
    ],
)
def test_when_it_is(run: Any, memory: ModuleType, words: tuple[str, ...], moment: datetime) -> None:
    """A day and a time are read in the zone that is named, by its own calendar and clocks."""
    with at(NOW):
        result = run("send", "memory", "+380961234501", "--text", "Hi", "--at", *words)

    assert result.exit_code == 0, result.stderr
    assert [each.send_at for each in memory.sent] == [moment]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--at", "today 09:00", "--zone", "UTC"), "has passed"),
        (("--at", "2020-01-01T09:00+03:00"), "has passed"),
        (("--at", "tomorrow 09:00"), "--zone"),
        (("--at", "tomorrow 25:00", "--zone", "UTC"), "is not a moment"),
        (("--at", "soon", "--zone", "UTC"), "is not a moment"),
        (("--at", "tomorrow 09:00", "--zone", "Europe/Minks"), "is not a time zone"),
        (("--at", "2026-07-01T09:00Z", "--zone", "UTC"), "says its zone itself"),
        (("--zone", "UTC"), "--at, which is missing"),
        (("--at", "2026-03-29 03:30", "--zone", "Europe/Kyiv"), "clocks of Europe/Kyiv"),
        (("--at", "2026-10-25 03:30", "--zone", "Europe/Kyiv"), "clocks of Europe/Kyiv"),
    ],
)
@pytest.mark.parametrize("command", ["send", "broadcast"])
def test_what_is_no_moment(
    run: Any, memory: ModuleType, command: str, words: tuple[str, ...], sentence: str
) -> None:
    """A moment that has passed, is none or is two is wrong usage; nothing is sent."""
    who = "+380961234501" if command == "send" else "-"
    with at(NOW):
        result = run(command, "memory", who, "--text", "Hi", *words, stdin="to\n+380961234501\n")

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert memory.sent == []
