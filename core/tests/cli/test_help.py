"""What `--help` shows of the commands."""

from collections.abc import Callable
from typing import Any

import pytest
import typer
from polycast.cli.app import app

#: The commands as Typer makes them; what is handed on to another command shows its own help.
COMMANDS = {
    name: command
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if name != "new-provider"
}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_of_the_help_is_lost(name: str, run: Callable[..., Any], wide: None) -> None:
    """What is said of a command and of each option is shown whole, and not taken for markup."""
    shown = run(name, "--help")
    assert shown.exit_code == 0
    told = " ".join(shown.output.split())
    command = COMMANDS[name]
    for words in [command.help, *(parameter.help for parameter in command.params)]:
        assert " ".join((words or "").split()) in told


@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_page_fits_a_terminal(
    name: str, columns: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is wider than the terminal, and no accident of a library is on the page."""
    monkeypatch.setenv("COLUMNS", columns)
    words = [name] if name else []
    page = run(*words, "--help").stdout
    assert max(map(len, page.splitlines())) <= int(columns)
    assert page.startswith(f"Usage: {' '.join(['root', *words])} ")
    for accident in ("<bool>", "<str>", "{PROFILE}", "[required]", "x>=1"):
        assert accident not in page


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which everything stands on one line."""
    monkeypatch.setenv("TERMINAL_WIDTH", "400")
    monkeypatch.setenv("COLUMNS", "400")
