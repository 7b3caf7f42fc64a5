"""What pages say of the code is printed from the code."""

import re
from xml.etree import ElementTree as ET

import pytest
from polycast.campaign.states import SOURCES, BatchState, CampaignState

from docs.hooks.printed import PRINTED, render
from tests.workspace import PLUGINS, ROOT, Distribution

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("page", PRINTED)
def test_what_is_printed_is_what_the_code_says(page: str) -> None:
    """The commands, the errors and what each provider can do are those of the code today."""
    old, new = render(page)

    assert old == new, "run `nox -s docs`"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_provider_has_its_notes(plugin: Distribution) -> None:
    """Each provider of this repository has a section that leads to its README."""
    page = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")

    assert f"(../plugins/{plugin.folder.name}/README.md)" in page


def _drawn(name: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The states in a drawing, and the steps between them."""
    drawing = ET.parse(ROOT / "docs" / "images" / f"{name}.svg")
    texts = {each.text or "" for each in drawing.iter(f"{SVG}text")}
    steps = {
        (path.attrib["data-from"], path.attrib["data-to"])
        for path in drawing.iter(f"{SVG}path")
        if "data-from" in path.attrib
    }
    return texts, {(before, after) for before, after in steps if before and after}


def test_the_drawing_of_batches_shows_the_steps_that_the_ledger_takes() -> None:
    """Each step that the ledger allows is drawn, and no other."""
    texts, steps = _drawn("batch")
    allowed = {
        (str(before), str(after)) for after, befores in SOURCES.items() for before in befores
    }

    # From doubt to doubt only says better why.
    assert steps == allowed - {(BatchState.IN_DOUBT, BatchState.IN_DOUBT)}
    assert set(BatchState) <= texts


def test_the_drawing_of_campaigns_shows_their_states() -> None:
    """Each state of a campaign is drawn, and none that does not exist."""
    texts, steps = _drawn("campaign")

    assert set(CampaignState) <= texts
    assert {state for step in steps for state in step} == set(CampaignState)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of a page that the manual does not check is a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
