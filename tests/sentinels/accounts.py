"""An account of each provider, with a sentinel in every credential."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import attrs
from polycast import Action, Broadcast, CallbackRequest, Client, Message, Recipient
from polycast.config.settings import build_settings
from polycast.plugins.registry import load_provider
from polycast.sandbox import Sandbox, installed

from tests.sentinels.oracle import sentinel

__all__ = ["ACCOUNTS", "Account", "in_url"]


@attrs.frozen
class Account:
    """What a provider is connected with.

    Args:
        name: the provider's.
        people: two addresses.
        credentials: its settings that are credentials.
    """

    name: str
    people: tuple[str, str]
    credentials: tuple[str, ...]

    @property
    def secrets(self) -> dict[str, str]:
        """A sentinel for each credential."""
        return {each: sentinel(f"{self.name}-{each}") for each in self.credentials}

    def sandbox(self) -> Sandbox:
        """Return a fake server that accepts the sentinels."""
        kind = installed()[self.name]
        if "keys" in vars(kind):
            # The spec's own sandbox, see `polycast.sandbox.examples`.
            kind = type(kind.__name__, (kind,), {"keys": self.secrets})
            return kind()
        make: Callable[..., Sandbox] = kind
        return make(**self.secrets)

    def settings(self, **changes: object) -> dict[str, Any]:
        """Return the settings with the sentinels, but for these."""
        return {**installed()[self.name].settings(), **self.secrets, **changes}

    def connect(self, **changes: object) -> Client:
        """Return a client with these settings; it never waits."""
        plugin: Any = load_provider(self.name)
        settings = build_settings(
            plugin.Settings, self.name, keywords=self.settings(**changes), environment={}
        )
        client = Client(self.name, plugin(settings))
        client.api.transport.sleep = lambda seconds: None
        return client

    def base_url(self, root: str) -> str:
        """Return the `base_url` below a server's address."""
        return installed()[self.name].base_url(f"{root}/{self.name}")

    def calls(self, client: Client) -> Iterator[tuple[str, Callable[[], object]]]:
        """Yield a call of each hook, by the hook's name."""
        features = client.features
        ids = ["1"]
        together = self.people[: features.bulk_limit]
        people = [Recipient(to, reference=f"row-{to}") for to in together]
        broadcast = Broadcast(recipients=people, text="Your table is ready")

        def send() -> object:
            receipt = client.send(Message(self.people[0], text="Your table is ready"))
            ids[0] = str(receipt.id)
            return receipt

        yield "send", send
        yield "send_bulk", lambda: client.send_bulk(broadcast)
        yield "status", lambda: client.status(ids[0])
        yield "reports", lambda: list(client.status(ids[0]).reports)
        if features.lookup:
            since = datetime.now(UTC) - timedelta(minutes=1)
            yield "lookup", lambda: client.lookup(broadcast, since)
        if Action.STOP in features.actions:
            yield "control", lambda: client.control(ids[0], Action.STOP)

    def outcomes(self, client: Client) -> Iterator[tuple[str, object]]:
        """Make each call, and yield what it returns or raises."""
        for hook, call in self.calls(client):
            try:
                told = call()
            except BaseException as error:  # noqa: BLE001 - Ctrl-C is one of them
                yield hook, error
            else:
                yield hook, told

    def receive(self, client: Client, body: bytes, query: Mapping[str, str]) -> object:
        """Have a pushed report understood, and return what comes of it."""
        try:
            return client.receive(CallbackRequest(body=body, query=query))
        except Exception as error:  # noqa: BLE001 - it is looked at
            return error


def in_url(url: str, name: str = "url") -> str:
    """Return an address with a user and a sentinel as its password."""
    return url.replace("://", f"://peter:{quote(sentinel(name), safe='')}@", 1)


def _accounts() -> Iterator[Account]:
    yield Account("hyber", ("+380961234567", "+380961236001"), ("password",))
    yield Account("infobip", ("+41793026727", "+41793026834"), ("api_key",))
    yield Account("mozes", ("contact:1483228", "contact:3838234"), ("api_key", "shared_secret"))
    yield Account("ogangi", ("+380961234567", "+380961236001"), ("public_key", "private_key"))
    yield Account("smsby", ("+375291234567", "+375291236001"), ("token",))
    yield Account("textit", ("+250788123123", "+250788126001"), ("token",))
    yield Account("twilio", ("+14155550100", "+14155556001"), ("auth_token",))
    with contextlib.suppress(KeyError):
        # The example outside the workspace, where it is installed.
        assert installed()["wrenpost"]
        yield Account("wrenpost", ("+48600100200", "+48600106001"), ("key",))


ACCOUNTS = tuple(_accounts())
