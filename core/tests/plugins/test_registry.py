"""Providers are found by name, one is imported, and a broken one is named."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polycast
import pytest
from polycast import BrokenProvider, SettingsError, UnknownProvider
from polycast.plugins.entry_points import unreadable
from polycast.plugins.registry import hooks_of, load_provider

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


def test_a_package_of_ones_own_is_installed_first(install: Install) -> None:
    """
    A name that is near to no other may be of a package that is written and not installed yet.
    """
    install("acmegate", GOOD)

    with pytest.raises(UnknownProvider, match=r"'larkspur'.*`pip install -e \.` in its folder"):
        polycast.connect("larkspur")
    with pytest.raises(UnknownProvider, match=r"Installed providers: [^.]*acmegate[^.]*\.$"):
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


def test_a_profile_without_a_provider_is_told_by_its_place(tmp_path: Path) -> None:
    """
    A profile that names no provider, or one that is not there, is not called unknown itself.
    """
    file = tmp_path / "polycast.toml"
    for table, named in (("", "kitchen"), ('provider = "acmegte"\n', "acmegte")):
        file.write_text(f"[profiles.kitchen]\n{table}")
        with pytest.raises(UnknownProvider) as caught:
            polycast.connect("kitchen", config=file)
        told = str(caught.value)
        assert told.startswith(f"{file}, profiles.kitchen.provider: no provider is named {named!r}")
        assert "did you mean 'kitchen'" not in told


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = (", "SyntaxError"),
        ("Other = 1", "AttributeError"),
        ("class Provider: pass", "no Settings and no features"),
        ("Provider = None", "no constructor"),
        (GOOD.replace('Features(channels=("sms",))', "{}"), "its features are not"),
        (GOOD.replace("(ProviderSettings)", ""), "no subclass of polycast.ProviderSettings"),
        (
            GOOD + "    @hookimpl\n    def sned(self, message): ...\n",
            "(did you mean 'send'?)",
        ),
        (
            GOOD + "    @hookimpl\n    def send(self, message, extra): ...\n",
            "parameter 'extra'",
        ),
        (
            GOOD + "    @hookimpl\n    def send(self, *messages): ...\n",
            "parameter '*messages'",
        ),
        (GOOD + "    @hookimpl\n    def send(self, message=1): ...\n", "a default for message"),
        (GOOD + "    @hookimpl\n    async def send(self, message): ...\n", "async"),
        (GOOD + "    @hookimpl(wrapper=True)\n    def send(self): yield\n", "wrapper"),
        (GOOD + "    def send(self, message): ...\n", "send is not marked with @hookimpl"),
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

    assert "'broken', from the distribution stranger-broken 1.2" in str(caught.value)
    assert words in str(caught.value)


def test_a_broken_plugin_troubles_only_those_who_ask_for_it(install: Install) -> None:
    """
    Listing providers and connecting another one do not import it.
    """
    install("broken", "raise SystemExit(3)", "stranger-broken")
    install("acmegate", GOOD)

    assert polycast.installed_providers()["broken"][0].distribution == "stranger-broken"
    assert repr(polycast.connect("acmegate")) == "<Client of acmegate>"


def test_a_good_provider_keeps_its_hooks(install: Install) -> None:
    """
    Hooks as the contract has them are accepted, in any form in which pluggy calls them.
    """
    hooks = """
    @hookimpl
    def send(self, message): return "sent"
    @hookimpl(specname="status")
    def tell(self, id): return "told"
    @hookimpl
    @staticmethod
    def prepare(request): pass
"""
    install("acmegate", GOOD + hooks)

    assert sorted(hooks_of(load_provider("acmegate"))) == ["prepare", "send", "status"]


def test_a_package_may_connect_while_it_is_imported(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A package that brings a provider and connects it as it is imported does not wait for itself.
    """
    install("own", GOOD, "own-plugin")
    package = tmp_path / f"own_package_{tmp_path.name.replace('-', '_')}"
    package.mkdir()
    (package / "__init__.py").write_text("import polycast\nclient = polycast.connect('own')\n")
    (package / "plugin.py").write_text(GOOD)
    (entry_points,) = tmp_path.glob("own_plugin-1.2.dist-info/entry_points.txt")
    entry_points.write_text(f"[polycast.providers]\nown = {package.name}.plugin:Provider\n")

    assert importlib.import_module(package.name).client.provider_name == "own"


def test_two_plugins_with_one_name_are_refused(install: Install) -> None:
    """
    A name that two distributions take is neither's; both are named.
    """
    install("acmegate", GOOD, "polycast-acmegate")
    install("acmegate", GOOD, "other-acmegate")

    with pytest.raises(BrokenProvider, match=r"polycast-acmegate.*other-acmegate|other.*polycast"):
        polycast.connect("acmegate")


@pytest.mark.parametrize("entry_points", [b"[polycast.providers]\nno entry\n", b"\xff\xfe"])
def test_malformed_entry_points_cost_nobody_else(
    install: Install, tmp_path: Path, entry_points: bytes
) -> None:
    """
    A distribution whose entry points cannot be read is told of, and the others go on working.
    """
    install("acmegate", GOOD)
    install("broken", GOOD, "stranger-broken")
    (tmp_path / "stranger_broken-1.2.dist-info" / "entry_points.txt").write_bytes(entry_points)

    assert polycast.connect("acmegate").provider_name == "acmegate"
    assert "broken" not in polycast.installed_providers()
    (sentence,) = unreadable()
    assert sentence.startswith("What the distribution stranger-broken 1.2 offers cannot be read: ")


def test_an_entry_point_that_names_nothing(install: Install, tmp_path: Path) -> None:
    """
    An entry point of no sense is that provider's defect, even where its metadata are lost.
    """
    install("broken", GOOD, "stranger-broken")
    folder = tmp_path / "stranger_broken-1.2.dist-info"
    (folder / "entry_points.txt").write_text("[polycast.providers]\nbroken = a b c\n")

    with pytest.raises(BrokenProvider, match=r"stranger-broken 1.2.*'a b c' does not name"):
        polycast.connect("broken")
    (folder / "METADATA").unlink()
    with pytest.raises(BrokenProvider, match="an unknown distribution"):
        polycast.connect("broken")


@pytest.mark.parametrize("error", ["ValueError", "SystemExit"])
def test_a_constructor_that_raises(install: Install, error: str) -> None:
    """
    What a provider's constructor raises is the plugin's defect, told without its words.
    """
    source = GOOD + f"    def __attrs_post_init__(self): raise {error}(self.settings.token)\n"
    install("broken", source, "stranger-broken")

    with pytest.raises(BrokenProvider, match=rf"stranger-broken 1.2.*raised {error}\.$") as caught:
        polycast.connect("broken", token="s3cret")
    assert "s3cret" not in str(caught.value)


def test_a_misspelt_keyword_is_refused(install: Install) -> None:
    """
    A setting that the provider does not have is not passed over.
    """
    install("acmegate", GOOD)

    with pytest.raises(SettingsError, match=r"'tokn' \(did you mean 'token'\?\)"):
        polycast.connect("acmegate", tokn="x")
