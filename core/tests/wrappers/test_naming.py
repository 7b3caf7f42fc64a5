"""Wrappers by name: in the call, the environment and the profile; whoever offers them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import polycast
import pytest
from polycast import (
    Account,
    BrokenProvider,
    Message,
    PolycastError,
    SettingsError,
    State,
    UnknownProvider,
    UsageError,
)
from polycast.wrappers import DryRun

Install = Callable[[str, Mapping[str, Mapping[str, str]], str], Path]
HELLO = Message("+380961234501", text="Hello")

SHOUT = """
import attrs
from polycast import Account, Secret, hookimpl

seen = []

@attrs.define(eq=False)
class Shout:
    "Says what passes."

    word: str
    key: Secret | None = None
    times: int = 1
    _account: Account | None = attrs.field(default=None, init=False)

    @hookimpl
    def connected(self, account):
        self._account = account

    @hookimpl(wrapper=True)
    def send(self, message):
        seen.append((self.word, self.times, self._account))
        return (yield)

class Plain:
    @hookimpl
    def prepare(self):
        seen.append("checked")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose settings file is this test's, and no other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture
def shout(install_distribution: Install, memory: ModuleType) -> ModuleType:
    """Install a stranger's wrappers, `shout` and `plain`; return their module."""
    import importlib

    install_distribution(
        "stranger-wrappers",
        {
            "polycast.wrappers": {
                "shout": "stranger_wrappers:Shout",
                "plain": "stranger_wrappers:Plain",
            }
        },
        SHOUT,
    )
    return importlib.import_module("stranger_wrappers")


def write(folder: Path, wrappers: str) -> None:
    (folder / "polycast.toml").write_text(
        f'[profiles.kyiv]\nprovider = "memory"\ntoken = "t"\nwrappers = {wrappers}\n'
    )


def test_a_profile_names_them_with_their_settings(folder: Path, shout: ModuleType) -> None:
    """
    Order and settings stand in one list; a wrapper without settings is its name.
    """
    write(folder, '["plain", { name = "shout", word = "a" }, { name = "shout", word = "b" }]')

    polycast.connect("kyiv").send(HELLO)

    account = Account("memory", "kyiv")
    assert [each if isinstance(each, str) else each[0] for each in shout.seen] == [
        *("checked", "a", "b"),
    ]
    told = shout.seen[1][2]
    assert (told.provider, told.name) == (account.provider, account.name)
    assert "token" not in repr(told)


def test_a_call_names_them_in_place_of_the_profile(folder: Path, shout: ModuleType) -> None:
    """
    The keyword's list replaces the profile's; what the profile says of a wrapper still counts.
    """
    write(folder, '["dry-run", { name = "shout", word = "a", times = 2 }]')

    polycast.connect("kyiv", wrappers=["shout"]).send(HELLO)
    polycast.connect("kyiv", wrappers=[("shout", {"word": "b"})]).send(HELLO)
    receipt = polycast.connect("kyiv", wrappers=[]).send(HELLO)

    assert [each[:2] for each in shout.seen] == [("a", 2), ("b", 2)]
    assert receipt.state is State.QUEUED


