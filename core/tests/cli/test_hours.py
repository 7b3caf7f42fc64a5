"""`--between`, and what a profile says of quiet hours."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polycast.testing import at

#: Night in Kyiv, noon in Tokyo.
NIGHT = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
DAY = datetime(2026, 1, 15, 8, tzinfo=UTC)
ROWS = "to\n+380961234501\n+819012345601\n"
WORDS = ("broadcast", "memory", "-", "--text", "Hi", "--between", "09:00-20:00", "--no-wait")


def test_only_where_it_is_day(run: Any, memory: ModuleType) -> None:
    """Nobody is written to in the night; `resume` sends the rest in the morning."""
    with at(NIGHT):
        result = run(*WORDS, stdin=ROWS)
        assert result.exit_code == 3
        assert "it is not between 09:00-20:00 where they are" in result.stderr
        assert "Go on with: polycast resume c-" in result.stderr
        (told,) = json.loads(run("campaigns", "--json").stdout)
        assert (told["state"], told["hours"]) == ("open", "09:00-20:00")
        again = run("resume", told["id"], "--no-wait")
        assert "Nothing may be submitted at this hour" in again.stderr
    assert [[each.to for each in batch.recipients] for batch in memory.sent] == [["+819012345601"]]
    with at(DAY):
        assert run("resume", told["id"], "--no-wait").exit_code == 0
    assert len(memory.sent) == 2


def test_a_profile_has_hours(run: Any, memory: ModuleType, home: Path) -> None:
    """[quiet] of a profile holds for all of its broadcasts; --between says otherwise."""
    (home / "polycast.toml").write_text(
        '[profiles.kyiv]\nprovider = "memory"\ntoken = "x"\n'
        '[profiles.kyiv.quiet]\nbetween = "09:00-20:00"\nzone = "Europe/Kyiv"\n'
    )
    words = ("broadcast", "kyiv", "-", "--text", "Hi", "--no-wait")
    with at(NIGHT):
        assert run(*words, stdin="to\n+380961234501\ncontact:7\n").exit_code == 1
        assert memory.sent == []
        shown = run(*words, "--dry-run", stdin="to\ncontact:7\n")
        assert "between     09:00-20:00, where the recipients are" in shown.stdout
        all_day = ("--between", "00:00-24:00")
        assert run(*words, *all_day, stdin="to\n+380961234502\n").exit_code == 0
    assert len(memory.sent) == 1


def test_a_route_has_the_hours_of_its_members(run: Any, memory: ModuleType, home: Path) -> None:
    """Quiet hours of a profile hold also where a route sends through it; differing ones stop it."""
    profile = '[profiles.{0}]\nprovider = "memory"\ntoken = "x"\n'
    quiet = '[profiles.{0}.quiet]\nbetween = "{1}"\n'
    file = home / "polycast.toml"
    text = (
        profile.format("kyiv") + profile.format("lviv") + quiet.format("kyiv", "09:00-20:00")
        + '[routes.sms]\nfailover = ["lviv", "kyiv"]\n[routes.all]\nround_robin = ["sms", "lviv"]\n'
    )  # fmt: skip
    file.write_text(text)
    rows = "to\n+380961234501\n"
    with at(NIGHT):
        for route in ("sms", "all"):
            assert run("broadcast", route, "-", "--text", "Hi", "--no-wait", stdin=rows).exit_code
        assert memory.sent == []
        file.write_text(text + quiet.format("lviv", "08:00-12:00"))
        words = ("broadcast", "sms", "-", "--text", "Hello")
        refused = run(*words, stdin=rows)
        assert refused.exit_code == 2
        assert "route sms have different quiet hours" in refused.stderr
        named = ("--between", "00:00-24:00", "--zone", "Europe/Kyiv")
        assert run(*words, *named, stdin=rows).exit_code == 0
    assert len(memory.sent) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--between", "20:00-09:00"), "write it as 09:00-20:00"),
        (("--between", "09:00-20:00", "--zone", "Kyiv"), "is not a time zone"),
        (("--between", "09:00-20:00"), "the time zone is not known"),
    ],
)
def test_what_cannot_be_meant(
    run: Any, memory: ModuleType, words: tuple[str, ...], sentence: str
) -> None:
    """Wrong hours, a wrong zone and a recipient of unknown zone are wrong usage."""
    result = run("broadcast", "memory", "-", "--text", "Hi", *words, stdin="to\ncontact:7\n")
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert memory.sent == []
