"""What several of core's tests stand on: distributions that are installed for one test."""

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

STUBS = Path(__file__).parent / "stubs"

Install = Callable[[str, Mapping[str, Mapping[str, str]], str], Path]


@pytest.fixture
def install_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a distribution of one module, until the test ends.

    It takes the distribution's name, its entry points by group, and the module's source; the
    module is named like the distribution. It returns the folder that was added to `sys.path`:
    as PYTHONPATH, it installs the distribution in another process, too.
    """
    site = tmp_path / "site"

    def install(name: str, entry_points: Mapping[str, Mapping[str, str]], source: str) -> Path:
        module = name.replace("-", "_")
        metadata = site / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            "".join(
                f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
                for group, points in entry_points.items()
            )
        )
        (site / f"{module}.py").write_text(source)
        # Undone after the test: the next one gets a module of its own.
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
        del sys.modules[module]
        monkeypatch.syspath_prepend(str(site))
        return site

    return install


@pytest.fixture
def memory(install_distribution: Install, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Install the provider `memory`, with a token in the environment; return its module."""
    install_distribution(
        "polycast-memory",
        {"polycast.providers": {"memory": "polycast_memory:Memory"}},
        (STUBS / "polycast_memory.py").read_text(),
    )
    monkeypatch.setenv("POLYCAST_MEMORY_TOKEN", "s3cr3t-token")
    return importlib.import_module("polycast_memory")


@pytest.fixture
def acme(install_distribution: Install) -> ModuleType:
    """Install the provider `acme`, which talks HTTP, and its sandbox; return their module."""
    install_distribution(
        "polycast-acme",
        {
            "polycast.providers": {"acme": "polycast_acme:Acme"},
            "polycast.sandboxes": {"acme": "polycast_acme:AcmeSandbox"},
        },
        (STUBS / "polycast_acme.py").read_text(),
    )
    return importlib.import_module("polycast_acme")
