"""The page that tells a reader where things are in a plugin."""

import re

import pytest

from tests.workspace import PLUGINS, ROOT, Distribution

PAGE = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([\w.]+)/?` \| .+ \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_a_plugin_has_the_modules_of_the_page_and_no_others(plugin: Distribution) -> None:
    """Who knows one plugin knows all: the same names for the same jobs, and nothing beside them."""
    name = plugin.name.removeprefix("polycast-")
    folder = ROOT / "plugins" / name / "src" / plugin.package

    there = {path.name for path in folder.iterdir() if path.name != "__pycache__"}

    told = {module for module, plugins in ROWS if plugins == "all" or name in plugins.split(", ")}
    assert there == told | {"__init__.py", "py.typed"}


@pytest.mark.parametrize(
    ("module", "feature"),
    [("options.py", "options"), ("lookup.py", "lookup"), ("reports.py", "receives")],
)
def test_what_a_provider_cannot_do_has_no_module(module: str, feature: str) -> None:
    """A module for options, lookup or callbacks is there where the features claim them."""
    from polycast import installed_providers

    claiming = {
        name
        for name, [offer] in installed_providers().items()
        if name in {plugin.name.removeprefix("polycast-") for plugin in PLUGINS}
        and getattr(offer.load().features, feature)
    }

    assert {*dict(ROWS)[module].split(", ")} == claiming
