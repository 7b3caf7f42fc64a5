"""The page about the providers says what their code says."""

import re

import polycast
import pytest
from polycast.matrix import facts, markdown

from tests.workspace import PLUGINS, ROOT, Distribution

PAGE = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")


def _facts(name: str) -> dict[str, str]:
    [offer] = polycast.installed_providers()[name]
    return facts(offer.load().features)


def test_the_matrix_is_printed_from_the_features() -> None:
    """The table is what each provider declares today; `nox -s matrix` prints it anew."""
    [printed] = re.findall(
        r"^<!-- printed by .* -->\n(.*)^<!-- to here -->$", PAGE, re.MULTILINE | re.DOTALL
    )
    providers = {name: _facts(name) for name in sorted(polycast.installed_providers())}

    assert printed.strip() == markdown(providers).strip(), "run `nox -s matrix`"


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_provider_has_its_notes(plugin: Distribution) -> None:
    """Each provider of this repository has a section that leads to its README."""
    assert f"(../plugins/{plugin.folder.name}/README.md)" in PAGE


def test_links_lead_somewhere() -> None:
    """Every relative link of the page is a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)

    assert links
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []
