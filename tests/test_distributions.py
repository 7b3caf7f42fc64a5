"""Every distribution is complete: what is installed is what was written."""

import json
from importlib import import_module
from importlib.metadata import Distribution as Installed
from importlib.metadata import distribution as find_installed
from pathlib import Path

import pytest

from tests.workspace import DISTRIBUTIONS, PLUGINS, ROOT, Distribution, read_toml

pytestmark = pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=lambda each: each.name)


def _is_editable(installed: Installed) -> bool:
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    return bool(origin.get("dir_info", {}).get("editable"))


def test_metadata_is_complete(distribution: Distribution) -> None:
    """A package index shows a summary, a README with something in it, license and Pythons."""
    installed = find_installed(distribution.name)
    metadata = installed.metadata
    description = metadata.get_payload() or metadata["Description"]  # type: ignore[attr-defined]

    assert metadata["Version"] == distribution.project["version"]
    assert metadata["Summary"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert description.startswith("# ")
    assert len(description.split()) > 50


def test_license_travels_along(distribution: Distribution) -> None:
    """Every distribution carries its license text, the same everywhere."""
    installed = find_installed(distribution.name)
    [license_file] = [
        file for file in installed.files or () if file.parts[-2:] == ("licenses", "LICENSE")
    ]

    assert license_file.read_text() == (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_types_are_declared(distribution: Distribution) -> None:
    """A type checker believes the annotations of the installed package."""
    [folder] = import_module(distribution.package).__path__

    assert Path(folder, "py.typed").exists()


def test_entry_points_lead_somewhere(distribution: Distribution) -> None:
    """Every command, provider, sandbox and pytest plugin that is declared can be loaded."""
    declared = {("console_scripts", name) for name in distribution.project.get("scripts", {})} | {
        (group, name)
        for group, points in distribution.project.get("entry-points", {}).items()
        for name in points
    }
    points = find_installed(distribution.name).entry_points

    assert {(point.group, point.name) for point in points} == declared
    for point in points:
        # A plugin of pytest is a module; everything else is called.
        assert callable(point.load()) or point.group == "pytest11"
    if distribution in PLUGINS:
        name = distribution.name.removeprefix("polycast-")
        assert {("polycast.providers", name), ("polycast.sandboxes", name)} <= declared


def test_wheel_holds_the_package_and_nothing_else(distribution: Distribution) -> None:
    """Each file of the source is in the wheel, and the wheel puts nothing anywhere else."""
    installed = find_installed(distribution.name)
    if _is_editable(installed):
        pytest.skip("installed in editable mode; `nox -s tests` installs wheels")
    files = {
        file.as_posix()
        for file in installed.files or ()
        if ".dist-info" not in file.parts[0] and "__pycache__" not in file.parts
    }
    written = {
        path.relative_to(distribution.source.parent).as_posix()
        for path in distribution.source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert {file for file in files if not file.startswith("../")} == written
    scripts = {file.rpartition("/")[2] for file in files if file.startswith("../")}
    assert scripts == set(distribution.project.get("scripts", {}))


def test_nothing_leads_out_of_its_folder(distribution: Distribution) -> None:
    """A distribution can be lifted out of the workspace: its manifest names no path above it."""
    text = (distribution.folder / "pyproject.toml").read_text(encoding="utf-8")

    assert ".." not in text
    assert read_toml(distribution.folder / "pyproject.toml")["tool"]["hatch"]
