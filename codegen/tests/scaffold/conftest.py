"""Packages that the scaffold wrote, and their own tests' outcome."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs
import pytest
from polycast_codegen.cli import main

HERE = Path(__file__).parent
#: Specs unlike each other; the last is the one that the scaffold brings itself.
SOURCES = {"larkspur": HERE / "larkspur.json", "harrow": HERE / "harrow.wadl", "fresh": None}


@attrs.frozen
class Written:
    """A package as it was written, on the disk.

    Args:
        name: the provider's name.
        folder: the package's folder.
        cache: where type checkers remember what they have seen.
    """

    name: str
    folder: Path
    cache: Path

    @property
    def source(self) -> Path:
        """The folder of the importable package."""
        return self.folder / "src" / f"polycast_{self.name}"

    def read(self, module: str) -> str:
        """Return the source of a module."""
        return (self.source / f"{module}.py").read_text()

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a module of Python's in the package's folder."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self) -> Path:
        """Build a wheel, and unpack it into a new folder, which is what an installer does."""
        site = self.folder.with_name(f"{self.name}-installed")
        wheels = self.folder.with_name(f"{self.name}-wheels")
        done = self.run("hatchling", "build", "-t", "wheel", "-d", str(wheels))
        assert done.returncode == 0, done.stderr
        [wheel] = wheels.iterdir()
        zipfile.ZipFile(wheel).extractall(site)
        return site

    def test(self, *, passes: bool = False) -> Mapping[str, str]:
        """Install it, run its tests, and return what each test that failed says, by its name.

        A test that passed says "", one that was skipped "skipped".

        Args:
            passes: whether they are to pass as a whole.
        """
        site, told = self.install(), self.folder.with_name(f"{self.name}-told.xml")
        done = self.run(
            "pytest", f"--junitxml={told}", "-p", "no:cacheprovider", "--tb=short",
            PYTHONPATH=str(site), PYTHONDONTWRITEBYTECODE="1", PYTEST_ADDOPTS="",
        )  # fmt: skip
        assert done.returncode == (0 if passes else 1), done.stdout + done.stderr
        return {case.attrib["name"]: _said(case) for case in ET.parse(told).iter("testcase")}


def _said(case: ET.Element) -> str:
    for outcome in case:
        if outcome.tag == "skipped":
            return "skipped"
        if outcome.tag in ("failure", "error"):
            return f"{outcome.tag}: {outcome.get('message')}\n{outcome.text}"
    return ""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One memory for every run of the type checker."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", params=SOURCES)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cache: Path
) -> Written:
    """A package from each kind of spec, and from none."""
    name: str = request.param
    return write(name, SOURCES[name], tmp_path_factory.mktemp(name), cache)


@pytest.fixture
def scaffold(tmp_path: Path, cache: Path) -> Callable[[str, str], Written]:
    """Return the function that writes a package from the text of a spec."""

    def scaffold_(name: str, spec: str) -> Written:
        path = tmp_path / ("spec.wadl" if spec.lstrip().startswith("<") else "spec.json")
        path.write_text(spec)
        return write(name, path, tmp_path, cache)

    return scaffold_


def write(name: str, spec: Path | None, folder: Path, cache: Path) -> Written:
    """Write a package."""
    out = folder / f"polycast-{name}"
    given = [] if spec is None else ["--spec", str(spec)]
    assert main(["new-provider", name, *given, "--out", str(out)]) == 0
    return Written(name, out, cache)
