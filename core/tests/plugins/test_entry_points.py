"""A list of everything that is installed survives whatever an import does."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from polycast.plugins.entry_points import Finding, inspect
from polycast.plugins.registry import InstalledProvider

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


def test_every_entry_point_is_described(install: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """
    What raises, exits or misspells a hook is named with its distribution; the rest works.
    """
    install("good")
    install("misspelt", GOOD.replace("def send", "def sned"))
    install("prints", "print('{}')\n" + GOOD)
    install("raises", "raise RuntimeError('no licence')")
    install("exits", "raise SystemExit('not today')")

    found = findings()

    for name in ("good", "prints"):
        assert found[name].problem is None
        assert found[name].description["facts"]["sends by"] == "pigeon"
    for name, words in {
        "misspelt": "there is no hook 'sned'",
        "raises": "RuntimeError: no licence",
        "exits": "SystemExit: not today",
    }.items():
        problem = found[name].problem
        assert problem is not None
        assert f"The provider {name!r}, from the distribution stranger-{name} 1.0" in problem
        assert words in problem
    assert "{}" not in capsys.readouterr().out


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
