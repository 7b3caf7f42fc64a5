"""A list of everything that is installed survives whatever an import does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polycast
import pytest
from polycast import inspection
from polycast.inspection import Finding, inspect
from polycast.registry import InstalledProvider

GOOD = """
import attrs
from polycast import Features, Message, ProviderSettings, Receipt, State, hookimpl

@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    pass

@attrs.define(eq=False)
class Provider:
    settings: Settings
    Settings = Settings
    features = Features(channels=("pigeon",))

    @hookimpl
    def send(self, message: Message) -> Receipt:
        return Receipt("1", State.SENT, message.to)
"""


@pytest.fixture
def install(install_distribution: Any) -> Any:
    """Return a function that installs a provider from source text."""

    def install(name: str, source: str = GOOD, distribution: str | None = None) -> Path:
        distribution = distribution or f"stranger-{name}"
        value = f"{distribution.replace('-', '_')}:Provider"
        path: Path = install_distribution(
            distribution, {InstalledProvider.group: {name: value}}, source
        )
        return path

    return install


def findings() -> dict[str, Finding]:
    return {each.offer.name: each for each in inspect(InstalledProvider)}


def test_every_offer_is_told(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What raises, exits, crashes, hangs or misspells is told with its distribution; the rest works.
    """
    monkeypatch.setattr(inspection, "_RESTLESS", 1.5)
    monkeypatch.setenv("POLYCAST_IMPORT_SECONDS", "8")
    install("crashes", "import ctypes; ctypes.string_at(0)")
    install("exits", "import os; os._exit(7)")
    install("good")
    install("hangs", "import time; time.sleep(600)")
    install("late", GOOD)
    install("misspelt", GOOD.replace("def send", "def sned"))
    install("prints", "print('{}'); import sys; sys.stdout.flush()\n" + GOOD)
    install("raises", "raise SystemExit('not today')")

    found = findings()

    for name in ("good", "late", "prints"):
        assert found[name].problem is None
        assert found[name].told["facts"]["sends by"] == "pigeon"
    for name, words in {
        "crashes": "ended the whole process (SIG",
        "exits": "ended the whole process (exit code 7)",
        "hangs": "importing stranger_hangs:Provider has not ended after 8 s",
        "misspelt": "there is no hook 'sned'",
        "raises": "SystemExit: not today",
    }.items():
        problem = found[name].problem
        assert problem is not None
        assert f"The provider {name!r}, from the distribution stranger-{name} 1.0" in problem
        assert words in problem


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_a_module_leaves_running_is_not_waited_for(install: Any) -> None:
    """
    A process that a module starts as it is imported, and leaves behind, holds nobody up.
    """
    install(
        "leaves",
        "import os, time\nif os.fork() == 0:\n    time.sleep(20)\n    os._exit(0)\n" + GOOD,
    )

    assert findings()["leaves"].problem is None


def test_nobody_is_broken_because_of_a_neighbour(install: Any) -> None:
    """
    What only fails after another module was imported is tried alone, and is not called broken.
    """
    install("good", "import sys; sys.poisoned = True\n" + GOOD)
    install("late", "import sys; assert not hasattr(sys, 'poisoned')\n" + GOOD)

    assert findings()["late"].problem is None


def test_a_name_that_two_take(install: Any) -> None:
    """
    Both offers are told, each with both distributions, and neither is imported.
    """
    install("good", "import os; os._exit(1)", "stranger-one")
    install("good", "import os; os._exit(1)", "stranger-two")

    both = [each for each in inspect(InstalledProvider) if each.offer.name == "good"]

    assert [each.offer.distribution for each in both] == ["stranger-one", "stranger-two"]
    for each in both:
        assert each.problem is not None
        assert "taken by stranger-one 1.0 and stranger-two 1.0" in each.problem


def test_one_of_fifty_is_imported(install: Any) -> None:
    """
    With fifty providers installed, connecting one imports that one and reads no other's metadata.
    """
    for number in range(50):
        site = install(f"provider{number}", GOOD, f"fifty-{number}")
    for number in range(50):
        if number != 17:
            # Whoever reads it fails at the first byte.
            (site / f"fifty_{number}-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    code = (
        "import sys, polycast; client = polycast.connect('provider17'); "
        "client.send(polycast.Message('+380961111111', text='Hi')); "
        "print(*sorted(name for name in sys.modules if name.startswith('fifty_')))"
    )

    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == ["fifty_17"]


def test_only_an_explicit_path_is_looked_at(
    install: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A module of the working folder does not stand in for one of Python's in the child.
    """
    install("good")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("raise SystemExit(3)")

    assert findings()["good"].problem is None
    assert polycast.installed_providers()["good"][0].distribution == "stranger-good"
