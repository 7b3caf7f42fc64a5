"""`polycast wrappers`, and wrappers in a profile that a command uses."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

Install = Callable[[str, Mapping[str, Mapping[str, str]], str], Path]


def test_what_can_be_named_is_listed(run: Any, install_distribution: Install) -> None:
    """Each wrapper is a row with its settings and what it is for; a broken one is a sentence."""
    install_distribution(
        "stranger-broken", {"polycast.wrappers": {"broken": "stranger_broken:Broken"}}, "1 / 0"
    )

    result = run("wrappers")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    [row] = [line for line in lines if line.startswith("rate-limit")]
    assert "polycast 0.1.0" in row
    assert "rate, patience" in row
    assert "Lets messages through no faster" in row
    [sentence] = [line for line in lines if "stranger-broken" in line]
    assert "ZeroDivisionError" in sentence


def test_as_json(run: Any, install_distribution: Install) -> None:
    """With --json each is an object, the broken one with its error."""
    install_distribution(
        "stranger-broken", {"polycast.wrappers": {"broken": "stranger_broken:Broken"}}, "1 / 0"
    )

    told = {each["name"]: each for each in json.loads(run("wrappers", "--json").stdout)}

    assert told["suppression-list"]["settings"] == ["file", "addresses", "region"]
    assert "ZeroDivisionError" in told["broken"]["error"]
    assert told["broken"]["distribution"] == "stranger-broken"


def test_a_profile_s_wrappers_act_in_commands(run: Any, memory: ModuleType, home: Path) -> None:
    """A command that uses a profile has its wrappers around the provider."""
    (home / "stop.txt").write_text("+380961234501\n")
    (home / "polycast.toml").write_text(
        '[profiles.kyiv]\nprovider = "memory"\ntoken = "t"\n'
        'wrappers = ["dry-run", { name = "suppression-list", file = "stop.txt" }]\n'
    )

    sent = run("send", "kyiv", "+380961234502", "--text", "Hi", "--json")
    suppressed = run("send", "kyiv", "+380961234501", "--text", "Hi")

    assert json.loads(sent.stdout)["detail"] == "dry run: nothing was sent"
    assert suppressed.exit_code == 2
    assert "+380961234501 must not be written to" in suppressed.stderr
    assert memory.sent == []


def test_a_profile_s_dry_run_is_no_failure(run: Any, memory: ModuleType, home: Path) -> None:
    """With a dry run around an account a message and a broadcast are shown; nothing is sent."""
    (home / "polycast.toml").write_text(
        '[profiles.kyiv]\nprovider = "memory"\ntoken = "t"\nwrappers = ["dry-run"]\n'
    )

    sent = run("send", "kyiv", "+380961234502", "--text", "Hi")
    shown = run("broadcast", "kyiv", "-", "--text", "Hi", stdin="to\n+380961234502\n")

    assert (sent.exit_code, sent.stderr) == (0, "")
    assert "dry run: nothing was sent" in sent.stdout
    assert shown.exit_code == 0
    assert "Nothing was sent. This is what would be:" in shown.stdout
    assert memory.sent == []


def test_dry_run_keeps_what_stands_around_an_account(
    run: Any, memory: ModuleType, home: Path
) -> None:
    """`--dry-run` works with a wrapper that is one client's, such as an audit log."""
    (home / "polycast.toml").write_text(
        '[profiles.kyiv]\nprovider = "memory"\ntoken = "t"\n'
        'wrappers = [{ name = "audit-log", file = "audit.jsonl" }]\n'
    )

    shown = run("send", "kyiv", "+380961234502", "--text", "Hi", "--dry-run")

    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "Nothing was sent. This is what would be:" in shown.stdout
    assert (home / "audit.jsonl").exists()
    assert memory.sent == []
