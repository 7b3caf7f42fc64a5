"""Installs a package as `pip install -e .` does, for as long as a test lasts."""

from pathlib import Path

import pytest

from tests.workspace import read_toml

__all__ = ["install"]


def install(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Write down a package's name and entry points where they are looked for, and its sources.

    Args:
        folder: where its `pyproject.toml` is.
        patch: undone when the test is over.
    """
    project = read_toml(folder / "pyproject.toml")["project"]
    name, version = project["name"], project.get("version", "0")
    info = folder / ".installed" / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    points = [
        "\n".join([f"[{group}]", *(f"{key} = {value}" for key, value in each.items())])
        for group, each in project.get("entry-points", {}).items()
    ]
    (info / "entry_points.txt").write_text("\n".join(points) + "\n", encoding="utf-8")
    source = folder / "src"
    for path in (source if source.is_dir() else folder, info.parent):
        patch.syspath_prepend(path)
