"""Where settings come from, which wins, and what a mistake reads like."""

from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from polycast import ProviderSettings, Secret, SettingsError
from polycast.config.profiles import Profile, read_profiles
from polycast.config.settings import build_settings

SENTINEL = "sentinel-42"


@attrs.frozen(kw_only=True)
class Settings(ProviderSettings):
    token: Secret
    account: int
    shortcode: str | None = None
    test_mode: bool = False
    spelling: Literal["hex", "base64"] = "hex"


def build(profile: dict[str, Any] | None = None, environment: Any = None, **keywords: Any) -> Any:
    stored = Profile("acme", "acme", profile, Path("polycast.toml")) if profile else None
    return build_settings(
        Settings, "acme", keywords=keywords, profile=stored, environment=environment or {}
    )


def test_keywords_win_over_the_environment_and_that_over_the_profile() -> None:
    """
    Each setting is taken from the nearest place that has it.
    """
    settings = build(
        {"token": "p", "account": 1, "shortcode": "p"},
        {"POLYCAST_ACME_ACCOUNT": "2", "POLYCAST_ACME_SHORTCODE": "e"},
        shortcode="k",
    )

    assert Settings(token=Secret("p"), account=2, shortcode="k") == settings


def test_a_profile_can_point_into_the_environment() -> None:
    """
    `env:NAME` reads a variable when connecting, so that a file need not hold a secret.
    """
    settings = build({"token": "env:ACME_TOKEN", "account": 1}, {"ACME_TOKEN": SENTINEL})

    assert settings.token.reveal() == SENTINEL


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ({"tokne": SENTINEL, "token": "t", "account": 1},
         "polycast.toml, profiles.acme.tokne: acme has no setting 'tokne' (did you mean 'token'?)"),
        ({"token": SENTINEL}, "acme needs the setting 'account'"),
        ({"token": SENTINEL}, "POLYCAST_ACME_ACCOUNT"),
        ({"shortcode": "1"}, "acme needs the settings 'token', 'account': give them as keywords"),
        ({"token": SENTINEL, "account": "many"}, "profiles.acme.account: a whole number is needed"),
        ({"token": SENTINEL, "account": True}, "profiles.acme.account: a whole number is needed"),
        ({"token": 42, "account": 1}, "profiles.acme.token: a secret is a string in quotes"),
        ({"token": "", "account": 1}, "profiles.acme.token: the secret is empty"),
        ({"token": SENTINEL, "account": 1, "shortcode": 434},
         "profiles.acme.shortcode: a string in quotes is needed"),
        ({"token": SENTINEL, "account": 1, "timeout": 0}, "timeout is a positive number"),
        ({"token": SENTINEL, "account": 1, "timeout": "nan"}, "timeout is a positive number"),
        ({"token": SENTINEL, "account": 1, "test_mode": "perhaps"}, "true or false is needed"),
        ({"token": SENTINEL, "account": 1, "spelling": "octal"},
         "profiles.acme.spelling: one of 'hex', 'base64' is needed"),
        ({"token": "env:NOT_SET", "account": 1}, "the environment variable NOT_SET: it is not set"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence_with_its_place(profile: dict[str, Any], sentence: str) -> None:
    """
    It names the file, the profile and the key, suggests the near name, and repeats no value.
    """
    with pytest.raises(SettingsError) as caught:
        build(profile)

    assert sentence in str(caught.value)
    assert SENTINEL not in repr(caught.value)
    assert caught.value.__context__ is None


def test_every_mistake_is_told_at_once() -> None:
    """
    Two mistakes do not take two tries to find.
    """
    with pytest.raises(SettingsError, match=r"colour.*account") as caught:
        build({"token": "t", "colour": "red"})

    assert "account" in str(caught.value)


def test_settings_print_no_secret() -> None:
    """
    Neither a credential nor a password in the base URL is in the representation.
    """
    settings = build({"token": SENTINEL, "account": 1}, base_url=f"https://u:{SENTINEL}@x.example")

    assert SENTINEL not in repr(settings)
    assert SENTINEL not in repr(attrs.asdict(settings))
    assert "x.example" in repr(settings)


class TestFiles:
    def test_profiles_are_read(self, tmp_path: Path) -> None:
        """
        A profile is a table under `profiles`; its provider is its name unless it says so.
        """
        path = tmp_path / "polycast.toml"
        path.write_text(
            '\ufeff[profiles.acme]\ntoken = "t"\n[profiles.kyiv]\nprovider = "acme"\naccount = 2\n',
            encoding="utf-8",
        )

        profiles = read_profiles(path)

        assert [profile.provider for profile in profiles.values()] == ["acme", "acme"]
        assert profiles["kyiv"].values == {"account": 2}
        assert '"t"' not in repr(profiles)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"[acme]\ntoken = 't'", "profiles are written"),
            (b"profiles = 3", "profiles is not a table"),
            (b"[profiles]\nacme = 3", "profiles.acme is not a table"),
            (b"[profiles.acme]\nprovider = 3", "profiles.acme.provider is not a name"),
            (b"[profiles.acme]\ntoken = sentinel-42", "is not TOML (at line 2"),
            (b"\xff\xfe", "is not UTF-8"),
        ],
    )
    def test_a_broken_file_is_a_sentence(
        self, tmp_path: Path, content: bytes, sentence: str
    ) -> None:
        """
        It names the file and the place, and does not quote the line, which may hold a secret.
        """
        path = tmp_path / "polycast.toml"
        path.write_bytes(content)

        with pytest.raises(SettingsError) as caught:
            read_profiles(path)

        assert str(path) in str(caught.value)
        assert sentence in str(caught.value)
        assert SENTINEL not in str(caught.value)

    def test_a_file_that_was_named_must_exist(self, tmp_path: Path) -> None:
        """
        Without a name, no file is needed; a file that was named and is not there is an error.
        """
        with pytest.raises(SettingsError, match="cannot be read"):
            read_profiles(tmp_path / "none.toml")

    def test_the_working_folder_wins_over_the_users(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A profile in the working folder hides that of the same name in the user's config folder.
        """
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        user = tmp_path / "config" / "polycast"
        user.mkdir(parents=True)
        (user / "polycast.toml").write_text("[profiles.acme]\nn = 1\n[profiles.home]\nn = 2\n")
        (tmp_path / "polycast.toml").write_text("[profiles.acme]\nn = 3\n")
        monkeypatch.chdir(tmp_path)

        assert read_profiles(None) == {}
        profiles = read_profiles()

        assert profiles["acme"].values == {"n": 3}
        assert profiles["home"].values == {"n": 2}
