"""Mutations of secrets and clients."""

import base64
import logging
import time
from typing import Any

import attrs
import requests
from polycast import (
    AuthenticationFailed,
    Client,
    PolycastError,
    ProviderError,
    ProviderSettings,
    hookimpl,
)
from polycast.plugins.registry import load_provider

from tests.mutations.making import (
    Patch,
    after_making,
    around,
    claim,
    mutation,
    secret_of,
)


@mutation("textit", "test_no_secret_in_what_stands_for_the_account")
def _(patch: Patch) -> None:
    """The token is in the repr of the provider."""
    plugin = load_provider("textit")
    patch.setattr(plugin, "__repr__", lambda self: f"<TextIt with {secret_of(self)}>")


@mutation("hyber", "test_no_secret_in_logs")
def _(patch: Patch) -> None:
    """The password is logged, in Base64."""

    def chatty(own: Any, self: Any, asked: Any) -> Any:
        credentials = f"{self.settings.login}:{secret_of(self)}".encode()
        header = base64.b64encode(credentials).decode()
        logging.getLogger("polycast_hyber").debug("Authorization: Basic %s", header)
        return own(asked)

    around(patch, "hyber", "send", chatty)


@mutation("textit", "test_no_secret_in_logs")
def _(patch: Patch) -> None:
    """Looking up logs the token."""
    plugin = load_provider("textit")
    own = plugin.lookup

    def lookup(self: Any, broadcast: Any, since: Any) -> Any:
        logging.getLogger("polycast_textit").debug("asking with %s", secret_of(self))
        return own(self, broadcast, since)

    patch.setattr(plugin, "lookup", hookimpl(lookup))


@mutation("smsby", "test_no_secret_on_the_terminal")
def _(patch: Patch) -> None:
    """The token is printed."""

    def talkative(own: Any, self: Any, asked: Any) -> Any:
        print("sending with", secret_of(self))  # noqa: T201 - it is what must not be done
        return own(asked)

    around(patch, "smsby", "send", talkative)


@mutation("mozes", "test_no_secret_in_errors_tracebacks_and_pickles")
def _(patch: Patch) -> None:
    """The key is in the words of errors."""

    def telling(own: Any, self: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except ProviderError as error:
            error.detail += f" (with the key {secret_of(self)})"
            raise

    around(patch, "mozes", "send", telling)


@mutation("textit", "test_no_secret_in_errors_tracebacks_and_pickles")
def _(patch: Patch) -> None:
    """The whole request hangs on the cause of an error."""

    def linking(own: Any, self: Any, asked: Any) -> Any:
        failure: PolycastError
        try:
            return own(asked)
        except PolycastError as error:
            failure = error
        request = requests.Request("POST", "http://h", headers={"Authorization": secret_of(self)})
        raise failure from requests.HTTPError("failed", request=request)

    around(patch, "textit", "send", linking)


@mutation("ogangi", "test_no_secret_in_what_comes_back")
def _(patch: Patch) -> None:
    """A receipt keeps the key, and takes it along when it is pickled."""

    def keeping(own: Any, self: Any, asked: Any) -> Any:
        return attrs.evolve(own(asked), raw={"signed with": secret_of(self)})

    around(patch, "ogangi", "send", keeping)


@mutation("textit", "test_what_is_secret_is_declared_as_such")
def _(patch: Patch) -> None:
    """The token is declared as a plain string."""

    @attrs.frozen(kw_only=True)
    class Settings(ProviderSettings):
        token: str

    patch.setattr(load_provider("textit"), "Settings", Settings)


@mutation("textit", "test_two_accounts_share_nothing")
def _(patch: Patch) -> None:
    """Every client has the connections and credentials of the first."""
    first: list[Any] = []

    def share(provider: Any) -> None:
        first.append(provider.api)
        provider.api = first[0]

    after_making(patch, "textit", share)


@mutation("smsby", "test_threads_share_a_client")
def _(patch: Patch) -> None:
    """What is being sent is kept where other threads put theirs."""
    kept: dict[str, Any] = {}

    def forgetful(own: Any, _: Any, asked: Any) -> Any:
        kept["message"] = asked
        time.sleep(0.01)
        return own(kept["message"])

    around(patch, "smsby", "send", forgetful)


@mutation("mozes", "test_connecting_asks_nobody")
def _(patch: Patch) -> None:
    """Connecting already asks the provider."""

    def curious(provider: Any) -> None:
        try:
            provider.status("a-broadcast")
        except ProviderError:
            return

    after_making(patch, "mozes", curious)


@mutation("hyber", "test_what_is_not_claimed_is_refused_before_any_request")
def _(patch: Patch) -> None:
    """The core stops asking what is claimed, and the provider drops the field."""
    claim(patch, "hyber", ttl=False)
    own = Client.send

    def send(self: Any, message: Any) -> Any:
        return own(self, attrs.evolve(message, ttl=None))

    patch.setattr(Client, "send", send)


@mutation("mozes", "test_no_secret_in_a_wrong_one_either")
def _(patch: Patch) -> None:
    """A key that was refused is shown."""

    def telling(own: Any, self: Any, asked: Any) -> Any:
        try:
            return own(asked)
        except AuthenticationFailed as error:
            error.detail += f" ({secret_of(self)})"
            raise

    around(patch, "mozes", "send", telling)


@mutation("smsby", "test_closing_twice_is_closing_once")
def _(patch: Patch) -> None:
    """A client that is closed cannot be closed again."""
    closed: set[int] = set()

    def close(self: Any) -> None:
        if id(self) in closed:
            raise RuntimeError("closed already")
        closed.add(id(self))

    patch.setattr(load_provider("smsby"), "close", close)
