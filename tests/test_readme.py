"""The README says what is so: its examples run, and its tables are those of the code."""

import re
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import polycast
import pytest
from polycast.cli import main
from polycast.sandbox import Hosted, ManualClock, host, installed

from tests.workspace import PLUGINS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@attrs.frozen
class Block:
    """A fenced block, and the line of the README on which its text begins."""

    language: str
    text: str
    line: int


BLOCKS = [
    Block(match["language"], match["text"], README.count("\n", 0, match.start("text")) + 1)
    for match in re.finditer(
        r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", README, re.MULTILINE | re.DOTALL
    )
]


def _blocks(language: str) -> list[Block]:
    found = [block for block in BLOCKS if block.language == language]
    assert found
    return found


#: What the guests of the README are told.
INVITATIONS = [
    "Dear Olena, table 4 is yours from eight.",
    "Dear Kovalenko, Andrii, table 12 is yours from eight.",
]


def _run(block: Block, names: dict[str, object]) -> None:
    # Blank lines, so that a traceback shows the line of the README.
    code = compile("\n" * (block.line - 1) + block.text, str(ROOT / "README.md"), "exec")
    exec(code, names)


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    """A working folder as the README describes it, whose accounts all lead to sandboxes."""
    [guests] = _blocks("csv")
    profiles, _entry_point = _blocks("toml")
    (tmp_path / "guests.csv").write_text(guests.text, encoding="utf-8")
    (tmp_path / "polycast.toml").write_text(profiles.text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POLYCAST_LEDGER", str(tmp_path / "ledger.sqlite"))
    clock = ManualClock()
    # Whoever waits moves the sandboxes' clock instead.
    monkeypatch.setattr(time, "sleep", clock.advance)
    with host([sandbox(clock) for sandbox in installed().values()]) as hosted:
        for name, sandbox in hosted.sandboxes.items():
            settings = {"base_url": hosted.base_url(name), **sandbox.settings()}
            for key, value in settings.items():
                monkeypatch.setenv(f"POLYCAST_{name}_{key}".upper(), str(value))
        token = str(hosted.sandboxes["textit"].settings()["token"])
        monkeypatch.setenv("KITCHEN_TOKEN", token)
        monkeypatch.setenv("POLYCAST_KITCHEN_BASE_URL", hosted.base_url("textit"))
        yield hosted


def test_python_examples_run(hosted: Hosted, capsys: pytest.CaptureFixture[str]) -> None:
    """Every Python block runs as it stands, in the order of the page, against the sandboxes."""
    names: dict[str, object] = {"__name__": "readme"}
    for block in _blocks("python"):
        _run(block, names)
    printed = capsys.readouterr().out

    sandboxes = hosted.sandboxes
    assert {"Your table is ready", "We open at six.", "Dinner is served"} <= {
        message.text for message in sandboxes["textit"].accepted
    }
    assert [message.text for message in sandboxes["ogangi"].accepted] == INVITATIONS
    assert {"queued", "paused", "sent", "delivered"} <= set(printed.split())
    assert "+12125554501 delivered viber 2016-10-25" in printed
    assert "textit cannot pause" in printed
    assert "Nobody knows whether hyber carried out" in printed
    assert "BulkReceipt(id='message:" in printed
    assert "['Did this arrive?']" in printed
    for client in names.values():
        if isinstance(client, polycast.Client):
            client.close()


@pytest.mark.parametrize("provider", sorted(polycast.installed_providers()))
def test_one_word_chooses_the_provider(
    provider: str, hosted: Hosted, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's first script sends the same through each provider that it names."""
    [script] = [block for block in _blocks("python") if block.text.count('provider = "') == 1]
    [line] = [line for line in script.text.splitlines() if line.startswith("provider = ")]
    chosen, *others = re.findall(r'"(\w+)"', line)
    assert sorted([chosen, *others]) == sorted(polycast.installed_providers())
    text = script.text.replace(f'provider = "{chosen}"', f'provider = "{provider}"')
    _run(attrs.evolve(script, text=text), {"__name__": "readme"})

    # Where each takes a call of its own, either may be the first.
    assert sorted(message.text for message in hosted.sandboxes[provider].accepted) == sorted(
        INVITATIONS
    )
    told = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in told[:-1]] == ["+12125554501", "+12125554502"]
    assert told[-1] in ("sent", "delivered")


def test_the_example_provider_is_one(hosted: Hosted, capsys: pytest.CaptureFixture[str]) -> None:
    """The provider that the README calls whole can be connected, and sends."""
    [source] = [block.text for block in _blocks("python") if "class Hello" in block.text]
    names: dict[str, object] = {"Message": polycast.Message}
    exec(source, names)
    settings, provider = names["Settings"], names["Hello"]
    assert callable(settings)
    assert callable(provider)

    with polycast.Client("hello", provider(settings(greeting="hi"))) as client:
        receipt = client.send(polycast.Message("+250788123123", text="there"))

    assert receipt.state is polycast.State.SENT
    assert capsys.readouterr().out == "hi +250788123123 there\n"


COMMANDS = [
    line
    for block in BLOCKS
    if block.language == "console"
    for line in block.text.splitlines()
    if line.startswith("polycast ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(
    command: str,
    hosted: Hosted,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every `polycast` line of the README does what it says, and exits with 0."""
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as exited:
        main()

    assert exited.value.code == 0
    assert capsys.readouterr().out.strip()
    accepted = sum(len(sandbox.accepted) for sandbox in hosted.sandboxes.values())
    assert bool(accepted) == (" send " in command or " --json" in command)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_settings_are_those_of_the_code(plugin: object) -> None:
    """The table of settings names every setting of every provider, and which are secret."""
    name = getattr(plugin, "name", "").removeprefix("polycast-")
    [offer] = polycast.installed_providers()[name]
    found = re.finditer(r"^\| (`\w+`|all) \| (.*) \|$", README, re.MULTILINE)
    rows = {match[1]: match[2] for match in found}
    told = rows[f"`{name}`"] + ", " + re.sub(r"\(.*\)", "", rows["all"])
    fields = attrs.fields(offer.load().Settings)

    assert set(re.findall(r"`(\w+)`", told)) == {field.name for field in fields}
    assert set(re.findall(r"\*`(\w+)`\*", told)) == {
        field.name for field in fields if "Secret" in str(field.type)
    }
