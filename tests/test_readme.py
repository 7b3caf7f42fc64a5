"""The README's own promises; that its blocks run is proved with those of the other pages."""

import re
from pathlib import Path

import attrs
import polycast
import pytest

from tests.pages import blocks
from tests.reader import Reader
from tests.workspace import CORE, PLUGINS, ROOT, Distribution

#: What the guests of the README are told.
INVITATIONS = [
    "Dear Olena, table 4 is yours from eight.",
    "Dear Kovalenko, Andrii, table 12 is yours from eight.",
]
[GUESTS] = [block for block in blocks("README.md") if block.title == "guests.csv"]
[SCRIPT] = [
    block
    for block in blocks("README.md")
    if block.language == "python" and '\nprovider = "' in block.text
]


def test_the_first_script_names_every_provider() -> None:
    """The comment beside the chosen provider lists all the others."""
    [line] = [line for line in SCRIPT.text.splitlines() if line.startswith("provider = ")]

    assert sorted(re.findall(r'"(\w+)"', line)) == sorted(polycast.installed_providers())


@pytest.mark.parametrize("provider", sorted(polycast.installed_providers()))
def test_one_word_chooses_the_provider(
    provider: str, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's first script sends the same through each provider that it names."""
    Path("guests.csv").write_text(GUESTS.text, encoding="utf-8")
    script = re.sub(
        r'^provider = "\w+"', f'provider = "{provider}"', SCRIPT.text, flags=re.MULTILINE
    )
    exec(compile(script, "README.md", "exec"), {"__name__": "readme"})

    accepted = reader.hosted.sandboxes[provider].accepted
    # Where each takes a call of its own, either may be the first.
    assert sorted(message.text for message in accepted) == sorted(INVITATIONS)
    told = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in told[:-1]] == ["+12125554501", "+12125554502"]
    assert told[-1] in ("sent", "delivered")


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_settings_are_those_of_the_code(plugin: Distribution) -> None:
    """The table of settings names every setting of every provider, and which are secret."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    name = plugin.name.removeprefix("polycast-")
    [offer] = polycast.installed_providers()[name]
    found = re.finditer(r"^\| (`\w+`|all) \| (.*) \|$", page, re.MULTILINE)
    rows = {match[1]: match[2] for match in found}
    told = rows[f"`{name}`"] + ", " + re.sub(r"\([^)]*\)", "", rows["all"])
    fields = attrs.fields(offer.load().Settings)

    assert set(re.findall(r"`(\w+)`", told)) == {field.name for field in fields}
    assert set(re.findall(r"\*`(\w+)`\*", told)) == {
        field.name for field in fields if re.search(r"\bSecret\b", str(field.type))
    }


def test_extras_are_those_of_the_distribution() -> None:
    """Core's README says what each of its extras is for, and names none that is not there."""
    page = (ROOT / "core" / "README.md").read_text(encoding="utf-8")
    table = page.partition("| extra |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == set(
        CORE.project["optional-dependencies"]
    )
