"""`polycast suppress`, and what it does to what is sent."""

import csv
import json
from pathlib import Path
from types import ModuleType
from typing import Any

ONE, TWO = "+380961234501", "+380961234502"


def test_a_list_is_kept(run: Any, home: Path) -> None:
    """Addresses are added, shown and removed, and each command says what it did."""
    added = run("suppress", "add", "+380 96 123 45 01", TWO, "--reason", "STOP")
    assert added.exit_code == 0, added.stderr
    assert added.stdout.startswith("2 added; there are 2 on the suppression list of ")
    told = json.loads(run("suppress", "list", "--json").stdout)
    assert [(each["to"], each["reason"]) for each in told] == [(ONE, "STOP"), (TWO, "STOP")]
    lines = run("suppress", "list").stdout.splitlines()
    assert lines[0].split() == ["to", "since", "reason"]
    assert lines[2].split()[0] == ONE
    removed = run("suppress", "remove", ONE, "--json")
    assert json.loads(removed.stdout) == {"removed": 1, "size": 1}
    assert run("suppress", "add", "nobody").exit_code == 2


def test_a_file_goes_out_and_in(run: Any, home: Path) -> None:
    """What is exported is imported, with the moments and the reasons, into another ledger."""
    run("suppress", "add", ONE, "--reason", "STOP, please")
    run("suppress", "add", TWO)
    assert run("suppress", "export", "list.csv").exit_code == 0
    with Path("list.csv").open(newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["STOP, please", ""]
    assert run("suppress", "export").stdout == Path("list.csv").read_text()
    other = ("--ledger", "other.sqlite")
    assert json.loads(run("suppress", "import", "list.csv", "--json", *other).stdout)["added"] == 2
    assert (
        run("suppress", "list", "--json").stdout == run("suppress", "list", "--json", *other).stdout
    )
    Path("bad.csv").write_text("to\n+380961234503\nnobody\n")
    assert run("suppress", "import", "bad.csv").exit_code == 2
    assert json.loads(run("suppress", "list", "--json").stdout)[-1]["to"] == TWO


def test_nothing_is_sent_to_them(run: Any, memory: ModuleType, home: Path) -> None:
    """`send` refuses them, `broadcast` leaves them out, and a dry run says so."""
    run("suppress", "add", ONE, "--reason", "STOP")
    refused = run("send", "memory", ONE, "--text", "Hi")
    assert refused.exit_code == 2
    assert "STOP" in refused.stderr
    rows = f"to\n{ONE}\n{TWO}\n"
    words = ("broadcast", "memory", "-", "--text", "Hi")
    assert "left out    1 suppressed" in run(*words, "--dry-run", stdin=rows).stdout
    told = json.loads(run(*words, "--json", stdin=rows).stdout)
    assert told["dropped"] == {"suppressed": 1}
    assert [each.to for each in memory.sent[0].recipients] == [TWO]


def test_on_an_explicit_word(run: Any, memory: ModuleType, home: Path) -> None:
    """--ignore-suppressions sends to them as well."""
    run("suppress", "add", ONE)
    assert run("send", "memory", ONE, "--text", "Hi", "--ignore-suppressions").exit_code == 0
    words = ("broadcast", "memory", "-", "--text", "Hi", "--ignore-suppressions")
    assert run(*words, stdin=f"to\n{ONE}\n").exit_code == 0
    assert len(memory.sent) == 2