def test_the_environment_names_them_in_place_of_the_profile(
    folder: Path, shout: ModuleType, memory: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    POLYCAST_<NAME>_WRAPPERS is a list with commas; each setting has a variable of its own.
    """
    write(folder, '["plain"]')
    monkeypatch.setenv("POLYCAST_KYIV_WRAPPERS", "dry-run, shout")
    monkeypatch.setenv("POLYCAST_KYIV_WRAPPERS_SHOUT_WORD", "e")

    receipt = polycast.connect("kyiv").send(HELLO)

    assert receipt.state is State.CANCELLED
    assert [each[0] for each in shout.seen] == ["e"]
    assert polycast.connect("kyiv", wrappers=[]).send(HELLO).state is State.QUEUED


def test_a_value_may_point_into_the_environment(
    folder: Path, shout: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A wrapper's settings are read like a provider's: `env:NAME` reads a variable.
    """
    write(folder, '[{ name = "shout", word = "env:WORD", key = "env:KEY" }]')
    monkeypatch.setenv("WORD", "from the environment")
    monkeypatch.setenv("KEY", "sentinel-42")

    polycast.connect("kyiv").send(HELLO)

    assert shout.seen[0][0] == "from the environment"


def test_none_acts_that_is_not_named(shout: ModuleType, memory: ModuleType) -> None:
    """
    Installing a wrapper changes nothing, for anybody.
    """
    before = len(memory.sent)

    polycast.connect("memory").send(HELLO)

    assert shout.seen == []
    assert len(memory.sent) == before + 1


def test_core_s_own_are_found_like_everybody_else_s(memory: ModuleType) -> None:
    """
    Those of core are offered by the distribution polycast, in the same entry-point group.
    """
    from polycast.plugins.wrapping import installed_wrappers

    own = {
        name: offer
        for name, [offer, *_] in installed_wrappers().items()
        if offer.distribution == "polycast"
    }

    assert sorted(own) == [
        "audit-log",
        "dry-run",
        "opentelemetry",
        "rate-limit",
        "suppression-list",
    ]
    for offer in own.values():
        assert offer.describe(offer.load())["about"]
    assert polycast.connect("memory", wrappers=["dry-run"]).send(HELLO).state is State.CANCELLED


@pytest.mark.parametrize(
    ("wrappers", "kind", "words"),
    [
        (["shuot"], UnknownProvider,
         r"No wrapper is named 'shuot' \(did you mean 'shout'\?\). Installed wrappers: audit-log"),
        ("shout", SettingsError, "wrappers is a list, not the single string 'shout'"),
        ([DryRun], SettingsError, r"polycast\.wrappers\.dry_run\.DryRun is a class"),
        ([None], SettingsError, "None is no wrapper"),
        ([("shout",)], SettingsError, "is no wrapper"),
        (["shout"], SettingsError, r"memory\.wrappers\.shout needs the setting 'word'"),
        (["shout"], SettingsError, "POLYCAST_MEMORY_WRAPPERS_SHOUT_WORD"),
        ([("shout", {"wrod": "a"})], SettingsError,
         r"memory\.wrappers\.shout has no setting 'wrod' \(did you mean 'word'\?\); it takes"),
        ([("shout", {"word": "a", "times": "often"})], SettingsError, "a whole number is needed"),
        ([("plain", {"word": "a"})], SettingsError, r"wrappers\.plain: it takes no settings"),
        ([("rate-limit", {"rate": "fast"})], SettingsError, "'fast' is not a rate"),
        ([object()], UsageError, r"The wrapper builtins\.object has no hooks"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence(
    shout: ModuleType, wrappers: Any, kind: type[PolycastError], words: str
) -> None:
    """
    It says what is wrong, and suggests the near name.
    """
    with pytest.raises(kind, match=words):
        polycast.connect("memory", wrappers=wrappers)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('"shout"', r"polycast\.toml, profiles\.kyiv\.wrappers is not a list"),
        ("[7]", r"profiles\.kyiv\.wrappers: a wrapper is a name, or \{ name"),
        ('[{ word = "a" }]', "a wrapper is a name, or"),
        ('[{ name = "shout", word = "a", wrod = "b" }]',
         r"polycast\.toml, profiles\.kyiv\.wrappers\.shout\.wrod: .*did you mean 'word'"),
        ('[{ name = "shout", word = 7 }]',
         r"profiles\.kyiv\.wrappers\.shout\.word: a string in quotes is needed"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile_has_its_place(
    folder: Path, shout: ModuleType, written: str, words: str
) -> None:
    """
    The sentence begins with the file, the profile, the wrapper and the key.
    """
    write(folder, written)

    with pytest.raises(SettingsError, match=words):
        polycast.connect("kyiv")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("class Other: pass", "Broken"),
        ("Broken = 7", "is not a class"),
        ("class Broken: pass", "has no method that is marked with @hookimpl"),
        ("from polycast import hookimpl\nclass Broken:\n    @hookimpl\n    def sned(self): ...",
         "sned"),
        ("from polycast import hookimpl\nclass Broken:\n    @hookimpl\n"
         "    def send(self, massage): ...", "massage"),
        ("from polycast import hookimpl\nclass Broken:\n    @hookimpl\n    def prepare(self): ...\n"
         "    def send(self, message): ...", "send is not marked with @hookimpl"),
        ("import attrs\nfrom polycast import hookimpl\n@attrs.define\nclass Broken:\n"
         "    @hookimpl\n    def prepare(self): ...", r"@attrs\.define\(eq=False\)"),
        ("from polycast import hookimpl\nclass Broken:\n    def __init__(self, x): ...\n"
         "    @hookimpl\n    def prepare(self): ...", "TypeError"),
        ("import attrs\nfrom polycast import hookimpl\n@attrs.define(eq=False)\nclass Broken:\n"
         "    name: str = 'x'\n    @hookimpl\n    def prepare(self): ...",
         "no setting can be called 'name'"),
    ],
)  # fmt: skip
def test_a_broken_one_is_named_and_troubles_nobody_else(
    install_distribution: Install, memory: ModuleType, source: str, words: str
) -> None:
    """
    A wrapper that cannot be used says so where it is asked for, with its distribution.
    """
    install_distribution(
        "stranger-broken", {"polycast.wrappers": {"broken": "stranger_broken:Broken"}}, source
    )

    with pytest.raises(BrokenProvider, match=words) as caught:
        polycast.connect("memory", wrappers=["broken"])
    assert "stranger" in str(caught.value)
    polycast.connect("memory", wrappers=["dry-run"]).send(HELLO)


def test_two_of_one_name_are_refused(
    install_distribution: Install, shout: ModuleType, memory: ModuleType
) -> None:
    """
    A name that two distributions take is neither's; both are named.
    """
    install_distribution(
        "other-wrappers", {"polycast.wrappers": {"shout": "other_wrappers:Shout"}}, SHOUT
    )

    with pytest.raises(BrokenProvider, match=r"wrapper name 'shout' is taken by .* and .*") as one:
        polycast.connect("memory", wrappers=["shout"])
    assert "stranger-wrappers 1.0" in str(one.value)
    assert "other-wrappers 1.0" in str(one.value)


def test_a_failing_one_is_named_with_its_distribution(
    install_distribution: Install, memory: ModuleType
) -> None:
    """
    A wrapper that fails in a call is named as it was installed.
    """
    install_distribution(
        "stranger-failing",
        {"polycast.wrappers": {"failing": "stranger_failing:Failing"}},
        "from polycast import hookimpl\nclass Failing:\n    @hookimpl\n"
        "    def prepare(self):\n        1 / 0\n",
    )

    with pytest.raises(
        BrokenProvider,
        match=r"The wrapper 'failing', from the distribution stranger-failing 1\.0: prepare raised",
    ):
        polycast.connect("memory", wrappers=["failing"]).send(HELLO)


def test_a_provider_cannot_take_the_word_for_itself(
    install_distribution: Install, memory: ModuleType
) -> None:
    """
    A provider with a setting `wrappers` is refused, for nobody could give it.
    """
    source = memory.__file__
    assert source is not None
    install_distribution(
        "polycast-greedy",
        {"polycast.providers": {"greedy": "polycast_greedy:Memory"}},
        Path(source).read_text().replace("token: Secret", "token: Secret\n    wrappers: str = ''"),
    )

    with pytest.raises(BrokenProvider, match=r"Settings cannot be used: .* called 'wrappers'"):
        polycast.connect("greedy", token="t")
