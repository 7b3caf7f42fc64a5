"""Providers are found by name, one is imported, and a broken one is named."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polycast
import pytest
from polycast import BrokenProvider, SettingsError, UnknownProvider

GOOD = """
import attrs
from polycast import Features, ProviderSettings, hookimpl

@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    token: str = "t"

@attrs.define(eq=False)
class Provider:
    Settings = Settings
    features = Features(channels=("sms",))
    settings: Settings
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution that offers one provider, from source text."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)

    def add(name: str, source: str, distribution: str | None = None) -> None:
        distribution = distribution or f"polycast-{name}"
        module = distribution.replace("-", "_") + "_" + tmp_path.name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(source)
        metadata = tmp_path / f"{distribution.replace('-', '_')}-1.2.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {distribution}\nVersion: 1.2\n")
        (metadata / "entry_points.txt").write_text(
            f"[polycast.providers]\n{name} = {module}:Provider\n"
        )

    yield add
    for module in set(sys.modules) - modules:
        del sys.modules[module]


def test_an_unknown_name_suggests_a_near_one(install: Install) -> None:
    """
    A misspelt provider is answered with the near name and all that are installed.
    """
    install("acmegate", GOOD)

    with pytest.raises(UnknownProvider, match=r"did you mean 'acmegate'.*Installed.*acmegate"):
        polycast.connect("acmegte")


def test_a_near_profile_is_suggested_too(install: Install, tmp_path: Path) -> None:
    """
    A misspelt profile is answered with the profile's name.
    """
    install("acmegate", GOOD)
    (tmp_path / "polycast.toml").write_text('[profiles.kyiv-office]\nprovider = "acmegate"\n')

    with pytest.raises(UnknownProvider, match="did you mean 'kyiv-office'"):
        polycast.connect("kyiv-ofice")
    assert polycast.connect("kyiv-office").provider_name == "acmegate"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = (", "SyntaxError"),
        ("Other = 1", "AttributeError"),
        ("class Provider: pass", "no Settings and no features"),
        (GOOD + "    @hookimpl\n    def sned(self, message): ...\n", "sned"),
        (GOOD + "    @hookimpl\n    def send(self, message, extra): ...\n", "extra"),
    ],
)
def test_a_broken_plugin_is_named_with_its_distribution(
    install: Install, source: str, words: str
) -> None:
    """
    What fails at import, or does not keep to the hooks, is one sentence about that plugin.
    """
    install("broken", source, "stranger-broken")

    with pytest.raises(BrokenProvider) as caught:
        polycast.connect("broken")

    assert "broken" in str(caught.value)
    assert words in str(caught.value)


def test_a_broken_plugin_troubles_only_those_who_ask_for_it(install: Install) -> None:
    """
    Listing providers and connecting another one do not import it.
    """
    install("broken", "raise SystemExit(3)", "stranger-broken")
    install("acmegate", GOOD)

    assert polycast.installed_providers()["broken"][0].distribution == "stranger-broken"
    assert repr(polycast.connect("acmegate")) == "<Client of acmegate>"


def test_two_plugins_with_one_name_are_refused(install: Install) -> None:
    """
    A name that two distributions take is neither's; both are named.
    """
    install("acmegate", GOOD, "polycast-acmegate")
    install("acmegate", GOOD, "other-acmegate")

    with pytest.raises(BrokenProvider, match=r"polycast-acmegate.*other-acmegate|other.*polycast"):
        polycast.connect("acmegate")


def test_a_misspelt_keyword_is_refused(install: Install) -> None:
    """
    A setting that the provider does not have is not passed over.
    """
    install("acmegate", GOOD)

    with pytest.raises(SettingsError, match=r"'tokn' \(did you mean 'token'\?\)"):
        polycast.connect("acmegate", tokn="x")
