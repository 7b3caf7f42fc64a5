"""The promise about settings: what is wrong is a sentence that names it, and shows no value.

PYTEST_DONT_REWRITE: each assertion is a sentence of its own.
"""

import inspect
import os
import re
from typing import Any

import attrs
import pytest

from polycast.config.settings import ProviderSettings
from polycast.connecting import connect
from polycast.errors import SettingsError
from polycast.testing.contract.base import Contract, MakeEnvironment, refusal

__all__ = ["ConfiguringContract"]

_NUMBER = 987_654_321_123


class ConfiguringContract(Contract):
    """Connecting with settings that do not fit."""

    @pytest.fixture(autouse=True)
    def _no_settings_around(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Remove the variables of this provider from the environment of the tests."""
        # Looked at without asking for it: what is not filled in fails tests, and no fixtures.
        provider = inspect.getattr_static(self, "provider")
        if isinstance(provider, str):
            prefix = "POLYCAST_" + "".join(c if c.isalnum() else "_" for c in provider).upper()
            for name in [name for name in os.environ if name.startswith(f"{prefix}_")]:
                monkeypatch.delenv(name)

    def _connect(self, **settings: Any) -> object:
        return connect(self.provider, config=None, **settings)

    def test_settings_are_values_that_extend_the_common_ones(self) -> None:
        """`Settings` is a frozen class of attrs, with `base_url` and `timeout`."""
        kind = self.plugin.Settings
        assert issubclass(kind, ProviderSettings), (
            f"{kind.__qualname__} does not extend polycast.ProviderSettings."
        )
        settings = self._connect(**self.settings).provider.settings  # type: ignore[attr-defined]
        try:
            settings.timeout = 1.0
        except attrs.exceptions.FrozenInstanceError:
            return
        pytest.fail("Settings can be changed after they were checked: they extend a frozen class.")

    def test_a_setting_that_is_missing_is_named(self) -> None:
        """Each one that is needed is asked for by its name, as a keyword and as a variable."""
        for name in self.settings:
            settings = {key: value for key, value in self.settings.items() if key != name}
            try:
                self._connect(**settings)
            except SettingsError as error:
                refused = error
            except Exception as error:  # noqa: BLE001 - which one it is shall be told
                pytest.fail(f"Connecting without {name} let {type(error).__name__} escape: {error}")
            else:
                assert name not in self._required(), f"{name} is needed, and was not asked for."
                continue
            assert name in str(refused), f"Without {name}, the error does not name it: {refused}"
            self._check_shows_no_secret(refused)

    def test_a_setting_that_is_misspelt_is_named(self) -> None:
        """A name that is no setting is refused, and the near one is suggested."""
        for name in attrs.fields_dict(self.plugin.Settings):
            misspelt = f"{name}x"
            error = refusal(
                lambda misspelt=misspelt: self._connect(**self.settings, **{misspelt: "1"}),  # type: ignore[misc]
                SettingsError,
                f"The setting {misspelt}, which is none,",
            )
            assert misspelt in str(error), f"The error does not name {misspelt}: {error}"
            assert f"did you mean '{name}'" in str(error), (
                f"For {misspelt}, {name} is not suggested: {error}"
            )
            self._check_shows_no_secret(error)

    def test_a_setting_of_another_type_is_named_and_not_shown(self) -> None:
        """No value of a wrong type passes, and none is repeated: it may be a secret."""
        for name in attrs.fields_dict(self.plugin.Settings):
            value: object
            for value in ([_NUMBER], {"a": _NUMBER}):
                settings = {**self.settings, name: value}
                error = refusal(
                    lambda settings=settings: self._connect(**settings),  # type: ignore[misc]
                    SettingsError,
                    f"A {type(value).__name__} as {name}",
                )
                assert name in str(error), f"The error does not name {name}: {error}"
                assert str(_NUMBER) not in str(error), f"The error repeats a value: {error}"
                self._check_shows_no_secret(error)

    def test_an_empty_secret_is_refused(self) -> None:
        """A secret that was left empty is noticed when connecting, not by the provider."""
        for name in self.secrets:
            refusal(
                lambda name=name: self._connect(**{**self.settings, name: ""}),  # type: ignore[misc]
                SettingsError,
                f"An empty {name}",
            )

    def test_what_is_secret_is_declared_as_such(self) -> None:
        """A setting that is named like a credential is a `Secret`, so that it never prints."""
        telling = ("password", "token", "secret", "private", "apikey", "api_key", "passwd")
        printed = [
            field.name
            for field in attrs.fields(self.plugin.Settings)
            if any(word in field.name.lower() for word in telling)
            and field.name not in self._secret_names()
        ]
        assert not printed, f"Declare {', '.join(printed)} as polycast.Secret."

    def _secret_names(self) -> set[str]:
        return {
            field.name
            for field in attrs.fields(attrs.resolve_types(self.plugin.Settings))
            if re.search(r"\bSecret\b", str(field.type))
        }

    def _required(self) -> list[str]:
        return [
            field.name
            for field in attrs.fields(self.plugin.Settings)
            if field.default is attrs.NOTHING
        ]

    def _check_shows_no_secret(self, error: SettingsError) -> None:
        for name, value in self.secrets.items():
            assert value not in str(error), f"The error shows {name}: {type(error).__name__}"
            assert value not in repr(error.__cause__), f"The cause of the error shows {name}."

    def test_connecting_asks_nobody(self, environment: MakeEnvironment) -> None:
        """No request is made before the first call."""
        here = environment()
        here.connect()
        assert not here.server.requests, "connect made a request."
