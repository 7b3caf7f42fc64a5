"""Mutations of what is refused before any request: settings, addresses, texts and actions."""

from collections.abc import Mapping
from typing import Any

import attrs
from polycast import (
    AuthenticationFailed,
    Client,
    Features,
    NotFound,
    ProviderSettings,
    Rejected,
    Secret,
    SettingsError,
    State,
    Status,
    Template,
    UsageError,
)
from polycast.config import settings as settings_of_core
from polycast.config import strict
from polycast.plugins.registry import load_provider
from polycast.recipients.texts import TextRules

from tests.mutations.making import Patch, after_making, around, module, mutation

# Settings.


@mutation("textit", "test_a_setting_that_is_missing_is_named")
def _(patch: Patch) -> None:
    """A setting that is missing is noticed by accident."""

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: Secret | None = None
        host: str = "textit.com"
        max_text_length: int = 4096

    patch.setattr(load_provider("textit"), "Settings", Settings)
    after_making(patch, "textit", lambda made: made.settings.token.reveal())


@mutation("mozes", "test_a_setting_that_is_misspelt_is_named")
def _(patch: Patch) -> None:
    """The core stops suggesting the name that was meant."""
    patch.setattr(settings_of_core, "suggestion", lambda given, known: "")


@mutation("textit", "test_a_setting_of_another_type_is_named_and_not_shown")
def _(patch: Patch) -> None:
    """A setting may be of any type."""

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: Secret
        host: object = "textit.com"
        max_text_length: int = 4096

    patch.setattr(load_provider("textit"), "Settings", Settings)


@mutation("smsby", "test_an_empty_secret_is_refused")
def _(patch: Patch) -> None:
    """The core stops looking for empty secrets."""
    lax = strict.converter.copy()
    lax.register_structure_hook(Secret, lambda value, _: Secret(value))
    patch.setattr(settings_of_core, "converter", lax)


@mutation("ogangi", "test_settings_are_values_that_extend_the_common_ones")
def _(patch: Patch) -> None:
    """The settings can be changed."""
    patch.setattr(load_provider("ogangi").Settings, "__setattr__", object.__setattr__)


@mutation("textit", "test_an_address_that_is_no_url_is_a_setting_to_correct")
def _(patch: Patch) -> None:
    """A base_url that is no URL ends in a foreign exception."""
    plugin = load_provider("textit")
    own = plugin.__init__

    def make(self: Any, settings: Any) -> None:
        try:
            own(self, settings)
        except SettingsError as error:
            raise KeyError(str(error)) from error

    patch.setattr(plugin, "__init__", make)


@mutation("hyber", "test_no_secret_in_an_address")
def _(patch: Patch) -> None:
    """The settings show base_url as it is."""
    patch.setattr(
        load_provider("hyber").Settings,
        "__repr__",
        lambda self: f"Settings({self.base_url.reveal()!r})",
    )


# Messages.


@mutation("mozes", "test_other_kinds_of_address_are_refused_before_any_request")
def _(patch: Patch) -> None:
    """The core stops looking at the scheme of addresses."""
    patch.setattr(Features, "check_address", lambda self, provider, recipient: None)


@mutation("mozes", "test_a_variable_that_is_missing_is_refused_before_any_request")
def _(patch: Patch) -> None:
    """A variable that is missing is filled in with a dash."""
    own = Template.render

    def render(self: Template, variables: Mapping[str, str]) -> str:
        return own(self, {**dict.fromkeys(self.names, "-"), **variables})

    patch.setattr(TextRules, "fault", lambda self, variables, own: None)
    patch.setattr(Template, "missing", lambda self, variables: [])
    patch.setattr(Template, "render", render)


@mutation("textit", "test_a_text_is_asked_for_where_it_must_be_there")
def _(patch: Patch) -> None:
    """Media alone are refused, where they are claimed to be enough."""

    def wordy(own: Any, _: Any, asked: Any) -> Any:
        if asked.text is None:
            raise UsageError("Give a text.")
        return own(asked)

    around(patch, "textit", "send", wordy)


# Ids and actions.


@mutation("textit", "test_what_is_no_id_is_refused")
def _(patch: Patch) -> None:
    """Whatever stands in place of an id is taken for a number."""
    patch.setattr(module("textit.provider"), "to_id", int)


@mutation("mozes", "test_actions_that_are_not_claimed_are_refused_before_any_request")
def _(patch: Patch) -> None:
    """The core says that it obeyed, whatever is claimed."""
    patch.setattr(Client, "control", lambda self, id, action: Status(id, State.PAUSED))


@mutation("smsby", "test_wrong_credentials_are_told_as_such")
def _(patch: Patch) -> None:
    """Wrong credentials are taken for a refused message."""

    def vague(own: Any, _: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except AuthenticationFailed as error:
            failure = error
        raise Rejected(failure.detail, provider="smsby") from failure

    around(patch, "smsby", "send", vague)


@mutation("textit", "test_a_refused_question_is_told_by_its_status[401-AuthenticationFailed]")
def _(patch: Patch) -> None:
    """Whatever is wrong with a question, its id is said to be."""

    def vague(own: Any, _: Any, id: Any) -> Any:
        try:
            return own(id)
        except AuthenticationFailed as error:
            failure = error
        raise NotFound(failure.detail, provider="textit", http_status=401) from failure

    around(patch, "textit", "status", vague)
