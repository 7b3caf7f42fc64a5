"""`polycast find`."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def test_everything_to_one_number(run: Any, memory: ModuleType, home: Path) -> None:
    """Campaigns and single messages to a number are lines of one table, the latest first."""
    (home / "list.csv").write_text("to\n+380961234501\n+380961234502\n")
    told = run("broadcast", "memory", "list.csv", "--text", "Hi", "--json")
    campaign = json.loads(told.stdout)["id"]
    run("send", "memory", "+380961234501", "--text", "Your order", "--key", "order-1")
    result = run("find", "+38 096 123-45-01")
    assert result.exit_code == 0
    single, recipient = result.stdout.splitlines()[2:]
    assert "order-1" in single
    assert "queued (as you wished)" in single
    assert campaign in recipient

    found = json.loads(run("find", "+380961234501", "--json").stdout)
    assert [(each["campaign"], each["key"]) for each in found] == [
        (None, "order-1"),
        (campaign, None),
    ]


@pytest.mark.parametrize(
    "written",
    ["00380961234501", "+380\u00a096\u00a0123\u00a045\u00a001", "380961234501"],
)
def test_a_number_is_found_as_lists_may_write_it(
    run: Any, memory: ModuleType, written: str
) -> None:
    """What a list may call a number, `find` may call it as well."""
    run("send", "memory", "+380961234501", "--text", "Your order", "--key", "order-1")
    assert "order-1" in run("find", written).stdout


def test_a_ledger_that_is_not_there(run: Any, home: Path) -> None:
    """A mistyped file is no ledger without messages: it is told, and not made."""
    for command in (("find", "+380961234501"), ("campaigns",), ("suppress", "list")):
        result = run(*command, "--ledger", "legder.sqlite")
        assert result.exit_code == 1
        assert "no ledger legder.sqlite" in result.stderr
    assert not (home / "legder.sqlite").exists()


def test_nothing(run: Any, home: Path) -> None:
    """Nothing found is said, and is an empty list in JSON."""
    result = run("find", "+380961234501")
    assert result.exit_code == 0
    assert "has nothing to +380961234501." in result.stdout
    assert json.loads(run("find", "+380961234501", "--json").stdout) == []


def test_left_out(run: Any, memory: ModuleType, home: Path) -> None:
    """Who was left out is found, with the reason."""
    (home / "list.csv").write_text("to\n+380961234501\n+380961234501\n")
    run("broadcast", "memory", "list.csv", "--text", "Hi")
    assert "left out: duplicate" in run("find", "+380961234501").stdout


def test_status_is_recorded(run: Any, memory: ModuleType, home: Path) -> None:
    """What `status` and `watch` were told of a single message is found later."""
    run("send", "memory", "+380961234501", "--text", "Hi")
    run("status", "message:1", "--profile", "memory")
    assert json.loads(run("find", "message:1", "--json").stdout)[0]["state"] == "sending"
    run("watch", "message:1", "--profile", "memory", "--interval", "0.001")
    assert json.loads(run("find", "message:1", "--json").stdout)[0]["state"] == "delivered"


def test_status_makes_no_ledger(run: Any, memory: ModuleType, home: Path) -> None:
    """Asking for a status neither makes a ledger nor fails for a broken one."""
    assert run("status", "message:1", "--profile", "memory").exit_code == 0
    assert not (home / ".local").exists()
    (home / "broken.sqlite").write_text("no database" * 1000)
    asked = ("status", "message:1", "--profile", "memory", "--ledger", "broken.sqlite")
    assert run(*asked).exit_code == 0


def test_forgotten(run: Any, memory: ModuleType, home: Path) -> None:
    """`forget` removes single messages to an address; their keys send nothing again."""
    command = ("send", "memory", "+380961234501", "--text", "Hi", "--key", "order-1")
    run(*command)
    run("send", "memory", "+380961234502", "--text", "Hi")
    result = run("forget", "+380 96 123 45 01")
    assert result.exit_code == 0
    assert result.stdout.startswith("1 single message with +380 96 123 45 01 removed")
    assert json.loads(run("find", "+380961234501", "--json").stdout) == []
    assert len(json.loads(run("find", "+380961234502", "--json").stdout)) == 1
    again = run(*command)
    assert again.exit_code == 2
    assert "belongs to a message that was removed from the ledger" in again.stderr
    assert len(memory.sent) == 2
    assert run("forget", "+380961234501").exit_code == 2


def test_doubt_is_not_forgotten(run: Any, memory: ModuleType, home: Path) -> None:
    """A single message in doubt is removed only with --in-doubt."""
    run("send", "memory", "+380961233333", "--text", "Hi")
    assert run("forget", "+380961233333").exit_code == 2
    told = json.loads(run("forget", "+380961233333", "--in-doubt", "--json").stdout)
    assert told == {"id": "+380961233333", "forgotten": True, "messages": 1}
