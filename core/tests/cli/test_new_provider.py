"""`polycast new-provider`, which another distribution brings."""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest
from polycast.cli import new_provider as scaffolding

given: list[tuple[list[str], str]] = []


def command(arguments: Sequence[str], program: str) -> int:
    """Stands in for the other distribution's command."""
    given.append((list(arguments), program))
    return 2 if "--fail" in arguments else 0


def _offer(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = EntryPoints(EntryPoint("new-provider", value, scaffolding.GROUP) for value in values)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **asked: points.select(**asked))


def test_what_is_not_installed_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the distribution that brings the command, the sentence says what to install."""
    _offer(monkeypatch)
    done = run("new-provider", "acme")

    assert done.exit_code == 2
    assert "pip install polycast-codegen" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["acme", "--spec", "acme.yaml", "--out", "here"], 0),
        (["--help"], 0),
        (["acme", "--fail"], 2),
        ([], 0),
    ],
)
def test_arguments_are_handed_on(
    run: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    """Options and `--help` belong to the command that answers, and so does the exit code."""
    _offer(monkeypatch, f"{__name__}:command")
    given.clear()
    monkeypatch.setattr(EntryPoint, "load", lambda _: command)
    done = run("new-provider", *arguments)

    assert done.exit_code == code
    assert [words for words, _ in given] == [arguments]
    assert given[0][1].endswith("new-provider")


def test_a_broken_command_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution whose command cannot be imported is no traceback."""
    _offer(monkeypatch, "there_is_no_such_module:command")
    done = run("new-provider", "acme")

    assert done.exit_code == 2
    assert "importing there_is_no_such_module:command failed" in done.stderr
